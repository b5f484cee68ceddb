//! What is refused, and where it says the fault is.

use super::super::Evaluation;
use super::*;
use serde_json::{Value, json};

fn request() -> Value {
    json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "gross_amount": "2.00",
            "charges": [{ "type": "freight", "amount": "0.00" }],
            "lines": [
                { "line_number": 1, "quantity": { "value": "1", "uom": "EA" },
                    "unit_price": "1.00", "net_amount": "1.00" },
                { "line_number": 2, "quantity": { "value": "1", "uom": "EA" },
                    "unit_price": "1.00", "net_amount": "1.00" }] },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20",
            "planned_charges": [{ "type": "freight", "amount": "1.00" }],
            "lines": [
                { "line_number": 1, "quantity": { "value": "1", "uom": "EA" },
                    "unit_price": "1.00" },
                { "line_number": 2, "quantity": { "value": "1", "uom": "EA" },
                    "unit_price": "1.00" }] }],
        "receipts": [{ "number": "R-1", "purchase_order_number": "PO-9",
            "purchase_order_line": 1, "quantity": { "value": "-1", "uom": "EA" },
            "effective_at": "2026-05-01T10:00:00Z" }],
        "returns": [{ "number": "RT-1", "purchase_order_number": "PO-9",
            "purchase_order_line": 1, "quantity": { "value": "1", "uom": "EA" },
            "effective_at": "2026-05-01T10:00:00Z" }],
        "credits": [{ "invoice_line": 1, "kind": "price", "amount": "0.00" }],
        "items": [{ "id": "I", "base_uom": "EA",
            "packaging": [{ "uom": "BX", "numerator": "10", "denominator": "1" }] }]
    })
}

fn faults(request: Value) -> Vec<FieldError> {
    let request: Evaluation = serde_json::from_value(request).unwrap();
    let (_policy, invoice, facts) = request.into_parts();
    check(&invoice, &facts)
}

/// Puts `value` at `pointer` and expects exactly this fault.
#[track_caller]
fn refuses(pointer: &str, value: Value, at: &str, says: &str) {
    let mut request = request();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    request.pointer_mut(parent).unwrap()[field] = value;
    let faults = faults(request);
    let pointers: Vec<&str> = faults.iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, [at], "{faults:?}");
    assert!(faults[0].detail.contains(says), "{faults:?}");
}

#[test]
fn a_plain_request_is_taken() {
    assert_eq!(faults(request()), []);
}

#[test]
fn faults_of_the_invoice_are_named() {
    let twice = "/invoice/lines/1/line_number";
    refuses(twice, json!(1), twice, "one of a kind");
    for line in ["unit_price", "net_amount"] {
        let at = format!("/invoice/lines/0/{line}");
        refuses(&at, json!("-1"), &at, "below zero");
    }
    let quantity = "/invoice/lines/0/quantity/value";
    refuses(quantity, json!("-1"), quantity, "credit");
    let base = "/invoice/lines/0/price_base";
    refuses(base, json!("0"), base, "above zero");
    for amount in ["lines/0/net_amount", "charges/0/amount", "gross_amount", "tax_amount"] {
        let at = format!("/invoice/{amount}");
        refuses(&at, json!("1.005"), &at, "decimal places");
    }
}

#[test]
fn an_invoice_has_lines() {
    let mut request = request();
    request["credits"] = json!([]);
    request["invoice"]["lines"] = json!([]);
    assert_eq!(faults(request.clone())[0].pointer, "/invoice/lines");
    request["invoice"]["kind"] = json!("freight_only");
    assert_eq!(faults(request), []);
}

#[test]
fn faults_of_the_facts_are_named() {
    let number = "/purchase_orders/0/lines/1/line_number";
    refuses(number, json!(1), number, "one of a kind");
    let base = "/purchase_orders/0/lines/0/price_base";
    refuses(base, json!("-1"), base, "above zero");
    let planned = "/purchase_orders/0/planned_charges/0/amount";
    refuses(planned, json!("0.001"), planned, "decimal places");
    let order = request()["purchase_orders"][0].clone();
    let orders = json!([order, order]);
    refuses("/purchase_orders", orders, "/purchase_orders/1/number", "version in force");
    let row = "/items/0/packaging/0/denominator";
    refuses(row, json!("0"), row, "above zero");
    let item = request()["items"][0].clone();
    refuses("/items", json!([item, item]), "/items/1/id", "twice");
    let back = "/returns/0/quantity/value";
    refuses(back, json!("-1"), back, "below zero");
}

#[test]
fn faults_of_credits_are_named() {
    let line = "/credits/0/invoice_line";
    refuses(line, json!(7), line, "no line 7");
    let amount = "/credits/0/amount";
    refuses(amount, json!("0.001"), amount, "decimal places");
    let nothing = json!([{ "invoice_line": 1, "kind": "price" }]);
    refuses("/credits", nothing, "/credits/0/amount", "how much money");
    let nothing = json!([{ "invoice_line": 1, "kind": "quantity" }]);
    refuses("/credits", nothing, "/credits/0/quantity", "how much");
}

#[test]
fn an_absurd_invoice_is_refused_in_few_words() {
    let line = request()["invoice"]["lines"][0].clone();
    let mut many = request();
    many["invoice"]["lines"] = json!(vec![line.clone(); LINES_MAX + 1]);
    let found = faults(many);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].detail.contains("10001"), "{found:?}");

    let mut broken = request();
    broken["invoice"]["lines"] = json!(vec![line; LINES_MAX]);
    assert_eq!(faults(broken).len(), FAULTS_MAX);
}
