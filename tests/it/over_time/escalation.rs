//! Who gets a case, and who gets it when nobody does anything about it.

use super::case::{act, listed, only};
use super::play::{Play, Step, bill, order, receive};
use super::told;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tests::{Caller, TestGateway, demo, top};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// 1000 at 1.06 against 1.00: 60.00, 6 %, which the buyer has five days for.
async fn dear() -> Play {
    Play::of(&[order("1000", "1.00"), receive("R-1", "1000"), bill("A", "1000", "1.06")]).await
}

/// The escalations of what takes too long until now.
async fn escalate(gateway: &TestGateway) -> usize {
    gateway.parts().process.escalate().await.unwrap()
}

fn words<'a>(case: &'a Value, keys: &[&str]) -> Vec<&'a Value> {
    keys.iter().map(|it| &case[it]).collect()
}

#[tokio::test]
async fn a_case_that_takes_too_long_is_watched_and_then_moved() {
    let play = dear().await;
    let case = only(&play).await;
    assert_eq!(words(&case, &["level", "queue"]), [&json!(1), &json!("buyer")]);
    let next = case["escalates_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(play.gateway().parts().process.next_escalation_at().await.unwrap(), Some(next));
    assert_eq!(escalate(play.gateway()).await, 0);
    // Monday noon and three business days
    play.gateway().clock().advance(DAY * 3);
    assert_eq!(escalate(play.gateway()).await, 1);
    assert_eq!(escalate(play.gateway()).await, 0, "once");
    let watched = only(&play).await;
    assert_eq!(
        words(&watched, &["level", "queue", "watchers", "state", "bounces"]),
        [&json!(2), &json!("buyer"), &json!(["supervisor"]), &json!("new"), &json!(0)]
    );
    play.gateway().clock().advance(DAY * 4);
    assert_eq!(escalate(play.gateway()).await, 1);
    let moved = only(&play).await;
    assert_eq!(
        words(&moved, &["level", "queue", "escalates_at", "due_at"]),
        [&json!(3), &json!("manager"), &Value::Null, &case["due_at"]]
    );
    play.gateway().clock().advance(DAY * 90);
    assert_eq!(escalate(play.gateway()).await, 0);
    let events = told(&play, "case.escalated").await;
    let levels: Vec<_> = events.iter().map(|it| &it["data"]["level"]).collect();
    assert_eq!(levels, [&json!(2), &json!(3)]);
    play.step(&Step::Order { version: 2, quantity: "1000", price: "1.06" }).await;
    assert_eq!(only(&play).await["state"], "resolved");
}

#[tokio::test]
async fn what_was_due_while_nobody_served_is_made_up_for() {
    let play = dear().await;
    play.gateway().clock().advance(DAY * 10);
    let play = play.again(&[]).await;
    assert_eq!((escalate(play.gateway()).await, escalate(play.gateway()).await), (1, 1));
    assert_eq!(escalate(play.gateway()).await, 0);
    assert_eq!(only(&play).await["level"], 3);
}

#[tokio::test]
async fn two_processes_escalate_once_and_what_is_over_is_left_alone() {
    let play = dear().await;
    play.gateway().clock().advance(DAY * 3);
    let process = &play.gateway().parts().process;
    let (one, other) = tokio::join!(process.escalate(), process.escalate());
    assert!(one.unwrap() + other.unwrap() >= 1);
    assert_eq!(told(&play, "case.escalated").await.len(), 1);
    play.step(&Step::Order { version: 2, quantity: "1000", price: "1.06" }).await;
    play.gateway().clock().advance(DAY * 90);
    assert_eq!(escalate(play.gateway()).await, 0);
    assert_eq!(process.next_escalation_at().await.unwrap(), None);
}

#[tokio::test]
async fn a_case_that_waits_for_others_is_escalated_later_and_one_that_comes_again_anew() {
    let play = dear().await;
    let admin = play.gateway().admin();
    let case = only(&play).await;
    act(&admin, &case, json!({ "action": "take" })).await.expect(200);
    let pause = json!({ "action": "pause", "waiting_for": "supplier", "reason": "asked" });
    act(&admin, &case, pause).await.expect(200);
    play.gateway().clock().advance(DAY * 7);
    assert_eq!(escalate(play.gateway()).await, 0);
    let admin = play.gateway().admin();
    act(&admin, &case, json!({ "action": "resume" })).await.expect(200);
    play.gateway().clock().advance(DAY * 3);
    assert_eq!(escalate(play.gateway()).await, 1);
    let admin = play.gateway().admin();
    play.release(&admin, "A", &[]).await.expect(200);
    play.gateway().settle().await;
    play.step(&Step::Order { version: 2, quantity: "1000", price: "0.97" }).await;
    let again = only(&play).await;
    assert_eq!(
        words(&again, &["id", "level", "watchers", "reopened", "state"]),
        [&case["id"], &json!(1), &json!([]), &json!(1), &json!("assigned")]
    );
}

#[tokio::test]
async fn a_case_that_nobody_wants_is_escalated_by_being_passed_on() {
    let play = dear().await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    let pass = async |queue: &str| {
        let answer = act(&admin, &case, json!({ "action": "assign", "queue": queue })).await;
        answer.expect(200).clone()
    };
    for queue in ["contracting", "ap"] {
        assert_eq!(pass(queue).await["level"], 1);
    }
    let third = pass("buyer").await;
    assert_eq!(
        words(&third, &["bounces", "level", "queue", "watchers"]),
        [&json!(3), &json!(2), &json!("buyer"), &json!(["supervisor"])]
    );
    let fourth = pass("contracting").await;
    assert_eq!(
        words(&fourth, &["bounces", "level", "queue"]),
        [&json!(4), &json!(3), &json!("manager")]
    );
    assert_eq!(told(&play, "case.escalated").await.len(), 2);
    assert_eq!(listed(&admin, "queue=manager&open=true").await.len(), 1);
    assert!(listed(&admin, "queue=buyer").await.is_empty());
}

/// The path of a policy file of the test's own.
fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn what_is_given_to_somebody_who_is_away_goes_to_whoever_stands_in() {
    let play = dear().await;
    let folder = tempfile::tempdir().unwrap();
    let shipped = fs::read_to_string(top().join("config/policies/calendar.toml")).unwrap();
    let day = play.gateway().clock().now().strftime("%F").to_string();
    let absent = format!(
        "{shipped}[[absences]]\nperson = \"kim\"\ndelegate = \"lee\"\nfrom = \"{day}\"\n\
         to = \"{day}\"\n"
    );
    let path = written(&folder, "calendar.toml", &absent);
    let play = play.again(&[("THREEWAY__POLICIES__CALENDAR", &path)]).await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    let give = json!({ "action": "assign", "assignee": "kim" });
    let answer = act(&admin, &case, give.clone()).await;
    let given = ["assignee", "on_behalf_of", "state"];
    assert_eq!(
        words(answer.expect(200), &given),
        [&json!("lee"), &json!("kim"), &json!("assigned")]
    );
    let events = told(&play, "case.assigned").await;
    assert_eq!(words(&events[0]["data"], &given[..2]), [&json!("lee"), &json!("kim")]);
    assert_eq!(listed(&admin, "assignee=lee").await.len(), 1);
    assert!(listed(&admin, "assignee=kim").await.is_empty());
    play.gateway().clock().advance(DAY);
    let answer = act(&play.gateway().admin(), &case, give).await;
    assert_eq!(words(answer.expect(200), &given[..2]), [&json!("kim"), &Value::Null]);
}

/// An order of critical goods that nobody received, billed; the one case of it.
async fn critical(gateway: &TestGateway) -> Value {
    let order = json!({
        "number": "PO-CRIT", "version": 1, "supplier_id": "SUP-1001", "currency": "USD",
        "status": "dispatched", "order_date": "2026-10-01",
        "lines": [{
            "line_number": 10, "item_id": critical_item(), "description": "it",
            "quantity": { "value": "10", "uom": "EA" }, "unit_price": "1.00",
            "match_mode": "three_way",
        }],
    });
    gateway.admin().put("/system/v1/purchase-orders/PO-CRIT", &order).await.expect(200);
    let mut body = demo::bill("CRIT-1", "SUP-1001", ("PO-CRIT", 10), "10 EA", ("1.00", "10.00"));
    body["invoice"]["invoice_date"] = json!("2026-10-20");
    let answer = gateway.ap().submit(&body).await;
    assert_eq!(answer.expect(202)["reasons"][0]["code"], "QTY-01", "{}", answer.words());
    cases(&gateway.admin()).await.remove(0)
}

fn critical_item() -> Value {
    let items = demo::file("items.json");
    let found = items.as_array().unwrap().iter().find(|it| it["critical"] == true).cloned();
    found.unwrap()["id"].clone()
}

async fn cases(who: &Caller) -> Vec<Value> {
    listed(who, "").await
}

#[tokio::test]
async fn critical_goods_that_nobody_received_are_on_the_fast_clock() {
    let gateway = TestGateway::start().await;
    let case = critical(&gateway).await;
    let told = ["queue", "clock", "routing", "rules"];
    assert_eq!(
        words(&case, &told),
        [&json!("receiving"), &json!("T1"), &json!("R0@1"), &json!(["critical-goods-missing"])]
    );
}

#[tokio::test]
async fn a_house_routes_by_its_own_rules_and_a_case_cites_them() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "id = \"OURS\"\nversion = 3\napproved_by = \"me\"\nreason = \"test\"\n\
        [[rules]]\nid = \"dock-north\"\npriority = 1\nqueue = \"dock_north\"\nclock = \"T0\"\n\
        when = { codes = [\"QTY\"], suppliers = [\"SUP-1001\"], channels = [\"json\"], \
        currency = \"USD\", gross_from = \"5.00\" }\n\
        [[rules]]\nid = \"rest\"\npriority = 2\nqueue = \"owner\"\n";
    let path = written(&folder, "routing.toml", rules);
    let gateway = TestGateway::with(&[("THREEWAY__POLICIES__ROUTING", &path)]).await;
    let case = critical(&gateway).await;
    assert_eq!(
        words(&case, &["queue", "clock", "routing", "rules"]),
        [&json!("dock_north"), &json!("T0"), &json!("OURS@3"), &json!(["dock-north"])]
    );
    let gateway = gateway.again(&[]).await;
    let kept = cases(&gateway.admin()).await.remove(0);
    assert_eq!(words(&kept, &["queue", "routing"]), [&json!("dock_north"), &json!("OURS@3")]);
}

