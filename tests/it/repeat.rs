//! The same thing again: keys, bodies and numbers that come twice, one after the other and at once.

use http::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tests::{Answer, Caller, INVOICES, TestGateway, demo};
use tokio::task::JoinSet;

const REPLAYED: &str = "idempotency-replayed";

async fn count(gateway: &TestGateway) -> usize {
    let list = gateway.admin().get(&format!("{INVOICES}?limit=200")).await;
    list.expect(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_submission_without_a_good_key_is_refused() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched").to_string();
    let long = "k".repeat(256);
    for keys in [vec![], vec![""], vec!["two words"], vec![long.as_str()], vec!["a", "b"]] {
        let mut request = Request::post(INVOICES).header("content-type", "application/json");
        for key in &keys {
            request = request.header("idempotency-key", *key);
        }
        let request = request.body(body.clone().into()).unwrap();
        gateway.ap().send(request).await.refused(400, "invalid");
    }
    assert_eq!(count(&gateway).await, 0);
    let longest = "k".repeat(255);
    let answer = gateway.ap().submit_under(&longest, &demo::invoice("matched")).await;
    assert_eq!(answer.status, 202);
}

#[tokio::test]
async fn the_same_key_and_body_get_the_same_answer() {
    let gateway = TestGateway::start().await;
    for name in ["matched", "price above", "unknown order"] {
        let body = demo::invoice(name);
        let first = gateway.ap().submit_under(name.replace(' ', "-").as_str(), &body).await;
        assert_eq!(first.header(REPLAYED), "");
        gateway.work().await;
        gateway.clock().advance(Duration::from_secs(600));
        for _ in 0..2 {
            let again = gateway.ap().submit_under(&name.replace(' ', "-"), &body).await;
            assert_eq!(again.status, 202, "{}", again.words());
            assert_eq!(again.bytes, first.bytes, "{name}");
            assert_eq!(again.header(REPLAYED), "true", "{name}");
            assert_eq!(again.header("content-type"), "application/json");
        }
    }
    assert_eq!(count(&gateway).await, 3);
}

#[tokio::test]
async fn a_key_cannot_be_used_for_something_else() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched");
    let first = gateway.ap().submit_under("k", &body).await;
    assert_eq!(first.status, 202);
    let other = gateway.ap().submit_under("k", &demo::invoice("price above")).await;
    other.refused(422, "idempotency_key_reused");
    for (path, media_type) in
        [("?facility=ELM-PARK", "application/json"), ("", "application/json; charset=utf-8")]
    {
        let request = Request::post(format!("{INVOICES}{path}"))
            .header("content-type", media_type)
            .header("idempotency-key", "k");
        let answer = gateway.ap().send(request.body(body.to_string().into()).unwrap()).await;
        answer.refused(422, "idempotency_key_reused");
    }
    assert_eq!(count(&gateway).await, 1);
}

#[tokio::test]
async fn a_key_that_found_an_earlier_answer_is_used_up_as_well() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched");
    let first = gateway.ap().submit_under("one", &body).await;
    let second = gateway.ap().submit_under("two", &body).await;
    assert_eq!(second.bytes, first.bytes);
    let other = gateway.ap().submit_under("two", &demo::invoice("price above")).await;
    other.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn the_same_body_under_a_new_key_finds_the_first_invoice() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched");
    let first = gateway.ap().submit(&body).await;
    gateway.work().await;
    gateway.clock().advance(Duration::from_secs(100 * 3_600));
    let again = gateway.ap().submit(&body).await;
    assert_eq!(again.expect(202), first.expect(202));
    assert_eq!(again.header(REPLAYED), "true");
    assert_eq!(gateway.work().await, 0, "nothing more is booked");
    assert_eq!(count(&gateway).await, 1);
}

