use super::*;
use serde_json::{Value, json};

fn order(price: &str) -> PurchaseOrder {
    serde_json::from_value(json!({
        "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD", "status": "dispatched",
        "order_date": "2026-03-01",
        "lines": [{ "line_number": 10, "quantity": { "value": "10", "uom": "EA" },
            "unit_price": price }],
    }))
    .unwrap()
}

fn movement(number: &str, quantity: &str, at: &str) -> Value {
    json!({
        "number": number, "purchase_order_number": "PO-9", "purchase_order_line": 10,
        "quantity": { "value": quantity, "uom": "EA" }, "effective_at": at,
    })
}

fn receipt(number: &str, quantity: &str, at: &str) -> Receipt {
    serde_json::from_value(movement(number, quantity, at)).unwrap()
}

fn returned(number: &str, quantity: &str, at: &str) -> Return {
    serde_json::from_value(movement(number, quantity, at)).unwrap()
}

fn payable(reference: &str, quantity: &str, posted: &str) -> Payable {
    let money = json!({ "amount": "0.00", "currency": "USD" });
    serde_json::from_value(json!({
        "id": reference, "document_number": reference, "reference": reference, "invoice_id": null,
        "supplier_id": "SUP-1", "invoice_date": "2026-01-01", "posting_date": posted,
        "state": "posted", "total": money,
        "lines": [{ "purchase_order_number": "PO-9", "purchase_order_line": 10, "item_id": null,
            "quantity": { "value": quantity, "uom": "EA" }, "unit_price": "25", "net": money }],
        "payment": { "state": "unpaid", "paid": money, "outstanding": money },
    }))
    .unwrap()
}

fn cut(closed_at: Option<&str>) -> Cut {
    let period = |from: &str, to: &str, closed_at: Option<&str>| {
        let mut it = json!({ "from": from, "to": to, "state": "open" });
        if let Some(at) = closed_at {
            it["inventory_closed_at"] = json!(at);
        }
        serde_json::from_value(it).unwrap()
    };
    Cut {
        first: "2026-03-01".parse().unwrap(),
        last: "2026-03-31".parse().unwrap(),
        zone: TimeZone::get("America/Chicago").unwrap(),
        periods: vec![
            period("2026-03-01", "2026-03-31", closed_at),
            period("2026-04-01", "2026-04-30", None),
        ],
    }
}

#[derive(Default)]
struct World {
    receipts: Vec<Receipt>,
    returns: Vec<Return>,
    payables: Vec<Payable>,
    recorded: Recorded,
}

impl World {
    fn line(&self, cut: &Cut, before: Option<&Accrued>) -> Option<AccrualLine> {
        let order = order("25.00");
        let stand = Stand {
            order: &order,
            line: &order.lines[0],
            legal_entity: None,
            item: None,
            receipts: &self.receipts,
            returns: &self.returns,
            payables: &self.payables,
            recorded: &self.recorded,
        };
        propose(&stand, cut, before)
    }
}

fn m70() -> World {
    World {
        receipts: vec![
            receipt("R-1", "8", "2026-03-02T15:00:00Z"),
            receipt("R-2", "1", "2026-03-03T15:00:00Z"),
            receipt("R-3", "1", "2026-03-04T15:00:00Z"),
        ],
        returns: vec![returned("V-1", "5", "2026-03-05T15:00:00Z")],
        payables: vec![payable("INV-1", "5", "2026-03-06"), payable("CRM-1", "-1", "2026-03-07")],
        recorded: Recorded::new(),
    }
}

#[test]
fn m70_one_unit_is_accrued_and_all_six_documents_say_why() {
    let line = m70().line(&cut(None), None).unwrap();
    assert_eq!(line.received.value.to_string(), "5");
    assert_eq!(line.billed.value.to_string(), "4");
    assert_eq!((line.accrue.amount_text(), line.in_transit.minor()), ("25.00".to_owned(), 0));
    let told = line.explanation.iter().map(|it| format!("{} {}", it.number, it.quantity.value));
    let told: Vec<String> = told.collect();
    assert_eq!(told, ["R-1 8", "R-2 1", "R-3 1", "V-1 -5", "INV-1 5", "CRM-1 -1"]);
}

#[test]
fn a_document_after_the_cutoff_does_not_count() {
    let mut world = m70();
    // half past midnight in Chicago
    world.receipts.push(receipt("R-4", "3", "2026-04-01T05:30:00Z"));
    world.payables.push(payable("INV-2", "3", "2026-04-01"));
    let line = world.line(&cut(None), None).unwrap();
    assert_eq!((line.accrue.minor(), line.explanation.len()), (2_500, 6));
}

#[test]
fn what_was_billed_and_has_not_arrived_is_in_transit() {
    let world = World { payables: vec![payable("INV-1", "3", "2026-03-06")], ..World::default() };
    let line = world.line(&cut(None), None).unwrap();
    assert_eq!((line.accrue.minor(), line.in_transit.minor()), (0, 7_500));
    assert_eq!(World::default().line(&cut(None), None), None);
}

#[test]
fn a_later_run_moves_the_difference_and_takes_back_what_was_too_much() {
    let number = "PO-9".parse().unwrap();
    let (currency, in_transit) = ("USD".parse().unwrap(), 0);
    let before = Accrued { number, line: 10, currency, accrued: 2_500, in_transit };
    let line = m70().line(&cut(None), Some(&before)).unwrap();
    assert_eq!((line.accrue.minor(), line.accrue_delta.minor()), (2_500, 0));
    let mut world = m70();
    world.payables.push(payable("INV-2", "1", "2026-03-31"));
    let line = world.line(&cut(None), Some(&before)).unwrap();
    assert_eq!((line.accrue.minor(), line.accrue_delta.minor()), (0, -2_500));
}

/// M69: 23:40 on 31 March at the dock is 04:40 on 1 April in UTC.
fn m69(closed_at: Option<&str>) -> (World, Cut) {
    let world = World {
        receipts: vec![receipt("R-1", "4", "2026-04-01T04:40:00Z")],
        recorded: [("R-1".to_owned(), "2026-04-01T14:00:00Z".parse().unwrap())].into(),
        ..World::default()
    };
    (world, cut(closed_at))
}

#[test]
fn m69_a_receipt_counts_in_march_where_march_is_open() {
    for closed_at in [None, Some("2026-04-03T00:00:00Z")] {
        let (world, cut) = m69(closed_at);
        let line = world.line(&cut, None).unwrap();
        assert_eq!((line.accrue.minor(), line.flags.len()), (10_000, 0));
        assert_eq!(line.explanation[0].date.to_string(), "2026-03-31");
    }
}

#[test]
fn m69_a_receipt_counts_in_april_and_says_so_where_march_was_closed() {
    let (world, mut cut) = m69(Some("2026-04-01T12:00:00Z"));
    let line = world.line(&cut, None).unwrap();
    assert_eq!((line.accrue.minor(), line.flags[0].code.as_str()), (0, "LATE_CUTOFF"));
    (cut.first, cut.last) = ("2026-04-01".parse().unwrap(), "2026-04-30".parse().unwrap());
    let line = world.line(&cut, None).unwrap();
    assert_eq!((line.accrue.minor(), line.flags[0].code.as_str()), (10_000, "LATE_CUTOFF"));
}

#[test]
fn the_order_in_which_documents_are_told_does_not_matter() {
    let expected = m70().line(&cut(None), None);
    let mut world = m70();
    for _ in 0..world.receipts.len() {
        world.receipts.rotate_left(1);
        world.payables.reverse();
        assert_eq!(world.line(&cut(None), None), expected);
    }
}
