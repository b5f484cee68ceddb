//! Tax rules: what a supplier may charge.

use crate::{Decimal, FacilityId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The tax that is due under a tax code (`domain.md` A13). Where no rule applies, none is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRule {
    /// Who levies it.
    #[schema(example = "US-IL")]
    pub jurisdiction: String,
    /// The tax code of order and invoice lines that it is for; `null` for all. The invoice's code
    /// goes before the order's.
    #[serde(default)]
    pub tax_code: Option<String>,
    /// The facility it is for; `null` for all. Of several rules for a line, one is taken: a
    /// facility's own, then the one with the longest class, then the one with the tax code.
    #[serde(default)]
    pub facility_id: Option<FacilityId>,
    /// The class of items it is for, as the first digits of a UNSPSC code; `null` for all.
    #[serde(default)]
    pub class: Option<String>,
    /// The rate in percent; zero for an exemption.
    #[schema(example = "8.25")]
    pub rate_percent: Decimal,
    /// Whether tax is rounded for each line or once for the document and tax code (R2).
    #[serde(default)]
    pub rounding: TaxRounding,
    /// How much of it we get back, in percent.
    #[serde(default)]
    pub recoverable_percent: Decimal,
    /// Whether use tax is due to the authority where the supplier charges less.
    #[serde(default)]
    pub use_tax: bool,
    /// The certificate of an exemption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption_certificate: Option<String>,
    /// The first day.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// The last day.
    #[serde(default)]
    pub valid_to: Option<Date>,
}

/// Where tax is rounded (R2 of `domain.md` A1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// Once for the document and tax code.
    #[default]
    Document,
    /// For each line.
    Line,
}
