//! A quantity in a unit of measure.

use crate::{Decimal, Uom};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// So many of a unit: `{"value":"12","uom":"BX"}`. Never rounded for a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// How many; at most 6 decimal places.
    pub value: Decimal,
    /// Of which unit.
    pub uom: Uom,
}
