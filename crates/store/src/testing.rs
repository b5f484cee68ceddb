//! What the tests of this crate share: a store in a folder of its own, and nouns to put in it.

use crate::{Batch, Committed, InvoiceHead, Store};
use canonical::{
    Code, Decimal, Event, Invoice, InvoiceId, InvoiceKind, InvoiceState, Lane, Outcome,
};
use jiff::Timestamp;
use std::ops::Deref;
use tempfile::TempDir;

/// A store that goes away with its folder.
pub(crate) struct Scratch {
    store: Store,
    folder: TempDir,
}

impl Scratch {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&url(&folder)).await.unwrap();
        Self { store, folder }
    }

    /// Drops the store without closing it and opens its file again.
    pub(crate) async fn reopen(self) -> Self {
        let Self { store, folder } = self;
        drop(store);
        let store = Store::open(&url(&folder)).await.unwrap();
        Self { store, folder }
    }

    /// A connection beside the store, to look at tables and plans.
    pub(crate) fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("store.db")).unwrap()
    }

    /// How SQLite would answer: the plan, one step a line.
    pub(crate) fn plan(&self, sql: &str) -> String {
        let connection = self.connection();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        // ok: unbound arguments are null, and the plan is made without them
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }
}

impl Deref for Scratch {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("store.db").display())
}

/// Commits what `fill` puts into a batch, which must not be stale.
pub(crate) async fn done(store: &Store, fill: impl FnOnce(&mut Batch)) {
    assert_eq!(tried(store, fill).await, Committed::Done);
}

/// Commits what `fill` puts into a batch, and gives the guard where it was stale.
pub(crate) async fn stale(store: &Store, fill: impl FnOnce(&mut Batch)) -> String {
    match tried(store, fill).await {
        Committed::Stale { guard } => guard,
        Committed::Done => panic!("the batch should have been stale"),
    }
}

async fn tried(store: &Store, fill: impl FnOnce(&mut Batch)) -> Committed {
    let mut batch = Batch::new();
    fill(&mut batch);
    store.commit(batch).await.unwrap()
}

/// So many seconds after a fixed instant.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn invoice_id(number: usize) -> InvoiceId {
    format!("inv_{number:026}").parse().unwrap()
}

/// A matched invoice of `SUP-1`, taken in `number` seconds after the fixed instant.
pub(crate) fn head(number: usize) -> InvoiceHead {
    let time = at(number.try_into().unwrap());
    InvoiceHead {
        id: invoice_id(number),
        version: 1,
        state: InvoiceState::Matched,
        outcome: Outcome::Matched,
        supplier_id: "SUP-1".parse().unwrap(),
        supplier_group: "SUP-1".to_owned(),
        supplier_invoice_number: format!("INV-{number}").parse().unwrap(),
        normalised_number: number.to_string(),
        kind: InvoiceKind::Standard,
        currency: canonical::Currency::USD,
        gross_amount: decimal("1280.00"),
        at_stake: Decimal::ZERO,
        invoice_date: "2026-05-04".parse().unwrap(),
        facility_id: None,
        document_id: format!("doc_{number}"),
        payload_sha256: crate::sha256_hex(number.to_string().as_bytes()),
        channel: "api".to_owned(),
        submitted_by: "https://issuer.example|ap".to_owned(),
        correlation_id: format!("cor_{number}"),
        run_no: 1,
        codes: Vec::new(),
        erp: None,
        waiting_since: None,
        created_at: time,
        updated_at: time,
    }
}

/// The same, blocked by these reasons.
pub(crate) fn blocked(number: usize, codes: &[Code]) -> InvoiceHead {
    InvoiceHead {
        state: InvoiceState::Blocked,
        outcome: Outcome::Blocked,
        codes: codes.to_vec(),
        at_stake: decimal("30.00"),
        ..head(number)
    }
}

pub(crate) fn invoice(head: &InvoiceHead) -> Invoice {
    Invoice {
        cited_invoice_number: None,
        remit_to: None,
        exchange_rate: None,
        supplier_invoice_number: head.supplier_invoice_number.clone(),
        supplier_id: head.supplier_id.clone(),
        kind: head.kind,
        invoice_date: head.invoice_date,
        currency: head.currency,
        facility_id: head.facility_id.clone(),
        lines: Vec::new(),
        charges: Vec::new(),
        discount_amount: Decimal::ZERO,
        tax_amount: Decimal::ZERO,
        gross_amount: head.gross_amount,
    }
}

pub(crate) async fn insert(store: &Store, head: &InvoiceHead) {
    done(store, |batch| batch.insert_invoice(head, &invoice(head)).unwrap()).await;
}

pub(crate) fn event(id: &str, partition: &str) -> Event {
    Event {
        specversion: "1.0".to_owned(),
        id: id.to_owned(),
        source: "//threeway/payables".to_owned(),
        kind: "threeway.payables.invoice.received.v1".to_owned(),
        subject: partition.to_owned(),
        time: at(0),
        recordedtime: at(1),
        partitionkey: partition.to_owned(),
        sequence: String::new(),
        correlationid: "cor_1".to_owned(),
        causationid: None,
        traceparent: None,
        bizpo: Some("PO-9".to_owned()),
        bizinvoice: Some(partition.to_owned()),
        bizsupplier: Some("SUP-1".to_owned()),
        bizfacility: None,
        lane: Lane::Critical,
        dataclassification: "internal".to_owned(),
        datacontenttype: "application/json".to_owned(),
        data: serde_json::json!({"amount": "12.50"}),
    }
}
