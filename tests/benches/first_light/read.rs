//! What one secured read costs: processor time of the gateway, beside that of a bare hyper server
//! that answers the same bytes in the same run.

use crate::start::request;
use crate::wire::{Connection, cpu_microseconds};
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tests::binary::{Running, say};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The argument by which this program is the bare server.
pub(crate) const BARE: &str = "bare";

const CONNECTIONS: u64 = 16;
const ROUNDS: u32 = 4;

/// A server under measurement.
#[derive(Debug, Default)]
struct Measured {
    microseconds: u64,
    requests: u64,
    took: Duration,
}

pub(crate) async fn measure(long: Duration) {
    say("GET /system/v1/purchase-orders/PO-1001 from memory, secured, 16 keep-alive connections");
    let home = tempfile::tempdir().unwrap();
    let gateway = Running::demo(home.path(), &[], &[]);
    let request = request(&gateway);
    let file = home.path().join("answer.json");
    let answer = capture(&gateway, &request).await;
    std::fs::write(&file, answer.to_string()).unwrap();
    let bare = Bare::start(&file);

    let each = calibrate(&gateway, &request, long).await;
    let (mut ours, mut theirs) = (Measured::default(), Measured::default());
    drive(&bare.base, bare.child.id(), &request, each, &mut Measured::default()).await;
    for _ in 0..ROUNDS {
        drive(&gateway.base, gateway.pid(), &request, each, &mut ours).await;
        drive(&bare.base, bare.child.id(), &request, each, &mut theirs).await;
    }
    for (name, it) in [("threeway", &ours), ("bare hyper", &theirs)] {
        say(&format!(
            "  {name:<10} {:>7.1} µs of processor per request, {:>7.0} requests/s ({} requests)",
            it.cost(),
            it.requests as f64 / it.took.as_secs_f64(),
            it.requests
        ));
    }
    say(&format!("  ratio      {:>7.2}\n", ours.cost() / theirs.cost()));
}

impl Measured {
    /// Microseconds of processor time per request.
    fn cost(&self) -> f64 {
        self.microseconds as f64 / self.requests as f64
    }
}

/// How many requests per connection fill a round of `long / 2`.
async fn calibrate(gateway: &Running, request: &[u8], long: Duration) -> u64 {
    let mut tried = Measured::default();
    drive(&gateway.base, gateway.pid(), request, 100, &mut tried).await;
    drive(&gateway.base, gateway.pid(), request, 100, &mut tried).await;
    let per_second = tried.requests as f64 / tried.took.as_secs_f64();
    let wanted = Duration::from_secs_f64(per_second * long.as_secs_f64() / 2.0);
    (wanted.as_secs() / CONNECTIONS).max(100)
}

async fn drive(base: &str, pid: u32, request: &[u8], each: u64, into: &mut Measured) {
    let (before, began) = (cpu_microseconds(pid), Instant::now());
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (base, request) = (base.to_owned(), request.to_vec());
        connections.spawn(async move {
            let mut connection = Connection::open(&base).await;
            for _ in 0..each {
                assert_eq!(connection.ask(&request).await.status, 200);
            }
        });
    }
    connections.join_all().await;
    into.took += began.elapsed();
    into.microseconds += cpu_microseconds(pid) - before;
    into.requests += CONNECTIONS * each;
}

/// The gateway's own answer: what the bare server says to everybody.
async fn capture(gateway: &Running, request: &[u8]) -> Value {
    let mut connection = Connection::open(&gateway.base).await;
    let answer = connection.ask(request).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    let headers = answer.head.lines().skip(1).filter_map(|it| it.split_once(": "));
    // hyper writes these two itself
    let headers = headers.filter(|(name, _)| !["date", "content-length"].contains(name));
    let headers: Vec<(&str, &str)> = headers.collect();
    json!({ "headers": headers, "body": String::from_utf8_lossy(answer.body) })
}

/// This program again, as the bare server; killed when this goes.
#[derive(Debug)]
struct Bare {
    child: Child,
    base: String,
}

impl Bare {
    fn start(file: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(BARE).arg(file).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut base = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut base).unwrap();
        Self { child, base: base.trim().to_owned() }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // ok: it is a child of ours, or gone already
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves the answer in the file to whoever asks for anything, until it is killed.
pub(crate) async fn serve_bare(file: &Path) {
    let answer: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let body = Bytes::from(answer["body"].as_str().unwrap().to_owned());
    let headers: Vec<(String, String)> = serde_json::from_value(answer["headers"].clone()).unwrap();
    let headers: Vec<(HeaderName, HeaderValue)> = headers
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    say(&listener.local_addr().unwrap().to_string());
    let mut connections = JoinSet::new();
    loop {
        let (stream, _from) = listener.accept().await.unwrap();
        let (headers, body) = (headers.clone(), body.clone());
        let service = service_fn(move |_request| {
            let mut response = Response::new(Full::new(body.clone()));
            response.headers_mut().extend(headers.iter().cloned());
            std::future::ready(Ok::<_, Infallible>(response))
        });
        connections.spawn(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service),
        );
        while connections.try_join_next().is_some() {}
    }
}
