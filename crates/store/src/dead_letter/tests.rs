use crate::testing::{Scratch, at, done};
use crate::{DeadLetterFilter, NewWork, Work};
use canonical::{Cursor, Error, Lane, PageRequest};

fn item(id: &str, key: &str) -> NewWork {
    NewWork {
        id: id.to_owned(),
        lane: Lane::Critical,
        kind: "post_payable".to_owned(),
        key: key.to_owned(),
        correlation_id: Some(format!("flow {key}")),
        payload_json: r#"{"invoice_id":"inv_1"}"#.to_owned(),
        run_at: at(0),
        created_at: at(0),
    }
}

async fn leased(store: &Scratch, lane: Lane) -> Vec<Work> {
    store.lease_work(lane, at(10), at(70), 10).await.unwrap()
}

fn page(cursor: Option<Cursor>) -> PageRequest {
    PageRequest { limit: 1, cursor }
}

#[tokio::test]
async fn a_dead_letter_stops_its_key_alone_until_it_is_put_back() {
    let store = Scratch::open().await;
    for it in [item("a1", "a"), item("a2", "a"), item("b1", "b")] {
        done(&store, |batch| batch.enqueue_work(it)).await;
    }
    let first = leased(&store, Lane::Critical).await;
    let names: Vec<&str> = first.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(names, ["a1", "b1"]);
    done(&store, |batch| batch.bury_work(&first[0], at(11), &Error::upstream("it said no"))).await;
    done(&store, |batch| batch.complete_work(&first[1])).await;
    assert!(leased(&store, Lane::Critical).await.is_empty(), "the rest of the key waits");
    let letters = store.dead_letters(&DeadLetterFilter::default(), &page(None)).await.unwrap();
    let letter = &letters.items[0];
    assert_eq!((letter.id.as_str(), letter.waiting, letter.replays), ("a1", 1, 0));
    assert_eq!((letter.error.as_str(), letter.error_code.as_str()), ("it said no", "upstream"));
    assert_eq!(letter.buried_at, at(11));
    done(&store, |batch| batch.replay_work("a1", at(12))).await;
    let again = store.lease_work(Lane::Bulk, at(13), at(70), 10).await.unwrap();
    assert_eq!((again[0].id.as_str(), again[0].attempts), ("a1", 1));
    done(&store, |batch| batch.complete_work(&again[0])).await;
    assert_eq!(leased(&store, Lane::Critical).await[0].id, "a2");
    done(&store, |batch| batch.replay_work("a1", at(14))).await;
    assert!(store.lease_work(Lane::Bulk, at(15), at(70), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn dead_letters_are_found_by_everything_they_say() {
    let store = Scratch::open().await;
    let stopped = [("a", Error::upstream("no")), ("b", Error::internal("no"))];
    for (number, (key, error)) in stopped.into_iter().enumerate() {
        done(&store, |batch| batch.enqueue_work(item(&format!("w{number}"), key))).await;
        let work = leased(&store, Lane::Critical).await;
        let seconds = i64::try_from(number).unwrap();
        done(&store, |batch| batch.bury_work(&work[0], at(20 + seconds), &error)).await;
    }
    let all = DeadLetterFilter::default();
    let narrowed = [
        (DeadLetterFilter { key: Some("a".into()), ..all.clone() }, vec!["w0"]),
        (DeadLetterFilter { id: Some("w1".into()), ..all.clone() }, vec!["w1"]),
        (DeadLetterFilter { kind: Some("rematch".into()), ..all.clone() }, vec![]),
        (DeadLetterFilter { error_code: Some("internal".into()), ..all.clone() }, vec!["w1"]),
        (DeadLetterFilter { correlation_id: Some("flow a".into()), ..all.clone() }, vec!["w0"]),
        (DeadLetterFilter { from: Some(at(21)), ..all.clone() }, vec!["w1"]),
        (DeadLetterFilter { to: Some(at(21)), ..all.clone() }, vec!["w0"]),
    ];
    for (filter, expected) in narrowed {
        let found = store.dead_letters(&filter, &page(None)).await.unwrap();
        let found: Vec<&str> = found.items.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    let first = store.dead_letters(&all, &page(None)).await.unwrap();
    let second = store.dead_letters(&all, &page(first.next_cursor)).await.unwrap();
    assert_eq!((second.items[0].id.as_str(), second.next_cursor), ("w1", None));
}
