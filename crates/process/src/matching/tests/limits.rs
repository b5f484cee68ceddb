//! A20.5, continued: the limits that need other facts than an order and its receipt.

use super::super::{Evaluation, Key, OnBreach, Policy, PolicyDocument};
use super::boundary;
use super::world::{cents, many, shipped};
use canonical::{CheckResult, MatchResult, Outcome};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the limits of a row count.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    /// Cents.
    Amount,
    /// Whole percents.
    Percent,
    /// Days, or dollars times days.
    Whole,
}

/// Which of the two sides of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Upper,
    Lower,
}

use Of::{Amount, Percent, Whole};
use Side::{Lower, Upper};

/// How a document reaches a limit of `size`, and passes it by `step` smallest steps.
type Reach = fn(size: i64, step: i64) -> Value;

const LIMITS: [(Key, Side, Of, Reach); 22] = [
    (Key::QtyOverUsed, Upper, Amount, |size, step| used(PLENTY + size + step)),
    (Key::QtyOverUsed, Upper, Percent, |size, step| used(PLENTY + size * PERCENT + step)),
    (Key::AmountNoPo, Upper, Amount, |size, step| without_order(size + step)),
    (Key::TaxOver, Upper, Amount, |size, step| taxed(PLENTY + size + step)),
    (Key::TaxOver, Upper, Percent, |size, step| taxed(PLENTY + size * PERCENT + step)),
    (Key::TaxUnder, Upper, Amount, |size, step| taxed(PLENTY - size - step)),
    (Key::TaxUnder, Upper, Percent, |size, step| taxed(PLENTY - size * PERCENT - step)),
    (Key::DateEarly, Upper, Whole, |size, step| early(size * 100 + step)),
    (Key::BlanketValue, Upper, Amount, |size, step| blanket(size + step)),
    (Key::BlanketValue, Upper, Percent, |size, step| blanket(size * PERCENT + step)),
    (Key::BlanketDate, Upper, Whole, |size, step| valid("valid_to", -size - step)),
    (Key::BlanketDate, Lower, Whole, |size, step| valid("valid_from", size + step)),
    (Key::FxRate, Upper, Percent, |size, step| at_rate(PLENTY + size * PERCENT + step)),
    (Key::FxRate, Lower, Percent, |size, step| at_rate(PLENTY - size * PERCENT - step)),
    (Key::MapImpact, Upper, Percent, |size, step| on_hand(size * PERCENT + step)),
    (Key::MapImpact, Lower, Percent, |size, step| on_hand(-size * PERCENT - step)),
    (Key::OpuRatio, Upper, Percent, |size, step| weighed(PLENTY + size * PERCENT + step)),
    (Key::OpuRatio, Lower, Percent, |size, step| weighed(PLENTY - size * PERCENT - step)),
    (Key::ContractPrice, Upper, Amount, |size, step| agreed(PLENTY + size + step)),
    (Key::ContractPrice, Upper, Percent, |size, step| agreed(PLENTY + size * PERCENT + step)),
    (Key::ContractPrice, Lower, Amount, |size, step| agreed(PLENTY - size - step)),
    (Key::ShelfLife, Upper, Whole, |size, step| short_lived(size + step)),
];

/// What variances are measured against: a million cents, or millionths.
const PLENTY: i64 = 1_000_000;
const PERCENT: i64 = PLENTY / 100;
const DAY: Date = date(2026, 5, 4);

/// One thing ordered and billed for so many cents.
fn bill(net: i64) -> Value {
    let one = json!({ "value": "1", "uom": "EA" });
    json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": DAY, "currency": "USD", "gross_amount": cents(net),
            "lines": [{ "line_number": 1, "purchase_order_number": "PO-9", "item_id": "GLV",
                "purchase_order_line": 10, "quantity": one, "unit_price": cents(net),
                "net_amount": cents(net) }] },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20",
            "lines": [{ "line_number": 10, "item_id": "GLV", "quantity": one,
                "unit_price": cents(net), "match_mode": "two_way" }] }],
        "receipts": [{ "number": "R-1", "purchase_order_number": "PO-9",
            "purchase_order_line": 10, "quantity": one, "effective_at": "2026-05-01T10:00:00Z" }],
        "items": [{ "id": "GLV", "base_uom": "EA" }],
    })
}

/// So many pieces at a cent, of a million that were used.
fn used(count: i64) -> Value {
    let mut it = bill(count);
    it["invoice"]["lines"][0]["quantity"]["value"] = json!(count.to_string());
    it["invoice"]["lines"][0]["unit_price"] = json!("0.01");
    it["purchase_orders"][0]["kind"] = json!("consignment_fill");
    it["purchase_orders"][0]["lines"][0]["unit_price"] = json!("0.01");
    it["purchase_orders"][0]["lines"][0]["match_mode"] = json!("three_way");
    it["usages"] = json!([{ "number": "USE-1", "supplier_id": "SUP-1", "item_id": "GLV",
        "purchase_order_number": "PO-9", "purchase_order_line": 10, "used_on": "2026-05-02",
        "quantity": { "value": PLENTY.to_string(), "uom": "EA" }, "attested": true }]);
    it
}

fn without_order(net: i64) -> Value {
    let mut it = bill(net);
    it["invoice"]["kind"] = json!("non_po");
    it["invoice"]["lines"][0] = json!({ "line_number": 1, "unit_price": cents(net),
        "quantity": { "value": "1", "uom": "EA" }, "net_amount": cents(net),
        "cost_center_id": "CC-1" });
    it["purchase_orders"] = json!([]);
    it["receipts"] = json!([]);
    it
}

