//! What must hold for every invoice (`domain.md` A20), continued: replay, symmetry, clearing,
//! holds, locality and the sum of all variances, as far as one decision knows them. What needs
//! postings or time (account roles, two currencies of a clearing account, the instant of freezing)
//! is a matter of the layers that have these; here stands what they build on.

use super::super::{Credit, CreditKind, Facts, Key, evaluate};
use super::world::{World, claim, many, money, quantity, shipped, stated, world};
use canonical::{
    Charge, ChargeKind, Check, CheckResult, Exact, MatchMode, MatchResult, Numeral, Outcome,
    PurchaseOrderNumber, Quantity,
};
use proptest::prelude::*;

fn of(numeral: &Numeral) -> Exact {
    numeral.exact().unwrap()
}

fn cent(count: i64) -> Exact {
    Exact::new(count.into(), 100.into())
}

fn negative(quantity: &Quantity) -> Quantity {
    let (mantissa, scale) = quantity.value.parts();
    Quantity { value: canonical::Decimal::new(-mantissa, scale).unwrap(), ..quantity.clone() }
}

/// Every check with what it was about: the line, or the document.
fn checks(result: &MatchResult) -> impl Iterator<Item = (Option<u32>, &Check)> {
    let lines = result
        .lines
        .iter()
        .flat_map(|line| line.checks.iter().map(|it| (Some(line.invoice_line), it)));
    lines.chain(result.checks.iter().map(|it| (None, it)))
}

/// The same facts with some about other order lines.
fn with_others(facts: &Facts, moves: &[(usize, i64)]) -> Facts {
    let other: PurchaseOrderNumber = "PO-8".parse().unwrap();
    let mut more = facts.clone();
    more.purchase_orders.extend(facts.purchase_orders.iter().cloned().map(|mut it| {
        it.number = other.clone();
        it
    }));
    for (place, (line, count)) in moves.iter().enumerate() {
        let mut claimed = claim(*line, quantity(*count, true));
        // by turns another order, and a line of this one that nobody bills
        if place % 2 == 0 {
            claimed.purchase_order_number = other.clone();
        } else {
            claimed.purchase_order_line = 40;
        }
        let at = (claimed.purchase_order_number.clone(), claimed.purchase_order_line);
        more.receipts.extend(facts.receipts.first().cloned().map(|mut it| {
            (it.purchase_order_number, it.purchase_order_line) = at;
            it.number = format!("R-OTHER-{place}").parse().unwrap();
            it.quantity = quantity(*count, false);
            it
        }));
        more.claims.push(claimed);
    }
    more
}

