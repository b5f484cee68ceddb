//! A line's price in the places that Tryton keeps.

use super::super::super::client::wire::shortest;
use canonical::{Currency, Decimal, Error, Exact, Money, NewPayableLine, Result, round_half_away};

/// The places of a price in Tryton as it comes; more are refused.
const PRICE_PLACES: u32 = 4;

/// A line's price as Tryton can hold it, and what is then missing to the amount billed.
pub(super) struct Price {
    pub(super) unit: Decimal,
    pub(super) rest: Money,
}

impl Price {
    pub(super) fn of(line: &NewPayableLine, currency: Currency) -> Result<Self> {
        if line.price_base.is_zero() {
            return Err(Error::invalid_field("/lines/price_base", "a price is for some units"));
        }
        let exact = line.unit_price.exact() / line.price_base.exact();
        let rounded = i128::try_from(round_half_away(&exact, PRICE_PLACES)).ok();
        let unit = rounded
            .and_then(|it| shortest(it, PRICE_PLACES))
            .ok_or_else(|| Error::invalid_field("/lines/unit_price", "more than a price can be"))?;
        let net = Money::written(&line.net_amount, currency)
            .map_err(|why| Error::invalid_field("/lines/net_amount", why))?;
        let made = half_even(&(unit.exact() * line.quantity.value.exact()), currency)?;
        Ok(Self { unit, rest: Money::from_minor(net.minor() - made, currency) })
    }
}

/// Minor units as Tryton rounds a line: halves to the even neighbour.
fn half_even(amount: &Exact, currency: Currency) -> Result<i128> {
    let scale = Exact::from_integer(10.into()).pow(i32::try_from(currency.exponent()).unwrap_or(2));
    let scaled = amount * scale;
    let away = round_half_away(amount, currency.exponent());
    let away = i128::try_from(away).map_err(|it| {
        Error::invalid_field("/lines/quantity", "more than an amount can be").because(it)
    })?;
    let is_half = (&scaled * Exact::from_integer(2.into())).is_integer() && !scaled.is_integer();
    let is_odd = away % 2 != 0;
    Ok(if is_half && is_odd { away - away.signum() } else { away })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(quantity: &str, price: (&str, &str), net: &str, expected: (&str, &str)) {
        let line = serde_json::json!({
            "quantity": { "value": quantity, "uom": "EA" },
            "unit_price": price.0, "price_base": price.1, "net_amount": net,
        });
        let line: NewPayableLine = serde_json::from_value(line).unwrap();
        let price = Price::of(&line, Currency::USD).unwrap();
        assert_eq!((price.unit.to_string().as_str(), price.rest.amount_text().as_str()), expected);
    }

    #[test]
    fn a_price_of_four_places_is_exact() {
        check("100", ("12.50", "1"), "1250.00", ("12.5", "0.00"));
        check("3", ("1234.5", "100"), "37.04", ("12.345", "0.00"));
        check("0.5", ("7.90", "1"), "3.95", ("7.9", "0.00"));
    }

    #[test]
    fn what_rounding_takes_is_the_rest() {
        check("1000", ("1.234567", "1"), "1234.57", ("1.2346", "-0.03"));
        check("1", ("-20.00", "1"), "-20.00", ("-20", "0.00"));
    }

    #[test]
    fn halves_go_to_the_even_cent_as_in_tryton() {
        check("1", ("0.125", "1"), "0.13", ("0.125", "0.01"));
        check("1", ("0.135", "1"), "0.14", ("0.135", "0.00"));
        check("1", ("-0.125", "1"), "-0.13", ("-0.125", "-0.01"));
    }
}
