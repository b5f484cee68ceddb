//! A ship notice: what the supplier says is on its way, down to the label on the box.

use crate::{ExternalId, Gtin, ItemId, PurchaseOrderNumber, Quantity, SupplierId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An advance ship notice (X12 856).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipNotice {
    /// The shipment's number.
    pub number: String,
    /// Who ships.
    pub supplier_id: SupplierId,
    /// Whether the notice takes back an earlier one of the same number.
    #[serde(default)]
    pub cancelled: bool,
    /// The date of the notice.
    pub notice_date: Date,
    /// When it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_date: Option<Date>,
    /// When it should arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_date: Option<Date>,
    /// The packing slip that lies in the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing_slip: Option<String>,
    /// The carrier's bill of lading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_of_lading: Option<String>,
    /// The number by which the carrier finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// The lines.
    pub lines: Vec<ShipNoticeLine>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// One line of a ship notice: an item in a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipNoticeLine {
    /// The line's number; one of a kind within the notice.
    pub line_number: u32,
    /// The order that it fills, as stated.
    #[serde(default)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line that it fills, as stated.
    #[serde(default)]
    pub purchase_order_line: Option<u32>,
    /// The serial shipping container codes (SSCC-18) of the packages it is in, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sscc: Vec<String>,
    /// Our item number, as stated.
    #[serde(default)]
    pub item_id: Option<ItemId>,
    /// The GTIN, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
    /// The supplier's catalogue number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item_number: Option<String>,
    /// The manufacturer's part number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer_part_number: Option<String>,
    /// What it is, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How much ships.
    pub quantity: Quantity,
    /// The lot or batch numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lot_numbers: Vec<String>,
    /// The serial numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_date: Option<Date>,
}
