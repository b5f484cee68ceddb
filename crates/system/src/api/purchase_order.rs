//! Purchase orders over HTTP.

use super::query::{Asked, OrderQuery, asked};
use super::{from_staff, whole};
use crate::{OrderFilter, System};
use axum::Extension;
use axum::extract::State;
use canonical::{
    Error, NewPurchaseOrder, Page, Principal, PurchaseOrder, PurchaseOrderNumber, RequisitionId,
    Result,
};
use http::StatusCode;
use serde::Deserialize;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path, Query};
use utoipa::ToSchema;

/// List purchase orders.
///
/// Orders in the version in force, in the order of the numbers.
#[utoipa::path(
    get,
    path = "/system/v1/purchase-orders",
    tag = "purchase-orders",
    params(OrderQuery),
    responses(
        (status = 200, description = "A page of purchase orders.", body = Page<PurchaseOrder>),
        Refusals,
    ),
    security(("token" = ["system.purchase_orders.read"])),
)]
pub(super) async fn list_purchase_orders(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<OrderQuery>,
) -> Result<Json<Page<PurchaseOrder>>, Problem> {
    Ok(Json(visible(&system, &principal, query).await?))
}

/// Get a purchase order.
///
/// One order with its status and lines, in the version in force.
#[utoipa::path(
    get,
    path = "/system/v1/purchase-orders/{number}",
    tag = "purchase-orders",
    params(("number" = PurchaseOrderNumber, Path, description = "The order's number.")),
    responses(
        (status = 200, description = "The order.", body = PurchaseOrder),
        Refusals,
    ),
    security(("token" = ["system.purchase_orders.read"])),
)]
pub(super) async fn get_purchase_order(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(number): Path<PurchaseOrderNumber>,
) -> Result<Json<PurchaseOrder>, Problem> {
    let order = system.purchase_orders().get(&number).await?;
    if !principal.may_see(&order.supplier_id) {
        return Err(Error::not_found("purchase order", number).into());
    }
    Ok(Json(order))
}

/// Put a purchase order in force.
///
/// A new order has version 1, a change order the version after the one in force. The version in
/// force again, unchanged, is answered as it is. Invoices on the order are matched again.
#[utoipa::path(
    put,
    path = "/system/v1/purchase-orders/{number}",
    tag = "purchase-orders",
    params(
        ("number" = PurchaseOrderNumber, Path, description = "The order's number."),
        KeyHeader,
    ),
    request_body(content = PurchaseOrder, description = "The order, whole."),
    responses(
        (status = 200, description = "The order in force.", body = PurchaseOrder),
        Refusals,
    ),
    security(("token" = ["system.purchase_orders.write"])),
)]
pub(super) async fn put_purchase_order(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(number): Path<PurchaseOrderNumber>,
    Json(order): Json<PurchaseOrder>,
) -> Result<Json<PurchaseOrder>, Problem> {
    let ordering = from_staff(&principal, "purchase orders", system.ordering())?;
    if order.number != number {
        let detail = format!("the path says {number}");
        return Err(Error::invalid_field("/number", detail).into());
    }
    Ok(Json(ordering.put(&order).await?))
}

/// Place a purchase order.
///
/// Makes an approved order of a requisition, once: a second request for the same `requisition_id`
/// is answered with the first order as it stands, whatever its key. The order gets its number here.
#[utoipa::path(
    post,
    path = "/system/v1/purchase-orders",
    tag = "purchase-orders",
    params(KeyHeader),
    request_body(content = NewPurchaseOrder, description = "What to order."),
    responses(
        (status = 201, description = "The order, made now or before.", body = PurchaseOrder),
        Refusals,
    ),
    security(("token" = ["system.purchase_orders.write"])),
)]
pub(super) async fn place_purchase_order(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Json(order): Json<NewPurchaseOrder>,
) -> Result<(StatusCode, Json<PurchaseOrder>), Problem> {
    let purchasing = from_staff(&principal, "purchase orders", system.purchasing())?;
    Ok((StatusCode::CREATED, Json(purchasing.place(&order).await?)))
}

/// Nothing has to be said about a cancellation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancellation {}

/// Cancel a purchase order.
///
/// Calls an order off, which makes its next version. An order that is cancelled stays so; one of
/// which something was received, or that is over, is a conflict.
#[utoipa::path(
    post,
    path = "/system/v1/purchase-orders/{number}/cancellation",
    tag = "purchase-orders",
    params(
        ("number" = PurchaseOrderNumber, Path, description = "The order's number."),
        KeyHeader,
    ),
    request_body(content = Cancellation, description = "An empty object."),
    responses(
        (status = 200, description = "The order, cancelled now or before.", body = PurchaseOrder),
        Refusals,
    ),
    security(("token" = ["system.purchase_orders.write"])),
)]
pub(super) async fn cancel_purchase_order(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(number): Path<PurchaseOrderNumber>,
    Json(_nothing): Json<Cancellation>,
) -> Result<Json<PurchaseOrder>, Problem> {
    let purchasing = from_staff(&principal, "purchase orders", system.purchasing())?;
    Ok(Json(purchasing.cancel(&number).await?))
}

async fn visible(
    system: &System,
    principal: &Principal,
    query: OrderQuery,
) -> Result<Page<PurchaseOrder>> {
    let made_of = usize::from(query.requisition.is_some());
    let keys = [("?number", query.number.len()), ("?requisition", made_of)];
    let asked = asked(&keys, query.limit, query.cursor)?;
    let Some(supplier_id) = super::supplier::asked(principal, query.supplier) else {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    };
    let filter = OrderFilter { supplier_id, facility_id: query.facility, status: query.status };
    let orders = system.purchase_orders();
    let mut found = match asked {
        Asked::Page(page) => orders.list(&filter, &page).await?,
        Asked::Keys => {
            let mut found = orders.get_many(&query.number).await?;
            if let Some(requisition) = &query.requisition {
                let purchasing = system.purchasing().ok_or_else(|| no_purchasing(requisition))?;
                found.extend(purchasing.find(requisition).await?);
            }
            found.retain(|it| filter.holds(it));
            whole(found)
        }
    };
    // ok: verified again on the way out, in case a back end does not hold to the filter
    found.items.retain(|order| principal.may_see(&order.supplier_id));
    Ok(found)
}

fn no_purchasing(requisition: &RequisitionId) -> Error {
    let detail = format!("no back end makes orders of requisitions here, as of {requisition}");
    Error::invalid_field("?requisition", detail)
}
