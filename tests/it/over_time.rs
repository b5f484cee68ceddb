//! Facts that come later: what waits is matched again when its order, a receipt, a return, a credit
//! or a payment moves, through the public API, one step after the other (`domain.md` A10, A19).

mod action;
mod case;
mod downgrade;
mod escalation;
mod permutation;
mod play;
mod release;
mod webhook;

use play::{Play, Step, bill, order, pay, price_credit, quantity_credit, receive, return_goods};
use serde_json::Value;

/// The events of one kind on the order of the play.
async fn told(play: &Play, kind: &str) -> Vec<Value> {
    let timeline = play.timeline().await;
    let events = timeline["events"].as_array().unwrap().clone();
    events.into_iter().filter(|it| it["type"].as_str().unwrap().contains(kind)).collect()
}

#[tokio::test]
async fn m13b_a_late_receipt_clears_the_hold_and_books_without_a_person() {
    let play = Play::of(&[order("100", "10.00"), bill("A", "100", "10.00")]).await;
    let before = play.invoice("A").await;
    assert_eq!(before.state, "blocked");
    assert_eq!(before.open, ["QTY-01"]);
    play.step(&receive("R-1", "100")).await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.outcome.as_str()), ("matched", "matched"));
    assert!(after.open.is_empty());
    assert_eq!(after.erp.as_deref(), Some("posted"));
    let cleared = told(&play, "hold.cleared").await;
    let posted = told(&play, "receipt.posted").await;
    assert_eq!((cleared.len(), posted.len()), (1, 1));
    let runs = told(&play, "match.evaluated").await;
    let second = runs.iter().find(|it| it["id"] == cleared[0]["causationid"]).unwrap();
    assert_eq!(second["causationid"], posted[0]["id"], "the run cites the receipt");
}

#[tokio::test]
async fn m14b_a_receipt_that_is_nearly_enough_leaves_a_tolerable_rest() {
    let start = [order("100", "10.00"), receive("R-1", "60"), bill("A", "100", "10.00")];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("A").await.open, ["QTY-02"]);
    play.step(&receive("R-2", "38")).await;
    let after = play.invoice("A").await;
    assert_eq!(
        (after.state.as_str(), after.outcome.as_str()),
        ("matched", "matched_within_tolerance")
    );
}

#[tokio::test]
async fn m14c_a_receipt_of_the_rest_matches() {
    let start = [order("100", "10.00"), receive("R-1", "60"), bill("A", "100", "10.00")];
    let play = Play::of(&start).await;
    play.step(&receive("R-2", "40")).await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.outcome.as_str()), ("matched", "matched"));
}

#[tokio::test]
async fn m16_receipts_go_to_invoices_in_the_order_in_which_they_claim() {
    let start = [order("100", "10.00"), bill("A", "70", "10.00"), bill("B", "30", "10.00")];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("A").await.open, ["QTY-01"]);
    let before = play.invoice("B").await;
    assert_eq!(before.open, ["QTY-01"]);
    play.step(&receive("R-1", "70")).await;
    assert_eq!(play.invoice("A").await.state, "matched");
    let after = play.invoice("B").await;
    assert_eq!((after.state.as_str(), after.open.clone()), ("blocked", vec!["QTY-02".to_owned()]));
    assert_eq!(after.hold("superseded"), "QTY-01");
    assert_eq!(after.since(), before.since(), "the new hold keeps the age of the old one");
    play.step(&receive("R-2", "30")).await;
    assert_eq!(play.invoice("B").await.state, "matched");
}

#[tokio::test]
async fn m28_a_return_blocks_what_was_matched_and_a_credit_clears_it() {
    let start = [order("100", "10.00"), receive("R-1", "100"), bill("A", "100", "10.00")];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("A").await.state, "matched");
    play.step(&return_goods("RTV-1", "20", false)).await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.open.clone()), ("blocked", vec!["QTY-02".to_owned()]));
    assert_eq!(after.flags, ["CREDIT_EXPECTED"]);
    play.step(&quantity_credit("C", "A", "20", "10.00")).await;
    let credited = play.invoice("A").await;
    assert_eq!((credited.state.as_str(), credited.outcome.as_str()), ("matched", "matched"));
    assert!(credited.flags.is_empty(), "{:?}", credited.flags);
    assert_eq!(play.invoice("C").await.state, "matched");
}

