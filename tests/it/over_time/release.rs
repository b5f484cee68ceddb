//! A person releases a hold: it covers what was accepted, for as long as it gets no worse.

use super::play::{Play, Stands, Step, bill, order, receive, return_goods};
use super::told;
use serde_json::{Value, json};
use tests::Caller;

/// 1000 at 1.06 against 1.00: 60.00, 6 %.
async fn dear() -> Play {
    Play::of(&[order("1000", "1.00"), receive("R-1", "1000"), bill("A", "1000", "1.06")]).await
}

fn stands(it: &Stands) -> (&str, Vec<&str>) {
    (it.state.as_str(), it.open.iter().map(String::as_str).collect())
}

async fn released(play: &Play) -> Value {
    let answer = play.release(&play.gateway().admin(), "A", &[]).await;
    let json = answer.expect(200).clone();
    play.gateway().settle().await;
    json
}

#[tokio::test]
async fn m62_a_release_stands_while_the_variance_is_what_was_accepted() {
    let play = dear().await;
    let before = play.invoice("A").await;
    assert_eq!(stands(&before), ("blocked", vec!["PRC-01"]));
    assert_eq!((before.erp, play.booked("A").await), (None, 0));
    let answer = released(&play).await;
    assert_eq!(answer["state"], "matched");
    assert_eq!(answer["released"][0]["release"]["accepted"]["amount"], "60.00");
    assert!(answer["open"].as_array().unwrap().is_empty());
    let after = play.invoice("A").await;
    assert_eq!(stands(&after), ("matched", vec![]));
    assert_eq!((after.erp.as_deref(), play.booked("A").await), (Some("posted"), 1));
    play.step(&Step::Order { version: 2, quantity: "1100", price: "1.00" }).await;
    play.step(&receive("R-2", "50")).await;
    let again = play.invoice("A").await;
    assert_eq!(stands(&again), ("matched", vec![]));
    let release = &again.of("PRC-01")["release"];
    assert_eq!(
        (&release["reason"], &release["accepted"]["percent"]),
        (&json!("agreed by phone"), &json!("6.0000"))
    );
    assert_eq!(play.booked("A").await, 1);
}

#[tokio::test]
async fn m63_a_variance_that_grew_opens_the_hold_again_and_its_clock_starts_anew() {
    let play = dear().await;
    let since = play.invoice("A").await.since();
    released(&play).await;
    play.gateway().clock().advance(std::time::Duration::from_secs(3600));
    play.step(&Step::Order { version: 2, quantity: "1000", price: "0.97" }).await;
    let after = play.invoice("A").await;
    assert_eq!(stands(&after), ("blocked", vec!["PRC-01"]));
    assert_ne!(after.since(), since);
    let reopened = told(&play, "hold.reopened").await;
    let variance = &reopened[0]["data"]["variance"];
    assert_eq!((&variance["amount"], &variance["percent"]), (&json!("90.00"), &json!("9.2784")));
    let answer = released(&play).await;
    assert_eq!(answer["released"][0]["release"]["accepted"]["amount"], "90.00");
    assert_eq!(play.invoice("A").await.state, "matched");
    assert_eq!((told(&play, "hold.released").await.len(), play.booked("A").await), (2, 1));
}

#[tokio::test]
async fn what_no_longer_differs_is_cleared_also_after_a_release() {
    let play = dear().await;
    released(&play).await;
    play.step(&Step::Order { version: 2, quantity: "1000", price: "1.06" }).await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.outcome.as_str()), ("matched", "matched"));
    assert_eq!(after.hold("cleared"), "PRC-01");
}

#[tokio::test]
async fn a_release_covers_no_other_key() {
    let play = dear().await;
    released(&play).await;
    play.step(&return_goods("RTV-1", "100", true)).await;
    let after = play.invoice("A").await;
    assert_eq!(stands(&after), ("blocked", vec!["QTY-02"]));
    assert_eq!(after.of("PRC-01")["state"], "released");
}

