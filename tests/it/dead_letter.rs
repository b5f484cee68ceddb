//! What fails for good waits for a person, stops its key alone, and is put back once it can be
//! done.

use serde_json::{Value, json};
use tests::{Answer, TestGateway, demo};

const LETTERS: &str = "/process/v1/dead-letters";
const REPLAYS: &str = "/process/v1/replays";

/// A ledger that takes nothing more, and a queue that does not try for long.
const FULL: [(&str, &str); 2] = [
    ("THREEWAY__BACKENDS__DEMO__PAYABLES_MAX", "1"),
    ("THREEWAY__PROCESS__POSTING__ATTEMPTS_MAX", "1"),
];

async fn submitted(gateway: &TestGateway) -> Answer {
    let answer = gateway.ap().submit(&demo::invoice("matched")).await;
    assert_eq!(answer.expect(202)["outcome"], "matched");
    answer
}

async fn record(gateway: &TestGateway, id: &Value) -> Value {
    let path = format!("/process/v1/invoices/{}", id.as_str().unwrap());
    gateway.ap().get(&path).await.expect(200).clone()
}

#[tokio::test]
async fn a_booking_that_failed_is_put_back_and_ends_well_once_the_ledger_takes_it() {
    let gateway = TestGateway::with(&FULL).await;
    let invoice = submitted(&gateway).await;
    let id = &invoice.json["id"];
    gateway.work().await;
    let stuck = record(&gateway, id).await;
    assert_eq!(
        (&stuck["state"], &stuck["holds"][0]["code"]),
        (&json!("blocked"), &json!("INT-04"))
    );
    let letters = gateway.role(canonical::Role::Operator).get(LETTERS).await;
    let letter = &letters.expect(200)["items"][0];
    assert_eq!(
        (&letter["kind"], &letter["error"]),
        (&json!("post_payable"), &json!("unavailable"))
    );
    assert_eq!(&letter["payload"]["invoice_id"], id);
    assert!(letter["suggestion"].as_str().unwrap().contains("replay"), "{letter}");

    let gateway = gateway.again(&[]).await;
    let operator = gateway.role(canonical::Role::Operator);
    let position = gateway.event_position().await;
    let look = operator.post(REPLAYS, &json!({ "dry_run": true })).await;
    assert_eq!(look.expect(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!((gateway.event_position().await, gateway.work().await), (position, 0));
    let put_back = operator.post(REPLAYS, &json!({ "dry_run": false })).await;
    assert_eq!(put_back.expect(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(gateway.process_bulk().await, 1);
    let after = record(&gateway, id).await;
    assert_eq!((&after["state"], &after["outcome"]), (&json!("matched"), &json!("matched")));
    assert_eq!(after["holds"][0]["state"], "cleared");
    assert_eq!(after["erp_document"]["status"], "posted");
    assert!(after["reasons"].as_array().unwrap().is_empty(), "{after}");
    assert!(operator.get(LETTERS).await.expect(200)["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_replay_that_fails_again_leaves_one_hold_and_counts() {
    let gateway = TestGateway::with(&FULL).await;
    let invoice = submitted(&gateway).await;
    gateway.work().await;
    let operator = gateway.role(canonical::Role::Operator);
    let filter = json!({ "filter": { "error": "unavailable" }, "dry_run": false });
    operator.post(REPLAYS, &filter).await.expect(200);
    gateway.process_bulk().await;
    let after = record(&gateway, &invoice.json["id"]).await;
    assert_eq!(after["holds"].as_array().unwrap().len(), 1);
    let letters = operator.get(LETTERS).await;
    assert_eq!(letters.expect(200)["items"][0]["replays"], 1);
    let other = json!({ "filter": { "error": "internal" }, "dry_run": false });
    let none = operator.post(REPLAYS, &other).await;
    assert!(none.expect(200)["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn dead_letters_are_for_operators() {
    let gateway = TestGateway::start().await;
    gateway.ap().get(LETTERS).await.refused(403, "forbidden");
    gateway.ap().post(REPLAYS, &json!({ "dry_run": true })).await.refused(403, "forbidden");
    let operator = gateway.role(canonical::Role::Operator);
    operator.post(REPLAYS, &json!({})).await.refused(400, "invalid");
    operator.get(&format!("{LETTERS}?sort=age")).await.refused(400, "invalid");
}

/// A gateway that cannot ask for orders.
const DOWN: [(&str, &str); 6] = [
    ("THREEWAY__BACKENDS__DOWN__KIND", "threeway"),
    ("THREEWAY__BACKENDS__DOWN__URL", "http://127.0.0.1:1"),
    ("THREEWAY__BACKENDS__DOWN__TOKEN", "none"),
    ("THREEWAY__SYSTEM__PURCHASE_ORDERS", "down"),
    ("THREEWAY__PROCESS__POSTING__ATTEMPTS_MAX", "1"),
    ("THREEWAY__PROCESS__FACTS_TIMEOUT_MS", "2000"),
];

#[tokio::test]
async fn a_match_that_cannot_be_made_again_is_a_case_until_it_was_replayed() {
    let gateway = TestGateway::start().await;
    let body = demo::bill("ECG-1", "SUP-1001", ("PO-1047", 10), "15 CS", ("66.00", "990.00"));
    let answer = gateway.ap().submit(&body).await;
    assert_eq!(answer.expect(202)["state"], "blocked", "{}", answer.words());
    let receipt = json!({
        "number": "ECG-R1", "purchase_order_number": "PO-1047", "purchase_order_line": 10,
        "quantity": { "value": "1", "uom": "CS" }, "effective_at": "2026-11-01T08:30:00Z",
    });
    gateway.admin().post("/system/v1/receipts", &receipt).await.expect(201);
    while gateway.parts().process.follow().await.unwrap() {}
    let gateway = gateway.again(&DOWN).await;
    gateway.work().await;
    let cases = "/process/v1/cases?queue=integration";
    let answer = gateway.admin().get(cases).await;
    let case = &answer.expect(200)["items"][0];
    let letters = gateway.role(canonical::Role::Operator).get(LETTERS).await;
    assert_eq!(case["dead_letters"][0], letters.expect(200)["items"][0]["id"], "{case}");
    assert_eq!((&case["clock"], &case["state"]), (&json!("T1"), &json!("new")));
    assert_eq!(case["offers"][0]["action"], "replay");
    let path = format!("/process/v1/cases/{}/actions", case["id"].as_str().unwrap());
    let accept = json!({ "action": "accept_variance", "reason": "so be it" });
    gateway.admin().post(&path, &accept).await.refused(409, "conflict");
    let replay = json!({ "dry_run": false });
    let gateway = gateway.again(&[]).await;
    gateway.admin().post(REPLAYS, &replay).await.expect(200);
    assert_eq!(gateway.process_bulk().await, 1);
    let answer = gateway.admin().get(cases).await;
    let case = &answer.expect(200)["items"][0];
    assert_eq!((&case["state"], &case["resolution"]), (&json!("resolved"), &json!("cleared")));
}
