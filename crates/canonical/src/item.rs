//! An item and its packaging levels.

use crate::{Decimal, ExternalId, Gtin, ItemId, SupplierId, Uom};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item of the item master (SAP: material; Oracle: item).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
    /// The GTIN of this level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
}
