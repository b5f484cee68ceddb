//! The work of matching again, as it waits in the queue.

use crate::Process;
use crate::work::payload;
use canonical::{InvoiceId, Lane, PurchaseOrderNumber, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Batch, InvoiceHead, NewWork, Work};

/// The kind of work that matches the invoices of an order again.
pub(crate) const REMATCH: &str = "rematch";

/// The kind of work that matches one invoice again.
pub(crate) const REMATCH_INVOICE: &str = "rematch_invoice";

#[derive(Debug, Serialize, Deserialize)]
struct RematchInvoice {
    invoice_id: InvoiceId,
    trigger: String,
}

/// The work of matching one invoice again: once per event.
pub(crate) fn rematch_invoice_work(head: &InvoiceHead, trigger: &str, now: Timestamp) -> NewWork {
    let payload = RematchInvoice { invoice_id: head.id.clone(), trigger: trigger.to_owned() };
    NewWork {
        id: format!("{REMATCH_INVOICE}:{}:{trigger}", head.id),
        lane: Lane::Critical,
        kind: REMATCH_INVOICE.to_owned(),
        key: format!("invoice:{}", head.id),
        correlation_id: Some(head.correlation_id.clone()),
        // ok: two texts always have a JSON form
        payload_json: serde_json::to_string(&payload).unwrap_or_default(),
        run_at: now,
        created_at: now,
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Rematch {
    purchase_order: PurchaseOrderNumber,
    /// The event that changed a fact.
    trigger: String,
}

/// The work of matching the invoices of an order again: once per event, in the order of events.
pub(crate) fn rematch_work(order: &PurchaseOrderNumber, trigger: &str, now: Timestamp) -> NewWork {
    let payload = Rematch { purchase_order: order.clone(), trigger: trigger.to_owned() };
    NewWork {
        id: format!("{REMATCH}:{order}:{trigger}"),
        lane: Lane::Critical,
        kind: REMATCH.to_owned(),
        key: format!("purchase_order:{order}"),
        correlation_id: Some(order.to_string()),
        // ok: two texts always have a JSON form
        payload_json: serde_json::to_string(&payload).unwrap_or_default(),
        run_at: now,
        created_at: now,
    }
}

/// The invoices that an item of work is about, in the order in which they claim; none where it is
/// of another sort, or cannot be read.
pub(crate) async fn work_invoices(process: &Process, work: &Work) -> Result<Vec<InvoiceId>> {
    match work.kind.as_str() {
        REMATCH => match payload::<Rematch>(work) {
            Ok(it) => process.invoices_about(&it.purchase_order).await,
            Err(_unreadable) => Ok(Vec::new()),
        },
        REMATCH_INVOICE => {
            let read = payload::<RematchInvoice>(work);
            Ok(read.map(|it| vec![it.invoice_id]).unwrap_or_default())
        }
        _ => Ok(Vec::new()),
    }
}

impl Process {
    /// Matches every invoice of an order again, in the order in which they claim; then the order is
    /// looked at.
    pub(crate) async fn rematch(&self, work: &Work) -> Result<()> {
        let Rematch { purchase_order, trigger } = payload(work)?;
        for id in self.invoices_about(&purchase_order).await? {
            self.match_again(&id, &trigger).await?;
        }
        let mut batch = Batch::new();
        self.observe_orders(&mut batch, &[purchase_order], &trigger).await?;
        self.done(work, batch).await
    }

    /// Every invoice about an order that may still change, in the order in which they claim.
    pub(crate) async fn invoices_about(
        &self,
        order: &PurchaseOrderNumber,
    ) -> Result<Vec<InvoiceId>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.store().invoices_of_order(order, after).await?;
            let Some((_, last)) = page.last() else { return Ok(all) };
            after = Some(*last);
            all.extend(page.into_iter().map(|(id, _turn)| id));
        }
    }

    /// Matches the invoice of an item of work again.
    pub(crate) async fn rematch_invoice(&self, work: &Work) -> Result<()> {
        let RematchInvoice { invoice_id, trigger } = payload(work)?;
        self.match_again(&invoice_id, &trigger).await?;
        self.done(work, Batch::new()).await
    }
}
