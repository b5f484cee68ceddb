//! The tolerance policy: what a person wrote down as tolerable, validated whole before it decides
//! anything (`domain.md` A8).

use super::key::Key;
use super::number::Number;
use canonical::{Combine, Currency, Decimal, Error, FieldError, Limit, Money, PolicyCited, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::ToSchema;

/// The policy that ships with the gateway, as its file says it.
const SHIPPED: &str = include_str!("../../../../config/policies/tolerances.toml");
const UNCHECKED: &str = "unchecked";

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
    /// One row for every key.
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
    /// In the policy's currency.
    #[schema(example = "50.00")]
    pub abs: String,
    /// In percent.
    #[schema(example = "3")]
    pub pct: String,
}

/// The invoice dates that a row is for, both inclusive. Invoices older than the first row of a key
/// are held against that first row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ToleranceEffective)]
pub struct Effective {
    /// The first invoice date.
    #[serde(default)]
    pub from: Option<Date>,
    /// The last invoice date; the last row of a key has none.
    #[serde(default)]
    pub to: Option<Date>,
}

/// Which of the order's prices counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceBasis {
    /// The price of the order's version in force.
    Current,
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

/// A tolerance policy that was found whole: every key has exactly one row for every date.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PolicyDocument")]
pub struct Policy {
    document: PolicyDocument,
    rows: BTreeMap<Key, Vec<Row>>,
    /// What a key without a row is held against; there is none in a policy that was found whole.
    strict: Row,
}

/// One row, ready to be compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) upper: Side,
    pub(super) lower: Side,
    pub(super) combine: Combine,
    pub(super) on_breach: OnBreach,
    auto_clear: bool,
    effective: Effective,
}

/// The limits of one side; `None` is unchecked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) abs: Option<Number>,
    pub(super) pct: Option<Number>,
    pub(super) shown: Limit,
}

impl Policy {
    /// Validates a document whole.
    ///
    /// # Errors
    /// Every fault of it, each with the place in the document and what would be right.
    pub fn new(document: PolicyDocument) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let rows = Reader { currency: document.currency, faults: &mut faults }.read(&document);
        if !faults.is_empty() {
            return Err(faults);
        }
        let strict = Row {
            upper: Side::zero(document.currency),
            lower: Side::zero(document.currency),
            combine: Combine::Strictest,
            on_breach: OnBreach::Exception,
            auto_clear: false,
            effective: Effective::default(),
        };
        Ok(Self { document, rows, strict })
    }

    /// Reads and validates a policy file.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        let document: PolicyDocument = toml::from_str(text).map_err(|error| {
            Error::invalid(format!("the policy is not readable: {}", error.message()))
                .because(error)
        })?;
        Self::new(document).map_err(Error::invalid_fields)
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

    /// How a decision cites it: `T0@1`.
    #[must_use]
    pub fn cited(&self) -> PolicyCited {
        PolicyCited {
            tolerances: format!("{}@{}", self.document.id, self.document.version),
            duplicates: None,
        }
    }

    /// Whether a later fact may lift a hold of this key without a person, for an invoice of this
    /// date.
    #[must_use]
    pub fn auto_clear(&self, key: Key, invoice_date: Date) -> bool {
        self.row(key, invoice_date).auto_clear
    }

    pub(super) fn currency(&self) -> Currency {
        self.document.currency
    }

    pub(super) fn row(&self, key: Key, date: Date) -> &Row {
        let rows = self.rows.get(&key).map(Vec::as_slice).unwrap_or_default();
        rows.iter()
            .rev()
            .find(|it| it.effective.from.is_none_or(|from| from <= date))
            .or_else(|| rows.first())
            .unwrap_or(&self.strict)
    }
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
    fn zero(currency: Currency) -> Self {
        let shown = Limit {
            amount: Some(Money::zero(currency).into()),
            percent: None,
            combine: Combine::Strictest,
        };
        Self { abs: Some(Number::ZERO), pct: None, shown }
    }
}

struct Reader<'a> {
    currency: Currency,
    faults: &'a mut Vec<FieldError>,
}

