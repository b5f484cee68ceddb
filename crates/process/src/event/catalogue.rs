//! The types of events that this gateway makes, each with what it carries. An event is made through
//! its type, so that what is written and what the contract says cannot part.

use super::payload::{
    AccrualPosted, AccrualProposed, AssociationCorrected, CancellationRequested, CaseTold,
    CreditExpected, DocumentChanged, InvoiceBooked, InvoiceDecided, InvoiceReceived,
    JournalAccepted, JournalMoved, JournalRejected, LandedCostAllocated, MatchEvaluated,
    OrderAcknowledged, OrderMoved, ReleasedHold, ReplayStarted, RequisitionMoved,
    ShipNoticeReceived,
};
use canonical::{ChangeKind, Error, Reason, Result};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A type of event whose data is a `P`.
pub(crate) struct Type<P> {
    context: &'static str,
    what: &'static str,
    minor: u32,
    payload: PhantomData<fn() -> P>,
}

impl<P> Clone for Type<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Type<P> {}

impl<P> fmt::Debug for Type<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind())
    }
}

impl<P> Type<P> {
    const fn new(context: &'static str, what: &'static str, minor: u32) -> Self {
        Self { context, what, minor, payload: PhantomData }
    }

    /// The part of the business that says so.
    pub(crate) fn source(self) -> String {
        super::source(self.context)
    }

    /// As CloudEvents name it: `threeway.payables.invoice.received.v1`.
    pub(crate) fn kind(self) -> String {
        super::kind(self.context, self.what)
    }

    /// Names the schema of its data, with the minor version.
    pub(crate) fn dataschema(self) -> String {
        format!("urn:threeway:event:{}.{}:1.{}", self.context, self.what, self.minor)
    }

    /// The id of the event of this type that is told apart by these parts, the last one being its
    /// type: the same change always has the same.
    pub(crate) fn id(self, parts: &[&str]) -> String {
        super::id_of(self.context, parts, &self.kind())
    }

    /// The same for those that are told apart by the bare word of what happened.
    pub(crate) fn id_by_word(self, parts: &[&str]) -> String {
        super::id_of(self.context, parts, self.what)
    }
}

impl<P: Serialize> Type<P> {
    /// What it carries, as it is written.
    pub(crate) fn data(payload: &P) -> Result<Value> {
        serde_json::to_value(payload)
            .map_err(|error| Error::internal("an event has no JSON form").because(error))
    }
}

/// A type of event as the contract has it.
pub struct EventType {
    /// As CloudEvents name it: `threeway.payables.invoice.received.v1`.
    pub kind: String,
    /// Who says so.
    pub source: String,
    /// The name of the schema of its data, with the minor version.
    pub dataschema: String,
    /// What happened.
    pub description: &'static str,
    /// The name of the schema of its data.
    pub data_name: String,
    /// That schema.
    pub data: RefOr<Schema>,
    /// The schemas that it refers to, by name.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventType").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl EventType {
    fn of<P: ToSchema + PartialSchema>(it: Type<P>, description: &'static str) -> Self {
        let mut schemas = Vec::new();
        P::schemas(&mut schemas);
        Self {
            kind: it.kind(),
            source: it.source(),
            dataschema: it.dataschema(),
            description,
            data_name: P::name().into_owned(),
            data: P::schema(),
            schemas,
        }
    }
}

/// Lists the types: `NAME: payload = context, what, minor version, sentence`.
macro_rules! catalogue {
    ($(
        $name:ident: $payload:ty =
            $context:literal, $what:literal, $minor:literal, $says:literal;
    )*) => {
        $(pub(crate) const $name: Type<$payload> = Type::new($context, $what, $minor);)*

        /// Every type of event that this gateway makes.
        #[must_use]
        pub fn event_types() -> Vec<EventType> {
            vec![$(EventType::of($name, $says)),*]
        }
    };
}

