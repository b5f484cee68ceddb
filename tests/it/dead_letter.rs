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