#[tokio::test]
async fn keys_of_two_principals_never_meet() {
    let gateway = TestGateway::start().await;
    let one = gateway.ap().submit_under("k", &demo::invoice("matched")).await;
    let other = gateway.admin().submit_under("k", &demo::invoice("price above")).await;
    assert_eq!((one.status, other.status), (202, 202));
    assert_eq!(other.header(REPLAYED), "");
    assert_ne!(one.json["id"], other.json["id"]);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let gateway = TestGateway::start().await;
    let mut bad = demo::invoice("matched");
    bad["invoice"]["colour"] = json!("red");
    gateway.ap().submit_under("k", &bad).await.refused(400, "invalid");
    let good = gateway.ap().submit_under("k", &demo::invoice("matched")).await;
    assert_eq!(good.expect(202)["outcome"], "matched");
    assert_eq!(good.header(REPLAYED), "");
}

#[tokio::test]
async fn an_answer_is_kept_for_as_long_as_configured() {
    let gateway = TestGateway::with(&[("THREEWAY__PROCESS__IDEMPOTENCY_HOURS", "2")]).await;
    let first = gateway.ap().submit_under("k", &demo::invoice("matched")).await;
    assert_eq!(first.status, 202);
    gateway.clock().advance(Duration::from_secs(2 * 3_600 - 60));
    let soon = gateway.ap().submit_under("k", &demo::invoice("price above")).await;
    soon.refused(422, "idempotency_key_reused");
    gateway.clock().advance(Duration::from_secs(120));
    let later = gateway.ap().submit_under("k", &demo::invoice("price above")).await;
    assert_eq!(later.expect(202)["outcome"], "blocked");
}

