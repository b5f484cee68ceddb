//! What a system of record tells of a change: which document moved, and what it moves with it.

use crate::{FacilityId, Money, PayableId, PurchaseOrderNumber, SupplierId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document that changed in a system of record (`domain.md` A18, extraction). It names the
/// document and says nothing of its content: who wants that reads the document as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What happened to it.
    pub kind: ChangeKind,
    /// The document: a receipt's, return's, usage's or order's number, a payable's id.
    #[schema(example = "R-3301")]
    pub document: String,
    /// Which change of the document it is: the same change told twice carries the same version.
    #[schema(example = "1")]
    pub version: String,
    /// The orders it is about.
    pub purchase_orders: Vec<PurchaseOrderNumber>,
    /// The supplier it is about, where the system says.
    #[serde(default)]
    pub supplier_id: Option<SupplierId>,
    /// The facility it is about, where the system says.
    #[serde(default)]
    pub facility_id: Option<FacilityId>,
    /// When it happened in the world (UTC).
    pub effective_at: Timestamp,
    /// When the system recorded it (UTC).
    pub recorded_at: Timestamp,
}

/// What happened to a document, in the words of the event catalogue (`domain.md` D5).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub enum ChangeKind {
    /// An order was approved.
    #[serde(rename = "po.approved")]
    OrderApproved,
    /// An order changed: price, quantity, unit, terms or status.
    #[serde(rename = "po.changed")]
    OrderChanged,
    /// An order was cancelled.
    #[serde(rename = "po.cancelled")]
    OrderCancelled,
    /// Goods arrived.
    #[serde(rename = "receipt.posted")]
    ReceiptPosted,
    /// A receipt was corrected in place, or inspected.
    #[serde(rename = "receipt.corrected")]
    ReceiptCorrected,
    /// A receipt was taken back.
    #[serde(rename = "receipt.reversed")]
    ReceiptReversed,
    /// Goods left for the supplier.
    #[serde(rename = "return.shipped")]
    ReturnShipped,
    /// Consigned or bill-only goods were used.
    #[serde(rename = "usage.recorded")]
    UsageRecorded,
    /// Money left for the supplier.
    #[serde(rename = "payment.confirmed")]
    PaymentConfirmed,
}

impl ChangeKind {
    /// Its word in the event catalogue: `receipt.posted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderApproved => "po.approved",
            Self::OrderChanged => "po.changed",
            Self::OrderCancelled => "po.cancelled",
            Self::ReceiptPosted => "receipt.posted",
            Self::ReceiptCorrected => "receipt.corrected",
            Self::ReceiptReversed => "receipt.reversed",
            Self::ReturnShipped => "return.shipped",
            Self::UsageRecorded => "usage.recorded",
            Self::PaymentConfirmed => "payment.confirmed",
        }
    }

    /// The part of the business that says so: `receiving`.
    #[must_use]
    pub const fn context(self) -> &'static str {
        match self {
            Self::OrderApproved | Self::OrderChanged | Self::OrderCancelled => "purchasing",
            Self::ReceiptPosted
            | Self::ReceiptCorrected
            | Self::ReceiptReversed
            | Self::ReturnShipped => "receiving",
            Self::UsageRecorded => "consignment",
            Self::PaymentConfirmed => "payments",
        }
    }
}

/// Changes since a place, and the place to ask from next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    /// What changed, oldest first.
    pub items: Vec<Change>,
    /// Where to go on: to be given back as it is, once what is here was kept.
    pub next: String,
    /// Whether there is more already.
    pub more: bool,
}

/// Money that left for a supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// The payment's own number, given once: a second payment under it is the first.
    #[schema(example = "CHK-20113")]
    pub number: String,
    /// What is paid.
    pub payable_id: PayableId,
    /// How much, in the payable's currency; above zero, and not more than is owed.
    pub amount: Money,
    /// When (UTC).
    pub paid_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name() {
        for kind in [ChangeKind::OrderChanged, ChangeKind::ReceiptPosted, ChangeKind::ReturnShipped]
        {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.name());
        }
    }
}