/// So much tax, where a million cents are due.
fn taxed(tax: i64) -> Value {
    let mut it = bill(PLENTY * 10);
    it["invoice"]["tax_amount"] = json!(cents(tax));
    it["invoice"]["gross_amount"] = json!(cents(PLENTY * 10 + tax));
    it["tax_rules"] = json!([{ "jurisdiction": "US-IL", "rate_percent": "10" }]);
    it
}

/// So many cents, a day before it is due.
fn early(net: i64) -> Value {
    let mut it = bill(net);
    it["purchase_orders"][0]["lines"][0]["promised_date"] = json!(DAY + 1.day());
    it
}

/// So many cents over the limit of a blanket order.
fn blanket(over: i64) -> Value {
    let mut it = bill(1_000);
    it["purchase_orders"][0]["kind"] = json!("blanket");
    it["purchase_orders"][0]["limit_amount"] = json!(cents(PLENTY));
    it["purchase_orders"][0]["released_amount"] = json!(cents(PLENTY + over - 1_000));
    it
}

/// A blanket order whose first or last day is so many days from the invoice's.
fn valid(end: &str, days: i64) -> Value {
    let mut it = bill(1_000);
    it["purchase_orders"][0]["kind"] = json!("blanket");
    it["purchase_orders"][0][end] = json!(DAY + days.days());
    it
}

fn millionths(value: i64) -> String {
    format!("{}.{:06}", value / PLENTY, value % PLENTY)
}

/// Accrued at a rate of one, and billed at so many millionths.
fn at_rate(rate: i64) -> Value {
    let mut it = bill(PLENTY);
    it["invoice"]["currency"] = json!("EUR");
    it["invoice"]["exchange_rate"] = json!(millionths(rate));
    it["purchase_orders"][0]["currency"] = json!("EUR");
    it["receipts"][0]["exchange_rate"] = json!("1");
    it
}

/// So many cents of price variance on stock that is worth a million.
fn on_hand(variance: i64) -> Value {
    let mut it = bill(PLENTY * 2 + variance);
    it["purchase_orders"][0]["lines"][0]["unit_price"] = json!(cents(PLENTY * 2));
    it["balances"] = json!([{ "item_id": "GLV", "quantity": { "value": "1", "uom": "EA" },
        "value": cents(PLENTY), "currency": "USD" }]);
    it
}

/// A piece of so many millionths of a KG, where one KG was ordered.
fn weighed(weight: i64) -> Value {
    let mut it = bill(1_000);
    let weighs = |it: i64| json!({ "value": millionths(it), "uom": "KG" });
    it["purchase_orders"][0]["lines"][0]["pricing_quantity"] = weighs(PLENTY);
    it["invoice"]["lines"][0]["pricing_quantity"] = weighs(weight);
    it
}

/// So many cents, where the contract says a million.
fn agreed(net: i64) -> Value {
    let mut it = bill(net);
    it["contracts"] = json!([{ "number": "C-1", "supplier_id": "SUP-1", "currency": "USD",
        "valid_from": "2026-01-01", "prices": [{ "item_id": "GLV", "uom": "EA",
            "unit_price": cents(PLENTY), "valid_from": "2026-01-01" }] }]);
    it
}

/// Goods with so many days of life less than are needed.
fn short_lived(days: i64) -> Value {
    const NEEDED: i64 = 1_000;
    let mut it = bill(1_000);
    it["items"][0]["minimum_shelf_days"] = json!(NEEDED);
    it["receipts"][0]["expires_on"] = json!(date(2026, 5, 1) + (NEEDED - days).days());
    it
}

/// The shipped policy with nothing limited but this, and a breach of it blocks.
fn policy((key, side, of, _reach): (Key, Side, Of, Reach), size: i64) -> Policy {
    let mut document: PolicyDocument = shipped().document().clone();
    for row in &mut document.rows {
        for side in [&mut row.upper, &mut row.lower] {
            (side.abs, side.pct) = ("unchecked".to_owned(), "unchecked".to_owned());
        }
        if row.key == key.as_str() {
            row.on_breach = OnBreach::Block;
            let side = if side == Upper { &mut row.upper } else { &mut row.lower };
            match of {
                Amount => side.abs = cents(size),
                Percent => side.pct = size.to_string(),
                Whole => side.abs = size.to_string(),
            }
        }
    }
    Policy::new(document).unwrap()
}

fn breached(result: &MatchResult, key: Key) -> bool {
    let lines = result.lines.iter().flat_map(|it| &it.checks);
    let mut checks = lines.chain(&result.checks).filter(|it| it.key() == key.as_str());
    checks.any(|it| it.result() == CheckResult::Breach)
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn other_limits_are_inside_and_the_smallest_step_more_is_not(
        place in 0..LIMITS.len(), amount in 1i64..100_000, percent in 1i64..90,
        whole in 1i64..300, over in any::<bool>(),
    ) {
        let (key, side, of, reach) = LIMITS[place];
        let size = match of { Amount => amount, Percent => percent, Whole => whole };
        let question = reach(size, i64::from(over));
        let request: Evaluation = serde_json::from_value(question).unwrap();
        let result = request.answer(&policy(LIMITS[place], size)).unwrap();
        let words = || format!("{key} {side:?} {of:?} {size}: {result:?}");
        prop_assert_eq!(breached(&result, key), over, "{}", words());
        let is_fine = result.outcome <= Outcome::MatchedWithinTolerance;
        prop_assert_eq!(is_fine, !over, "{}", words());
    }
}

#[test]
fn every_key_is_tried_at_its_limit() {
    let tried: Vec<Key> = boundary::keys().chain(LIMITS.iter().map(|it| it.0)).collect();
    for key in Key::ALL {
        assert!(tried.contains(key), "{key}: no document reaches its limit");
    }
}
