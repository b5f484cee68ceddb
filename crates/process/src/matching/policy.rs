//! The tolerance policy: what a person wrote down as tolerable, validated whole before it decides
//! anything (`domain.md` A8).

mod document;
mod reader;
mod scope;

pub use document::{
    Effective, ModeRuleDocument, OnBreach, PolicyDocument, PriceBasis, RowDocument,
    SamplingDocument, SideDocument,
};
pub use scope::Scope;
pub(super) use scope::{Entities, LineContext};

use super::duplicate::DuplicatePolicy;
use super::key::Key;
use super::number::Number;
use super::tax::TaxPolicy;
use crate::policy_file;
use canonical::{
    AmountUnit, Combine, Currency, Error, FieldError, Limit, LimitCounts, MatchMode, Money,
    PolicyCited, Result,
};
use jiff::civil::Date;
use reader::Reader;
use scope::Table;
use serde::Deserialize;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// The policy that ships with the gateway, as its file says it.
const SHIPPED: &str = include_str!("../../../../config/policies/tolerances.toml");
/// How old an invoice may be where the policy does not say.
const INVOICE_AGE_DAYS: u32 = 365;

/// A tolerance policy that was found whole: whatever is asked, exactly one row answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PolicyDocument")]
pub struct Policy {
    document: PolicyDocument,
    cited: PolicyCited,
    /// By the place of their key in [`Key::ALL`].
    rows: Vec<Table<Row>>,
    modes: Table<Mode>,
    sampling: Option<Sampling>,
    is_scoped: bool,
    /// What a key without a row is held against; there is none in a policy that was found whole.
    strict: Row,
    /// The rules for duplicates that go with it.
    duplicates: Arc<DuplicatePolicy>,
    /// The tax rules of what is submitted.
    taxes: Arc<TaxPolicy>,
}

/// One row, ready to be compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) upper: Side,
    pub(super) lower: Side,
    pub(super) combine: Combine,
    pub(super) on_breach: OnBreach,
    auto_clear: bool,
}

/// The limits of one side; `None` is unchecked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) abs: Option<Number>,
    pub(super) pct: Option<Number>,
    pub(super) shown: Limit,
    /// The same as most checks keep it.
    pub(super) counts: Option<LimitCounts>,
    /// The same for people, behind a sentence.
    pub(super) words: Arc<str>,
}

/// A rule for what lines are held against.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mode {
    mode: MatchMode,
    source: String,
}

/// Which perfect invoices a person looks at all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sampling {
    /// How many of a hundred; above zero.
    pub(super) percent: Number,
    /// From which amount on, in the policy's currency.
    pub(super) minimum: Money,
    pub(super) seed: String,
}

