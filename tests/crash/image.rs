//! The store as a kill left it, looked at in a copy: so that looking repairs nothing for the
//! gateway.

use crate::client::Acknowledged;
use canonical::{Event, Outcome, PageRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use store::{InvoiceFilter, InvoiceHead, LoggedEvent, Store};

/// As the contract calls what the stream does.
const OPERATION: &str = "submit_invoice";

/// Looks at everything: what was acknowledged is kept, once, with its document, its run, its answer
/// and its events; what is kept was sent, and is whole. `is_settled`: nothing is cut off any more,
/// and everything is booked.
pub(crate) async fn check(
    path: &Path,
    acknowledged: &[Acknowledged],
    sent: &BTreeSet<String>,
    is_settled: bool,
) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.sqlite");
    fs::copy(path, &copy).unwrap();
    let log = path.with_extension("sqlite-wal");
    if log.exists() {
        fs::copy(log, copy.with_extension("sqlite-wal")).unwrap();
    }
    let store = Store::open(&format!("sqlite:{}", copy.display())).await.unwrap();
    let heads = invoices(&store).await;
    for number in heads.keys() {
        assert!(sent.contains(number), "{number}: nobody sent this");
    }
    if is_settled {
        assert_eq!(heads.len(), sent.len(), "not every request made an invoice");
        assert_eq!(acknowledged.len(), sent.len(), "not every request was acknowledged");
    }
    for it in acknowledged {
        let number = &it.request.number;
        let head = heads.get(number).unwrap_or_else(|| panic!("{number}: acknowledged and lost"));
        is_whole(&store, it, head).await;
    }
    events_are_whole(&store, &heads, is_settled).await;
    store.close().await;
}

/// Every invoice by the number its supplier gave it; a number is there once.
async fn invoices(store: &Store) -> BTreeMap<String, InvoiceHead> {
    let mut heads = BTreeMap::new();
    let mut request = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
    loop {
        let page = store.invoices(&InvoiceFilter::default(), &request).await.unwrap();
        for head in page.items {
            let number = head.supplier_invoice_number.to_string();
            let other = heads.insert(number, head);
            assert!(other.is_none(), "one request made two invoices: {other:?}");
        }
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            return heads;
        }
    }
}

async fn is_whole(store: &Store, it: &Acknowledged, head: &InvoiceHead) {
    let (number, answer) = (&it.request.number, it.json());
    assert_eq!(answer["id"], head.id.as_str(), "{number}");
    assert_eq!(answer["outcome"], head.outcome.name(), "{number}");
    assert_eq!(answer["correlation_id"], head.correlation_id.as_str(), "{number}");
    let document = store.document(&head.document_id).await.unwrap();
    assert_eq!(document.bytes, it.request.body.as_bytes(), "{number}: its document");
    let runs = store.match_runs(std::slice::from_ref(&head.id)).await.unwrap();
    assert_eq!(runs.len(), 1, "{number}: its runs");
    let (who, now) = (&head.submitted_by, head.created_at);
    let kept = store.answer(who, OPERATION, &it.request.key, now).await.unwrap();
    let kept = kept.unwrap_or_else(|| panic!("{number}: its answer is not kept"));
    assert_eq!(kept.body, it.text.as_bytes(), "{number}: its answer");
}

async fn events_are_whole(store: &Store, heads: &BTreeMap<String, InvoiceHead>, is_settled: bool) {
    let mut counts = count(&events(store).await);
    for (number, head) in heads {
        let mut expected = BTreeMap::from([
            ("threeway.payables.invoice.received.v1".to_owned(), 1),
            ("threeway.matching.match.evaluated.v1".to_owned(), 1),
        ]);
        let holds = store.holds(std::slice::from_ref(&head.id)).await.unwrap().len();
        if holds > 0 {
            expected.insert("threeway.matching.hold.opened.v1".to_owned(), holds);
        }
        let cases = store.cases_of(&head.id).await.unwrap().len();
        if cases > 0 {
            expected.insert("threeway.exceptions.case.opened.v1".to_owned(), cases);
        }
        let mut found = counts.remove(head.id.as_str()).unwrap_or_default();
        let booked = found.remove("threeway.accounting.invoice.booked.v1").unwrap_or_default();
        assert_eq!(found, expected, "{number}: its events");
        let to_book = matches!(head.outcome, Outcome::Matched | Outcome::MatchedWithinTolerance);
        assert!(booked <= usize::from(to_book), "{number}: booked {booked} times");
        assert!(!is_settled || booked == usize::from(to_book), "{number}: not booked");
    }
    assert!(counts.is_empty(), "events of no invoice: {counts:?}");
}

/// The whole log: ids once, sequences from 1 without a gap per source and key, in order.
async fn events(store: &Store) -> Vec<Event> {
    let (mut all, mut ids) = (Vec::new(), BTreeSet::new());
    let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page: Vec<LoggedEvent> = store.events_after(after, 1_000).await.unwrap();
        let Some(end) = page.last() else { return all };
        after = end.position;
        for LoggedEvent { event, .. } in page {
            assert!(ids.insert(event.id.clone()), "twice: {event:?}");
            let key = (event.source.clone(), event.partitionkey.clone());
            let last = last.entry(key).or_default();
            *last += 1;
            assert_eq!(event.sequence.parse(), Ok(*last), "a gap before {event:?}");
            all.push(event);
        }
    }
}

/// How many events of each type there are, by invoice.
fn count(events: &[Event]) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for event in events {
        let invoice = event.bizinvoice.as_ref().unwrap_or(&event.subject);
        let of_invoice = counts.entry(invoice.clone()).or_default();
        *of_invoice.entry(event.kind.clone()).or_default() += 1;
    }
    counts
}
