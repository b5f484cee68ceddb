use super::*;
use serde_json::{Value, json};

fn question(lines: &Value, basis: &str) -> LandedCostQuestion {
    serde_json::from_value(json!({
        "reference": "FRT-889", "cost": { "amount": "200.00", "currency": "USD" },
        "posting_date": "2026-03-20", "basis": basis, "lines": lines,
    }))
    .unwrap()
}

fn line(number: u32, more: &Value) -> Value {
    let mut line = json!({
        "purchase_order_number": "PO-9", "purchase_order_line": number, "quantity": "20",
        "on_hand": "8", "value": "600.00",
    });
    for (key, value) in more.as_object().unwrap() {
        line[key] = value.clone();
    }
    line
}

fn periods() -> Vec<FiscalPeriod> {
    serde_json::from_value(json!([
        { "from": "2026-03-01", "to": "2026-03-31", "state": "closed" },
        { "from": "2026-04-01", "to": "2026-04-30", "state": "open" },
    ]))
    .unwrap()
}

fn allocated(lines: &Value, basis: &str) -> LandedCostAllocation {
    question(lines, basis).allocate("lca_1", &periods()).unwrap()
}

fn told(allocation: &LandedCostAllocation) -> Vec<String> {
    let lines = allocation.journal.lines.iter();
    lines.map(|it| format!("{:?} {:?} {}", it.side, it.role, it.amount.amount_text())).collect()
}

#[test]
fn m68_what_is_on_hand_goes_to_inventory_and_what_was_consumed_to_expense_in_april() {
    let allocation = allocated(&json!([line(10, &json!({}))]), "value");
    assert_eq!(
        told(&allocation),
        ["Debit Inventory 80.00", "Debit Expense 120.00", "Credit Charges 200.00"]
    );
    assert_eq!(allocation.journal.period.to_string(), "2026-04");
    assert_eq!(allocation.posting_date.to_string(), "2026-04-01");
    assert_eq!(allocation.moved_from.unwrap().to_string(), "2026-03-20");
}

#[test]
fn cost_centres_bear_what_they_consumed() {
    let consumed = json!([{ "cost_center_id": "CC-1", "quantity": "9" }]);
    let allocation = allocated(&json!([line(10, &json!({ "consumed_by": consumed }))]), "value");
    let expense: Vec<_> =
        allocation.journal.lines.iter().filter(|it| it.role == AccountRole::Expense).collect();
    assert_eq!(expense[0].amount.amount_text(), "90.00");
    assert_eq!(expense[0].cost_center_id.as_ref().unwrap().as_str(), "CC-1");
    assert_eq!(
        (expense[1].amount.amount_text(), &expense[1].cost_center_id),
        ("30.00".into(), &None)
    );
}

#[test]
fn lines_share_by_value_weight_or_quantity_and_lose_no_cent() {
    let lines = json!([
        line(10, &json!({ "weight": "1", "value": "100.00" })),
        line(20, &json!({ "weight": "2", "value": "200.00", "quantity": "10" })),
        line(30, &json!({ "weight": "3", "value": "400.00", "quantity": "30" })),
    ]);
    for (basis, expected) in [
        ("value", ["28.57", "57.14", "114.29"]),
        ("weight", ["33.33", "66.67", "100.00"]),
        ("quantity", ["66.67", "33.33", "100.00"]),
    ] {
        let allocation = allocated(&lines, basis);
        let amounts: Vec<_> = allocation.items.iter().map(|it| it.amount.amount_text()).collect();
        assert_eq!(amounts, expected, "{basis}");
        let sum: i128 = allocation.items.iter().map(|it| it.amount.minor()).sum();
        assert_eq!(sum, 20_000);
        for it in &allocation.items {
            assert_eq!(it.amount.minor(), it.inventory.minor() + it.expense.minor());
        }
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    let lines = json!([line(10, &json!({ "on_hand": "21", "value": null }))]);
    let error = question(&lines, "value").allocate("lca_1", &[]).unwrap_err();
    let pointers: Vec<_> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["/lines/0/on_hand", "/lines/0/value"]);
    let mut closed = periods();
    closed[1].state = canonical::PeriodState::Closed;
    let asked = question(&json!([line(10, &json!({}))]), "value");
    assert_eq!(asked.allocate("lca_1", &closed).unwrap_err().kind(), canonical::Kind::Conflict);
}
