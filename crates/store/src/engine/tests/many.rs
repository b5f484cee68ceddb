//! Several stores on one place, as several processes have them: nothing is missed, nothing is taken
//! twice, and of those who cannot all win one does.

use crate::testing::{Scratch, at, done, event};
use crate::{Batch, Committed, NewWork, Store};
use canonical::Lane;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const WRITERS: usize = 8;
const EVENTS_EACH: usize = 120;

/// A file is for one process, a database for many.
async fn three(scratch: &Scratch) -> Vec<Store> {
    let mut stores = vec![Store::clone(scratch)];
    if !scratch.is_postgres() {
        stores.resize(3, Store::clone(scratch));
        return stores;
    }
    for _ in 0..2 {
        stores.push(Store::open(&scratch.url()).await.unwrap());
    }
    stores
}

/// Whose keys the events are appended under.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    /// Everybody's.
    Shared,
    /// The writer's own: nothing but the order of commits can go wrong.
    Own,
}

/// Appends events, some of them in batches that are stale.
async fn append(store: Store, writer: usize, keys: Keys) {
    for number in 0..EVENTS_EACH {
        let mut batch = Batch::new();
        for part in 0..=number % 3 {
            let id = format!("evt_{writer}_{number}_{part}");
            let of = if keys == Keys::Own { writer } else { (number + part) % 5 };
            let key = format!("key_{of}");
            batch.append_event(&event(&id, &key), &[]).unwrap();
        }
        assert!(store.commit(batch).await.unwrap().is_done());
        if number % 10 == 0 {
            let mut twice = Batch::new();
            twice.append_event(&event(&format!("new_{writer}_{number}"), "key_new"), &[]).unwrap();
            twice.append_event(&event(&format!("evt_{writer}_0_0"), "key_0"), &[]).unwrap();
            assert!(!store.commit(twice).await.unwrap().is_done());
        }
    }
}

