//! Explanations against the cases of the specification, and the two laws of cure sets.

use super::super::{Evaluation, Policy};
use super::*;
use canonical::Outcome;
use serde_json::{Value, json};

mod cases;
mod laws;

/// A question, its answer, and its explanation.
struct Asked {
    invoice: Invoice,
    facts: Facts,
    result: MatchResult,
    explanation: Explanation,
}

fn shipped() -> Policy {
    Policy::default_shipped().unwrap()
}

fn ask(request: Value, policy: &Policy) -> Asked {
    let evaluation: Evaluation = serde_json::from_value(request).unwrap();
    let (_policy, invoice, facts) = evaluation.into_parts();
    let result = super::super::evaluate(&invoice, &facts, policy);
    let explanation = explain(&invoice, &facts, policy, &result);
    Asked { invoice, facts, result, explanation }
}

/// Whether the invoice clears with these cures.
fn clears(asked: &Asked, cures: &[Cure], policy: &Policy) -> bool {
    let (mut invoice, mut facts) = (asked.invoice.clone(), asked.facts.clone());
    let waived: Vec<Waived> =
        cures.iter().filter_map(|it| apply(it, &mut invoice, &mut facts)).collect();
    let result = super::super::evaluate(&invoice, &facts, policy);
    let open =
        |it: &&Reason| it.code.outcome().is_some() && !waived.contains(&(it.code, it.invoice_line));
    result.reasons.iter().find(open).is_none()
}

/// Applying any listed set clears; removing any element of it does not.
#[track_caller]
fn assert_laws(asked: &Asked, policy: &Policy) {
    let waits = asked.result.outcome > Outcome::MatchedWithinTolerance;
    assert_eq!(asked.explanation.cures.is_empty(), !waits, "{}", asked.explanation.summary);
    for set in &asked.explanation.cures {
        let told = &set.sentence;
        assert!(clears(asked, &set.actions, policy), "does not clear: {told}");
        for place in 0..set.actions.len() {
            let mut fewer = set.actions.clone();
            let left_out = fewer.remove(place);
            assert!(!clears(asked, &fewer, policy), "{told}: without {left_out:?}");
            let Some(size) = left_out.size().filter(|it| *it > 1) else { continue };
            let mut smaller = set.actions.clone();
            smaller[place] = left_out.sized(size - 1).unwrap();
            assert!(!clears(asked, &smaller, policy), "{told}: less of {left_out:?}");
        }
    }
}
