//! One business flow, whole: the orders, what moved on them, what was invoiced, booked and paid,
//! and the events in between (`domain.md` D2, H3). Every part says whether it could be had.

mod cancel;
mod gather;
mod instance;
mod step;

pub use cancel::{CancelledFlow, CompensationDone, FlowCancellation};
pub use instance::{FlowInstance, FlowInvoice, StepStanding, StepState};
pub use step::{Compensation, CompensationMode, FlowStep, RetryClass};

use crate::{InvoiceRecord, Process, event, facts};
use canonical::{
    Error, Event, InvoiceId, Item, ItemId, Kind, Payable, PayableId, Principal, PurchaseOrder,
    PurchaseOrderNumber, Receipt, ReceiptNumber, RequisitionId, Result, Return,
    SupplierInvoiceNumber,
};
use futures_util::future::{join, join3};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;
use utoipa::ToSchema;

/// What a flow is looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowKey {
    /// The number of one of its orders.
    PurchaseOrder(PurchaseOrderNumber),
    /// The id of one of its invoices here, or the number the supplier gave it.
    Invoice(SupplierInvoiceNumber),
    /// The number of one of its receipts.
    Receipt(ReceiptNumber),
    /// The id of one of its payables in the finance system.
    Payment(PayableId),
    /// The root that its events carry.
    Correlation(String),
}

/// How a part of a composed answer came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartStatus {
    /// It is here.
    Ok,
    /// It is here, and older than it should be.
    Stale,
    /// It did not come in time.
    TimedOut,
    /// It is not the caller's to see.
    Denied,
    /// It could not be had.
    Failed,
}

/// A part of a composed answer: what it is, how it came out, and what came.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// The name of the part.
    pub name: &'static str,
    /// How it came out.
    pub status: PartStatus,
    /// When it was so (UTC); `None` where it is not here.
    pub as_of: Option<Timestamp>,
    /// Why it is not here, for people.
    pub detail: Option<String>,
    /// What came; empty where nothing did.
    pub value: T,
}

/// One business flow, whole.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The root of the flow.
    pub correlation_id: String,
    /// Its orders.
    pub orders: Part<Vec<PurchaseOrder>>,
    /// The receipts and returns of its orders.
    pub movements: Part<(Vec<Receipt>, Vec<Return>)>,
    /// Its invoices with their decisions.
    pub invoices: Part<Vec<InvoiceRecord>>,
    /// Their documents in the finance system, with what was paid.
    pub payables: Part<Vec<Payable>>,
    /// The items of its orders, for their units.
    pub items: Part<Vec<Item>>,
    /// Its events, oldest first.
    pub events: Part<Vec<Event>>,
}

/// Where a flow begins, once its key was looked up.
#[derive(Debug, Default)]
struct Seed {
    orders: BTreeSet<PurchaseOrderNumber>,
    invoices: Vec<InvoiceRecord>,
    payables: Vec<Payable>,
    correlation_id: Option<String>,
    requisition: Option<RequisitionId>,
}

impl Process {
    /// Collects a flow. What cannot be had is a part that says so; only a key that nothing is known
    /// under is an error.
    ///
    /// # Errors
    /// `not_found` where nothing is known under the key or it is another supplier's; what the back
    /// end that must resolve the key says.
    pub async fn flow(&self, principal: &Principal, key: &FlowKey) -> Result<Flow> {
        let seed = self.seed(principal, key).await?;
        let numbers: Vec<PurchaseOrderNumber> = seed.orders.iter().cloned().collect();
        let known: Vec<InvoiceRecord> = seed.invoices;
        let (orders, movements, invoices) = join3(
            self.part("purchase_orders", self.flow_orders(principal, &numbers)),
            self.part("receipts", self.flow_movements(&numbers)),
            self.part("invoices", self.flow_invoices(principal, &numbers, known)),
        )
        .await;
        let paid = seed.payables;
        let is_nothing = orders.value.is_empty() && invoices.value.is_empty() && paid.is_empty();
        if is_nothing && seed.requisition.is_none() {
            let whole = orders.status == PartStatus::Ok && invoices.status == PartStatus::Ok;
            return Err(if whole { nothing(key) } else { unreachable_flow() });
        }
        let (payables, items) = join(
            self.part("payables", self.flow_payables(principal, &invoices.value, paid)),
            self.part("items", self.flow_items(&orders.value)),
        )
        .await;
        let correlation_id = seed
            .correlation_id
            .or_else(|| invoices.value.first().map(|it| it.correlation_id.clone()))
            .or_else(|| made_of(&orders.value).map(ToString::to_string))
            .or_else(|| numbers.first().map(ToString::to_string))
            .unwrap_or_default();
        let root = Some(&correlation_id).filter(|_| principal.supplier_id.is_none());
        let root = root.filter(|_| seed.requisition.is_some() || made_of(&orders.value).is_some());
        let events = self.flow_events(&invoices.value, &orders.value, root);
        let mut events = whole_or_not(self.part("events", events).await);
        if principal.supplier_id.is_some() {
            events.value = event::outward(events.value);
        }
        let movements = visible_movements(movements, &orders);
        Ok(Flow { correlation_id, orders, movements, invoices, payables, items, events })
    }

