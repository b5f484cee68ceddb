//! Orders: where they stand, as documents for suppliers, and what suppliers answer.

use super::invoice::response;
use crate::Process;
use crate::documents::Format;
use crate::order::{Dispatch, OrderStanding, Recorded};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use canonical::{Acknowledgement, Error, Principal, PurchaseOrderNumber, ShipNotice};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path, Raw};
use stack::idempotency::Claim;
use utoipa::ToSchema;

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

/// Get a purchase order's standing.
///
/// Where an order stands: made of what the back ends say of it, of its receipts and bills, and of
/// what was sent and answered. Nothing of it is set by hand.
#[utoipa::path(
    get,
    path = "/process/v1/purchase-orders/{number}",
    tag = "purchase-orders",
    params(("number" = PurchaseOrderNumber, Path, description = "The order's number.")),
    responses(
        (status = 200, description = "Where it stands.", body = OrderStanding),
        Refusals,
    ),
    security(("token" = ["process.purchase_orders.read"])),
)]
pub(super) async fn get_order_standing(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(number): Path<PurchaseOrderNumber>,
) -> Result<Json<OrderStanding>, Problem> {
    Ok(Json(process.order_standing(&principal, &number).await?))
}

/// Record a dispatch.
///
/// Says that the order was delivered to its supplier, with what the road says of it; the document
/// itself is `GET …/document`. A back end that dispatches orders itself needs none.
#[utoipa::path(
    post,
    path = "/process/v1/purchase-orders/{number}/dispatches",
    tag = "purchase-orders",
    params(
        ("number" = PurchaseOrderNumber, Path, description = "The order's number."),
        KeyHeader,
    ),
    request_body(
        content = Dispatch,
        description = "By which road, and when it was confirmed.",
        example = json!({
            "transport": "as2", "message_id": "4711@van.example",
            "delivered_at": "2026-11-28T09:30:00Z",
        }),
    ),
    responses(
        (status = 201, description = "Recorded, now or before.", body = Recorded),
        Refusals,
    ),
    security(("token" = ["process.purchase_orders.dispatch"])),
)]
pub(super) async fn record_dispatch(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Path(number): Path<PurchaseOrderNumber>,
    Json(dispatch): Json<Dispatch>,
) -> Result<Response, Problem> {
    let answer = process.record_dispatch(&principal, &number, &dispatch, Some(&claim)).await?;
    Ok(response(StatusCode::CREATED, answer))
}

/// A supplier's answer as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcknowledgementSubmission)]
pub(super) struct AcknowledgementSubmission {
    /// The answer.
    acknowledgement: Acknowledgement,
}

/// A supplier's ship notice as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShipNoticeSubmission)]
pub(super) struct ShipNoticeSubmission {
    /// The notice.
    ship_notice: ShipNotice,
}

/// Record an acknowledgement.
///
/// Takes a supplier's answer to an order, as JSON or as an X12 855, and holds it against the
/// version in force. Where it differs, the order is in `ack_exception` until a change order or
/// another answer makes them agree. The same document sent again is recorded once.
#[utoipa::path(
    post,
    path = "/process/v1/acknowledgements",
    tag = "purchase-orders",
    params(KeyHeader),
    request_body(
        description = "One acknowledgement.",
        content(
            (AcknowledgementSubmission = "application/json"),
            (String = "application/edi-x12"),
        ),
    ),
    responses(
        (status = 201, description = "Recorded, now or before.", body = Recorded),
        Refusals,
    ),
    security(("token" = ["process.acknowledgements.submit"])),
)]
pub(super) async fn record_acknowledgement(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Raw { media_type, bytes }: Raw,
) -> Result<Response, Problem> {
    let document = (flow_format(&media_type)?, bytes);
    let answer = process.record_acknowledgement(&principal, document, Some(&claim)).await?;
    Ok(response(StatusCode::CREATED, answer))
}

/// Record a ship notice.
///
/// Takes what a supplier says is on its way, as JSON or as an X12 856; it is kept with each order
/// that its lines name. The same document sent again is recorded once.
#[utoipa::path(
    post,
    path = "/process/v1/ship-notices",
    tag = "purchase-orders",
    params(KeyHeader),
    request_body(
        description = "One ship notice.",
        content(
            (ShipNoticeSubmission = "application/json"),
            (String = "application/edi-x12"),
        ),
    ),
    responses(
        (status = 201, description = "Recorded, now or before.", body = Recorded),
        Refusals,
    ),
    security(("token" = ["process.ship_notices.submit"])),
)]
pub(super) async fn record_ship_notice(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Raw { media_type, bytes }: Raw,
) -> Result<Response, Problem> {
    let document = (flow_format(&media_type)?, bytes);
    let answer = process.record_ship_notice(&principal, document, Some(&claim)).await?;
    Ok(response(StatusCode::CREATED, answer))
}

/// The format that a content type names, of those that speak of orders.
fn flow_format(media_type: &str) -> Result<Format, Error> {
    let known = Format::of(media_type).filter(|it| *it != Format::Ubl);
    known.ok_or_else(|| Error::unsupported("it is sent as application/json or application/edi-x12"))
}
