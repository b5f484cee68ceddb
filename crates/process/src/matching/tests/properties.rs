//! What must hold for every invoice (`domain.md` A20). A failing case prints its seed and shrinks.

use super::super::{Evaluation, Policy, PolicyDocument};
use canonical::{Code, Exact, MatchResult, Money, Outcome};
use num_traits::Zero;
use proptest::prelude::*;
use serde_json::{Value, json};

const UNITS: [(&str, i64); 3] = [("EA", 1), ("BX", 10), ("CS", 120)];

/// One case in whole base units and cents, from which a request is written in any unit.
#[derive(Clone, Debug)]
struct World {
    /// Ordered and the price of a base unit in cents, by order line 10, 20, 30.
    ordered: Vec<(i64, i64)>,
    /// Order line, quantity, price in cents, and whether the line states the order line.
    billed: Vec<(usize, i64, i64, bool)>,
    /// Order line and quantity.
    received: Vec<(usize, i64)>,
    returned: Vec<(usize, i64)>,
    claimed: Vec<(usize, i64)>,
    accepted: bool,
    mode: &'static str,
}

fn world() -> impl Strategy<Value = World> {
    let place = 0usize..3;
    (
        proptest::collection::vec((1i64..200, 0i64..2_000), 3),
        proptest::collection::vec((place.clone(), 0i64..150, 0i64..2_000, any::<bool>()), 1..6),
        proptest::collection::vec((place.clone(), 1i64..150), 0..5),
        proptest::collection::vec((place.clone(), 1i64..20), 0..2),
        proptest::collection::vec((place, 1i64..80), 0..3),
        any::<bool>(),
        prop_oneof![Just("two_way"), Just("three_way"), Just("four_way")],
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

fn cents(value: i64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// `value` base units in the largest unit that holds them whole, where `other` asks for that.
fn quantity(value: i64, other: bool) -> Value {
    let fits = |it: &&(&str, i64)| other && value % it.1 == 0;
    let (uom, size) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
    json!({ "value": (value / size).to_string(), "uom": uom })
}

/// The request; `restated` writes every quantity that allows it in another unit.
fn request(world: &World, restated: bool, reversed: bool) -> Value {
    let number = |place: usize| (place + 1) * 10;
    let moved = |name: &str, list: &[(usize, i64)]| -> Vec<Value> {
        let one = |(place, (line, count)): (usize, &(usize, i64))| {
            let mut it = json!({ "purchase_order_number": "PO-9", "effective_at":
                "2026-05-01T10:00:00Z", "purchase_order_line": number(*line),
                "number": format!("{name}-{place}"), "quantity": quantity(*count, restated) });
            if name == "R" && world.accepted {
                it["accepted"] = quantity(*count, restated);
            }
            it
        };
        list.iter().enumerate().map(one).collect()
    };
    let claims = world.claimed.iter().map(|(line, count)| {
        json!({ "invoice": "INV-70", "purchase_order_number": "PO-9",
            "purchase_order_line": number(*line), "quantity": quantity(*count, restated) })
    });
    let claims: Vec<Value> = claims.collect();
    let order_lines: Vec<Value> = world
        .ordered
        .iter()
        .enumerate()
        .map(|(place, (count, price))| {
            json!({ "line_number": number(place), "item_id": "GLV", "unit_price": cents(*price),
            "quantity": { "value": count.to_string(), "uom": "EA" }, "match_mode": world.mode,
            "requested_date": format!("2026-05-0{}", 3 - place) })
        })
        .collect();
    let mut gross = 0;
    let mut lines: Vec<Value> = world
        .billed
        .iter()
        .enumerate()
        .map(|(place, billed)| {
            let (line, count, price, stated) = *billed;
            gross += count * price;
            let order_line = stated.then_some(number(line));
            json!({ "line_number": place + 1, "purchase_order_number": "PO-9", "item_id": "GLV",
            "purchase_order_line": order_line, "net_amount": cents(count * price),
            "quantity": { "value": count.to_string(), "uom": "EA" }, "unit_price": cents(price) })
        })
        .collect();
    if reversed {
        lines.reverse();
    }
    let packaging: Vec<Value> = UNITS[1..]
        .iter()
        .map(|(uom, size)| json!({ "uom": uom, "numerator": size.to_string(), "denominator": "1" }))
        .collect();
    json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "lines": lines,
            "gross_amount": cents(gross) },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "lines": order_lines }],
        "receipts": moved("R", &world.received), "returns": moved("RT", &world.returned),
        "claims": claims,
        "items": [{ "id": "GLV", "base_uom": "EA", "indivisible": true, "packaging": packaging }]
    })
}

