//! Making events: CloudEvents whose id is the same however often they are made.

mod catalogue;
pub(crate) mod payload;

pub(crate) use catalogue::{
    ACCRUAL_POSTED, ACCRUAL_PROPOSED, ACCRUAL_REVERSED, ASSOCIATION_CORRECTED,
    CANCELLATION_REQUESTED, CASE_ASSIGNED, CASE_ESCALATED, CASE_OPENED, CASE_PAUSED, CASE_REOPENED,
    CASE_RESOLVED, CASE_RESUMED, CREDIT_EXPECTED, DISPUTE_WITHDRAWN, HOLD_CLEARED, HOLD_OPENED,
    HOLD_RELEASED, HOLD_REOPENED, HOLD_SUPERSEDED, INVOICE_BOOKED, INVOICE_CANCELLED,
    INVOICE_DISPUTED, INVOICE_RECEIVED, INVOICE_REJECTED, JOURNAL_ACCEPTED, JOURNAL_POSTED,
    JOURNAL_REJECTED, JOURNAL_UNKNOWN, LANDED_COST_ALLOCATED, MATCH_EVALUATED, ORDER_ACKNOWLEDGED,
    ORDER_ANSWERED_OTHERWISE, ORDER_COMPLETED, ORDER_DISPATCHED, ORDER_FINALLY_CLOSED,
    ORDER_REOPENED, REPLAY_STARTED, REQUISITION_APPROVED, REQUISITION_CLOSED, REQUISITION_ORDERED,
    REQUISITION_REJECTED, REQUISITION_SUBMITTED, SHIP_NOTICE_RECEIVED, Type, of_change,
};
pub use catalogue::{EventType, event_types};

use canonical::{Event, FacilityId, InvoiceId, Lane, PurchaseOrderNumber, Result, SupplierId};
use jiff::Timestamp;
use serde::Serialize;
use store::sha256_hex;

/// What an event is about: shared by all events of one change.
#[derive(Clone, Debug)]
pub(crate) struct About<'a> {
    pub(crate) invoice_id: &'a InvoiceId,
    pub(crate) supplier_id: &'a SupplierId,
    pub(crate) facility: Option<&'a str>,
    pub(crate) orders: &'a [PurchaseOrderNumber],
    pub(crate) correlation_id: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) traceparent: Option<String>,
}

impl About<'_> {
    /// An event of an invoice. `version` counts changes of this type on this invoice, so that the
    /// same change always has the same id.
    pub(crate) fn event<P: Serialize>(
        &self,
        of: Type<P>,
        version: &str,
        data: &P,
    ) -> Result<Event> {
        let subject = self.invoice_id.as_str();
        Ok(Event {
            correlationid: self.correlation_id.to_owned(),
            traceparent: self.traceparent.clone(),
            bizpo: self.orders.first().map(ToString::to_string),
            bizinvoice: Some(subject.to_owned()),
            bizsupplier: Some(self.supplier_id.to_string()),
            bizfacility: self.facility.map(str::to_owned),
            ..alone(of, id(self.invoice_id, of, version), subject, self.now, data)?
        })
    }
}

/// An event that stands alone: its subject is its key and its flow, it was recorded when it
/// happened, and it names no document. Whoever makes it says what else there is.
pub(crate) fn alone<P: Serialize>(
    of: Type<P>,
    id: String,
    subject: &str,
    now: Timestamp,
    data: &P,
) -> Result<Event> {
    Ok(Event {
        specversion: "1.0".to_owned(),
        id,
        source: of.source(),
        kind: of.kind(),
        subject: subject.to_owned(),
        time: now,
        recordedtime: now,
        partitionkey: subject.to_owned(),
        // the store gives the place when it commits: only it knows what came before
        sequence: String::new(),
        correlationid: subject.to_owned(),
        causationid: None,
        traceparent: stack::context::current().map(|it| it.traceparent),
        bizpo: None,
        bizinvoice: None,
        bizsupplier: None,
        bizfacility: None,
        lane: Lane::Critical,
        dataclassification: "internal".to_owned(),
        datacontenttype: "application/json".to_owned(),
        dataschema: Some(of.dataschema()),
        data: Type::data(data)?,
    })
}

/// An event of a document that is not an invoice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) subject: &'a str,
    /// Tells changes of one type on one subject apart: the same change always has the same.
    pub(crate) version: &'a str,
    pub(crate) partitionkey: &'a str,
    pub(crate) correlation_id: &'a str,
    pub(crate) order: Option<&'a PurchaseOrderNumber>,
    pub(crate) supplier: Option<&'a SupplierId>,
    pub(crate) facility: Option<&'a FacilityId>,
    pub(crate) now: Timestamp,
}

impl Told<'_> {
    pub(crate) fn event<P: Serialize>(self, of: Type<P>, data: &P) -> Result<Event> {
        let id = of.id(&[self.subject, self.version]);
        Ok(Event {
            partitionkey: self.partitionkey.to_owned(),
            correlationid: self.correlation_id.to_owned(),
            bizpo: self.order.map(ToString::to_string),
            bizsupplier: self.supplier.map(ToString::to_string),
            bizfacility: self.facility.map(ToString::to_string),
            ..alone(of, id, self.subject, self.now, data)?
        })
    }
}

/// An event of the books: of an entity, with the version that tells it from others of the type, in
/// the order of its key and within the flow of a run.
pub(crate) fn of_books<P: Serialize>(
    (subject, of, version): (&str, Type<P>, &str),
    (partitionkey, correlation_id): (&str, &str),
    data: &P,
    now: Timestamp,
) -> Result<Event> {
    let (order, supplier, facility) = (None, None, None);
    let told =
        Told { subject, version, partitionkey, correlation_id, order, supplier, facility, now };
    told.event(of, data)
}

/// The id of the event that says this of an invoice, whether it was made or not.
pub(crate) fn id<P>(invoice_id: &InvoiceId, of: Type<P>, version: &str) -> String {
    of.id(&[invoice_id.as_str(), version])
}

/// The id of an event that is told apart by these parts.
fn id_of(context: &str, parts: &[&str], what: &str) -> String {
    let source = source(context);
    let parts = parts.iter().chain([&what]);
    let whole = parts.fold(source, |whole, part| format!("{whole}\n{part}"));
    sha256_hex(whole.as_bytes())
}

fn source(context: &str) -> String {
    format!("//threeway/{context}")
}

fn kind(context: &str, what: &str) -> String {
    format!("threeway.{context}.{what}.v1")
}

/// The events as somebody outside may read them: without what we do among ourselves, and without
/// who of us did what and why.
pub(crate) fn outward(events: Vec<Event>) -> Vec<Event> {
    let own = source("exceptions");
    let mut events = events;
    events.retain(|it| it.source != own);
    for fields in events.iter_mut().filter_map(|it| it.data.as_object_mut()) {
        fields.remove("by");
        fields.remove("because");
    }
    events
}
