use crate::Guard;
use crate::testing::{Scratch, done, stale};

#[tokio::test]
async fn a_guard_nobody_touched_has_version_zero() {
    let scratch = Scratch::open().await;
    let guards = scratch.guards(["b".to_owned(), "a".to_owned(), "b".to_owned()]).await.unwrap();
    let expected = ["a", "b"].map(|key| Guard { key: key.to_owned(), version: 0 });
    assert_eq!(guards, expected);
}

#[tokio::test]
async fn a_guard_moves_on_by_one_and_only_from_what_was_read() {
    let scratch = Scratch::open().await;
    for version in 0..3 {
        let guard = Guard { key: "a".to_owned(), version };
        done(&scratch, |batch| batch.bump_guard(&guard)).await;
        assert_eq!(stale(&scratch, |batch| batch.bump_guard(&guard)).await, "guard a");
    }
    assert_eq!(scratch.guards(["a".to_owned()]).await.unwrap()[0].version, 3);
}

#[tokio::test]
async fn many_guards_are_read_at_once() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| {
        for number in (0..1500).step_by(2) {
            batch.bump_guard(&Guard { key: format!("{number:04}"), version: 0 });
        }
    })
    .await;
    let guards = scratch.guards((0..1500).map(|it| format!("{it:04}"))).await.unwrap();
    assert_eq!(guards.len(), 1500);
    for (number, guard) in guards.iter().enumerate() {
        assert_eq!(guard.version, i64::from(number % 2 == 0), "{}", guard.key);
    }
}

#[tokio::test]
async fn a_guard_is_checked_until_somebody_moves_it() {
    let scratch = Scratch::open().await;
    let read = async || scratch.guards(["a".to_owned()]).await.unwrap().remove(0);
    for version in 0..3 {
        let guard = read().await;
        assert_eq!(guard.version, version);
        done(&scratch, |batch| batch.check_guard(&guard)).await;
        done(&scratch, |batch| batch.check_guard(&guard)).await;
        done(&scratch, |batch| batch.move_guard("a".to_owned())).await;
        assert_eq!(stale(&scratch, |batch| batch.check_guard(&guard)).await, "guard a");
    }
}

#[test]
fn keys_of_different_things_differ() {
    let order = "PO-9".parse().unwrap();
    assert_eq!(Guard::order_line(&order, 10), "order_line:PO-9:10");
    assert_ne!(Guard::invoice_number("SUP-1", "77"), Guard::payload("SUP-1", "77"));
}
