//! Requisitions over HTTP.

use super::invoice::response;
use super::query::RequisitionQuery;
use crate::Process;
use crate::requisition::{Requisition, RequisitionAction, RequisitionFilter};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use canonical::{NewRequisition, Page, Principal, RequisitionId};
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path, Query, page};
use stack::idempotency::Claim;

/// Write a requisition.
///
/// Keeps what is asked for as a draft. Its id is the root of the whole flow that follows: order,
/// receipts, invoices, payment.
#[utoipa::path(
    post,
    path = "/process/v1/requisitions",
    tag = "requisitions",
    params(KeyHeader),
    request_body(
        content = NewRequisition,
        description = "What is asked for.",
        example = json!({
            "supplier_id": "SUP-1001", "currency": "USD", "facility_id": "ALDERMOOR-DC",
            "needed_by": "2026-12-04",
            "lines": [{
                "line_number": 10, "item_id": "GLV-NIT-M",
                "quantity": { "value": "20", "uom": "BX" }, "unit_price": "12.50",
            }],
        }),
    ),
    responses(
        (status = 201, description = "Stored as a draft.", body = Requisition),
        Refusals,
    ),
    security(("token" = ["process.requisitions.write"])),
)]
pub(super) async fn create_requisition(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Json(content): Json<NewRequisition>,
) -> Result<Response, Problem> {
    let answer = process.create_requisition(&principal, content, Some(&claim)).await?;
    Ok(response(StatusCode::CREATED, answer))
}

/// List requisitions.
///
/// Requisitions, the newest first.
#[utoipa::path(
    get,
    path = "/process/v1/requisitions",
    tag = "requisitions",
    params(RequisitionQuery),
    responses(
        (status = 200, description = "A page of requisitions.", body = Page<Requisition>),
        Refusals,
    ),
    security(("token" = ["process.requisitions.read"])),
)]
pub(super) async fn list_requisitions(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<RequisitionQuery>,
) -> Result<Json<Page<Requisition>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let filter = RequisitionFilter {
        state: query.state,
        supplier: query.supplier,
        facility: query.facility,
    };
    Ok(Json(process.requisitions(&principal, &filter, &page).await?))
}

/// Get a requisition.
///
/// What is asked for, where it stands, what may be done about it, and who did what.
#[utoipa::path(
    get,
    path = "/process/v1/requisitions/{id}",
    tag = "requisitions",
    params(("id" = RequisitionId, Path, description = "The requisition's id.")),
    responses(
        (status = 200, description = "The requisition.", body = Requisition),
        Refusals,
    ),
    security(("token" = ["process.requisitions.read"])),
)]
pub(super) async fn get_requisition(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<RequisitionId>,
) -> Result<Json<Requisition>, Problem> {
    Ok(Json(process.requisition(&principal, &id).await?))
}

/// Act on a requisition.
///
/// Submits, approves, refuses or withdraws it. Who asks does not approve. What is approved is
/// ordered, once, by the back end that makes orders. What cannot be done in the state it is in is a
/// conflict that lists what can.
#[utoipa::path(
    post,
    path = "/process/v1/requisitions/{id}/actions",
    tag = "requisitions",
    params(
        ("id" = RequisitionId, Path, description = "The requisition's id."),
        KeyHeader,
    ),
    request_body(
        content = RequisitionAction,
        description = "What to do.",
        example = json!({ "action": "approve", "reason": "within the plan" }),
    ),
    responses(
        (
            status = 200,
            description = "Done and stored: the requisition as it stands.",
            body = Requisition,
        ),
        Refusals,
    ),
    security(
        ("token" = ["process.requisitions.write"]),
        ("token" = ["process.requisitions.approve"]),
    ),
)]
pub(super) async fn act_on_requisition(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Path(id): Path<RequisitionId>,
    Json(action): Json<RequisitionAction>,
) -> Result<Response, Problem> {
    let answer = process.act_on_requisition(&principal, &id, &action, Some(&claim)).await?;
    Ok(response(StatusCode::OK, answer))
}
