use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// Keeps one facility, slowly, and counts how often it was asked.
#[derive(Debug, Default)]
struct Slow {
    asked: AtomicU32,
}

#[async_trait]
impl Facilities for Slow {
    async fn get(&self, id: &FacilityId) -> Result<Facility> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match id.as_str() {
            "DOWN" => Err(Error::unavailable("the ERP is down").retry_after(7)),
            "NONE" => Err(Error::not_found("facility", id)),
            _ => Ok(serde_json::from_value(serde_json::json!({
                "id": id, "name": "A", "kind": "clinic", "legal_entity": "L", "time_zone": "UTC"
            }))
            .unwrap()),
        }
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<Facility>> {
        Ok(Page { items: Vec::new(), next_cursor: None })
    }
}

async fn ask_eight_times(id: &str) -> (Vec<Result<Facility>>, u32) {
    let slow = Arc::new(Slow::default());
    let cached = facilities(slow.clone(), &Options::default());
    let id: FacilityId = id.parse().unwrap();
    let answers = futures_util::future::join_all((0..8).map(|_| cached.get(&id))).await;
    (answers, slow.asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_question() {
    let (answers, asked) = ask_eight_times("A").await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn all_who_waited_get_the_same_error() {
    let (answers, asked) = ask_eight_times("DOWN").await;
    assert_eq!(asked, 1);
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert_eq!(error.message(), "the ERP is down");
        assert_eq!(error.retry_after_seconds(), Some(7));
    }
    let (answers, _) = ask_eight_times("NONE").await;
    assert!(answers.iter().all(|it| it.as_ref().unwrap_err().kind() == Kind::NotFound));
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let slow = Arc::new(Slow::default());
    let cached = facilities(slow.clone(), &Options::default());
    let id: FacilityId = "DOWN".parse().unwrap();
    for _ in 0..3 {
        assert!(cached.get(&id).await.is_err());
    }
    assert_eq!(slow.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_life_of_zero_turns_the_cache_off() {
    let slow = Arc::new(Slow::default());
    let cached = facilities(slow.clone(), &Options { ttl_ms: 0, ..Options::default() });
    for _ in 0..2 {
        cached.get(&"A".parse().unwrap()).await.unwrap();
    }
    assert_eq!(slow.asked.load(Ordering::SeqCst), 2);
}
