//! Money: a count of minor units and a currency; created only at a named rounding point.

use crate::Numeral;
use crate::number::{Decimal, Exact, round_half_away};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// An ISO 4217 currency, and how many decimal places its minor unit has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency, u8);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD, 2);

    fn of(currency: iso_currency::Currency) -> Self {
        let exponent = currency.exponent().and_then(|it| u8::try_from(it).ok());
        Self(currency, exponent.unwrap_or(2))
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the minor unit: USD 2, JPY 0, KWD 3.
    #[must_use]
    #[inline]
    pub fn exponent(&self) -> u32 {
        self.1.into()
    }
}

impl FromStr for Currency {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(text)
            .map(Self::of)
            .ok_or("a currency is a three-letter ISO 4217 code, as in \"USD\"")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .description(Some("An ISO 4217 currency code."))
            .examples(["USD"])
            .into()
    }
}

impl ToSchema for Currency {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Currency")
    }
}

/// An amount of money, exact to the minor unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ToSchema)]
#[schema(as = Money)]
pub struct Money {
    /// The amount, with as many decimal places as the currency has.
    #[schema(value_type = Decimal)]
    amount: Minor,
    /// The currency of the amount.
    currency: Currency,
}

/// The upper and the lower half of a count: a whole one is laid out at 16 bytes, and so would be
/// everything that has an amount in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Minor(i64, u64);

impl Minor {
    #[inline]
    const fn new(count: i128) -> Self {
        // both halves are cut out, nothing is lost
        Self((count >> 64) as i64, count as u64)
    }

    #[inline]
    const fn count(self) -> i128 {
        ((self.0 as i128) << 64) | (self.1 as i128)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    amount: Cow<'a, str>,
    currency: Currency,
}

impl Money {
    /// So many minor units.
    #[must_use]
    #[inline]
    pub const fn from_minor(minor: i128, currency: Currency) -> Self {
        Self { amount: Minor::new(minor), currency }
    }

    /// Nothing, in this currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// Rounds to the minor unit, halves away from zero: only at the rounding points of `domain.md`
    /// A1.1.
    #[must_use]
    pub fn round(value: &Exact, currency: Currency) -> Self {
        // ok: inputs have at most 15 digits, so a product of several still fits 38
        let minor = round_half_away(value, currency.exponent()).to_i128().unwrap_or(i128::MAX);
        Self::from_minor(minor, currency)
    }

    /// An amount as written; refused where it has more places than the currency.
    ///
    /// # Errors
    /// A sentence for the person who wrote it.
    pub fn written(amount: &Decimal, currency: Currency) -> Result<Self, String> {
        let scaled =
            amount.exact() * Exact::from_integer(BigInt::from(10u8).pow(currency.exponent()));
        let minor = scaled.is_integer().then(|| scaled.to_integer().to_i128()).flatten();
        minor.map(|minor| Self::from_minor(minor, currency)).ok_or_else(|| {
            format!("{amount} has more decimal places than {currency} ({})", currency.exponent())
        })
    }

    /// The count of minor units.
    #[must_use]
    #[inline]
    pub const fn minor(&self) -> i128 {
        self.amount.count()
    }

    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The exact value in major units.
    #[must_use]
    pub fn exact(&self) -> Exact {
        Exact::new(BigInt::from(self.minor()), BigInt::from(10u8).pow(self.currency.exponent()))
    }

    /// The amount as text, with the places of the currency: `1250.00`.
    #[must_use]
    pub fn amount_text(&self) -> String {
        Numeral::from(*self).to_string()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Numeral::from(*self), f)?;
        f.write_str(" ")?;
        f.write_str(self.currency.code())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.amount_text().into(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let amount: Decimal = wire.amount.parse().map_err(serde::de::Error::custom)?;
        Self::written(&amount, wire.currency).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(amount: &str, currency: &str, expected: Option<i128>) {
        let amount = amount.parse().unwrap();
        let got = Money::written(&amount, currency.parse().unwrap()).ok().map(|it| it.minor());
        assert_eq!(got, expected);
    }

    #[test]
    fn the_exponent_comes_from_the_currency() {
        check("12.50", "USD", Some(1250));
        check("12.500", "USD", Some(1250));
        check("12.505", "USD", None);
        check("302", "JPY", Some(302));
        check("8.642", "KWD", Some(8642));
    }

    #[test]
    fn every_count_is_kept() {
        for count in [0, 1, -1, i128::MAX, i128::MIN, i128::from(u64::MAX), -i128::from(u64::MAX)] {
            assert_eq!(Money::from_minor(count, Currency::USD).minor(), count);
        }
        assert_eq!(size_of::<Money>(), 24);
    }

    #[test]
    fn money_keeps_its_shape_on_the_wire() {
        let text = r#"{"amount":"-0.05","currency":"USD"}"#;
        let money: Money = serde_json::from_str(text).unwrap();
        assert_eq!(money.minor(), -5);
        assert_eq!(serde_json::to_string(&money).unwrap(), text);
    }
}
