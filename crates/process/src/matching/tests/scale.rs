//! What must stay linear: a large invoice against a large order, and shapes made to be slow.

use super::super::{Evaluation, Policy, check, evaluate};
use canonical::Outcome;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LINES: usize = 10_000;
/// Far above what it takes without optimisation, far below what a square of the lines would.
const PATIENCE: Duration = Duration::from_secs(20);

/// An invoice of many lines against one order of as many, each shaped by `shape`.
fn request(shape: impl Fn(usize, &mut Value, &mut Value)) -> Evaluation {
    let (mut billed, mut ordered, mut receipts, mut items) = (vec![], vec![], vec![], vec![]);
    for number in 1..=LINES {
        let item = format!("ITEM-{number}");
        let quantity = json!({ "value": "10", "uom": "BX" });
        let mut line = json!({ "line_number": number, "purchase_order_number": "PO-9",
            "purchase_order_line": number, "item_id": item, "quantity": quantity,
            "unit_price": "12.50", "net_amount": "125.00" });
        let mut of_order = json!({ "line_number": number, "item_id": item, "quantity": quantity,
            "unit_price": "12.50" });
        shape(number, &mut line, &mut of_order);
        billed.push(line);
        ordered.push(of_order);
        receipts.push(json!({ "number": format!("R-{number}"), "purchase_order_number": "PO-9",
            "purchase_order_line": number, "quantity": { "value": "1000", "uom": "EA" },
            "effective_at": "2026-05-01T10:00:00Z" }));
        items.push(json!({ "id": item, "base_uom": "EA", "indivisible": true,
            "packaging": [{ "uom": "BX", "numerator": "100", "denominator": "1" }] }));
    }
    let request = json!({
        "invoice": { "supplier_invoice_number": "INV-1", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "lines": billed,
            "gross_amount": "1250000.00" },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "lines": ordered }],
        "receipts": receipts, "items": items });
    serde_json::from_value(request).unwrap()
}

#[track_caller]
fn assert_fast(request: Evaluation, expected: Outcome) {
    let policy = Policy::default_shipped().unwrap();
    let (_none, invoice, facts) = request.into_parts();
    let begun = Instant::now();
    assert_eq!(check(&invoice, &facts), []);
    let result = evaluate(&invoice, &facts, &policy);
    let taken = begun.elapsed();
    assert_eq!(result.outcome, expected);
    assert_eq!(result.lines.len(), LINES);
    assert!(taken < PATIENCE, "{taken:?}");
}

#[test]
fn lines_that_state_their_order_line() {
    assert_fast(request(|_number, _billed, _ordered| {}), Outcome::Matched);
}

#[test]
fn lines_that_state_their_item() {
    let request = request(|_number, billed, _ordered| {
        billed["purchase_order_line"] = Value::Null;
    });
    assert_fast(request, Outcome::Matched);
}

#[test]
fn lines_that_state_nothing_at_one_price() {
    let request = request(|_number, billed, _ordered| {
        billed["purchase_order_line"] = Value::Null;
        billed["item_id"] = Value::Null;
    });
    assert_fast(request, Outcome::Exception);
}

#[test]
fn lines_that_all_bill_one_order_line() {
    let request = request(|_number, billed, _ordered| {
        billed["purchase_order_line"] = json!(1);
    });
    assert_fast(request, Outcome::Blocked);
}

#[test]
fn lines_of_one_item_on_an_order_full_of_it() {
    let request = request(|_number, billed, ordered| {
        billed["purchase_order_line"] = Value::Null;
        billed["item_id"] = json!("ITEM-1");
        ordered["item_id"] = json!("ITEM-1");
    });
    assert_fast(request, Outcome::Exception);
}
