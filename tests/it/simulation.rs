//! What-if: stored decisions are made again from their own facts, to the byte, and a planted change
//! of the policy shows exactly what it changes.

mod history;

use canonical::Role;
use history::{Case, PLANTED, RUNS, SUPPLIERS};
use http::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::database::Kept;
use tests::{Answer, Caller, TestGateway, binary, demo, policy};

const SIMULATIONS: &str = "/process/v1/policy-simulations";

/// A gateway that has decided on everything that the demo brings.
async fn decided() -> (TestGateway, usize) {
    let gateway = TestGateway::start().await;
    let invoices = demo::invoices();
    for invoice in &invoices {
        let answer = gateway.ap().submit(&invoice.request).await;
        assert_eq!(answer.status, 202, "{}: {}", invoice.name, answer.words());
    }
    gateway.clock().advance(std::time::Duration::from_secs(1));
    (gateway, invoices.len())
}

/// The shipped policy under another name, with another upper limit for one key.
fn proposed(key: &str, upper: Value) -> Value {
    let mut policy = policy::shipped();
    policy["id"] = json!("T1");
    let rows = policy["rows"].as_array_mut().unwrap();
    let row = rows.iter_mut().find(|it| it["key"] == key).unwrap();
    row["upper"] = upper;
    policy
}

async fn lines(caller: &Caller, body: &Value) -> (Answer, Vec<Value>) {
    let request = Request::post(SIMULATIONS)
        .header("content-type", "application/json")
        .header("accept", "text/plain;q=0.1, application/x-ndjson")
        .body(body.to_string().into())
        .unwrap();
    let answer = caller.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.words());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let text = std::str::from_utf8(&answer.bytes).unwrap();
    let read = |line: &str| serde_json::from_str(line).unwrap();
    let lines = text.lines().map(read).collect();
    (answer, lines)
}

#[tokio::test]
async fn what_was_decided_is_decided_again_to_the_byte() {
    let (gateway, count) = decided().await;
    let answer = gateway.role(Role::Operator).post(SIMULATIONS, &json!({})).await;
    let report = answer.expect(200);
    assert_eq!(report["runs"], json!(count));
    assert_eq!(report["changed"], 0, "{}", answer.words());
    let again = &report["reproduction"];
    assert_eq!(again["runs"], json!(count));
    assert_eq!(again["reproduced"], json!(count), "{again}");
    assert_eq!(again["first"], json!([]));
    assert_eq!(report["unreadable"]["runs"], 0);
    assert_eq!(report["changes"], json!([]));
}

#[tokio::test]
async fn a_proposed_policy_shows_what_it_would_change() {
    let (gateway, count) = decided().await;
    let wide = json!({ "abs": "unchecked", "pct": "unchecked" });
    let body = json!({ "policy": proposed("PRICE_UNIT", wide) });
    let answer = gateway.role(Role::Planner).post(SIMULATIONS, &body).await;
    let report = answer.expect(200);
    assert_eq!(report["policy"]["tolerances"], "T1@1");
    assert_eq!(report["reproduction"]["runs"], 0, "another version decided");
    let changes = report["changes"].as_array().unwrap();
    assert!(!changes.is_empty() && changes.len() < count);
    let by_price =
        |it: &Value| it["lost"].as_array().unwrap().iter().any(|it| it["code"] == "PRC-01");
    assert!(changes.iter().all(by_price), "{report}");
    let (_answer, lines) = lines(&gateway.admin(), &body).await;
    let of = |kind: &str| {
        let of_kind = lines.iter().filter(|it| it["type"] == kind);
        of_kind.cloned().collect::<Vec<Value>>()
    };
    let mut changed = of("changed");
    changed.iter_mut().for_each(|it| drop(it.as_object_mut().unwrap().remove("type")));
    assert_eq!(changed, *changes, "the stream names the same invoices");
    let last = of("progress").pop().unwrap();
    assert_eq!((&last["runs"], &last["total"]), (&json!(count), &json!(count)));
    let [streamed] = of("report").try_into().unwrap();
    assert_eq!(lines.last().unwrap(), &streamed);
    for part in ["changed", "outcomes", "let_through", "held", "suppliers", "reasons"] {
        assert_eq!(streamed[part], report[part], "{part}");
    }
    let one = &changes[0]["supplier_id"];
    let of_one = json!({ "policy": body["policy"], "supplier": one });
    let narrow = gateway.admin().post(SIMULATIONS, &of_one).await;
    let of_one = changes.iter().filter(|it| it["supplier_id"] == *one).count();
    assert_eq!(narrow.expect(200)["changed"], json!(of_one));
}

