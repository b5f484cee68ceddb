//! The ledger of payables: by id, by invoice of ours, and by the supplier's reference.

use canonical::{
    Error, InvoiceId, Money, NewPayment, Payable, PayableId, PayableState, Payment, PaymentState,
    PurchaseOrderNumber, Result, SupplierId, SupplierInvoiceNumber,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Payables and their indexes. Changed in one step under the write lock.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) payables: BTreeMap<PayableId, Payable>,
    by_invoice: HashMap<InvoiceId, PayableId>,
    by_reference: HashMap<(SupplierId, SupplierInvoiceNumber), Vec<PayableId>>,
    by_order: HashMap<PurchaseOrderNumber, BTreeSet<PayableId>>,
    payments: HashMap<String, NewPayment>,
}

impl Ledger {
    /// A ledger that holds these already.
    pub(super) fn of(payables: impl Iterator<Item = Payable>) -> Self {
        let mut ledger = Self::default();
        for payable in payables {
            ledger.insert(payable);
        }
        ledger
    }

    /// The payable made from an invoice of ours.
    pub(super) fn of_invoice(&self, invoice: &InvoiceId) -> Option<&Payable> {
        self.payables.get(self.by_invoice.get(invoice)?)
    }

    /// The payables of a supplier under its own number, without the cancelled ones.
    pub(super) fn of_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> impl Iterator<Item = &Payable> {
        let ids = self.by_reference.get(&(supplier.clone(), reference.clone()));
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.payables.get(id))
            .filter(|it| it.state != PayableState::Cancelled)
    }

    /// The payables that bill one of these orders, each once, without the cancelled ones.
    pub(super) fn of_orders(
        &self,
        orders: &[PurchaseOrderNumber],
    ) -> impl Iterator<Item = &Payable> {
        let ids: BTreeSet<&PayableId> =
            orders.iter().filter_map(|it| self.by_order.get(it)).flatten().collect();
        ids.into_iter()
            .filter_map(|id| self.payables.get(id))
            .filter(|it| it.state != PayableState::Cancelled)
    }

    /// The id and the document number of the next payable.
    pub(super) fn next(&self, year: i16) -> Result<(PayableId, String)> {
        let mut next = self.payables.len() + 1;
        loop {
            let id: PayableId = format!("PAY-{next:08}").parse().map_err(Error::internal)?;
            if !self.payables.contains_key(&id) {
                return Ok((id, format!("{year}-{next:08}")));
            }
            next += 1;
        }
    }

    /// Records a payment; gives the payable, and whether the payment is new.
    pub(super) fn pay(&mut self, payment: &NewPayment) -> Result<(Payable, bool)> {
        let id = &payment.payable_id;
        let payable = self.payables.get_mut(id).ok_or_else(|| Error::not_found("payable", id))?;
        match self.payments.get(&payment.number) {
            Some(first) if first == payment => return Ok((payable.clone(), false)),
            Some(_) => {
                let message = format!("the payment {} is another one", payment.number);
                return Err(Error::conflict(message));
            }
            None => {}
        }
        let (amount, owed) = (payment.amount, payable.payment.outstanding);
        let fits = amount.currency() == owed.currency()
            && amount.minor() > 0
            && amount.minor() <= owed.minor();
        if !fits || payable.state != PayableState::Posted {
            let detail = format!("{id} is {:?}, and {owed} is owed", payable.state);
            return Err(Error::invalid_field("/amount", detail));
        }
        let left = Money::from_minor(owed.minor() - amount.minor(), owed.currency());
        let paid = payable.payment.paid.minor() + amount.minor();
        let is_settled = left.minor() == 0;
        payable.payment = Payment {
            state: if is_settled { PaymentState::Paid } else { PaymentState::PartiallyPaid },
            paid: Money::from_minor(paid, owed.currency()),
            outstanding: left,
        };
        if is_settled {
            payable.state = PayableState::Paid;
        }
        self.payments.insert(payment.number.clone(), payment.clone());
        Ok((payable.clone(), true))
    }

    /// Books a payable.
    pub(super) fn insert(&mut self, payable: Payable) {
        let id = payable.id.clone();
        if let Some(invoice) = &payable.invoice_id {
            self.by_invoice.insert(invoice.clone(), id.clone());
        }
        let reference = (payable.supplier_id.clone(), payable.reference.clone());
        self.by_reference.entry(reference).or_default().push(id.clone());
        for order in payable.lines.iter().filter_map(|it| it.purchase_order_number.as_ref()) {
            self.by_order.entry(order.clone()).or_default().insert(id.clone());
        }
        self.payables.insert(id, payable);
    }
}
