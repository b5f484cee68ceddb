//! What events carry. A field may be added where it may be missing; anything else is another type
//! of event, with the next major version.

use crate::case::{CaseState, Resolution};
use crate::invoice::ExpectedCreditKind;
use crate::matching::Part;
use crate::order::{AcknowledgementDifference, Lifecycle};
use canonical::{
    AcknowledgementStatus, ClockClass, Code, Currency, Flag, InvoiceId, InvoiceState, Money,
    Outcome, PayableId, PolicyCited, PurchaseOrderNumber, Reason, RequisitionState,
    SupplierInvoiceNumber, Variance,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// An invoice as it came in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceReceived<'a> {
    /// The supplier's own number.
    pub(crate) supplier_invoice_number: &'a SupplierInvoiceNumber,
    /// Its date.
    pub(crate) invoice_date: Date,
    /// What it asks for.
    pub(crate) gross: Money,
    /// The SHA-256 of the document as it was received.
    pub(crate) payload_sha256: &'a str,
    /// How it was written: `json`, `x12`, `ubl`.
    pub(crate) format: &'static str,
    /// Under which id the document is kept.
    pub(crate) document: String,
}

/// What a match run came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MatchEvaluated<'a> {
    /// The invoice.
    pub(crate) invoice: &'a InvoiceId,
    /// The number of the run.
    pub(crate) run: u32,
    /// The event that it was run for.
    pub(crate) trigger: &'a str,
    /// The run before; missing for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) supersedes_run: Option<u32>,
    /// What it came to.
    pub(crate) outcome: Outcome,
    /// Where the invoice stands after it; missing for the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) state: Option<InvoiceState>,
    /// Why.
    pub(crate) reasons: &'a [Reason],
    /// What is worth knowing and holds nothing.
    pub(crate) flags: &'a [Flag],
    /// The policies that were applied.
    pub(crate) policy: &'a PolicyCited,
    /// Whether it is owed.
    pub(crate) books_liability: bool,
}

/// A hold that a person released.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReleasedHold {
    /// Why it held.
    #[serde(flatten)]
    pub(crate) reason: Reason,
    /// The hold.
    pub(crate) hold: String,
    /// Who released it. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) by: Option<String>,
    /// Why it was released. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) because: Option<String>,
    /// The variance that was accepted; `null` where the reason has none.
    pub(crate) accepted: Option<Variance>,
    /// When (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) at: Option<Timestamp>,
}

/// A payable that the finance system has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceBooked<'a> {
    /// Its id there.
    pub(crate) payable: &'a PayableId,
    /// Its number there, where it has one.
    #[schema(required = true)]
    pub(crate) document_number: Option<&'a str>,
    /// What is owed.
    pub(crate) total: Money,
}

/// A payable that the finance system does not take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalRejected<'a> {
    /// Why.
    pub(crate) reason: &'a Reason,
}

/// A case as it stands after what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseTold<'a> {
    /// Who did it; `null` where facts did.
    #[schema(required = true)]
    pub(crate) by: Option<&'a str>,
    /// The case.
    pub(crate) case: &'a str,
    /// Whose queue it lies in.
    pub(crate) queue: &'a str,
    /// Where it stands.
    #[schema(value_type = CaseState)]
    pub(crate) state: store::CaseState,
    /// The reasons that it is about.
    pub(crate) codes: Vec<Code>,
    /// The clock it runs on.
    pub(crate) clock: ClockClass,
    /// Since when it is open (UTC).
    pub(crate) opened_at: Timestamp,
    /// Until when it is to be resolved (UTC).
    pub(crate) due_at: Timestamp,
    /// Who is to take it, or works on it.
    #[schema(required = true)]
    pub(crate) assignee: Option<&'a str>,
    /// Who was meant, where the assignee stands in for them.
    #[schema(required = true)]
    pub(crate) on_behalf_of: Option<&'a str>,
    /// The level that it was escalated to; 1 where it was not.
    pub(crate) level: u8,
    /// The queues that watch it.
    pub(crate) watchers: &'a [String],
    /// How it ended; `null` while it has not.
    #[schema(required = true)]
    pub(crate) resolution: Option<Resolution>,
}

/// What a person decided about an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceDecided<'a> {
    /// Who decided. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) by: Option<&'a str>,
    /// Why. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) because: Option<&'a str>,
}

/// A credit that is expected for an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreditExpected<'a> {
    /// What it is for.
    pub(crate) kind: ExpectedCreditKind,
    /// How much, with the places of the currency or fewer.
    pub(crate) amount: String,
    /// The invoice's currency.
    pub(crate) currency: Currency,
    /// What was not paid of the invoice; missing for a credit that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) part: Option<Part>,
    /// Who decided. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) by: Option<&'a str>,
    /// Why. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) because: Option<&'a str>,
}

/// The order line that a person says a line of an invoice bills.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssociationCorrected<'a> {
    /// The invoice's line.
    pub(crate) invoice_line: u32,
    /// The order.
    pub(crate) purchase_order_number: &'a PurchaseOrderNumber,
    /// The order's line.
    pub(crate) purchase_order_line: u32,
    /// Who decided. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) by: Option<&'a str>,
    /// Why. Not told to suppliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) because: Option<&'a str>,
}

/// A document that changed in a system of record. It is named and its content is not told: who
/// wants that reads the document as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentChanged<'a> {
    /// The back end that told of it.
    pub(crate) back_end: &'a str,
    /// The document: a receipt's, return's, usage's or order's number, a payable's id.
    pub(crate) document: &'a str,
    /// Which change of the document it is.
    pub(crate) version: &'a str,
    /// The orders that it is about.
    pub(crate) purchase_orders: &'a [PurchaseOrderNumber],
    /// When the system of record recorded it (UTC).
    pub(crate) recorded_at: Timestamp,
}

/// Work that was put back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayStarted<'a> {
    /// What is to be done.
    pub(crate) kind: &'a str,
    /// How often it was tried before.
    pub(crate) attempts: u32,
    /// The sort of error that had stopped it.
    pub(crate) error: &'a str,
    /// Who put it back.
    pub(crate) by: &'a str,
}

/// A supplier's answer to an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderAcknowledged {
    /// What it comes to.
    pub(crate) status: AcknowledgementStatus,
}

/// What a supplier says is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShipNoticeReceived<'a> {
    /// The number of the notice.
    pub(crate) number: &'a str,
    /// When it is to arrive, where the notice says.
    #[schema(required = true)]
    pub(crate) expected_date: Option<Date>,
}

/// An order that came from one part of its life to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderMoved<'a> {
    /// The order.
    pub(crate) purchase_orders: &'a [PurchaseOrderNumber],
    /// The version in force.
    pub(crate) version: u32,
    /// Where it stands.
    pub(crate) lifecycle: Lifecycle,
    /// Where it stood.
    pub(crate) before: Lifecycle,
    /// In what the supplier's last answer differs from the version in force.
    pub(crate) differences: &'a [AcknowledgementDifference],
}

/// A requisition as it stands after what was done about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequisitionMoved<'a> {
    /// Where it stands.
    pub(crate) state: RequisitionState,
    /// Who did it.
    pub(crate) by: &'a str,
    /// Why, where a reason was given.
    #[schema(required = true)]
    pub(crate) because: Option<&'a str>,
    /// The order that it became.
    #[schema(required = true)]
    pub(crate) purchase_order_number: Option<&'a PurchaseOrderNumber>,
}
