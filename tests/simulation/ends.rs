//! What a game came to, and what must hold at its end.

use crate::facts::Bill;
use crate::game::Tally;
use canonical::{InvoiceId, InvoiceState, PageRequest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{InvoiceFilter, InvoiceHead, LoggedEvent, Store};
use system::backends::Backend;

/// The end of a game.
#[derive(Debug)]
pub(crate) struct End {
    /// By number: state, outcome, reasons, and where it stands in the finance system.
    pub(crate) decided: BTreeMap<String, String>,
    /// The numbers in the order in which the invoices were taken in.
    pub(crate) accepted: Vec<String>,
    /// The whole event log.
    pub(crate) log: Vec<String>,
    pub(crate) tally: Tally,
}

type Answered<'a> = (&'a [Bill], &'a BTreeMap<String, Vec<u8>>);

pub(crate) async fn look(
    store: &Store,
    erp: &Arc<dyn Backend>,
    (bills, answered): Answered<'_>,
    mut tally: Tally,
) -> End {
    let page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
    let heads = store.invoices(&InvoiceFilter::default(), &page).await.unwrap().items;
    assert_eq!(answered.len(), bills.len(), "not every caller was answered");
    assert_eq!(heads.len(), bills.len(), "not every request made one invoice");
    for head in &heads {
        let number = head.supplier_invoice_number.as_str();
        let answer = answered.get(number).unwrap_or_else(|| panic!("{number}: nobody sent it"));
        let answer: Value = serde_json::from_slice(answer).unwrap();
        assert_eq!(answer["id"], head.id.as_str(), "{number}");
    }
    let booked = payables(erp).await;
    for head in &heads {
        let times = booked.get(&head.id).copied().unwrap_or_default();
        let is_matched = head.state == InvoiceState::Matched;
        assert_eq!(times, u64::from(is_matched), "{head:?}");
    }
    assert_eq!(booked.len() as u64, booked.values().sum::<u64>());
    let events = events(store).await;
    let (log, accepted) = (events.iter().map(text).collect(), accepted(&events, &heads));
    tally.invoices = heads.len() as u64;
    tally.booked = booked.len() as u64;
    tally.matched_again = heads.iter().map(|it| u64::from(it.run_no - 1)).sum();
    End { decided: heads.iter().map(decided).collect(), accepted, log, tally }
}

fn decided(head: &InvoiceHead) -> (String, String) {
    let mut codes: Vec<String> = head.codes.iter().map(|it| format!("{it:?}")).collect();
    codes.sort();
    let erp = head.erp.as_ref().map(|it| it.status);
    let decided = format!("{:?} {:?} {codes:?} {erp:?}", head.state, head.outcome);
    (head.supplier_invoice_number.to_string(), decided)
}

/// How often each invoice was booked.
async fn payables(erp: &Arc<dyn Backend>) -> BTreeMap<InvoiceId, u64> {
    let page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
    let payables = Arc::clone(erp).payables().unwrap().list(None, &page).await.unwrap();
    let mut booked = BTreeMap::new();
    for payable in payables.items {
        *booked.entry(payable.invoice_id.unwrap()).or_default() += 1;
    }
    booked
}

/// The log: every id once, and no sequence has a gap.
async fn events(store: &Store) -> Vec<LoggedEvent> {
    let events = store.events_after(0, 1_000).await.unwrap();
    assert!(events.len() < 1_000, "a longer log than this reads");
    let (mut ids, mut last) = (BTreeSet::new(), BTreeMap::<_, u64>::new());
    for LoggedEvent { event, .. } in &events {
        assert!(ids.insert(&event.id), "twice: {event:?}");
        let last = last.entry((&event.source, &event.partitionkey)).or_default();
        *last += 1;
        assert_eq!(event.sequence.parse(), Ok(*last), "a gap before {event:?}");
    }
    events
}

fn text(it: &LoggedEvent) -> String {
    format!("{} {}", it.position, serde_json::to_string(&it.event).unwrap())
}

fn accepted(events: &[LoggedEvent], heads: &[InvoiceHead]) -> Vec<String> {
    let received = events.iter().filter(|it| it.event.kind.contains("invoice.received"));
    let number = |it: &LoggedEvent| {
        let id = it.event.bizinvoice.as_ref().unwrap_or(&it.event.subject);
        let head = heads.iter().find(|head| head.id.as_str() == id).unwrap();
        head.supplier_invoice_number.to_string()
    };
    received.map(number).collect()
}
