//! The relay of events to a real NATS JetStream: each event of the log is in the stream once and in
//! order, whatever is killed on the way. `tests/run nats` names the server's program.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod refusal;

use serde_json::Value;
use std::collections::BTreeMap;
use store::{Batch, Store};
use tempfile::TempDir;
use tests::binary::Running;
use tests::broker::{Broker, STREAM, assert_same, log, metric, stored, until};
use tests::database::Database;
use tests::{Dice, INVOICES, demo};
use tokio::time::{Duration, sleep};

const ACTIVE: &str = "threeway_relay_active";

/// A gateway that relays to `broker`, with more environment.
fn gateway(home: &TempDir, store: &str, broker: &Broker, more: &[(&str, &str)]) -> Running {
    let servers = broker.servers();
    let own = [("THREEWAY__RELAY__SERVERS", servers.as_str())];
    Running::demo(home.path(), &["--store", store], &[own.as_slice(), more].concat())
}

fn file(home: &TempDir) -> String {
    format!("sqlite:{}", home.path().join("log.sqlite").display())
}

/// Submits so many invoices and sees each of them acknowledged.
async fn submit(gateway: &Running, name: &str, count: usize) {
    let http = reqwest::Client::builder().build().unwrap();
    for number in 0..count {
        let mut body = demo::invoice("matched");
        body["invoice"]["supplier_invoice_number"] = format!("{name}-{number}").into();
        let asked = http
            .post(format!("{}{INVOICES}", gateway.base))
            .bearer_auth(gateway.token("admin"))
            .header("idempotency-key", format!("{name}-{number}"))
            .json(&body);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
    }
}

/// Until the gateway has told everything that follows of what was submitted: its log rests.
async fn rested(store: &Store) {
    let mut was = (-1, 0);
    until("the log rests", async || {
        let position = store.event_position().await.unwrap();
        was = if was.0 == position { (position, was.1 + 1) } else { (position, 0) };
        (was.1 > 25).then_some(())
    })
    .await;
}

