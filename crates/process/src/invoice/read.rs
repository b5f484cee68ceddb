//! Reading invoices back: one, a list, what waits, and those of a flow. A supplier sees its own.

use super::holding::Detail;
use super::save::amount;
use super::{
    ErpDocument, ErpStatus, Hold, HoldRelease, HoldState, InvoiceRecord, InvoiceSummary, Links, Run,
};
use crate::Process;
use canonical::{
    Code, Error, Event, FacilityId, InvoiceId, InvoiceState, Money, Page, PageRequest, Principal,
    PurchaseOrder, PurchaseOrderNumber, Result, SupplierId, SupplierInvoiceNumber,
};
use futures_util::future::{try_join_all, try_join3};
use std::collections::BTreeMap;
use store::{EventKey, InvoiceHead};
use utoipa::IntoParams;

/// An invoice of a flow has no more events than this.
const EVENTS_MAX: u32 = 1_000;

/// Which invoices to list; all where nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvoiceFilter {
    /// Those in this state.
    pub state: Option<InvoiceState>,
    /// Those of this supplier.
    pub supplier: Option<SupplierId>,
    /// Those for this facility.
    pub facility: Option<FacilityId>,
    /// Those whose latest run has this reason.
    pub reason: Option<Code>,
}

impl InvoiceFilter {
    /// Narrowed to what the principal may see; `None` where that is nothing.
    fn seen_by(&self, principal: &Principal) -> Option<store::InvoiceFilter> {
        let own = principal.supplier_id.as_ref();
        let supplier_id = match (own, &self.supplier) {
            (Some(own), Some(asked)) if own != asked => return None,
            (own, asked) => own.or(asked.as_ref()).cloned(),
        };
        Some(store::InvoiceFilter {
            state: self.state,
            supplier_id,
            facility_id: self.facility.clone(),
            reason: self.reason,
        })
    }
}

impl InvoiceRecord {
    /// What it asks for.
    #[must_use]
    pub fn gross(&self) -> Money {
        // ok: it was checked when the invoice was taken in
        Money::written(&self.invoice.gross_amount, self.invoice.currency)
            .unwrap_or_else(|_checked| Money::zero(self.invoice.currency))
    }

    /// As the principal may see it: nothing of another supplier's, and a supplier does not see who
    /// released what here, and why.
    fn told_to(mut self, principal: &Principal) -> Option<Self> {
        if !principal.may_see(&self.invoice.supplier_id) {
            return None;
        }
        if principal.supplier_id.is_some() {
            self.holds.iter_mut().for_each(|it| it.release = None);
        }
        Some(self)
    }
}

impl Process {
    /// One invoice, whole.
    ///
    /// # Errors
    /// `not_found`, also where it is another supplier's.
    pub async fn invoice(&self, principal: &Principal, id: &InvoiceId) -> Result<InvoiceRecord> {
        let record = self.invoice_record(id).await?;
        let record = record.told_to(principal).ok_or_else(|| Error::not_found("invoice", id))?;
        self.with_undertakings(principal, record).await
    }