    async fn seed(&self, principal: &Principal, key: &FlowKey) -> Result<Seed> {
        let mut seed = Seed::default();
        match key {
            FlowKey::PurchaseOrder(number) => {
                seed.orders.insert(number.clone());
            }
            FlowKey::Receipt(number) => {
                let receipts = self.system().receipts().get(number).await?;
                seed.orders.extend(receipts.into_iter().map(|it| it.purchase_order_number));
                if principal.supplier_id.is_some() {
                    // an invoice of one's own that names the order does not make it one's own
                    let numbers: Vec<PurchaseOrderNumber> = seed.orders.iter().cloned().collect();
                    let own = self.flow_orders(principal, &numbers).await?;
                    seed.orders = own.into_iter().map(|it| it.number).collect();
                }
            }
            FlowKey::Payment(id) => {
                let payable = self.system().payables().get(id).await?;
                if !principal.may_see(&payable.supplier_id) {
                    return Err(nothing(key));
                }
                let orders = payable.lines.iter();
                seed.orders.extend(orders.filter_map(|it| it.purchase_order_number.clone()));
                if let Some(invoice) = &payable.invoice_id {
                    let ids = std::slice::from_ref(invoice);
                    seed.invoices = self.invoices_of_ids(principal, ids).await?;
                }
                seed.payables.push(payable);
            }
            FlowKey::Invoice(number) => {
                seed.invoices = self.invoices_under(principal, number).await?;
            }
            FlowKey::Correlation(root) => {
                seed.invoices = self.invoices_of_root(principal, root).await?;
                let followed = self.store().orders_of_flow(root).await?;
                seed.orders.extend(followed.into_iter().map(|it| it.number));
                seed.requisition = self.requisition_of(principal, root).await?;
                if seed.orders.is_empty() && seed.requisition.is_none() {
                    seed.orders.extend(root.parse().ok());
                }
                seed.correlation_id = Some(root.clone());
            }
        }
        for invoice in &seed.invoices {
            seed.orders.extend(facts::order_numbers(&invoice.invoice));
        }
        let is_nothing = seed.orders.is_empty() && seed.requisition.is_none();
        if is_nothing && seed.invoices.is_empty() && seed.payables.is_empty() {
            return Err(nothing(key));
        }
        Ok(seed)
    }

    /// The requisition that a root names; suppliers know of none.
    async fn requisition_of(
        &self,
        principal: &Principal,
        root: &str,
    ) -> Result<Option<RequisitionId>> {
        match root.parse::<RequisitionId>() {
            Ok(id) if root.starts_with("req_") && principal.supplier_id.is_none() => {
                Ok(facts::known(self.store().requisition(&id).await)?.map(|it| it.id))
            }
            _ => Ok(None),
        }
    }

    async fn flow_orders(
        &self,
        principal: &Principal,
        numbers: &[PurchaseOrderNumber],
    ) -> Result<Vec<PurchaseOrder>> {
        let mut orders = self.system().purchase_orders().get_many(numbers).await?;
        orders.retain(|it| principal.may_see(&it.supplier_id));
        Ok(orders)
    }

    async fn flow_movements(
        &self,
        numbers: &[PurchaseOrderNumber],
    ) -> Result<(Vec<Receipt>, Vec<Return>)> {
        let movements = self.system().receipts().of_orders(numbers).await?;
        Ok((movements.receipts, movements.returns))
    }

