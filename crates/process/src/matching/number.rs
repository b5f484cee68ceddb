//! Exact numbers that are fast where they are small: a fraction of two machine integers, and a big
//! one where that would overflow. Equal values are equal, whichever way they are kept.

mod arithmetic;

use canonical::{Currency, Decimal, Exact, Money, Numeral};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

/// An exact rational number. Never rounded, except by [`Number::round`].
#[derive(Clone, Debug)]
pub(super) enum Number {
    /// The lower above zero. Not in lowest terms: they are only found where a product would not
    /// fit otherwise, since finding them costs more than anything else here. The lower is short,
    /// so that a number is two machine words.
    Small(i64, u32),
    /// What does not fit even in lowest terms.
    Big(Box<Exact>),
}

impl Number {
    pub(super) const ZERO: Self = Self::Small(0, 1);
    pub(super) const ONE: Self = Self::Small(1, 1);

    pub(super) fn whole(value: i128) -> Self {
        Self::fit(value, 1)
    }

    /// `upper / lower`; `None` where the lower is zero.
    pub(super) fn ratio(upper: i128, lower: i128) -> Option<Self> {
        Self::whole(upper).per(&Self::whole(lower))
    }

    /// `upper / lower`, the lower above zero.
    #[inline]
    fn fit(upper: i128, lower: i128) -> Self {
        match (i64::try_from(upper), u32::try_from(lower)) {
            (Ok(upper), Ok(lower)) => Self::Small(upper, lower),
            _ => Self::reduced(upper, lower),
        }
    }

    #[cold]
    fn reduced(upper: i128, lower: i128) -> Self {
        let divisor = match (u64::try_from(upper.unsigned_abs()), u64::try_from(lower)) {
            (Ok(a), Ok(b)) => a.gcd(&b).into(),
            _ => upper.unsigned_abs().gcd(&lower.unsigned_abs()),
        };
        let small = i128::try_from(divisor).ok().and_then(|divisor| {
            let (upper, lower) = (upper.checked_div(divisor)?, lower.checked_div(divisor)?);
            Some(Self::Small(upper.try_into().ok()?, lower.try_into().ok()?))
        });
        small.unwrap_or_else(|| {
            Self::from_exact(Exact::new(BigInt::from(upper), BigInt::from(lower)))
        })
    }

    fn from_exact(value: Exact) -> Self {
        match (value.numer().to_i64(), value.denom().to_u32()) {
            (Some(upper), Some(lower)) => Self::Small(upper, lower),
            _ => Self::Big(Box::new(value)),
        }
    }