#[tokio::test]
async fn events_of_submissions_arrive_once_and_in_order() {
    let (home, broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    let gateway = gateway(&home, &file(&home), &broker, &[]);
    submit(&gateway, "ONE", 12).await;
    let store = Store::open_existing(&file(&home)).await.unwrap();
    rested(&store).await;
    let count = assert_same(&broker, &store).await;
    assert!(count >= 24, "an invoice has at least two events: {count}");
    let context = broker.jetstream().await;
    let stream = context.get_stream(STREAM).await.unwrap();
    let mut sequences: BTreeMap<(String, String), u64> = BTreeMap::new();
    for it in stored(&stream).await {
        let text = |name: &str| it.body[name].as_str().unwrap().to_owned();
        let (kind, key) = (text("type"), text("partitionkey"));
        assert_eq!(it.content_type, "application/cloudevents+json");
        assert_eq!(it.subject, format!("events.{kind}.{key}"), "keys of the demo are plain");
        let last = sequences.entry((text("source"), key)).or_default();
        *last += 1;
        assert_eq!(text("sequence").parse::<u64>().unwrap(), *last, "a consumer can prove it");
    }
    until("the lag is told", async || {
        (metric(&gateway, "threeway_relay_lag_events").await? < 0.5).then_some(())
    })
    .await;
    assert_eq!(metric(&gateway, ACTIVE).await, Some(1.0));
}

#[tokio::test]
async fn a_broker_that_is_killed_blocks_nobody_and_loses_nothing() {
    let (home, mut broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    // shorter than the broker is away: else the connection is mended before anybody notices
    let impatient = [("THREEWAY__RELAY__TIMEOUT_MS", "300")];
    let gateway = gateway(&home, &file(&home), &broker, &impatient);
    let store = Store::open_existing(&file(&home)).await.unwrap();
    for round in 0..3 {
        submit(&gateway, &format!("UP-{round}"), 4).await;
        broker.kill();
        submit(&gateway, &format!("DOWN-{round}"), 4).await;
        until("the lag is told", async || {
            (metric(&gateway, "threeway_relay_lag_events").await? > 0.5).then_some(())
        })
        .await;
        let name = r#"threeway_relay_failures_total{cause="connection"}"#;
        until("the failure is told", async || {
            (metric(&gateway, name).await? > f64::from(round) + 0.5).then_some(())
        })
        .await;
        broker.again().await;
    }
    rested(&store).await;
    assert_same(&broker, &store).await;
}

/// Puts many events into a log at once, of some keys that need escapes.
async fn fill(store: &Store, count: usize) {
    let mut event = store.events_after(0, 1).await.unwrap().remove(0).event;
    for first in (0..count).step_by(500) {
        let mut batch = Batch::new();
        for number in first..first + 500 {
            event.id = format!("filled-{number}");
            event.partitionkey = format!("PO {}.*", number % 97);
            batch.append_event(&event, &[]).unwrap();
        }
        assert!(store.commit(batch).await.unwrap().is_done());
    }
}

#[tokio::test]
async fn a_gateway_that_is_killed_while_it_relays_goes_on_where_it_was() {
    let (home, broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    let mut dice = Dice::new(20_261_128);
    let first = Running::demo(home.path(), &["--store", &file(&home)], &[]);
    submit(&first, "FIRST", 1).await;
    drop(first);
    let store = Store::open_existing(&file(&home)).await.unwrap();
    fill(&store, 6_000).await;
    for _ in 0..3 {
        let mut gateway =
            gateway(&home, &file(&home), &broker, &[("THREEWAY__RELAY__WINDOW", "20")]);
        let context = broker.jetstream().await;
        let before = reached(&context).await;
        until("it relays", async || (reached(&context).await > before).then_some(())).await;
        sleep(Duration::from_micros(dice.below(40_000))).await;
        gateway.kill();
    }
    let context = broker.jetstream().await;
    let half_way = reached(&context).await;
    assert!(half_way < 6_000, "it was killed too late to show anything: {half_way}");
    let last = gateway(&home, &file(&home), &broker, &[]);
    rested(&store).await;
    assert_same(&broker, &store).await;
    drop(last);
}

/// The number of the stream's last message.
async fn reached(context: &async_nats::jetstream::Context) -> u64 {
    match context.get_stream(STREAM).await {
        Ok(stream) => stream.cached_info().state.last_sequence,
        Err(_none) => 0,
    }
}

#[tokio::test]
async fn of_two_gateways_on_one_database_one_relays_and_the_other_takes_over() {
    let Some(database) = Database::where_asked() else {
        panic!("run this by `tests/run nats`, which starts PostgreSQL");
    };
    let broker = Broker::start(&[]).await;
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut gateways: Vec<Running> =
        homes.iter().map(|it| gateway(it, &database.url, &broker, &[])).collect();
    submit(&gateways[0], "FIRST", 3).await;
    submit(&gateways[1], "SECOND", 3).await;
    let relaying = until("one relays", async || {
        let mut active = Vec::new();
        for it in &gateways {
            active.push(metric(it, ACTIVE).await.unwrap_or_default() > 0.5);
        }
        assert_ne!(active, [true, true], "both relay");
        active.iter().position(|it| *it)
    })
    .await;
    let mut dead = gateways.remove(relaying);
    let store = Store::open_existing(&database.url).await.unwrap();
    fill(&store, 4_000).await;
    dead.kill();
    submit(&gateways[0], "THIRD", 3).await;
    until("the other relays", async || (metric(&gateways[0], ACTIVE).await? > 0.5).then_some(()))
        .await;
    rested(&store).await;
    assert_same(&broker, &store).await;
    store.close().await;
}

/// What a reader that joins late can ask for: one key, or one type.
#[tokio::test]
async fn a_subject_selects_a_type_or_a_key() {
    let (home, broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    let prefix = [("THREEWAY__RELAY__SUBJECT_PREFIX", "lakeside.events")];
    let gateway = gateway(&home, &file(&home), &broker, &prefix);
    submit(&gateway, "ONE", 3).await;
    let store = Store::open_existing(&file(&home)).await.unwrap();
    rested(&store).await;
    assert_same(&broker, &store).await;
    let context = broker.jetstream().await;
    let stream = context.get_stream(STREAM).await.unwrap();
    let events = log(&store).await;
    let last_of = |matches: &dyn Fn(&Value) -> bool| {
        events.iter().rev().find(|it| matches(it)).map(|it| it["id"].clone()).unwrap()
    };
    let key = events[0]["partitionkey"].as_str().unwrap().to_owned();
    for (subject, expected) in [
        (format!("lakeside.events.*.*.*.*.*.{key}"), last_of(&|it| it["partitionkey"] == *key)),
        (
            "lakeside.events.threeway.payables.invoice.received.v1.*".to_owned(),
            last_of(&|it| it["type"] == "threeway.payables.invoice.received.v1"),
        ),
    ] {
        let found = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
        let body: Value = serde_json::from_slice(&found.payload).unwrap();
        assert_eq!(body["id"], expected, "{subject}");
    }
}
