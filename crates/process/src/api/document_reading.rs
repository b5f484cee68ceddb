//! Reading documents over HTTP.

use super::invoice::format;
use crate::Process;
use crate::reading::DocumentReading;
use axum::extract::State;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Raw};

/// Read documents.
///
/// Reads every document of a file as it would be read when submitted, and submits nothing: X12 810,
/// 850, 855 and 856 (`application/edi-x12`), UBL 2.1 (`application/xml`) or the JSON of an invoice.
/// Each document is answered by itself, read or with its faults, its own totals beside ours; each
/// interchange of X12 with the 997 that answers it.
#[utoipa::path(
    post,
    path = "/process/v1/document-readings",
    tag = "documents",
    request_body(
        description = "A file with one document or many.",
        content(
            (String = "application/edi-x12"),
            (String = "application/xml"),
            (String = "application/json"),
        ),
    ),
    responses(
        (status = 200, description = "What was read.", body = DocumentReading),
        Refusals,
    ),
    security(("token" = ["process.documents.read"])),
)]
pub(super) async fn read_documents(
    State(process): State<Process>,
    Raw { media_type, bytes }: Raw,
) -> Result<Json<DocumentReading>, Problem> {
    let format = format(&media_type)?;
    Ok(Json(process.read_documents(format, bytes).await?))
}
