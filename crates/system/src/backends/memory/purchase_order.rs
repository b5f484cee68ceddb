//! Purchase orders in memory.

use super::data::Data;
use super::record::checked;
use super::{Memory, check, paging};
use crate::{OrderFilter, PurchaseOrders, Purchasing};
use async_trait::async_trait;
use canonical::{
    ChangeKind, Error, NewPurchaseOrder, OrderKind, OrderStatus, Page, PageRequest, PurchaseOrder,
    PurchaseOrderNumber, RequisitionId, Result,
};
use std::collections::BTreeSet;

#[async_trait]
impl PurchaseOrders for Memory {
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        known(&self.data(), number)
    }

    async fn get_many(&self, numbers: &[PurchaseOrderNumber]) -> Result<Vec<PurchaseOrder>> {
        let numbers: BTreeSet<_> = numbers.iter().collect();
        let data = self.data();
        let found = numbers.into_iter().filter_map(|it| data.purchase_orders.get(it));
        Ok(found.cloned().collect())
    }

    async fn list(&self, filter: &OrderFilter, page: &PageRequest) -> Result<Page<PurchaseOrder>> {
        paging::page("purchase_orders", &self.data().purchase_orders, page, |it| filter.holds(it))
    }
}

#[async_trait]
impl Purchasing for Memory {
    async fn find(&self, requisition: &RequisitionId) -> Result<Option<PurchaseOrder>> {
        Ok(made_of(&self.data(), requisition))
    }

    async fn place(&self, new: &NewPurchaseOrder) -> Result<PurchaseOrder> {
        let mut placed = None;
        self.record(|data| {
            if let Some(first) = made_of(data, &new.requisition_id) {
                placed = Some(first);
                return Ok(None);
            }
            let order = order(new)?;
            if data.purchase_orders.contains_key(&order.number) {
                return Err(Error::conflict(format!(
                    "the order {} is there already",
                    order.number
                )));
            }
            checked(|faults| check::order(data, &order, faults))?;
            placed = Some(order.clone());
            Ok(Some(self.put_in_force(data, order, ChangeKind::OrderApproved)))
        })?;
        placed.ok_or_else(|| Error::internal("an order was made and is not there"))
    }

    async fn cancel(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        let mut cancelled = None;
        self.record(|data| {
            let mut order = known(data, number)?;
            let is_off = order.status == OrderStatus::Cancelled;
            if !is_off {
                may_go(data, &order)?;
                order.status = OrderStatus::Cancelled;
                order.version = order.version.saturating_add(1);
            }
            cancelled = Some(order.clone());
            Ok((!is_off).then(|| self.put_in_force(data, order, ChangeKind::OrderCancelled)))
        })?;
        cancelled.ok_or_else(|| Error::internal("an order was cancelled and is not there"))
    }
}

fn known(data: &Data, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
    let order = data.purchase_orders.get(number).cloned();
    order.ok_or_else(|| Error::not_found("purchase order", number))
}

fn made_of(data: &Data, requisition: &RequisitionId) -> Option<PurchaseOrder> {
    data.purchase_orders.get(data.ordered_for.get(requisition)?).cloned()
}

/// Refuses to call off what was delivered or is over.
fn may_go(data: &Data, order: &PurchaseOrder) -> Result<()> {
    let number = &order.number;
    if matches!(order.status, OrderStatus::Completed | OrderStatus::FinallyClosed) {
        return Err(Error::conflict(format!("the order {number} is over; it cannot be cancelled")));
    }
    let keys = data.receipts_of.get(number).into_iter().flatten();
    let moved = keys.filter_map(|key| data.receipts.get(key)).map(|it| it.quantity.value.exact());
    if moved.sum::<canonical::Exact>() > canonical::Exact::default() {
        return Err(Error::conflict(format!(
            "something of the order {number} was received; it cannot be cancelled"
        )));
    }
    Ok(())
}

/// The order under the number that its requisition gives it.
fn order(new: &NewPurchaseOrder) -> Result<PurchaseOrder> {
    let requisition = new.requisition_id.as_str();
    let key = requisition.strip_prefix("req_").unwrap_or(requisition);
    let number = format!("PO-{key}").parse().map_err(|detail: &str| {
        Error::invalid_field("/requisition_id", format!("no order can be named after it: {detail}"))
    })?;
    Ok(PurchaseOrder {
        number,
        version: 1,
        supplier_id: new.supplier_id.clone(),
        currency: new.currency,
        status: OrderStatus::Approved,
        order_date: new.order_date,
        facility_id: new.facility_id.clone(),
        freight_terms: None,
        kind: OrderKind::Standard,
        legal_entity: None,
        contract_number: new.contract_number.clone(),
        limit_amount: None,
        released_amount: None,
        valid_from: None,
        valid_to: None,
        planned_charges: Vec::new(),
        lines: new.lines.clone(),
        requisition_id: Some(new.requisition_id.clone()),
        external_ids: Vec::new(),
    })
}
