//! Making events: CloudEvents whose id is the same however often they are made.

use canonical::{Event, FacilityId, InvoiceId, Lane, PurchaseOrderNumber, SupplierId};
use jiff::Timestamp;
use serde_json::Value;
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
    pub(crate) fn event(&self, context: &str, what: &str, version: &str, data: Value) -> Event {
        let subject = self.invoice_id.to_string();
        Event {
            specversion: "1.0".to_owned(),
            id: id(self.invoice_id, context, what, version),
            source: source(context),
            kind: kind(context, what),
            partitionkey: subject.clone(),
            bizinvoice: Some(subject.clone()),
            subject,
            time: self.now,
            recordedtime: self.now,
            // the store gives the place when it commits: only it knows what came before
            sequence: String::new(),
            correlationid: self.correlation_id.to_owned(),
            causationid: None,
            traceparent: self.traceparent.clone(),
            bizpo: self.orders.first().map(ToString::to_string),
            bizsupplier: Some(self.supplier_id.to_string()),
            bizfacility: self.facility.map(str::to_owned),
            lane: Lane::Critical,
            dataclassification: "internal".to_owned(),
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }
}

/// An event of a document that is not an invoice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) context: &'a str,
    pub(crate) what: &'a str,
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
    pub(crate) fn event(self, data: Value) -> Event {
        let kind = kind(self.context, self.what);
        Event {
            specversion: "1.0".to_owned(),
            id: id_of(self.context, [self.subject, self.version, &kind]),
            source: source(self.context),
            kind,
            subject: self.subject.to_owned(),
            time: self.now,
            recordedtime: self.now,
            partitionkey: self.partitionkey.to_owned(),
            sequence: String::new(),
            correlationid: self.correlation_id.to_owned(),
            causationid: None,
            traceparent: stack::context::current().map(|it| it.traceparent),
            bizpo: self.order.map(ToString::to_string),
            bizinvoice: None,
            bizsupplier: self.supplier.map(ToString::to_string),
            bizfacility: self.facility.map(ToString::to_string),
            lane: Lane::Critical,
            dataclassification: "internal".to_owned(),
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }
}

/// An event of the books: of an entity, with the version that tells it from others of the type, in
/// the order of its key and within the flow of a run.
pub(crate) fn of_books(
    (subject, what, version): (&str, &str, &str),
    (partitionkey, correlation_id): (&str, &str),
    data: Value,
    now: Timestamp,
) -> Event {
    let context = "accounting";
    let (order, supplier, facility) = (None, None, None);
    let told = Told {
        context,
        what,
        subject,
        version,
        partitionkey,
        correlation_id,
        order,
        supplier,
        facility,
        now,
    };
    told.event(data)
}

/// The id of the event that says this of an invoice, whether it was made or not.
pub(crate) fn id(invoice_id: &InvoiceId, context: &str, what: &str, version: &str) -> String {
    id_of(context, [invoice_id.as_str(), version, &kind(context, what)])
}

/// The id of an event that is told apart by these parts.
pub(crate) fn id_of<'a>(context: &str, parts: impl IntoIterator<Item = &'a str>) -> String {
    let source = source(context);
    let whole = parts.into_iter().fold(source, |whole, part| format!("{whole}\n{part}"));
    sha256_hex(whole.as_bytes())
}

pub(crate) fn source(context: &str) -> String {
    format!("//threeway/{context}")
}

pub(crate) fn kind(context: &str, what: &str) -> String {
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