proptest! {
    #![proptest_config(many())]

    /// A20.2, of one decision: what was asked in between leaves no trace. That an event fed twice
    /// is one event is tested where events are fed: `tests/it/repeat.rs`.
    #[test]
    fn the_same_question_again_is_the_same_answer(world in world(), other in world()) {
        let first = world.answer(shipped());
        let between = other.answer(shipped());
        prop_assert_eq!(first, world.answer(shipped()));
        prop_assert_eq!(between, other.answer(shipped()));
    }

    /// A20.6, of claims: a full credit of an invoice leaves its order lines as they were before it.
    #[test]
    fn a_full_credit_brings_the_claims_back(world in stated()) {
        let (invoice, mut facts) = (world.invoice(false), world.facts(false));
        let credit = |it: &canonical::InvoiceLine| Credit {
            invoice_line: it.line_number,
            kind: CreditKind::Quantity,
            amount: None,
            quantity: Some(it.quantity.clone()),
        };
        facts.credits = invoice.lines.iter().map(credit).collect();
        let result = evaluate(&invoice, &facts, shipped());
        for it in result.lines.iter().flat_map(|it| &it.allocations) {
            prop_assert_eq!(of(&it.position.claimed), of(&it.position.claimed_before));
        }
    }

    /// A20.6, of claims: the next invoice is decided as if neither had ever been. Only the notes
    /// may differ: a credit also settles what is expected back for a return.
    #[test]
    fn an_invoice_and_its_credit_are_as_if_they_had_never_been(
        world in stated(), line in 0usize..3, count in 1i64..150,
    ) {
        let (invoice, mut facts) = (world.invoice(false), world.facts(false));
        let decided = |facts: &Facts| {
            let mut result = evaluate(&invoice, facts, shipped());
            result.flags.clear();
            result
        };
        let before = decided(&facts);
        let claimed = claim(line, quantity(count, true));
        let mut credited = claimed.clone();
        credited.quantity = negative(&claimed.quantity);
        facts.claims.extend([claimed, credited]);
        prop_assert_eq!(before, decided(&facts));
    }

    /// A20.7, of quantity exactly and of money to the rounding of each invoice: what was received
    /// in parts and billed in parts, in any unit, leaves nothing open.
    #[test]
    fn received_and_billed_in_full_leaves_nothing(
        parts in proptest::collection::vec(1i64..60, 1..6),
        price in 1i64..5_000, base in prop_oneof![Just(1i64), Just(10), Just(1_000)],
        restated in any::<bool>(), turn in 0usize..6,
    ) {
        let all: i64 = parts.iter().sum();
        let worth = |count: i64| {
            let exact = Exact::new((count * price).into(), (100 * base).into());
            canonical::Money::round(&exact, canonical::Currency::USD)
        };
        let (mut billed, mut before) = (0, Vec::new());
        for (place, count) in parts.iter().enumerate() {
            let mut received = parts.clone();
            received.rotate_left(turn % parts.len());
            let world = World {
                ordered: vec![(all, price); 3],
                billed: vec![(0, *count, price, true)],
                received: received.into_iter().map(|it| (0, it)).collect(),
                returned: vec![],
                claimed: std::mem::take(&mut before),
                accepted: true,
                mode: MatchMode::ThreeWay,
            };
            let (mut invoice, mut facts) = (world.invoice(restated), world.facts(restated));
            let unit_base = canonical::Decimal::new(base.into(), 0).unwrap();
            let line = &mut invoice.lines[0];
            let net = worth(*count).amount_text().parse().unwrap();
            (line.price_base, line.net_amount, invoice.gross_amount) = (unit_base, net, net);
            facts.purchase_orders[0].lines[0].price_base = unit_base;
            let result = evaluate(&invoice, &facts, shipped());
            prop_assert_eq!(result.outcome, Outcome::Matched, "{:?}", result.reasons);
            billed += worth(*count).minor();
            before = world.claimed;
            before.push((0, *count));
            if place + 1 == parts.len() {
                let position = &result.lines[0].allocations[0].position;
                prop_assert_eq!(of(&position.open), Exact::from_integer(0.into()));
                prop_assert_eq!(of(&position.received), of(&position.claimed));
            }
        }
        let rounded = i128::try_from(parts.len()).unwrap() + 1;
        prop_assert!((billed - worth(all).minor()).abs() * 2 <= rounded);
    }

    /// A20.8, of one decision: what breaches is a reason, and with a reason nothing is payable.
    #[test]
    fn no_breach_is_lost(world in world(), freight in 0i64..5_000, tax in 0i64..300) {
        let mut invoice = world.invoice(false);
        invoice.charges = vec![Charge { kind: ChargeKind::Freight, amount: money(freight) }];
        let (mantissa, scale) = invoice.gross_amount.parts();
        prop_assert_eq!(scale, 2);
        // up to three dollars that no line explains
        invoice.gross_amount =
            canonical::Decimal::new(mantissa + i128::from(freight + tax), 2).unwrap();
        let result = evaluate(&invoice, &world.facts(false), shipped());
        let mut worst = Outcome::Matched;
        for (line, check) in checks(&result).filter(|(_, it)| it.result() == CheckResult::Breach) {
            let told = result.reasons.iter().any(|it| {
                let about = it.key.as_deref().unwrap_or(it.code.as_str());
                // what several lines have in common stands on one of them
                about == check.key() && (it.invoice_line == line || it.code.as_str() == "PRC-01")
            });
            let flagged = is_flag(check.key());
            prop_assert!(told || flagged, "{line:?} {check:?} {:?}", result.reasons);
            worst = if flagged { worst } else { worst.max(Outcome::Blocked) };
        }
        prop_assert!(result.outcome >= worst);
        let payable = result.outcome <= Outcome::MatchedWithinTolerance;
        prop_assert_eq!(payable, result.reasons.is_empty());
    }

    /// A20.10, of one decision: facts about order lines that it does not bill are not looked at.
    #[test]
    fn facts_about_other_order_lines_change_nothing(
        world in stated(), moves in proptest::collection::vec((0usize..3, 1i64..150), 1..6),
    ) {
        let (invoice, facts) = (world.invoice(false), world.facts(false));
        let before = evaluate(&invoice, &facts, shipped());
        prop_assert_eq!(before, evaluate(&invoice, &with_others(&facts, &moves), shipped()));
    }

    /// A20.12, within one currency: what the order was worth, every variance, the charges and the
    /// balance are what the document asks for, to the cent.
    #[test]
    fn every_cent_of_the_document_is_accounted_for(
        world in stated(), freight in 0i64..5_000, off in -200i64..200,
    ) {
        let mut invoice = world.invoice(false);
        invoice.charges = vec![Charge { kind: ChargeKind::Freight, amount: money(freight) }];
        let (mantissa, _scale) = invoice.gross_amount.parts();
        let gross = mantissa + i128::from(freight + off);
        prop_assume!(gross >= 0);
        invoice.gross_amount = canonical::Decimal::new(gross, 2).unwrap();
        let result = evaluate(&invoice, &world.facts(false), shipped());
        let mut sum = cent(freight);
        for (line, billed) in result.lines.iter().zip(&world.billed) {
            let price = line.checks.iter().find(|it| it.key() == Key::PriceUnit.as_str());
            let variance = price.unwrap().variance().unwrap();
            sum += cent(billed.1 * world.ordered[billed.0].1);
            sum += of(variance.amount.as_ref().unwrap());
        }
        let balance = result.checks.iter().find(|it| it.key() == Key::DocBalance.as_str());
        let variance = balance.unwrap().variance().unwrap();
        sum += of(variance.amount.as_ref().unwrap());
        prop_assert_eq!(sum, invoice.gross_amount.exact());
    }
}

/// Whether the shipped policy only notes a breach of this key.
fn is_flag(key: &str) -> bool {
    let rows = &shipped().document().rows;
    rows.iter().any(|it| it.key == key && it.on_breach == super::super::OnBreach::Flag)
}
