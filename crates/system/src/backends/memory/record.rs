//! What is recorded in memory while it runs: orders, receipts, returns, payments, and the feed that
//! tells of them. Every record is checked as the files are, and changed in one step.

use super::data::Data;
use super::{Memory, check};
use crate::{Feed, Ordering, Paying, Receiving};
use async_trait::async_trait;
use canonical::{
    Change, ChangeKind, Changes, Error, FieldError, NewPayment, OrderStatus, Payable,
    PurchaseOrder, Receipt, Result, Return,
};
use jiff::Timestamp;
use std::sync::PoisonError;

/// What was recorded since the start, in order. A life is told by when it began: a place of another
/// life begins anew.
#[derive(Debug)]
pub(super) struct Log {
    life: i64,
    changes: Vec<Change>,
}

impl Log {
    pub(super) fn begun(at: Timestamp) -> Self {
        Self { life: at.as_microsecond(), changes: Vec::new() }
    }

    fn after(&self, place: Option<&str>, limit: u32) -> Changes {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let begin = place.and_then(|it| self.read(it)).unwrap_or_default().min(self.changes.len());
        let items: Vec<Change> = self.changes.iter().skip(begin).take(limit).cloned().collect();
        let end = begin + items.len();
        Changes { items, next: format!("{}:{end}", self.life), more: end < self.changes.len() }
    }

    fn read(&self, place: &str) -> Option<usize> {
        let (life, end) = place.split_once(':')?;
        (life.parse() == Ok(self.life)).then(|| end.parse().ok())?
    }
}

#[async_trait]
impl Feed for Memory {
    async fn changes(&self, after: Option<&str>, limit: u32) -> Result<Changes> {
        Ok(self.log.read().unwrap_or_else(PoisonError::into_inner).after(after, limit))
    }
}

#[async_trait]
impl Ordering for Memory {
    async fn put(&self, order: &PurchaseOrder) -> Result<PurchaseOrder> {
        self.record(|data| {
            let kept = data.purchase_orders.get(&order.number);
            if kept == Some(order) {
                return Ok(None);
            }
            let due = kept.map_or(1, |it| it.version.saturating_add(1));
            if order.version != due {
                return Err(Error::conflict(format!(
                    "version {} of {} does not follow; the next one is {due}",
                    order.version, order.number
                )));
            }
            let kind = match (order.status, kept) {
                (OrderStatus::Cancelled, _) => ChangeKind::OrderCancelled,
                (_, None) => ChangeKind::OrderApproved,
                (_, Some(_)) => ChangeKind::OrderChanged,
            };
            checked(|faults| check::order(data, order, faults))?;
            Ok(Some(self.put_in_force(data, order.clone(), kind)))
        })?;
        Ok(order.clone())
    }
}

#[async_trait]
impl Receiving for Memory {
    async fn record_receipt(&self, receipt: &Receipt) -> Result<Receipt> {
        self.record(|data| {
            let key = Data::receipt_key(receipt);
            match data.receipts.get(&key) {
                Some(first) if first == receipt => return Ok(None),
                Some(_) => return Err(taken("receipt", receipt.number.as_str())),
                None => checked(|faults| check::receipt(data, receipt, faults))?,
            }
            data.add_receipt(receipt.clone());
            let kind = match receipt.reversal_of {
                Some(_) => ChangeKind::ReceiptReversed,
                None => ChangeKind::ReceiptPosted,
            };
            Ok(Some(Change {
                kind,
                document: receipt.number.to_string(),
                // a document of several lines changes with each
                version: format!("{}:{}", key.1, key.2),
                facility_id: receipt.facility_id.clone(),
                ..self.movement(data, &receipt.purchase_order_number, receipt.effective_at, kind)
            }))
        })?;
        Ok(receipt.clone())
    }

