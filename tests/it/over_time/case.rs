//! Cases follow what holds an invoice: opened and resolved with it, with an owner and a clock.

use super::play::{Play, Step, bill, order, receive, return_goods};
use super::told;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Answer, Caller, demo};

const CASES: &str = "/process/v1/cases";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// 1000 at 1.06 against 1.00: 60.00, 6 %.
async fn dear() -> Play {
    Play::of(&[order("1000", "1.00"), receive("R-1", "1000"), bill("A", "1000", "1.06")]).await
}

pub(super) async fn listed(who: &Caller, query: &str) -> Vec<Value> {
    let answer = who.get(&format!("{CASES}?{query}")).await;
    answer.expect(200)["items"].as_array().unwrap().clone()
}

/// The one case that is listed.
pub(super) async fn only(play: &Play) -> Value {
    let cases = listed(&play.gateway().admin(), "").await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases[0].clone()
}

pub(super) async fn act(who: &Caller, case: &Value, body: Value) -> Answer {
    who.post(&format!("{CASES}/{}/actions", case["id"].as_str().unwrap()), &body).await
}

fn queues(cases: &[Value]) -> Vec<(&str, &str)> {
    let mut queues: Vec<(&str, &str)> = cases
        .iter()
        .map(|it| (it["queue"].as_str().unwrap(), it["state"].as_str().unwrap()))
        .collect();
    queues.sort_unstable();
    queues
}

#[tokio::test]
async fn an_invoice_has_one_case_per_owner_and_each_ends_with_its_holds() {
    let play = Play::of(&[order("1000", "1.00"), bill("A", "1000", "1.06")]).await;
    let admin = play.gateway().admin();
    let cases = listed(&admin, "").await;
    assert_eq!(queues(&cases), [("buyer", "new"), ("receiving", "new")]);
    let receiving = listed(&admin, "queue=receiving").await;
    assert_eq!((receiving.len(), &receiving[0]["clock"]), (1, &json!("T2")));
    assert_eq!(receiving[0]["holds"][0]["code"], "QTY-01");
    play.step(&receive("R-1", "1000")).await;
    assert_eq!(queues(&listed(&admin, "").await), [("buyer", "new"), ("receiving", "resolved")]);
    let ended = told(&play, "case.resolved").await;
    assert_eq!((ended.len(), &ended[0]["data"]["resolution"]), (1, &json!("cleared")));
    assert_eq!(told(&play, "case.opened").await.len(), 2);
    assert_eq!(listed(&admin, "state=resolved&supplier=SUP-1001").await.len(), 1);
    assert!(listed(&admin, "supplier=SUP-1002").await.is_empty());
}

#[tokio::test]
async fn a_variance_is_accepted_on_the_case() {
    let play = dear().await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    let accept = json!({ "action": "accept_variance", "reason": "agreed", "match_run": 1 });
    act(&play.gateway().ap(), &case, accept.clone()).await.refused(403, "forbidden");
    let answer = act(&admin, &case, accept.clone()).await;
    assert_eq!(
        (&answer.expect(200)["state"], &answer.json["resolution"]),
        (&json!("resolved"), &json!("accepted"))
    );
    assert_eq!(answer.json["holds"][0]["state"], "released");
    play.gateway().settle().await;
    assert_eq!((play.invoice("A").await.state.as_str(), play.booked("A").await), ("matched", 1));
    act(&admin, &case, accept).await.refused(409, "conflict");
    let after = admin.get(&format!("{CASES}/{}", case["id"].as_str().unwrap())).await;
    assert_eq!(after.expect(200), &answer.json);
}

#[tokio::test]
async fn what_comes_up_again_within_two_weeks_opens_the_case_again_and_later_another() {
    for (days, reopened, cases) in [(13, 1, 1), (14, 0, 2)] {
        let play = dear().await;
        let admin = play.gateway().admin();
        let first = only(&play).await;
        play.release(&admin, "A", &[]).await.expect(200);
        play.gateway().settle().await;
        play.gateway().clock().advance(DAY * days);
        let admin = play.gateway().admin();
        play.step(&Step::Order { version: 2, quantity: "1000", price: "0.97" }).await;
        let all = listed(&admin, "").await;
        assert_eq!(all.len(), cases, "{days} days");
        let open = all.iter().find(|it| it["state"] == "new").unwrap();
        assert_eq!(
            (open["id"] == first["id"], &open["reopened"]),
            (reopened == 1, &json!(reopened))
        );
        assert_eq!(told(&play, "case.reopened").await.len(), reopened);
        assert_ne!(open["opened_at"], first["opened_at"]);
    }
}

