//! The laws of cure sets, on random cases.

use super::*;

#[test]
fn a_matched_invoice_needs_nothing() {
    let empty = json!({ "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
        "kind": "freight_only", "invoice_date": "2026-05-04", "currency": "USD", "lines": [],
        "gross_amount": "0.00" });
    let asked = ask(json!({ "invoice": empty }), &shipped());
    assert!(asked.explanation.reasons.len() == asked.result.reasons.len());
}
