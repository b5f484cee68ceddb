//! What must hold of money whatever the figures are: currencies add up (A20.12), limits are exact,
//! and facts that contradict each other are refused with a place.

use super::super::{Evaluation, Policy};
use canonical::{ExchangeSplit, MatchResult};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static SHIPPED: LazyLock<Policy> = LazyLock::new(|| Policy::default_shipped().unwrap());

fn answer(request: Value) -> MatchResult {
    let request: Evaluation = serde_json::from_value(request).unwrap();
    request.answer(&SHIPPED).unwrap()
}

/// `lines` are of quantity, the order's price and the net amount, both in cents.
fn request(lines: &[(i64, i64, i64)], invoice_rate: &str, receipt_rates: &[&str]) -> Value {
    let cents = |it: i64| format!("{}.{:02}", it / 100, it % 100);
    let each = |number: usize| u32::try_from(number + 1).unwrap();
    let billed: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(number, (count, _price, net))| {
            json!({ "line_number": each(number), "purchase_order_number": "PO-9",
                "purchase_order_line": each(number),
                "quantity": { "value": count.to_string(), "uom": "EA" },
                "unit_price": cents(*net), "price_base": count.to_string(),
                "net_amount": cents(*net) })
        })
        .collect();
    let ordered: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(number, (count, price, _net))| {
            json!({ "line_number": each(number), "unit_price": cents(*price),
                "quantity": { "value": count.to_string(), "uom": "EA" } })
        })
        .collect();
    let receipts: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(number, (count, _price, _net))| {
            json!({ "number": format!("R-{number}"), "purchase_order_number": "PO-9",
                "purchase_order_line": each(number), "effective_at": "2026-05-01T10:00:00Z",
                "quantity": { "value": count.to_string(), "uom": "EA" },
                "exchange_rate": receipt_rates[number % receipt_rates.len()] })
        })
        .collect();
    let gross: i64 = lines.iter().map(|it| it.2).sum();
    json!({
        "invoice": { "supplier_invoice_number": "1", "supplier_id": "S", "currency": "EUR",
            "invoice_date": "2026-05-04", "exchange_rate": invoice_rate, "lines": billed,
            "gross_amount": cents(gross) },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "S", "currency": "EUR",
            "status": "dispatched", "order_date": "2026-04-20", "lines": ordered }],
        "receipts": receipts,
    })
}

#[track_caller]
fn assert_split(net: i64, expected: [&str; 4]) {
    let split = answer(request(&[(100, 1_000, net)], "1.10", &["1.08"])).exchange.unwrap();
    let ExchangeSplit { accrued, payable, price_variance, exchange_variance, .. } = split;
    assert_eq!([accrued, payable, price_variance, exchange_variance], expected);
}

#[test]
fn the_vectors_of_the_exchange_split_come_out_as_written() {
    // M47, M48
    assert_split(100_000, ["1080.00", "1100.00", "0.00", "20.00"]);
    assert_split(102_000, ["1080.00", "1122.00", "22.00", "20.00"]);
}

#[test]
fn an_invoice_in_the_functional_currency_has_no_exchange_split() {
    let mut request = request(&[(100, 1_000, 100_000)], "1", &["1"]);
    request["invoice"]["currency"] = json!("USD");
    request["purchase_orders"][0]["currency"] = json!("USD");
    assert_eq!(answer(request).exchange, None);
}

fn minor(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn price_and_exchange_variance_are_the_whole_difference(
        lines in proptest::collection::vec((1i64..500, 0i64..5_000, 0i64..2_000_000), 1..4),
        fair in any::<bool>(),
        rates in (1i64..3_000_000, 1i64..3_000_000, 1i64..3_000_000),
    ) {
        let rate = |it: i64| format!("{}.{:06}", it / 1_000_000, it % 1_000_000);
        let lines: Vec<_> = lines
            .into_iter()
            .map(|it| if fair { (it.0, it.1, it.0 * it.1) } else { it })
            .collect();
        let (one, other) = (rate(rates.1), rate(rates.2));
        let result = answer(request(&lines, &rate(rates.0), &[&one, &other]));
        let split = result.exchange.unwrap();
        let difference = minor(&split.payable) - minor(&split.accrued);
        let parts = minor(&split.price_variance) + minor(&split.exchange_variance);
        prop_assert_eq!(parts, difference);
        if fair {
            // a rate that moved is never a price that differs
            prop_assert_eq!(minor(&split.price_variance), 0);
        }
    }
}

#[track_caller]
fn assert_refused(facts: &Value, pointer: &str) {
    let mut request = request(&[(100, 1_000, 100_000)], "1", &["1"]);
    for (name, value) in facts.as_object().unwrap() {
        request[name] = value.clone();
    }
    let request: Evaluation = serde_json::from_value(request).unwrap();
    let error = request.answer(&SHIPPED).unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, [pointer]);
}

#[test]
fn facts_that_contradict_each_other_are_refused_with_a_place() {
    let rule =
        |from: &str| json!({ "jurisdiction": "US-IL", "rate_percent": "8.25", "valid_from": from });
    let rules = json!({ "tax_rules": [rule("2026-01-01"), rule("2026-02-01")] });
    assert_refused(&rules, "/tax_rules/1/valid_from");
    let negative = json!({ "jurisdiction": "US-IL", "rate_percent": "-1" });
    assert_refused(&json!({ "tax_rules": [negative] }), "/tax_rules/0/rate_percent");

    let price = |from: &str, to: Value| {
        json!({ "item_id": "I", "uom": "EA", "unit_price": "1",
            "valid_from": from, "valid_to": to })
    };
    let contract = |prices: Value| {
        json!({ "contracts": [{ "number": "C", "supplier_id": "S", "currency": "EUR",
            "valid_from": "2026-01-01", "prices": prices }] })
    };
    let overlapping =
        json!([price("2026-01-01", json!("2026-03-31")), price("2026-03-31", json!(null))]);
    assert_refused(&contract(overlapping), "/contracts/0/prices/1/valid_from");
    let backwards = json!([price("2026-04-01", json!("2026-03-31"))]);
    assert_refused(&contract(backwards), "/contracts/0/prices/0/valid_to");

    let rate = json!({ "base": "EUR", "quote": "USD", "rate": "0", "as_of": "2026-01-01" });
    assert_refused(&json!({ "rates": [rate] }), "/rates/0/rate");
    let recall = json!({ "number": "Z", "item_id": "I", "opened_on": "2026-02-01",
        "closed_on": "2026-01-01" });
    assert_refused(&json!({ "recalls": [recall] }), "/recalls/0/closed_on");
    let stock = json!({ "item_id": "I", "quantity": { "value": "1", "uom": "EA" },
        "value": "1.00", "currency": "USD" });
    assert_refused(&json!({ "balances": [stock, stock] }), "/balances/1/item_id");
}
