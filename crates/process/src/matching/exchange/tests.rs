//! Which rate counts.

use super::*;
use serde_json::json;

fn facts() -> Facts {
    let rate = |base: &str, quote: &str, rate: &str, as_of: &str, kind: &str| {
        let (pair, held) = ((base, quote), (rate, as_of));
        json!({
            "base": pair.0, "quote": pair.1, "rate": held.0, "as_of": held.1, "type": kind
        })
    };
    serde_json::from_value(json!({ "rates": [
        rate("EUR", "USD", "1.08", "2026-05-01", "spot"),
        rate("USD", "EUR", "0.90", "2026-05-03", "spot"),
        rate("EUR", "USD", "1.10", "2026-05-04", "spot"),
        rate("USD", "EUR", "0.95", "2026-05-04", "spot"),
        rate("EUR", "USD", "1.50", "2026-05-02", "month_average"),
        rate("EUR", "GBP", "0.85", "2026-05-01", "spot"),
    ] }))
    .unwrap()
}

fn invoice(currency: &str, rate: Option<&str>) -> Invoice {
    serde_json::from_value(json!({ "supplier_invoice_number": "I", "supplier_id": "S",
        "invoice_date": "2026-05-02", "currency": currency, "lines": [], "gross_amount": "0",
        "exchange_rate": rate }))
    .unwrap()
}

#[track_caller]
fn check(currency: &str, date: &str, expected: Option<&str>) {
    let facts = facts();
    let rates = Rates::new(&invoice("EUR", None), &facts, Currency::USD);
    let rate = rates.to_functional(currency.parse().unwrap(), date.parse().unwrap());
    assert_eq!(rate.as_ref().map(Number::text).as_deref(), expected);
}

#[test]
fn the_last_rate_until_the_day_counts_in_either_direction() {
    check("EUR", "2026-04-30", None);
    check("EUR", "2026-05-02", Some("1.08"));
    check("EUR", "2026-05-03", Some("10/9"));
    check("EUR", "2026-05-04", Some("1.1"));
    check("EUR", "2027-01-01", Some("1.1"));
    check("USD", "2020-01-01", Some("1"));
    check("GBP", "2026-05-04", None);
}

#[test]
fn the_rate_at_which_an_invoice_is_booked_wins() {
    let facts = facts();
    let rate = |currency: &str, own: Option<&str>| {
        let invoice = invoice(currency, own);
        Rates::new(&invoice, &facts, Currency::USD).of_invoice().map(|it| it.text())
    };
    assert_eq!(rate("EUR", None).as_deref(), Some("1.08"));
    assert_eq!(rate("EUR", Some("1.2")).as_deref(), Some("1.2"));
    assert_eq!(rate("USD", Some("1.2")).as_deref(), Some("1"));
    assert_eq!(rate("GBP", None), None);
}
