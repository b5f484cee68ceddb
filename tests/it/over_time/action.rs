//! What people undertake about what waits: paid in part, sent back, taken out, disputed, credited,
//! or matched as a person says.

use super::case::{act, listed, only};
use super::play::{Play, bill, order, price_credit, receive, return_goods};
use super::told;
use serde_json::{Value, json};
use tests::demo;

/// 1000 at 1.06 against 1.00: 60.00, 6 %.
async fn dear() -> Play {
    Play::of(&[order("1000", "1.00"), receive("R-1", "1000"), bill("A", "1000", "1.06")]).await
}

fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// An invoice, whole.
async fn whole(play: &Play, id: &str) -> Value {
    let answer = play.gateway().admin().get(&format!("/process/v1/invoices/{id}")).await;
    answer.expect(200).clone()
}

/// The one thing of this name that can be done about a case.
fn offered<'a>(case: &'a Value, action: &str) -> Option<&'a Value> {
    case["offers"].as_array().unwrap().iter().find(|it| it["action"] == action)
}

/// 100 at 12.50 with tax that nobody owes.
async fn taxed(play: &Play) -> String {
    let mut body =
        demo::bill("TAXED-1", "SUP-1001", ("PO-PLAY", 10), "100 EA", ("12.50", "1250.00"));
    body["invoice"]["invoice_date"] = json!("2026-10-20");
    body["invoice"]["tax_amount"] = json!("103.13");
    body["invoice"]["gross_amount"] = json!("1353.13");
    let answer = play.gateway().ap().submit(&body).await;
    assert_eq!(answer.expect(202)["state"], "blocked", "{}", answer.words());
    assert_eq!(answer.reasons(), ["TAX-01"]);
    answer.json["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn m38_what_nobody_disputes_is_paid_and_the_rest_charged_back() {
    let play = Play::of(&[order("100", "12.50"), receive("R-1", "100")]).await;
    let id = taxed(&play).await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    let offer = offered(&case, "short_pay").unwrap();
    assert_eq!((&offer["pay"], &offer["chargeback"]), (&usd("1250.00"), &usd("103.13")));
    let pay = json!({ "action": "short_pay", "part": "tax", "reason": "exempt", "match_run": 1 });
    act(&play.gateway().ap(), &case, pay.clone()).await.refused(403, "forbidden");
    let freight = json!({ "action": "short_pay", "part": "freight", "reason": "exempt" });
    act(&admin, &case, freight).await.refused(409, "conflict");
    let answer = act(&admin, &case, pay.clone()).await;
    assert_eq!(answer.expect(200)["state"], "resolved", "{}", answer.words());
    assert_eq!(answer.json["holds"][0]["release"]["short_payment"]["chargeback"], usd("103.13"));
    play.gateway().settle().await;
    let payables = play.gateway().payables("SUP-1001", "TAXED-1").await;
    assert_eq!(payables.len(), 1);
    assert_eq!(serde_json::to_value(payables[0].total).unwrap(), usd("1250.00"));
    let after = whole(&play, &id).await;
    assert_eq!(
        (&after["state"], &after["erp_document"]["status"]),
        (&json!("matched"), &json!("posted"))
    );
    assert_eq!(after["invoice"]["tax_amount"], "103.13", "the document stays as it came");
    let credit = &after["expected_credits"][0];
    assert_eq!(
        (&credit["kind"], &credit["amount"], &credit["received"]),
        (&json!("chargeback"), &usd("103.13"), &json!(false))
    );
    let expected = told(&play, "credit.expected").await;
    assert_eq!((expected.len(), &expected[0]["data"]["amount"]), (1, &json!("103.13")));
    act(&admin, &case, pay).await.refused(409, "conflict");
    play.step(&receive("R-2", "5")).await;
    assert_eq!(whole(&play, &id).await["state"], "matched", "a later match leaves it paid in part");
    let supplier = play.gateway().supplier("SUP-1001");
    let seen = supplier.get(&format!("/process/v1/invoices/{id}")).await;
    let credit = &seen.expect(200)["expected_credits"][0];
    assert_eq!((&credit["amount"], credit.get("reason")), (&usd("103.13"), None));
}

#[tokio::test]
async fn what_has_no_part_that_can_be_left_out_is_not_paid_in_part() {
    let play = dear().await;
    let (admin, case) = (play.gateway().admin(), only(&play).await);
    assert!(offered(&case, "short_pay").is_none());
    let pay = json!({ "action": "short_pay", "part": "tax", "reason": "dear" });
    act(&admin, &case, pay).await.refused(409, "conflict");
    let pay = json!({ "action": "short_pay", "part": "price", "reason": "dear" });
    act(&admin, &case, pay).await.refused(400, "invalid");
}

#[tokio::test]
async fn what_is_not_owed_goes_back_and_its_number_is_free_again() {
    let play = Play::of(&[bill("A", "10", "10.00")]).await;
    let (ap, case) = (play.gateway().ap(), only(&play).await);
    assert_eq!(offered(&case, "reject_to_supplier").unwrap()["undo"], "submit_invoice");
    let back = json!({ "action": "reject_to_supplier", "reason": "no such order" });
    let answer = act(&ap, &case, back.clone()).await;
    assert_eq!(
        (&answer.expect(200)["state"], &answer.json["resolution"]),
        (&json!("resolved"), &json!("rejected"))
    );
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.open.len()), ("rejected", 0));
    act(&ap, &case, back.clone()).await.refused(409, "conflict");
    play.step(&order("10", "10.00")).await;
    play.step(&receive("R-1", "10")).await;
    assert_eq!(play.invoice("A").await.state, "rejected", "what went back stays there");
    let mut again =
        demo::bill("PLAY-77120", "SUP-1001", ("PO-PLAY", 10), "10 EA", ("10.00", "100.00"));
    again["invoice"]["invoice_date"] = json!("2026-10-21");
    let answer = ap.submit(&again).await;
    assert_eq!(answer.expect(202)["outcome"], "matched", "{}", answer.words());
    let play = dear().await;
    let case = only(&play).await;
    let refused = act(&play.gateway().ap(), &case, back).await;
    assert!(refused.refused(409, "conflict").words().contains("cancelled"));
}

