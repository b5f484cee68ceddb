//! How fast events are relayed to NATS JetStream, beside the bare client that publishes the same
//! messages to the same server and waits for the same acknowledgements, as many at once.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot go on says where"
)]

use async_nats::HeaderMap;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use canonical::Clock;
use gateway::config::{self, Source};
use gateway::relay::{self, Options};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Batch, Store};
use tempfile::TempDir;
use tests::binary::say;
use tests::{TestGateway, demo};
use tokio::sync::watch;
use tokio::time::sleep;

const EVENTS: usize = 50_000;
const ROUNDS: usize = 3;

/// The server; it goes away with the benchmark.
struct Broker {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Drop for Broker {
    fn drop(&mut self) {
        // ok: it may have ended by itself
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn broker() -> (Broker, Context) {
    let program = std::env::var_os("THREEWAY_NATS_SERVER")
        .expect("THREEWAY_NATS_SERVER names the server; `tests/run nats` installs one in .tools");
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let child = Command::new(program)
        .args(["--addr", "127.0.0.1", "--port", &port, "--jetstream", "--store_dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = ["nats", "://127.0.0.1:", &port].concat();
    let broker = Broker { child, url, _folder: folder };
    loop {
        if let Ok(client) = async_nats::connect(&broker.url).await {
            let context = jetstream::new(client);
            if context.query_account().await.is_ok() {
                return (broker, context);
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// A log of events as a submission writes them.
async fn filled(folder: &TempDir) -> Store {
    let gateway = TestGateway::start().await;
    gateway.admin().submit(&demo::invoice("matched")).await.expect(202);
    let some = gateway.parts().store.events_after(0, 10).await.unwrap();
    let url = format!("sqlite:{}", folder.path().join("log.sqlite").display());
    let store = Store::open(&url).await.unwrap();
    for first in (0..EVENTS).step_by(1_000) {
        let mut batch = Batch::new();
        for number in first..first + 1_000 {
            let mut event = some[number % some.len()].event.clone();
            event.id = format!("{}{number:08}", event.id.split_off(8));
            event.partitionkey = format!("inv_{}", number / 4);
            batch.append_event(&event, &[]).unwrap();
        }
        assert!(store.commit(batch).await.unwrap().is_done());
    }
    store
}

fn options(broker: &Broker, stream: &str) -> Options {
    let own = [
        ("THREEWAY__RELAY__SERVERS", format!("[\"{}\"]", broker.url)),
        ("THREEWAY__RELAY__STREAM", stream.to_owned()),
        ("THREEWAY__RELAY__SUBJECT_PREFIX", stream.to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    config::read(Source::Demo, own).expect("a configuration").config.relay
}

/// The messages that the relay makes of the log, published by the bare client.
async fn bare(context: &Context, store: &Store, stream: &str) -> Duration {
    let subjects = vec![format!("{stream}.>")];
    let config = Config { name: stream.to_owned(), subjects, ..Config::default() };
    context.create_stream(config).await.unwrap();
    let mut messages = Vec::with_capacity(EVENTS);
    let mut position = 0;
    while messages.len() < EVENTS {
        for logged in store.events_after(position, 1_000).await.unwrap() {
            position = logged.position;
            let event = &logged.event;
            let mut headers = HeaderMap::new();
            headers.insert("Content-Type", "application/cloudevents+json");
            headers.insert("Nats-Msg-Id", event.id.as_str());
            let subject = format!("{stream}.{}.{}", event.kind, event.partitionkey);
            messages.push((subject, headers, serde_json::to_vec(event).unwrap()));
        }
    }
    let began = Instant::now();
    let mut messages = messages.into_iter().peekable();
    while messages.peek().is_some() {
        let mut acks = Vec::with_capacity(500);
        for (subject, headers, body) in messages.by_ref().take(500) {
            acks.push(context.publish_with_headers(subject, headers, body.into()).await.unwrap());
        }
        for ack in acks {
            ack.await.unwrap();
        }
    }
    began.elapsed()
}

async fn relayed((broker, context): (&Broker, &Context), store: &Store, name: &str) -> Duration {
    let clock: Clock = Arc::new(jiff::Timestamp::now);
    let (stop, stopped) = watch::channel(false);
    let log = (store.clone(), clock);
    let began = Instant::now();
    let running = tokio::spawn(relay::run(log, options(broker, name), stopped));
    loop {
        let stream = context.get_stream(name).await;
        if stream.is_ok_and(|it| it.cached_info().state.last_sequence >= EVENTS as u64) {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    stop.send_replace(true);
    running.await.unwrap().unwrap();
    took
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let (broker, context) = broker().await;
    for round in 1..=ROUNDS {
        let bare = bare(&context, &store, &format!("bare{round}")).await;
        let ours = relayed((&broker, &context), &store, &format!("relay{round}")).await;
        let rate = |it: Duration| EVENTS as f64 / it.as_secs_f64();
        say(&format!(
            "round {round}: relay {:.0} events/s, bare client {:.0} messages/s: ratio {:.2}",
            rate(ours),
            rate(bare),
            rate(ours) / rate(bare),
        ));
    }
}
