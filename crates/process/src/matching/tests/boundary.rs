//! A20.5: for every limit, a variance that equals it passes, and one minor unit or a millionth of a
//! unit more breaches.

use super::super::{Evaluation, Key, Policy, PolicyDocument};
use super::world::{cents, many, shipped};
use canonical::{MatchResult, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A limit, and how a document reaches it.
#[derive(Clone, Copy, Debug)]
struct Limit {
    key: Key,
    side: Side,
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Upper,
    Lower,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    /// Cents.
    Amount,
    /// Whole percents; goods over by them are over by a millionth of a unit more.
    Percent,
}

const fn limit(key: Key, side: Side, of: Of) -> Limit {
    Limit { key, side, of }
}

const LIMITS: [Limit; 20] = [
    limit(Key::PriceUnit, Side::Upper, Of::Amount),
    limit(Key::PriceUnit, Side::Lower, Of::Amount),
    limit(Key::PriceUnit, Side::Upper, Of::Percent),
    limit(Key::PriceUnit, Side::Lower, Of::Percent),
    limit(Key::PriceEstimated, Side::Upper, Of::Amount),
    limit(Key::PriceEstimated, Side::Upper, Of::Percent),
    limit(Key::QtyOverOrdered, Side::Upper, Of::Amount),
    limit(Key::QtyOverOrdered, Side::Upper, Of::Percent),
    limit(Key::QtyNoReceipt, Side::Upper, Of::Amount),
    limit(Key::QtyOverReceived, Side::Upper, Of::Amount),
    limit(Key::QtyOverReceived, Side::Upper, Of::Percent),
    limit(Key::QtyOverAccepted, Side::Upper, Of::Amount),
    limit(Key::QtyOverAccepted, Side::Upper, Of::Percent),
    limit(Key::AmountLine, Side::Upper, Of::Amount),
    limit(Key::AmountLine, Side::Upper, Of::Percent),
    limit(Key::AmountPoItem, Side::Upper, Of::Amount),
    limit(Key::ChargePlanned, Side::Upper, Of::Amount),
    limit(Key::ChargeUnplanned, Side::Upper, Of::Amount),
    limit(Key::DocBalance, Side::Upper, Of::Amount),
    limit(Key::DocBalance, Side::Lower, Of::Amount),
];

/// The keys that are tried here; the others are in [`super::limits`].
pub(super) fn keys() -> impl Iterator<Item = Key> {
    LIMITS.iter().map(|it| it.key)
}

/// The shipped policy with nothing limited but this, and goods without any receipt.
fn policy(limit: Limit, size: i64) -> Policy {
    let mut document: PolicyDocument = shipped().document().clone();
    let unchecked = || "unchecked".to_owned();
    for row in &mut document.rows {
        for side in [&mut row.upper, &mut row.lower] {
            (side.abs, side.pct) = (unchecked(), unchecked());
        }
        if row.key == Key::QtyNoReceipt.as_str() {
            // unlimited, it would tolerate whatever was received
            row.upper.abs = "0".to_owned();
        }
        if row.key == limit.key.as_str() {
            let side = if limit.side == Side::Upper { &mut row.upper } else { &mut row.lower };
            match limit.of {
                Of::Amount => side.abs = cents(size),
                Of::Percent => side.pct = size.to_string(),
            }
        }
    }
    Policy::new(document).unwrap()
}

/// What is billed, ordered, received and accepted, in millionths of a KG, at a price in cents.
struct Goods {
    billed: i64,
    ordered: i64,
    received: Option<i64>,
    accepted: Option<i64>,
    order_price: i64,
    price: i64,
}

const KG: i64 = 1_000_000;
/// More than any case bills.
const PLENTY: i64 = 1_000_000 * KG;

impl Goods {
    /// So much of everything.
    fn of(quantity: i64, price: i64) -> Self {
        Self {
            billed: quantity,
            ordered: quantity,
            received: Some(quantity),
            accepted: Some(quantity),
            order_price: price,
            price,
        }
    }
}

fn weight(millionths: i64) -> Value {
    let value = format!("{}.{:06}", millionths / KG, millionths % KG);
    json!({ "value": value, "uom": "KG" })
}

/// Goods whose variance is the limit, and by the smallest step more where `over` says so.
fn goods(limit: Limit, size: i64, over: bool) -> Goods {
    let step = i64::from(over);
    let by_price = |order_price: i64, variance: i64| {
        let signed = if limit.side == Side::Upper { variance } else { -variance };
        Goods { price: order_price + signed, order_price, ..Goods::of(KG, 0) }
    };
    // at a cent each so many pieces over, or so many percent of a hundred KG
    let (base, billed, price) = match limit.of {
        Of::Amount => (KG, KG * (1 + size + step), 1),
        Of::Percent => (100 * KG, (100 + size) * KG + step, 100),
    };
    let plenty = || Goods { billed, ..Goods::of(PLENTY, price) };
    match (limit.key, limit.of) {
        (Key::PriceUnit | Key::PriceEstimated | Key::AmountLine, Of::Amount) => {
            by_price(200_000, size + step)
        }
        (Key::PriceUnit | Key::PriceEstimated | Key::AmountLine, Of::Percent) => {
            by_price(1_000_000, size * 10_000 + step)
        }
        (Key::QtyOverOrdered, _) => Goods { ordered: base, ..plenty() },
        (Key::QtyOverReceived, _) => Goods { received: Some(base), ..plenty() },
        (Key::QtyOverAccepted, _) => Goods { accepted: Some(base), ..plenty() },
        (Key::QtyNoReceipt, _) => {
            Goods { billed: KG * (size + step), received: None, accepted: None, ..plenty() }
        }
        (Key::AmountPoItem, _) => Goods::of(KG, size + step),
        _of_the_document => Goods::of(KG, 1_000),
    }
}

fn question(limit: Limit, size: i64, over: bool) -> Value {
    let goods = goods(limit, size, over);
    let more = size + i64::from(over);
    let net = (i128::from(goods.billed) * i128::from(goods.price) * 2 + i128::from(KG))
        / (2 * i128::from(KG));
    let net = i64::try_from(net).unwrap();
    let (charge, planned) = match limit.key {
        Key::ChargePlanned => (1_000 + more, Some(1_000)),
        Key::ChargeUnplanned => (more, None),
        _no_charge => (0, None),
    };
    let off = match (limit.key, limit.side) {
        (Key::DocBalance, Side::Upper) => more,
        (Key::DocBalance, Side::Lower) => -more,
        _balanced => 0,
    };
    // a document that asks for less than nothing is none
    let freight = if off < 0 { more } else { charge };
    let planned = if off < 0 { Some(more) } else { planned };
    let mode = match limit.key {
        Key::QtyOverAccepted => "four_way",
        Key::QtyOverReceived | Key::QtyNoReceipt => "three_way",
        _two_way => "two_way",
    };
    let basis = if limit.key == Key::AmountLine { "amount" } else { "quantity" };
    let receipts: Vec<Value> = goods
        .received
        .map(|it| {
            json!({ "number": "R-1", "purchase_order_number": "PO-9", "purchase_order_line": 10,
                "quantity": weight(it), "effective_at": "2026-05-01T10:00:00Z",
                "accepted": goods.accepted.map(weight) })
        })
        .into_iter()
        .collect();
    let planned: Vec<Value> =
        planned.map(|it| json!({ "type": "freight", "amount": cents(it) })).into_iter().collect();
    json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD",
            "gross_amount": cents(net + freight + off),
            "charges": [{ "type": "freight", "amount": cents(freight) }],
            "lines": [{ "line_number": 1, "purchase_order_number": "PO-9",
                "purchase_order_line": 10, "quantity": weight(goods.billed),
                "unit_price": cents(goods.price), "net_amount": cents(net) }] },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "planned_charges": planned,
            "lines": [{ "line_number": 10, "quantity": weight(goods.ordered),
                "unit_price": cents(goods.order_price), "match_mode": mode, "match_basis": basis,
                "price_is_estimated": limit.key == Key::PriceEstimated }] }],
        "receipts": receipts,
    })
}

fn answer(limit: Limit, size: i64, over: bool) -> MatchResult {
    let request: Evaluation = serde_json::from_value(question(limit, size, over)).unwrap();
    request.answer(&policy(limit, size)).unwrap()
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn a_limit_is_inside_and_the_smallest_step_more_is_not(
        place in 0..LIMITS.len(), amount in 1i64..100_000, percent in 1i64..90,
        over in any::<bool>(),
    ) {
        let limit = LIMITS[place];
        let size = if limit.of == Of::Amount { amount } else { percent };
        let result = answer(limit, size, over);
        let told = result.reasons.iter().any(|it| it.key.as_deref() == Some(limit.key.as_str()));
        prop_assert_eq!(told, over, "{:?} {}: {:?}", limit, size, result.reasons);
        let is_fine = result.outcome <= Outcome::MatchedWithinTolerance;
        prop_assert_eq!(is_fine, !over, "{:?} {}: {:?}", limit, size, result.reasons);
    }
}
