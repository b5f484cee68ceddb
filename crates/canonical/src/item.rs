//! An item and its packaging levels.

use crate::{Decimal, ExternalId, Gtin, ItemId, SupplierId, Uom};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item of the item master (SAP: material; Oracle: item).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own on the wire")]
pub struct Item {
    /// The item's number.
    pub id: ItemId,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The smallest unit it is issued in; every packaging level converts to it.
    pub base_uom: Uom,
    /// Whether a fraction of the base unit makes no sense (`domain.md` A12 rule 5).
    #[serde(default)]
    pub indivisible: bool,
    /// Class, as an 8-digit UNSPSC code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Whether a shortage is a danger to patients.
    #[serde(default)]
    pub critical: bool,
    /// Whether every receipt names its lots; goods without are not accepted (`LOT-01`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lot_controlled: bool,
    /// Whether every receipt names a serial number for each piece (`LOT-01`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub serial_controlled: bool,
    /// The days of life that goods must have left at receipt; with it, a receipt says when the
    /// goods expire (`SHELF_LIFE`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_shelf_days: Option<u16>,
    /// The base unit's own GTIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
    /// Packaging levels above (or beside) the base unit.
    #[serde(default)]
    pub packaging: Vec<Packaging>,
    /// The manufacturer's part number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer_part_number: Option<String>,
    /// Suppliers' catalogue numbers (entity = supplier number) and other systems' names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// One packaging level: `1 uom = numerator / denominator` base units, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Packaging {
    /// The unit this row is about.
    pub uom: Uom,
    /// Base units, times the denominator; above zero.
    pub numerator: Decimal,
    /// See the numerator; above zero.
    pub denominator: Decimal,
    /// The supplier this row is valid for; `null` for all. A supplier's row wins over the item's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_id: Option<SupplierId>,
    /// The first day it holds; `null` for always. Orders and receipts are read by the rows of the
    /// order date, invoices by those of the invoice date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day it holds; `null` for an open end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// The GTIN of this level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
}
