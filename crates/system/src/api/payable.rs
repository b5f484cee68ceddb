//! Payables over HTTP.

use super::query::{Asked, PayableQuery, asked};
use super::{from_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Error, NewPayable, NewPayment, Page, Payable, PayableId, Principal, Result};
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path, Query};

/// List payables.
///
/// Payables with their payment status, in the order of the ids.
#[utoipa::path(
    get,
    path = "/system/v1/payables",
    tag = "payables",
    params(PayableQuery),
    responses(
        (status = 200, description = "A page of payables.", body = Page<Payable>),
        Refusals,
    ),
    security(("token" = ["system.payables.read"])),
)]
pub(super) async fn list_payables(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PayableQuery>,
) -> Result<Json<Page<Payable>>, Problem> {
    Ok(Json(visible(&system, &principal, query).await?))
}

/// Get a payable.
///
/// One payable with its lines and what was paid of it.
#[utoipa::path(
    get,
    path = "/system/v1/payables/{id}",
    tag = "payables",
    params(("id" = PayableId, Path, description = "The payable's id in the finance system.")),
    responses(
        (status = 200, description = "The payable.", body = Payable),
        Refusals,
    ),
    security(("token" = ["system.payables.read"])),
)]
pub(super) async fn get_payable(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<PayableId>,
) -> Result<Json<Payable>, Problem> {
    let payable = system.payables().get(&id).await?;
    if !principal.may_see(&payable.supplier_id) {
        return Err(Error::not_found("payable", id).into());
    }
    Ok(Json(payable))
}

/// Book a payable.
///
/// Books and posts what is owed, once: a second request for the same `invoice_id` is answered with
/// the payable of the first, whatever its key.
#[utoipa::path(
    post,
    path = "/system/v1/payables",
    tag = "payables",
    params(KeyHeader),
    request_body(content = NewPayable, description = "What to book."),
    responses(
        (status = 201, description = "Booked and posted, now or before.", body = Payable),
        Refusals,
    ),
    security(("token" = ["system.payables.create"])),
)]
pub(super) async fn create_payable(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Json(payable): Json<NewPayable>,
) -> Result<(StatusCode, Json<Payable>), Problem> {
    if principal.supplier_id.is_some() {
        return Err(Error::forbidden("a supplier submits invoices and books no payables").into());
    }
    Ok((StatusCode::CREATED, Json(system.payables().create(&payable).await?)))
}

/// Record a payment.
///
/// Records money that left for the supplier, once per number, and answers with the payable as it
/// then stands.
#[utoipa::path(
    post,
    path = "/system/v1/payments",
    tag = "payables",
    params(KeyHeader),
    request_body(content = NewPayment, description = "What was paid."),
    responses(
        (status = 201, description = "Recorded, now or before.", body = Payable),
        Refusals,
    ),
    security(("token" = ["system.payments.create"])),
)]
pub(super) async fn record_payment(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Json(payment): Json<NewPayment>,
) -> Result<(StatusCode, Json<Payable>), Problem> {
    let paying = from_staff(&principal, "payments", system.paying())?;
    Ok((StatusCode::CREATED, Json(paying.pay(&payment).await?)))
}

async fn visible(
    system: &System,
    principal: &Principal,
    query: PayableQuery,
) -> Result<Page<Payable>> {
    let PayableQuery { reference, invoice_id, purchase_order, .. } = &query;
    let keys = [
        ("?reference", usize::from(reference.is_some())),
        ("?invoice_id", invoice_id.len()),
        ("?purchase_order", purchase_order.len()),
    ];
    if let [_, (name, _), ..] = keys.iter().filter(|it| it.1 > 0).collect::<Vec<_>>().as_slice() {
        return Err(Error::invalid_field(*name, "only one sort of key at once"));
    }
    let asked = asked(&keys, query.limit, query.cursor.clone())?;
    if reference.is_some() && query.supplier.is_none() && principal.supplier_id.is_none() {
        return Err(Error::invalid_field("?reference", "goes with ?supplier"));
    }
    let Some(supplier) = super::supplier::asked(principal, query.supplier.clone()) else {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    };
    let payables = system.payables();
    let mut found = match (asked, reference, &supplier) {
        (Asked::Page(page), ..) => payables.list(supplier.as_ref(), &page).await?,
        (Asked::Keys, Some(reference), Some(of)) => {
            whole(payables.find_by_reference(of, reference).await?)
        }
        (Asked::Keys, ..) if !invoice_id.is_empty() => whole(payables.find_many(invoice_id).await?),
        (Asked::Keys, ..) => whole(payables.of_orders(purchase_order).await?),
    };
    if let Some(supplier) = &supplier {
        found.items.retain(|it| it.supplier_id == *supplier);
    }
    // ok: verified again on the way out, in case a back end does not hold to the filter
    found.items.retain(|payable| principal.may_see(&payable.supplier_id));
    Ok(found)
}