#[tokio::test]
async fn an_invoice_is_free_when_the_last_hold_goes() {
    let play = Play::of(&[order("1000", "1.00"), bill("A", "1000", "1.06")]).await;
    let before = play.invoice("A").await;
    assert_eq!(stands(&before), ("blocked", vec!["QTY-01", "PRC-01"]));
    let (price, admin) = (before.of("PRC-01")["id"].as_str().unwrap(), play.gateway().admin());
    let answer = play.release(&admin, "A", &[price]).await;
    assert_eq!(answer.expect(200)["state"], "blocked");
    assert_eq!(answer.json["open"][0]["code"], "QTY-01");
    play.gateway().settle().await;
    assert_eq!(play.booked("A").await, 0);
    play.release(&admin, "A", &[price]).await.refused(409, "conflict");
    play.step(&receive("R-1", "1000")).await;
    let after = play.invoice("A").await;
    assert_eq!((stands(&after), play.booked("A").await), (("matched", vec![]), 1));
    play.release(&admin, "A", &[]).await.refused(409, "conflict");
}

#[tokio::test]
async fn who_submitted_an_invoice_does_not_release_it() {
    let play = dear().await;
    let answer = play.release(&play.gateway().ap(), "A", &[]).await;
    let detail = answer.refused(403, "forbidden").json["detail"].as_str().unwrap();
    assert!(detail.contains("who submitted an invoice"), "{detail}");
    assert_eq!(play.invoice("A").await.state, "blocked");
    let off = [("THREEWAY__PROCESS__DUTIES__RELEASER_IS_NOT_SUBMITTER", "false")];
    let play = play.again(&off).await;
    play.release(&play.gateway().ap(), "A", &[]).await.expect(200);
}

#[tokio::test]
async fn what_is_not_owed_is_not_released_and_the_refusal_says_what_helps() {
    let play = Play::of(&[bill("A", "10", "10.00")]).await;
    let position = play.event_position().await;
    let answer = play.release(&play.gateway().admin(), "A", &[]).await;
    let detail = answer.refused(409, "conflict").json["detail"].as_str().unwrap();
    assert!(detail.contains("PO-02") && detail.contains("po.approved"), "{detail}");
    assert_eq!(play.event_position().await, position);
}

async fn refused(who: &Caller, path: &str, body: Value, expected: (u16, &str)) -> Value {
    let answer = who.post(path, &body).await;
    answer.refused(expected.0, expected.1).json.clone()
}

#[tokio::test]
async fn a_release_names_holds_of_the_invoice_a_reason_and_the_run_that_was_seen() {
    let play = dear().await;
    let (admin, id) = (play.gateway().admin(), play.id("A"));
    let path = format!("/process/v1/invoices/{id}/releases");
    let body = json!({ "holds": ["hold_other"], "reason": "agreed" });
    let problem = refused(&admin, &path, body, (400, "invalid")).await;
    assert_eq!(problem["errors"][0]["pointer"], "/holds/0");
    refused(&admin, &path, json!({ "holds": [], "reason": " " }), (400, "invalid")).await;
    refused(&admin, &path, json!({ "holds": [] }), (400, "invalid")).await;
    let body = json!({ "holds": [], "reason": "agreed", "all": true });
    refused(&admin, &path, body, (400, "invalid")).await;
    let old = json!({ "holds": [], "reason": "agreed", "match_run": 1 });
    play.step(&Step::Order { version: 2, quantity: "1000", price: "0.97" }).await;
    refused(&admin, &path, old, (409, "conflict")).await;
    let none = "/process/v1/invoices/inv_none/releases";
    let body = json!({ "holds": [], "reason": "agreed" });
    refused(&admin, none, body.clone(), (404, "not_found")).await;
    let supplier = play.gateway().supplier_scoped("SUP-1001", &["process.holds.release"]);
    refused(&supplier, &path, body.clone(), (403, "forbidden")).await;
    let other = play.gateway().supplier_scoped("SUP-1002", &["process.holds.release"]);
    refused(&other, &path, body, (404, "not_found")).await;
}

#[tokio::test]
async fn a_supplier_does_not_read_who_released_what_and_why() {
    let play = dear().await;
    released(&play).await;
    let supplier = play.gateway().supplier("SUP-1001");
    let own = supplier.get(&format!("/process/v1/invoices/{}", play.id("A"))).await;
    assert_eq!(own.expect(200)["holds"][0]["state"], "released");
    let story = format!("/consumption/v1/timeline?invoice={}", play.id("A"));
    let told = supplier.get(&story).await;
    assert!(told.expect(200)["events"].to_string().contains("hold.released"));
    for answer in [own, told] {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!text.contains("agreed by phone") && !text.contains("admin"), "{text}");
    }
}
