//! What there is when a game is over: each purchase once, here and in the books behind, as it was
//! acknowledged, and nothing else.

use crate::client::{NAME, OVERBILLED_EVERY, second_bill};
use canonical::{InvoiceState, Page, PageRequest, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use store::{
    ErpStatus, EvidenceKind, InvoiceFilter, InvoiceHead, Requisition, RequisitionFilter, Store,
};
use tests::behind::Behind;
use tests::purchase::Purchase;

/// How much there was to see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) invoices: usize,
    pub(crate) held: usize,
}

/// Looks at everything.
pub(crate) async fn check(store: &Store, behind: &Behind, purchases: &[Purchase]) -> Seen {
    requisitions_are_ordered(store, purchases).await;
    let seen = invoices_are_whole(store, purchases).await;
    for it in purchases {
        let evidence = store.evidence_of(&it.order.parse().unwrap()).await.unwrap();
        let kinds: Vec<EvidenceKind> = evidence.iter().map(|it| it.kind).collect();
        let expected = [EvidenceKind::Dispatch, EvidenceKind::Acknowledgement];
        assert_eq!(kinds, expected, "{it:?}: what was sent and answered");
    }
    books_are_right(behind, purchases).await;
    seen
}

async fn requisitions_are_ordered(store: &Store, purchases: &[Purchase]) {
    let mut kept = BTreeMap::new();
    for it in requisitions(store).await {
        let order = it.purchase_order_number.map(|it| it.to_string());
        kept.insert(it.id.to_string(), (it.state.name(), order));
    }
    let expected = purchases.iter().map(|it| {
        assert!(!it.order.is_empty(), "{it:?}");
        (it.requisition.clone(), ("ordered", Some(it.order.clone())))
    });
    assert_eq!(kept, expected.collect(), "the requisitions");
}

async fn invoices_are_whole(store: &Store, purchases: &[Purchase]) -> Seen {
    let mut kept: BTreeMap<String, InvoiceHead> = BTreeMap::new();
    for head in invoices(store).await {
        let number = head.supplier_invoice_number.to_string();
        let other = kept.insert(number, head);
        assert!(other.is_none(), "one bill made two invoices: {other:?}");
    }
    let mut seen = Seen { invoices: kept.len(), held: 0 };
    for it in purchases {
        let number = it.bill_number();
        let head = kept.remove(&number).unwrap_or_else(|| panic!("{it:?}: its invoice is lost"));
        assert_eq!((head.id.as_str(), head.state), (&*it.invoice, InvoiceState::Paid), "{it:?}");
        assert_eq!(head.erp.map(|it| it.status), Some(ErpStatus::Posted), "{it:?}");
        if it.number.is_multiple_of(OVERBILLED_EVERY) {
            let second = kept.remove(&second_bill(it.number));
            let second = second.unwrap_or_else(|| panic!("{it:?}: its second bill is lost"));
            let is_held = matches!(second.state, InvoiceState::Blocked | InvoiceState::Exception);
            assert!(is_held && second.erp.is_none(), "{second:?}");
            seen.held += 1;
        }
    }
    assert!(kept.is_empty(), "nobody sent these: {kept:?}");
    seen
}

/// Every order, receipt and payable is there once, and every payable is paid.
async fn books_are_right(behind: &Behind, purchases: &[Purchase]) {
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let of = |part: &dyn Fn(&Purchase) -> (String, String)| -> Vec<(String, String)> {
        let mut all: Vec<_> = purchases.iter().map(part).collect();
        all.sort();
        all
    };
    for (noun, key, told, expected) in [
        (
            "purchase-orders",
            "requisition_id",
            "number",
            of(&|it| (it.requisition.clone(), it.order.clone())),
        ),
        (
            "receipts",
            "number",
            "purchase_order_number",
            of(&|it| (format!("R-{NAME}-{}", it.number), it.order.clone())),
        ),
        ("payables", "invoice_id", "reference", of(&|it| (it.invoice.clone(), it.bill_number()))),
    ] {
        let mut found = Vec::new();
        for it in behind.books(noun).await {
            let ours = text(&it[key]).filter(|it| noun != "receipts" || it.starts_with("R-"));
            let Some(ours) = ours else { continue };
            let is_unpaid = noun == "payables" && it["payment"]["state"] != "paid";
            assert!(!is_unpaid, "{it}");
            found.push((ours, text(&it[told]).unwrap()));
        }
        found.sort();
        assert_eq!(found, expected, "the {noun} in the books");
    }
}

/// Every requisition that is kept.
pub(crate) async fn requisitions(store: &Store) -> Vec<Requisition> {
    let filter = RequisitionFilter::default();
    all(async |page| store.requisitions(&filter, page).await).await
}

/// Every invoice that is kept.
pub(crate) async fn invoices(store: &Store) -> Vec<InvoiceHead> {
    let filter = InvoiceFilter::default();
    all(async |page| store.invoices(&filter, page).await).await
}

async fn all<T>(mut read: impl AsyncFnMut(&PageRequest) -> Result<Page<T>>) -> Vec<T> {
    let mut all = Vec::new();
    let mut request = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
    loop {
        let page = read(&request).await.unwrap();
        all.extend(page.items);
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            return all;
        }
    }
}