#[tokio::test]
async fn m29_what_was_paid_stays_paid_and_a_credit_is_expected() {
    let start = [order("100", "10.00"), receive("R-1", "100"), bill("A", "100", "10.00"), pay("A")];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("A").await.state, "paid");
    play.step(&return_goods("RTV-1", "20", false)).await;
    let after = play.invoice("A").await;
    assert_eq!(after.state, "paid");
    assert!(after.open.is_empty());
    assert_eq!(after.flags, ["CREDIT_EXPECTED"]);
}

#[tokio::test]
async fn m30b_a_price_credit_brings_the_price_within_tolerance() {
    let start = [order("100", "10.00"), receive("R-1", "100"), bill("A", "100", "10.50")];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("A").await.open, ["PRC-01"]);
    play.step(&price_credit("C", "A", "25.00")).await;
    let after = play.invoice("A").await;
    assert_eq!(
        (after.state.as_str(), after.outcome.as_str()),
        ("matched", "matched_within_tolerance")
    );
}

#[tokio::test]
async fn m32_a_return_for_replacement_expects_no_credit() {
    let start = [order("100", "10.00"), receive("R-1", "100"), bill("A", "100", "10.00")];
    let play = Play::of(&start).await;
    play.step(&return_goods("RTV-1", "20", true)).await;
    let after = play.invoice("A").await;
    assert_eq!(after.open, ["QTY-02"]);
    assert!(after.flags.is_empty(), "{:?}", after.flags);
    play.step(&receive("R-2", "20")).await;
    assert_eq!(play.invoice("A").await.state, "matched");
}

#[tokio::test]
async fn m33_a_credit_that_comes_before_the_return_ends_as_one_that_comes_after_it() {
    let start = [order("100", "10.00"), receive("R-1", "100"), bill("A", "100", "10.00")];
    let (credit, back) = (quantity_credit("C", "A", "20", "10.00"), return_goods("V", "20", false));
    let mut ends = Vec::new();
    for steps in [[&credit, &back], [&back, &credit]] {
        let play = Play::of(&start).await;
        for step in steps {
            play.step(step).await;
            assert_ne!(play.invoice("A").await.state, "exception");
        }
        ends.push((play.invoice("A").await.ends(), play.invoice("C").await.ends()));
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0].0.0, "matched");
}

#[tokio::test]
async fn m64_an_amended_order_clears_the_price() {
    let start = [order("100", "10.00"), receive("R-1", "100"), bill("A", "100", "10.90")];
    let play = Play::of(&start).await;
    assert_eq!(play.invoice("A").await.open, ["PRC-01"]);
    play.step(&Step::Order { version: 2, quantity: "100", price: "10.75" }).await;
    let after = play.invoice("A").await;
    assert_eq!(
        (after.state.as_str(), after.outcome.as_str()),
        ("matched", "matched_within_tolerance")
    );
}

#[tokio::test]
async fn an_invoice_before_its_order_is_taken_up_when_the_order_comes() {
    let play = Play::of(&[bill("A", "10", "10.00")]).await;
    let before = play.invoice("A").await;
    assert_eq!((before.state.as_str(), before.open), ("exception", vec!["PO-02".to_owned()]));
    play.step(&order("10", "10.00")).await;
    assert_eq!(play.invoice("A").await.open, ["QTY-01"]);
    play.step(&receive("R-1", "10")).await;
    assert_eq!(play.invoice("A").await.state, "matched");
}

#[tokio::test]
async fn what_is_told_twice_changes_nothing() {
    let start = [order("100", "10.00"), bill("A", "100", "10.00"), receive("R-1", "100")];
    let play = Play::of(&start).await;
    let (runs, position) = (play.invoice("A").await.runs, play.event_position().await);
    play.step(&receive("R-1", "100")).await;
    play.step(&order("100", "10.00")).await;
    assert_eq!(play.invoice("A").await.runs, runs);
    assert_eq!(play.event_position().await, position);
}

#[tokio::test]
async fn a_match_again_touches_only_invoices_of_the_order() {
    let play = Play::of(&[order("100", "10.00"), bill("A", "100", "10.00")]).await;
    let other = play.other_invoice().await;
    play.step(&receive("R-1", "100")).await;
    assert_eq!(play.runs_of(&other).await, 1);
    assert_eq!(play.invoice("A").await.runs, 2);
}
