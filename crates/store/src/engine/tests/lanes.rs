use super::document;
use crate::Batch;
use crate::batch::Query;
use crate::testing::{Scratch, done};
use canonical::Lane;
use tokio::task::JoinSet;

/// Takes long on either database, and needs no table.
const SLOW: &str =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 500000)
    SELECT COUNT(*) FROM c";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_in_one_lane_does_not_wait_for_the_other() {
    let scratch = Scratch::open().await;
    let mut bulk = JoinSet::new();
    for _ in 0..4 {
        let store = scratch.in_lane(Lane::Bulk);
        bulk.spawn(async move { store.rows(Query::new(SLOW, [])).await.unwrap() });
    }
    tokio::task::yield_now().await;
    for _ in 0..20 {
        assert_eq!(scratch.event_position().await.unwrap(), 0);
    }
    assert_eq!(bulk.len(), 4);
    let early = std::iter::from_fn(|| bulk.try_join_next()).count();
    assert!(early < 2, "the slow ones were not slow");
    bulk.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_in_either_lane_is_kept_and_closing_finishes_both() {
    let scratch = Scratch::open().await;
    let mut tasks = JoinSet::new();
    for (number, lane) in (0..200).zip([Lane::Critical, Lane::Bulk].into_iter().cycle()) {
        let store = scratch.in_lane(lane);
        tasks.spawn(async move {
            let mut batch = Batch::new();
            batch.insert_document(document(&format!("doc_{lane:?}_{number}")));
            store.commit(batch).await.map(|_done| (lane, number))
        });
    }
    tokio::task::yield_now().await;
    scratch.close().await;
    let answers = tasks.join_all().await;
    let scratch = scratch.reopen().await;
    for (lane, number) in answers.into_iter().flatten() {
        scratch.document(&format!("doc_{lane:?}_{number}")).await.unwrap();
    }
    let bulk = scratch.in_lane(Lane::Bulk);
    done(&bulk, |batch| batch.insert_document(document("doc_last"))).await;
    scratch.document("doc_last").await.unwrap();
}
