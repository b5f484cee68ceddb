//! The engine over HTTP: every case of `tests/fixtures/matching/`, the same bytes for the same
//! question, and a policy in the request.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fs;
use tests::{Answer, TestGateway, demo, top};

const EVALUATIONS: &str = "/process/v1/match-evaluations";

/// Fewer cases than this means that a file was lost.
const CASES_MIN: usize = 150;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    request: Value,
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
    reason_lines: Option<Value>,
    /// By invoice line.
    #[serde(default)]
    modes: Map<String, Value>,
    settlement: Option<Value>,
}

fn cases() -> Vec<Case> {
    let mut files: Vec<_> = fs::read_dir(top().join("tests/fixtures/matching"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    let read =
        |path| -> Vec<Case> { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    files.into_iter().flat_map(read).collect()
}

fn case(id: &str) -> Case {
    cases().into_iter().find(|it| it.id == id).unwrap()
}

/// The policy that ships, as JSON.
fn shipped() -> Value {
    let text = fs::read_to_string(top().join("config/policies/tolerances.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    serde_json::to_value(table).unwrap()
}

#[tokio::test]
async fn every_case_of_the_specification_comes_out_as_written() {
    let gateway = TestGateway::start().await;
    let cases = cases();
    assert!(cases.len() >= CASES_MIN, "{} cases", cases.len());
    let mut faults = Vec::new();
    for case in &cases {
        let answer = gateway.admin().post(EVALUATIONS, &case.request).await;
        faults.extend(faults_of(case, &answer).map(|it| format!("{}: {it}", case.id)));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// What a case got that it did not expect; the first is enough.
fn faults_of(case: &Case, answer: &Answer) -> Option<String> {
    let Case { expect, .. } = case;
    if answer.status != 200 {
        return Some(answer.words());
    }
    let body = &answer.json;
    if body["outcome"] != expect.outcome {
        return Some(format!("{} instead of {}", body["outcome"], expect.outcome));
    }
    let expected = [
        ("reasons", Some(&expect.reasons), codes(&body["reasons"])),
        ("flags", expect.flags.as_ref(), codes(&body["flags"])),
    ];
    for (what, expected, got) in expected {
        let expected = expected.map(|it| sorted(it.clone()));
        if expected.is_some_and(|it| it != got) {
            return Some(format!("{what} are {got:?}"));
        }
    }
    if expect.policy.as_ref().is_some_and(|it| body["policy"]["tolerances"] != **it) {
        return Some(format!("decided under {}", body["policy"]));
    }
    if let Some(lines) = &expect.reason_lines {
        let got = body["reasons"].as_array().unwrap().iter().map(|it| it["invoice_line"].clone());
        let got = Value::Array(got.collect());
        if got != *lines {
            return Some(format!("the reasons are about {got}"));
        }
    }
    details(expect, body).or_else(|| lines(expect, body))
}

fn details(expect: &Expect, body: &Value) -> Option<String> {
    let reasons = body["reasons"].as_array().unwrap();
    expect.details.iter().find_map(|(code, words)| {
        let reason = reasons.iter().find(|it| it["code"] == **code);
        let said = reason.and_then(|it| it["detail"].as_str()).unwrap_or_default();
        let fine = said.contains(words.as_str().unwrap());
        (!fine).then(|| format!("{code} says {said:?}"))
    })
}

fn lines(expect: &Expect, body: &Value) -> Option<String> {
    let line = |number: &String| {
        let number: u32 = number.parse().unwrap();
        let lines = body["lines"].as_array().unwrap();
        lines.iter().find(|it| it["invoice_line"] == number).unwrap()
    };
    let document = Value::Object(expect.document_checks.clone());
    checks("the document", &body["checks"], &document)
        .or_else(|| {
            expect.checks.iter().find_map(|(number, expected)| {
                checks(&format!("line {number}"), &line(number)["checks"], expected)
            })
        })
        .or_else(|| {
            expect.allocations.iter().find_map(|(number, expected)| {
                let what = format!("the allocations of line {number}");
                lacks(&what, &line(number)["allocations"], expected)
            })
        })
        .or_else(|| {
            expect.modes.iter().find_map(|(number, expected)| {
                lacks(&format!("the mode of line {number}"), &line(number)["mode"], expected)
            })
        })
        .or_else(|| lacks("the settlement", &body["settlement"], expect.settlement.as_ref()?))
        .or_else(|| {
            expect.line_outcomes.iter().find_map(|(number, expected)| {
                lacks(&format!("the outcome of line {number}"), &line(number)["outcome"], expected)
            })
        })
}

fn checks(what: &str, checks: &Value, expected: &Value) -> Option<String> {
    expected.as_object().unwrap().iter().find_map(|(key, expected)| {
        let check = checks.as_array().unwrap().iter().find(|it| it["key"] == **key);
        lacks(&format!("{what}, {key}"), check.unwrap_or(&Value::Null), expected)
    })
}

/// What of `expected` is not in `got`: objects in part, all else whole.
fn lacks(what: &str, got: &Value, expected: &Value) -> Option<String> {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => expected.iter().find_map(|(name, it)| {
            lacks(&format!("{what}, {name}"), got.get(name).unwrap_or(&Value::Null), it)
        }),
        (Value::Array(got), Value::Array(expected)) if got.len() == expected.len() => {
            let pairs = got.iter().zip(expected).enumerate();
            pairs.into_iter().find_map(|(at, (got, it))| lacks(&format!("{what}, {at}"), got, it))
        }
        _ => (got != expected).then(|| format!("{what} is {got} instead of {expected}")),
    }
}

fn codes(list: &Value) -> Vec<String> {
    let codes = list.as_array().into_iter().flatten().filter_map(|it| it["code"].as_str());
    sorted(codes.map(str::to_owned).collect())
}

fn sorted(mut codes: Vec<String>) -> Vec<String> {
    codes.sort_unstable();
    codes
}

#[tokio::test]
async fn the_same_question_gets_the_same_bytes_from_every_gateway_and_stores_nothing() {
    let (one, other) = (TestGateway::start().await, TestGateway::start().await);
    other.clock().advance(std::time::Duration::from_secs(86_400));
    for case in cases() {
        let first = one.admin().post(EVALUATIONS, &case.request).await.bytes;
        let again = one.admin().post(EVALUATIONS, &case.request).await.bytes;
        let elsewhere = other.admin().post(EVALUATIONS, &case.request).await.bytes;
        assert_eq!(first, again, "{}", case.id);
        assert_eq!(first, elsewhere, "{}", case.id);
    }
    assert_eq!(one.event_position().await, 0);
}

const FACTS: [&str; 7] =
    ["purchase_orders", "receipts", "returns", "claims", "credits", "items", "known_invoices"];

#[tokio::test]
async fn the_order_of_facts_does_not_matter() {
    let gateway = TestGateway::start().await;
    for case in cases() {
        let mut turned = case.request.clone();
        for facts in FACTS {
            if let Some(list) = turned.get_mut(facts).and_then(Value::as_array_mut) {
                list.reverse();
            }
        }
        let straight = gateway.admin().post(EVALUATIONS, &case.request).await;
        let turned = gateway.admin().post(EVALUATIONS, &turned).await;
        assert_eq!(straight.json, turned.json, "{}", case.id);
    }
}

#[tokio::test]
async fn a_policy_in_the_request_decides_instead_of_the_active_one() {
    let gateway = TestGateway::start().await;
    let mut request = case("M04").request;
    let strict = gateway.ap().post(EVALUATIONS, &request).await;
    assert_eq!(strict.expect(200)["outcome"], "blocked");
    assert_eq!(strict.json["policy"]["tolerances"], "T0@1");

    request["policy"] = shipped();
    let same = gateway.ap().post(EVALUATIONS, &request).await;
    assert_eq!(same.bytes, strict.bytes, "the shipped policy sent along decides the same");

    let mut lenient = shipped();
    lenient["id"] = json!("T0-lenient");
    let rows = lenient["rows"].as_array_mut().unwrap();
    rows.iter_mut().find(|it| it["key"] == "PRICE_UNIT").unwrap()["combine"] = json!("lenient");
    request["policy"] = lenient;
    let answer = gateway.ap().post(EVALUATIONS, &request).await;
    assert_eq!(answer.expect(200)["outcome"], "matched_within_tolerance");
    assert_eq!(answer.json["policy"]["tolerances"], "T0-lenient@1");
    assert!(answer.reasons().is_empty(), "{}", answer.words());
}

#[tokio::test]
async fn a_faulty_policy_is_refused_with_every_fault() {
    let gateway = TestGateway::start().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut request = case("M04").request;
        let mut policy = shipped();
        change(&mut policy);
        request["policy"] = policy;
        request
    };
    let rows = |it: &mut Value, row: usize, field: &str, to: Value| it["rows"][row][field] = to;
    for (what, request, pointer) in [
        ("an unknown key", with(&|it| rows(it, 0, "key", json!("NOTHING"))), "/policy/rows/0/key"),
        (
            "a limit below zero",
            with(&|it| rows(it, 0, "upper", json!({ "abs": "-1", "pct": "3" }))),
            "/policy/rows/0/upper/abs",
        ),
        (
            "an unknown field",
            with(&|it| rows(it, 0, "colour", json!("red"))),
            "/policy/rows/0/colour",
        ),
        ("no name", with(&|it| it["id"] = json!(" ")), "/policy/id"),
    ] {
        let answer = gateway.ap().post(EVALUATIONS, &request).await;
        answer.refused(400, "invalid");
        let pointers = answer.pointers();
        assert!(pointers.contains(&pointer), "{what}: {}", answer.words());
    }
    let short = with(&|it| it["rows"] = json!([]));
    let answer = gateway.ap().post(EVALUATIONS, &short).await;
    answer.refused(400, "invalid");
    assert!(answer.pointers().len() >= 10, "every key that is missing: {}", answer.words());
}

#[tokio::test]
async fn the_example_of_the_contract_comes_out_as_in_the_contract() {
    let gateway = TestGateway::start().await;
    let line = json!({ "line_number": 1, "purchase_order_number": "PO-9",
        "purchase_order_line": 10, "item_id": "GLV-M", "quantity": { "value": "100", "uom": "EA" },
        "unit_price": "12.80", "price_base": "1", "net_amount": "1280.00" });
    let request = json!({
        "policy": null,
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "kind": "standard", "invoice_date": "2026-05-04", "currency": "USD",
            "lines": [line], "charges": [{ "type": "freight", "amount": "0.00" }],
            "tax_amount": "0.00", "gross_amount": "1280.00" },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20",
            "lines": [{ "line_number": 10, "item_id": "GLV-M",
                "quantity": { "value": "100", "uom": "EA" }, "unit_price": "12.50",
                "price_base": "1", "match_mode": "three_way", "receipt_based_invoice": true }] }],
        "receipts": [{ "number": "R-1", "purchase_order_number": "PO-9",
            "purchase_order_line": 10, "quantity": { "value": "100", "uom": "EA" },
            "accepted": null, "effective_at": "2026-05-01T10:00:00Z" }],
        "returns": [],
        "claims": [{ "invoice": "INV-70", "purchase_order_number": "PO-9",
            "purchase_order_line": 10, "quantity": { "value": "0", "uom": "EA" } }],
        "credits": [{ "invoice_line": 1, "kind": "price", "amount": "0.00" }],
        "items": [{ "id": "GLV-M", "base_uom": "EA", "indivisible": true,
            "packaging": [{ "uom": "BX", "numerator": "100", "denominator": "1" }] }],
    });
    let answer = gateway.ap().post(EVALUATIONS, &request).await;
    let expected = json!({
        "outcome": "matched_within_tolerance", "reasons": [], "flags": [],
        "policy": { "tolerances": "T0@1" },
    });
    assert_eq!(lacks("the answer", answer.expect(200), &expected), None);
    let line = json!({ "invoice_line": 1, "purchase_order_number": "PO-9",
        "purchase_order_line": 10, "outcome": "matched_within_tolerance" });
    assert_eq!(lacks("the line", &answer.json["lines"][0], &line), None);
    let check = json!({ "PRICE_UNIT": { "key": "PRICE_UNIT", "result": "pass_within",
        "variance": { "amount": "30.00", "percent": "2.4000", "quantity": null },
        "limit": { "amount": "50.00", "percent": "3", "combine": "strictest" } } });
    assert_eq!(checks("the line", &answer.json["lines"][0]["checks"], &check), None);
}

#[tokio::test]
async fn what_the_system_api_answers_can_be_sent_back_as_facts() {
    let gateway = TestGateway::start().await;
    let admin = gateway.admin();
    let order = admin.get("/system/v1/purchase-orders/PO-1002").await.expect(200).clone();
    let receipts = admin.get("/system/v1/receipts?purchase_order=PO-1002").await;
    let item = admin.get("/system/v1/items/SYR-10ML").await.expect(200).clone();
    let mut request = demo::invoice("within tolerance: price");
    request["purchase_orders"] = json!([order]);
    request["receipts"] = receipts.expect(200)["items"].clone();
    request["items"] = json!([item]);
    let answer = admin.post(EVALUATIONS, &request).await;
    assert_eq!(answer.expect(200)["outcome"], "matched_within_tolerance", "{}", answer.words());
}
