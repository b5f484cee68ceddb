//! Match evaluations: the engine as a question.

use crate::Process;
use crate::matching::{Evaluated, Evaluation};
use axum::extract::State;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::Json;

/// Evaluate a match.
///
/// Matches an invoice against the orders, receipts and claims in the request, under the active
/// tolerance policy or the one in the request. Stores nothing; equal input and policy give the same
/// bytes. With `explain: true`, the answer says of each reason what is known about it, and which
/// least sets of changes would clear the invoice.
#[utoipa::path(
    post,
    path = "/process/v1/match-evaluations",
    tag = "match-evaluations",
    request_body(content = Evaluation, description = "The invoice and the facts to match it with."),
    responses(
        (
            status = 200,
            description = "Outcome, reasons, and every check with variance and limit.",
            body = Evaluated,
        ),
        Refusals,
    ),
    security(("token" = ["process.match.evaluate"])),
)]
pub(super) async fn evaluate_match(
    State(process): State<Process>,
    Json(evaluation): Json<Evaluation>,
) -> Result<Json<Evaluated>, Problem> {
    Ok(Json(process.evaluate(evaluation).await?))
}
