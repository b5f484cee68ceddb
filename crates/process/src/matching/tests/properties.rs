//! What must hold for every invoice (`domain.md` A20): order, conservation, monotonicity and units.
//! Ten thousand cases each; one that fails prints its seed and shrinks. The others are in
//! [`super::invariants`] and [`super::boundary`].

use super::super::{Policy, PolicyDocument, evaluate};
use super::world::{World, many, shipped, shuffle, shuffled, stated, world};
use canonical::{Check, Code, Exact, MatchMode, MatchResult, Money, Numeral, Outcome, allocate};
use num_traits::Zero;
use proptest::prelude::*;

/// The shipped policy with one limit wider by so many cents or percent.
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

fn codes(result: &MatchResult) -> Vec<Code> {
    result.reasons.iter().map(|it| it.code).collect()
}

fn of(numeral: &Numeral) -> Exact {
    numeral.exact().unwrap()
}

/// What a result says whatever unit it was asked in: no sentence, no suspicion of a unit.
type Said = (Outcome, Vec<(Option<u32>, Code)>, Vec<Check>);

fn said(result: &MatchResult) -> Said {
    let reasons = result.reasons.iter().filter(|it| it.code != Code::Uom04);
    let checks = result.lines.iter().flat_map(|it| it.checks.clone());
    (result.outcome, reasons.map(|it| (it.invoice_line, it.code)).collect(), checks.collect())
}

proptest! {
    #![proptest_config(many())]

    /// A20.1
    #[test]
    fn the_order_of_lines_and_facts_changes_nothing(world in world(), seed in any::<u64>()) {
        let (mut invoice, facts) = (world.invoice(false), world.facts(false));
        let straight = evaluate(&invoice, &facts, shipped());
        shuffle(&mut invoice.lines, seed);
        prop_assert_eq!(straight, evaluate(&invoice, &shuffled(facts, seed), shipped()));
    }

    /// A20.9
    #[test]
    fn equal_input_gives_equal_bytes(world in world()) {
        let bytes = |it: &MatchResult| serde_json::to_string(it).unwrap();
        prop_assert_eq!(bytes(&world.answer(shipped())), bytes(&world.answer(shipped())));
    }

    /// A20.11: receipts, returns and claims in another unit give the same bytes.
    #[test]
    fn another_unit_for_the_same_goods_changes_nothing(world in world()) {
        let restated = evaluate(&world.invoice(false), &world.facts(true), shipped());
        prop_assert_eq!(world.answer(shipped()), restated);
    }

    /// A20.11: the invoice and the order in another unit, with its price, decide the same.
    #[test]
    fn another_unit_of_billing_and_ordering_decides_the_same(world in stated()) {
        let straight = said(&world.answer(shipped()));
        let mut facts = world.facts(true);
        facts.purchase_orders = vec![world.order(true)];
        let restated = evaluate(&world.invoice(true), &facts, shipped());
        prop_assert_eq!(straight, said(&restated));
    }

    /// A20.3
    #[test]
    fn allocations_add_up_to_the_lines(world in world()) {
        let result = world.answer(shipped());
        for (line, billed) in result.lines.iter().zip(&world.billed) {
            let quantity: Exact = line.allocations.iter().map(|it| of(&it.quantity)).sum();
            prop_assert_eq!(quantity, Exact::from_integer(billed.1.into()));
            let amount: Exact = line.allocations.iter().map(|it| of(&it.amount)).sum();
            let net = Money::from_minor((billed.1 * billed.2).into(), canonical::Currency::USD);
            prop_assert_eq!(amount, net.exact());
        }
    }

    /// A20.3
    #[test]
    fn allocated_money_adds_up_and_no_share_is_off_by_a_cent(
        total in -1_000_000i128..1_000_000,
        weights in proptest::collection::vec(1u32..10_000, 1..9),
    ) {
        let whole = |it: &u32| Exact::from_integer((*it).into());
        let exact: Vec<Exact> = weights.iter().map(whole).collect();
        let shares = allocate(total, &exact);
        prop_assert_eq!(shares.iter().sum::<i128>(), total);
        let whole: i128 = weights.iter().map(|it| i128::from(*it)).sum();
        for (share, weight) in shares.iter().zip(&weights) {
            let off = share * whole - total * i128::from(*weight);
            prop_assert!(off.abs() < whole, "{share} of {total} for {weight} of {whole}");
        }
    }

    /// A20.3: each invoice claims after the ones before it; what is over is over once.
    #[test]
    fn marginal_overage_adds_up(
        quantities in proptest::collection::vec(1i64..100, 1..6), received in 0i64..300,
    ) {
        let mut over = Exact::zero();
        let mut claimed = 0;
        for billed in &quantities {
            let some = |count: i64| (count > 0).then_some((0usize, count)).into_iter().collect();
            let world = World {
                ordered: vec![(1_000, 100); 3],
                billed: vec![(0, *billed, 100, true)],
                received: some(received),
                returned: vec![],
                claimed: some(claimed),
                accepted: false,
                mode: MatchMode::ThreeWay,
            };
            let result = world.answer(shipped());
            let check = result.lines[0].checks.iter().find(|it| {
                it.key() == "QTY_OVER_RECEIVED" || it.key() == "QTY_NO_RECEIPT"
            });
            let variance = check.unwrap().variance().unwrap();
            let before = Exact::from_integer((claimed - received).max(0).into());
            over += of(variance.quantity.as_ref().unwrap()) - before;
            claimed += billed;
        }
        let expected = Exact::from_integer((claimed - received).max(0).into());
        prop_assert_eq!(over, expected);
    }

    /// A20.4
    #[test]
    fn more_receipts_are_never_worse(world in world(), line in 0usize..3, count in 1i64..200) {
        let before = world.answer(shipped());
        let mut more = world;
        // accepted on arrival: what waits for inspection is no better than nothing
        more.accepted = true;
        let before = before.outcome.max(more.answer(shipped()).outcome);
        more.received.push((line, count));
        prop_assert!(more.answer(shipped()).outcome <= before);
    }

    /// A20.4
    #[test]
    fn a_wider_tolerance_is_never_worse(
        world in world(), row in 0usize..100, abs in any::<bool>(), by in 1i64..500,
    ) {
        let wider = widened(row, abs, by);
        prop_assert!(world.answer(&wider).outcome <= world.answer(shipped()).outcome);
    }

    /// A20.4
    #[test]
    fn a_reason_never_makes_it_better(world in world()) {
        let result = world.answer(shipped());
        let worst = codes(&result).iter().filter_map(|it| it.outcome()).max();
        prop_assert!(worst.is_none_or(|it| it <= result.outcome));
        prop_assert_eq!(worst.is_some(), result.outcome > Outcome::MatchedWithinTolerance);
    }

    /// A20.4
    #[test]
    fn another_line_never_makes_it_better(
        world in stated(), line in 0usize..3, count in 0i64..150, price in 0i64..2_000,
    ) {
        let before = world.answer(shipped()).outcome;
        let mut more = world;
        more.billed.push((line, count, price, true));
        prop_assert!(more.answer(shipped()).outcome >= before);
    }
}