#[tokio::test]
async fn a_simulation_is_refused_with_what_would_be_right() {
    let one = ("THREEWAY__PROCESS__SIMULATION__CONCURRENCY", "0");
    let gateway = TestGateway::with(&[one]).await;
    let answer = gateway.admin().post(SIMULATIONS, &json!({})).await;
    answer.refused(429, "limited");
    assert_eq!(answer.header("retry-after"), "30");
    gateway.ap().post(SIMULATIONS, &json!({})).await.refused(403, "forbidden");
    let gateway = TestGateway::start().await;
    let mut faulty = policy::shipped();
    faulty["rows"][0]["upper"]["abs"] = json!("-1");
    let never = json!({ "policy": faulty, "from": "2026-05-02T00:00:00Z",
        "to": "2026-05-01T00:00:00Z" });
    let answer = gateway.admin().post(SIMULATIONS, &never).await;
    answer.refused(400, "invalid");
    assert_eq!(answer.pointers(), ["/from", "/policy/rows/0/upper/abs"]);
    let unknown = gateway.admin().post(SIMULATIONS, &json!({ "window": 1 })).await;
    unknown.refused(400, "invalid");
}

/// The largest test of the gate: its history is made of few cases, told often.
#[tokio::test]
async fn a_hundred_thousand_runs_are_reproduced_and_a_planted_change_is_found_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("threeway.sqlite").display());
    let cases = history::write(&url).await;
    let same = history::simulate(&url, None, RUNS).await;
    assert_eq!(same.runs, RUNS);
    assert_eq!((same.changed, same.unreadable.runs), (0, 0));
    assert_eq!(same.reproduction.runs, RUNS);
    assert_eq!(same.reproduction.reproduced, RUNS, "{:?}", same.reproduction.first);

    // 60 dollars instead of 50 let through what is over by more than 50 and not more than 3 %
    let planted = proposed("PRICE_UNIT", json!({ "abs": "60.00", "pct": "3" }));
    let found = history::simulate(&url, Some(planted), PLANTED).await;
    assert_eq!((found.runs, found.reproduction.runs), (PLANTED, 0));
    let told = |it: &&Case| it.over() > 5_000 && it.over() <= 6_000 && it.is_within_percent();
    let freed: Vec<&Case> = cases.iter().filter(told).collect();
    assert!(freed.len() > 5 && freed.len() < cases.len() / 4, "{}", freed.len());
    let times = PLANTED / cases.len() as u64;
    assert_eq!(found.changed, freed.len() as u64 * times);
    let passing: Vec<&&Case> = freed.iter().filter(|it| it.is_received()).collect();
    assert!(passing.len() < freed.len(), "some are held for a receipt, too");
    assert_eq!(found.let_through.invoices, passing.len() as u64 * times);
    let money: u64 = passing.iter().map(|it| it.net()).sum();
    let amounts = &found.let_through.amounts;
    assert_eq!(amounts.len(), 1);
    assert_eq!(amounts[0].minor(), i128::from(money * times));
    assert_eq!(found.held.invoices, 0);
    let mut by_supplier: BTreeMap<String, u64> = BTreeMap::new();
    for case in &freed {
        *by_supplier.entry(case.supplier()).or_default() += times;
    }
    let suppliers = found.suppliers.iter().map(|it| (it.id.clone().unwrap(), it.changed));
    assert_eq!(suppliers.collect::<BTreeMap<String, u64>>(), by_supplier);
    assert!(by_supplier.len() <= usize::try_from(SUPPLIERS).unwrap());
    let [reason] = found.reasons.as_slice() else { panic!("{:?}", found.reasons) };
    assert_eq!((reason.code.as_str(), reason.gained), ("PRC-01", 0));
    assert_eq!(reason.lost, freed.len() as u64 * times);
}

#[test]
fn the_command_line_replays_a_store_and_says_what_would_change() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let kept = Kept::at(home, "history.sqlite");
    let store = &kept.url;
    if kept.is_file() {
        let none = binary::run(home, &["simulate", "--store", store]);
        assert_eq!(none.code, 1, "{}", none.err);
        assert!(none.err.contains("there is no store at"), "{}", none.err);
    }
    runtime.block_on(history::write_some(store, 500));
    let same = binary::run(home, &["simulate", "--store", store]);
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(same.out.contains("500 of the 500 runs that it decided are the same"), "{}", same.out);
    let planted = proposed("PRICE_UNIT", json!({ "abs": "unchecked", "pct": "unchecked" }));
    let file = home.join("planted.json");
    std::fs::write(&file, planted.to_string()).unwrap();
    let named = ["simulate", "--store", store, "--policy", file.to_str().unwrap()];
    let table = binary::run(home, &named);
    assert_eq!(table.code, 0, "{}", table.err);
    assert!(table.out.contains("blocked -> matched_within_tolerance"), "{}", table.out);
    let json = binary::run(home, &[&named[..], &["--output", "json"]].concat());
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["runs"], 500);
    assert!(report["let_through"]["invoices"].as_u64().unwrap() > 0);
    let before = binary::run(home, &[&named[..], &["--to", "2020-01-01"]].concat());
    assert!(before.out.contains("0 runs of 0 invoices"), "{}", before.out);
    let wrong = binary::run(home, &[&named[..], &["--from", "yesterday"]].concat());
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    std::fs::write(&file, planted.to_string().replace("\"T1\"", "\" \"")).unwrap();
    let faulty = binary::run(home, &named);
    assert_eq!(faulty.code, 64, "{}", faulty.err);
    assert!(faulty.err.contains("/id"), "{}", faulty.err);
}
