//! Submissions per second with a durable store: every answer is on the disk before it is given.
//! Each invoice bills an order of its own, matches, and is booked in the same time.

use crate::wire::{Connection, host};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::binary::{Running, say};
use tests::{INVOICES, many};
use tokio::task::JoinSet;

/// More than can be billed in the time.
const ORDERS: u64 = 40_000;

pub(crate) async fn measure(long: Duration) {
    say("POST /process/v1/invoices, one line each, store in a SQLite file with full sync");
    // below the target folder: a temporary folder may be in memory
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let data = home.path().join("data");
    many::data(&data, ORDERS);
    let data = data.display().to_string();
    for clients in [1, 16, 64] {
        let store = format!("sqlite:{}", home.path().join(format!("{clients}.sqlite")).display());
        let from = [("THREEWAY__BACKENDS__DEMO__DATA", data.as_str())];
        let gateway = Running::demo(home.path(), &["--store", &store], &from);
        let (mut latencies, took) = submit(&gateway, clients, long).await;
        latencies.sort_unstable();
        let count = latencies.len();
        let at = |percent: usize| latencies[(count * percent / 100).min(count - 1)].as_secs_f64();
        say(&format!(
            "  {clients:>2} clients: {:>6.0} submissions/s, p50 {:>6.2} ms, p99 {:>6.2} ms \
             ({count} invoices)",
            count as f64 / took.as_secs_f64(),
            at(50) * 1e3,
            at(99) * 1e3
        ));
    }
    say("");
}

async fn submit(gateway: &Running, clients: u64, long: Duration) -> (Vec<Duration>, Duration) {
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let (base, token) = (gateway.base.clone(), gateway.token("admin").to_owned());
        let next = Arc::clone(&next);
        all.spawn(async move {
            let mut connection = Connection::open(&base).await;
            let mut latencies = Vec::new();
            while began.elapsed() < long {
                let number = next.fetch_add(1, Ordering::Relaxed);
                assert!(number < ORDERS, "faster than the data allows: add orders");
                let request = request(&base, &token, number);
                let asked = Instant::now();
                let answer = connection.ask(&request).await;
                latencies.push(asked.elapsed());
                let body = String::from_utf8_lossy(answer.body);
                assert_eq!(answer.status, 202, "{body}");
                assert!(body.contains(r#""outcome":"matched""#), "{body}");
            }
            latencies
        });
    }
    let latencies = all.join_all().await.into_iter().flatten().collect();
    (latencies, began.elapsed())
}

fn request(base: &str, token: &str, number: u64) -> Vec<u8> {
    let body = many::bill(number).to_string();
    let head = format!(
        "POST {INVOICES} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nidempotency-key: b-{number}\r\n\
         content-length: {}\r\n\r\n",
        host(base),
        body.len()
    );
    (head + &body).into_bytes()
}
