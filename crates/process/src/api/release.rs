//! Releases of holds over HTTP.

use super::invoice::response;
use crate::Process;
use crate::invoice::{Release, ReleasedInvoice};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use canonical::{InvoiceId, Principal};
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path};
use stack::idempotency::Claim;

/// Release holds.
///
/// A person accepts what differs. The release covers the variance as it stands and no worse one:
/// where a later match finds more, in money, percent or quantity, the hold opens again. Once
/// nothing else holds the invoice, it is matched and booked. What is not owed while it stands, as
/// an unknown order, cannot be released; the refusal says what helps instead. Who submitted an
/// invoice does not release its holds.
#[utoipa::path(
    post,
    path = "/process/v1/invoices/{id}/releases",
    tag = "invoices",
    params(
        ("id" = InvoiceId, Path, description = "The invoice's id in this gateway."),
        KeyHeader,
    ),
    request_body(content = Release, description = "Which holds, and why."),
    responses(
        (status = 200, description = "Released and stored.", body = ReleasedInvoice),
        Refusals,
    ),
    security(("token" = ["process.holds.release"])),
)]
pub(super) async fn release_holds(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Path(id): Path<InvoiceId>,
    Json(request): Json<Release>,
) -> Result<Response, Problem> {
    let answer = process.release_holds(&principal, &id, &request, Some(&claim)).await?;
    Ok(response(StatusCode::OK, answer))
}
