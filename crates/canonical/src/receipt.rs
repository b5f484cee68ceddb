//! Goods receipts and returns to the supplier.

use crate::{
    Decimal, ExternalId, FacilityId, ItemId, PurchaseOrderNumber, Quantity, ReceiptNumber,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A goods receipt of one order line (X12 861). A reversal is a receipt with a negative quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The receipt's number.
    pub number: ReceiptNumber,
    /// The order it fills.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The line of the order it fills.
    pub purchase_order_line: u32,
    /// The item received, where the receiver says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<ItemId>,
    /// What was counted, quarantined goods included.
    pub quantity: Quantity,
    /// What of it passed inspection; counts only in a four-way match. `null` until inspected.
    #[serde(default)]
    pub accepted: Option<Quantity>,
    /// When it happened at the dock (UTC).
    pub effective_at: Timestamp,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// The supplier's packing slip or delivery note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing_slip: Option<String>,
    /// The lots received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lot_numbers: Vec<String>,
    /// The serial numbers received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
    /// The earliest expiry date of what was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Date>,
    /// The rate from the order's currency to the functional currency at which it was valued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
    /// The same goods in the unit they are priced in (catch weight).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing_quantity: Option<Quantity>,
    /// The receipt that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversal_of: Option<ReceiptNumber>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// Goods of one order line shipped back to the supplier (SAP: return delivery; Oracle: RTV).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The return's number.
    pub number: ReceiptNumber,
    /// The order the goods came on.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The line they came on.
    pub purchase_order_line: u32,
    /// How much went back; above zero.
    pub quantity: Quantity,
    /// Whether the supplier sends new goods instead of a credit.
    #[serde(default)]
    pub replace: bool,
    /// When it left the dock (UTC).
    pub effective_at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}
