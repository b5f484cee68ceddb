//! Orders as documents for suppliers.

use crate::Process;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use canonical::{Principal, PurchaseOrderNumber};
use http::{HeaderValue, header};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::Path;

/// Get a purchase order as a document.
///
/// The order as an X12 850 for its supplier, in the partner's codes. How we match and book it is
/// not in it. The same order in the same version has the same control numbers.
#[utoipa::path(
    get,
    path = "/process/v1/purchase-orders/{number}/document",
    tag = "documents",
    params(("number" = PurchaseOrderNumber, Path, description = "The order's number.")),
    responses(
        (
            status = 200,
            description = "The order.",
            body = String,
            content_type = "application/edi-x12",
        ),
        Refusals,
    ),
    security(("token" = ["process.documents.read"])),
)]
pub(super) async fn get_purchase_order_document(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(number): Path<PurchaseOrderNumber>,
) -> Result<Response, Problem> {
    let bytes = process.order_document(&principal, &number).await?;
    let format = HeaderValue::from_static("application/edi-x12");
    Ok(([(header::CONTENT_TYPE, format)], bytes).into_response())
}
