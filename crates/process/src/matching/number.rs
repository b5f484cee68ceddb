//! Exact numbers that are fast where they are small: a fraction of two machine integers, and a big
//! one where that would overflow. Equal values are equal, whichever way they are kept.

use canonical::{Currency, Decimal, Exact, Money, Numeral};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};
use std::cmp::Ordering;
use std::ops::{Add, Mul, Sub};

/// An exact rational number. Never rounded, except by [`Number::round`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Number {
    /// Lowest terms, the lower above zero.
    Small(i128, i128),
    /// What does not fit.
    Big(Box<Exact>),
}

impl Number {
    pub(super) const ZERO: Self = Self::Small(0, 1);
    pub(super) const ONE: Self = Self::Small(1, 1);

    pub(super) const fn whole(value: i128) -> Self {
        Self::Small(value, 1)
    }

    /// `upper / lower`; `None` where the lower is zero.
    pub(super) fn ratio(upper: i128, lower: i128) -> Option<Self> {
        Self::whole(upper).per(&Self::whole(lower))
    }

    fn reduced(upper: i128, lower: i128) -> Option<Self> {
        if lower == 1 {
            return Some(Self::Small(upper, 1));
        }
        let divisor = divisor(upper.unsigned_abs(), lower.unsigned_abs())?;
        let (upper, lower) = (upper.checked_div(divisor)?, lower.checked_div(divisor)?);
        if lower < 0 {
            Some(Self::Small(upper.checked_neg()?, lower.checked_neg()?))
        } else {
            Some(Self::Small(upper, lower))
        }
    }

    fn from_exact(value: Exact) -> Self {
        match (value.numer().to_i128(), value.denom().to_i128()) {
            (Some(upper), Some(lower)) => Self::Small(upper, lower),
            _ => Self::Big(Box::new(value)),
        }
    }

    /// The same for the outside.
    pub(super) fn exact(&self) -> Exact {
        match self {
            Self::Small(upper, lower) => Exact::new_raw(BigInt::from(*upper), BigInt::from(*lower)),
            Self::Big(value) => (**value).clone(),
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Self::Small(0, _))
    }

    pub(super) fn is_negative(&self) -> bool {
        match self {
            Self::Small(upper, _) => *upper < 0,
            Self::Big(value) => value.is_negative(),
        }
    }

    pub(super) fn is_positive(&self) -> bool {
        !self.is_zero() && !self.is_negative()
    }

    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Small(_, lower) => *lower == 1,
            Self::Big(value) => value.is_integer(),
        }
    }

    pub(super) fn abs(&self) -> Self {
        if self.is_negative() { &Self::ZERO - self } else { self.clone() }
    }

    /// The value, or nothing where it is below zero.
    pub(super) fn at_least_zero(self) -> Self {
        if self.is_negative() { Self::ZERO } else { self }
    }

    /// `self / other`; `None` where the other is zero.
    pub(super) fn per(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            if *c == 1 && *d == 1 {
                return Some(self.clone());
            }
            let small = a.checked_mul(*d).zip(b.checked_mul(*c));
            if let Some(it) = small.and_then(|(upper, lower)| Self::reduced(upper, lower)) {
                return Some(it);
            }
        }
        Some(Self::from_exact(self.exact() / other.exact()))
    }

    /// Rounds to the minor unit, halves away from zero (R1 of `domain.md` A1.1).
    pub(super) fn round(&self, currency: Currency) -> Money {
        self.rounded(currency.exponent()).map_or_else(
            || Money::round(&self.exact(), currency),
            |it| Money::from_minor(it, currency),
        )
    }

    /// A count of the last place, halves away from zero; `None` where that overflows.
    fn rounded(&self, places: u32) -> Option<i128> {
        let Self::Small(upper, lower) = self else { return None };
        let scaled = upper.checked_mul(10i128.checked_pow(places)?)?;
        if *lower == 1 {
            return Some(scaled);
        }
        let doubled = scaled.checked_abs()?.checked_mul(2)?.checked_add(*lower)?;
        Some(scaled.signum() * doubled.checked_div(lower.checked_mul(2)?)?)
    }

    /// The value with exactly `places` after the point, rounded for the eye (R5).
    pub(super) fn show(&self, places: u32) -> String {
        let Some(count) = self.rounded(places) else {
            return canonical::show(&self.exact(), places);
        };
        let sign = if count < 0 { "-" } else { "" };
        let unit = 10u128.pow(places);
        let count = count.unsigned_abs();
        if places == 0 {
            return format!("{sign}{count}");
        }
        format!("{sign}{}.{:0>width$}", count / unit, count % unit, width = places as usize)
    }

    /// What [`Number::show`] writes.
    pub(super) fn numeral(&self, places: u32) -> Numeral {
        self.rounded(places)
            .map_or_else(|| self.show(places).as_str().into(), |count| Numeral::new(count, places))
    }

    /// What [`Number::text`] writes.
    pub(super) fn exact_numeral(&self) -> Numeral {
        match self {
            Self::Small(upper, 1) => Numeral::new(*upper, 0),
            Self::Small(..) | Self::Big(_) => self.text().as_str().into(),
        }
    }

    /// The value as a decimal where it is one, else as a fraction.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Small(upper, 1) => upper.to_string(),
            Self::Small(..) | Self::Big(_) => canonical::exact_text(&self.exact()),
        }
    }
}

