use crate::testing::{Scratch, at, done, stale};
use crate::{KeptAnswer, NewAnswer};

fn answer(key: &str, fingerprint: &str, created: i64) -> NewAnswer {
    NewAnswer {
        principal: "ap".to_owned(),
        operation: "submit_invoice".to_owned(),
        key: key.to_owned(),
        answer: KeptAnswer {
            fingerprint: fingerprint.to_owned(),
            status: 202,
            body: br#"{"id":"inv_1"}"#.to_vec(),
        },
        created_at: at(created),
        expires_at: at(created + 100),
    }
}

async fn found(scratch: &Scratch, key: &str, now: i64) -> Option<String> {
    let answer = scratch.answer("ap", "submit_invoice", key, at(now)).await.unwrap();
    answer.map(|it| it.fingerprint)
}

#[tokio::test]
async fn an_answer_comes_back_until_it_expires() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_answer(answer("k1", "f1", 0))).await;
    let kept = scratch.answer("ap", "submit_invoice", "k1", at(99)).await.unwrap();
    assert_eq!(kept, Some(answer("k1", "f1", 0).answer));
    assert_eq!(found(&scratch, "k1", 100).await, None);
}

#[tokio::test]
async fn a_key_belongs_to_a_principal_and_an_operation() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_answer(answer("k1", "f1", 0))).await;
    let other = NewAnswer { principal: "supplier".to_owned(), ..answer("k1", "f2", 0) };
    done(&scratch, |batch| batch.insert_answer(other)).await;
    assert_eq!(found(&scratch, "k1", 1).await, Some("f1".to_owned()));
    assert_eq!(scratch.answer("ap", "other", "k1", at(1)).await.unwrap(), None);
}

#[tokio::test]
async fn the_second_of_two_answers_is_stale_and_writes_nothing() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_answer(answer("k1", "f1", 0))).await;
    let guard = stale(&scratch, |batch| batch.insert_answer(answer("k1", "f2", 99))).await;
    assert_eq!(guard, "idempotency_key k1");
    assert_eq!(found(&scratch, "k1", 50).await, Some("f1".to_owned()));
}

#[tokio::test]
async fn an_expired_answer_makes_room() {
    let scratch = Scratch::open().await;
    done(&scratch, |batch| batch.insert_answer(answer("k1", "f1", 0))).await;
    done(&scratch, |batch| batch.insert_answer(answer("k1", "f2", 100))).await;
    assert_eq!(found(&scratch, "k1", 150).await, Some("f2".to_owned()));
}

#[tokio::test]
async fn purging_forgets_what_expired_and_no_more_than_asked() {
    let scratch = Scratch::open().await;
    for (number, key) in ["k1", "k2", "k3"].into_iter().enumerate() {
        let created = i64::try_from(number).unwrap();
        done(&scratch, |batch| batch.insert_answer(answer(key, "f", created))).await;
    }
    done(&scratch, |batch| batch.purge_answers(at(101), 1)).await;
    assert_eq!(scratch.count("idempotency").await, 2);
    done(&scratch, |batch| batch.purge_answers(at(101), 10)).await;
    assert_eq!(scratch.count("idempotency").await, 1);
    assert_eq!(found(&scratch, "k3", 101).await, Some("f".to_owned()));
}
