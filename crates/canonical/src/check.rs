//! One check of a match. An answer has half a dozen for each line, so that nearly all it takes to
//! make one is the memory they lie in: the usual one is a few counts side by side.

use crate::{AmountUnit, Code, Combine, Limit, Numeral, Variance};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One check: what was compared, by how much it differs, and against which limit.
#[derive(Clone)]
pub struct Check(Kept);

#[derive(Clone)]
enum Kept {
    Short(Short),
    Whole(Box<Written>),
}

/// One check: what was compared, by how much it differs, and against which limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Check)]
struct Written {
    /// The tolerance key (`domain.md` A8.1), or the code of a check without a tolerance.
    #[schema(value_type = String)]
    key: Cow<'static, str>,
    /// How it went.
    result: CheckResult,
    /// By how much it differs; `null` where it was not evaluated.
    #[schema(required = true)]
    variance: Option<Variance>,
    /// The limit it was held against; `null` where there is none.
    #[schema(required = true)]
    limit: Option<Limit>,
    /// Why it was not evaluated: the code that stood in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    because: Option<Code>,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// No difference.
    Pass,
    /// A difference inside the limit.
    PassWithin,
    /// A difference beyond the limit.
    Breach,
    /// It could not be asked.
    NotEvaluated,
}

/// Counts, and how many places each of them has; [`NONE`] where there is no number. A percentage
/// beyond 32 bits and a limit of a row with a name are kept whole.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Short {
    key: &'static &'static str,
    amount: i64,
    quantity: i64,
    limit_amount: i64,
    percent: i32,
    limit_percent: i32,
    amount_places: u8,
    quantity_places: u8,
    percent_places: u8,
    limit_amount_places: u8,
    limit_percent_places: u8,
    /// The units of the variance and of the limit, how the limit combines, and whether there is
    /// one.
    how: u8,
    result: CheckResult,
    because: Option<Code>,
}

/// A difference in plain counts, as nearly all are: so many of the last place, and how many places
/// there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// In money, in the invoice's currency.
    pub amount: (i64, u8),
    /// In percent.
    pub percent: Option<(i32, u8)>,
    /// In base units.
    pub quantity: Option<(i64, u8)>,
}

/// A limit in plain counts, made once for all the checks that are held against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitCounts {
    amount: i64,
    percent: i32,
    amount_places: u8,
    percent_places: u8,
    how: u8,
}

/// More places than a short count has.
const NONE: u8 = u8::MAX;
const UNIT: u8 = 0b11;
const LIMIT_UNIT: u8 = 2;
const LENIENT: u8 = 1 << 4;
const LIMITED: u8 = 1 << 5;

impl Check {
    /// What was compared, and how it went: the key or code, by how much it differs, the limit, and
    /// what stood in the way where it was not evaluated.
    #[must_use]
    #[inline]
    pub fn new(
        key: &'static &'static str,
        result: CheckResult,
        variance: Option<&Variance>,
        limit: Option<&Limit>,
        because: Option<Code>,
    ) -> Self {
        let bare = Short { result, because, ..Short::bare(key) };
        match bare.with(variance, limit) {
            Some(short) => Self(Kept::Short(short)),
            None => Self::whole(bare, variance, limit),
        }
    }

    /// A check of a difference and a limit in plain counts.
    #[must_use]
    #[inline]
    pub fn counted(
        key: &'static &'static str,
        result: CheckResult,
        difference: Counts,
        limit: Option<&LimitCounts>,
    ) -> Self {
        let mut short = Short { result, ..Short::bare(key) };
        (short.amount, short.amount_places) = difference.amount;
        (short.percent, short.percent_places) = difference.percent.unwrap_or((0, NONE));
        (short.quantity, short.quantity_places) = difference.quantity.unwrap_or((0, NONE));
        if let Some(limit) = limit {
            short.held_to(limit);
        }
        Self(Kept::Short(short))
    }

    #[cold]
    fn whole(bare: Short, variance: Option<&Variance>, limit: Option<&Limit>) -> Self {
        let Short { key, result, because, .. } = bare;
        let (variance, limit) = (variance.cloned(), limit.cloned());
        let key = Cow::Borrowed(*key);
        Self(Kept::Whole(Box::new(Written { key, result, variance, limit, because })))
    }

    /// The tolerance key (`domain.md` A8.1), or the code of a check without a tolerance.
    #[must_use]
    pub fn key(&self) -> &str {
        match &self.0 {
            Kept::Short(it) => it.key,
            Kept::Whole(it) => &it.key,
        }
    }

    /// How it went.
    #[must_use]
    pub fn result(&self) -> CheckResult {
        match &self.0 {
            Kept::Short(it) => it.result,
            Kept::Whole(it) => it.result,
        }
    }

    /// By how much it differs; nothing where it was not evaluated.
    #[must_use]
    pub fn variance(&self) -> Option<Variance> {
        match &self.0 {
            Kept::Short(it) => it.variance(),
            Kept::Whole(it) => it.variance.clone(),
        }
    }