/// All of these at once, each in a task of its own.
async fn at_once(caller: &Caller, requests: Vec<(String, Value)>) -> Vec<Answer> {
    let mut tasks = JoinSet::new();
    for (key, body) in requests {
        let caller = caller.clone();
        tasks.spawn(async move { caller.submit_under(&key, &body).await });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_keys_racing_with_one_body_make_one_invoice() {
    let gateway = TestGateway::start().await;
    for (round, invoice) in demo::invoices().into_iter().take(8).enumerate() {
        let requests = (0..8).map(|it| (format!("{round}-{it}"), invoice.request.clone()));
        let answers = at_once(&gateway.admin(), requests.collect()).await;
        let bodies: BTreeSet<&[u8]> = answers.iter().map(|it| &it.bytes[..]).collect();
        assert!(answers.iter().all(|it| it.status == 202), "{}", answers[0].words());
        assert_eq!(bodies.len(), 1, "{}", invoice.name);
        let new = answers.iter().filter(|it| it.header(REPLAYED).is_empty()).count();
        assert_eq!(new, 1, "{}: one of them made it", invoice.name);
        assert_eq!(count(&gateway).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_racing_with_itself_makes_one_invoice() {
    let gateway = TestGateway::start().await;
    for round in 0..8 {
        let number = format!("RACE-{round}");
        let order = ("PO-1018", 10);
        let body = demo::bill(&number, "SUP-1001", order, "1 BX", ("59.50", "59.50"));
        let requests = vec![(format!("k-{round}"), body); 8];
        let answers = at_once(&gateway.admin(), requests).await;
        let mut ids = BTreeSet::new();
        for answer in &answers {
            match answer.status {
                202 => {
                    ids.insert(answer.json["id"].as_str().unwrap());
                }
                _ => {
                    answer.refused(409, "conflict");
                    assert!(!answer.header("retry-after").is_empty());
                }
            }
        }
        assert_eq!(ids.len(), 1);
        assert_eq!(count(&gateway).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_racing_with_two_bodies_is_used_for_one() {
    let gateway = TestGateway::start().await;
    for round in 0..8 {
        let bill = |which: &str| {
            let number = format!("{which}-{round}");
            demo::bill(&number, "SUP-1001", ("PO-1018", 10), "1 BX", ("59.50", "59.50"))
        };
        let key = format!("k-{round}");
        let requests = ["A", "B", "A", "B"].map(|it| (key.clone(), bill(it)));
        let answers = at_once(&gateway.admin(), requests.to_vec()).await;
        let taken = answers.iter().filter(|it| it.status == 202);
        let ids: BTreeSet<&str> = taken.map(|it| it.json["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 1);
        for refused in answers.iter().filter(|it| it.status != 202) {
            assert!(matches!(refused.status, 409 | 422), "{}", refused.words());
            refused.is_problem();
        }
        assert_eq!(count(&gateway).await, round + 1);
    }
}

#[track_caller]
fn check_duplicate(second: &Answer, codes: &[&str]) {
    let expected = if codes.is_empty() { "matched" } else { "exception" };
    assert_eq!(second.expect(202)["outcome"], expected, "{}", second.words());
    assert_eq!(second.reasons(), codes, "{}", second.words());
}

#[tokio::test]
async fn a_number_that_comes_again_from_another_channel_is_an_exception() {
    for (number, gross, date, codes) in [
        // the same document, from somebody else
        ("TAPE-0045", "21.90", "2026-10-20", vec!["DUP-01"]),
        // in another dress
        ("tape 45", "21.90", "2026-10-25", vec!["DUP-01"]),
        ("INV TAPE-45", "21.90", "2027-10-25", vec!["DUP-01"]),
        // with another amount
        ("TAPE-45", "10.95", "2026-10-20", vec!["DUP-02"]),
        // with one slip in the number
        ("TAPE-46", "21.90", "2026-10-20", vec!["DUP-03"]),
        ("TAPE-46", "21.90", "2026-10-28", vec![]),
        // another number
        ("ROLL-9", "21.90", "2026-10-20", vec![]),
    ] {
        let gateway = TestGateway::start().await;
        let bill = |number: &str, gross: &str, date: &str| {
            let quantity = if gross == "21.90" { "10 BX" } else { "5 BX" };
            let money = ("2.19", gross);
            let mut bill = demo::bill(number, "SUP-1001", ("PO-1041", 10), quantity, money);
            bill["invoice"]["invoice_date"] = json!(date);
            bill
        };
        let first = gateway.ap().submit(&bill("TAPE-0045", "21.90", "2026-10-20")).await;
        assert_eq!(first.expect(202)["outcome"], "matched", "{}", first.words());
        if date.starts_with("2027") {
            gateway.clock().advance(Duration::from_secs(360 * 86_400));
        }
        let second = gateway.admin().submit(&bill(number, gross, date)).await;
        check_duplicate(&second, &codes);
        assert_ne!(second.json["id"], first.json["id"], "it is kept as evidence of its own");
        assert_eq!(count(&gateway).await, 2);
        gateway.work().await;
        let booked = gateway.payables("SUP-1001", "TAPE-0045").await;
        assert_eq!(booked.len(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_duplicate_is_found_within_the_suppliers_group() {
    let gateway = TestGateway::start().await;
    let order = ("PO-1041", 10);
    let bill = |supplier| demo::bill("TAPE-45", supplier, order, "10 BX", ("2.19", "21.90"));
    assert_eq!(gateway.ap().submit(&bill("SUP-1001")).await.expect(202)["outcome"], "matched");
    check_duplicate(&gateway.ap().submit(&bill("SUP-1013")).await, &["DUP-01"]);
    let stranger = gateway.ap().submit(&bill("SUP-1002")).await;
    assert!(!stranger.reasons().contains(&"DUP-01"), "another group may use the number");
}

#[tokio::test]
async fn a_number_used_again_long_after_is_only_noted() {
    let gateway = TestGateway::start().await;
    let bill = |date: &str, quantity: &str, net: &str| {
        let order = ("PO-1041", 10);
        let mut bill = demo::bill("TAPE-45", "SUP-1001", order, quantity, ("2.19", net));
        bill["invoice"]["invoice_date"] = json!(date);
        bill
    };
    let first = gateway.ap().submit(&bill("2026-10-20", "10 BX", "21.90")).await;
    assert_eq!(first.expect(202)["outcome"], "matched");
    gateway.clock().advance(Duration::from_secs(330 * 86_400));
    let later = gateway.ap().submit(&bill("2027-09-20", "5 BX", "10.95")).await;
    check_duplicate(&later, &[]);
    assert_eq!(later.json["flags"][0]["code"], "NUMBER_REUSE", "{}", later.words());
}
