//! A gateway with a road on which things go wrong: what it answers meanwhile, and what is there
//! when the fault has passed.

use canonical::PageRequest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tests::binary::say;
use tests::road::{Fault, Road};
use tests::{Answer, INVOICES, TestGateway, many};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Submitted while a fault lasts, and as many matched before it and booked while it lasts.
pub(crate) const COUNT: u64 = 5;
/// The longest that a request may take: `inbound.timeout_ms`, and time to be told.
const DEADLINE: Duration = Duration::from_secs(5);
/// The longest until everything is settled after a fault.
const RECOVERY: Duration = Duration::from_secs(90);

/// How soon everybody gives up here.
pub(crate) const SETTINGS: [(&str, &str); 7] = [
    ("THREEWAY__INBOUND__TIMEOUT_MS", "4000"),
    ("THREEWAY__PROCESS__FACTS_TIMEOUT_MS", "3000"),
    ("THREEWAY__PROCESS__POSTING__TIMEOUT_MS", "2000"),
    ("THREEWAY__BACKENDS__OTHER__OUTBOUND__TIMEOUT_MS", "1200"),
    ("THREEWAY__BACKENDS__OTHER__OUTBOUND__CONNECT_TIMEOUT_MS", "500"),
    ("THREEWAY__BACKENDS__OTHER__OUTBOUND__BREAKER__COOL_DOWN_MS", "300"),
    ("THREEWAY__BACKENDS__OTHER__FOLLOW", "false"),
];
/// Later than any of that.
pub(crate) const LATE: Duration = Duration::from_millis(2_500);

/// One fault, and what became of what was asked.
#[derive(Debug)]
pub(crate) struct Row {
    fault: Fault,
    statuses: BTreeMap<u16, u64>,
    met: u64,
    booked_meanwhile: u64,
    recovery: Duration,
    lost: u64,
    twice: u64,
}

/// Puts the gateway through a fault. `erp` tells of the back end's books; invoices are numbered on
/// from `next`.
pub(crate) async fn through(
    gateway: &TestGateway,
    (road, fault): (&Road, Fault),
    erp: &TestGateway,
    next: &mut u64,
) -> Row {
    let early: Vec<u64> = (*next..*next + COUNT).collect();
    let during: Vec<u64> = (*next + COUNT..*next + 2 * COUNT).collect();
    *next += 2 * COUNT;
    for (_, answer) in submit(gateway, &early).await {
        answer.expect(202);
    }
    let (met, before) = (road.met(), payables(erp).await.len());
    road.set(fault);
    let mut statuses = BTreeMap::new();
    let mut open: BTreeSet<u64> = BTreeSet::new();
    for (number, answer) in submit(gateway, &during).await {
        *statuses.entry(answer.status).or_default() += 1;
        if answer.status != 202 {
            is_honest(fault, &answer);
            open.insert(number);
        }
    }
    let process = gateway.parts().process.clone();
    // ok: a store that is away cannot hand out work, and says so
    drop(timeout(DEADLINE, process.work(canonical::Lane::Critical)).await);
    road.set(Fault::None);
    let began = Instant::now();
    let booked = payables(erp).await.len() - before;
    let met = road.met() - met;
    assert!(met > 0, "{fault}: nothing went wrong");
    settle(gateway, open, fault).await;
    let recovery = began.elapsed();
    let all: Vec<u64> = early.into_iter().chain(during).collect();
    let (lost, twice) = check(gateway, erp, fault, &all).await;
    assert_eq!((lost, twice), (0, 0), "{fault}: lost, twice");
    Row { fault, statuses, met, booked_meanwhile: booked as u64, recovery, lost, twice }
}

/// Submits at once, each under a key of its own.
async fn submit(gateway: &TestGateway, numbers: &[u64]) -> Vec<(u64, Answer)> {
    let mut asked = JoinSet::new();
    for number in numbers.iter().copied() {
        let caller = gateway.admin();
        asked.spawn(async move {
            let began = Instant::now();
            let answer = caller.submit_under(&key(number), &many::bill(number)).await;
            assert!(began.elapsed() < DEADLINE, "late: {}", answer.words());
            (number, answer)
        });
    }
    asked.join_all().await
}

fn key(number: u64) -> String {
    format!("fault-{number}")
}

