//! Exact numbers: decimals as they are written, rationals as they are computed, and the only places
//! where a value may be rounded (`domain.md` A1.1). There is no float here.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::{RefOr, Schema};

/// The value the engine computes with: exact, never rounded for a comparison.
pub type Exact = BigRational;

const INTEGER_DIGITS_MAX: usize = 15;
const DECIMAL_PLACES_MAX: usize = 6;
/// Below this, and with no more places than six, every decimal is within the limits.
const SMALL: u128 = 1_000_000_000_000_000;
const SMALL_SCALE: u32 = 6;
const EXACT_PLACES_MAX: u32 = 64;

/// A decimal as it stands on the wire: a JSON string, at most 15 digits before the point and 6
/// after it, no exponent. Keeps the places it was written with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(rust_decimal::Decimal);

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);
    /// One.
    pub const ONE: Self = Self(rust_decimal::Decimal::ONE);

    /// From `mantissa × 10^-scale`; `None` where that is beyond the limits of the wire.
    #[must_use]
    pub fn new(mantissa: i128, scale: u32) -> Option<Self> {
        let value = rust_decimal::Decimal::try_from_i128_with_scale(mantissa, scale).ok()?;
        let magnitude = mantissa.unsigned_abs();
        if magnitude < SMALL && scale <= SMALL_SCALE {
            return Some(Self(value));
        }
        let unit = 10u128.checked_pow(scale)?;
        // as it would be written: the digits before the point, and those after it but zeros
        let written = (magnitude / unit).checked_ilog10().map_or(1, |it| it + 1) + scale;
        let integer_max = 10u128.pow(u32::try_from(INTEGER_DIGITS_MAX).unwrap_or_default());
        let places_max = u32::try_from(DECIMAL_PLACES_MAX).unwrap_or_default();
        let is_short = scale <= places_max
            || magnitude.is_multiple_of(10u128.checked_pow(scale - places_max)?);
        (magnitude / unit < integer_max && is_short && written <= 28).then_some(Self(value))
    }

    /// The exact value.
    #[must_use]
    pub fn exact(&self) -> Exact {
        Exact::new(BigInt::from(self.0.mantissa()), BigInt::from(10u8).pow(self.0.scale()))
    }

    /// Whether the value is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// Whether the value is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// The same as [`Decimal::parts`] where the digits fit in 64 bits, and sooner.
    #[must_use]
    #[inline]
    pub fn short_parts(&self) -> Option<(i64, u32)> {
        let parts = self.0.unpack();
        let digits = (u64::from(parts.mid) << 32) | u64::from(parts.lo);
        let digits = i64::try_from(digits).ok().filter(|_| parts.hi == 0)?;
        Some((if parts.negative { -digits } else { digits }, parts.scale))
    }

    /// Digits without the point, and how many of them stand after it.
    #[must_use]
    pub fn parts(&self) -> (i128, u32) {
        (self.0.mantissa(), self.0.scale())
    }
}

impl FromStr for Decimal {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str =
            "a decimal is written as in \"-12.50\": digits, at most one point, no exponent";
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(WRONG);
        }
        if whole.trim_start_matches('0').len() > INTEGER_DIGITS_MAX {
            return Err("a decimal has at most 15 digits before the point");
        }
        if fraction.trim_end_matches('0').len() > DECIMAL_PLACES_MAX {
            return Err("a decimal has at most 6 digits after the point");
        }
        if whole.len() + fraction.len() > 28 {
            return Err("a decimal is written without leading or trailing zeros beyond its value");
        }
        // ok: the form was checked above, the library cannot refuse it
        rust_decimal::Decimal::from_str_exact(text).map(Self).map_err(|_error| WRONG)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Default for Decimal {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Decimal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal in a string, as in \"12.50\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl utoipa::PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"))
            .description(Some("An exact decimal in a string; never a JSON number."))
            .examples(["12.50"])
            .into()
    }
}

impl utoipa::ToSchema for Decimal {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Decimal")
    }
}

/// Rounds to `places` after the point, halves away from zero, as a count of the last place:
/// `103.125` at 2 places is `10313` (rounding points R1 to R6 of `domain.md` A1.1).
#[must_use]
pub fn round_half_away(value: &Exact, places: u32) -> BigInt {
    let scaled = value * Exact::from_integer(BigInt::from(10u8).pow(places));
    let doubled = scaled.numer().abs() * 2u8 + scaled.denom();
    let rounded = doubled.div_floor(&(scaled.denom() * 2u8));
    if scaled.is_negative() { -rounded } else { rounded }
}

/// The value with exactly `places` after the point, rounded for the eye (R5).
#[must_use]
pub fn show(value: &Exact, places: u32) -> String {
    digits(&round_half_away(value, places), places)
}

/// The value as a decimal where it is one of at most six places, else as a fraction: `40`, `7/12`.
#[must_use]
pub fn exact_text(value: &Exact) -> String {
    let scaled = value * Exact::from_integer(BigInt::from(1_000_000u32));
    if !scaled.is_integer() {
        return format!("{}/{}", value.numer(), value.denom());
    }
    let text = digits(scaled.numer(), 6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Reads what [`exact_text`] writes, however large: a decimal or a fraction; `None` for anything
/// else.
#[must_use]
pub fn read_exact(text: &str) -> Option<Exact> {
    let Some((numerator, denominator)) = text.split_once('/') else {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let places = u32::try_from(fraction.len()).ok().filter(|it| *it <= EXACT_PLACES_MAX)?;
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        return Some(Exact::new(digits, BigInt::from(10u8).pow(places)));
    };
    let numerator: BigInt = numerator.parse().ok()?;
    let denominator: BigInt = denominator.parse().ok()?;
    (!denominator.is_zero()).then(|| Exact::new(numerator, denominator))
}

pub(crate) fn digits(count: &BigInt, places: u32) -> String {
    let places = places as usize;
    let sign = if count.is_negative() { "-" } else { "" };
    let text = format!("{:0>width$}", count.abs().to_string(), width = places + 1);
    let (whole, fraction) = text.split_at(text.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Splits `total` minor units over `weights` by largest remainder; ties go to the earlier weight
/// (R3). The shares always add up to the total; weights that add up to nothing share evenly.
#[must_use]
pub fn allocate(total: i128, weights: &[Exact]) -> Vec<i128> {
    let sum: Exact = weights.iter().sum();
    let even = vec![Exact::one(); weights.len()];
    let (weights, sum) = if sum.is_zero() {
        (even.as_slice(), Exact::from_integer(BigInt::from(weights.len())))
    } else {
        (weights, sum)
    };
    let total = Exact::from_integer(BigInt::from(total));
    let exact: Vec<Exact> = weights.iter().map(|weight| &total * weight / &sum).collect();
    let floors: Vec<BigInt> = exact.iter().map(|it| it.floor().to_integer()).collect();
    let mut left = total.to_integer() - floors.iter().sum::<BigInt>();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    order.sort_by(|a, b| remainder(&exact, *b).cmp(&remainder(&exact, *a)).then(a.cmp(b)));
    let mut shares = floors;
    for index in order {
        if left.is_zero() {
            break;
        }
        if let Some(share) = shares.get_mut(index) {
            *share += 1;
            left -= 1;
        }
    }
    shares.iter().map(|it| it.to_i128().unwrap_or_default()).collect()
}

fn remainder(exact: &[Exact], index: usize) -> Exact {
    exact.get(index).map(|it| it - it.floor()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
