//! Numbers as EDI and XML write them.

use canonical::{Currency, Decimal, Exact, Money};

/// A decimal as in X12 type R and `xs:decimal`: `.5`, `5.` and `+5` are allowed, exponents are not.
pub(super) fn decimal(text: &str) -> Result<Decimal, &'static str> {
    let text = text.trim();
    if let Some(plain) = plain(text) {
        return Ok(plain);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || whole.len() + fraction.len() == 0 {
        return Err("a decimal number has digits, at most one point, and no exponent");
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    // zeros that say nothing are no reason to refuse a number with six places
    let fraction = match fraction.trim_end_matches('0') {
        short if fraction.len() > 6 => short,
        _ => fraction,
    };
    match fraction {
        "" => format!("{sign}{whole}").parse(),
        _ => format!("{sign}{whole}.{fraction}").parse(),
    }
}

/// A number of few digits, as nearly all are.
fn plain(text: &str) -> Option<Decimal> {
    let (is_negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut value, mut places, mut has_point, mut count) = (0i64, 0u32, false, 0u32);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                // ok: sixteen digits fit
                value = value * 10 + i64::from(byte - b'0');
                places += u32::from(has_point);
                count += 1;
            }
            b'.' if !has_point => has_point = true,
            _ => return None,
        }
    }
    if count == 0 || places > 6 {
        return None;
    }
    Decimal::new(i128::from(if is_negative { -value } else { value }), places)
}

/// A decimal with another mark than the point.
pub(super) fn decimal_marked(text: &str, mark: char) -> Result<Decimal, &'static str> {
    match mark {
        '.' => decimal(text),
        _ if text.contains('.') => Err("this partner writes decimals with a comma"),
        _ => decimal(&text.replace(mark, ".")),
    }
}

/// An amount of X12 type N2: whole cents without a point.
pub(super) fn implied_cents(text: &str) -> Result<Decimal, &'static str> {
    const WRONG: &str = "an amount here has two implied decimal places and no point: \"16000\" is \
                         160.00, with at most 15 digits before them";
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Err(WRONG);
    }
    let cents = digits.trim_start_matches('0');
    if cents.len() > 17 {
        return Err(WRONG);
    }
    let cents = if cents.is_empty() { 0 } else { cents.parse::<i128>().unwrap_or_default() };
    Decimal::new(if text.starts_with('-') { -cents } else { cents }, 2).ok_or(WRONG)
}

/// The amount where it has no more places than its currency.
pub(super) fn amount(value: Decimal, currency: Currency) -> Result<Decimal, String> {
    Money::written(&value, currency).map(|_money| value)
}

/// An exact sum of amounts as a decimal; `None` beyond 15 digits.
pub(super) fn total(value: &Exact, currency: Currency) -> Option<Decimal> {
    let money = Money::round(value, currency);
    Decimal::new(money.minor(), currency.exponent())
}

/// Quantity × price ÷ price base, rounded to the currency (R1); `None` beyond 15 digits.
pub(super) fn extended(
    quantity: Decimal,
    price: Decimal,
    price_base: Decimal,
    currency: Currency,
) -> Option<Decimal> {
    if price_base.is_zero() {
        return None;
    }
    if let Some(minor) = extended_small(quantity, price, price_base, currency.exponent()) {
        return Decimal::new(minor, currency.exponent());
    }
    total(&(quantity.exact() * price.exact() / price_base.exact()), currency)
}

/// The same in machine integers; `None` where that overflows.
fn extended_small(
    quantity: Decimal,
    price: Decimal,
    price_base: Decimal,
    exponent: u32,
) -> Option<i128> {
    if let Some(minor) = extended_plain(quantity, price, price_base, exponent) {
        return Some(minor);
    }
    let ((quantity, places), (price, price_places)) = (quantity.parts(), price.parts());
    let (base, base_places) = price_base.parts();
    let upper = quantity
        .checked_mul(price)?
        .checked_mul(10i128.checked_pow(base_places + exponent)?)?
        .checked_mul(2)?;
    let lower = base.checked_mul(10i128.checked_pow(places + price_places)?)?;
    // halves go away from zero
    let magnitude = upper.unsigned_abs().checked_add(lower.unsigned_abs())?
        / lower.unsigned_abs().checked_mul(2)?;
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(if (upper < 0) == (lower < 0) { magnitude } else { -magnitude })
}