    /// Invoices, the newest first.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours; what the store says.
    pub async fn invoices(
        &self,
        principal: &Principal,
        filter: &InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>> {
        let Some(filter) = filter.seen_by(principal) else { return Ok(nothing()) };
        let page = self.store().invoices(&filter, page).await?;
        let items = page.items.into_iter().filter(|it| principal.may_see(&it.supplier_id));
        Ok(Page {
            items: items.map(summary).collect::<Result<_>>()?,
            next_cursor: page.next_cursor,
        })
    }

    /// The invoices that wait, the longest first.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours; what the store says.
    pub async fn waiting_invoices(
        &self,
        principal: &Principal,
        filter: &InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<InvoiceRecord>> {
        let Some(filter) = filter.seen_by(principal) else { return Ok(nothing()) };
        let page = self.store().waiting_invoices(&filter, page).await?;
        let ids: Vec<InvoiceId> = page.items.into_iter().map(|it| it.id).collect();
        Ok(Page {
            items: self.invoices_of_ids(principal, &ids).await?,
            next_cursor: page.next_cursor,
        })
    }

    pub(crate) async fn invoice_record(&self, id: &InvoiceId) -> Result<InvoiceRecord> {
        let found = self.records(std::slice::from_ref(id)).await?.pop();
        found.ok_or_else(|| Error::not_found("invoice", id))
    }

    pub(crate) async fn invoices_of_ids(
        &self,
        principal: &Principal,
        ids: &[InvoiceId],
    ) -> Result<Vec<InvoiceRecord>> {
        let records = self.records(ids).await?;
        Ok(records.into_iter().filter_map(|it| it.told_to(principal)).collect())
    }

    /// Those of the invoices that are there, in this order, each once: three reads for all of them.
    async fn records(&self, ids: &[InvoiceId]) -> Result<Vec<InvoiceRecord>> {
        let store = self.store();
        let (kept, runs, holds) =
            try_join3(store.whole_invoices(ids), store.match_runs(ids), store.holds(ids)).await?;
        let mut runs_of: BTreeMap<InvoiceId, Vec<store::MatchRun>> = BTreeMap::new();
        for it in runs {
            runs_of.entry(it.invoice_id.clone()).or_default().push(it);
        }
        let mut holds_of: BTreeMap<InvoiceId, Vec<store::Hold>> = BTreeMap::new();
        for it in holds {
            holds_of.entry(it.invoice_id.clone()).or_default().push(it);
        }
        let mut kept: BTreeMap<InvoiceId, store::InvoiceRecord> =
            kept.into_iter().map(|it| (it.head.id.clone(), it)).collect();
        let whole = ids.iter().filter_map(|id| kept.remove(id)).map(|it| {
            let runs = runs_of.remove(&it.head.id).unwrap_or_default();
            let holds = holds_of.remove(&it.head.id).unwrap_or_default();
            record(it, runs, &holds)
        });
        whole.collect()
    }

    /// The invoice of this id, or those that a supplier gave this number.
    pub(crate) async fn invoices_under(
        &self,
        principal: &Principal,
        number: &SupplierInvoiceNumber,
    ) -> Result<Vec<InvoiceRecord>> {
        let heads = self.store().invoices_numbered(number).await?;
        let mut ids: Vec<InvoiceId> = heads.into_iter().map(|it| it.id).collect();
        if let Ok(id) = number.as_str().parse::<InvoiceId>()
            && id.as_str().starts_with("inv_")
            && let Ok(kept) = self.store().invoice(&id).await
        {
            ids.push(kept.head.id);
        }
        self.invoices_of_ids(principal, &ids).await
    }

    pub(crate) async fn invoices_of_root(
        &self,
        principal: &Principal,
        root: &str,
    ) -> Result<Vec<InvoiceRecord>> {
        let ids = self.store().invoices_of_flow(root, super::FLOW_INVOICES_MAX).await?;
        self.invoices_of_ids(principal, &ids).await
    }

    pub(crate) async fn invoices_of_orders(
        &self,
        principal: &Principal,
        numbers: &[PurchaseOrderNumber],
    ) -> Result<Vec<InvoiceRecord>> {
        let ids = self.store().invoices_about(numbers, super::FLOW_INVOICES_MAX).await?;
        self.invoices_of_ids(principal, &ids).await
    }

    /// The events of these invoices, and those of these orders, and of the root where it is given,
    /// that are about no invoice; and whether that is all, with none in the archive.
    pub(crate) async fn flow_events(
        &self,
        invoices: &[InvoiceRecord],
        orders: &[PurchaseOrder],
        root: Option<&String>,
    ) -> Result<(Vec<Event>, bool)> {
        let of_invoices = invoices.iter().map(|it| EventKey::Invoice(it.id.clone()));
        let of_invoices: Vec<EventKey> = of_invoices.collect();
        let of_orders = orders.iter().map(|it| EventKey::PurchaseOrder(it.number.clone()));
        let of_root = root.map(|it| EventKey::Correlation(it.clone()));
        let of_orders: Vec<EventKey> = of_orders.chain(of_root).collect();
        let read = |key| self.store().events_of(key, 0, EVENTS_MAX);
        let keys = [of_invoices.as_slice(), &of_orders].concat();
        let (of_invoices, of_orders, archived) = try_join3(
            try_join_all(of_invoices.iter().map(read)),
            try_join_all(of_orders.iter().map(read)),
            self.store().archived_events_of(&keys),
        )
        .await?;
        // an invoice on the order may be another supplier's
        let of_orders = of_orders.into_iter().flatten().filter(|it| it.event.bizinvoice.is_none());
        let logged = of_invoices.into_iter().flatten().chain(of_orders);
        let in_order: BTreeMap<i64, Event> = logged.map(|it| (it.position, it.event)).collect();
        Ok((in_order.into_values().collect(), archived == 0))
    }
}

/// An invoice with its runs, newest first, and its holds.
fn record(
    kept: store::InvoiceRecord,
    runs: Vec<store::MatchRun>,
    holds: &[store::Hold],
) -> Result<InvoiceRecord> {
    let latest = runs.first().ok_or_else(|| Error::internal("an invoice without a run"))?;
    let result = latest.result.clone();
    Ok(InvoiceRecord {
        links: Links::of(&kept.head.id),
        id: kept.head.id,
        state: kept.head.state,
        outcome: kept.head.outcome,
        reasons: reasons(holds, result.reasons),
        flags: result.flags,
        match_run: latest.run_no,
        policy: result.policy,
        correlation_id: kept.head.correlation_id,
        received_at: kept.head.created_at,
        invoice: kept.invoice,
        lines: result.lines,
        settlement: result.settlement,
        holds: holds.iter().map(hold).collect::<Result<_>>()?,
        runs: runs.into_iter().rev().map(run).collect(),
        erp_document: kept.head.erp.map(erp_document),
        associations: Vec::new(),
        expected_credits: Vec::new(),
    })
}

const fn nothing<T>() -> Page<T> {
    Page { items: Vec::new(), next_cursor: None }
}

fn summary(head: InvoiceHead) -> Result<InvoiceSummary> {
    Ok(InvoiceSummary {
        gross: amount(&head)?,
        id: head.id,
        state: head.state,
        outcome: head.outcome,
        supplier_invoice_number: head.supplier_invoice_number,
        supplier_id: head.supplier_id,
        facility_id: head.facility_id.map(|it| it.to_string()),
        reasons: head.codes,
        correlation_id: head.correlation_id,
        received_at: head.created_at,
    })
}

/// The reasons of the latest run, and those that came up after it: a refused post is no match
/// reason.
pub(super) fn reasons(
    holds: &[store::Hold],
    of_run: Vec<canonical::Reason>,
) -> Vec<canonical::Reason> {
    let mut reasons = of_run;
    for hold in holds.iter().filter(|it| it.state == store::HoldState::Open) {
        let reason: Option<canonical::Reason> = serde_json::from_str(&hold.detail_json).ok();
        if let Some(reason) = reason.filter(|it| !reasons.contains(it)) {
            reasons.push(reason);
        }
    }
    reasons
}

pub(crate) fn hold(kept: &store::Hold) -> Result<Hold> {
    let Detail { reason, release, .. } = Detail::of(kept)?;
    Ok(Hold {
        id: kept.id.clone(),
        code: kept.code,
        invoice_line: kept.invoice_line,
        state: match kept.state {
            store::HoldState::Open => HoldState::Open,
            store::HoldState::Cleared => HoldState::Cleared,
            store::HoldState::Released => HoldState::Released,
            store::HoldState::Superseded => HoldState::Superseded,
        },
        opened_at: kept.opened_at,
        detail: reason.detail.to_string(),
        release: release.map(|it| HoldRelease {
            by: it.by,
            reason: it.because,
            accepted: it.accepted,
            released_at: it.at,
            short_payment: it.short_payment,
        }),
    })
}

fn run(kept: store::MatchRun) -> Run {
    Run {
        number: kept.run_no,
        trigger: kept.cause,
        outcome: kept.result.outcome,
        policy: kept.result.policy,
        evaluated_at: kept.evaluated_at,
    }
}

fn erp_document(kept: store::Erp) -> ErpDocument {
    ErpDocument {
        status: match kept.status {
            store::ErpStatus::Pending => ErpStatus::Pending,
            store::ErpStatus::Posted => ErpStatus::Posted,
            store::ErpStatus::Rejected => ErpStatus::Rejected,
            store::ErpStatus::Unknown => ErpStatus::Unknown,
        },
        id: kept.id,
        document_number: kept.document_number,
        attempts: kept.attempts,
        detail: kept.detail,
    }
}
