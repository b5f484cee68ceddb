//! Back ends that tell of changes by themselves: signed, in any order, and again (`domain.md` A18).

use super::play::{Play, bill, order, receive};
use super::told;
use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use stack::Secret;
use stack::webhook::{ID, SIGNATURE, TIMESTAMP, sign};
use tests::{Answer, TestGateway};

const HEARD: &str = "/process/v1/back-ends/demo/changes";
/// Two secrets, as while one is changed for the other.
const SECRETS: [&str; 2] = [
    "whsec_b2xkIHNlY3JldCBvZiB0aGUgZGVtbyBiYWNrIGVuZA==",
    "whsec_bmV3IHNlY3JldCBvZiB0aGUgZGVtbyBiYWNrIGVuZA==",
];

/// A gateway that hears the demo's back end.
async fn hearing() -> Play {
    let secrets = json!(SECRETS).to_string();
    let play = Play::with(&[("THREEWAY__INBOUND__WEBHOOKS__DEMO__SECRETS", &secrets)]).await;
    for step in [order("100", "10.00"), bill("A", "100", "10.00")] {
        play.step(&step).await;
    }
    play
}

/// What the back end has told so far, by its feed.
async fn changes(gateway: &TestGateway) -> Vec<Value> {
    let answer = gateway.admin().get("/system/v1/changes?limit=200").await;
    answer.expect(200)["items"].as_array().unwrap().clone()
}

/// Sends a webhook that is signed with this secret.
async fn send(gateway: &TestGateway, secret: &str, body: &Value) -> Answer {
    let (body, now) = (body.to_string(), gateway.clock().handle()().as_second());
    let signature = sign(&Secret::from(secret), "msg_1", now, body.as_bytes()).unwrap();
    let request = Request::post(HEARD)
        .header(header::CONTENT_TYPE, "application/json")
        .header(ID, "msg_1")
        .header(TIMESTAMP, now)
        .header(SIGNATURE, signature);
    gateway.nobody().send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn what_a_back_end_tells_is_matched_at_once_and_known_when_it_is_asked() {
    let play = hearing().await;
    let gateway = play.gateway();
    let before = changes(gateway).await;
    play.happen(&receive("R-1", "60")).await;
    play.happen(&receive("R-2", "40")).await;
    // the later one first, and nobody asks
    let after = changes(gateway).await;
    let mut told_now: Vec<&Value> = after.iter().filter(|it| !before.contains(it)).collect();
    told_now.reverse();
    assert_eq!(told_now.len(), 2);
    let body = json!({ "changes": told_now });
    let answer = send(gateway, SECRETS[1], &body).await;
    assert_eq!(answer.expect(200), &json!({ "new": 2, "known": 0 }));
    gateway.work().await;
    assert_eq!(play.invoice("A").await.state, "matched");
    // told again by the webhook, with the other secret, and then by the feed
    let position = gateway.event_position().await;
    let answer = send(gateway, SECRETS[0], &body).await;
    assert_eq!(answer.expect(200), &json!({ "new": 0, "known": 2 }));
    gateway.settle().await;
    assert_eq!(gateway.event_position().await, position);
    assert_eq!(told(&play, "receipt.posted").await.len(), 2);
    assert_eq!(play.booked("A").await, 1);
}

#[tokio::test]
async fn only_its_own_signature_opens_it_and_nothing_else() {
    let play = hearing().await;
    let gateway = play.gateway();
    let body = json!({ "changes": changes(gateway).await });
    let position = gateway.event_position().await;
    let other = "whsec_b3RoZXIgc2VjcmV0IG9mIHRoZSBkZW1vIGJhY2tlbmQ=";
    send(gateway, other, &body).await.refused(401, "unauthenticated");
    // a good signature of another body
    let signature = |now| sign(&Secret::from(SECRETS[0]), "msg_1", now, b"{}").unwrap();
    let now = gateway.clock().handle()().as_second();
    for (path, sent) in [(HEARD, body.to_string()), ("/process/v1/invoices", "{}".to_owned())] {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(ID, "msg_1")
            .header(TIMESTAMP, now)
            .header(SIGNATURE, signature(now));
        let answer = gateway.nobody().send(request.body(Body::from(sent)).unwrap()).await;
        answer.refused(401, "unauthenticated");
    }
    assert_eq!(gateway.event_position().await, position);
}

#[tokio::test]
async fn a_token_opens_it_too_and_a_suppliers_does_not() {
    let play = hearing().await;
    let gateway = play.gateway();
    let body = json!({ "changes": changes(gateway).await });
    let scopes = ["process.changes.create"];
    let answer = gateway.scoped(&scopes).post(HEARD, &body).await;
    assert_eq!(answer.expect(200)["new"], 0, "{}", answer.words());
    let supplier = gateway.supplier_scoped("SUP-1001", &scopes);
    supplier.post(HEARD, &body).await.refused(403, "forbidden");
    let unknown = "/process/v1/back-ends/other/changes";
    gateway.scoped(&scopes).post(unknown, &body).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_no_change_is_refused_with_its_field() {
    let play = hearing().await;
    let gateway = play.gateway();
    let good = changes(gateway).await.remove(0);
    let mut long = good.clone();
    long["document"] = json!("x".repeat(101));
    let mut odd = good.clone();
    odd["kind"] = json!("po.painted");
    for (changes, pointer) in [
        (json!([]), "/changes"),
        (json!(vec![good.clone(); 201]), "/changes"),
        (json!([good, long]), "/changes/1/document"),
        (json!([odd]), "/changes/0/kind"),
    ] {
        let answer = send(gateway, SECRETS[0], &json!({ "changes": changes })).await;
        answer.refused(400, "invalid");
        assert_eq!(answer.json["errors"][0]["pointer"], pointer, "{}", answer.words());
    }
}