/// The same in 64 bits, of a price for one: nearly every line. `None` where it is not that.
fn extended_plain(
    quantity: Decimal,
    price: Decimal,
    price_base: Decimal,
    exponent: u32,
) -> Option<i128> {
    let ((quantity, places), (price, price_places)) = (quantity.parts(), price.parts());
    if price_base.parts() != (1, 0) {
        return None;
    }
    let product = i64::try_from(quantity).ok()?.checked_mul(i64::try_from(price).ok()?)?;
    let places = places + price_places;
    if places <= exponent {
        return product.checked_mul(10i64.checked_pow(exponent - places)?).map(i128::from);
    }
    let unit = 10u64.checked_pow(places - exponent)?;
    // halves go away from zero
    let magnitude = i64::try_from(product.unsigned_abs().checked_add(unit / 2)? / unit).ok()?;
    Some(i128::from(if product < 0 { -magnitude } else { magnitude }))
}

/// An exact sum of decimals, in millionths: a decimal has at most six places and fifteen digits, so
/// that no document's sum comes near the end of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum(i128);

impl Sum {
    const PLACES: u32 = 6;

    pub(super) fn add(&mut self, value: Decimal) {
        self.0 = self.0.saturating_add(millionths(value));
    }

    pub(super) fn subtract(&mut self, value: Decimal) {
        self.0 = self.0.saturating_sub(millionths(value));
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    pub(super) fn is(&self, value: Decimal) -> bool {
        self.0 == millionths(value)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// Rounded to the currency, halves away from zero; `None` beyond 15 digits.
    pub(super) fn total(&self, currency: Currency) -> Option<Decimal> {
        let exponent = currency.exponent();
        if self.is_zero() {
            return Decimal::new(0, exponent);
        }
        let unit = 10u128.checked_pow(Self::PLACES.checked_sub(exponent)?)?;
        let magnitude = i128::try_from((self.0.unsigned_abs() + unit / 2) / unit).ok()?;
        Decimal::new(if self.0 < 0 { -magnitude } else { magnitude }, exponent)
    }

    pub(super) fn exact(&self) -> Exact {
        Exact::new(self.0.into(), 1_000_000.into())
    }
}

impl FromIterator<Decimal> for Sum {
    fn from_iter<I: IntoIterator<Item = Decimal>>(values: I) -> Self {
        let mut sum = Self::default();
        values.into_iter().for_each(|it| sum.add(it));
        sum
    }
}

fn millionths(value: Decimal) -> i128 {
    let (mantissa, places) = value.parts();
    match Sum::PLACES.checked_sub(places) {
        Some(missing) => mantissa.saturating_mul(10i128.pow(missing)),
        // ok: more places than six are zeros
        None => mantissa / 10i128.pow((places - Sum::PLACES).min(38)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: Option<&str>) {
        assert_eq!(decimal(text).ok().map(|it| it.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn decimals_are_read_as_edi_and_xml_write_them() {
        reads("12.50", Some("12.50"));
        reads(".5", Some("0.5"));
        reads("5.", Some("5"));
        reads("-.5", Some("-0.5"));
        reads("+007", Some("7"));
        reads("1.5000000000000000000000000000000000", Some("1.5"));
        reads("000000000000000000000000000000001", Some("1"));
        reads("999999999999999", Some("999999999999999"));
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "+-5",
            "--5",
            "1e400",
            "1E5",
            "NaN",
            "INF",
            "1,5",
            "0x1F",
            "1 000",
            "5..",
            "1.2.3",
            "9999999999999999",
            "0.0000001",
            "½",
            "١",
        ] {
            reads(text, None);
        }
    }

    #[track_caller]
    fn cents(text: &str, expected: Option<&str>) {
        assert_eq!(
            implied_cents(text).ok().map(|it| it.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn implied_places_have_no_point() {
        cents("16000", Some("160.00"));
        cents("-5", Some("-0.05"));
        cents("0", Some("0.00"));
        cents("160.00", None);
        cents("", None);
        cents("-", None);
        cents("99999999999999999", Some("999999999999999.99"));
        cents("100000000000000000", None);
    }
}
