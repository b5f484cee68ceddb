//! Numbers as EDI and XML write them.

use canonical::{Currency, Decimal, Exact, Money};

/// A decimal as in X12 type R and `xs:decimal`: `.5`, `5.` and `+5` are allowed, exponents are not.
pub(super) fn decimal(text: &str) -> Result<Decimal, &'static str> {
    let text = text.trim();
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
    total(&(quantity.exact() * price.exact() / price_base.exact()), currency)
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
