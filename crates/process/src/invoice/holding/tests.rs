use super::*;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn reason(code: &str, line: Option<u32>, amount: &str, percent: &str) -> Reason {
    serde_json::from_value(json!({
        "code": code, "key": code, "invoice_line": line,
        "variance": { "amount": amount, "percent": percent, "quantity": null },
        "limit": null, "clears_on": [], "detail": "it differs",
    }))
    .unwrap()
}

fn held(id: &str, reason: &Reason, opened: i64) -> Hold {
    open(id.to_owned(), &"inv_1".parse().unwrap(), reason, at(opened)).unwrap()
}

fn released(id: &str, reason: &Reason) -> Hold {
    let mut hold = held(id, reason, 0);
    let mut detail = Detail::of(&hold).unwrap();
    detail.release = Some(Release {
        by: "buyer".to_owned(),
        because: "agreed".to_owned(),
        accepted: reason.variance.clone(),
        at: at(1),
        short_payment: None,
    });
    hold.state = HoldState::Released;
    hold.detail_json = detail.json().unwrap();
    hold
}

fn after(holds: Vec<Hold>, reasons: &[Reason]) -> (Vec<(Turn, String, HoldState, i64)>, usize) {
    let invoice_id = "inv_1".parse().unwrap();
    let run = Run { invoice_id: &invoice_id, reasons, trigger: "evt_1", now: at(9) };
    let holding = run.against(holds, || "new".to_owned()).unwrap();
    let told = |it: &Moved| {
        let opened = it.hold.opened_at.as_second() - at(0).as_second();
        (it.turn, it.hold.id.clone(), it.hold.state, opened)
    };
    (holding.moved.iter().map(told).collect(), holding.open.len())
}

#[test]
fn a_reason_that_is_gone_clears_its_hold() {
    let gone = reason("QTY-01", Some(1), "10.00", "1.0000");
    let (moved, open) = after(vec![held("a", &gone, 2)], &[]);
    assert_eq!(moved, [(Turn::Cleared, "a".to_owned(), HoldState::Cleared, 2)]);
    assert_eq!(open, 0);
}

#[test]
fn another_code_of_the_family_takes_the_place_and_the_age() {
    let before = reason("QTY-01", Some(1), "10.00", "1.0000");
    let now = reason("QTY-02", Some(1), "3.00", "42.8571");
    let (moved, open) = after(vec![held("a", &before, 2)], &[now]);
    assert_eq!(
        moved,
        [
            (Turn::Superseded, "a".to_owned(), HoldState::Superseded, 2),
            (Turn::Opened, "new".to_owned(), HoldState::Open, 2),
        ]
    );
    assert_eq!(open, 1);
}

#[test]
fn another_line_is_another_hold() {
    let before = reason("QTY-01", Some(1), "10.00", "1.0000");
    let now = reason("QTY-02", Some(2), "3.00", "1.0000");
    let (moved, _) = after(vec![held("a", &before, 2)], &[now]);
    let turns: Vec<Turn> = moved.iter().map(|it| it.0).collect();
    assert_eq!(turns, [Turn::Opened, Turn::Cleared]);
}

#[test]
fn a_hold_that_stands_is_restated_only_where_it_moved() {
    let before = reason("PRC-01", Some(1), "60.00", "6.0000");
    assert_eq!(after(vec![held("a", &before, 2)], std::slice::from_ref(&before)), (vec![], 1));
    let now = reason("PRC-01", Some(1), "70.00", "7.0000");
    let (moved, open) = after(vec![held("a", &before, 2)], &[now]);
    assert_eq!(moved, [(Turn::Restated, "a".to_owned(), HoldState::Open, 2)]);
    assert_eq!(open, 1);
}

#[test]
fn a_release_covers_what_was_accepted_and_no_worse() {
    let accepted = reason("PRC-01", Some(1), "60.00", "6.0000");
    let stands = after(vec![released("a", &accepted)], std::slice::from_ref(&accepted));
    assert_eq!(stands, (vec![], 0));
    let less = reason("PRC-01", Some(1), "-60.00", "5.0000");
    let (moved, open) = after(vec![released("a", &accepted)], &[less]);
    assert_eq!((moved[0].0, moved[0].2, open), (Turn::Restated, HoldState::Released, 0));
    for (amount, percent) in [("60.01", "6.0000"), ("60.00", "6.0001"), ("90.00", "9.2784")] {
        let grown = reason("PRC-01", Some(1), amount, percent);
        let (moved, open) = after(vec![released("a", &accepted)], &[grown]);
        assert_eq!(moved, [(Turn::Reopened, "a".to_owned(), HoldState::Open, 9)]);
        assert_eq!(open, 1);
    }
    let (moved, open) = after(vec![released("a", &accepted)], &[]);
    assert_eq!((moved[0].0, moved[0].2, open), (Turn::Cleared, HoldState::Cleared, 0));
}

#[test]
fn a_release_covers_no_other_key() {
    let accepted = reason("PRC-01", Some(1), "60.00", "6.0000");
    let other = reason("QTY-02", Some(1), "1.00", "1.0000");
    let (moved, open) = after(vec![released("a", &accepted)], &[accepted, other]);
    assert_eq!(moved, [(Turn::Opened, "new".to_owned(), HoldState::Open, 9)]);
    assert_eq!(open, 1);
}
