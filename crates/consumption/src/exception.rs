//! What waits: why, since when, for whom, and how much.

use crate::Consumption;
use canonical::{
    Code, Events, InvoiceId, InvoiceState, Money, Owner, Page, PageRequest, Principal, Result,
    SupplierId, SupplierInvoiceNumber,
};
use jiff::Timestamp;
use process::{InvoiceFilter, InvoiceRecord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An invoice that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// The invoice's id.
    pub invoice_id: InvoiceId,
    /// The number the supplier gave it.
    pub supplier_invoice_number: SupplierInvoiceNumber,
    /// Who sent it.
    pub supplier_id: SupplierId,
    /// The facility it is for.
    #[schema(required = true)]
    pub facility_id: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// Why it waits.
    pub reasons: Vec<WaitingReason>,
    /// Since when (UTC): the oldest of its open holds.
    pub waiting_since: Timestamp,
    /// For how many whole hours by now.
    pub age_hours: i64,
    /// How much money is held up: the whole invoice.
    pub amount: Money,
    /// The root of the business flow.
    pub correlation_id: String,
    /// The whole story.
    #[schema(example = "/consumption/v1/timeline?invoice=inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub timeline: String,
}

/// One reason why an invoice waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingReason {
    /// The stable code.
    pub code: Code,
    /// Who looks at it.
    pub owner: Owner,
    /// The invoice line it is about; `null` for the document.
    #[schema(required = true)]
    pub invoice_line: Option<u32>,
    /// The same for people.
    pub detail: String,
    /// The events that make it worth looking again.
    #[schema(value_type = Vec<String>)]
    pub clears_on: Events,
}

impl Consumption {
    /// What waits, the longest first.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours; what the store says.
    pub async fn waiting(
        &self,
        principal: &Principal,
        filter: &InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<Waiting>> {
        let now = self.process.now();
        let page = self.process.waiting_invoices(principal, filter, page).await?;
        Ok(page.map(|it| view(it, now)))
    }
}

fn view(record: InvoiceRecord, now: Timestamp) -> Waiting {
    let open = record.holds.iter().filter(|it| it.state == process::HoldState::Open);
    let since = open.map(|it| it.opened_at).min().unwrap_or(record.received_at);
    let invoice = &record.invoice;
    Waiting {
        amount: record.gross(),
        timeline: record.links.timeline.clone(),
        waiting_since: since,
        age_hours: now.duration_since(since).as_hours(),
        reasons: record.reasons.iter().map(reason).collect(),
        supplier_invoice_number: invoice.supplier_invoice_number.clone(),
        supplier_id: invoice.supplier_id.clone(),
        facility_id: invoice.facility_id.as_ref().map(ToString::to_string),
        invoice_id: record.id,
        state: record.state,
        correlation_id: record.correlation_id,
    }
}

fn reason(reason: &canonical::Reason) -> WaitingReason {
    WaitingReason {
        code: reason.code,
        owner: reason.code.owner(),
        invoice_line: reason.invoice_line,
        detail: reason.detail.to_string(),
        clears_on: reason.clears_on.clone(),
    }
}
