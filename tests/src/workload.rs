//! Invoices of any number of lines with the facts they match, for measuring the engine.

use canonical::{Invoice, MatchResult};
use process::matching::Facts;
use serde_json::{Value, json};

/// It matched what is to match: nothing was cut short.
///
/// # Panics
/// Where it was.
pub fn check(result: &MatchResult, invoice: &Invoice) {
    assert_eq!(result.lines.len(), invoice.lines.len());
    assert!(result.lines.iter().all(|it| it.checks.len() >= 3), "{:?}", result.lines.first());
    let is_over = |it: &&canonical::InvoiceLine| it.line_number.is_multiple_of(20);
    let blocked = invoice.lines.iter().filter(is_over).count();
    assert_eq!(result.reasons.len(), blocked, "{:?}", result.reasons.first());
}

/// An invoice of one order: billed in boxes, ordered in cases, partly claimed before. Every tenth
/// line is 2 % dearer, every twentieth is over what was received. Lines are numbered on from
/// `first`.
///
/// # Panics
/// Where the documents are not what they should be.
#[must_use]
pub fn case(number: u32, first: u32, lines: u32) -> (Invoice, Facts) {
    let order = format!("PO-{number}");
    let all = || first..first + lines;
    let gross: u64 = all().map(cents).sum();
    let order_lines: Vec<Value> = all().map(order_line).collect();
    let invoice = json!({
        "supplier_invoice_number": format!("BENCH-{number}"), "supplier_id": "SUP-1",
        "currency": "USD", "invoice_date": "2026-05-04", "gross_amount": money(gross),
        "lines": all().map(|it| invoice_line(&order, it)).collect::<Vec<_>>(),
    });
    let facts = json!({
        "purchase_orders": [{
            "number": order, "supplier_id": "SUP-1", "currency": "USD", "status": "dispatched",
            "order_date": "2026-04-20", "lines": order_lines,
        }],
        "receipts": all().map(|it| receipt(&order, it)).collect::<Vec<_>>(),
        "claims": all().filter(|it| it % 2 == 0).map(|it| claim(&order, it)).collect::<Vec<_>>(),
        "items": all().map(item).collect::<Vec<_>>(),
    });
    // each from its own text, as from the wire: nothing is shared between them
    let (invoice, facts) = (invoice.to_string(), facts.to_string());
    (serde_json::from_str(&invoice).unwrap(), serde_json::from_str(&facts).unwrap())
}

fn boxes(line: u32) -> u64 {
    if line.is_multiple_of(20) { 120 } else { 40 }
}

fn price_cents(line: u32) -> u64 {
    if line % 10 == 5 { 1_224 } else { 1_200 }
}

fn cents(line: u32) -> u64 {
    boxes(line) * price_cents(line)
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn invoice_line(order: &str, line: u32) -> Value {
    json!({
        "line_number": line, "purchase_order_number": order, "purchase_order_line": line * 10,
        "item_id": format!("ITEM-{line}"),
        "quantity": { "value": boxes(line).to_string(), "uom": "BX" },
        "unit_price": money(price_cents(line)), "net_amount": money(cents(line)),
    })
}

fn order_line(line: u32) -> Value {
    json!({
        "line_number": line * 10, "item_id": format!("ITEM-{line}"),
        "quantity": { "value": "20", "uom": "CS" }, "unit_price": "120.00",
        "match_mode": "three_way", "receipt_based_invoice": true,
    })
}

fn receipt(order: &str, line: u32) -> Value {
    json!({
        "number": format!("GR-{line}"), "purchase_order_number": order,
        "purchase_order_line": line * 10, "quantity": { "value": "10", "uom": "CS" },
        "effective_at": "2026-05-01T10:00:00Z",
    })
}

fn claim(order: &str, line: u32) -> Value {
    json!({
        "invoice": "BENCH-0", "purchase_order_number": order, "purchase_order_line": line * 10,
        "quantity": { "value": "20", "uom": "BX" }, "amount": "240.00",
    })
}

fn item(line: u32) -> Value {
    json!({
        "id": format!("ITEM-{line}"), "base_uom": "EA", "indivisible": true,
        "packaging": [
            { "uom": "BX", "numerator": "10", "denominator": "1" },
            { "uom": "CS", "numerator": "100", "denominator": "1" },
        ],
    })
}
