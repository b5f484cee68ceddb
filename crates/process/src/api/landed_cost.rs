//! Landed cost over HTTP.

use super::invoice::response;
use crate::Process;
use crate::landed_cost::{LandedCostAllocation, LandedCostQuestion};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use canonical::Principal;
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::Json;
use stack::idempotency::Claim;

/// Allocate a landed cost.
///
/// Shares a cost that came late out over what was received: to inventory what is on hand, to
/// expense what was consumed. A closed period stays as it is. A dry run, which it is unless
/// `dry_run` is `false`, stores nothing; otherwise the journal is posted.
#[utoipa::path(
    post,
    path = "/process/v1/landed-cost-allocations",
    tag = "accounting",
    params(KeyHeader),
    request_body(content = LandedCostQuestion, description = "The cost, and the goods it is for."),
    responses(
        (status = 200, description = "How it is shared out.", body = LandedCostAllocation),
        Refusals,
    ),
    security(("token" = ["process.accounting.write"])),
)]
pub(super) async fn allocate_landed_cost(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Json(question): Json<LandedCostQuestion>,
) -> Result<Response, Problem> {
    let answer = process.allocate_landed_cost(&principal, &question, Some(&claim)).await?;
    Ok(response(StatusCode::OK, answer))
}