catalogue! {
    INVOICE_RECEIVED: InvoiceReceived<'static> = "payables", "invoice.received", 0,
        "An invoice was taken in.";
    MATCH_EVALUATED: MatchEvaluated<'static> = "matching", "match.evaluated", 0,
        "An invoice was matched, for the first time or again.";
    HOLD_OPENED: Reason = "matching", "hold.opened", 0, "A reason holds an invoice.";
    HOLD_CLEARED: Reason = "matching", "hold.cleared", 0, "Facts lifted a hold.";
    HOLD_REOPENED: Reason = "matching", "hold.reopened", 0,
        "A hold that was cleared or released holds again.";
    HOLD_SUPERSEDED: Reason = "matching", "hold.superseded", 0, "Another hold took its place.";
    HOLD_RELEASED: ReleasedHold = "matching", "hold.released", 0, "A person released a hold.";
    INVOICE_BOOKED: InvoiceBooked<'static> = "accounting", "invoice.booked", 0,
        "The finance system has the payable.";
    JOURNAL_REJECTED: JournalRejected<'static> = "accounting", "journal.intent.rejected", 0,
        "The finance system does not take a payable or a journal.";
    JOURNAL_ACCEPTED: JournalAccepted<'static> = "accounting", "journal.intent.accepted", 0,
        "A journal is to be posted.";
    JOURNAL_POSTED: JournalMoved<'static> = "accounting", "journal.intent.posted", 0,
        "The ledger has a journal.";
    JOURNAL_UNKNOWN: JournalMoved<'static> = "accounting", "journal.intent.unknown", 0,
        "The ledger did not say what became of a journal: it is asked.";
    ACCRUAL_PROPOSED: AccrualProposed<'static> = "accounting", "accrual.proposed", 0,
        "Accruals of a period were confirmed.";
    ACCRUAL_POSTED: AccrualPosted<'static> = "accounting", "accrual.posted", 0,
        "An accrual is in the ledger.";
    ACCRUAL_REVERSED: AccrualPosted<'static> = "accounting", "accrual.reversed", 0,
        "An accrual was taken back.";
    LANDED_COST_ALLOCATED: LandedCostAllocated<'static> = "accounting", "landedcost.allocated", 0,
        "A late cost was shared out over what was received.";
    CASE_OPENED: CaseTold<'static> = "exceptions", "case.opened", 0, "A case was opened.";
    CASE_REOPENED: CaseTold<'static> = "exceptions", "case.reopened", 0,
        "A resolved case came up again.";
    CASE_RESOLVED: CaseTold<'static> = "exceptions", "case.resolved", 0,
        "Nothing of a case is open.";
    CASE_ASSIGNED: CaseTold<'static> = "exceptions", "case.assigned", 0,
        "A case was given to somebody, or taken.";
    CASE_PAUSED: CaseTold<'static> = "exceptions", "case.paused", 0,
        "A case waits for somebody outside.";
    CASE_RESUMED: CaseTold<'static> = "exceptions", "case.resumed", 0, "Work on a case goes on.";
    CASE_ESCALATED: CaseTold<'static> = "exceptions", "case.escalated", 0,
        "A case took too long, or was moved too often: the next level looks at it.";
    INVOICE_REJECTED: InvoiceDecided<'static> = "payables", "invoice.rejected", 0,
        "An invoice that is not owed went back to its supplier.";
    INVOICE_CANCELLED: InvoiceDecided<'static> = "accounting", "invoice.cancelled", 0,
        "An invoice that was owed was taken out.";
    INVOICE_DISPUTED: InvoiceDecided<'static> = "payables", "invoice.disputed", 0,
        "An invoice that is owed is disputed, and is not paid.";
    DISPUTE_WITHDRAWN: InvoiceDecided<'static> = "payables", "invoice.dispute.withdrawn", 0,
        "An invoice is disputed no more.";
    CREDIT_EXPECTED: CreditExpected<'static> = "matching", "credit.expected", 0,
        "A credit is expected for an invoice.";
    ASSOCIATION_CORRECTED: AssociationCorrected<'static> = "matching", "association.corrected", 0,
        "A person said which order line a line of an invoice bills.";
    ORDER_APPROVED: DocumentChanged<'static> = "purchasing", "po.approved", 0,
        "An order was approved.";
    ORDER_CHANGED: DocumentChanged<'static> = "purchasing", "po.changed", 0, "An order changed.";
    CANCELLATION_REQUESTED: CancellationRequested<'static> =
        "purchasing", "po.cancellation.requested", 0,
        "The back end is asked to cancel an order.";
    ORDER_CANCELLED: DocumentChanged<'static> = "purchasing", "po.cancelled", 0,
        "An order was cancelled.";
    ORDER_DISPATCHED: OrderMoved<'static> = "purchasing", "po.dispatched", 0,
        "An order is with its supplier.";
    ORDER_ACKNOWLEDGED: OrderAcknowledged = "purchasing", "po.acknowledged", 0,
        "A supplier answered an order.";
    ORDER_ANSWERED_OTHERWISE: OrderMoved<'static> = "purchasing", "ack.exception", 0,
        "A supplier answered otherwise than was ordered.";
    ORDER_COMPLETED: OrderMoved<'static> = "purchasing", "po.completed", 0,
        "An order was received and billed in full.";
    ORDER_REOPENED: OrderMoved<'static> = "purchasing", "po.reopened", 0,
        "Something of a completed order is open again.";
    ORDER_FINALLY_CLOSED: OrderMoved<'static> = "purchasing", "po.finallyclosed", 0,
        "An order was closed for good.";
    SHIP_NOTICE_RECEIVED: ShipNoticeReceived<'static> = "purchasing", "shipnotice.received", 0,
        "A supplier says what is on its way.";
    REQUISITION_SUBMITTED: RequisitionMoved<'static> = "requisitions", "requisition.submitted", 0,
        "A requisition was submitted.";
    REQUISITION_APPROVED: RequisitionMoved<'static> = "requisitions", "requisition.approved", 0,
        "A requisition was approved.";
    REQUISITION_REJECTED: RequisitionMoved<'static> = "requisitions", "requisition.rejected", 0,
        "A requisition was refused.";
    REQUISITION_ORDERED: RequisitionMoved<'static> = "requisitions", "requisition.ordered", 0,
        "A requisition became an order.";
    REQUISITION_CLOSED: RequisitionMoved<'static> = "requisitions", "requisition.closed", 0,
        "A requisition was withdrawn, or its order was.";
    RECEIPT_POSTED: DocumentChanged<'static> = "receiving", "receipt.posted", 0, "Goods arrived.";
    RECEIPT_CORRECTED: DocumentChanged<'static> = "receiving", "receipt.corrected", 0,
        "A receipt was corrected in place, or inspected.";
    RECEIPT_REVERSED: DocumentChanged<'static> = "receiving", "receipt.reversed", 0,
        "A receipt was taken back.";
    RETURN_SHIPPED: DocumentChanged<'static> = "receiving", "return.shipped", 0,
        "Goods left for the supplier.";
    USAGE_RECORDED: DocumentChanged<'static> = "consignment", "usage.recorded", 0,
        "Consigned or bill-only goods were used.";
    PAYMENT_CONFIRMED: DocumentChanged<'static> = "payments", "payment.confirmed", 0,
        "Money left for the supplier.";
    REPLAY_STARTED: ReplayStarted<'static> = "operations", "replay.started", 0,
        "Work that had failed for good was put back.";
}

