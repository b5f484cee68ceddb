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
            if it.row.is_some() {
                return None;
            }
            (self.limit_amount, self.limit_amount_places) = counted(it.amount.as_ref())?;
            (self.limit_percent, self.limit_percent_places) = percent(it.percent.as_ref())?;
            let lenient = if it.combine == Combine::Lenient { LENIENT } else { 0 };
            self.how |= LIMITED | lenient | ((it.unit as u8) << LIMIT_UNIT);
        }
        Some(self)
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
mod tests {
    use super::*;

    fn variance(amount: &str, percent: Option<&str>, quantity: Option<&str>) -> Variance {
        Variance {
            amount: Some(amount.into()),
            percent: percent.map(Numeral::from),
            quantity: quantity.map(Numeral::from),
            unit: AmountUnit::Money,
        }
    }

    fn limit(amount: Option<&str>, percent: Option<&str>) -> Limit {
        Limit {
            amount: amount.map(Numeral::from),
            percent: percent.map(Numeral::from),
            combine: Combine::Strictest,
            unit: AmountUnit::Money,
            row: None,
        }
    }

    /// What goes in comes out, is what was written, and is read again as the same.
    #[track_caller]
    fn check(variance: Option<&Variance>, limit: Option<&Limit>, is_short: bool) {
        for because in [None, Some(Code::Cur02)] {
            let result = CheckResult::Breach;
            let it = Check::new(&"PRICE_UNIT", result, variance, limit, because);
            assert_eq!(matches!(it.0, Kept::Short(_)), is_short, "{it:?}");
            assert_eq!((it.key(), it.result(), it.because()), ("PRICE_UNIT", result, because));
            assert_eq!((it.variance().as_ref(), it.limit().as_ref()), (variance, limit));
            let (variance, limit) = (variance.cloned(), limit.cloned());
            let whole = Written { key: "PRICE_UNIT".into(), result, variance, limit, because };
            let text = serde_json::to_string(&it).unwrap();
            assert_eq!(text, serde_json::to_string(&whole).unwrap());
            assert_eq!(serde_json::from_str::<Check>(&text).unwrap(), it);
            assert_ne!(Check::new(&"PRICE_UNIT", CheckResult::Pass, None, None, None), it);
        }
    }

    #[test]
    fn a_check_is_what_was_said_of_it_however_it_is_kept() {
        let plain = variance("30.00", Some("-2.4000"), Some("7"));
        check(None, None, true);
        check(Some(&plain), None, true);
        check(None, Some(&limit(None, None)), true);
        check(Some(&plain), Some(&limit(Some("50.00"), Some("3"))), true);
        check(Some(&variance("1", None, None)), Some(&limit(None, Some("2.5"))), true);
        for unit in [AmountUnit::Days, AmountUnit::ValueDays] {
            let combine = Combine::Lenient;
            let limit = Limit { unit, combine, ..limit(Some("3"), None) };
            check(Some(&Variance { unit, ..plain.clone() }), Some(&limit), true);
        }
        check(Some(&variance("1", Some("214748.3648"), None)), None, false);
        check(Some(&variance("1.00", None, Some("7/12"))), None, false);
        check(Some(&Variance { amount: None, ..plain.clone() }), None, false);
        check(Some(&variance("123456789012345678901.00", None, None)), None, false);
        let row = Some("PRICE_UNIT[item=GLV-M]".into());
        check(Some(&plain), Some(&Limit { row, ..limit(Some("50.00"), None) }), false);
    }

    #[test]
    fn the_usual_check_is_six_words() {
        assert_eq!(size_of::<Check>(), 48);
    }
}
