//! Asking for less after an invoice was held is no release (`domain.md` A5, M71).

use super::play::{Play, Step, bill, order, receive};
use super::told;

const TWO_WAY: Step = Step::Mode { version: 2, mode: "two_way" };

/// An invoice that waits for its receipt, on an order line that then needs none.
async fn downgraded() -> Play {
    let play = Play::of(&[order("100", "10.00"), bill("A", "100", "10.00")]).await;
    assert_eq!(play.invoice("A").await.open, ["QTY-01"]);
    play.step(&TWO_WAY).await;
    play
}

#[tokio::test]
async fn m71_a_weaker_mode_releases_nothing_and_says_why() {
    let play = downgraded().await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.open.clone()), ("blocked", vec!["QTY-01".to_owned()]));
    let detail = after.of("QTY-01")["detail"].as_str().unwrap();
    assert!(detail.contains("needs the approval of a release"), "{detail}");
    assert_eq!(play.booked("A").await, 0);
    // nor does it the second time
    play.step(&Step::Mode { version: 3, mode: "zero_way" }).await;
    assert_eq!(play.invoice("A").await.open, ["QTY-01"]);
    assert!(told(&play, "hold.cleared").await.is_empty());
}

#[tokio::test]
async fn m71_a_release_lets_it_go() {
    let play = downgraded().await;
    let admin = play.gateway().admin();
    let answer = play.release(&admin, "A", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.words());
    play.gateway().settle().await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.erp.as_deref()), ("matched", Some("posted")));
    // from then on the order line says what is asked
    play.step(&Step::Mode { version: 3, mode: "two_way" }).await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.open.len()), ("matched", 0));
}

#[tokio::test]
async fn m71_the_old_mode_again_is_as_before_and_the_receipt_clears_it() {
    let play = downgraded().await;
    play.step(&Step::Mode { version: 3, mode: "three_way" }).await;
    let after = play.invoice("A").await;
    assert_eq!(after.open, ["QTY-01"]);
    assert!(!after.of("QTY-01")["detail"].as_str().unwrap().contains("release"));
    play.step(&receive("R-1", "100")).await;
    assert_eq!(play.invoice("A").await.state, "matched");
}

#[tokio::test]
async fn a_receipt_clears_it_under_the_weaker_mode_too() {
    let play = downgraded().await;
    play.step(&receive("R-1", "100")).await;
    let after = play.invoice("A").await;
    assert_eq!((after.state.as_str(), after.erp.as_deref()), ("matched", Some("posted")));
}

#[tokio::test]
async fn an_invoice_that_comes_after_the_change_is_matched_as_the_order_says() {
    let play = Play::of(&[order("100", "10.00"), TWO_WAY, bill("A", "100", "10.00")]).await;
    assert_eq!(play.invoice("A").await.state, "matched");
}
