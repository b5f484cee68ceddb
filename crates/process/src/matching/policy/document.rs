//! The tolerance policy as a person writes it, in TOML or JSON.

use super::scope::Scope;
use canonical::{Combine, Currency, MatchMode};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tolerance policy as a person writes it, in TOML or JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TolerancePolicy)]
pub struct PolicyDocument {
    /// The policy's name; decisions cite it as `id@version`.
    #[schema(example = "T0")]
    pub id: String,
    /// Its version.
    #[schema(example = 1)]
    pub version: u32,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Who approved it.
    pub approved_by: String,
    /// Why it is as it is.
    pub reason: String,
    /// Which of the order's prices counts.
    pub price_basis: PriceBasis,
    /// An invoice date that lies further back, in days, is asked about (`INV-04`); 365 where it is
    /// not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 365)]
    pub invoice_age_days: Option<u32>,
    /// Which perfect invoices a person looks at all the same; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<SamplingDocument>,
    /// What lines are held against, where the order does not say; without a rule that fits, the
    /// order and the receipts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_modes: Vec<ModeRuleDocument>,
    /// One row without a scope for every key, and rows for less beside them.
    pub rows: Vec<RowDocument>,
}

/// One row of a policy as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ToleranceRow)]
pub struct RowDocument {
    /// What the row is about.
    #[schema(example = "PRICE_UNIT")]
    pub key: String,
    /// Whom the row is for; everybody where it is not given.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// How far above is tolerable.
    pub upper: SideDocument,
    /// How far below is tolerable.
    pub lower: SideDocument,
    /// Whether both limits must hold or either.
    pub combine: Combine,
    /// What becomes of an invoice beyond the limit.
    pub on_breach: OnBreach,
    /// Whether a later fact may lift the hold without a person.
    pub auto_clear: bool,
    /// The invoice dates that the row is for; without it, all.
    #[serde(default)]
    pub effective: Effective,
}

/// The limits of one side, each a decimal or `unchecked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ToleranceLimits)]
pub struct SideDocument {
    /// In the policy's currency; for `BLANKET_DATE` and `SHELF_LIFE` in days, for `DATE_EARLY` in
    /// the currency times days.
    #[schema(example = "50.00")]
    pub abs: String,
    /// In percent.
    #[schema(example = "3")]
    pub pct: String,
}

/// The invoice dates that a row is for, both inclusive. Invoices older than the first row without a
/// scope of a key are held against that first row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ToleranceEffective)]
pub struct Effective {
    /// The first invoice date.
    #[serde(default)]
    pub from: Option<Date>,
    /// The last invoice date; the last row without a scope of a key has none.
    #[serde(default)]
    pub to: Option<Date>,
}

/// Which of the order's prices counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceBasis {
    /// The price of the order's version in force.
    Current,
    /// The price on the date of the order.
    AtOrder,
    /// The price on the date of the latest receipt; while there is none, of the version in force.
    AtReceipt,
}

/// What becomes of an invoice beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBreach {
    /// It is owed, and payment waits.
    Block,
    /// It cannot be booked.
    Exception,
    /// It is noted, and nothing waits.
    Flag,
}

/// What the lines of a scope are held against (`domain.md` A5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchModeRule)]
pub struct ModeRuleDocument {
    /// What they are held against.
    pub mode: MatchMode,
    /// Whom the rule is for; everybody where it is not given.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// The invoice dates that the rule is for; without it, all.
    #[serde(default)]
    pub effective: Effective,
}

/// Which perfect invoices a person looks at all the same (`CTL-01`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SamplingRule)]
pub struct SamplingDocument {
    /// How many of a hundred: 0 to 100.
    #[schema(example = "0.5")]
    pub percent: String,
    /// From which amount on, in the policy's currency.
    #[schema(example = "1000.00")]
    pub minimum_amount: String,
    /// What the draw depends on beside the invoice: the same seed draws the same invoices.
    pub seed: String,
}
