//! The result of a match: outcome, reasons, and every check with its variance and limit.

use crate::{Check, MatchMode, Numeral, PurchaseOrderNumber, Reason, ReceiptNumber, Uom};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// The outcome lattice of `domain.md` A9.2, from best to worst; a document is as bad as its worst
/// part.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything agrees.
    Matched,
    /// It differs by less than somebody wrote down as tolerable.
    MatchedWithinTolerance,
    /// It is owed, and payment waits until a fact changes or a person releases it.
    Blocked,
    /// It cannot be booked until data is repaired or a person decides.
    Exception,
    /// It goes back to the supplier.
    Rejected,
}

impl Outcome {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::MatchedWithinTolerance => "matched_within_tolerance",
            Self::Blocked => "blocked",
            Self::Exception => "exception",
            Self::Rejected => "rejected",
        }
    }
}

/// The answer of a match: equal input and policy give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MatchResult {
    /// The worst of all lines and of the document.
    pub outcome: Outcome,
    /// Every reason, not the first: by invoice line, then by code.
    pub reasons: Vec<Reason>,
    /// What is worth knowing and blocks nothing.
    pub flags: Vec<Flag>,
    /// The checks of the document: balance and charges.
    pub checks: Vec<Check>,
    /// The lines, in the order of their numbers.
    pub lines: Vec<LineResult>,
    /// What is payable, where prepayments are set off against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// How the difference in the functional currency splits, for an invoice in another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeSplit>,
    /// The tax that is due by the tax rules, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxDue>,
    /// The policy versions that decided.
    pub policy: PolicyCited,
}

/// What the tax rules make of a document (`domain.md` A13), in the invoice's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxDue {
    /// What the supplier may charge.
    #[schema(example = "103.13")]
    pub expected: String,
    /// What it charges.
    pub billed: String,
    /// What of the expected tax comes back.
    pub recoverable: String,
    /// What of it does not, and is cost of the goods.
    pub non_recoverable: String,
    /// What is ours to declare as use tax, because the supplier charges less.
    pub use_tax: String,
}

/// What is payable once prepayments are set off (`domain.md` A13), in the invoice's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settlement {
    /// What the document asks for in all.
    pub gross: String,
    /// The prepayments set off, oldest first.
    pub prepayments: Vec<PrepaymentApplied>,
    /// What is left to pay.
    #[schema(example = "7000.00")]
    pub payable: String,
}

/// How much of a prepayment an invoice uses up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrepaymentApplied {
    /// The prepayment invoice.
    pub invoice: String,
    /// The order it was paid on, where that prepayment is on several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// How much of it.
    pub amount: String,
}

/// How the difference between what was accrued at receipt and what is billed splits, in the
/// functional currency (`domain.md` A13): `price_variance + exchange_variance = payable - accrued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExchangeSplit {
    /// The functional currency.
    pub currency: String,
    /// The rate at which the invoice is booked.
    #[schema(example = "1.10")]
    pub invoice_rate: String,
    /// The rate at which the goods were accrued.
    #[schema(example = "1.08")]
    pub receipt_rate: String,
    /// What was accrued for the goods billed.
    pub accrued: String,
    /// What is booked as payable for them.
    pub payable: String,
    /// What the price differs, at the invoice's rate.
    pub price_variance: String,
    /// What the rate differs, on the order's amount.
    pub exchange_variance: String,
}

/// What is worth knowing and blocks nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Flag {
    /// The stable word: `PRICE_FAVOURABLE`, `UOM-02`.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// The invoice line it is about; `null` for the document.
    #[schema(required = true)]
    pub invoice_line: Option<u32>,
    /// The same for people.
    pub detail: String,
}

/// The policy versions that a decision used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyCited {
    /// The tolerance policy, as `id@version`.
    #[schema(example = "T0@1")]
    pub tolerances: String,
    /// The duplicate rules, as `id@version`; `null` where earlier invoices were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "D0@1")]
    pub duplicates: Option<String>,
    /// The tax rules, as `id@version`; `null` where no tax was worked out by those of a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "X1@3")]
    pub taxes: Option<String>,
}

/// What became of one invoice line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineResult {
    /// The invoice line.
    pub invoice_line: u32,
    /// The order it was matched to; `null` where none was found.
    #[schema(required = true)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line; of several, the first.
    #[schema(required = true)]
    pub purchase_order_line: Option<u32>,
    /// Which flow it follows and what it was held against; absent where neither an order line nor
    /// what else it bills was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ModeResolved>,
    /// The worst of its checks.
    pub outcome: Outcome,
    /// Every check, in the order of the stages.
    pub checks: Vec<Check>,
    /// Which order lines it claims, and how much of each.
    pub allocations: Vec<Allocation>,
}