impl Reader<'_> {
    fn fault(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    fn read(&mut self, document: &PolicyDocument) -> BTreeMap<Key, Vec<Row>> {
        let texts = [
            ("/id", &document.id),
            ("/approved_by", &document.approved_by),
            ("/reason", &document.reason),
        ];
        for (pointer, text) in texts {
            if text.trim().is_empty() {
                self.fault(pointer, "say it: a decision cites it for ever");
            }
        }
        let mut rows: BTreeMap<Key, Vec<(usize, Row)>> = BTreeMap::new();
        for (place, written) in document.rows.iter().enumerate() {
            let row = self.row(place, written);
            match Key::named(&written.key) {
                Some(key) => rows.entry(key).or_default().push((place, row)),
                None => {
                    let known: Vec<&str> = Key::ALL.iter().map(|it| it.as_str()).collect();
                    let detail =
                        format!("{} is no key; keys are {}", written.key, known.join(", "));
                    self.fault(format!("/rows/{place}/key"), detail);
                }
            }
        }
        for key in Key::ALL {
            match rows.get_mut(key) {
                Some(of_key) => self.periods(*key, of_key),
                None => self.fault(
                    "/rows",
                    format!("{key} has no row; write one, with \"{UNCHECKED}\" for no limit"),
                ),
            }
        }
        rows.into_iter()
            .map(|(key, rows)| (key, rows.into_iter().map(|(_place, row)| row).collect()))
            .collect()
    }

    fn row(&mut self, place: usize, written: &RowDocument) -> Row {
        Row {
            upper: self.side(&format!("/rows/{place}/upper"), &written.upper, written.combine),
            lower: self.side(&format!("/rows/{place}/lower"), &written.lower, written.combine),
            combine: written.combine,
            on_breach: written.on_breach,
            auto_clear: written.auto_clear,
            effective: written.effective,
        }
    }

    fn side(&mut self, pointer: &str, written: &SideDocument, combine: Combine) -> Side {
        let abs = self.bound(format!("{pointer}/abs"), &written.abs);
        let pct = self.bound(format!("{pointer}/pct"), &written.pct);
        let amount = abs.and_then(|it| match Money::written(&it, self.currency) {
            Ok(money) => Some(money.into()),
            Err(detail) => {
                self.fault(format!("{pointer}/abs"), detail);
                None
            }
        });
        let shown = Limit { amount, percent: pct.map(Into::into), combine };
        Side { abs: abs.map(Number::from), pct: pct.map(Number::from), shown }
    }

    fn bound(&mut self, pointer: String, text: &str) -> Option<Decimal> {
        if text == UNCHECKED {
            return None;
        }
        match text.parse::<Decimal>() {
            Ok(bound) if bound.is_negative() => {
                self.fault(pointer, "a limit is not negative; the other side has its own limits");
            }
            Ok(bound) => return Some(bound),
            Err(detail) => self.fault(pointer, format!("{detail}, or \"{UNCHECKED}\"")),
        }
        None
    }

    /// The rows of one key follow each other without a gap and without an overlap.
    fn periods(&mut self, key: Key, rows: &mut [(usize, Row)]) {
        rows.sort_by_key(|(place, row)| (row.effective.from, *place));
        let starts: Vec<Option<Date>> =
            rows.iter().skip(1).map(|(_place, row)| row.effective.from).collect();
        for (number, (place, row)) in rows.iter().enumerate() {
            let Effective { from, to } = row.effective;
            let pointer = format!("/rows/{place}/effective/to");
            if from.zip(to).is_some_and(|(from, to)| to < from) {
                self.fault(pointer, "a row does not end before it begins");
                continue;
            }
            let next = starts.get(number).copied();
            let wanted = next.flatten().and_then(|it| it.yesterday().ok());
            match next {
                None if to.is_some() => {
                    let detail = format!("{key} has no row after this date; the last has no end");
                    self.fault(pointer, detail);
                }
                Some(_) if to.is_none() || to > wanted => {
                    self.fault(format!("/rows/{place}/key"), format!("{key} has two rows"));
                }
                Some(_) if to < wanted => {
                    self.fault(pointer, format!("{key} has no row between this and the next"));
                }
                None | Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
