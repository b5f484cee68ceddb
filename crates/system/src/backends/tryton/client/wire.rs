//! The values of Tryton's JSON, without a float on the way.

use canonical::{Currency, Decimal, Error, Exact, Money, Result};
use jiff::civil::Date;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// The most digits of a number that are read; Tryton's own columns hold fewer.
const DIGITS_MAX: usize = 30;
const PLACES_MAX: u32 = 6;

/// A JSON number as it was written. Tryton's quantities are floats in Python; their shortest text
/// is read here, digit by digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Number(String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match digits(raw.get()) {
            Some(_) => Ok(Self(raw.get().to_owned())),
            None => Err(de::Error::custom("a number of at most 30 digits is expected")),
        }
    }
}

impl Number {
    /// The exact value of what was written.
    pub(in super::super) fn exact(&self) -> Result<Exact> {
        let (mantissa, exponent) = digits(&self.0).ok_or_else(|| unreadable(&self.0))?;
        let power = Exact::from_integer(10.into()).pow(exponent);
        Ok(Exact::from_integer(mantissa.into()) * power)
    }

    /// The quantity, with at most the places of its unit: what a float adds beyond them is noise.
    pub(in super::super) fn quantity(&self, unit_places: u32) -> Result<Decimal> {
        let places = unit_places.min(PLACES_MAX);
        let rounded = canonical::round_half_away(&self.exact()?, places);
        let mantissa = i128::try_from(rounded).map_err(|it| unreadable(&self.0).because(it))?;
        shortest(mantissa, places).ok_or_else(|| unreadable(&self.0))
    }

    /// Places after the point of what was written, trailing zeros left out.
    pub(in super::super) fn places(&self) -> u32 {
        let (mut mantissa, mut exponent) = digits(&self.0).unwrap_or_default();
        while exponent < 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        exponent.min(0).unsigned_abs()
    }
}

/// `{"__class__":"Decimal","decimal":"7.90"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Numeric {
    #[serde(rename = "__class__")]
    class: String,
    decimal: String,
}

impl Numeric {
    pub(in super::super) fn new(value: impl fmt::Display) -> Self {
        Self { class: "Decimal".to_owned(), decimal: value.to_string() }
    }

    /// The price, and for how many units it is: more than one where a single unit's price has more
    /// places than our decimals hold.
    pub(in super::super) fn price(&self) -> Result<(Decimal, Decimal)> {
        let (mantissa, exponent) =
            digits(&self.decimal).ok_or_else(|| unreadable(&self.decimal))?;
        (0..=6)
            .find_map(|more| {
                let base = Decimal::new(10_i128.pow(more), 0)?;
                Some((decimal(mantissa, exponent.checked_add(i32::try_from(more).ok()?)?)?, base))
            })
            .ok_or_else(|| unreadable(&self.decimal))
    }

    pub(in super::super) fn money(&self, currency: Currency) -> Result<Money> {
        let (mantissa, exponent) =
            digits(&self.decimal).ok_or_else(|| unreadable(&self.decimal))?;
        let amount = decimal(mantissa, exponent).ok_or_else(|| unreadable(&self.decimal))?;
        Money::written(&amount, currency).map_err(Error::upstream)
    }
}

/// `{"__class__":"date","year":2026,"month":5,"day":4}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Day {
    #[serde(rename = "__class__")]
    class: String,
    year: i16,
    month: i8,
    day: i8,
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        let class = "date".to_owned();
        Self { class, year: date.year(), month: date.month(), day: date.day() }
    }
}

impl Day {
    pub(in super::super) fn date(&self) -> Result<Date> {
        Date::new(self.year, self.month, self.day)
            .map_err(|it| Error::upstream("Tryton sent a date that is none").because(it))
    }
}

/// A boolean: `true`, or `1` from a database without booleans, or `null` for no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Flag(pub(in super::super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a boolean, 0 or 1")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Flag, E> {
                Ok(Flag(value != 0))
            }
            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(false))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A number of JSON made from a decimal, digit by digit.
pub(in super::super) fn number(value: &Decimal) -> Result<Box<RawValue>> {
    RawValue::from_string(value.to_string())
        .map_err(|it| Error::internal("a decimal is no JSON number").because(it))
}

/// The decimal with as few places as it needs.
pub(in super::super) fn shortest(mantissa: i128, places: u32) -> Option<Decimal> {
    let (mut mantissa, mut places) = (mantissa, places);
    while places > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        places -= 1;
    }
    Decimal::new(mantissa, places)
}

/// `mantissa × 10^exponent` as it is written, with its trailing zeros where they fit.
fn decimal(mantissa: i128, exponent: i32) -> Option<Decimal> {
    if exponent >= 0 {
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        return Decimal::new(mantissa.checked_mul(power)?, 0);
    }
    let places = exponent.unsigned_abs();
    let written = (places <= PLACES_MAX).then(|| Decimal::new(mantissa, places)).flatten();
    written.or_else(|| shortest(mantissa, places))
}

/// The digits of a number in Python's or JSON's notation, and the power of ten they count.
fn digits(text: &str) -> Option<(i128, i32)> {
    let (number, power) = match text.split_once(['e', 'E']) {
        Some((number, power)) => (number, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    if whole.is_empty() || all.len() > DIGITS_MAX || !all.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let mantissa: i128 = all.parse().ok()?;
    let exponent = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let is_sane = exponent.unsigned_abs() <= DIGITS_MAX.try_into().ok()?;
    is_sane.then_some((if number.starts_with('-') { -mantissa } else { mantissa }, exponent))
}

fn unreadable(text: &str) -> Error {
    Error::upstream("Tryton sent a number beyond what can be kept").because(text.to_owned())
}
