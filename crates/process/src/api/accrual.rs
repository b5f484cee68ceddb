//! Accrual runs over HTTP.

use super::invoice::response;
use crate::Process;
use crate::accrual::{AccrualQuestion, AccrualRun};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use canonical::Principal;
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path};
use stack::idempotency::Claim;

/// Run accruals.
///
/// What was received and not billed at the end of a period, and what was billed and has not
/// arrived, per order line with its documents. A dry run, which it is unless `dry_run` is `false`,
/// stores nothing. Confirmed, the journals are posted, and taken back on the first day of the next
/// period; a later run of the period moves the difference.
#[utoipa::path(
    post,
    path = "/process/v1/accrual-runs",
    tag = "accounting",
    params(KeyHeader),
    request_body(content = AccrualQuestion, description = "Which accruals."),
    responses(
        (status = 200, description = "The run, proposed or confirmed.", body = AccrualRun),
        Refusals,
    ),
    security(("token" = ["process.accounting.write"])),
)]
pub(super) async fn run_accruals(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Json(question): Json<AccrualQuestion>,
) -> Result<Response, Problem> {
    let answer = process.run_accruals(&principal, &question, Some(&claim)).await?;
    Ok(response(StatusCode::OK, answer))
}

/// Get an accrual run.
///
/// A confirmed run with its journals as they stand now.
#[utoipa::path(
    get,
    path = "/process/v1/accrual-runs/{id}",
    tag = "accounting",
    params(("id" = String, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run.", body = AccrualRun),
        Refusals,
    ),
    security(("token" = ["process.accounting.read"])),
)]
pub(super) async fn get_accrual_run(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
) -> Result<Json<AccrualRun>, Problem> {
    Ok(Json(process.accrual_run(&principal, &id).await?))
}
