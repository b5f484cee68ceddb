//! Three hundred order items of a real company (BPI Challenge 2019), read where they lie beside
//! this checkout and replayed event by event. After each fact every open invoice is asked again,
//! and its state must be the one that its flow asks for. `target/bpi2019.md` tells what came out:
//! outcomes per flow, and which invoices they cleared that we would not have cleared, and why.

mod log;
mod replay;
mod report;

use canonical::Outcome;
use log::{Case, Event, Flow, Log, What};
use replay::{Billed, Clearing, Replay, State, outcome};
use report::Report;
use serde_json::Value;
use std::collections::BTreeSet;
use tests::{Caller, TestGateway, policy, shared};

/// `QTY_OVER_RECEIVED` and `QTY_OVER_ORDERED` of the shipped policy: cents and percent.
const OVER_MAX: (i128, i128) = (2_500, 5);
/// `AMOUNT_PO_ITEM`, in cents.
const LARGE: i128 = 5_000_000;

#[test]
fn every_row_of_the_log_is_an_event_of_its_case() {
    let Some(folder) = shared::folder("bpi2019-sap-tables") else { return };
    let log = Log::read(&folder);
    assert_eq!((log.rows, log.cases.len()), (6_964, 300));
    assert_eq!(log.requisition_events + log.events(), log.rows);
    let of = |flow| log.cases.iter().filter(|it| it.flow == flow).count();
    assert_eq!(Flow::ALL.map(of), [129, 171, 0, 0]);
    let all = |what| log.cases.iter().map(|it| it.count(what)).sum::<usize>();
    assert_eq!(all(What::Received), 884);
    assert_eq!(all(What::Invoiced), 905);
    assert_eq!(all(What::Cleared), 643);
    for case in &log.cases {
        // a service's sheet and its receipt come in pairs, which is why only one of them counts
        let sheets = case.count(What::ServiceEntered);
        assert!(sheets == 0 || sheets == case.count(What::Received), "{}", case.id());
        assert!(case.events.is_sorted_by_key(|it| it.at.clone()), "{}", case.id());
    }
}

#[tokio::test]
async fn every_case_follows_its_flow_in_its_own_order() {
    let Some(folder) = shared::folder("bpi2019-sap-tables") else { return };
    let (log, gateway) = (Log::read(&folder), in_euros().await);
    let (caller, mut report) = (gateway.admin(), Report::default());
    for case in &log.cases {
        report.add(&played(case, case.flow, &caller).await);
    }
    report.publish();
    // a change of any of these is a change of what the engine decides
    let (totals, file) = (report.totals(), tests::top().join("tests/it/bpi2019/totals.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &totals).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        totals == golden,
        "{} differs: UPDATE=1 cargo test -p tests --test it bpi2019, and read the difference",
        file.display()
    );
}

/// A gateway of a company that keeps its books in euros.
async fn in_euros() -> TestGateway {
    let folder = tempfile::tempdir().unwrap();
    let policy = policy::file_in("EUR", folder.path()).display().to_string();
    TestGateway::with(&[("THREEWAY__POLICIES__TOLERANCES", policy.as_str())]).await
}

/// The same events where nobody asks for a receipt: no receipt moves any invoice.
#[tokio::test]
async fn the_same_cases_as_two_way_never_ask_for_a_receipt() {
    let Some(folder) = shared::folder("bpi2019-sap-tables") else { return };
    let (log, gateway) = (Log::read(&folder), in_euros().await);
    let caller = gateway.admin();
    let mut invoices = 0;
    // every other case is enough: half the time for the same sentence
    for case in log.cases.iter().step_by(2) {
        invoices += played(case, Flow::TwoWay, &caller).await.invoices.len();
    }
    assert!(invoices > 300, "{invoices}");
}

async fn played<'a>(case: &'a Case, flow: Flow, caller: &Caller) -> Replay<'a> {
    let mut replay = Replay::new(case, flow);
    for event in &case.events {
        let received = replay.received();
        replay.step(event, caller).await;
        for place in 0..replay.invoices.len() {
            holds(&replay, place, event, received);
        }
    }
    replay
}

/// What must hold of an invoice after an event, whatever the case.
#[track_caller]
fn holds(replay: &Replay<'_>, place: usize, event: &Event, received_before: usize) {
    let it = &replay.invoices[place];
    let Some((what, answer)) = it.answers.last() else { return };
    if *what != event.what || !matches!(it.state, State::Open | State::Released) {
        return;
    }
    let words = || format!("{} invoice {place} after {event:?}: {answer:#}", replay.case.id());
    assert_eq!(codes(answer), expected(replay, place), "{}", words());
    let level = if codes(answer).is_empty() { "matched" } else { "blocked" };
    let level = if replay.is_deleted() { "exception" } else { level };
    assert!(answer["outcome"].as_str().unwrap().starts_with(level), "{}", words());
    let [.., (_, before), _] = it.answers.as_slice() else { return };
    legal(outcome(before), outcome(answer), &words);
    let received = replay.received();
    if received > received_before {
        assert!(outcome(answer) <= outcome(before), "a receipt made it worse: {}", words());
    }
    let moved = codes(before) != codes(answer);
    if !replay.flow.asks_for_receipt() || what.is_silent() {
        let by_receipt = received != received_before || what.is_silent();
        assert!(!(moved && by_receipt), "it has no say here: {}", words());
    }
}

/// `domain.md` A4.4: what is booked is not unbooked by a re-match.
#[track_caller]
fn legal(before: Outcome, after: Outcome, words: &impl Fn() -> String) {
    let is_booked = |it| it <= Outcome::Blocked;
    assert!(!is_booked(before) || is_booked(after), "booked, then not: {}", words());
}

fn codes(answer: &Value) -> BTreeSet<&str> {
    let reasons = answer["reasons"].as_array().unwrap().iter();
    reasons.filter_map(|it| it["code"].as_str()).collect()
}

/// The reasons that the flow asks for, counted here once more and by other means.
fn expected(replay: &Replay<'_>, place: usize) -> BTreeSet<&'static str> {
    let it = &replay.invoices[place];
    let count = |it: usize| i128::try_from(it).unwrap();
    let (claimed, parts) = (count(replay.claimed_before(place) + 1), count(replay.case.parts()));
    let received = count(replay.received());
    let beyond = |base: i128| {
        let over = (claimed - base).max(0);
        let amount = replay.part(replay.value() * over);
        over > 0 && (amount > OVER_MAX.0 || over * 100 > OVER_MAX.1 * base)
    };
    let price = it.amount - replay.part(replay.value());
    let mut codes = BTreeSet::new();
    let mut tell = |code, holds: bool| {
        if holds {
            codes.insert(code);
        }
    };
    let waits = replay.flow.asks_for_receipt();
    tell("QTY-01", waits && received == 0);
    tell("QTY-02", waits && received > 0 && beyond(received));
    tell("QTY-03", beyond(parts));
    tell("PRC-01", price > 5_000 || price * 100 > 3 * replay.part(replay.value()));
    tell("AMT-03", it.amount > LARGE);
    tell("PO-03", replay.is_deleted());
    tell("PO-04", replay.came_after_the_last(place));
    codes
}

/// Which of the reasons are about goods that are not here yet.
fn waits_for_goods(it: &Billed) -> bool {
    codes(it.first()).iter().any(|code| matches!(*code, "QTY-01" | "QTY-02"))
}

fn is_held(it: &Clearing) -> bool {
    matches!(it, Clearing::Held(_))
}