/// The type of the event that tells of a change elsewhere.
pub(crate) const fn of_change(kind: ChangeKind) -> Type<DocumentChanged<'static>> {
    match kind {
        ChangeKind::OrderApproved => ORDER_APPROVED,
        ChangeKind::OrderChanged => ORDER_CHANGED,
        ChangeKind::OrderCancelled => ORDER_CANCELLED,
        ChangeKind::ReceiptPosted => RECEIPT_POSTED,
        ChangeKind::ReceiptCorrected => RECEIPT_CORRECTED,
        ChangeKind::ReceiptReversed => RECEIPT_REVERSED,
        ChangeKind::ReturnShipped => RETURN_SHIPPED,
        ChangeKind::UsageRecorded => USAGE_RECORDED,
        ChangeKind::PaymentConfirmed => PAYMENT_CONFIRMED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_type_is_there_once() {
        let mut kinds = BTreeSet::new();
        for it in event_types() {
            assert!(kinds.insert(it.kind.clone()), "{} is there twice", it.kind);
        }
    }

    #[test]
    fn a_change_is_told_in_the_words_of_its_kind() {
        for kind in [
            ChangeKind::OrderApproved,
            ChangeKind::OrderChanged,
            ChangeKind::OrderCancelled,
            ChangeKind::ReceiptPosted,
            ChangeKind::ReceiptCorrected,
            ChangeKind::ReceiptReversed,
            ChangeKind::ReturnShipped,
            ChangeKind::UsageRecorded,
            ChangeKind::PaymentConfirmed,
        ] {
            let told = of_change(kind).kind();
            assert_eq!(told, super::super::kind(kind.context(), kind.name()));
        }
    }
}