    async fn record_return(&self, returned: &Return) -> Result<Return> {
        self.record(|data| {
            let same = |it: &&Return| {
                it.number == returned.number
                    && it.purchase_order_line == returned.purchase_order_line
            };
            let order = &returned.purchase_order_number;
            match data.returns_of.get(order).into_iter().flatten().find(same) {
                Some(first) if first == returned => return Ok(None),
                Some(_) => return Err(taken("return", returned.number.as_str())),
                None => checked(|faults| check::returned(data, returned, faults))?,
            }
            data.returns_of.entry(order.clone()).or_default().push(returned.clone());
            let kind = ChangeKind::ReturnShipped;
            Ok(Some(Change {
                document: returned.number.to_string(),
                version: format!("{order}:{}", returned.purchase_order_line),
                ..self.movement(data, order, returned.effective_at, kind)
            }))
        })?;
        Ok(returned.clone())
    }
}

#[async_trait]
impl Paying for Memory {
    async fn pay(&self, payment: &NewPayment) -> Result<Payable> {
        let (payable, is_new) = {
            let mut ledger = self.ledger.write().unwrap_or_else(PoisonError::into_inner);
            ledger.pay(payment)?
        };
        if is_new {
            let lines = payable.lines.iter();
            let mut orders: Vec<_> =
                lines.filter_map(|it| it.purchase_order_number.clone()).collect();
            orders.sort();
            orders.dedup();
            self.tell(Change {
                kind: ChangeKind::PaymentConfirmed,
                document: payable.id.to_string(),
                version: payment.number.clone(),
                purchase_orders: orders,
                supplier_id: Some(payable.supplier_id.clone()),
                facility_id: None,
                effective_at: payment.paid_at,
                recorded_at: self.now(),
            });
        }
        Ok(payable)
    }
}

impl Memory {
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// An order as it stands from now on, and what is told of it.
    pub(super) fn put_in_force(
        &self,
        data: &mut Data,
        order: PurchaseOrder,
        kind: ChangeKind,
    ) -> Change {
        let now = self.now();
        let change = Change {
            kind,
            document: order.number.to_string(),
            version: order.version.to_string(),
            purchase_orders: vec![order.number.clone()],
            supplier_id: Some(order.supplier_id.clone()),
            facility_id: order.facility_id.clone(),
            effective_at: now,
            recorded_at: now,
        };
        data.put_order(order);
        change
    }

    /// Changes the data and tells of it, or does neither.
    pub(super) fn record(
        &self,
        change: impl FnOnce(&mut Data) -> Result<Option<Change>>,
    ) -> Result<()> {
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        if self.told() >= self.records_max {
            return Err(Error::unavailable("the back end in memory is full of records"));
        }
        // ok: told under the lock, so that the feed has the order of the changes
        if let Some(change) = change(&mut data)? {
            self.tell(change);
        }
        Ok(())
    }

    fn told(&self) -> usize {
        self.log.read().unwrap_or_else(PoisonError::into_inner).changes.len()
    }

    fn tell(&self, change: Change) {
        self.log.write().unwrap_or_else(PoisonError::into_inner).changes.push(change);
    }

    /// What a receipt and a return have in common.
    fn movement(
        &self,
        data: &Data,
        order: &canonical::PurchaseOrderNumber,
        effective_at: Timestamp,
        kind: ChangeKind,
    ) -> Change {
        let of = data.purchase_orders.get(order);
        Change {
            kind,
            document: String::new(),
            version: String::new(),
            purchase_orders: vec![order.clone()],
            supplier_id: of.map(|it| it.supplier_id.clone()),
            facility_id: of.and_then(|it| it.facility_id.clone()),
            effective_at,
            recorded_at: self.now(),
        }
    }
}

fn taken(what: &str, number: &str) -> Error {
    Error::conflict(format!("the {what} {number} is there already, and another one"))
}

/// The faults of one record; they are about the whole of it.
pub(super) fn checked(check: impl FnOnce(&mut Vec<FieldError>)) -> Result<()> {
    let mut faults = Vec::new();
    check(&mut faults);
    if faults.is_empty() {
        return Ok(());
    }
    for fault in &mut faults {
        fault.pointer = String::new();
    }
    Err(Error::invalid_fields(faults))
}
