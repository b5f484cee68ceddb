//! What history costs: an event with ten thousand and with ten million in the log, and coming back
//! after a crash with a million items queued. SQLite, a file with full sync.
//!
//! By hand: it writes some 5 GB into the target folder and takes them away again; `-- --quick` has
//! a tenth of each. What is filled in has small bodies and all indexes; what is measured is whole.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed, and prints what it measured"
)]

mod recovery;

use canonical::Event;
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Batch, EventKey, Store};
use tests::binary::say;

/// Events of one commit, and of one read.
const AT_ONCE: u32 = 100;
const COMMITS: usize = 60;

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let part = if is_quick { 10 } else { 1 };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(events(10_000_000 / part));
    runtime.block_on(recovery::measure(1_000_000 / part));
}

/// What one event costs: to append, to read on, to find by a key.
#[derive(Clone, Copy)]
struct Cost([Duration; 3]);

async fn events(many: u64) {
    say("an event, appended 100 at once, read 100 at once, found by its invoice");
    let few = cost(10_000).await;
    let many = cost(many).await;
    let ratio = |which: usize| many.0[which].as_secs_f64() / few.0[which].as_secs_f64();
    say(&format!(
        "  ratios: append {:.2}, read {:.2}, find {:.2} (at most 1.2)\n",
        ratio(0),
        ratio(1),
        ratio(2)
    ));
}

async fn cost(known: u64) -> Cost {
    // below the target folder: a temporary folder may be in memory
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = home.path().join("history.sqlite");
    let url = format!("sqlite:{}", path.display());
    Store::open(&url).await.unwrap().close().await;
    fill(&path, known);
    let store = Store::open(&url).await.unwrap();
    let mut took: [Vec<Duration>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for commit in 0..2 * COMMITS {
        let mut batch = Batch::new();
        for place in 0..AT_ONCE {
            batch.append_event(&event(commit, place), &[]).unwrap();
        }
        let began = Instant::now();
        assert!(store.commit(batch).await.unwrap().is_done());
        took[0].push(began.elapsed() / AT_ONCE);
        let position = store.event_position().await.unwrap() - i64::from(AT_ONCE);
        let began = Instant::now();
        let read = store.events_after(position, AT_ONCE).await.unwrap();
        took[1].push(began.elapsed() / AT_ONCE);
        assert_eq!(read.len(), AT_ONCE as usize);
        let key = EventKey::Invoice(invoice(commit, 0).parse().unwrap());
        let began = Instant::now();
        let found = store.events_of(&key, 0, 10).await.unwrap();
        took[2].push(began.elapsed());
        assert_eq!(found.len(), 1);
    }
    store.close().await;
    // the first half warms what a running gateway has warm
    let median = |mut it: Vec<Duration>| {
        let mut it = it.split_off(COMMITS);
        it.sort_unstable();
        it[COMMITS / 2]
    };
    let cost = Cost(took.map(median));
    let [append, read, find] = cost.0;
    say(&format!(
        "  {known:>10} events before: {append:?} to append, {read:?} to read, {find:?} to find"
    ));
    cost
}

fn invoice(commit: usize, place: u32) -> String {
    format!("inv_{:026}", commit * AT_ONCE as usize + place as usize)
}

fn event(commit: usize, place: u32) -> Event {
    let invoice = invoice(commit, place);
    let time = jiff::Timestamp::UNIX_EPOCH;
    serde_json::from_value(json!({
        "specversion": "1.0", "id": format!("evt_{invoice}"), "source": "//threeway/payables",
        "type": "threeway.payables.invoice.received.v1", "subject": invoice, "time": time,
        "recordedtime": time, "partitionkey": invoice, "sequence": "",
        "correlationid": format!("PO-{commit}"), "bizpo": format!("PO-{commit}-{place}"),
        "bizinvoice": invoice, "bizsupplier": "SUP-1", "lane": "critical",
        "dataclassification": "internal", "datacontenttype": "application/json",
        "data": { "amount": "1280.00" },
    }))
    .unwrap()
}

/// Events under ids that come in no order, four to a key, each found by two keys.
fn fill(path: &Path, events: u64) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA journal_mode = OFF;
             BEGIN;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {events})
             INSERT INTO event (position, id, source, partitionkey, sequence, body)
             SELECT i, 'evt_' || hex(randomblob(12)), '//threeway/payables', 'key_' || (i / 4),
                i % 4 + 1, '{{\"filled\":' || i || '}}' FROM n;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {events})
             INSERT INTO event_ref (kind, name, position)
             SELECT 'purchase_order', 'key_' || printf('%08d', i / 4), i FROM n;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {events})
             INSERT INTO event_ref (kind, name, position) SELECT 'supplier', 'SUP-1', i FROM n;
             COMMIT; PRAGMA journal_mode = WAL;"
        ))
        .unwrap();
}
