//! Whether bulk work moves live traffic: invoices are submitted at an even pace while the bulk lane
//! is idle and while it is saturated, in turns, on one gateway. The bulk lane then has more orders
//! to match again than it can, and policies are simulated over everything that was decided.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed, and prints what it measured"
)]

use canonical::Lane;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{Batch, NewWork, Store};
use tests::binary::{Running, say};
use tests::database::Database;
use tests::{INVOICES, many};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const ORDERS: u64 = 40_000;
const CLIENTS: u64 = 2;
/// Between two submissions of a client.
const PAUSE: Duration = Duration::from_millis(10);
const ROUNDS: u64 = 3;
/// More than the bulk lane does in one window.
const ITEMS_PER_SECOND: u64 = 600;
const SIMULATIONS: &str = "/process/v1/policy-simulations";

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let long = Duration::from_secs(if is_quick { 3 } else { 10 });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    many::data(&home.path().join("data"), ORDERS);
    say("SQLite, a file with full sync");
    let url = format!("sqlite:{}", home.path().join("lanes.sqlite").display());
    runtime.block_on(measure(home.path(), &url, long));
    match Database::where_asked() {
        None => say("PostgreSQL: no server is named by THREEWAY_TEST_POSTGRES"),
        Some(database) => {
            say("PostgreSQL, as the server is set");
            runtime.block_on(measure(home.path(), &database.url, long));
        }
    }
}

/// Who submits, and how far they have come.
#[derive(Clone, Debug)]
struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
    next: Arc<AtomicU64>,
}

async fn measure(home: &Path, url: &str, long: Duration) {
    let data = home.join("data").display().to_string();
    let from = [("THREEWAY__BACKENDS__DEMO__DATA", data.as_str())];
    let gateway = Running::demo(home, &["--store", url], &from);
    let caller = Caller {
        http: reqwest::Client::builder().build().unwrap(),
        base: gateway.base.clone(),
        token: gateway.token("admin").to_owned(),
        next: Arc::default(),
    };
    let store = Store::open(url).await.unwrap();
    // what is compiled, prepared or read for the first time is in no figure
    submit(&caller, Duration::from_secs(2)).await;
    let (mut idle, mut saturated, mut done) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        idle.extend(submit(&caller, long).await);
        let billed = caller.next.load(Ordering::Relaxed);
        let items = ITEMS_PER_SECOND * long.as_secs();
        fill(&store, round, items, billed).await;
        let (latencies, ()) = tokio::select! {
            it = submit(&caller, long) => (it, ()),
            () = simulate(&caller) => panic!("a simulation ended"),
        };
        saturated.extend(latencies);
        let left = waiting(&caller, &gateway).await;
        assert!(left > 0, "the bulk lane was not saturated: give it more items");
        done += items - left;
        drain(&caller, &gateway).await;
    }
    let (idle, saturated) = (told("idle", idle), told("saturated", saturated));
    let seconds = (long * u32::try_from(ROUNDS).unwrap()).as_secs_f64();
    say(&format!(
        "  saturated / idle: p50 {:.2}, p99 {:.2} (goal 1.5); {:.0} orders matched again a second",
        saturated.0 / idle.0,
        saturated.1 / idle.1,
        done as f64 / seconds
    ));
    store.close().await;
}

/// The median and the 99th percentile, in milliseconds.
fn told(what: &str, mut latencies: Vec<Duration>) -> (f64, f64) {
    latencies.sort_unstable();
    let at = |percent: usize| {
        let rank = (latencies.len() * percent).div_ceil(100).max(1);
        latencies[rank - 1].as_secs_f64() * 1e3
    };
    let (p50, p99) = (at(50), at(99));
    let count = latencies.len();
    say(&format!("  bulk lane {what:<9}: p50 {p50:>7.2} ms, p99 {p99:>7.2} ms ({count} invoices)"));
    (p50, p99)
}

/// Submits at an even pace, and tells how long each answer took.
async fn submit(caller: &Caller, long: Duration) -> Vec<Duration> {
    let mut all = JoinSet::new();
    for _ in 0..CLIENTS {
        let caller = caller.clone();
        all.spawn(async move {
            let (began, mut latencies) = (Instant::now(), Vec::new());
            while began.elapsed() < long {
                let number = caller.next.fetch_add(1, Ordering::Relaxed);
                assert!(number < ORDERS, "faster than the data allows: add orders");
                let asked = Instant::now();
                let answer = caller.post(&format!("b-{number}"), &many::bill(number)).await;
                let answer = answer.text().await.unwrap();
                latencies.push(asked.elapsed());
                assert!(answer.contains(r#""outcome":"matched""#), "{answer}");
                sleep(PAUSE).await;
            }
            latencies
        });
    }
    all.join_all().await.into_iter().flatten().collect()
}

impl Caller {
    async fn post(&self, key: &str, body: &Value) -> reqwest::Response {
        let request = self.http.post(format!("{}{INVOICES}", self.base)).bearer_auth(&self.token);
        request.header("idempotency-key", key).json(body).send().await.unwrap()
    }
}

/// Simulates the active policy over everything, again and again.
async fn simulate(caller: &Caller) {
    loop {
        let body = json!({});
        let request = caller.http.post(format!("{}{SIMULATIONS}", caller.base));
        let request = request.bearer_auth(&caller.token).header("accept", "application/x-ndjson");
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
    }
}

/// Orders to match again, all due now.
async fn fill(store: &Store, round: u64, items: u64, billed: u64) {
    let now = Timestamp::now();
    let mut batch = Batch::new();
    for number in 0..items {
        let order = many::order_number(number % billed);
        let trigger = format!("bench-{round}-{number}");
        batch.enqueue_work(NewWork {
            id: format!("rematch:{order}:{trigger}"),
            lane: Lane::Bulk,
            kind: "rematch".to_owned(),
            key: format!("purchase_order:{order}"),
            correlation_id: None,
            payload_json: json!({ "purchase_order": order, "trigger": trigger }).to_string(),
            run_at: now,
            created_at: now,
        });
    }
    assert!(store.commit(batch).await.unwrap().is_done());
}

/// How many items of the bulk lane are not done.
async fn waiting(caller: &Caller, gateway: &Running) -> u64 {
    let ready = caller.http.get(format!("{}/health/ready", gateway.admin)).send().await.unwrap();
    let ready: Value = ready.json().await.unwrap();
    let work = ready["work"].as_array().unwrap().iter();
    work.filter(|it| it["lane"] == "bulk").filter_map(|it| it["count"].as_u64()).sum()
}

async fn drain(caller: &Caller, gateway: &Running) {
    let draining = async {
        while waiting(caller, gateway).await > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(Duration::from_secs(600), draining).await.is_ok(), "it is never done");
}