    async fn flow_invoices(
        &self,
        principal: &Principal,
        numbers: &[PurchaseOrderNumber],
        known: Vec<InvoiceRecord>,
    ) -> Result<Vec<InvoiceRecord>> {
        let mut invoices = known;
        let seen: BTreeSet<InvoiceId> = invoices.iter().map(|it| it.id.clone()).collect();
        let more = self.invoices_of_orders(principal, numbers).await?;
        invoices.extend(more.into_iter().filter(|it| !seen.contains(&it.id)));
        invoices.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
        Ok(invoices)
    }

    async fn flow_payables(
        &self,
        principal: &Principal,
        invoices: &[InvoiceRecord],
        known: Vec<Payable>,
    ) -> Result<Vec<Payable>> {
        let booked: Vec<InvoiceId> = invoices
            .iter()
            .filter(|it| it.erp_document.is_some())
            .map(|it| it.id.clone())
            .filter(|id| known.iter().all(|it| it.invoice_id.as_ref() != Some(id)))
            .collect();
        let mut payables = known;
        if !booked.is_empty() {
            payables.extend(self.system().payables().find_many(&booked).await?);
        }
        payables.retain(|it| principal.may_see(&it.supplier_id));
        payables.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(payables)
    }

    async fn flow_items(&self, orders: &[PurchaseOrder]) -> Result<Vec<Item>> {
        let ids: BTreeSet<&ItemId> =
            orders.iter().flat_map(|it| &it.lines).filter_map(|it| it.item_id.as_ref()).collect();
        let ids: Vec<ItemId> = ids.into_iter().cloned().collect();
        if ids.is_empty() { Ok(Vec::new()) } else { self.system().items().get_many(&ids).await }
    }

    async fn part<T: Default>(
        &self,
        name: &'static str,
        asking: impl Future<Output = Result<T>>,
    ) -> Part<T> {
        let limit = part_limit(self.facts_timeout());
        let came = tokio::time::timeout(limit, asking).await;
        let came = came.unwrap_or_else(|elapsed| {
            Err(Error::timed_out(format!("{name} did not come in time")).because(elapsed))
        });
        match came {
            Ok(value) => {
                Part { name, status: PartStatus::Ok, as_of: Some(self.now()), detail: None, value }
            }
            Err(error) => {
                tracing::warn!(part = name, error = &error as &dyn std::error::Error, "no part");
                let status = match error.kind() {
                    Kind::TimedOut => PartStatus::TimedOut,
                    Kind::Forbidden | Kind::Unauthenticated => PartStatus::Denied,
                    _other => PartStatus::Failed,
                };
                let detail = Some(error.message().to_owned());
                Part { name, status, as_of: None, detail, value: T::default() }
            }
        }
    }
}

/// The requisition that the orders were made of.
fn made_of(orders: &[PurchaseOrder]) -> Option<&RequisitionId> {
    orders.iter().find_map(|it| it.requisition_id.as_ref())
}

/// A part gets less than the whole request has left, so that there is time to say it is missing.
fn part_limit(default: Duration) -> Duration {
    stack::context::remaining(default).min(default) * 2 / 5
}

/// Movements of orders that the caller does not see are not the caller's to see either.
/// The events, and in words where some are not in the log any more.
fn whole_or_not(told: Part<(Vec<Event>, bool)>) -> Part<Vec<Event>> {
    let Part { name, status, as_of, detail, value: (events, is_whole) } = told;
    let archived = (!is_whole).then(|| "older events have left for the archive".to_owned());
    Part { name, status, as_of, detail: detail.or(archived), value: events }
}

fn visible_movements(
    mut movements: Part<(Vec<Receipt>, Vec<Return>)>,
    orders: &Part<Vec<PurchaseOrder>>,
) -> Part<(Vec<Receipt>, Vec<Return>)> {
    let seen: BTreeSet<&PurchaseOrderNumber> = orders.value.iter().map(|it| &it.number).collect();
    let (receipts, returns) = &mut movements.value;
    receipts.retain(|it| seen.contains(&it.purchase_order_number));
    returns.retain(|it| seen.contains(&it.purchase_order_number));
    movements
}

fn nothing(key: &FlowKey) -> Error {
    match key {
        FlowKey::PurchaseOrder(it) => Error::not_found("purchase order", it),
        FlowKey::Invoice(it) => Error::not_found("invoice", it),
        FlowKey::Receipt(it) => Error::not_found("receipt", it),
        FlowKey::Payment(it) => Error::not_found("payable", it),
        FlowKey::Correlation(it) => Error::not_found("flow", it),
    }
}

fn unreachable_flow() -> Error {
    Error::unavailable("nothing of this flow can be read now, because a back end does not answer")
}
