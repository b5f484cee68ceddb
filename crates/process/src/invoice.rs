//! Invoices: taken in as evidence, decided once with every reason, and kept with the decision.
//!
//! The order matters: what the decision rests on is read, the decision is made, and document,
//! decision, holds, claims, events, the work to book it and the answer for the idempotency key are
//! stored in one transaction. Only then is there an answer (`domain.md` A4.4, A10, A16).

mod alike;
mod claims;
mod decide;
mod events;
mod expected;
mod explain;
mod holding;
mod order_amounts;
mod outside;
mod preview;
mod read;
mod release;
mod rematch;
mod save;
mod submit;

/// More invoices than this are not one flow that a person reads.
pub(crate) const FLOW_INVOICES_MAX: u32 = 200;

pub(crate) use decide::reason;
pub(crate) use events::{append_released, released_id};
pub(crate) use holding::{
    Detail, as_paid, cleared, is_of_posting, open as hold, released as release_hold,
};
pub use preview::{Preview, Previewed};
pub use read::InvoiceFilter;
pub(crate) use read::hold as read_hold;
pub use release::{Release, ReleasedInvoice};
pub(crate) use release::{Released, given, is_duplicate, may_move, replace};
pub(crate) use rematch::{
    REMATCH, REMATCH_INVOICE, rematch_invoice_work, rematch_work, work_invoices,
};
pub use submit::{Answer, Submission};

use crate::matching::{Association, Part};
use canonical::{
    Code, Flag, Invoice, InvoiceId, InvoiceState, LineResult, Money, Outcome, PolicyCited, Reason,
    Settlement, SupplierId, SupplierInvoiceNumber, Variance,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer to a submission: the decision is durable when this is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubmittedInvoice {
    /// The invoice's id in this gateway.
    pub id: InvoiceId,
    /// Where it stands.
    pub state: InvoiceState,
    /// What the match said.
    pub outcome: Outcome,
    /// Every reason why it is not simply matched.
    pub reasons: Vec<Reason>,
    /// What is worth knowing and blocks nothing.
    pub flags: Vec<Flag>,
    /// The number of the match run.
    pub match_run: u32,
    /// The policy versions that decided.
    pub policy: PolicyCited,
    /// The root of the business flow: by it every event and document of the flow is found.
    pub correlation_id: String,
    /// Where to go on.
    pub links: Links,
}

/// Where to go on from an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Links {
    /// This invoice.
    #[serde(rename = "self")]
    #[schema(example = "/process/v1/invoices/inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub itself: String,
    /// The whole story.
    #[schema(example = "/consumption/v1/timeline?invoice=inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub timeline: String,
}

impl Links {
    fn of(id: &InvoiceId) -> Self {
        Self {
            itself: format!("/process/v1/invoices/{id}"),
            timeline: format!("/consumption/v1/timeline?invoice={id}"),
        }
    }
}

/// An invoice with its decision, its holds, its runs and its document in the finance system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceRecord {
    /// The invoice's id in this gateway.
    pub id: InvoiceId,
    /// Where it stands.
    pub state: InvoiceState,
    /// What the latest match said.
    pub outcome: Outcome,
    /// Every reason of the latest run.
    pub reasons: Vec<Reason>,
    /// What is worth knowing and blocks nothing.
    pub flags: Vec<Flag>,
    /// The number of the latest match run.
    pub match_run: u32,
    /// The policy versions that decided.
    pub policy: PolicyCited,
    /// The root of the business flow.
    pub correlation_id: String,
    /// Where to go on.
    pub links: Links,
    /// When it was taken in (UTC).
    pub received_at: Timestamp,
    /// The invoice as it was read from the supplier's document.
    pub invoice: Invoice,
    /// What became of each line in the latest run.
    pub lines: Vec<LineResult>,
    /// What is payable, where prepayments are set off against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// What keeps it from being paid, or did.
    pub holds: Vec<Hold>,
    /// Every match run, oldest first.
    pub runs: Vec<Run>,
    /// Its document in the finance system; `null` while nothing is to be booked.
    #[schema(required = true)]
    pub erp_document: Option<ErpDocument>,
    /// What a person stated of its lines, whatever the document says. Shown with one invoice alone,
    /// as what is expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub associations: Vec<Association>,
    /// The credits that are expected for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected_credits: Vec<ExpectedCredit>,
}

