//! Invoices over HTTP.

use crate::Process;
use crate::documents::Format;
use crate::invoice::{
    Answer, InvoiceFilter, InvoiceRecord, InvoiceSummary, Submission, SubmittedInvoice,
};
use crate::matching::Explanation;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use canonical::{Error, FacilityId, InvoiceId, Page, Principal};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, PageQuery, Path, Query, Raw, page};
use stack::idempotency::{Claim, Kept};
use utoipa::ToSchema;

/// A submission as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceSubmission)]
pub(super) struct InvoiceSubmission {
    /// The invoice.
    invoice: canonical::Invoice,
}

/// What may stand behind the question mark of a submission.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SubmitQuery {
    /// The facility the invoice is for, where the document does not say.
    facility: Option<FacilityId>,
}

/// Submit an invoice.
///
/// Takes a supplier's invoice as JSON, X12 810 (`application/edi-x12`) or UBL 2.1
/// (`application/xml`), matches it with the orders and receipts of the back ends, decides and
/// stores the decision before it answers. A matched invoice is then booked in the finance system,
/// once. The same document sent again, also under a new key, is answered with the first answer.
#[utoipa::path(
    post,
    path = "/process/v1/invoices",
    tag = "invoices",
    params(
        KeyHeader,
        SubmitQuery,
    ),
    request_body(
        description = "One invoice.",
        content(
            (InvoiceSubmission = "application/json"),
            (String = "application/edi-x12"),
            (String = "application/xml"),
        ),
    ),
    responses(
        (
            status = 202,
            description = "Decided and stored; `Idempotency-Replayed` marks an earlier answer.",
            body = SubmittedInvoice,
        ),
        Refusals,
    ),
    security(("token" = ["process.invoices.submit"])),
)]
pub(super) async fn submit_invoice(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Query(query): Query<SubmitQuery>,
    Raw { media_type, bytes }: Raw,
) -> Result<Response, Problem> {
    let format = format(&media_type)?;
    let submission = Submission { format, bytes, facility_id: query.facility };
    let answer = process.submit_invoice(&principal, submission, Some(claim)).await?;
    Ok(response(StatusCode::ACCEPTED, answer))
}

/// An answer that is durable.
pub(super) fn response(status: StatusCode, answer: Answer) -> Response {
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut response = (status, media_type, answer.body).into_response();
    if answer.kept {
        response.extensions_mut().insert(Kept);
    }
    if answer.replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// The format that a content type names.
pub(super) fn format(media_type: &str) -> Result<Format, Error> {
    Format::of(media_type).ok_or_else(|| {
        Error::unsupported(
            "a document is sent as application/json, application/edi-x12 or application/xml",
        )
    })
}

/// Get an invoice.
///
/// An invoice with its decision, its holds, its runs and its document in the finance system.
#[utoipa::path(
    get,
    path = "/process/v1/invoices/{id}",
    tag = "invoices",
    params(("id" = InvoiceId, Path, description = "The invoice's id in this gateway.")),
    responses(
        (status = 200, description = "The invoice.", body = InvoiceRecord),
        Refusals,
    ),
    security(("token" = ["process.invoices.read"])),
)]
pub(super) async fn get_invoice(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<InvoiceId>,
) -> Result<Json<InvoiceRecord>, Problem> {
    Ok(Json(process.invoice(&principal, &id).await?))
}

/// Explain an invoice.
///
/// Why an invoice waits and what would let it go: each reason with variance, limit, policy row and
/// owner, and the least sets of changes that clear it, the cheapest first. Each set was verified by
/// the engine on the facts of the latest run: applying it clears the invoice, and nothing in it can
/// be left out. An invoice that does not wait needs none.
#[utoipa::path(
    get,
    path = "/process/v1/invoices/{id}/explanation",
    tag = "invoices",
    params(("id" = InvoiceId, Path, description = "The invoice's id in this gateway.")),
    responses(
        (status = 200, description = "The explanation.", body = Explanation),
        Refusals,
    ),
    security(("token" = ["process.invoices.read"])),
)]
pub(super) async fn explain_invoice(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<InvoiceId>,
) -> Result<Json<Explanation>, Problem> {
    Ok(Json(process.explanation(&principal, &id).await?))
}

/// List invoices.
///
/// Invoices, the newest first.
#[utoipa::path(
    get,
    path = "/process/v1/invoices",
    tag = "invoices",
    params(InvoiceFilter, PageQuery),
    responses(
        (status = 200, description = "A page of invoices.", body = Page<InvoiceSummary>),
        Refusals,
    ),
    security(("token" = ["process.invoices.read"])),
)]
pub(super) async fn list_invoices(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<InvoiceSummary>>, Problem> {
    let (filter, page) = query.split()?;
    Ok(Json(process.invoices(&principal, &filter, &page).await?))
}

/// The filter and the page, as they stand in one query string.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    state: Option<canonical::InvoiceState>,
    supplier: Option<canonical::SupplierId>,
    facility: Option<FacilityId>,
    reason: Option<canonical::Code>,
    limit: Option<u32>,
    cursor: Option<String>,
}

impl ListQuery {
    fn split(self) -> Result<(InvoiceFilter, canonical::PageRequest), Error> {
        let filter = InvoiceFilter {
            state: self.state,
            supplier: self.supplier,
            facility: self.facility,
            reason: self.reason,
        };
        Ok((filter, page(self.limit, self.cursor)?))
    }
}
