//! Usage of goods that are billed when they are used: bill-only implants and consigned stock.

use crate::{FacilityId, ItemId, PurchaseOrderNumber, Quantity, SupplierId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One usage (`domain.md` A14.1). It plays the receipt's part once hospital staff attest it. Never
/// about a patient: the case token is opaque.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageEvent {
    /// The usage's number.
    #[schema(example = "USE-3301")]
    pub number: String,
    /// Whose goods were used.
    pub supplier_id: SupplierId,
    /// The order made for it, once there is one.
    #[serde(default)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line.
    #[serde(default)]
    pub purchase_order_line: Option<u32>,
    /// The item.
    pub item_id: ItemId,
    /// How much; below zero takes an earlier usage back.
    pub quantity: Quantity,
    /// The lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_number: Option<String>,
    /// The serial numbers, one for each piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
    /// The day of the procedure.
    pub used_on: Date,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// An opaque token of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_token: Option<String>,
    /// What became of the goods.
    #[serde(default)]
    pub disposition: Disposition,
    /// Whether hospital staff attest it; the supplier's own sheet alone never counts.
    #[serde(default)]
    pub attested: bool,
}

/// What became of used goods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Implanted or consumed.
    #[default]
    Used,
    /// Opened and not used.
    Wasted,
}