/// A credit that the supplier is to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpectedCredit {
    /// Its id.
    #[schema(example = "credit_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub id: String,
    /// How it came about.
    pub kind: ExpectedCreditKind,
    /// How much.
    pub amount: Money,
    /// Whether credits that cite the invoice cover it, and those that were expected before it.
    pub received: bool,
    /// Since when it is expected (UTC).
    pub asked_at: Timestamp,
    /// Why; not shown to suppliers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked for it; not shown to suppliers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
}

/// How an expected credit came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedCreditKind {
    /// A person asks the supplier for it.
    Credit,
    /// It was not paid in the first place.
    Chargeback,
}

/// What is paid of an invoice, where that is not all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShortPayment {
    /// What is disputed.
    pub part: Part,
    /// What is not paid of it.
    pub chargeback: Money,
}

/// What keeps an invoice from being paid (`domain.md` A4.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// The hold's id.
    pub id: String,
    /// The reason it stands for.
    pub code: Code,
    /// The invoice line it is about; `null` for the document.
    #[schema(required = true)]
    pub invoice_line: Option<u32>,
    /// Where it stands.
    pub state: HoldState,
    /// Since when (UTC).
    pub opened_at: Timestamp,
    /// The reason for people.
    pub detail: String,
    /// The person's release that it has, or had before it was reopened; not shown to suppliers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<HoldRelease>,
}

/// A person's release of a hold (`domain.md` A10.3): it covers this variance and no worse one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldRelease {
    /// Who released it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The variance that was accepted; `null` where the reason has none.
    #[schema(required = true)]
    pub accepted: Option<Variance>,
    /// When (UTC).
    pub released_at: Timestamp,
    /// What is not paid, where the rest is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_payment: Option<ShortPayment>,
}

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// It holds.
    Open,
    /// A fact lifted it.
    Cleared,
    /// A person lifted it.
    Released,
    /// Another hold took its place.
    Superseded,
}

/// One match run; never edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Its number, from 1.
    pub number: u32,
    /// What made it run.
    pub trigger: String,
    /// What it said.
    pub outcome: Outcome,
    /// The policy versions that decided.
    pub policy: PolicyCited,
    /// When (UTC).
    pub evaluated_at: Timestamp,
}

/// The invoice's document in the finance system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErpDocument {
    /// How far it has come.
    pub status: ErpStatus,
    /// Its id there.
    #[schema(required = true)]
    pub id: Option<String>,
    /// Its document number, once posted.
    #[schema(required = true)]
    pub document_number: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last try said, where it failed.
    #[schema(required = true)]
    pub detail: Option<String>,
}

/// How far booking has come (`domain.md` A18, idempotent posting).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErpStatus {
    /// Waiting for its turn.
    #[default]
    Pending,
    /// Posted.
    Posted,
    /// Refused by the finance system.
    Rejected,
    /// The finance system did not answer; it is inquired before it is tried again.
    Unknown,
}

/// One invoice in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceSummary {
    /// The invoice's id in this gateway.
    pub id: InvoiceId,
    /// Where it stands.
    pub state: InvoiceState,
    /// What the latest match said.
    pub outcome: Outcome,
    /// The number the supplier gave it.
    pub supplier_invoice_number: SupplierInvoiceNumber,
    /// Who sent it.
    pub supplier_id: SupplierId,
    /// The facility it is for.
    #[schema(required = true)]
    pub facility_id: Option<String>,
    /// What it asks for.
    pub gross: Money,
    /// The codes of the latest run's reasons.
    pub reasons: Vec<Code>,
    /// The root of the business flow.
    pub correlation_id: String,
    /// When it was taken in (UTC).
    pub received_at: Timestamp,
}
