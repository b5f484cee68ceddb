//! Order independence (`domain.md` A20.1): whatever comes when around a fixed order of the
//! invoices, once all facts are in, the outcomes are the same.

use super::play::{Play, Step, bill, order, quantity_credit, receive, return_goods};

/// Every order of `rest` around `fixed`, which keeps its own.
fn interleaved(fixed: &[Step], rest: &[Step]) -> Vec<Vec<Step>> {
    if fixed.is_empty() && rest.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    if let [first, after @ ..] = fixed {
        all.extend(interleaved(after, rest).into_iter().map(|tail| led(first, tail)));
    }
    for place in 0..rest.len() {
        let mut left = rest.to_vec();
        let first = left.remove(place);
        all.extend(interleaved(fixed, &left).into_iter().map(|tail| led(&first, tail)));
    }
    all
}

fn led(first: &Step, mut tail: Vec<Step>) -> Vec<Step> {
    tail.insert(0, first.clone());
    tail
}

/// Plays every permutation after `start` and holds the ends of `names` against the first one's.
async fn same_ends(start: &[Step], fixed: &[Step], rest: &[Step], names: &[&str]) {
    let mut first = None;
    for steps in interleaved(fixed, rest) {
        let play = Play::of(start).await;
        for step in &steps {
            play.step(step).await;
        }
        let mut ends = Vec::new();
        for name in names {
            ends.push(play.invoice(name).await.ends());
        }
        let expected = first.get_or_insert_with(|| ends.clone());
        assert_eq!(*expected, ends, "{steps:?}");
    }
}

#[tokio::test]
async fn m13b_in_every_order() {
    let rest = [receive("R-1", "100")];
    same_ends(&[order("100", "10.00")], &[bill("A", "100", "10.00")], &rest, &["A"]).await;
}

#[tokio::test]
async fn m16_in_every_order() {
    let fixed = [bill("A", "70", "10.00"), bill("B", "30", "10.00")];
    let rest = [receive("R-1", "70"), receive("R-2", "30")];
    same_ends(&[order("100", "10.00")], &fixed, &rest, &["A", "B"]).await;
}

#[tokio::test]
async fn m28_and_m33_in_every_order() {
    let fixed = [bill("A", "100", "10.00"), quantity_credit("C", "A", "20", "10.00")];
    let rest = [receive("R-1", "100"), return_goods("RTV-1", "20", false)];
    same_ends(&[order("100", "10.00")], &fixed, &rest, &["A", "C"]).await;
}

#[tokio::test]
async fn m32_in_every_order() {
    let rest = [receive("R-1", "100"), return_goods("RTV-1", "20", true), receive("R-2", "20")];
    same_ends(&[order("100", "10.00")], &[bill("A", "100", "10.00")], &rest, &["A"]).await;
}

#[tokio::test]
async fn m64_in_every_order() {
    let change = Step::Order { version: 2, quantity: "100", price: "10.75" };
    let rest = [receive("R-1", "100"), change];
    same_ends(&[order("100", "10.00")], &[bill("A", "100", "10.90")], &rest, &["A"]).await;
}
