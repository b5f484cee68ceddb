//! Self-billing: the invoices we would make, as a question.

use crate::Process;
use crate::matching::{SelfBillingProposals, SelfBillingQuestion};
use axum::extract::State;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::Json;

/// Propose self-billed invoices.
///
/// For each order of kind `ers` among the facts: the invoice for what was received and is not
/// billed, with what the match says of it, or the reasons why we may not make it. Stores nothing.
#[utoipa::path(
    post,
    path = "/process/v1/self-billing-proposals",
    tag = "self-billing",
    request_body(content = SelfBillingQuestion, description = "The facts to make invoices of."),
    responses(
        (status = 200, description = "A proposal for each order.", body = SelfBillingProposals),
        Refusals,
    ),
    security(("token" = ["process.match.evaluate"])),
)]
pub(super) async fn propose_self_billing(
    State(process): State<Process>,
    Json(question): Json<SelfBillingQuestion>,
) -> Result<Json<SelfBillingProposals>, Problem> {
    Ok(Json(process.propose_self_billing(question).await?))
}
