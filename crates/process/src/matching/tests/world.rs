//! Random questions to the engine: a world in whole base units and cents, from which an invoice and
//! its facts are written in any unit and any order.

use super::super::{Claim, Facts, Policy, evaluate};
use canonical::{
    Decimal, Invoice, InvoiceLine, Item, MatchMode, MatchResult, PurchaseOrder, PurchaseOrderLine,
    Quantity, Receipt, Return,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::sync::LazyLock;

/// So often each property is tried.
pub(super) fn many() -> ProptestConfig {
    ProptestConfig::with_cases(10_000)
}

const UNITS: [(&str, i64); 3] = [("EA", 1), ("BX", 10), ("CS", 120)];

/// One case in whole base units and cents.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// Ordered and the price of a base unit in cents, by order line 10, 20, 30.
    pub(super) ordered: Vec<(i64, i64)>,
    /// Order line, quantity, price in cents, and whether the line states the order line.
    pub(super) billed: Vec<(usize, i64, i64, bool)>,
    /// Order line and quantity.
    pub(super) received: Vec<(usize, i64)>,
    pub(super) returned: Vec<(usize, i64)>,
    pub(super) claimed: Vec<(usize, i64)>,
    pub(super) accepted: bool,
    pub(super) mode: MatchMode,
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let place = 0usize..3;
    (
        proptest::collection::vec((1i64..200, 0i64..2_000), 3),
        proptest::collection::vec((place.clone(), 0i64..150, 0i64..2_000, any::<bool>()), 1..6),
        proptest::collection::vec((place.clone(), 1i64..150), 0..5),
        proptest::collection::vec((place.clone(), 1i64..20), 0..2),
        proptest::collection::vec((place, 1i64..80), 0..3),
        any::<bool>(),
        prop_oneof![Just(MatchMode::TwoWay), Just(MatchMode::ThreeWay), Just(MatchMode::FourWay)],
        any::<bool>(),
    )
        .prop_map(
            |(ordered, mut billed, received, returned, claimed, accepted, mode, fair)| {
                for it in billed.iter_mut().filter(|_| fair) {
                    // near the order's price, so that limits decide
                    it.2 = ordered[it.0].1 + it.2 % 20;
                }
                World { ordered, billed, received, returned, claimed, accepted, mode }
            },
        )
}

/// A world whose lines all state their order line.
pub(super) fn stated() -> impl Strategy<Value = World> {
    world().prop_map(|mut world| {
        world.billed.iter_mut().for_each(|it| it.3 = true);
        world
    })
}

pub(super) fn cents(value: i64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// So many cents as an amount.
pub(super) fn money(value: i64) -> Decimal {
    Decimal::new(value.into(), 2).unwrap()
}

/// The largest unit that holds `value` base units whole, where `other` asks for another than the
/// base unit, with its size.
fn unit(value: i64, other: bool) -> (&'static str, i64) {
    let fits = |it: &&(&str, i64)| other && value % it.1 == 0;
    *UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0])
}

/// `value` base units in the unit of [`unit`].
pub(super) fn quantity(value: i64, other: bool) -> Quantity {
    let (uom, size) = unit(value, other);
    let value = Decimal::new((value / size).into(), 0).unwrap();
    Quantity { value, uom: uom.parse().unwrap() }
}

/// Documents with what is the same in every case.
#[derive(Deserialize)]
struct Blank {
    invoice: Invoice,
    invoice_line: InvoiceLine,
    order: PurchaseOrder,
    order_line: PurchaseOrderLine,
    receipt: Receipt,
    returned: Return,
    claim: Claim,
    item: Item,
}

static BLANK: LazyLock<Blank> = LazyLock::new(|| {
    let one = json!({ "value": "1", "uom": "EA" });
    let moved = json!({ "number": "M", "purchase_order_number": "PO-9", "quantity": one,
        "purchase_order_line": 10, "effective_at": "2026-05-01T10:00:00Z" });
    let packaging: Vec<_> = UNITS[1..]
        .iter()
        .map(|(uom, size)| json!({ "uom": uom, "numerator": size.to_string(), "denominator": "1" }))
        .collect();
    let blank = json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1", "lines": [],
            "invoice_date": "2026-05-04", "currency": "USD", "gross_amount": "0.00" },
        "invoice_line": { "line_number": 1, "purchase_order_number": "PO-9", "item_id": "GLV",
            "quantity": one, "unit_price": "0.00", "net_amount": "0.00" },
        "order": { "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD", "lines": [],
            "status": "dispatched", "order_date": "2026-04-20" },
        "order_line": { "line_number": 10, "item_id": "GLV", "quantity": one, "unit_price": "0" },
        "receipt": moved, "returned": moved,
        "claim": { "invoice": "INV-70", "purchase_order_number": "PO-9", "purchase_order_line": 10,
            "quantity": one },
        "item": { "id": "GLV", "base_uom": "EA", "indivisible": true, "packaging": packaging },
    });
    serde_json::from_value(blank).unwrap()
});