#[tokio::test]
async fn what_is_taken_out_gives_back_what_it_claimed() {
    let start = [
        order("100", "10.00"),
        receive("R-1", "100"),
        bill("A", "100", "10.90"),
        bill("B", "100", "10.00"),
    ];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("B").await.state, "blocked");
    let admin = play.gateway().admin();
    let case = listed(&admin, "queue=buyer").await;
    let own = case.iter().find(|it| it["invoice_id"] == play.id("A").as_str()).unwrap();
    let out = json!({ "action": "cancel", "reason": "billed by mistake" });
    act(&play.gateway().ap(), own, out.clone()).await.refused(403, "forbidden");
    let answer = act(&admin, own, out.clone()).await;
    assert_eq!(answer.expect(200)["resolution"], "cancelled", "{}", answer.words());
    play.gateway().settle().await;
    let (a, b) = (play.invoice("A").await, play.invoice("B").await);
    assert_eq!((a.state.as_str(), a.open.len(), play.booked("A").await), ("cancelled", 0, 0));
    assert_eq!((b.state.as_str(), play.booked("B").await), ("matched", 1));
    assert_eq!(told(&play, "invoice.cancelled").await.len(), 1);
    assert!(listed(&admin, "open=true").await.is_empty());
    play.step(&return_goods("RTV-1", "50", true)).await;
    let later = listed(&admin, "open=true").await;
    let refused = act(&admin, &later[0], out).await;
    assert!(refused.refused(409, "conflict").words().contains("reverse it there"));
    assert!(offered(&later[0], "cancel").is_none());
}