#[tokio::test]
async fn a_case_is_taken_waits_for_the_supplier_and_its_clock_stands_still() {
    let play = dear().await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    let pause = json!({ "action": "pause", "waiting_for": "supplier", "reason": "asked" });
    act(&admin, &case, pause.clone()).await.refused(409, "conflict");
    act(&admin, &case, json!({ "action": "resume" })).await.refused(409, "conflict");
    let taken = act(&admin, &case, json!({ "action": "take" })).await;
    assert_eq!(taken.expect(200)["state"], "in_progress");
    assert!(taken.json["assignee"].as_str().unwrap().contains("admin"), "{}", taken.words());
    act(&admin, &case, pause).await.expect(200);
    act(&admin, &case, json!({ "action": "take" })).await.refused(409, "conflict");
    play.gateway().clock().advance(DAY * 7);
    let admin = play.gateway().admin();
    let going = act(&admin, &case, json!({ "action": "resume" })).await;
    let going = going.expect(200);
    let at = |it: &Value| it.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    // a week has five business days of it, wherever it begins
    let later = at(&going["due_at"]).duration_since(at(&case["due_at"]));
    assert_eq!(later, jiff::SignedDuration::from_hours(7 * 24), "{going} {case}");
    assert_eq!((&going["overdue"], &going["age_net_seconds"]), (&json!(false), &json!(0)));
    assert_eq!(
        (&going["touches"], &going["pauses"][0]["waiting_for"]),
        (&json!(3), &json!("supplier"))
    );
    for what in ["case.assigned", "case.paused", "case.resumed"] {
        assert_eq!(told(&play, what).await.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_case_that_nobody_resolves_is_overdue() {
    let play = dear().await;
    assert!(listed(&play.gateway().admin(), "overdue=true").await.is_empty());
    play.gateway().clock().advance(DAY * 8);
    let admin = play.gateway().admin();
    assert_eq!(listed(&admin, "overdue=true").await.len(), 1);
    assert!(listed(&admin, "overdue=false").await.is_empty());
    assert_eq!(only(&play).await["overdue"], true);
}

#[tokio::test]
async fn a_case_that_was_moved_to_another_queue_stays_there() {
    let play = dear().await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    act(&admin, &case, json!({ "action": "assign" })).await.refused(400, "invalid");
    let nowhere = json!({ "action": "assign", "queue": "nobody" });
    assert_eq!(act(&admin, &case, nowhere).await.refused(400, "invalid").pointers(), ["/queue"]);
    let moved = json!({ "action": "assign", "queue": "contracting", "assignee": "kim" });
    let answer = act(&admin, &case, moved).await;
    let after = answer.expect(200);
    assert_eq!(
        (&after["queue"], &after["state"], &after["bounces"], &after["assignee"]),
        (&json!("contracting"), &json!("assigned"), &json!(1), &json!("kim"))
    );
    play.step(&Step::Order { version: 2, quantity: "1000", price: "0.97" }).await;
    assert_eq!(queues(&[only(&play).await]), [("contracting", "assigned")]);
    play.step(&return_goods("RTV-1", "100", true)).await;
    let all = listed(&admin, "").await;
    assert_eq!(queues(&all), [("contracting", "assigned"), ("receiving", "new")]);
    let taken = json!({ "action": "assign", "queue": "receiving" });
    act(&admin, &case, taken).await.refused(409, "conflict");
}

#[tokio::test]
async fn invoices_that_a_person_called_two_are_matched_as_two_from_then_on() {
    let start = [order("200", "10.00"), receive("R-1", "200"), bill("A", "100", "10.00")];
    let play = Play::of(&start).await;
    let mut again =
        demo::bill("PLAY-77121", "SUP-1001", ("PO-PLAY", 10), "100 EA", ("10.00", "1000.00"));
    again["invoice"]["invoice_date"] = json!("2026-10-20");
    let ap = play.gateway().ap();
    let answer = ap.submit(&again).await;
    assert_eq!(answer.expect(202)["reasons"][0]["code"], "DUP-03", "{}", answer.words());
    let id = answer.json["id"].as_str().unwrap().to_owned();
    let admin = play.gateway().admin();
    let path = format!("/process/v1/invoices/{id}");
    let release = json!({ "holds": [], "reason": "ok" });
    let refused = admin.post(&format!("{path}/releases"), &release).await;
    assert!(refused.refused(409, "conflict").words().contains("mark_not_duplicate"));
    let case = only(&play).await;
    assert_eq!(case["queue"], "ap");
    let wrong = json!({ "action": "mark_not_duplicate", "reason": "two", "invoices": ["inv_x"] });
    act(&admin, &case, wrong).await.refused(400, "invalid");
    let two = json!({ "action": "mark_not_duplicate", "reason": "two deliveries" });
    act(&ap, &case, two.clone()).await.refused(403, "forbidden");
    let answer = act(&admin, &case, two).await;
    assert_eq!(answer.expect(200)["resolution"], "not_duplicate");
    play.gateway().settle().await;
    let after = admin.get(&path).await;
    let after = after.expect(200);
    assert_eq!(
        (&after["state"], &after["outcome"]),
        (&json!("matched"), &json!("matched")),
        "{after}"
    );
    assert_eq!(after["erp_document"]["status"], "posted");
    play.step(&return_goods("RTV-1", "10", true)).await;
    let later = admin.get(&path).await;
    assert_eq!(later.expect(200)["state"], "blocked");
    assert_eq!(later.json["reasons"].as_array().unwrap().len(), 1, "{}", later.words());
    assert_eq!(later.reasons(), ["QTY-02"]);
}

#[tokio::test]
async fn a_post_that_the_ledger_refuses_is_a_case_of_integration() {
    let play = Play::of(&[order("10", "10.00"), receive("R-1", "10")]).await;
    let full = [
        ("THREEWAY__BACKENDS__DEMO__PAYABLES_MAX", "1"),
        ("THREEWAY__PROCESS__POSTING__ATTEMPTS_MAX", "1"),
    ];
    let play = play.again(&full).await;
    let answer = play.gateway().ap().submit(&demo::invoice("matched")).await;
    answer.expect(202);
    play.gateway().work().await;
    let case = only(&play).await;
    assert_eq!((&case["queue"], &case["clock"]), (&json!("integration"), &json!("T1")));
    let play = play.again(&[]).await;
    play.gateway()
        .admin()
        .post("/process/v1/replays", &json!({ "dry_run": false }))
        .await
        .expect(200);
    play.gateway().process_bulk().await;
    assert_eq!(queues(&[only(&play).await]), [("integration", "resolved")]);
}

#[tokio::test]
async fn cases_are_ours_and_their_actions_are_read_strictly() {
    let play = dear().await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    let scopes = ["process.cases.read", "process.cases.write", "consumption.timeline.read"];
    let supplier = play.gateway().supplier_scoped("SUP-1001", &scopes);
    let one = format!("{CASES}/{}", case["id"].as_str().unwrap());
    supplier.get(CASES).await.refused(403, "forbidden");
    supplier.get(&one).await.refused(403, "forbidden");
    act(&supplier, &case, json!({ "action": "take" })).await.refused(403, "forbidden");
    let story = supplier.get(&format!("/consumption/v1/timeline?invoice={}", play.id("A"))).await;
    assert!(!story.expect(200).to_string().contains("case."), "{}", story.words());
    for wrong in [
        json!({}),
        json!({ "action": "close" }),
        json!({ "action": "take", "by": "me" }),
        json!({ "action": "accept_variance", "reason": "" }),
        json!({ "action": "mark_not_duplicate" }),
    ] {
        act(&admin, &case, wrong).await.refused(400, "invalid");
    }
    admin.get(&format!("{CASES}?sort=age")).await.refused(400, "invalid");
    admin.get(&format!("{CASES}?state=closed")).await.refused(400, "invalid");
    admin.get(&format!("{CASES}/case_none")).await.refused(404, "not_found");
    let only_write = play.gateway().scoped(&["process.cases.write"]);
    let accept = json!({ "action": "accept_variance", "reason": "agreed" });
    let refused = act(&only_write, &case, accept).await;
    assert!(refused.refused(403, "forbidden").words().contains("process.holds.release"));
}
