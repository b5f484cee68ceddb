mod lanes;
mod lost;
mod many;
mod secured;

use crate::testing::{Scratch, at, done, event, head, insert, invoice, invoice_id, stale};
use crate::{Batch, Committed, Document, Guard, Store};
use canonical::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::task::Poll;
use tokio::task::JoinSet;

fn document(id: &str) -> Document {
    Document {
        id: id.to_owned(),
        sha256: crate::sha256_hex(b"ISA*00"),
        content_type: "application/edi-x12".to_owned(),
        channel: "api".to_owned(),
        received_at: at(0),
        bytes: b"ISA*00\0\xff".to_vec(),
    }
}

/// Runs `count` tasks at once and gives what each of them answers.
async fn together<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    task: impl Fn(usize) -> F,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(task(number));
    }
    tasks.join_all().await
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_drop() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_document(document("doc_1"))).await;
    let scratch = scratch.reopen().await;
    assert_eq!(scratch.document("doc_1").await.unwrap(), document("doc_1"));
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_close() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_document(document("doc_1"))).await;
    scratch.close().await;
    let scratch = scratch.reopen().await;
    assert_eq!(scratch.document("doc_1").await.unwrap(), document("doc_1"));
}

#[tokio::test]
async fn a_closed_store_refuses() {
    let scratch = Scratch::open().await;
    let clone: Store = scratch.clone();
    scratch.close().await;
    clone.close().await;
    let mut batch = Batch::new();
    batch.insert_document(document("doc_1"));
    assert_eq!(clone.commit(batch).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(clone.document("doc_1").await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn closing_ends_every_reader_however_they_take_turns() {
    let scratch = Scratch::open().await;
    let url = scratch.url();
    for _ in 0..50 {
        let store = Store::open(&url).await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn closing_finishes_what_was_handed_over() {
    let scratch = Scratch::open().await;
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let store: Store = scratch.clone();
        tasks.spawn(async move {
            let mut batch = Batch::new();
            batch.insert_document(document(&format!("doc_{number}")));
            store.commit(batch).await.map(|_done| number)
        });
    }
    tokio::task::yield_now().await;
    scratch.close().await;
    let answers = tasks.join_all().await;
    let scratch = scratch.reopen().await;
    for number in answers.into_iter().flatten() {
        scratch.document(&format!("doc_{number}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_commits_and_lose_nothing() {
    let scratch = Scratch::open().await;
    let store: Store = scratch.clone();
    let before = *store.commits().borrow();
    let shared = store.clone();
    let answers = together(200, move |number| {
        let store = shared.clone();
        async move {
            let mut batch = Batch::new();
            let head = head(number);
            batch.insert_invoice(&head, &invoice(&head)).unwrap();
            let partition = format!("key_{}", number % 7);
            batch.append_event(&event(&format!("evt_{number}"), &partition), &[]).unwrap();
            store.commit(batch).await.unwrap()
        }
    })
    .await;
    assert!(answers.iter().all(Committed::is_done));
    assert!(*store.commits().borrow() - before < 200, "each had a commit of its own");
    for number in 0..200 {
        store.invoice(&invoice_id(number)).await.unwrap();
    }
    let mut sequences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for logged in store.events_after(0, 1000).await.unwrap() {
        sequences.entry(logged.event.partitionkey).or_default().push(logged.event.sequence);
    }
    assert_eq!(sequences.values().map(Vec::len).sum::<usize>(), 200);
    for sequence in sequences.values() {
        let expected: Vec<_> = (1..=sequence.len()).map(|it| format!("{it:020}")).collect();
        assert_eq!(*sequence, expected, "in the order of the log, without gaps");
    }
}

async fn try_to_win(store: Store, guard: Guard, id: String) -> Committed {
    let mut batch = Batch::new();
    batch.insert_document(document(&id));
    batch.bump_guard(&guard);
    store.commit(batch).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_read_one_guard_a_single_one_wins() {
    let scratch = Scratch::open().await;
    for round in 0..3 {
        let guards = scratch.guards(["order_line:PO-9:10".to_owned()]).await.unwrap();
        assert_eq!(guards[0].version, round);
        let (store, guard) = (Store::clone(&scratch), guards[0].clone());
        let answers = together(50, move |number| {
            try_to_win(store.clone(), guard.clone(), format!("doc_{round}_{number}"))
        })
        .await;
        assert_eq!(answers.iter().filter(|it| it.is_done()).count(), 1);
    }
    assert_eq!(scratch.count("document").await, 3, "the others left nothing");
}

#[tokio::test]
async fn a_stale_batch_leaves_nothing() {
    let scratch = Scratch::open().await;
    let guard = Guard { key: "payload:api:00".to_owned(), version: 4 };
    let stale = stale(&scratch, |batch| {
        batch.insert_document(document("doc_1"));
        batch.append_event(&event("evt_1", "inv_1"), &[]).unwrap();
        batch.bump_guard(&guard);
        batch.append_event(&event("evt_2", "inv_1"), &[]).unwrap();
    })
    .await;
    assert_eq!(stale, "guard payload:api:00");
    assert_eq!(scratch.document("doc_1").await.unwrap_err().kind(), Kind::NotFound);
    assert!(scratch.events_after(0, 10).await.unwrap().is_empty());
    done(&scratch, |batch| batch.append_event(&event("evt_1", "inv_1"), &[]).unwrap()).await;
    let events = scratch.events_after(0, 10).await.unwrap();
    assert_eq!(events[0].event.sequence, format!("{:020}", 1), "the sequence has no gap");
}

#[tokio::test]
async fn a_refused_statement_undoes_its_batch_and_no_other() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    let store: Store = scratch.clone();
    let bad = async {
        let mut batch = Batch::new();
        batch.insert_document(document("doc_bad"));
        batch.insert_invoice(&head(1), &invoice(&head(1))).unwrap();
        store.commit(batch).await
    };
    let good = async {
        let mut batch = Batch::new();
        batch.insert_document(document("doc_good"));
        store.commit(batch).await
    };
    let (bad, good) = tokio::join!(bad, good);
    let error = bad.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(!error.message().contains("UNIQUE"), "the cause stays private: {error}");
    assert_eq!(good.unwrap(), Committed::Done);
    assert_eq!(scratch.document("doc_bad").await.unwrap_err().kind(), Kind::NotFound);
    scratch.document("doc_good").await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_all_or_nothing() {
    let scratch = Scratch::open().await;
    let store: Store = scratch.clone();
    let mut acknowledged = BTreeSet::new();
    for number in 0..100 {
        let mut batch = Batch::new();
        batch.insert_document(document(&format!("doc_{number}")));
        let id = format!("evt_{number}");
        batch.append_event(&event(&id, &format!("inv_{number}")), &[]).unwrap();
        let mut commit = Box::pin(store.commit(batch));
        // polled once: handed over, not waited for; a quick writer may have answered all the same
        let polled = std::future::poll_fn(|cx| Poll::Ready(commit.as_mut().poll(cx))).await;
        if let Poll::Ready(answer) = polled {
            assert!(answer.unwrap().is_done());
            acknowledged.insert(number);
        }
    }
    done(&scratch, |batch| batch.insert_document(document("doc_last"))).await;
    let events = scratch.events_after(0, 1000).await.unwrap();
    for number in 0..100 {
        let kept = scratch.document(&format!("doc_{number}")).await.is_ok();
        let told = events.iter().any(|it| it.event.id == format!("evt_{number}"));
        assert_eq!(kept, told);
        assert!(kept || !acknowledged.contains(&number));
    }
}

#[tokio::test]
async fn a_text_that_not_every_database_keeps_is_refused_and_never_found() {
    let scratch = Scratch::open().await;
    let mut batch = Batch::new();
    batch.insert_document(document("doc_\0"));
    assert_eq!(scratch.commit(batch).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(scratch.document("doc_\0").await.unwrap_err().kind(), Kind::NotFound);
    // in JSON it is escaped
    let mut told = event("evt_1", "inv_1");
    told.data = serde_json::json!({"note": "a\0b"});
    done(&scratch, |batch| batch.append_event(&told, &[]).unwrap()).await;
    assert_eq!(scratch.events_after(0, 1).await.unwrap()[0].event.data, told.data);
}

#[tokio::test]
async fn an_empty_batch_is_done() {
    let scratch = Scratch::open().await;
    done(&scratch, |_batch| {}).await;
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let scratch = Scratch::open().await;
    let delete = crate::batch::Query::new("DELETE FROM document", []);
    assert!(scratch.rows(delete).await.is_err());
}

#[tokio::test]
async fn arguments_are_bound_by_their_number() {
    let scratch = Scratch::open().await;
    let query = crate::batch::Query::new("SELECT $2, $1, $2", ["a".into(), "b".into()]);
    let mut row = scratch.rows(query).await.unwrap().remove(0);
    let texts = [row.text().unwrap(), row.text().unwrap(), row.text().unwrap()];
    assert_eq!(texts, ["b", "a", "b"]);
    let query = crate::batch::Query::new("SELECT $2", ["a".into()]);
    assert!(scratch.rows(query).await.is_err(), "an argument is missing");
}

#[tokio::test]
async fn the_file_is_its_owners_only() {
    let scratch = Scratch::open().await;
    insert(&scratch, &head(1)).await;
    // ok: a database has no file of ours
    let Some(path) = scratch.path() else { return };
    let wal = format!("{}-wal", path.display());
    for file in [path.display().to_string(), wal] {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(&file).unwrap().permissions(),
        );
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "these are notes, and not a database of any kind".repeat(20)).unwrap();
    let error = Store::open(&format!("sqlite:{}", path.display())).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.message().contains("not a SQLite database"), "{error}");
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let scratch = Scratch::open().await;
    let url = scratch.url();
    let second = Store::open(&url).await.unwrap();
    for number in 0..20 {
        let store: &Store = if number % 2 == 0 { &scratch } else { &second };
        done(store, |batch| {
            let id = format!("evt_{number}");
            batch.append_event(&event(&id, "inv_1"), &[]).unwrap();
        })
        .await;
    }
    assert_eq!(scratch.events_after(0, 100).await.unwrap().len(), 20);
    assert_eq!(second.events_after(0, 100).await.unwrap().len(), 20);
}