#[tokio::test]
async fn what_the_ledger_refused_may_be_taken_out_and_a_replay_posts_nothing() {
    let play = Play::of(&[order("10", "10.00"), receive("R-1", "10")]).await;
    play.happen(&bill("A", "10", "10.00")).await;
    let admin = play.gateway().admin();
    // somebody books it by hand in the moment between
    let by_hand = json!({
        "invoice_id": "inv_byhand", "reference": "PLAY-77120", "supplier_id": "SUP-1001",
        "invoice_date": "2026-10-20", "currency": "USD", "gross_amount": "100.00",
        "lines": [{
            "quantity": { "value": "10", "uom": "EA" }, "unit_price": "10.00",
            "net_amount": "100.00",
        }],
    });
    admin.post("/system/v1/payables", &by_hand).await.expect(201);
    play.gateway().work().await;
    let case = only(&play).await;
    assert_eq!(
        (&case["queue"], &case["holds"][0]["code"]),
        (&json!("integration"), &json!("INT-03"))
    );
    assert!(offered(&case, "replay").is_some());
    let out = json!({ "action": "cancel", "reason": "booked by hand" });
    act(&admin, &case, out).await.expect(200);
    admin.post("/process/v1/replays", &json!({ "dry_run": false })).await.expect(200);
    play.gateway().process_bulk().await;
    play.gateway().settle().await;
    assert_eq!((play.invoice("A").await.state.as_str(), play.booked("A").await), ("cancelled", 1));
    let dead = admin.get("/process/v1/dead-letters").await;
    assert!(dead.expect(200)["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_dispute_keeps_an_invoice_from_payment_until_it_is_withdrawn() {
    let play = dear().await;
    let (ap, case) = (play.gateway().ap(), only(&play).await);
    let withdraw = json!({ "action": "withdraw_dispute", "reason": "they are right" });
    act(&ap, &case, withdraw.clone()).await.refused(409, "conflict");
    let dispute = json!({ "action": "dispute", "reason": "too dear" });
    let answer = act(&ap, &case, dispute.clone()).await;
    assert_eq!(offered(answer.expect(200), "withdraw_dispute").unwrap()["undo"], "dispute");
    assert_eq!(answer.json["state"], "new");
    assert_eq!(play.invoice("A").await.state, "disputed");
    act(&ap, &case, dispute).await.refused(409, "conflict");
    play.step(&receive("R-2", "1")).await;
    assert_eq!(play.invoice("A").await.state, "disputed", "a match that changes nothing");
    act(&ap, &case, withdraw).await.expect(200);
    assert_eq!(play.invoice("A").await.state, "blocked");
    for what in ["invoice.disputed", "invoice.dispute.withdrawn"] {
        assert_eq!(told(&play, what).await.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_credit_that_was_asked_for_is_expected_until_it_came() {
    let play = dear().await;
    let (ap, case) = (play.gateway().ap(), only(&play).await);
    let ask =
        |amount: &str| json!({ "action": "request_credit", "amount": amount, "reason": "dear" });
    for (wrong, pointer) in [("0.00", "/amount"), ("60.001", "/amount"), ("1060.01", "/amount")] {
        let refused = act(&ap, &case, ask(wrong)).await;
        assert_eq!(refused.refused(400, "invalid").pointers(), [pointer], "{wrong}");
    }
    let answer = act(&ap, &case, ask("60.00")).await;
    assert_eq!(answer.expect(200)["touches"], 1);
    let more = act(&ap, &case, ask("1000.01")).await;
    assert_eq!(more.refused(400, "invalid").pointers(), ["/amount"]);
    let id = play.id("A");
    let before = whole(&play, &id).await["expected_credits"].clone();
    assert_eq!(
        (&before[0]["kind"], &before[0]["amount"], &before[0]["received"]),
        (&json!("credit"), &usd("60.00"), &json!(false))
    );
    play.step(&price_credit("C", "A", "60.00")).await;
    let after = whole(&play, &id).await;
    assert_eq!(after["expected_credits"][0]["received"], true, "{after}");
    assert_eq!(after["state"], "matched");
}

#[tokio::test]
async fn a_person_says_what_a_line_bills_and_it_is_matched_so() {
    let play = Play::of(&[order("10", "10.00"), receive("R-1", "10")]).await;
    let mut body = demo::bill("TYPO-1", "SUP-1001", ("PO-PLAX", 10), "10 EA", ("10.00", "100.00"));
    body["invoice"]["invoice_date"] = json!("2026-10-20");
    let ap = play.gateway().ap();
    let answer = ap.submit(&body).await;
    assert_eq!(answer.expect(202)["state"], "exception", "{}", answer.words());
    let id = answer.json["id"].as_str().unwrap().to_owned();
    let case = only(&play).await;
    let say = |line: u32, order: &str, order_line: u32| {
        json!({
            "action": "correct_association", "invoice_line": line, "reason": "a slip",
            "purchase_order_number": order, "purchase_order_line": order_line,
        })
    };
    for (wrong, pointer) in [
        (say(9, "PO-PLAY", 10), "/invoice_line"),
        (say(1, "PO-PLAX", 10), "/purchase_order_number"),
        (say(1, "PO-PLAY", 11), "/purchase_order_line"),
    ] {
        assert_eq!(act(&ap, &case, wrong).await.refused(400, "invalid").pointers(), [pointer]);
    }
    act(&ap, &case, say(1, "PO-PLAY", 10)).await.expect(200);
    play.gateway().settle().await;
    let after = whole(&play, &id).await;
    assert_eq!(
        (&after["state"], &after["outcome"]),
        (&json!("matched"), &json!("matched")),
        "{after}"
    );
    assert_eq!(after["invoice"]["lines"][0]["purchase_order_number"], "PO-PLAX");
    assert_eq!(after["lines"][0]["purchase_order_number"], "PO-PLAY");
    assert_eq!(after["associations"][0]["purchase_order_number"], "PO-PLAY");
    assert_eq!(after["erp_document"]["status"], "posted");
    assert_eq!(queue_of(&only(&play).await), ("ap", "resolved"));
    act(&ap, &case, say(1, "PO-PLAY", 10)).await.refused(409, "conflict");
    // what follows rests on what was said, too
    play.step(&return_goods("RTV-1", "5", true)).await;
    assert_eq!(whole(&play, &id).await["state"], "blocked");
}

fn queue_of(case: &Value) -> (&str, &str) {
    (case["queue"].as_str().unwrap(), case["state"].as_str().unwrap())
}
