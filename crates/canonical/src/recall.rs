//! Recall notices.

use crate::ItemId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A recall of an item's lots or serial numbers (`domain.md` A14.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// The notice's number.
    #[schema(example = "Z-1187-2026")]
    pub number: String,
    /// The item.
    pub item_id: ItemId,
    /// The lots; with no lot and no serial number, the whole item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lot_numbers: Vec<String>,
    /// The serial numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
    /// Since when.
    pub opened_on: Date,
    /// Until when; `null` while it is open.
    #[serde(default)]
    pub closed_on: Option<Date>,
}
