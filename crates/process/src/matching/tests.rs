//! The engine against cases that are data: the tests package sends the same files through HTTP.

use super::{Evaluation, Policy};
use canonical::{Check, MatchResult};
use serde::Deserialize;
use serde_json::{Map, Value};

mod boundary;
mod invariants;
mod limits;
mod money;
mod policies;
mod properties;
mod scale;
mod world;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/matching/", $name, ".json"))
    };
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    request: Evaluation,
    expect: Expect,
}

/// What a case expects; objects are expected in part, lists of codes whole and in any order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    outcome: String,
    reasons: Vec<String>,
    flags: Option<Vec<String>>,
    policy: Option<String>,
    /// By invoice line and key: the first check of that key.
    #[serde(default)]
    checks: Map<String, Value>,
    /// By key.
    #[serde(default)]
    document_checks: Map<String, Value>,
    /// By invoice line.
    #[serde(default)]
    allocations: Map<String, Value>,
    /// By invoice line.
    #[serde(default)]
    line_outcomes: Map<String, Value>,
    /// By code: what the sentence has to say.
    #[serde(default)]
    details: Map<String, Value>,
    /// The invoice lines that reasons are about.
    reason_lines: Option<Vec<Option<u32>>>,
    /// By invoice line.
    #[serde(default)]
    modes: Map<String, Value>,
    settlement: Option<Value>,
}

/// Whether everything expected is there: objects in part, all else whole.
#[track_caller]
fn assert_has(id: &str, what: &str, got: &Value, expected: &Value) {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => {
            for (name, value) in expected {
                let part = got.get(name).unwrap_or(&Value::Null);
                assert_has(id, &format!("{what}/{name}"), part, value);
            }
        }
        (Value::Array(got), Value::Array(expected)) if got.len() == expected.len() => {
            for (place, (got, expected)) in got.iter().zip(expected).enumerate() {
                assert_has(id, &format!("{what}/{place}"), got, expected);
            }
        }
        _ => assert_eq!(got, expected, "{id}: {what}"),
    }
}

fn sorted<'a>(codes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut codes: Vec<&str> = codes.collect();
    codes.sort_unstable();
    codes
}

#[track_caller]
fn assert_checks(id: &str, what: &str, checks: &[Check], expected: &Value) {
    for (key, expected) in expected.as_object().unwrap() {
        let check = checks.iter().find(|it| it.key() == *key);
        let check = check.unwrap_or_else(|| panic!("{id}: {what} has no check {key}"));
        assert_has(id, &format!("{what}/{key}"), &serde_json::to_value(check).unwrap(), expected);
    }
}

#[track_caller]
fn assert_lines(id: &str, result: &MatchResult, expect: &Expect) {
    let line = |number: &String| {
        let number: u32 = number.parse().unwrap();
        result.lines.iter().find(|it| it.invoice_line == number).unwrap()
    };
    for (number, checks) in &expect.checks {
        assert_checks(id, &format!("line {number}"), &line(number).checks, checks);
    }
    for (number, expected) in &expect.allocations {
        let got = serde_json::to_value(&line(number).allocations).unwrap();
        assert_has(id, &format!("line {number} allocations"), &got, expected);
    }
    for (number, expected) in &expect.modes {
        let got = serde_json::to_value(&line(number).mode).unwrap();
        assert_has(id, &format!("line {number} mode"), &got, expected);
    }
    for (number, outcome) in &expect.line_outcomes {
        assert_eq!(line(number).outcome.name(), outcome, "{id}: line {number}");
    }
}

#[track_caller]
fn assert_case(case: Case, shipped: &Policy) {
    let Case { id, request, expect } = case;
    let result = request.answer(shipped).unwrap_or_else(|error| panic!("{id}: {error}"));
    let text = serde_json::to_string_pretty(&result).unwrap();
    assert_eq!(result.outcome.name(), expect.outcome, "{id}: {text}");
    let reasons = sorted(result.reasons.iter().map(|it| it.code.as_str()));
    assert_eq!(reasons, sorted(expect.reasons.iter().map(String::as_str)), "{id}: {text}");
    if let Some(flags) = &expect.flags {
        let got = sorted(result.flags.iter().map(|it| it.code.as_ref()));
        assert_eq!(got, sorted(flags.iter().map(String::as_str)), "{id}: {text}");
    }
    if let Some(policy) = &expect.policy {
        assert_eq!(result.policy.tolerances, *policy, "{id}");
    }
    if let Some(lines) = &expect.reason_lines {
        let got: Vec<_> = result.reasons.iter().map(|it| it.invoice_line).collect();
        assert_eq!(got, *lines, "{id}: {text}");
    }
    if let Some(settlement) = &expect.settlement {
        let got = serde_json::to_value(&result.settlement).unwrap();
        assert_has(&id, "settlement", &got, settlement);
    }
    for (code, words) in &expect.details {
        let reason = result.reasons.iter().find(|it| it.code.as_str() == code).unwrap();
        let detail = reason.detail.to_string();
        assert!(detail.contains(words.as_str().unwrap()), "{id}: {detail}");
    }
    assert_checks(&id, "document", &result.checks, &Value::Object(expect.document_checks.clone()));
    assert_lines(&id, &result, &expect);
}

#[track_caller]
fn assert_file(text: &str) {
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    let shipped = Policy::default_shipped().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        assert_case(case, &shipped);
    }
}

#[test]
fn prices_are_judged_as_specified() {
    assert_file(fixture!("price"));
}

#[test]
fn quantities_are_judged_as_specified() {
    assert_file(fixture!("quantity"));
}

#[test]
fn units_convert_exactly_or_not_at_all() {
    assert_file(fixture!("units"));
}

#[test]
fn returns_and_credits_move_the_claim() {
    assert_file(fixture!("credits"));
}

#[test]
fn charges_and_the_balance_belong_to_the_document() {
    assert_file(fixture!("charges"));
}

#[test]
fn a_line_finds_its_order_line_by_the_ladder() {
    assert_file(fixture!("association"));
}

#[test]
fn money_and_compliance_are_judged_as_specified() {
    assert_file(fixture!("money"));
}

#[test]
fn every_flow_is_held_to_what_it_promises() {
    assert_file(fixture!("flows"));
}

#[test]
fn duplicates_are_judged_as_specified() {
    assert_file(fixture!("duplicates"));
}

#[test]
fn the_acceptance_vectors_hold() {
    assert_file(fixture!("vectors"));
}

#[test]
fn the_fixtures_are_readable_requests() {
    // what is read and written again is the same request
    let cases: Vec<Value> = serde_json::from_str(fixture!("association")).unwrap();
    for case in cases {
        let request: Evaluation = serde_json::from_value(case["request"].clone()).unwrap();
        let again: Evaluation =
            serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        assert_eq!(request, again);
    }
}

#[test]
fn halves_round_away_from_zero_on_both_sides() {
    let exact = |text: &str| text.parse::<canonical::Decimal>().unwrap().exact();
    assert_eq!(canonical::show(&exact("103.125"), 2), "103.13");
    assert_eq!(canonical::show(&exact("-1.005"), 2), "-1.01");
}
