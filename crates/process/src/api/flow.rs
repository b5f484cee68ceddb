//! Flows over HTTP.

use super::invoice::response;
use crate::Process;
use crate::flow::{CancelledFlow, FlowCancellation, FlowInstance};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use canonical::Principal;
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path};
use stack::idempotency::Claim;

/// Get a flow.
///
/// A flow from requisition to payment: each step with its state, since when, until when, what it
/// waits for, what becomes of a try that fails, and what would undo it.
///
/// | step | retry | compensation | mode |
/// | --- | --- | --- | --- |
/// | requisition, approval | awaited | close_requisition | automatic |
/// | order | inquired | cancel_order | automatic |
/// | dispatch, acknowledgement | awaited | cancel_order | needs_approval |
/// | receipt | awaited | return_goods | impossible |
/// | invoice | awaited | request_credit | impossible |
/// | matching | transient | request_credit | impossible |
/// | posting | inquired | reverse_payable | impossible |
/// | payment | awaited | recover_payment | impossible |
#[utoipa::path(
    get,
    path = "/process/v1/flows/{correlation_id}",
    tag = "flows",
    params((
        "correlation_id" = String,
        Path,
        description = "The root of the flow: a requisition's id, or an order's number.",
    )),
    responses(
        (status = 200, description = "The flow.", body = FlowInstance),
        Refusals,
    ),
    security(("token" = ["process.flows.read"])),
)]
pub(super) async fn get_flow(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(correlation_id): Path<String>,
) -> Result<Json<FlowInstance>, Problem> {
    Ok(Json(process.flow_instance(&principal, &correlation_id).await?))
}

/// Cancel a flow.
///
/// Undoes what was done: withdraws the requisition, or calls the order off, which then closes the
/// requisition. What is with the supplier is called off only by somebody who may approve and did
/// not ask for it. Once goods or a bill came it is a conflict, which names what cannot be undone
/// and what could be.
#[utoipa::path(
    post,
    path = "/process/v1/flows/{correlation_id}/cancellation",
    tag = "flows",
    params(
        (
            "correlation_id" = String,
            Path,
            description = "The root of the flow: a requisition's id, or an order's number.",
        ),
        KeyHeader,
    ),
    request_body(content = FlowCancellation, description = "Why."),
    responses(
        (status = 202, description = "What is undone, or queued to be.", body = CancelledFlow),
        Refusals,
    ),
    security(("token" = ["process.requisitions.write"])),
)]
pub(super) async fn cancel_flow(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Path(correlation_id): Path<String>,
    Json(request): Json<FlowCancellation>,
) -> Result<Response, Problem> {
    let answer = process.cancel_flow(&principal, &correlation_id, &request, Some(&claim)).await?;
    Ok(response(StatusCode::ACCEPTED, answer))
}
