use super::*;
use canonical::Outcome;
use serde_json::{Value, json};

fn question(change: impl FnOnce(&mut Value)) -> SelfBillingQuestion {
    let quantity = |it: &str| json!({ "value": it, "uom": "EA" });
    let moved = |number: &str, day: u32, value: &str| {
        json!({ "number": number, "purchase_order_number": "PO-9", "purchase_order_line": 10,
            "quantity": quantity(value), "effective_at": format!("2026-05-0{day}T10:00:00Z") })
    };
    let mut it = json!({ "invoice_date": "2026-05-09", "facts": {
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "kind": "ers", "lines": [{
                "line_number": 10, "quantity": quantity("50"), "unit_price": "25.00",
                "receipt_based_invoice": true, "tax_code": "T1" }] }],
        "receipts": [moved("R-2", 2, "10"), moved("R-1", 1, "30")],
        "suppliers": [{ "id": "SUP-1", "name": "MedSurg", "status": "active",
            "self_billing": true }] } });
    change(&mut it["facts"]);
    serde_json::from_value(it).unwrap()
}

fn answer(change: impl FnOnce(&mut Value)) -> SelfBillingProposal {
    let policy = Policy::default_shipped().unwrap();
    let mut answer = question(change).answer(&policy).unwrap();
    assert_eq!(answer.items.len(), 1);
    answer.items.remove(0)
}

fn billed(proposal: &SelfBillingProposal) -> Vec<(String, String, String)> {
    let lines = &proposal.invoice.as_ref().unwrap().lines;
    let read = |it: &InvoiceLine| {
        let receipt = it.receipt_number.as_ref().unwrap().to_string();
        (receipt, it.quantity.value.to_string(), it.net_amount.to_string())
    };
    lines.iter().map(read).collect()
}

fn row(receipt: &str, quantity: &str, net: &str) -> (String, String, String) {
    (receipt.to_owned(), quantity.to_owned(), net.to_owned())
}

#[test]
fn what_was_received_is_billed_receipt_by_receipt_and_matches() {
    let proposal = answer(|_| {});
    assert_eq!(billed(&proposal), [row("R-1", "30", "750.00"), row("R-2", "10", "250.00")]);
    let invoice = proposal.invoice.unwrap();
    assert_eq!(invoice.gross_amount.to_string(), "1000.00");
    assert_eq!(invoice.supplier_invoice_number.as_str(), "ERS-PO-9-R-2");
    let result = proposal.result.unwrap();
    assert_eq!(result.outcome, Outcome::Matched, "{:?}", result.reasons);
}

#[test]
fn what_is_billed_or_went_back_is_not_billed_again() {
    let claim = |quantity: &str, receipt: Value| {
        json!({ "invoice": "INV-1", "purchase_order_number": "PO-9", "purchase_order_line": 10,
            "quantity": { "value": quantity, "uom": "EA" }, "receipt_number": receipt })
    };
    let partly = answer(|it| it["claims"] = json!([claim("10", json!("R-2"))]));
    assert_eq!(billed(&partly), [row("R-1", "30", "750.00")]);
    let unnamed = answer(|it| it["claims"] = json!([claim("35", Value::Null)]));
    assert_eq!(billed(&unnamed), [row("R-2", "5", "125.00")]);
    let whole = answer(|it| it["claims"] = json!([claim("40", Value::Null)]));
    assert_eq!((whole.invoice, whole.result), (None, None));
    assert!(whole.reasons.is_empty());
}

#[test]
fn the_amount_is_rounded_once_for_each_receipt() {
    let proposal = answer(|it| {
        let line = &mut it["purchase_orders"][0]["lines"][0];
        (line["unit_price"], line["price_base"]) = (json!("33.335"), json!("100"));
    });
    // 30 at 0.33335 are 10.0005, 10 are 3.3335
    assert_eq!(billed(&proposal), [row("R-1", "30", "10.00"), row("R-2", "10", "3.33")]);
    assert_eq!(proposal.invoice.unwrap().gross_amount.to_string(), "13.33");
}

#[test]
fn nothing_is_billed_where_something_is_missing() {
    for (field, value, words) in [
        ("receipt_based_invoice", json!(false), "is not billed by its receipts"),
        ("price_is_estimated", json!(true), "has an estimated price"),
        ("tax_code", Value::Null, "has no tax code"),
    ] {
        let proposal = answer(|it| it["purchase_orders"][0]["lines"][0][field] = value);
        assert!(proposal.invoice.is_none());
        let codes: Vec<Code> = proposal.reasons.iter().map(|it| it.code).collect();
        assert_eq!(codes, [Code::Ers01], "{field}");
        let detail = proposal.reasons[0].detail.to_string();
        assert!(detail.contains(words), "{detail}");
    }
    let proposal = answer(|it| it["suppliers"][0]["self_billing"] = json!(false));
    assert!(proposal.reasons[0].detail.to_string().contains("did not agree"));
}

#[test]
fn a_fault_of_the_facts_is_pointed_at() {
    let policy = Policy::default_shipped().unwrap();
    let question = question(|it| {
        it["purchase_orders"][0]["lines"][0]["unit_price"] = json!("-1");
    });
    let error = question.answer(&policy).unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["/facts/purchase_orders/0/lines/0/unit_price"]);
}
