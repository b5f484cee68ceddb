//! Payables in memory.

use super::{Memory, ledger::Ledger, paging};
use crate::Payables;
use async_trait::async_trait;
use canonical::{
    Decimal, Error, Exact, InvoiceId, Money, NewPayable, NewPayableLine, Page, PageRequest,
    Payable, PayableId, PayableLine, PayableState, Payment, PaymentState, PurchaseOrderNumber,
    Result, SupplierId, SupplierInvoiceNumber, SupplierStatus,
};
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLockReadGuard};

#[async_trait]
impl Payables for Memory {
    async fn get(&self, id: &PayableId) -> Result<Payable> {
        let found = self.read().payables.get(id).cloned();
        found.ok_or_else(|| Error::not_found("payable", id))
    }

    async fn find(&self, invoice: &InvoiceId) -> Result<Option<Payable>> {
        Ok(self.read().of_invoice(invoice).cloned())
    }

    async fn find_many(&self, invoices: &[InvoiceId]) -> Result<Vec<Payable>> {
        let ledger = self.read();
        let invoices: BTreeSet<_> = invoices.iter().collect();
        Ok(invoices.into_iter().filter_map(|it| ledger.of_invoice(it)).cloned().collect())
    }

    async fn find_by_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> Result<Vec<Payable>> {
        let ledger = self.read();
        Ok(ledger.of_reference(supplier, reference).cloned().collect())
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Vec<Payable>> {
        Ok(self.read().of_orders(orders).cloned().collect())
    }

    async fn create(&self, payable: &NewPayable) -> Result<Payable> {
        let today = (self.clock)().to_zoned(jiff::tz::TimeZone::UTC).date();
        let mut ledger = self.ledger.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = ledger.of_invoice(&payable.invoice_id) {
            return Ok(first.clone());
        }
        if let Some(other) = ledger.of_reference(&payable.supplier_id, &payable.reference).next() {
            return Err(Error::conflict(format!(
                "{} of {} is booked already as {}",
                payable.reference, payable.supplier_id, other.id
            )));
        }
        if ledger.payables.len() >= self.payables_max {
            return Err(Error::unavailable("the back end in memory is full of payables"));
        }
        self.may_be_paid(&payable.supplier_id)?;
        let posted =
            Payable { posting_date: Some(today), ..posted(payable, ledger.next(today.year())?)? };
        ledger.insert(posted.clone());
        Ok(posted)
    }

    async fn list(
        &self,
        supplier: Option<&SupplierId>,
        page: &PageRequest,
    ) -> Result<Page<Payable>> {
        paging::page("payables", &self.read().payables, page, |it| {
            supplier.is_none_or(|supplier| *supplier == it.supplier_id)
        })
    }
}

impl Memory {
    fn read(&self) -> RwLockReadGuard<'_, Ledger> {
        // a panic elsewhere leaves the ledger whole: it is changed in one step
        self.ledger.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_be_paid(&self, id: &SupplierId) -> Result<()> {
        match self.data().suppliers.get(id).map(|it| it.status) {
            Some(SupplierStatus::Active) => Ok(()),
            Some(SupplierStatus::Inactive) => {
                Err(Error::conflict(format!("the supplier {id} is inactive and cannot be paid")))
            }
            None => Err(Error::conflict(format!("the supplier {id} is not in the ledger"))),
        }
    }
}

/// The payable as it stands in the ledger, under this id and document number.
fn posted(new: &NewPayable, (id, number): (PayableId, String)) -> Result<Payable> {
    let money = |amount: &Decimal, pointer: &str| {
        Money::written(amount, new.currency)
            .map_err(|detail| Error::invalid_field(pointer.to_owned(), detail))
    };
    if new.lines.is_empty() {
        return Err(Error::invalid_field("/lines", "a payable has at least one line"));
    }
    let total = money(&new.gross_amount, "/gross_amount")?;
    let tax = money(&new.tax_amount, "/tax_amount")?;
    let mut lines = Vec::with_capacity(new.lines.len());
    let mut sum = tax.minor();
    for (index, line) in new.lines.iter().enumerate() {
        let line = booked(line, money(&line.net_amount, &format!("/lines/{index}/net_amount"))?);
        sum += line.net.minor();
        lines.push(line);
    }
    if sum != total.minor() {
        let sum = Money::from_minor(sum, new.currency);
        return Err(Error::conflict(format!(
            "lines and tax of {} add up to {sum}, not to {total}",
            new.reference
        )));
    }
    let payment = Payment {
        state: PaymentState::Unpaid,
        paid: Money::zero(new.currency),
        outstanding: total,
    };
    Ok(Payable {
        id,
        document_number: Some(number),
        reference: new.reference.clone(),
        invoice_id: Some(new.invoice_id.clone()),
        supplier_id: new.supplier_id.clone(),
        invoice_date: Some(new.invoice_date),
        posting_date: None,
        state: PayableState::Posted,
        total,
        lines,
        payment,
        external_ids: Vec::new(),
    })
}

fn booked(line: &NewPayableLine, net: Money) -> PayableLine {
    PayableLine {
        purchase_order_number: line.purchase_order_number.clone(),
        purchase_order_line: line.purchase_order_line,
        item_id: line.item_id.clone(),
        quantity: line.quantity.clone(),
        unit_price: per_unit(line),
        net,
    }
}

/// The price of one unit; a ledger has no price base. Six places are all the wire has (R6).
fn per_unit(line: &NewPayableLine) -> Decimal {
    let base = line.price_base.exact();
    if base == Exact::from_integer(0.into()) {
        return line.unit_price;
    }
    let price = line.unit_price.exact() / base;
    canonical::show(&price, 6).parse().unwrap_or(line.unit_price)
}
