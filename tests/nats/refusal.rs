//! Where the stream does not take events: it is told, nobody waits, and nothing is left out.

use crate::{file, gateway, rested, submit};
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use store::Store;
use tests::broker::{Broker, STREAM, assert_same, metric, until};

fn failures(cause: &str) -> String {
    format!("threeway_relay_failures_total{{cause=\"{cause}\"}}")
}

fn config(max_messages: i64) -> Config {
    Config {
        name: STREAM.to_owned(),
        subjects: vec!["events.>".to_owned()],
        discard: DiscardPolicy::New,
        max_messages,
        ..Config::default()
    }
}

#[tokio::test]
async fn a_stream_that_is_full_is_told_and_goes_on_when_it_is_not() {
    let (home, broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    let context = broker.jetstream().await;
    context.create_stream(config(5)).await.unwrap();
    let gateway = gateway(&home, &file(&home), &broker, &[]);
    submit(&gateway, "FULL", 6).await;
    until("the refusal is told", async || metric(&gateway, &failures("refused")).await).await;
    assert!(gateway.log().contains("events are not relayed"), "{}", gateway.log());
    let stream = context.get_stream(STREAM).await.unwrap();
    assert_eq!(stream.cached_info().state.last_sequence, 5, "the first five, and no later one");
    context.update_stream(config(-1)).await.unwrap();
    let store = Store::open_existing(&file(&home)).await.unwrap();
    rested(&store).await;
    assert_same(&broker, &store).await;
}

#[tokio::test]
async fn a_stream_that_is_missing_is_told_with_its_cure() {
    let (home, broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    let own = [("THREEWAY__RELAY__CREATE_STREAM", "false")];
    let gateway = gateway(&home, &file(&home), &broker, &own);
    submit(&gateway, "NONE", 2).await;
    until("it is told", async || metric(&gateway, &failures("stream")).await).await;
    let log = gateway.log();
    assert!(log.contains("make it with the subject events.>"), "{log}");
    broker.jetstream().await.create_stream(config(-1)).await.unwrap();
    let store = Store::open_existing(&file(&home)).await.unwrap();
    rested(&store).await;
    assert_same(&broker, &store).await;
}

#[tokio::test]
async fn somebody_elses_messages_stop_nothing_and_a_purge_repeats_nothing() {
    let (home, broker) = (tempfile::tempdir().unwrap(), Broker::start(&[]).await);
    let gateway = gateway(&home, &file(&home), &broker, &[]);
    submit(&gateway, "OWN", 2).await;
    let store = Store::open_existing(&file(&home)).await.unwrap();
    rested(&store).await;
    let before = assert_same(&broker, &store).await;
    let context = broker.jetstream().await;
    let ack = context.publish("events.of.somebody", "hello".into()).await.unwrap();
    ack.await.unwrap();
    submit(&gateway, "MORE", 1).await;
    until("it finds its place again", async || metric(&gateway, &failures("rival")).await).await;
    rested(&store).await;
    let all = u64::try_from(crate::log(&store).await.len()).unwrap();
    let stream = context.get_stream(STREAM).await.unwrap();
    until("all are there", async || {
        (stream.get_info().await.unwrap().state.messages == all + 1).then_some(())
    })
    .await;
    assert!(u64::try_from(before).unwrap() < all);
    until("the place is kept", async || {
        (metric(&gateway, "threeway_relay_lag_events").await? < 0.5).then_some(())
    })
    .await;
    stream.purge().await.unwrap();
    drop(gateway);
    let gateway = crate::gateway(&home, &file(&home), &broker, &[]);
    submit(&gateway, "AFTER", 1).await;
    rested(&store).await;
    let rest = u64::try_from(crate::log(&store).await.len()).unwrap() - all;
    until("what is new is there, and nothing else", async || {
        (stream.get_info().await.unwrap().state.messages == rest).then_some(())
    })
    .await;
}
