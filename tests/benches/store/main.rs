//! What the store costs over its database: durable submissions per second through `store::Store`,
//! beside bare batched inserts of the same rows into the same kind of database, in one run.
//!
//! `cargo bench -p tests --bench store --profile dist`, by hand, and on PostgreSQL where
//! `THREEWAY_TEST_POSTGRES` names a server, whose own settings say how durable that is. A
//! submission is a document of 1 kB, its invoice, match run, guard, duplicate keys, two events,
//! work and kept answer. Bare is the least a program must do: the same values into the same tables
//! with the same indexes, prepared, so many submissions in a transaction as callers wait for, and
//! nothing asked of anything.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed, and prints what it measured"
)]

mod bare;
mod submission;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::Store;
use tests::binary::say;
use tests::database::Database;
use tokio::task::JoinSet;

const CALLERS: [usize; 3] = [1, 16, 128];
const PROCESSES: usize = 3;

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let long = Duration::from_secs(if is_quick { 2 } else { 6 });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(sqlite(long));
    runtime.block_on(postgres(long));
}

async fn sqlite(long: Duration) {
    say("SQLite, a file with full sync");
    for callers in CALLERS {
        // below the target folder: a temporary folder may be in memory
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let url = |name: &str| format!("sqlite:{}", home.path().join(name).display());
        let ours = ours(&url("ours"), 1, callers, long).await;
        Store::open(&url("bare")).await.unwrap().close().await;
        let bare = bare::sqlite(&home.path().join("bare"), callers, long);
        told(callers, ours, bare);
    }
}

async fn postgres(long: Duration) {
    let Some(_server) = Database::where_asked() else {
        return say("PostgreSQL: no server is named by THREEWAY_TEST_POSTGRES");
    };
    say("PostgreSQL, as the server is set");
    for callers in CALLERS {
        let (one, other) = (Database::where_asked().unwrap(), Database::where_asked().unwrap());
        let ours = ours(&one.url, 1, callers, long).await;
        let bare = bare::postgres(&other.url, callers, long).await;
        told(callers, ours, bare);
    }
    let database = Database::where_asked().unwrap();
    let rate = ours(&database.url, PROCESSES, 128, long).await;
    say(&format!("  128 callers on {PROCESSES} stores of one database: {rate:>6.0}/s"));
}

fn told(callers: usize, ours: f64, bare: f64) {
    let ratio = ours / bare;
    say(&format!(
        "  {callers:>3} callers: {ours:>6.0}/s through the store, {bare:>6.0}/s bare, {ratio:.2}"
    ));
}

/// Submissions per second of so many callers, each of which waits for its own.
async fn ours(url: &str, processes: usize, callers: usize, long: Duration) -> f64 {
    let mut stores = Vec::new();
    for _ in 0..processes {
        stores.push(Store::open(url).await.unwrap());
    }
    let (next, began) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut all = JoinSet::new();
    for caller in 0..callers {
        let (store, next) = (stores[caller % processes].clone(), Arc::clone(&next));
        all.spawn(async move {
            while began.elapsed() < long {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let batch = submission::batch(number);
                assert!(store.commit(batch).await.unwrap().is_done());
            }
        });
    }
    all.join_all().await;
    let rate = next.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    for store in stores {
        store.close().await;
    }
    rate
}