/// A refusal that says what the caller can do: nothing is their fault.
fn is_honest(fault: Fault, answer: &Answer) {
    answer.is_problem();
    let words = format!("{fault}: {}", answer.words());
    assert!(matches!(answer.status, 429 | 502..=504), "{words}");
    let is_said = answer.header("retry-after").parse::<u32>().is_ok();
    assert!(answer.status == 502 || is_said, "{words}");
}

/// Asks again for what was refused, and works until nothing waits.
async fn settle(gateway: &TestGateway, mut open: BTreeSet<u64>, fault: Fault) {
    let settling = async {
        while !open.is_empty() {
            let numbers: Vec<u64> = open.iter().copied().collect();
            for (number, answer) in submit(gateway, &numbers).await {
                match answer.status {
                    202 => drop(open.remove(&number)),
                    _ => is_honest(fault, &answer),
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
        loop {
            gateway.clock().advance(Duration::from_secs(600));
            let worked = gateway.parts().process.work(canonical::Lane::Critical).await;
            let counts = gateway.parts().store.work_counts().await;
            if worked.is_ok() && counts.is_ok_and(|it| it.is_empty()) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let settled = timeout(RECOVERY, settling).await;
    let counts = gateway.parts().store.work_counts().await;
    assert!(settled.is_ok(), "{fault}: not settled: {counts:?}");
}

/// Each invoice is there once and matched, and the finance system has it once; how many are missing
/// in either, and how many are there again.
async fn check(
    gateway: &TestGateway,
    erp: &TestGateway,
    fault: Fault,
    numbers: &[u64],
) -> (u64, u64) {
    let kept = list(gateway, INVOICES).await;
    let booked = payables(erp).await;
    let (mut lost, mut twice) = (0, 0);
    for number in numbers {
        let name = many::invoice_number(*number);
        let those: Vec<&Value> =
            kept.iter().filter(|it| it["supplier_invoice_number"] == name.as_str()).collect();
        let is_matched = those.iter().all(|it| it["state"] == "matched");
        assert!(is_matched, "{fault}: {those:?}");
        let times = booked.iter().filter(|it| **it == name).count();
        lost += u64::from(those.is_empty() || times == 0);
        twice += u64::from(those.len() > 1 || times > 1);
    }
    let mut after = 0;
    let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
    loop {
        let page = gateway.parts().store.events_after(after, 1_000).await.unwrap();
        let Some(end) = page.last() else { return (lost, twice) };
        after = end.position;
        for it in page {
            let last = last.entry((it.event.source, it.event.partitionkey)).or_default();
            *last += 1;
            assert_eq!(it.event.sequence.parse(), Ok(*last), "{fault}: a gap");
        }
    }
}

/// The references of everything that was booked.
async fn payables(erp: &TestGateway) -> Vec<String> {
    let mut all = Vec::new();
    let mut page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
    loop {
        let payables = erp.parts().process.system().payables();
        let found = payables.list(None, &page).await.unwrap();
        all.extend(found.items.iter().map(|it| it.reference.to_string()));
        page.cursor = found.next_cursor;
        if page.cursor.is_none() {
            return all;
        }
    }
}

/// Every entry of a list.
async fn list(gateway: &TestGateway, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = gateway.admin().get(&format!("{path}?limit=200{cursor}")).await;
        all.extend(page.expect(200)["items"].as_array().unwrap().iter().cloned());
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Says what became of everything.
pub(crate) fn tell(between: &str, rows: &[Row]) {
    let mut text = format!(
        "\nfaults between {between}: {COUNT} invoices submitted and {COUNT} booked under each\n\
         {:<16}{:>6}{:>5}{:>5}{:>5}{:>5}{:>5}{:>8}{:>6}{:>7}{:>11}\n",
        "fault", "met", "202", "429", "502", "503", "504", "booked", "lost", "twice", "settled in"
    );
    for Row { fault, statuses, met, booked_meanwhile, recovery, lost, twice } in rows {
        let of = |status| statuses.get(&status).copied().unwrap_or_default();
        let (ok, limited, upstream) = (of(202), of(429), of(502));
        let (unavailable, late) = (of(503), of(504));
        let seconds = recovery.as_secs_f64();
        writeln!(
            text,
            "{fault:<16}{met:>6}{ok:>5}{limited:>5}{upstream:>5}{unavailable:>5}{late:>5}\
             {booked_meanwhile:>8}{lost:>6}{twice:>7}{seconds:>9.1} s"
        )
        .unwrap();
    }
    say(&text);
}
