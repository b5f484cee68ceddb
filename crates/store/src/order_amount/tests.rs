use super::*;
use crate::testing::{Scratch, at, done, head, insert, invoice_id};
use crate::{MatchRun, NewMatchRun};
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
    let sql = format!("{SELECT} WHERE a.purchase_order_number IN ($1, $2)");
    if scratch.is_postgres() {
        return scratch.assert_walks(&sql, &["order_amount_by_order", "invoice_id_key"]);
    }
    let plan = scratch.plan(&sql);
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

/// An invoice that bills so much of each order, and what was decided on it.
fn decided(kind: &str, lines: &[(&str, &str)], freight: &str) -> (Invoice, MatchResult) {
    let line = |(at, (_order, net)): (usize, &(&str, &str))| {
        json!({ "line_number": at, "quantity": { "value": "1", "uom": "EA" },
            "unit_price": "1.00", "net_amount": net })
    };
    let invoice = json!({ "supplier_invoice_number": "INV-1", "supplier_id": "SUP-1",
        "kind": kind, "invoice_date": "2026-05-04", "currency": "USD",
        "lines": lines.iter().enumerate().map(line).collect::<Vec<_>>(),
        "charges": [{ "type": "freight", "amount": freight }], "gross_amount": "100.01" });
    let matched = |(at, (order, _net)): (usize, &(&str, &str))| {
        json!({ "invoice_line": at, "purchase_order_number": order, "purchase_order_line": 10,
            "outcome": "matched", "checks": [], "allocations": [] })
    };
    let result = json!({ "outcome": "matched", "reasons": [], "flags": [], "checks": [],
        "lines": lines.iter().enumerate().map(matched).collect::<Vec<_>>(),
        "policy": { "tolerances": "T0@1" } });
    (serde_json::from_value(invoice).unwrap(), serde_json::from_value(result).unwrap())
}

/// What it takes.
fn of(kind: &str, lines: &[(&str, &str)], freight: &str, orders: &[PurchaseOrder]) -> Vec<String> {
    let (invoice, result) = decided(kind, lines, freight);
    let taken = order_amounts(&invoice_id(1), &invoice, &result, (orders, &[]));
    taken.into_iter().map(|it| shown(&it)).collect()
}

fn shown(it: &NewOrderAmount) -> String {
    let (kind, name) = it.purpose.words();
    format!("{} {kind} {name} {}", it.purchase_order_number, it.amount)
}

#[tokio::test]
async fn what_an_earlier_version_decided_is_booked_when_it_is_opened() {
    let scratch = Scratch::open().await;
    let lines = [("PO-1", "80.00"), ("PO-2", "20.00")];
    let orders = ["PO-1", "PO-2"].map(|it| order(it, &json!([])));
    let facts_json = json!({ "purchase_orders": orders, "receipts": [] }).to_string();
    for (number, kind) in [(1, "prepayment"), (2, "standard")] {
        let (invoice, result) = decided(kind, &lines, "10.00");
        let run = MatchRun {
            invoice_id: invoice_id(number),
            run_no: 1,
            cause: "invoice.received".to_owned(),
            policy_version: "T0@1".to_owned(),
            evaluated_at: at(1),
            result,
        };
        let run = NewMatchRun { run, facts_json: facts_json.clone() };
        done(&scratch, |batch| {
            batch.insert_invoice(&head(number), &invoice).unwrap();
            batch.insert_match_run(run).unwrap();
        })
        .await;
    }
    let undo = "DROP TABLE order_amount; DELETE FROM migration WHERE name = '0004_order_amount'";
    scratch.execute(undo);
    let scratch = scratch.reopen().await;
    let orders = orders.map(|it| it.number);
    let found = scratch.order_amounts(&orders).await.unwrap();
    let found: Vec<String> = found.iter().map(|it| shown(&it.taken)).collect();
    let expected = [
        "PO-1 prepayment INV-1 80.01",
        "PO-2 prepayment INV-1 20.00",
        "PO-1 charge freight 8.00",
        "PO-2 charge freight 2.00",
    ];
    assert_eq!(found, expected);
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