fn answer_of(request: Value, policy: &Policy) -> MatchResult {
    serde_json::from_value::<Evaluation>(request).unwrap().answer(policy).unwrap()
}

fn answer(world: &World, policy: &Policy) -> MatchResult {
    answer_of(request(world, false, false), policy)
}

fn shipped() -> Policy {
    Policy::default_shipped().unwrap()
}

/// The same policy with one limit wider by so many cents or percent.
fn widened(row: usize, abs: bool, by: i64) -> Policy {
    let mut document: PolicyDocument = shipped().document().clone();
    let count = document.rows.len();
    let side = &mut document.rows[row % count].upper;
    let limit = if abs { &mut side.abs } else { &mut side.pct };
    if limit != "unchecked" {
        let wider =
            limit.parse::<canonical::Decimal>().unwrap().exact() + Exact::from_integer(by.into());
        *limit = canonical::show(&wider, 2);
    }
    Policy::new(document).unwrap()
}

/// The outcome without the companion that only explains.
fn codes(result: &MatchResult) -> Vec<Code> {
    result.reasons.iter().map(|it| it.code).collect()
}

proptest! {
    #[test]
    fn equal_input_gives_equal_bytes(world in world()) {
        let bytes = |it: &MatchResult| serde_json::to_string(it).unwrap();
        prop_assert_eq!(bytes(&answer(&world, &shipped())), bytes(&answer(&world, &shipped())));
    }

    #[test]
    fn the_order_of_the_lines_changes_nothing(world in world()) {
        let straight = answer(&world, &shipped());
        let reversed = answer_of(request(&world, false, true), &shipped());
        prop_assert_eq!(straight, reversed);
    }

    #[test]
    fn the_order_of_the_facts_changes_nothing(world in world()) {
        let mut other = world.clone();
        other.received.reverse();
        other.returned.reverse();
        other.claimed.reverse();
        prop_assert_eq!(answer(&world, &shipped()), answer(&other, &shipped()));
    }

    #[test]
    fn another_unit_for_the_same_goods_changes_nothing(world in world()) {
        let restated = answer_of(request(&world, true, false), &shipped());
        prop_assert_eq!(answer(&world, &shipped()), restated);
    }

    #[test]
    fn allocations_add_up_to_the_lines(world in world()) {
        let result = answer(&world, &shipped());
        for (line, billed) in result.lines.iter().zip(&world.billed) {
            let of = |it: &canonical::Numeral| it.exact().unwrap();
            let quantity: Exact = line.allocations.iter().map(|it| of(&it.quantity)).sum();
            prop_assert_eq!(quantity, Exact::from_integer(billed.1.into()));
            let amount: Exact = line.allocations.iter().map(|it| of(&it.amount)).sum();
            let net = Money::from_minor((billed.1 * billed.2).into(), canonical::Currency::USD);
            prop_assert_eq!(amount, net.exact());
        }
    }

    #[test]
    fn more_receipts_are_never_worse(world in world(), line in 0usize..3, count in 1i64..200) {
        let before = answer(&world, &shipped());
        let mut more = world;
        // accepted on arrival: what waits for inspection is no better than nothing
        more.accepted = true;
        let before = before.outcome.max(answer(&more, &shipped()).outcome);
        more.received.push((line, count));
        prop_assert!(answer(&more, &shipped()).outcome <= before);
    }

    #[test]
    fn a_wider_tolerance_is_never_worse(
        world in world(), row in 0usize..11, abs in any::<bool>(), by in 1i64..500,
    ) {
        let wider = widened(row, abs, by);
        prop_assert!(answer(&world, &wider).outcome <= answer(&world, &shipped()).outcome);
    }

    #[test]
    fn a_reason_never_makes_it_better(world in world()) {
        let result = answer(&world, &shipped());
        let worst = codes(&result).iter().filter_map(|it| it.outcome()).max();
        prop_assert!(worst.is_none_or(|it| it <= result.outcome));
        prop_assert_eq!(worst.is_some(), result.outcome > Outcome::MatchedWithinTolerance);
    }

    #[test]
    fn marginal_overage_adds_up(
        quantities in proptest::collection::vec(1i64..100, 1..6), received in 0i64..300,
    ) {
        // each invoice claims after the ones before it; what is over is over once
        let mut over = Exact::zero();
        let mut claimed = 0;
        for billed in &quantities {
            let one = |count| (0usize, count);
            let world = World {
                ordered: vec![(1_000, 100); 3],
                billed: vec![(0, *billed, 100, true)],
                received: vec![one(received)].into_iter().filter(|it| it.1 > 0).collect(),
                returned: vec![],
                claimed: vec![one(claimed)].into_iter().filter(|it| it.1 > 0).collect(),
                accepted: false,
                mode: "three_way",
            };
            let result = answer(&world, &shipped());
            let check = result.lines[0].checks.iter().find(|it| {
                it.key == "QTY_OVER_RECEIVED" || it.key == "QTY_NO_RECEIPT"
            });
            let variance = check.unwrap().variance.as_ref().unwrap();
            let found = variance.quantity.as_ref().unwrap().exact().unwrap();
            let before = Exact::from_integer((claimed - received).max(0).into());
            over += found - before;
            claimed += billed;
        }
        let expected = Exact::from_integer((claimed - received).max(0).into());
        prop_assert_eq!(over, expected);
    }

    #[test]
    fn a_limit_is_inside_and_a_cent_more_is_not(limit in 1i64..100_000, over in 0i64..2) {
        let mut document = shipped().document().clone();
        let row = document.rows.iter_mut().find(|it| it.key == "PRICE_UNIT").unwrap();
        row.upper.abs = cents(limit);
        row.upper.pct = "unchecked".to_owned();
        let world = World {
            ordered: vec![(1, 500_000), (1, 1), (1, 1)],
            billed: vec![(0, 1, 500_000 + limit + over, true)],
            received: vec![(0, 1)],
            returned: vec![],
            claimed: vec![],
            accepted: false,
            mode: "three_way",
        };
        let outcome = answer(&world, &Policy::new(document).unwrap()).outcome;
        let expected = [Outcome::MatchedWithinTolerance, Outcome::Blocked];
        prop_assert_eq!(outcome, expected[usize::try_from(over).unwrap()]);
    }

    #[test]
    fn a_millionth_over_a_percent_limit_is_over(over in 0u32..2) {
        let mut billed = json!({ "line_number": 1, "purchase_order_number": "PO-9",
            "purchase_order_line": 10, "quantity": { "value": "1.05", "uom": "KG" },
            "unit_price": "1.00", "net_amount": "1.05" });
        if over == 1 {
            billed["quantity"]["value"] = json!("1.050001");
        }
        let request = json!({
            "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
                "invoice_date": "2026-05-04", "currency": "USD", "lines": [billed],
                "gross_amount": "1.05" },
            "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
                "status": "dispatched", "order_date": "2026-04-20", "lines": [{ "line_number": 10,
                "quantity": { "value": "1", "uom": "KG" }, "unit_price": "1.00",
                "match_mode": "two_way" }] }] });
        let outcome = answer_of(request, &shipped()).outcome;
        let expected = [Outcome::MatchedWithinTolerance, Outcome::Blocked];
        prop_assert_eq!(outcome, expected[over as usize]);
    }
}
