//! The pure engine on one core: lines per second.

use canonical::{Invoice, MatchResult};
use process::matching::{Facts, Policy, evaluate};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};
use tests::binary::say;

pub(crate) fn measure(long: Duration) {
    say("match engine, one core, three-way with packaging, receipts and earlier claims");
    let policy = Policy::default_shipped().unwrap();
    for lines in [1, 10, 1_000] {
        let (invoice, facts) = case(lines);
        let result = evaluate(&invoice, &facts, &policy);
        check(&result, lines);
        let (began, mut count) = (Instant::now(), 0_u64);
        while began.elapsed() < long {
            black_box(evaluate(black_box(&invoice), black_box(&facts), &policy));
            count += 1;
        }
        let took = began.elapsed().as_secs_f64();
        let all = count as f64 * f64::from(lines);
        say(&format!(
            "  {lines:>5} lines: {:>9.0} lines/s, {:>9.1} µs per invoice",
            all / took,
            took * 1e6 / count as f64
        ));
    }
    say("");
}

/// It matched what is to match: nothing was cut short.
fn check(result: &MatchResult, lines: u32) {
    assert_eq!(result.lines.len(), usize::try_from(lines).unwrap());
    assert!(result.lines.iter().all(|it| it.checks.len() >= 3), "{:?}", result.lines.first());
    let blocked = usize::try_from(lines / 20).unwrap();
    assert_eq!(result.reasons.len(), blocked, "{:?}", result.reasons.first());
}

/// An invoice of one order: billed in boxes, ordered in cases, partly claimed before. Every tenth
/// line is 2 % dearer, every twentieth is over what was received.
fn case(lines: u32) -> (Invoice, Facts) {
    let all = || 1..=lines;
    let gross: u64 = all().map(cents).sum();
    let order_lines: Vec<Value> = all().map(order_line).collect();
    let invoice = json!({
        "supplier_invoice_number": "BENCH-1", "supplier_id": "SUP-1", "currency": "USD",
        "invoice_date": "2026-05-04", "gross_amount": money(gross),
        "lines": all().map(invoice_line).collect::<Vec<_>>(),
    });
    let facts = json!({
        "purchase_orders": [{
            "number": "PO-1", "supplier_id": "SUP-1", "currency": "USD", "status": "dispatched",
            "order_date": "2026-04-20", "lines": order_lines,
        }],
        "receipts": all().map(receipt).collect::<Vec<_>>(),
        "claims": all().filter(|it| it % 2 == 0).map(claim).collect::<Vec<_>>(),
        "items": all().map(item).collect::<Vec<_>>(),
    });
    (serde_json::from_value(invoice).unwrap(), serde_json::from_value(facts).unwrap())
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

fn invoice_line(line: u32) -> Value {
    json!({
        "line_number": line, "purchase_order_number": "PO-1", "purchase_order_line": line * 10,
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

fn receipt(line: u32) -> Value {
    json!({
        "number": format!("GR-{line}"), "purchase_order_number": "PO-1",
        "purchase_order_line": line * 10, "quantity": { "value": "10", "uom": "CS" },
        "effective_at": "2026-05-01T10:00:00Z",
    })
}

fn claim(line: u32) -> Value {
    json!({
        "invoice": "BENCH-0", "purchase_order_number": "PO-1", "purchase_order_line": line * 10,
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