static SHIPPED: LazyLock<Policy> = LazyLock::new(|| Policy::default_shipped().unwrap());

pub(super) fn shipped() -> &'static Policy {
    &SHIPPED
}

fn line_number(place: usize) -> u32 {
    u32::try_from((place + 1) * 10).unwrap()
}

/// A claim of a booked invoice.
pub(super) fn claim(place: usize, quantity: Quantity) -> Claim {
    Claim { purchase_order_line: line_number(place), quantity, ..BLANK.claim.clone() }
}

impl World {
    /// The invoice, in other units where these hold its quantities whole.
    pub(super) fn invoice(&self, restated: bool) -> Invoice {
        let line = |(place, billed): (usize, &(usize, i64, i64, bool))| {
            let (line, count, price, stated) = *billed;
            InvoiceLine {
                line_number: u32::try_from(place + 1).unwrap(),
                purchase_order_line: stated.then(|| line_number(line)),
                quantity: quantity(count, restated),
                unit_price: money(price * unit(count, restated).1),
                net_amount: money(count * price),
                ..BLANK.invoice_line.clone()
            }
        };
        let gross = self.billed.iter().map(|it| it.1 * it.2).sum();
        let lines = self.billed.iter().enumerate().map(line).collect();
        Invoice { lines, gross_amount: money(gross), ..BLANK.invoice.clone() }
    }

    /// The order, in other units where these hold its quantities whole.
    pub(super) fn order(&self, restated: bool) -> PurchaseOrder {
        let line = |(place, (count, price)): (usize, &(i64, i64))| PurchaseOrderLine {
            line_number: line_number(place),
            quantity: quantity(*count, restated),
            unit_price: money(price * unit(*count, restated).1),
            match_mode: Some(self.mode),
            requested_date: Some(format!("2026-05-0{}", 3 - place).parse().unwrap()),
            ..BLANK.order_line.clone()
        };
        let lines = self.ordered.iter().enumerate().map(line).collect();
        PurchaseOrder { lines, ..BLANK.order.clone() }
    }

    /// The facts; `restated` writes what moved in another unit where it can.
    pub(super) fn facts(&self, restated: bool) -> Facts {
        let receipt = |(place, (line, count)): (usize, &(usize, i64))| Receipt {
            number: format!("R-{place}").parse().unwrap(),
            purchase_order_line: line_number(*line),
            quantity: quantity(*count, restated),
            accepted: self.accepted.then(|| quantity(*count, restated)),
            ..BLANK.receipt.clone()
        };
        let back = |(place, (line, count)): (usize, &(usize, i64))| Return {
            number: format!("RT-{place}").parse().unwrap(),
            purchase_order_line: line_number(*line),
            quantity: quantity(*count, restated),
            ..BLANK.returned.clone()
        };
        let claims = self.claimed.iter().map(|it| claim(it.0, quantity(it.1, restated)));
        Facts {
            purchase_orders: vec![self.order(false)],
            receipts: self.received.iter().enumerate().map(receipt).collect(),
            returns: self.returned.iter().enumerate().map(back).collect(),
            claims: claims.collect(),
            items: vec![BLANK.item.clone()],
            ..Facts::default()
        }
    }

    pub(super) fn answer(&self, policy: &Policy) -> MatchResult {
        evaluate(&self.invoice(false), &self.facts(false), policy)
    }
}

/// Another order of the same things, drawn from a seed.
pub(super) fn shuffle<T>(list: &mut [T], mut seed: u64) {
    for last in (1..list.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(seed >> 33).unwrap() % (last + 1);
        list.swap(last, place);
    }
}

/// All facts in another order.
pub(super) fn shuffled(mut facts: Facts, seed: u64) -> Facts {
    shuffle(&mut facts.receipts, seed);
    shuffle(&mut facts.returns, seed ^ 1);
    shuffle(&mut facts.claims, seed ^ 2);
    shuffle(&mut facts.credits, seed ^ 3);
    for order in &mut facts.purchase_orders {
        shuffle(&mut order.lines, seed ^ 4);
    }
    facts
}