    /// The same for the outside.
    pub(super) fn exact(&self) -> Exact {
        match self {
            Self::Small(upper, lower) => Exact::new(BigInt::from(*upper), BigInt::from(*lower)),
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
            Self::Small(upper, lower) => {
                *lower == 1 || upper.checked_rem((*lower).into()) == Some(0)
            }
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
    #[inline]
    pub(super) fn per(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (_, Self::Small(0, _)) => None,
            (_, Self::Small(1, 1)) => Some(self.clone()),
            _ => Some(self.quotient(other)),
        }
    }

    /// The same of what is not zero.
    fn quotient(&self, other: &Self) -> Self {
        match (self, other) {
            // of one unit: amounts of one currency, or whole numbers
            (Self::Small(a, b), Self::Small(c, d)) if b == d && *c > 0 => {
                Self::fit((*a).into(), (*c).into())
            }
            (Self::Small(a, b), Self::Small(c, d)) => {
                let (upper, lower) = (product(*a, *d), product(*c, *b));
                if lower < 0 { Self::fit(-upper, -lower) } else { Self::fit(upper, lower) }
            }
            _ => Self::from_exact(self.exact() / other.exact()),
        }
    }

    /// Rounds to the minor unit, halves away from zero (R1 of `domain.md` A1.1).
    pub(super) fn round(&self, currency: Currency) -> Money {
        self.rounded(currency.exponent()).map_or_else(
            || Money::round(&self.exact(), currency),
            |it| Money::from_minor(it, currency),
        )
    }

    /// A count of the last place, halves away from zero; `None` where that overflows.
    #[inline]
    pub(super) fn rounded(&self, places: u32) -> Option<i128> {
        let Self::Small(upper, lower) = self else { return None };
        let scale = ten_to(places)?;
        if *lower == 1 {
            return Some(i128::from(*upper) * i128::from(scale));
        }
        let lower = i64::from(*lower);
        let (upper, lower) = match upper.checked_mul(scale) {
            // no part of a place is left: an amount of money, nearly always
            Some(scaled) if scaled.checked_rem(lower)? == 0 => {
                return scaled.checked_div(lower).map(i128::from);
            }
            Some(scaled) => (i128::from(scaled), i128::from(lower)),
            None => (i128::from(*upper) * i128::from(scale), i128::from(lower)),
        };
        let doubled = upper.checked_abs()?.checked_mul(2)?.checked_add(lower)?;
        Some(upper.signum() * divided(doubled, lower.checked_mul(2)?)?)
    }

    /// The value with exactly `places` after the point, rounded for the eye (R5).
    pub(super) fn show(&self, places: u32) -> String {
        self.numeral(places).to_string()
    }

    /// What [`Number::show`] writes.
    pub(super) fn numeral(&self, places: u32) -> Numeral {
        if self.is_zero() {
            return Numeral::new(0, places);
        }
        self.rounded(places).map_or_else(
            || canonical::show(&self.exact(), places).as_str().into(),
            |count| Numeral::new(count, places),
        )
    }

    /// The value as a decimal where it is one, else as a fraction.
    pub(super) fn text(&self) -> String {
        self.exact_numeral().to_string()
    }

    /// What [`Number::text`] writes.
    pub(super) fn exact_numeral(&self) -> Numeral {
        self.decimal().map_or_else(
            || canonical::exact_text(&self.exact()).as_str().into(),
            |(count, places)| Numeral::short(count, places),
        )
    }

    /// What [`Number::text`] writes of `self / other`; zero where the other is.
    pub(super) fn numeral_per(&self, other: &Self) -> Numeral {
        match (self, other) {
            (Self::Small(0, _), _) => Numeral::short(0, 0),
            (Self::Small(a, 1), Self::Small(1, 1)) => Numeral::short(*a, 0),
            // so many whole units, as they are mostly counted
            (Self::Small(a, 1), Self::Small(c, 1)) if a.checked_rem(*c) == Some(0) => {
                Numeral::short(a.checked_div(*c).unwrap_or_default(), 0)
            }
            _ => self.per(other).unwrap_or(Self::ZERO).exact_numeral(),
        }
    }

    /// The value as a decimal of as few places as it has, at most six: a count of the last of them,
    /// and how many.
    pub(super) fn decimal(&self) -> Option<(i64, u8)> {
        let Self::Small(upper, lower) = self else { return None };
        if *lower == 1 || *upper == 0 {
            return Some((*upper, 0));
        }
        let (mut count, mut places, lower) = (*upper, 0, i64::from(*lower));
        while count.checked_rem(lower)? != 0 {
            count = count.checked_mul(10)?;
            places += 1;
            if places > DECIMAL_PLACES_MAX {
                return None;
            }
        }
        Some((count.checked_div(lower)?, places))
    }
}

/// A decimal of more places is written as a fraction.
const DECIMAL_PLACES_MAX: u8 = 6;

pub(super) const TENS: [u32; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Ten to this power.
#[inline]
fn ten_to(places: u32) -> Option<i64> {
    match TENS.get(places as usize) {
        Some(ten) => Some(i64::from(*ten)),
        None => 10i64.checked_pow(places),
    }
}

#[inline]
fn product(a: i64, b: u32) -> i128 {
    // 64 bits and 32 fit in 128
    i128::from(a) * i128::from(b)
}

/// Divides the short way where it can: the long one takes ten times as long.
fn divided(a: i128, b: i128) -> Option<i128> {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => a.checked_div(b).map(i128::from),
        _ => a.checked_div(b),
    }
}

impl From<Exact> for Number {
    fn from(value: Exact) -> Self {
        Self::from_exact(value)
    }
}

impl From<Decimal> for Number {
    #[inline]
    fn from(decimal: Decimal) -> Self {
        match decimal.short_parts() {
            Some((digits, 0)) => Self::Small(digits, 1),
            Some((digits, places)) => Self::shortened(digits, places),
            None => Self::from_exact(decimal.exact()),
        }
    }
}

impl Number {
    /// `12.50` is 25/2 for everybody else; here it is 1250/100, and `500.00` is whole.
    fn shortened(mut digits: i64, mut places: u32) -> Self {
        // of cents, and only there: further down the lower would grow too large to multiply with
        match places {
            1 if digits % 10 == 0 => return Self::Small(digits / 10, 1),
            1 => return Self::Small(digits, 10),
            2 if digits % 100 == 0 => return Self::Small(digits / 100, 1),
            2 => return Self::Small(digits, 100),
            _ => {}
        }
        while places > 0 && digits % 10 == 0 {
            digits /= 10;
            places -= 1;
        }
        match TENS.get(places as usize) {
            Some(lower) => Self::Small(digits, *lower),
            None => Self::fit(digits.into(), 10i128.saturating_pow(places)),
        }
    }
}

impl From<Money> for Number {
    #[inline]
    fn from(money: Money) -> Self {
        let lower = TENS.get(money.currency().exponent() as usize);
        match (i64::try_from(money.minor()), lower) {
            (Ok(minor), Some(lower)) => Self::Small(minor, *lower),
            _ => Self::from_exact(money.exact()),
        }
    }
}

#[cfg(test)]
mod tests;
