//! Documents that are large: the largest that is taken takes as long as its lines, larger ones are
//! refused.

use super::{EVALUATIONS, send};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tests::{INVOICES, TestGateway};

/// An invoice with so many lines of one order line, each for a ten-thousandth of it.
fn invoice(lines: usize, order: &str) -> Value {
    let line = |number: usize| {
        json!({ "line_number": number, "purchase_order_number": order, "purchase_order_line": 10,
            "quantity": { "value": "0.001", "uom": "BX" }, "unit_price": "59.50",
            "net_amount": "0.06" })
    };
    json!({ "invoice": {
        "supplier_invoice_number": "LARGE-1", "supplier_id": "SUP-1001",
        "invoice_date": "2026-10-20", "currency": "USD",
        "lines": (1..=lines).map(line).collect::<Vec<_>>(),
        "gross_amount": format!("{}.{:02}", lines * 6 / 100, lines * 6 % 100),
    } })
}

#[tokio::test]
async fn a_hundred_thousand_lines_are_refused() {
    let gateway = TestGateway::start().await;
    let mut lines = String::new();
    for number in 1..=100_000 {
        let comma = if number == 1 { "" } else { "," };
        let rest = r#""quantity":{"value":"1","uom":"EA"},"unit_price":"1","net_amount":"1"}"#;
        write!(lines, "{comma}{{\"line_number\":{number},{rest}").unwrap();
    }
    let head = r#""supplier_invoice_number":"LARGE-2","supplier_id":"SUP-1001""#;
    let terms = r#""invoice_date":"2026-10-20","currency":"USD","gross_amount":"100000""#;
    let body = format!("{{\"invoice\":{{{head},{terms},\"lines\":[{lines}]}}}}");
    assert!(body.len() < 10 << 20, "it is refused for its lines, not for its bytes");
    for path in [INVOICES, EVALUATIONS] {
        let answer = send(&gateway, "application/json", path, body.clone()).await;
        assert_eq!(answer.refused(400, "invalid").pointers(), ["/invoice/lines"]);
    }
    let whole = invoice(100_000, "PO-1018").to_string();
    assert!(whole.len() > 10 << 20);
    let answer = send(&gateway, "application/json", INVOICES, whole).await;
    answer.refused(413, "too_large");
}

/// An unoptimised build on a busy machine reads and stores slowly: here it may. That it is not slow
/// because of how many lines there are is what the next test holds.
const PATIENT: [(&str, &str); 2] = [
    ("THREEWAY__INBOUND__TIMEOUT_MS", "120000"),
    ("THREEWAY__PROCESS__FACTS_TIMEOUT_MS", "120000"),
];

#[tokio::test]
async fn the_largest_invoice_that_is_taken_is_answered() {
    let gateway = TestGateway::with(&PATIENT).await;
    let body = invoice(10_000, "PO-1018").to_string();
    let evaluated = gateway.admin().post_as("application/json", EVALUATIONS, body.clone()).await;
    assert_eq!(evaluated.expect(200)["outcome"], "exception", "the order is not there");
    let answer = gateway.admin().post_as("application/json", INVOICES, body).await;
    assert_eq!(answer.status, 202, "{}", answer.words());
    let id = answer.json["id"].as_str().unwrap();
    let record = gateway.admin().get(&format!("{INVOICES}/{id}")).await;
    assert_eq!(record.expect(200)["lines"].as_array().unwrap().len(), 10_000);
}

/// How long it takes to decide on an invoice with so many lines, and to store it.
async fn taken(lines: usize) -> Duration {
    let gateway = TestGateway::with(&PATIENT).await;
    let body = invoice(lines, "PO-1018").to_string();
    let began = Instant::now();
    let answer = gateway.admin().post_as("application/json", INVOICES, body).await;
    assert_eq!(answer.status, 202, "{}", answer.words());
    began.elapsed()
}

#[tokio::test]
async fn four_times_the_lines_take_less_than_eight_times_as_long() {
    // what takes the square of the lines takes sixteen times as long, however often it is tried;
    // a machine that is busy only at times lets one of the tries through
    let mut tried = Vec::new();
    for _ in 0..5 {
        let (few, many) = (taken(2_500).await, taken(10_000).await);
        if many < few * 8 {
            return;
        }
        tried.push((few, many));
    }
    panic!("{tried:?}");
}

#[tokio::test]
async fn an_invoice_that_names_a_thousand_orders_is_answered_in_time() {
    let gateway = TestGateway::start().await;
    let mut body = invoice(1_000, "PO-1018");
    for (index, line) in body["invoice"]["lines"].as_array_mut().unwrap().iter_mut().enumerate() {
        line["purchase_order_number"] = json!(format!("PO-X{index}"));
    }
    let answer = send(&gateway, "application/json", INVOICES, body.to_string()).await;
    assert_eq!(answer.expect(202)["outcome"], "exception");
    assert!(answer.reasons().iter().all(|it| *it == "PO-02"));
    assert_eq!(answer.reasons().len(), 1_000);
}

#[tokio::test]
async fn a_long_text_is_no_trouble() {
    let gateway = TestGateway::start().await;
    let mut body = invoice(1, "PO-1018");
    body["invoice"]["lines"][0]["description"] = json!("🩺".repeat(500_000));
    let answer = send(&gateway, "application/json", INVOICES, body.to_string()).await;
    assert!(matches!(answer.status, 202 | 400), "{}", answer.words());
}
