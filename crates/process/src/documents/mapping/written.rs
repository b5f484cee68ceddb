//! The tables of one partner, as they are written.

use canonical::ChargeKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// By code.
pub(super) type Written<T> = BTreeMap<String, T>;

/// The tables as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
    #[serde(default)]
    pub(super) habits: Habits,
    #[serde(default)]
    pub(super) units: Written<String>,
    #[serde(default)]
    pub(super) price_bases: Written<BaseDocument>,
    #[serde(default)]
    pub(super) item_numbers: Written<ItemNumber>,
    #[serde(default)]
    pub(super) party_ids: Written<String>,
    #[serde(default)]
    pub(super) interchange_ids: Written<String>,
    #[serde(default)]
    pub(super) charges: Written<Nature>,
    #[serde(default)]
    pub(super) charge_words: Vec<WordDocument>,
    #[serde(default)]
    pub(super) dates: Written<DateUse>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Habits {
    pub(super) decimal_mark: Option<String>,
    pub(super) totals: Option<Totals>,
    pub(super) order_total: Option<OrderTotal>,
    pub(super) hash_total: Option<HashTotal>,
    pub(super) unknown_units: Option<UnknownUnits>,
    pub(super) unknown_charges: Option<UnknownCharges>,
}

impl Tables {
    /// Whether a charge is called tax.
    pub(super) fn has_tax(&self) -> bool {
        let mut kinds = self.charges.values().chain(self.charge_words.iter().map(|it| &it.kind));
        kinds.any(|it| *it == Nature::Tax)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BaseDocument {
    pub(super) count: u32,
    pub(super) unit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WordDocument {
    pub(super) word: String,
    pub(super) kind: Nature,
}

/// What a charge is: tax is sometimes sent as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::documents) enum Nature {
    Freight,
    Handling,
    Fuel,
    Hazmat,
    SmallOrder,
    Restocking,
    Deposit,
    Other,
    Tax,
}

impl Nature {
    /// The kind of charge; nothing for tax.
    pub(in crate::documents) const fn kind(self) -> Option<ChargeKind> {
        Some(match self {
            Self::Freight => ChargeKind::Freight,
            Self::Handling => ChargeKind::Handling,
            Self::Fuel => ChargeKind::Fuel,
            Self::Hazmat => ChargeKind::Hazmat,
            Self::SmallOrder => ChargeKind::SmallOrder,
            Self::Restocking => ChargeKind::Restocking,
            Self::Deposit => ChargeKind::Deposit,
            Self::Other => ChargeKind::Other,
            Self::Tax => return None,
        })
    }
}

/// What a product number names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::documents) enum ItemNumber {
    Item,
    Supplier,
    Manufacturer,
    Gtin,
    Order,
    OrderLine,
    Lot,
    Serial,
    Ignored,
}

/// What a date is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::documents) enum DateUse {
    Requested,
    ShipRequested,
    Promised,
    Shipped,
    Expires,
    Ignored,
}

/// How TDS and SAC05 are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::documents) enum Totals {
    #[default]
    Implied,
    Written,
}

/// What AMT*TT of an order is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::documents) enum OrderTotal {
    #[default]
    Amount,
    Lines,
    Units,
    Ignored,
}

/// What CTT02 is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::documents) enum HashTotal {
    #[default]
    Quantities,
    Ignored,
}

/// What becomes of a unit that is in no table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UnknownUnits {
    #[default]
    Refused,
    Kept,
}

/// What becomes of the code of a charge that is in no table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UnknownCharges {
    #[default]
    Refused,
    Words,
}
