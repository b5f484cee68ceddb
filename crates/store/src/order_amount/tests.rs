use super::*;
use crate::testing::{Scratch, done, head, insert, invoice_id};
use canonical::InvoiceState;
use serde_json::{Value, json};

fn taken(invoice: usize, order: &str, purpose: Purpose, amount: &str) -> NewOrderAmount {
    NewOrderAmount {
        purchase_order_number: order.parse().unwrap(),
        invoice_id: invoice_id(invoice),
        purpose,
        amount: amount.to_owned(),
        currency: Currency::USD,
    }
}

#[tokio::test]
async fn amounts_come_back_exactly_and_in_booking_order() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    insert(&scratch, &head(2)).await;
    let booked = [
        taken(2, "PO-9", Purpose::Prepayment("PRE-1".to_owned()), "3000.00"),
        taken(1, "PO-9", Purpose::SetOff("PRE-1".to_owned()), "250.50"),
        taken(1, "PO-8", Purpose::Charge(ChargeKind::SmallOrder), "-10.00"),
        taken(1, "PO-7", Purpose::Charge(ChargeKind::Freight), "1.00"),
    ];
    done(&scratch, |batch| booked.iter().for_each(|it| batch.insert_order_amount(it))).await;
    let orders = ["PO-8", "PO-9", "PO-6"].map(|it| it.parse().unwrap());
    let found = scratch.order_amounts(&orders).await.unwrap();
    assert!(found.iter().all(|it| it.invoice_state == InvoiceState::Matched));
    let found: Vec<NewOrderAmount> = found.into_iter().map(|it| it.taken).collect();
    assert_eq!(found, booked[..3]);
    done(&scratch, |batch| batch.remove_claims(&invoice_id(1))).await;
    assert_eq!(scratch.order_amounts(&orders).await.unwrap().len(), 1);
    assert!(scratch.order_amounts(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn amounts_of_orders_are_found_by_an_index() {
    let scratch = Scratch::open().await;
    let plan = scratch.plan(&format!("{SELECT} WHERE a.purchase_order_number IN ($1, $2)"));
    assert!(plan.contains("order_amount_by_order"), "{plan}");
    assert!(!plan.contains("SCAN"), "{plan}");
}

fn order(number: &str, planned: &Value) -> PurchaseOrder {
    serde_json::from_value(json!({
        "number": number, "supplier_id": "SUP-1", "currency": "USD", "status": "dispatched",
        "order_date": "2026-04-20", "planned_charges": planned, "lines": [{ "line_number": 10,
        "quantity": { "value": "9", "uom": "EA" }, "unit_price": "1.00" }] }))
    .unwrap()
}

/// What an invoice takes that bills so much of each order.
fn of(kind: &str, lines: &[(&str, &str)], freight: &str, orders: &[PurchaseOrder]) -> Vec<String> {
    let line = |at: usize| {
        json!({ "line_number": at, "quantity": { "value": "1", "uom": "EA" },
        "unit_price": "1.00", "net_amount": lines[at].1 })
    };
    let invoice = json!({ "supplier_invoice_number": "INV-1", "supplier_id": "SUP-1",
        "kind": kind, "invoice_date": "2026-05-04", "currency": "USD",
        "lines": (0..lines.len()).map(line).collect::<Vec<_>>(),
        "charges": [{ "type": "freight", "amount": freight }], "gross_amount": "100.01" });
    let matched = |at: usize| {
        json!({ "invoice_line": at, "purchase_order_number": lines[at].0,
        "purchase_order_line": 10, "outcome": "matched", "checks": [], "allocations": [] })
    };
    let result = json!({ "outcome": "matched", "reasons": [], "flags": [], "checks": [],
        "lines": (0..lines.len()).map(matched).collect::<Vec<_>>(),
        "policy": { "tolerances": "T0@1" } });
    let invoice: Invoice = serde_json::from_value(invoice).unwrap();
    let result: MatchResult = serde_json::from_value(result).unwrap();
    let taken = order_amounts(&invoice_id(1), &invoice, &result, (orders, &[]));
    let shown = taken.into_iter().map(|it| {
        let (kind, name) = it.purpose.words();
        format!("{} {kind} {name} {}", it.purchase_order_number, it.amount)
    });
    shown.collect()
}

#[test]
fn what_a_prepayment_asks_for_is_shared_over_its_orders() {
    let orders = [order("PO-1", &json!([])), order("PO-2", &json!([]))];
    let lines = [("PO-2", "30.00"), ("PO-1", "20.00"), ("PO-2", "10.00")];
    let taken = of("prepayment", &lines, "5.00", &orders);
    assert_eq!(taken, ["PO-2 prepayment INV-1 66.67", "PO-1 prepayment INV-1 33.34"]);
}

#[test]
fn a_charge_is_of_the_orders_that_plan_it() {
    let planned = |amount: &str| json!([{ "type": "freight", "amount": amount }]);
    let lines = [("PO-1", "80.00"), ("PO-2", "20.00")];
    let orders = [order("PO-1", &json!([])), order("PO-2", &planned("100.00"))];
    assert_eq!(of("standard", &lines, "60.00", &orders), ["PO-2 charge freight 60.00"]);
    assert_eq!(of("price_credit", &lines, "60.00", &orders).len(), 2);
    let orders = [order("PO-1", &json!([])), order("PO-2", &json!([]))];
    let taken = of("standard", &lines, "60.00", &orders);
    assert_eq!(taken, ["PO-1 charge freight 48.00", "PO-2 charge freight 12.00"]);
    let taken = of("quantity_credit", &lines, "60.00", &orders);
    assert_eq!(taken, ["PO-1 charge freight -48.00", "PO-2 charge freight -12.00"]);
}

#[test]
fn what_a_percentage_grants_uses_nothing_of_the_plan() {
    let planned = json!([{ "type": "freight", "amount": "50.00", "percent": "2" }]);
    let orders = [order("PO-1", &planned)];
    let lines = [("PO-1", "1000.00")];
    assert_eq!(of("standard", &lines, "20.00", &orders), [""; 0]);
    assert_eq!(of("standard", &lines, "45.00", &orders), ["PO-1 charge freight 25.00"]);
}
