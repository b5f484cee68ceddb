use super::demo::demo;
use super::*;
use crate::backends::{self, Options};
use canonical::Clock;

fn memory() -> Arc<dyn Backend> {
    let clock: Clock = Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
    let options = Options::Memory(backends::memory::Options::default());
    backends::open("memory", &options, &clock).unwrap()
}

#[tokio::test]
async fn the_back_end_in_memory_conforms() {
    assert_eq!(run(&memory(), &demo()).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_description_is_found_out() {
    let expected = Expected {
        item: "NO-SUCH-ITEM".parse().ok(),
        facility: None,
        returned: "PO-1001".parse().ok(),
        ..demo()
    };
    let faults = run(&memory(), &expected).await;
    assert!(faults.iter().any(|it| it.starts_with("items: get failed")), "{faults:#?}");
    assert!(faults.iter().any(|it| it.starts_with("facilities: kept, but")), "{faults:#?}");
    assert!(faults.iter().any(|it| it.starts_with("returns: those of")), "{faults:#?}");
}