/// Reads from position to position until nothing comes after the writers ended.
async fn follow(store: Store, is_over: Arc<AtomicBool>) -> Vec<(i64, String, String, String)> {
    let (mut seen, mut position) = (Vec::new(), 0);
    loop {
        let was_over = is_over.load(Ordering::SeqCst);
        let events = store.events_after(position, 50).await.unwrap();
        if events.is_empty() && was_over {
            return seen;
        }
        for it in events {
            position = it.position;
            seen.push((position, it.event.id, it.event.partitionkey, it.event.sequence));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_by_position_misses_nothing_that_several_processes_append() {
    append_and_follow(Keys::Shared).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_by_position_misses_nothing_of_writers_that_have_nothing_in_common() {
    append_and_follow(Keys::Own).await;
}

async fn append_and_follow(keys: Keys) {
    let scratch = Scratch::open().await;
    let stores = three(&scratch).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for store in &stores {
        readers.spawn(follow(store.clone(), Arc::clone(&is_over)));
    }
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(append(stores[writer % 3].clone(), writer, keys));
    }
    writers.join_all().await;
    is_over.store(true, Ordering::SeqCst);
    let expected: usize = WRITERS * (0..EVENTS_EACH).map(|it| it % 3 + 1).sum::<usize>();
    for seen in readers.join_all().await {
        let ids: BTreeSet<&String> = seen.iter().map(|(_, id, ..)| id).collect();
        assert_eq!((seen.len(), ids.len()), (expected, expected), "missed, or seen twice");
        let mut sequences: BTreeMap<&String, u32> = BTreeMap::new();
        for (_, _, key, sequence) in &seen {
            let last = sequences.entry(key).or_default();
            *last += 1;
            assert_eq!(*sequence, format!("{last:020}"), "a gap, or out of order");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_processes_that_read_one_guard_a_single_one_wins() {
    let scratch = Scratch::open().await;
    let stores = three(&scratch).await;
    for round in 0..20 {
        let guard = scratch.guards(["payload:api:00".to_owned()]).await.unwrap().remove(0);
        assert_eq!(guard.version, round);
        let mut racing = JoinSet::new();
        for (number, store) in stores.iter().cycle().take(9).cloned().enumerate() {
            let mut batch = Batch::new();
            let id = format!("evt_{round}_{number}");
            batch.append_event(&event(&id, "inv_1"), &[]).unwrap();
            batch.bump_guard(&guard);
            racing.spawn(commit(store, batch));
        }
        let won = racing.join_all().await.iter().filter(|it| it.is_done()).count();
        assert_eq!(won, 1);
    }
    assert_eq!(scratch.count("event").await, 20, "the others left nothing");
}

async fn commit(store: Store, batch: Batch) -> Committed {
    store.commit(batch).await.unwrap()
}

const KEYS: usize = 12;

async fn queue(store: &Store, items: usize) {
    done(store, |batch| {
        for number in 0..items {
            batch.enqueue_work(NewWork {
                id: format!("w{number:04}"),
                lane: Lane::Critical,
                kind: "post_payable".to_owned(),
                key: format!("k{}", number % KEYS),
                correlation_id: None,
                payload_json: "{}".to_owned(),
                run_at: at(0),
                created_at: at(0),
            });
        }
    })
    .await;
}

/// Leases and completes until nothing is left; notes down what it had, in its order.
async fn work(store: Store, items: usize, had: Arc<Mutex<Vec<(String, String)>>>) {
    loop {
        let work = store.lease_work(Lane::Critical, at(0), at(60), 4).await.unwrap();
        had.lock().await.extend(work.iter().map(|it| (it.key.clone(), it.id.clone())));
        for it in &work {
            let mut batch = Batch::new();
            batch.complete_work(it);
            assert_eq!(store.commit(batch).await.unwrap(), Committed::Done, "{}", it.id);
        }
        if had.lock().await.len() >= items {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_of_several_processes_share_no_item_and_keep_the_order_of_each_key() {
    let scratch = Scratch::open().await;
    let stores = three(&scratch).await;
    let items = 240;
    queue(&scratch, items).await;
    let had = Arc::default();
    let mut workers = JoinSet::new();
    for store in stores.iter().cycle().take(9) {
        workers.spawn(work(store.clone(), items, Arc::clone(&had)));
    }
    workers.join_all().await;
    let had = had.lock().await;
    let unique: BTreeSet<_> = had.iter().map(|(_, id)| id).collect();
    assert_eq!((had.len(), unique.len()), (items, items));
    for key in 0..KEYS {
        let name = format!("k{key}");
        let of: Vec<_> = had.iter().filter(|(it, _)| *it == name).map(|(_, id)| id).collect();
        assert!(of.is_sorted(), "{of:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_may_start_at_once_on_a_place_without_tables() {
    let scratch = Scratch::open().await;
    if !scratch.is_postgres() {
        return;
    }
    scratch.close().await;
    scratch.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    let mut starting = JoinSet::new();
    for number in 0..4 {
        let url = scratch.url();
        starting.spawn(async move {
            let store = Store::open(&url).await.unwrap();
            let id = format!("evt_{number}");
            done(&store, |batch| batch.append_event(&event(&id, "inv_1"), &[]).unwrap()).await;
            store
        });
    }
    let stores = starting.join_all().await;
    assert_eq!(stores[0].events_after(0, 10).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_another_process_is_told() {
    let scratch = Scratch::open().await;
    if !scratch.is_postgres() {
        return;
    }
    let other = Store::open(&scratch.url()).await.unwrap();
    let mut commits = other.commits();
    // what it hears at its start is not what is asked for
    tokio::time::sleep(Duration::from_millis(300)).await;
    commits.mark_unchanged();
    done(&scratch, |batch| batch.append_event(&event("evt_1", "inv_1"), &[]).unwrap()).await;
    tokio::time::timeout(Duration::from_millis(600), commits.changed()).await.unwrap().unwrap();
    assert_eq!(other.events_after(0, 10).await.unwrap().len(), 1);
}