/// The greatest common divisor; most numbers here are short.
fn divisor(a: u128, b: u128) -> Option<i128> {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a.gcd(&b))),
        _ => i128::try_from(a.gcd(&b)).ok(),
    }
}

impl From<Exact> for Number {
    fn from(value: Exact) -> Self {
        Self::from_exact(value)
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        let (mantissa, scale) = decimal.parts();
        10i128
            .checked_pow(scale)
            .and_then(|lower| Self::reduced(mantissa, lower))
            .unwrap_or_else(|| Self::from_exact(decimal.exact()))
    }
}

impl From<Money> for Number {
    fn from(money: Money) -> Self {
        10i128
            .checked_pow(money.currency().exponent())
            .and_then(|lower| Self::reduced(money.minor(), lower))
            .unwrap_or_else(|| Self::from_exact(money.exact()))
    }
}

fn sum(a: &Number, b: &Number, sign: i128) -> Option<Number> {
    let (Number::Small(a, b), Number::Small(c, d)) = (a, b) else { return None };
    let c = c.checked_mul(sign)?;
    if b == d {
        return Number::reduced(a.checked_add(c)?, *b);
    }
    let upper = a.checked_mul(*d)?.checked_add(c.checked_mul(*b)?)?;
    Number::reduced(upper, b.checked_mul(*d)?)
}

impl Add for &Number {
    type Output = Number;

    fn add(self, other: Self) -> Number {
        sum(self, other, 1).unwrap_or_else(|| Number::from_exact(self.exact() + other.exact()))
    }
}

impl Sub for &Number {
    type Output = Number;

    fn sub(self, other: Self) -> Number {
        sum(self, other, -1).unwrap_or_else(|| Number::from_exact(self.exact() - other.exact()))
    }
}

impl Mul for &Number {
    type Output = Number;

    fn mul(self, other: Self) -> Number {
        if let (Number::Small(a, b), Number::Small(c, d)) = (self, other) {
            let small = a.checked_mul(*c).zip(b.checked_mul(*d));
            if let Some(it) = small.and_then(|(upper, lower)| Number::reduced(upper, lower)) {
                return it;
            }
        }
        Number::from_exact(self.exact() * other.exact())
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            if b == d {
                return a.cmp(c);
            }
            if let Some((left, right)) = a.checked_mul(*d).zip(c.checked_mul(*b)) {
                return left.cmp(&right);
            }
        }
        self.exact().cmp(&other.exact())
    }
}

#[cfg(test)]
mod tests;