impl Policy {
    /// Validates a document whole.
    ///
    /// # Errors
    /// Every fault of it, each with the place in the document and what would be right.
    pub fn new(document: PolicyDocument) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::new(&document);
        reader.head();
        let (rows, modes, sampling) = (reader.rows(), reader.modes(), reader.sampling());
        let faults = reader.finish();
        if !faults.is_empty() {
            return Err(faults);
        }
        let is_scoped = rows.iter().any(Table::is_scoped);
        let strict = Row {
            upper: Side::zero(document.currency),
            lower: Side::zero(document.currency),
            combine: Combine::Strictest,
            on_breach: OnBreach::Exception,
            auto_clear: false,
        };
        let (duplicates, taxes) = shipped_rules()?;
        let cited = PolicyCited {
            tolerances: format!("{}@{}", document.id, document.version),
            duplicates: None,
            taxes: None,
        };
        Ok(Self { document, cited, rows, modes, sampling, is_scoped, strict, duplicates, taxes })
    }

    /// Reads and validates a policy file.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        policy_file::read("policy", text, Self::new)
    }

    /// The policy that ships as the default: T0.
    ///
    /// # Errors
    /// `invalid` where the file that was built in is faulty, which a test rules out.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// The policy as it was written.
    #[must_use]
    pub const fn document(&self) -> &PolicyDocument {
        &self.document
    }

    /// The same with other rules for duplicates than the ones that ship.
    #[must_use]
    pub fn with_duplicates(self, duplicates: Arc<DuplicatePolicy>) -> Self {
        Self { duplicates, ..self }
    }

    /// The rules for duplicates that go with it.
    #[must_use]
    pub const fn duplicates(&self) -> &Arc<DuplicatePolicy> {
        &self.duplicates
    }

    /// The same with other tax rules than the ones that ship. They become facts of what is
    /// submitted; a question to the engine brings its own.
    #[must_use]
    pub fn with_taxes(self, taxes: Arc<TaxPolicy>) -> Self {
        Self { taxes, ..self }
    }

    /// The tax rules of what is submitted.
    #[must_use]
    pub const fn taxes(&self) -> &Arc<TaxPolicy> {
        &self.taxes
    }

    /// How a decision cites it: `T0@1`.
    #[must_use]
    pub fn cited(&self) -> PolicyCited {
        self.cited.clone()
    }

    /// Whether a later fact may lift a hold of this key without a person, for an invoice of this
    /// date.
    #[must_use]
    pub fn auto_clear(&self, key: Key, invoice_date: Date) -> bool {
        self.row(key, &LineContext::default(), invoice_date).auto_clear
    }

    pub(super) fn currency(&self) -> Currency {
        self.document.currency
    }

    /// Whether any row is for less than everybody, so that it matters what a line is about.
    pub(super) const fn is_scoped(&self) -> bool {
        self.is_scoped
    }

    /// The row of a key that has no other, as most have: the first one answers where none fits.
    #[inline]
    pub(super) fn only(&self, key: Key) -> Option<&Row> {
        self.rows.get(key as usize)?.only()
    }

    /// The most specific row of a key for a line, or a document, on the date of the invoice.
    pub(super) fn row(&self, key: Key, context: &LineContext<'_>, date: Date) -> &Row {
        let table = self.rows.get(key as usize);
        table.and_then(|it| it.find(context, date).or_else(|| it.first())).unwrap_or(&self.strict)
    }

    /// What a line is held against where its order does not say, and which rule says so: what the
    /// rule binds (`item+supplier`), `policy` for a rule that binds nothing, `default` for none.
    pub(super) fn mode(&self, context: &LineContext<'_>, date: Date) -> (MatchMode, &str) {
        let found = self.modes.find(context, date);
        found.map_or((MatchMode::ThreeWay, "default"), |it| (it.mode, it.source.as_str()))
    }

    /// Whether what a line is about decides what it is held against.
    pub(super) const fn has_scoped_modes(&self) -> bool {
        self.modes.is_scoped()
    }

    /// Which perfect invoices a person looks at all the same; `None` for no one.
    pub(super) const fn sampling(&self) -> Option<&Sampling> {
        self.sampling.as_ref()
    }

    /// How many days an invoice date may lie back.
    pub(super) fn invoice_age_days(&self) -> u32 {
        self.document.invoice_age_days.unwrap_or(INVOICE_AGE_DAYS)
    }

    pub(super) const fn price_basis(&self) -> PriceBasis {
        self.document.price_basis
    }
}

/// The rules for duplicates and the tax rules that ship, read once.
fn shipped_rules() -> Result<(Arc<DuplicatePolicy>, Arc<TaxPolicy>), Vec<FieldError>> {
    static RULES: OnceLock<(Arc<DuplicatePolicy>, Arc<TaxPolicy>)> = OnceLock::new();
    if let Some(rules) = RULES.get() {
        return Ok(rules.clone());
    }
    let faults = |error: Error| error.fields().to_vec();
    let duplicates = DuplicatePolicy::default_shipped().map_err(faults)?;
    let taxes = TaxPolicy::default_shipped().map_err(faults)?;
    Ok(RULES.get_or_init(|| (Arc::new(duplicates), Arc::new(taxes))).clone())
}

impl TryFrom<PolicyDocument> for Policy {
    type Error = String;

    fn try_from(document: PolicyDocument) -> Result<Self, String> {
        Self::new(document).map_err(|faults| {
            let mut text = String::from("the policy is faulty");
            for FieldError { pointer, detail } in faults {
                // ok: writing to a string cannot fail
                let _written = write!(text, "; {pointer}: {detail}");
            }
            text
        })
    }
}

impl Side {
    fn new(abs: Option<Number>, pct: Option<Number>, shown: Limit, currency: Currency) -> Self {
        Self {
            abs,
            pct,
            counts: LimitCounts::new(&shown),
            words: words(&shown, currency).into(),
            shown,
        }
    }

    fn zero(currency: Currency) -> Self {
        let shown = Limit {
            amount: Some(Money::zero(currency).into()),
            percent: None,
            combine: Combine::Strictest,
            unit: AmountUnit::Money,
            row: None,
        };
        Self::new(Some(Number::ZERO), None, shown, currency)
    }
}

/// `; tolerated: 50.00 USD and 3 %`; nothing where all is tolerated.
fn words(limit: &Limit, currency: Currency) -> String {
    let amount = limit.amount.as_ref().map(|amount| match limit.unit {
        AmountUnit::Money => format!("{amount} {currency}"),
        AmountUnit::Days => format!("{amount} days"),
        AmountUnit::ValueDays => format!("{amount} {currency} times days"),
    });
    let percent = limit.percent.as_ref().map(|it| format!("{it} %"));
    let joint = if limit.combine == Combine::Strictest { " and " } else { " or " };
    let words: Vec<String> = amount.into_iter().chain(percent).collect();
    if words.is_empty() { String::new() } else { format!("; tolerated: {}", words.join(joint)) }
}

#[cfg(test)]
mod tests;
