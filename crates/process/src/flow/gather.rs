//! What is known of a flow, whole: what cannot be had is an error, since a step that is judged on
//! half the facts is judged wrongly.

use super::instance::{FlowInstance, Known};
use crate::Process;
use canonical::{
    Error, InvoiceId, PageRequest, Principal, PurchaseOrderNumber, RequisitionId, Result,
};
use futures_util::future::{try_join, try_join_all};
use std::collections::BTreeSet;
use store::{DeadLetterFilter, EventKey};

/// The most events of a flow that are looked at.
const EVENTS_MAX: u32 = 1_000;

impl Process {
    /// A flow from requisition to payment, as it stands.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `not_found` where nothing is known under the root; what back
    /// ends and store say.
    pub async fn flow_instance(&self, principal: &Principal, root: &str) -> Result<FlowInstance> {
        principal.for_staff("flows")?;
        let known = self.known_flow(principal, root).await?;
        Ok(known.instance(root.to_owned(), self.deadlines(), self.now()))
    }

    async fn known_flow(&self, principal: &Principal, root: &str) -> Result<Known> {
        let requisition = match root.parse::<RequisitionId>() {
            Ok(id) if root.starts_with("req_") => Some(self.requisition(principal, &id).await?),
            _ => None,
        };
        let followed = self.store().orders_of_flow(root).await?;
        let mut numbers: BTreeSet<PurchaseOrderNumber> =
            followed.into_iter().map(|it| it.number).collect();
        numbers.extend(requisition.iter().filter_map(|it| it.purchase_order_number.clone()));
        if requisition.is_none() && numbers.is_empty() {
            numbers.extend(root.parse::<PurchaseOrderNumber>().ok());
        }
        let numbers: Vec<PurchaseOrderNumber> = numbers.into_iter().collect();
        let orders = try_join_all(numbers.iter().map(|it| self.order_standing(principal, it)));
        let orders = orders.await.map_err(|error| match error.kind() {
            canonical::Kind::NotFound => Error::not_found("flow", root),
            _ => error,
        })?;
        let invoices = self.invoices_of_orders(principal, &numbers).await?;
        let booked = invoices.iter().filter(|it| it.erp_document.is_some());
        let booked: Vec<InvoiceId> = booked.map(|it| it.id.clone()).collect();
        let payables = async {
            let payables = self.system().payables();
            if booked.is_empty() { Ok(Vec::new()) } else { payables.find_many(&booked).await }
        };
        let filter = DeadLetterFilter {
            correlation_id: Some(root.to_owned()),
            ..DeadLetterFilter::default()
        };
        let page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
        let (payables, dead) =
            try_join(payables, self.store().dead_letters(&filter, &page)).await?;
        let own = EventKey::Correlation(root.to_owned());
        let of_orders = numbers.iter().cloned().map(EventKey::PurchaseOrder);
        let keys: Vec<EventKey> = std::iter::once(own).chain(of_orders).collect();
        let events = keys.iter().map(|it| self.store().events_of(it, 0, EVENTS_MAX));
        let events = try_join_all(events).await?.into_iter().flatten();
        Ok(Known {
            requisition,
            orders,
            invoices,
            payables,
            events: events.map(|it| it.event).collect(),
            dead: dead.items.into_iter().map(|it| (it.kind, it.id)).collect(),
        })
    }
}
