//! Connections that are lost, in the worst moments too: what was acknowledged is there, once, and
//! the store goes on. Only for PostgreSQL; a file has no connection to lose.

use crate::testing::{Scratch, asked, done, event};
use crate::{Batch, Committed, Store};
use canonical::Kind;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What a road does with a commit.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// Lets it through, and breaks before the answer.
    After,
    /// Breaks before it arrives.
    Before,
    /// Holds it back and stays open on the server's side: the server does not know.
    Silent,
}

/// A road to the server that breaks at the first so many commits of a group; ends with this.
struct Road {
    url: String,
    left: Arc<AtomicUsize>,
    _serve: JoinSet<()>,
}

async fn road(server: &str, cut: Cut, cuts: usize) -> Road {
    let (start, rest) = server.split_once('@').unwrap();
    let (host, database) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("{start}@{}/{database}", listener.local_addr().unwrap());
    let left = Arc::new(AtomicUsize::new(cuts));
    let (host, count) = (host.to_owned(), Arc::clone(&left));
    let serve = async move {
        let mut passing = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&host).await.unwrap();
            passing.spawn(pass(client, server, cut, Arc::clone(&count)));
        }
    };
    let mut road = JoinSet::new();
    road.spawn(serve);
    Road { url, left, _serve: road }
}

async fn pass(client: TcpStream, server: TcpStream, cut: Cut, left: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut back = JoinSet::new();
    back.spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await.ok() });
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
        let bytes = &buffer[..length];
        // the transaction of a group announces itself before it commits
        let is_commit = bytes.windows(6).any(|it| it == b"NOTIFY");
        let take = |it: usize| it.checked_sub(1);
        let order = Ordering::SeqCst;
        if is_commit && left.fetch_update(order, order, take).is_ok() {
            back.abort_all();
            match cut {
                Cut::After => {
                    to_server.write_all(bytes).await.unwrap();
                    // until the server has read it
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Cut::Before => {}
                Cut::Silent => {
                    drop(from_client);
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            }
            return;
        }
        if to_server.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn one_cut(cut: Cut) {
    let scratch = Scratch::open().await;
    if !scratch.is_postgres() {
        return;
    }
    let road = road(&scratch.url(), cut, 2).await;
    let store = Store::open(&road.url).await.unwrap();
    for number in 0..4 {
        let id = format!("evt_{number}");
        done(&store, |batch| batch.append_event(&event(&id, "inv_1"), &[]).unwrap()).await;
    }
    assert_eq!(road.left.load(Ordering::SeqCst), 0, "it was cut");
    let events = scratch.events_after(0, 100).await.unwrap();
    let ids: Vec<_> = events.iter().map(|it| it.event.id.as_str()).collect();
    assert_eq!(ids, ["evt_0", "evt_1", "evt_2", "evt_3"]);
    assert_eq!(events[3].event.sequence, format!("{:020}", 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found_and_not_repeated() {
    one_cut(Cut::After).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrived_is_written_again() {
    one_cut(Cut::Before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_the_server_believes_open_is_ended_and_written_again() {
    one_cut(Cut::Silent).await;
}

/// Appends until told how many; gives the ids that were acknowledged.
async fn append(store: Store, writer: usize, count: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..count {
        let id = format!("evt_{writer}_{number}");
        let mut batch = Batch::new();
        batch.append_event(&event(&id, &format!("key_{}", number % 3)), &[]).unwrap();
        match store.commit(batch).await {
            Ok(Committed::Done) => acknowledged.push(id),
            Ok(Committed::Stale { guard }) => panic!("{guard} was written, and not acknowledged"),
            Err(error) => assert_eq!(error.kind(), Kind::Unavailable, "{error:?}"),
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_killed_under_load_lose_nothing_and_double_nothing() {
    let scratch = Scratch::open().await;
    if !scratch.is_postgres() {
        return;
    }
    let second = Store::open(&scratch.url()).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let store = if writer % 2 == 0 { Store::clone(&scratch) } else { second.clone() };
        writers.spawn(append(store, writer, 300));
    }
    let mut killed = 0;
    while writers.try_join_next().is_none() && killed < 25 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        let url = scratch.url();
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        tokio::task::spawn_blocking(move || asked(&url, sql)).await.unwrap();
        killed += 1;
    }
    assert!(killed > 3, "the load was over too soon: {killed}");
    writers.join_all().await;
    // one writer more, whose ids are all known: the store goes on
    let more = append(second.clone(), 9, 20).await;
    assert_eq!(more.len(), 20);
    let mut position = 0;
    let mut ids = BTreeSet::new();
    let mut sequences = [0_u32; 3];
    loop {
        let events = second.events_after(position, 1000).await.unwrap();
        let Some(last) = events.last() else { break };
        position = last.position;
        for it in events {
            let key: usize = it.event.partitionkey.trim_start_matches("key_").parse().unwrap();
            sequences[key] += 1;
            assert_eq!(it.event.sequence, format!("{:020}", sequences[key]));
            assert!(ids.insert(it.event.id));
        }
    }
    // nothing was refused: a lost connection is the store's business, not its callers'
    assert_eq!(ids.len(), 8 * 300 + 20);
}
