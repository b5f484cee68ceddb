use super::super::{Evaluation, Policy};
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;

static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::default_shipped().unwrap());

fn cents(value: i64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    /// Each unit of a prepayment is used once, and nothing is set off that is not asked for.
    #[test]
    fn no_more_is_set_off_than_was_paid_and_than_is_asked(
        nets in proptest::collection::vec((0usize..3, 1i64..100_000), 1..5),
        paid in proptest::collection::vec((0usize..3, 0i64..80_000, 0i64..=100), 0..6),
    ) {
        let lines: Vec<_> = nets.iter().enumerate().map(|(at, (order, net))| {
            json!({ "line_number": at + 1, "purchase_order_number": format!("PO-{order}"),
                "purchase_order_line": 10, "quantity": { "value": "1", "uom": "EA" },
                "unit_price": cents(*net), "net_amount": cents(*net) })
        }).collect();
        let orders: Vec<_> = (0..3).map(|it| {
            json!({ "number": format!("PO-{it}"), "supplier_id": "SUP-1", "currency": "USD",
                "status": "dispatched", "order_date": "2026-04-20", "lines": [{ "line_number": 10,
                "quantity": { "value": "9", "uom": "EA" }, "unit_price": "1.00" }] })
        }).collect();
        let used = |amount: i64, percent: i64| amount * percent / 100;
        let prepayments: Vec<_> = paid.iter().enumerate().map(|(at, (order, amount, percent))| {
            json!({ "invoice": format!("PRE-{at}"), "purchase_order_number": format!("PO-{order}"),
                "currency": "USD", "amount": cents(*amount),
                "applied": cents(used(*amount, *percent)) })
        }).collect();
        let gross: i64 = nets.iter().map(|it| it.1).sum();
        let question = json!({ "invoice": { "supplier_invoice_number": "INV-1",
            "supplier_id": "SUP-1", "invoice_date": "2026-05-04", "currency": "USD",
            "lines": lines, "gross_amount": cents(gross) },
            "purchase_orders": orders, "prepayments": prepayments });
        let question: Evaluation = serde_json::from_value(question).unwrap();
        let settlement = question.answer(&POLICY).unwrap().settlement;
        let billed = |order: usize| nets.iter().any(|it| it.0 == order);
        prop_assert_eq!(settlement.is_some(), paid.iter().any(|it| billed(it.0)));
        let Some(settlement) = settlement else { return Ok(()) };
        let read = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
        let mut by_order = [0; 3];
        for it in &settlement.prepayments {
            let at: usize = it.invoice.trim_start_matches("PRE-").parse().unwrap();
            let (order, amount, percent) = paid[at];
            let applied = read(&it.amount);
            prop_assert!(applied > 0 && applied <= amount - used(amount, percent));
            by_order[order] += applied;
        }
        for (order, applied) in by_order.into_iter().enumerate() {
            let asked: i64 = nets.iter().filter(|it| it.0 == order).map(|it| it.1).sum();
            let open: i64 = paid.iter().filter(|it| it.0 == order)
                .map(|it| it.1 - used(it.1, it.2)).sum();
            prop_assert_eq!(applied, if billed(order) { asked.min(open) } else { 0 });
        }
        let applied: i64 = by_order.iter().sum();
        prop_assert_eq!(read(&settlement.payable), gross - applied);
    }
}
