//! JSON that is not quite an invoice, sent to be booked and sent to be evaluated.

use super::{At, Comes, EVALUATIONS, Taken, check, fault, send};
use serde_json::{Value, json};
use tests::{INVOICES, TestGateway, demo};

const JSON: &str = "application/json";
const VALUE: &str = "/invoice/lines/0/quantity/value";
const PRICE: &str = "/invoice/lines/0/unit_price";
const UOM: &str = "/invoice/lines/0/quantity/uom";

/// The valid body with one value replaced, or with one more, at a pointer.
fn with(pointer: &str, value: &Value) -> Value {
    let mut body = demo::invoice("matched");
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.insert(key.to_owned(), value.clone())),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
        leaf => panic!("{leaf} has no {key}"),
    }
    body
}

fn without(pointer: &str) -> Value {
    let mut body = demo::invoice("matched");
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    body
}

/// What is no decimal.
fn no_decimals() -> Vec<Value> {
    vec![
        json!("-5"),
        json!(5),
        json!(5.5),
        json!(null),
        json!([]),
        json!({}),
        json!(true),
        json!(""),
        json!(" 1"),
        json!("1 "),
        json!("+1"),
        json!("1,5"),
        json!("1.2.3"),
        json!(".5"),
        json!("5."),
        json!("1e400"),
        json!("1E2"),
        json!("1e-999999999"),
        json!("NaN"),
        json!("Infinity"),
        json!("-inf"),
        json!("0x10"),
        json!("١٢"),
        json!("½"),
        json!("1234567890123456"),
        json!("0.0000001"),
        json!("9".repeat(100_000)),
    ]
}

/// Values that are refused wherever they stand, each where it stands.
fn refused() -> Vec<(&'static str, Value)> {
    let mut rows = refused_amounts();
    rows.extend(refused_words());
    rows.extend(refused_shapes());
    rows
}

fn refused_amounts() -> Vec<(&'static str, Value)> {
    let mut rows = Vec::new();
    for pointer in [VALUE, PRICE, "/invoice/lines/0/net_amount", "/invoice/gross_amount"] {
        rows.extend(no_decimals().into_iter().map(|it| (pointer, it)));
    }
    for pointer in ["/invoice/tax_amount", "/invoice/discount_amount"] {
        rows.extend([json!("-0.01"), json!(0), json!("0.001")].map(|it| (pointer, it)));
    }
    for value in [json!("0"), json!("-1"), json!("0.00"), json!("abc")] {
        rows.push(("/invoice/lines/0/price_base", value));
    }
    for value in [json!("750.005"), json!("0.000001")] {
        rows.push(("/invoice/gross_amount", value));
    }
    for value in [json!(-1), json!(4_294_967_296_u64), json!("1"), json!(1.5), json!(null)] {
        rows.push(("/invoice/lines/0/line_number", value));
    }
    rows
}

fn refused_words() -> Vec<(&'static str, Value)> {
    let long = "x".repeat(81);
    let mut rows = Vec::new();
    for value in [json!("usd"), json!("DOLLAR"), json!(""), json!("US"), json!("ABC"), json!(840)] {
        rows.push(("/invoice/currency", value));
    }
    for pointer in ["/invoice/supplier_id", "/invoice/supplier_invoice_number", UOM] {
        let values = [json!(""), json!(long), json!("a\u{0}b"), json!(" a"), json!(7), json!(null)];
        rows.extend(values.map(|it| (pointer, it)));
    }
    for value in [json!(""), json!(9), json!({}), json!("a\nb")] {
        rows.push(("/invoice/lines/0/purchase_order_number", value));
    }
    rows.push(("/invoice/lines/0/gtin", json!("00614141007348")));
    rows.push(("/invoice/lines/0/purchase_order_line", json!(-10)));
    for value in
        ["2026-02-30", "2026-13-01", "yesterday", "99999-01-01", "", "15/09/2026", "20260915T1"]
    {
        rows.push(("/invoice/invoice_date", json!(value)));
    }
    rows.push(("/invoice/kind", json!("lunch")));
    rows.push(("/invoice/kind", json!(null)));
    rows
}