    /// The limit it was held against, where there is one.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        match &self.0 {
            Kept::Short(it) => it.limit(),
            Kept::Whole(it) => it.limit.clone(),
        }
    }

    /// Why it was not evaluated: the code that stood in the way.
    #[must_use]
    pub fn because(&self) -> Option<Code> {
        match &self.0 {
            Kept::Short(it) => it.because,
            Kept::Whole(it) => it.because,
        }
    }

    fn written(&self) -> Cow<'_, Written> {
        match &self.0 {
            Kept::Short(it) => Cow::Owned(Written {
                key: Cow::Borrowed(*it.key),
                result: it.result,
                variance: it.variance(),
                limit: it.limit(),
                because: it.because,
            }),
            Kept::Whole(it) => Cow::Borrowed(it),
        }
    }
}

impl Short {
    #[inline]
    const fn bare(key: &'static &'static str) -> Self {
        Self {
            key,
            amount: 0,
            quantity: 0,
            limit_amount: 0,
            percent: 0,
            limit_percent: 0,
            amount_places: NONE,
            quantity_places: NONE,
            percent_places: NONE,
            limit_amount_places: NONE,
            limit_percent_places: NONE,
            how: 0,
            result: CheckResult::Pass,
            because: None,
        }
    }

    /// `None` where not all of it fits.
    #[inline]
    fn with(mut self, variance: Option<&Variance>, limit: Option<&Limit>) -> Option<Self> {
        if let Some(it) = variance {
            // an amount says that there is a variance at all
            (self.amount, self.amount_places) = it.amount.as_ref()?.counted()?;
            (self.percent, self.percent_places) = percent(it.percent.as_ref())?;
            (self.quantity, self.quantity_places) = counted(it.quantity.as_ref())?;
            self.how |= it.unit as u8;
        }
        if let Some(it) = limit {
            self.held_to(&LimitCounts::new(it)?);
        }
        Some(self)
    }

    #[inline]
    const fn held_to(&mut self, limit: &LimitCounts) {
        (self.limit_amount, self.limit_amount_places) = (limit.amount, limit.amount_places);
        (self.limit_percent, self.limit_percent_places) = (limit.percent, limit.percent_places);
        self.how |= limit.how;
    }

    fn variance(&self) -> Option<Variance> {
        Some(Variance {
            amount: Some(numeral(self.amount, self.amount_places)?),
            percent: numeral(self.percent.into(), self.percent_places),
            quantity: numeral(self.quantity, self.quantity_places),
            unit: unit(self.how),
        })
    }

    fn limit(&self) -> Option<Limit> {
        (self.how & LIMITED != 0).then(|| Limit {
            amount: numeral(self.limit_amount, self.limit_amount_places),
            percent: numeral(self.limit_percent.into(), self.limit_percent_places),
            combine: if self.how & LENIENT == 0 { Combine::Strictest } else { Combine::Lenient },
            unit: unit(self.how >> LIMIT_UNIT),
            row: None,
        })
    }
}

impl LimitCounts {
    /// `None` for a limit that is not one of plain counts, or of a row with a name.
    #[must_use]
    pub fn new(limit: &Limit) -> Option<Self> {
        if limit.row.is_some() {
            return None;
        }
        let (amount, amount_places) = counted(limit.amount.as_ref())?;
        let (percent, percent_places) = percent(limit.percent.as_ref())?;
        let lenient = if limit.combine == Combine::Lenient { LENIENT } else { 0 };
        let how = LIMITED | lenient | ((limit.unit as u8) << LIMIT_UNIT);
        Some(Self { amount, percent, amount_places, percent_places, how })
    }
}

#[inline]
fn counted(it: Option<&Numeral>) -> Option<(i64, u8)> {
    it.map_or(Some((0, NONE)), Numeral::counted)
}

#[inline]
fn percent(it: Option<&Numeral>) -> Option<(i32, u8)> {
    let (count, places) = counted(it)?;
    Some((i32::try_from(count).ok()?, places))
}

fn numeral(count: i64, places: u8) -> Option<Numeral> {
    (places != NONE).then(|| Numeral::short(count, places))
}

const fn unit(how: u8) -> AmountUnit {
    const DAYS: u8 = AmountUnit::Days as u8;
    const VALUE_DAYS: u8 = AmountUnit::ValueDays as u8;
    match how & UNIT {
        DAYS => AmountUnit::Days,
        VALUE_DAYS => AmountUnit::ValueDays,
        _ => AmountUnit::Money,
    }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kept::Short(a), Kept::Short(b)) => a == b,
            _ => self.written() == other.written(),
        }
    }
}

impl Eq for Check {}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written().fmt(f)
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Check {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Kept::Whole(Box::new(Written::deserialize(deserializer)?))))
    }
}

impl PartialSchema for Check {
    fn schema() -> RefOr<Schema> {
        Written::schema()
    }
}

impl ToSchema for Check {
    fn name() -> Cow<'static, str> {
        Written::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Written::schemas(schemas);
    }
}

#[cfg(test)]
mod tests;
