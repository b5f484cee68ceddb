//! A purchasing contract: the prices a supplier agreed to, for whom and since when.

use crate::purchase_order::decimal_one;
use crate::{Currency, Decimal, FacilityId, ItemId, SupplierId, Uom};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A contract with its price list (`domain.md` A14.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The contract's number.
    #[schema(example = "GPO-MS-4471")]
    pub number: String,
    /// Who sells under it.
    pub supplier_id: SupplierId,
    /// Who negotiated it.
    #[serde(default)]
    pub owner: ContractOwner,
    /// The currency of its prices.
    pub currency: Currency,
    /// Other currencies that may be billed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternative_currencies: Vec<Currency>,
    /// The first day it is valid.
    pub valid_from: Date,
    /// The last day it is valid; `null` for an open end.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Which date decides on a price.
    #[serde(default)]
    pub date_basis: DateBasis,
    /// Which facility buys at which tier; none means that everybody buys at the prices without a
    /// tier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub eligibility: Vec<PriceEligibility>,
    /// Its prices.
    pub prices: Vec<ContractPrice>,
}

/// Who negotiated a contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContractOwner {
    /// A group purchasing organisation.
    Gpo,
    /// The health system itself.
    #[default]
    Local,
    /// A national body.
    National,
}

/// Which date decides on a contract price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateBasis {
    /// The date of the order; for usage, the date of the procedure.
    #[default]
    OrderDate,
    /// The date of the receipt.
    ShipDate,
    /// The date of the invoice.
    InvoiceDate,
}

/// A price of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractPrice {
    /// The item.
    pub item_id: ItemId,
    /// The unit that the price is for.
    pub uom: Uom,
    /// The price of `price_base` units.
    pub unit_price: Decimal,
    /// How many units the price is for.
    #[serde(default = "decimal_one")]
    pub price_base: Decimal,
    /// The tier; `null` for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// From how many units on an order the price holds, in `uom`.
    #[serde(default)]
    pub minimum_quantity: Decimal,
    /// The first day.
    pub valid_from: Date,
    /// The last day; `null` for an open end.
    #[serde(default)]
    pub valid_to: Option<Date>,
}

/// The tier at which a facility buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceEligibility {
    /// The facility.
    pub facility_id: FacilityId,
    /// Its tier.
    pub tier: String,
    /// The first day.
    pub valid_from: Date,
    /// The last day; `null` for an open end.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// When the supplier was told; a price told of later than it holds is a recovery candidate
    /// (`CON-03`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_on: Option<Date>,
}