/// What an order line's invoices are held against, and who says so (`domain.md` A5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModeResolved {
    /// The mode.
    pub match_mode: MatchMode,
    /// What decided: `purchase_order_line`, the scope of the policy's rule, such as `item+supplier`
    /// or `facility`, or `default`; `earlier_run` where the order line asks for less than when
    /// the invoice was held; `invoice_kind` and `usage` where there is no order line.
    #[schema(value_type = String, example = "purchase_order_line")]
    pub source: Cow<'static, str>,
    /// The flow (`domain.md` A5): `F1` three-way after receipt, `F2` three-way before receipt, `F3`
    /// two-way, `F4` consignment, `F5` bill-only, `F6` without an order, `F7` self-billed, `F8`
    /// blanket or standing.
    #[schema(value_type = String, example = "F1")]
    pub flow: Cow<'static, str>,
}

/// A claim of an invoice line on an order line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Allocation {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The order's line.
    pub purchase_order_line: u32,
    /// The receipt cited by the invoice, where there is one.
    #[schema(required = true)]
    pub receipt_number: Option<ReceiptNumber>,
    /// The rung of the association ladder that found it (`domain.md` A6), 1 to 7.
    pub rung: u8,
    /// How much, in base units, exactly: `40` or `7/12`; below zero for a credit of quantity, zero
    /// for one of price.
    #[schema(value_type = String)]
    pub quantity: Numeral,
    /// The base unit.
    #[schema(value_type = String)]
    pub uom: Uom,
    /// What it asks for, in the invoice's currency; below zero for a credit.
    #[schema(value_type = String)]
    pub amount: Numeral,
    /// Where the order line stands with this claim counted.
    pub position: Position,
}

/// Where an order line stands, in the order line's own unit. Each figure is an exact decimal or
/// fraction (`7/12`); `claimed_display` is rounded to three places for the eye (R5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// The order line's unit.
    #[schema(value_type = String)]
    pub uom: Uom,
    /// Ordered.
    #[schema(value_type = String)]
    pub ordered: Numeral,
    /// Received, less what went back.
    #[schema(value_type = String)]
    pub received: Numeral,
    /// Claimed by earlier invoices.
    #[schema(value_type = String)]
    pub claimed_before: Numeral,
    /// Claimed with this invoice.
    #[schema(value_type = String)]
    pub claimed: Numeral,
    /// Claimed with this invoice, for the eye.
    #[schema(value_type = String)]
    pub claimed_display: Numeral,
    /// Ordered and not yet claimed; below zero when over-claimed.
    #[schema(value_type = String)]
    pub open: Numeral,
}

/// By how much something differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Variance {
    /// In money, signed, in the invoice's currency; see `unit`.
    #[schema(required = true, value_type = Option<String>, example = "30.00")]
    pub amount: Option<Numeral>,
    /// In percent of what it was held against, four decimals; `null` where that is zero.
    #[schema(required = true, value_type = Option<String>, example = "2.4000")]
    pub percent: Option<Numeral>,
    /// In base units; `null` for a variance of price or amount.
    #[schema(required = true, value_type = Option<String>, example = "40")]
    pub quantity: Option<Numeral>,
    /// What `amount` counts, where that is not money.
    #[serde(default, skip_serializing_if = "AmountUnit::is_money")]
    pub unit: AmountUnit,
}

/// The limit that a variance was held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limit {
    /// In money, in the policy's currency; `null` where no amount is set. See `unit`.
    #[schema(required = true, value_type = Option<String>, example = "50.00")]
    pub amount: Option<Numeral>,
    /// In percent; `null` where no percentage is set.
    #[schema(required = true, value_type = Option<String>, example = "3")]
    pub percent: Option<Numeral>,
    /// Whether both must hold or either.
    pub combine: Combine,
    /// What `amount` counts, where that is not money.
    #[serde(default, skip_serializing_if = "AmountUnit::is_money")]
    pub unit: AmountUnit,
    /// The row of the policy, where it is not the one for everybody: its key and what it binds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "PRICE_UNIT[item=GLV-M]")]
    pub row: Option<Box<str>>,
}

/// What an absolute variance or limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AmountUnit {
    /// Money: a variance in the invoice's currency, a limit in the policy's.
    #[default]
    Money,
    /// Whole days.
    Days,
    /// Money times days.
    ValueDays,
}

impl AmountUnit {
    /// Whether it is money.
    #[must_use]
    pub const fn is_money(&self) -> bool {
        matches!(self, Self::Money)
    }
}

/// How an amount and a percentage limit work together (`domain.md` A8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Inside only if inside every limit that is set.
    Strictest,
    /// Inside if inside any limit that is set.
    Lenient,
}