#[tokio::test]
async fn a_case_shows_its_age_in_days_and_without_what_it_waited_for_others() {
    let play = dear().await;
    let admin = play.gateway().admin();
    let case = only(&play).await;
    assert_eq!(case["age_bucket"], "0-2");
    act(&admin, &case, json!({ "action": "take" })).await.expect(200);
    let pause = json!({ "action": "pause", "waiting_for": "facility", "reason": "asked" });
    act(&admin, &case, pause).await.expect(200);
    play.gateway().clock().advance(DAY * 40);
    let after = only(&play).await;
    let (day, days) = (24 * 60 * 60, |it: &Value| it.as_i64().unwrap());
    assert_eq!(
        (after["age_bucket"].as_str(), days(&after["age_seconds"])),
        (Some("31-60"), 40 * day)
    );
    // ten business days from Monday noon are two weeks
    assert_eq!(days(&after["age_net_seconds"]), 26 * day);
}

#[tokio::test]
async fn what_waits_is_summed_by_age_and_what_is_over_is_not_counted() {
    let play = Play::of(&[order("1000", "1.00"), bill("A", "1000", "1.06")]).await;
    play.gateway().clock().advance(DAY * 7);
    play.step(&bill("B", "10", "1.00")).await;
    let analyst = play.gateway().role(canonical::Role::Analyst);
    let sums = async |by: &str| {
        let answer = analyst.get(&format!("/consumption/v1/ageing?by={by}")).await;
        answer.expect(200)["items"].as_array().unwrap().clone()
    };
    let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let by_reason = sums("reason").await;
    let young = json!({ "bucket": "0-2", "invoices": 1, "at_stake": usd("10.00") });
    let old = json!({ "bucket": "6-10", "invoices": 1, "at_stake": usd("1060.00") });
    assert_eq!(
        by_reason[0],
        json!({
            "key": "PRC-01", "invoices": 1, "overdue": 0, "at_stake": usd("1060.00"),
            "buckets": [old],
        })
    );
    assert_eq!(
        by_reason[1],
        json!({
            "key": "QTY-01", "invoices": 2, "overdue": 1, "at_stake": usd("1070.00"),
            "buckets": [young, old],
        })
    );
    let by_owner = sums("owner").await;
    let keys: Vec<_> = by_owner.iter().map(|it| it["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["buyer", "receiving"]);
    let by_supplier = sums("supplier").await;
    assert_eq!(
        words(&by_supplier[0], &["key", "invoices", "at_stake"]),
        [&json!("SUP-1001"), &json!(2), &usd("1070.00")]
    );
    assert_eq!(sums("facility").await[0]["key"], Value::Null);
    play.step(&receive("R-1", "1010")).await;
    let left = sums("reason").await;
    assert_eq!(left.len(), 1, "{left:?}");
    analyst.get("/consumption/v1/ageing?by=mood").await.refused(400, "invalid");
    let supplier = play.gateway().supplier_scoped("SUP-1001", &["consumption.exceptions.read"]);
    supplier.get("/consumption/v1/ageing").await.refused(403, "forbidden");
}
