//! Stock on hand and its value.

use crate::{Currency, Decimal, FacilityId, ItemId, Quantity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is on hand of an item that is valued at its moving average (SAP: moving average price).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryBalance {
    /// The item.
    pub item_id: ItemId,
    /// Where; `null` for all facilities.
    #[serde(default)]
    pub facility_id: Option<FacilityId>,
    /// How much.
    pub quantity: Quantity,
    /// What it is worth, in `currency`.
    pub value: Decimal,
    /// The currency of the value.
    pub currency: Currency,
}
