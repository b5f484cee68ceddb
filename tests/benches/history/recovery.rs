//! Coming back after a crash with much queued.

use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use store::Store;
use tests::binary::{Running, say};
use tokio::time::sleep;

/// How long it works before it is killed.
const LIFE: Duration = Duration::from_secs(2);

pub(crate) async fn measure(items: u64) {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = home.path().join("queue.sqlite");
    let url = format!("sqlite:{}", path.display());
    Store::open(&url).await.unwrap().close().await;
    fill(&path, items);
    let first = Running::demo(home.path(), &["--store", &url], &[]);
    sleep(LIFE).await;
    let mut first = first;
    let before = waiting(&first).await;
    first.kill();
    let began = Instant::now();
    let second = Running::demo(home.path(), &["--store", &url], &[]);
    let serving = began.elapsed();
    let at_start = waiting(&second).await;
    let ready = began.elapsed();
    while waiting(&second).await == at_start {
        sleep(Duration::from_millis(5)).await;
    }
    let working = began.elapsed();
    let (since, left) = (Instant::now(), waiting(&second).await);
    sleep(LIFE).await;
    let rate = (left - waiting(&second).await) as f64 / since.elapsed().as_secs_f64();
    say(&format!(
        "killed with {before} items queued: serving after {serving:?}, ready after {ready:?}, the \
         next item done after {working:?}; then {rate:.0} items/s"
    ));
}

/// How many items are not done.
async fn waiting(gateway: &Running) -> u64 {
    let url = format!("{}/health/ready", gateway.admin);
    let ready: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let work = ready["work"].as_array().unwrap().iter();
    work.filter_map(|it| it["count"].as_u64()).sum()
}

/// Orders to match again, each of its own, all due.
fn fill(path: &Path, items: u64) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {items})
             INSERT INTO work (id, lane, kind, name, payload, state, due_at, attempts, created_at)
             SELECT 'rematch:Q-' || i, 'critical', 'rematch', 'purchase_order:Q-' || i,
                '{{\"purchase_order\":\"Q-' || i || '\",\"trigger\":\"t\"}}', 'ready', 0, 0, 0
             FROM n;"
        ))
        .unwrap();
}
