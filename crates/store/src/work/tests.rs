use super::{LEASE, LEASE_POSTGRES};
use crate::testing::{Scratch, at, done, stale};
use crate::{NewWork, Store, Work, WorkCount, WorkState};
use canonical::{Error, Lane};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

fn item(id: &str, key: &str, run_at: i64) -> NewWork {
    NewWork {
        id: id.to_owned(),
        lane: Lane::Critical,
        kind: "post_payable".to_owned(),
        key: key.to_owned(),
        correlation_id: None,
        payload_json: r#"{"invoice":"inv_1"}"#.to_owned(),
        run_at: at(run_at),
        created_at: at(0),
    }
}

async fn queue(scratch: &Scratch, items: impl IntoIterator<Item = NewWork>) {
    done(scratch, |batch| items.into_iter().for_each(|it| batch.enqueue_work(it))).await;
}

/// Leases up to ten items for a minute.
async fn lease(scratch: &Scratch, now: i64) -> Vec<Work> {
    scratch.lease_work(Lane::Critical, at(now), at(now + 60), 10).await.unwrap()
}

fn ids(work: &[Work]) -> Vec<&str> {
    work.iter().map(|it| it.id.as_str()).collect()
}

#[tokio::test]
async fn what_is_due_is_handed_out_once() {
    let scratch = Scratch::open().await;
    queue(&scratch, [item("w1", "a", 0), item("w2", "b", 5), item("w3", "c", 0)]).await;
    let work = lease(&scratch, 0).await;
    assert_eq!(ids(&work), ["w1", "w3"]);
    let expected = Work {
        id: "w1".to_owned(),
        kind: "post_payable".to_owned(),
        key: "a".to_owned(),
        payload_json: r#"{"invoice":"inv_1"}"#.to_owned(),
        attempts: 1,
        replays: 0,
        last_error: None,
        created_at: at(0),
    };
    assert_eq!(work[0], expected);
    assert!(lease(&scratch, 0).await.is_empty());
    assert_eq!(ids(&lease(&scratch, 5).await), ["w2"]);
}

#[tokio::test]
async fn lanes_do_not_see_each_other() {
    let scratch = Scratch::open().await;
    let bulk = NewWork { lane: Lane::Bulk, ..item("w2", "b", 0) };
    queue(&scratch, [item("w1", "a", 0), bulk]).await;
    let work = scratch.lease_work(Lane::Bulk, at(0), at(60), 10).await.unwrap();
    assert_eq!(ids(&work), ["w2"]);
}

#[tokio::test]
async fn a_key_goes_one_by_one_in_order() {
    let scratch = Scratch::open().await;
    queue(&scratch, [item("w1", "a", 3), item("w2", "a", 0), item("w3", "b", 0)]).await;
    assert_eq!(ids(&lease(&scratch, 0).await), ["w3"], "w2 waits for w1, though it is due");
    let work = lease(&scratch, 3).await;
    assert_eq!(ids(&work), ["w1"]);
    assert!(lease(&scratch, 3).await.is_empty());
    done(&scratch, |batch| batch.complete_work(&work[0])).await;
    assert_eq!(ids(&lease(&scratch, 3).await), ["w2"]);
}

#[tokio::test]
async fn a_retry_waits_for_its_time_and_says_why() {
    let scratch = Scratch::open().await;
    queue(&scratch, [item("w1", "a", 0)]).await;
    let work = lease(&scratch, 0).await;
    done(&scratch, |batch| batch.retry_work(&work[0], at(30), "connection refused")).await;
    assert!(lease(&scratch, 29).await.is_empty());
    assert_eq!(scratch.next_work_at(Lane::Critical).await.unwrap(), Some(at(30)));
    let work = lease(&scratch, 30).await;
    assert_eq!(work[0].attempts, 2);
    assert_eq!(work[0].last_error.as_deref(), Some("connection refused"));
}

#[tokio::test]
async fn a_lost_lease_writes_nothing() {
    let scratch = Scratch::open().await;
    queue(&scratch, [item("w1", "a", 0)]).await;
    let slow = lease(&scratch, 0).await;
    let quick = lease(&scratch, 60).await;
    assert_eq!((ids(&slow), ids(&quick)), (vec!["w1"], vec!["w1"]));
    for end in [0, 1, 2] {
        let guard = stale(&scratch, |batch| match end {
            0 => batch.complete_work(&slow[0]),
            1 => batch.retry_work(&slow[0], at(0), "late"),
            _ => batch.bury_work(&slow[0], at(1), &Error::timed_out("late")),
        })
        .await;
        assert_eq!(guard, "work w1");
    }
    done(&scratch, |batch| batch.complete_work(&quick[0])).await;
    assert_eq!(stale(&scratch, |batch| batch.complete_work(&quick[0])).await, "work w1");
    assert_eq!(scratch.next_work_at(Lane::Critical).await.unwrap(), None);
}

#[tokio::test]
async fn the_same_work_is_queued_once() {
    let scratch = Scratch::open().await;
    queue(&scratch, [item("w1", "a", 0)]).await;
    let guard = stale(&scratch, |batch| batch.enqueue_work(item("w1", "a", 0))).await;
    assert_eq!(guard, "work w1");
}

#[tokio::test]
async fn leases_survive_a_restart_and_counts_tell() {
    let scratch = Scratch::open().await;
    queue(&scratch, [item("w1", "a", 0), item("w2", "a", 0), item("w3", "b", 0)]).await;
    let work = lease(&scratch, 0).await;
    done(&scratch, |batch| batch.complete_work(&work[1])).await;
    let scratch = scratch.reopen().await;
    let count = |state, count| WorkCount { lane: Lane::Critical, state, count };
    let counts = scratch.work_counts().await.unwrap();
    assert_eq!(counts, [count(WorkState::Leased, 1), count(WorkState::Ready, 1)]);
    assert_eq!(ids(&lease(&scratch, 60).await), ["w1"]);
}

async fn work_off(store: Store) -> Vec<String> {
    let mut mine = Vec::new();
    loop {
        let work = store.lease_work(Lane::Critical, at(0), at(60), 3).await.unwrap();
        if work.is_empty() {
            return mine;
        }
        done(&store, |batch| work.iter().for_each(|it| batch.complete_work(it))).await;
        mine.extend(work.into_iter().map(|it| it.id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_at_once_never_share_an_item() {
    let scratch = Scratch::open().await;
    queue(&scratch, (0..60).map(|it| item(&format!("w{it}"), &format!("k{}", it % 30), 0))).await;
    let mut workers = JoinSet::new();
    for _ in 0..8 {
        workers.spawn(work_off(Store::clone(&scratch)));
    }
    let mut done: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    // a worker may leave while another still holds the first of a key
    done.extend(work_off(Store::clone(&scratch)).await);
    let unique: BTreeSet<_> = done.iter().collect();
    assert_eq!((unique.len(), done.len()), (60, 60));
}

#[tokio::test]
async fn finding_work_does_not_read_what_is_done() {
    let scratch = Scratch::open().await;
    if scratch.is_postgres() {
        return scratch.assert_walks(LEASE_POSTGRES, &["work_due", "work_unfinished", "work_pkey"]);
    }
    let plan = scratch.plan(LEASE);
    assert!(plan.contains("INDEX work_due"), "{plan}");
    assert!(plan.contains("INDEX work_unfinished"), "{plan}");
    assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
}