fn refused_shapes() -> Vec<(&'static str, Value)> {
    let mut rows = Vec::new();
    for value in [json!(null), json!({}), json!("[]"), json!([1]), json!([null]), json!([[]])] {
        rows.push(("/invoice/lines", value));
    }
    rows.push(("/invoice/lines", json!([])));
    rows.push(("/invoice/charges", json!([{ "type": "freight", "amount": "-1.00" }])));
    rows.push(("/invoice/charges", json!([{ "type": "bribe", "amount": "1.00" }])));
    rows.push(("/invoice/charges", json!([{ "type": "freight", "amount": "1.005" }])));
    rows.push(("/invoice/charges", json!([{ "type": "freight" }])));
    for value in [json!(null), json!([]), json!("x"), json!(7), json!(true)] {
        rows.push(("/invoice", value));
    }
    for pointer in [
        "/colour",
        "/invoice/colour",
        "/invoice/lines/0/colour",
        "/invoice/lines/1/quantity/colour",
        "/invoice/a~1b",
    ] {
        rows.push((pointer, json!("red")));
    }
    rows
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named_whoever_reads_it() {
    let gateway = TestGateway::start().await;
    let mut faults = Vec::new();
    for (pointer, value) in refused() {
        let body = with(&pointer.replace("~1", "/").replace("/a/b", "/a~1b"), &value).to_string();
        for path in [INVOICES, EVALUATIONS] {
            let answer = send(&gateway, JSON, path, body.clone()).await;
            let shown: String = value.to_string().chars().take(40).collect();
            let what = format!("{pointer} = {shown}");
            let comes = if pointer.contains('~') { At("/invoice/a~") } else { At(pointer) };
            faults.extend(fault(&what, &answer, comes));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn a_field_that_is_missing_is_named_whoever_reads_it() {
    let gateway = TestGateway::start().await;
    let mut faults = Vec::new();
    for pointer in [
        "/invoice",
        "/invoice/supplier_invoice_number",
        "/invoice/supplier_id",
        "/invoice/invoice_date",
        "/invoice/currency",
        "/invoice/lines",
        "/invoice/gross_amount",
        "/invoice/lines/1/line_number",
        "/invoice/lines/1/quantity",
        "/invoice/lines/1/quantity/value",
        "/invoice/lines/1/quantity/uom",
        "/invoice/lines/1/unit_price",
        "/invoice/lines/1/net_amount",
    ] {
        for path in [INVOICES, EVALUATIONS] {
            let answer = send(&gateway, JSON, path, without(pointer).to_string()).await;
            faults.extend(fault(&format!("{path}: no {pointer}"), &answer, At(pointer)));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn every_fault_of_what_could_be_read_is_named_at_once() {
    let gateway = TestGateway::start().await;
    let mut body = with(VALUE, &json!("-1"));
    body["invoice"]["lines"][1]["line_number"] = json!(1);
    body["invoice"]["lines"][1]["unit_price"] = json!("-12.50");
    body["invoice"]["tax_amount"] = json!("0.001");
    for path in [INVOICES, EVALUATIONS] {
        let answer = send(&gateway, JSON, path, body.to_string()).await;
        let expected = [
            VALUE,
            "/invoice/lines/1/line_number",
            "/invoice/lines/1/unit_price",
            "/invoice/tax_amount",
        ];
        assert_eq!(answer.refused(400, "invalid").pointers(), expected, "{}", answer.words());
    }
}

/// What is said otherwise: pointers and values.
type Changes = Vec<(&'static str, Value)>;

/// What can be read and is wrong, and what it comes to.
fn exceptions() -> Vec<(&'static str, Changes, Comes)> {
    let order = "/invoice/lines/0/purchase_order_number";
    let base = "/invoice/lines/0/price_base";
    let line = "/invoice/lines/0/purchase_order_line";
    let item = "/invoice/lines/0/item_id";
    let gross = "/invoice/gross_amount";
    let huge = json!("999999999999999.999999");
    let nothing = [
        VALUE,
        "/invoice/lines/0/net_amount",
        "/invoice/lines/1/quantity/value",
        "/invoice/lines/1/net_amount",
        gross,
    ];
    vec![
        ("a unit", vec![(UOM, json!("FURLONG"))], Taken("exception", "UOM-01")),
        (
            "a supplier",
            vec![("/invoice/supplier_id", json!("NOBODY"))],
            Taken("exception", "SUP-01"),
        ),
        ("an order", vec![(order, json!("PO-0"))], Taken("exception", "PO-02")),
        (
            "a line of the order",
            vec![(line, json!(999)), (item, json!("NOTHING"))],
            Taken("exception", "ASC-01"),
        ),
        (
            "another currency",
            vec![("/invoice/currency", json!("EUR"))],
            Taken("exception", "CUR-01"),
        ),
        ("an absurd quantity", vec![(VALUE, huge.clone())], Taken("exception", "TOT-02")),
        ("an absurd price", vec![(PRICE, huge)], Taken("exception", "TOT-02")),
        ("an absurd base", vec![(base, json!("0.000001"))], Taken("exception", "TOT-02")),
        (
            "an absurd total",
            vec![(gross, json!("999999999999999.99"))],
            Taken("exception", "TOT-01"),
        ),
        (
            "nothing at all",
            nothing.into_iter().map(|it| (it, json!("0"))).collect(),
            Taken("matched", ""),
        ),
        (
            "a date of long ago",
            vec![("/invoice/invoice_date", json!("0001-01-01"))],
            Taken("exception", "INV-04"),
        ),
    ]
}

#[tokio::test]
async fn what_can_be_read_and_is_wrong_is_an_exception_with_a_reason() {
    for (what, changes, comes) in exceptions() {
        let mut body = demo::invoice("matched");
        for (pointer, value) in changes {
            *body.pointer_mut(pointer).unwrap() = value;
        }
        check(JSON, vec![(what, body.to_string().into_bytes(), comes)]).await;
    }
}

#[tokio::test]
async fn text_that_is_not_json_is_refused() {
    let body = demo::invoice("matched").to_string();
    let nested = |open: &str, close: &str| {
        let deep = 200_000;
        format!("{{\"invoice\":{}{}}}", open.repeat(deep), close.repeat(deep)).into_bytes()
    };
    let twice = format!("{{\"invoice\":{{}},{}", body.strip_prefix('{').unwrap());
    let raw = |from: &str, to: &str| body.replacen(from, to, 1).into_bytes();
    let rows: Vec<(&str, Vec<u8>, Comes)> = vec![
        ("nothing", Vec::new(), At("")),
        ("blanks", b" \n\t ".to_vec(), At("")),
        ("a word", b"invoice".to_vec(), At("")),
        ("a bare number", b"7".to_vec(), At("")),
        ("a list", b"[]".to_vec(), At("")),
        ("null", b"null".to_vec(), At("")),
        ("two documents", [body.as_bytes(), body.as_bytes()].concat(), At("")),
        ("something after it", [body.as_bytes(), b"}"].concat(), At("")),
        ("a field twice", twice.into_bytes(), At("")),
        ("a number beyond floats", raw("\"12.50\"", "1e400"), At(PRICE)),
        ("a number with a huge exponent", raw("\"12.50\"", "1e99999999999999999999"), At(PRICE)),
        ("a bare NaN", raw("\"12.50\"", "NaN"), At("")),
        ("a bare Infinity", raw("\"12.50\"", "-Infinity"), At("")),
        ("a comma at the end", raw("{\"invoice\":{", "{\"invoice\":{,"), At("")),
        ("single quotes", body.replace('"', "'").into_bytes(), At("")),
        ("half a surrogate", raw("NW-260915-01", "\\ud800"), At("")),
        (
            "bytes that are no text",
            raw("NW-260915-01", "NW").into_iter().map(|it| it | 0x80).collect(),
            At(""),
        ),
        ("lists in lists", nested("[", "]"), At("")),
        ("objects in objects", nested("{\"a\":", ""), At("")),
        ("the first bytes of a picture", b"\x89PNG\r\n\x1a\n\0\0\0".to_vec(), At("")),
        ("zeros", vec![0; 10_000], At("")),
        ("UTF-16", body.encode_utf16().flat_map(u16::to_be_bytes).collect(), At("")),
    ];
    check(JSON, rows).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_wherever_it_does() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched").to_string().into_bytes();
    for end in (0..body.len()).step_by(7) {
        let answer = send(&gateway, JSON, INVOICES, body[..end].to_vec()).await;
        answer.refused(400, "invalid");
        let answer = send(&gateway, JSON, EVALUATIONS, body[..end].to_vec()).await;
        answer.refused(400, "invalid");
    }
    let whole = send(&gateway, JSON, INVOICES, body).await;
    assert_eq!(whole.expect(202)["outcome"], "matched");
}

#[tokio::test]
async fn facts_that_are_wrong_are_named() {
    let gateway = TestGateway::start().await;
    let order = gateway.admin().get("/system/v1/purchase-orders/PO-1001").await;
    let receipts = gateway.admin().get("/system/v1/receipts?purchase_order=PO-1001").await;
    let item = gateway.admin().get("/system/v1/items/GLV-NIT-M").await;
    let mut good = demo::invoice("matched");
    good["purchase_orders"] = json!([order.expect(200)]);
    good["receipts"] = receipts.expect(200)["items"].clone();
    good["returns"] = json!([{ "number": "RTV-1", "purchase_order_number": "PO-1001",
        "purchase_order_line": 10, "quantity": { "value": "0", "uom": "BX" },
        "effective_at": "2026-09-10T10:00:00Z" }]);
    good["claims"] = json!([{ "invoice": "I", "purchase_order_number": "PO-1001",
        "purchase_order_line": 10, "quantity": { "value": "0", "uom": "BX" } }]);
    good["credits"] = json!([{ "invoice_line": 1, "kind": "price", "amount": "0.00" }]);
    good["items"] = json!([item.expect(200)]);
    let answer = send(&gateway, JSON, EVALUATIONS, good.to_string()).await;
    assert_eq!(answer.expect(200)["outcome"], "matched", "{}", answer.words());
    let mut faults = Vec::new();
    for (pointer, value) in [
        ("/purchase_orders/0/colour", json!("red")),
        ("/purchase_orders/0/lines/0/colour", json!("red")),
        ("/purchase_orders/0/status", json!("lost")),
        ("/purchase_orders/0/lines/0/match_mode", json!("five_way")),
        ("/purchase_orders/0/lines/0/quantity/value", json!("-1")),
        ("/purchase_orders/0/lines/0/unit_price", json!("-1")),
        ("/purchase_orders/0/lines/0/price_base", json!("0")),
        ("/purchase_orders/0/lines/1/line_number", json!(10)),
        ("/receipts/0/colour", json!("red")),
        ("/receipts/0/effective_at", json!("yesterday")),
        ("/receipts/0/quantity/value", json!("1e9")),
        ("/returns/0/quantity/value", json!("-1")),
        ("/claims/0/quantity/value", json!("NaN")),
        ("/claims/0/colour", json!("red")),
        ("/credits/0/invoice_line", json!(7)),
        ("/credits/0/amount", json!("-1.00")),
        ("/credits/0/kind", json!("gift")),
        ("/items/0/packaging/0/numerator", json!("0")),
        ("/items/0/colour", json!("red")),
        ("/policy", json!("T0")),
        ("/policy", json!({})),
        ("/colour", json!("red")),
    ] {
        let mut body = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { &mut body } else { body.pointer_mut(parent).unwrap() };
        parent[key] = value;
        let answer = send(&gateway, JSON, EVALUATIONS, body.to_string()).await;
        faults.extend(fault(pointer, &answer, At(pointer)));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
