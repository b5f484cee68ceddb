use super::*;
use crate::matching::{Evaluation, Policy, evaluate};
use canonical::{MatchResult, Outcome};
use serde_json::{Value, json};
use std::sync::Arc;

fn question(known: &Value) -> Evaluation {
    serde_json::from_value(json!({
        "invoice": {
            "supplier_invoice_number": "10842", "supplier_id": "SUP-1",
            "invoice_date": "2026-03-05", "currency": "USD", "gross_amount": "20.00",
            "lines": [{
                "line_number": 1, "purchase_order_number": "PO-9", "purchase_order_line": 10,
                "quantity": { "value": "10", "uom": "EA" }, "unit_price": "2.00",
                "net_amount": "20.00",
            }],
        },
        "purchase_orders": [{
            "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD", "status": "dispatched",
            "order_date": "2026-01-02",
            "lines": [{
                "line_number": 10, "quantity": { "value": "10", "uom": "EA" },
                "unit_price": "2.00", "match_mode": "two_way",
            }],
        }],
        "known_invoices": known,
    }))
    .unwrap()
}

fn known(id: &str, number: &str, date: &str) -> Value {
    json!({
        "id": id, "supplier_id": "SUP-1", "supplier_invoice_number": number, "state": "matched",
        "currency": "USD", "gross_amount": "20.00", "invoice_date": date,
        "lines": [{
            "purchase_order_number": "PO-9", "purchase_order_line": 10,
            "quantity": { "value": "10", "uom": "EA" }, "net_amount": "20.00",
        }],
    })
}

/// Under rules with other scores for D4 and D5.
fn judged(known: &Value, scores: [u8; 2]) -> MatchResult {
    let mut document = DuplicatePolicy::default_shipped().unwrap().document().clone();
    for (name, score) in [RuleName::D4, RuleName::D5].into_iter().zip(scores) {
        document.rules.iter_mut().find(|it| it.rule == name).unwrap().score = score;
    }
    let rules = Arc::new(DuplicatePolicy::new(document).unwrap());
    let policy = Policy::default_shipped().unwrap().with_duplicates(rules);
    question(known).answer(&policy).unwrap()
}

#[track_caller]
fn check(known: &Value, scores: [u8; 2], reasons: &[Code], flags: &[&str]) {
    let result = judged(known, scores);
    let codes: Vec<Code> = result.reasons.iter().map(|it| it.code).collect();
    let flagged: Vec<&str> = result.flags.iter().map(|it| &*it.code).collect();
    assert_eq!((codes.as_slice(), flagged.as_slice()), (reasons, flags));
    assert_eq!(result.outcome == Outcome::Exception, !reasons.is_empty());
}

#[test]
fn suspicions_about_one_invoice_add_up() {
    let both = json!([known("inv_1", "10482", "2026-03-03")]);
    check(&both, [40, 40], &[Code::Dup03, Code::Dup04], &[]);
    check(&both, [30, 29], &[], &["DUP-03", "DUP-04"]);
    check(&both, [29, 0], &[], &[]);
    let lines_only = json!([known("inv_1", "77", "2026-03-03")]);
    check(&lines_only, [40, 40], &[], &["DUP-04"]);
    let two = json!([known("inv_1", "77", "2026-03-03"), known("inv_2", "78", "2026-03-04")]);
    check(&two, [40, 40], &[], &["DUP-04"]);
}

#[test]
fn a_certain_twin_is_named_rather_than_a_nearer_suspect() {
    let lines_only = known("inv_1", "77", "2026-03-05");
    let both = known("inv_2", "10482", "2026-03-01");
    let result = judged(&json!([lines_only, both]), [40, 40]);
    let reason = result.reasons.iter().find(|it| it.code == Code::Dup04).unwrap();
    let detail = reason.detail.to_string();
    assert!(detail.contains("inv_2"), "{detail}");
}

#[test]
fn the_order_of_known_invoices_changes_nothing() {
    let mut known = vec![
        known("inv_1", "10842", "2026-03-03"),
        known("inv_2", "10482", "2026-03-03"),
        known("inv_3", "10842", "2024-03-03"),
        known("inv_4", "10842", "2026-03-03"),
    ];
    let one = judged(&json!(known), [70, 70]);
    known.reverse();
    assert_eq!(judged(&json!(known), [70, 70]), one);
}

#[test]
fn the_rules_are_cited_where_they_were_asked() {
    let policy = Policy::default_shipped().unwrap();
    let (_policy, invoice, mut facts) = question(&json!([])).into_parts();
    assert_eq!(evaluate(&invoice, &facts, &policy).policy.duplicates, None);
    facts.duplicates_asked = true;
    let cited = evaluate(&invoice, &facts, &policy).policy.duplicates;
    assert_eq!(cited.as_deref(), Some("D0@1"));
}

#[test]
fn another_supplier_is_never_named() {
    let mut other = known("inv_secret", "10842", "2026-03-03");
    other["supplier_id"] = json!("SUP-SECRET");
    other["remit_to"] = json!("ab12");
    let mut question = question(&json!([other]));
    question.invoice.remit_to = Some("AB12".to_owned());
    let result = question.answer(&Policy::default_shipped().unwrap()).unwrap();
    assert_eq!(result.reasons[0].code, Code::Dup01);
    let text = serde_json::to_string(&result).unwrap().to_lowercase();
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("mdm-02"), "{text}");
}
