//! Exchange rates.

use crate::{Currency, Decimal};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An exchange rate as it was quoted: one unit of `base` is `rate` units of `quote`. Never inverted
/// by rounding (`domain.md` A1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrencyRate {
    /// The currency that is priced.
    pub base: Currency,
    /// The currency it is priced in.
    pub quote: Currency,
    /// How many of `quote` for one of `base`; above zero.
    #[schema(example = "1.08")]
    pub rate: Decimal,
    /// What kind of rate it is.
    #[serde(rename = "type", default)]
    pub kind: RateKind,
    /// The first day it holds; it holds until the next one.
    pub as_of: Date,
}

/// What kind of rate it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateKind {
    /// Of the day.
    #[default]
    Spot,
    /// Of the month.
    MonthAverage,
    /// Agreed with the supplier.
    Contract,
}
