//! The truth timeline over HTTP.

use crate::{Consumption, Timeline};
use axum::Extension;
use axum::extract::State;
use canonical::{
    Error, PayableId, Principal, PurchaseOrderNumber, ReceiptNumber, SupplierInvoiceNumber,
};
use process::FlowKey;
use serde::Deserialize;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// What the timeline is of: exactly one of these.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct TimelineQuery {
    /// The number of an order.
    purchase_order: Option<PurchaseOrderNumber>,
    /// The id of an invoice, or the number its supplier gave it.
    invoice: Option<SupplierInvoiceNumber>,
    /// The number of a goods receipt.
    receipt: Option<ReceiptNumber>,
    /// The id of a payable in the finance system.
    payment: Option<PayableId>,
    /// The root of a flow, as events carry it.
    correlation_id: Option<String>,
}

impl TimelineQuery {
    fn key(self) -> Result<FlowKey, Error> {
        let given = [
            self.purchase_order.map(FlowKey::PurchaseOrder),
            self.invoice.map(FlowKey::Invoice),
            self.receipt.map(FlowKey::Receipt),
            self.payment.map(FlowKey::Payment),
            self.correlation_id.map(FlowKey::Correlation),
        ];
        let mut keys = given.into_iter().flatten();
        match (keys.next(), keys.next()) {
            (Some(key), None) => Ok(key),
            _none_or_several => Err(Error::invalid(
                "name exactly one of purchase_order, invoice, receipt, payment and correlation_id",
            )),
        }
    }
}

/// Get a timeline.
///
/// Everything that is known of one business flow, looked up by any of its documents: per order line
/// what was ordered, received, accepted, returned, invoiced, credited and paid, which variances are
/// open, and every event. A part that could not be had says so.
#[utoipa::path(
    get,
    path = "/consumption/v1/timeline",
    tag = "timeline",
    params(TimelineQuery),
    responses(
        (
            status = 200,
            description = "The timeline; see `parts` for what is missing.",
            body = Timeline,
        ),
        Refusals,
    ),
    security(("token" = ["consumption.timeline.read"])),
)]
pub(super) async fn get_timeline(
    State(consumption): State<Consumption>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<Timeline>, Problem> {
    Ok(Json(consumption.timeline(&principal, &query.key()?).await?))
}
