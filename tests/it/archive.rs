//! Retention: what has been still for long leaves the log for the archive, whole and once, and who
//! reads on is told so.

use canonical::Event;
use gateway::archive::{Options, archive};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;
use store::Batch;
use tempfile::TempDir;
use tests::{TestGateway, demo};

const DAY: Duration = Duration::from_hours(24);
/// In the demo's data, with receipts and bills on it.
const ORDER: &str = "/consumption/v1/timeline?purchase_order=PO-1001";

/// Everything of the demo, a long silence, and then one bill.
async fn still() -> TestGateway {
    let gateway = TestGateway::start().await;
    let invoices = demo::invoices();
    for it in &invoices {
        drop(gateway.admin().submit(&it.request).await);
    }
    gateway.settle().await;
    gateway.clock().advance(401 * DAY);
    let mut late = invoices[0].request.clone();
    late["invoice"]["supplier_invoice_number"] = "LATE-1".into();
    for line in late["invoice"]["lines"].as_array_mut().unwrap() {
        line["purchase_order_number"] = "PO-UNKNOWN".into();
    }
    gateway.admin().submit(&late).await.expect(202);
    gateway.work().await;
    gateway
}

async fn log(gateway: &TestGateway) -> Vec<Event> {
    let logged = gateway.parts().store.events_after(0, 1000).await.unwrap();
    logged.into_iter().map(|it| it.event).collect()
}

async fn run(gateway: &TestGateway, folder: &Path, relayed: Option<&str>) -> usize {
    let options = Options { events_days: 400, archive: folder.to_owned() };
    let clock = gateway.clock().handle();
    archive(&gateway.parts().store, &clock, &options, relayed).await.unwrap()
}

fn archived(folder: &Path) -> Vec<Event> {
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let text = files.map(|it| fs::read_to_string(it).unwrap()).collect::<String>();
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[tokio::test]
async fn each_event_is_in_the_log_or_in_the_archive_and_its_numbers_have_no_gap() {
    let (gateway, folder) = (still().await, TempDir::new().unwrap());
    let before = log(&gateway).await;
    // a file that an archiver left behind when it was killed
    fs::write(folder.path().join("events-00000000000000000000.ndjson"), "half").unwrap();
    let moved = run(&gateway, folder.path(), None).await;
    let (after, archived) = (log(&gateway).await, archived(folder.path()));
    assert!(moved > 100 && after.len() > 3, "{moved} of {}", before.len());
    assert_eq!((archived.len(), after.len()), (moved, before.len() - moved));
    let ids = |events: &[Event]| events.iter().map(|it| it.id.clone()).collect::<BTreeSet<_>>();
    let both: BTreeSet<_> = ids(&after).union(&ids(&archived)).cloned().collect();
    assert_eq!(both, ids(&before));
    let mut numbers: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for it in after.iter().chain(&archived) {
        let of = numbers.entry((&it.source, &it.partitionkey)).or_default();
        of.push(it.sequence.parse().unwrap());
    }
    for (key, mut of) in numbers {
        of.sort_unstable();
        assert_eq!(of, (1..=u64::try_from(of.len()).unwrap()).collect::<Vec<_>>(), "{key:?}");
    }
    assert_eq!(run(&gateway, folder.path(), None).await, 0);
}

#[tokio::test]
async fn a_timeline_says_that_some_have_left_and_what_is_told_again_is_known() {
    let (gateway, folder) = (still().await, TempDir::new().unwrap());
    let whole = gateway.admin().get(ORDER).await;
    let events = |answer: &tests::Answer| answer.json["events"].as_array().unwrap().len();
    let part = |answer: &tests::Answer| {
        let parts = answer.json["parts"].as_array().unwrap().clone();
        parts.into_iter().find(|it| it["name"] == "events").unwrap()
    };
    assert!(events(&whole) > 3, "{}", whole.words());
    assert_eq!(part(&whole)["detail"], serde_json::Value::Null, "{}", part(&whole));
    run(&gateway, folder.path(), None).await;
    let rest = gateway.admin().get(ORDER).await;
    assert_eq!((rest.status, events(&rest)), (200, 0), "{}", rest.words());
    // what was ordered, received, billed and paid is as before
    for part in ["refs", "lines"] {
        assert_eq!(rest.json[part], whole.json[part], "{part}");
    }
    let detail = part(&rest)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("archive"), "{detail}");
    // the back end tells everything once more
    let position = gateway.event_position().await;
    let mut batch = Batch::new();
    batch.put_place("demo", "of another life");
    assert!(gateway.parts().store.commit(batch).await.unwrap().is_done());
    gateway.settle().await;
    assert_eq!(gateway.event_position().await, position);
}

#[tokio::test]
async fn what_the_relay_has_not_passed_stays() {
    let (gateway, folder) = (still().await, TempDir::new().unwrap());
    let store = &gateway.parts().store;
    assert_eq!(run(&gateway, folder.path(), Some("relay:events")).await, 0);
    let place = store.events_after(0, 1000).await.unwrap()[60].position;
    let mut batch = Batch::new();
    batch.put_place("relay:events", &place.to_string());
    assert!(store.commit(batch).await.unwrap().is_done());
    assert!(run(&gateway, folder.path(), Some("relay:events")).await > 0);
    let rest = store.events_after(0, 1000).await.unwrap();
    assert!(rest.iter().any(|it| it.position == place));
    let moved = archived(folder.path());
    let late = rest.iter().filter(|it| it.position > place);
    assert!(late.clone().count() > 10);
    assert!(late.clone().all(|it| moved.iter().all(|moved| moved.id != it.event.id)));
}

#[tokio::test]
async fn one_archives_at_a_time() {
    let (gateway, folder) = (still().await, TempDir::new().unwrap());
    let now = gateway.clock().now();
    let mut batch = Batch::new();
    batch.hold_lease("archive", "another", now, now + DAY);
    assert!(gateway.parts().store.commit(batch).await.unwrap().is_done());
    assert_eq!(run(&gateway, folder.path(), None).await, 0);
    assert!(archived(folder.path()).is_empty());
    gateway.clock().advance(2 * DAY);
    assert!(run(&gateway, folder.path(), None).await > 0);
}

#[test]
fn a_time_that_is_too_short_and_a_folder_that_is_missing_are_faults() {
    let faults = |events_days, archive: &str| {
        let faults = Options { events_days, archive: archive.into() }.faults();
        faults.into_iter().map(|it| it.pointer).collect::<Vec<_>>()
    };
    assert!(faults(0, "").is_empty());
    assert!(faults(400, env!("CARGO_MANIFEST_DIR")).is_empty());
    assert_eq!(faults(399, env!("CARGO_MANIFEST_DIR")), ["/retention/events_days"]);
    assert_eq!(faults(400, "/nowhere/at/all"), ["/retention/archive"]);
}
