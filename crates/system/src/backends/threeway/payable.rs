//! Payables: booked and paid there once each, whatever is repeated.

use super::Threeway;
use super::client::{Written, filter, one_number};
use crate::{Payables, Paying};
use async_trait::async_trait;
use canonical::{
    Error, InvoiceId, Kind, NewPayable, NewPayment, Page, PageRequest, Payable, PayableId,
    PurchaseOrderNumber, Result, SupplierId, SupplierInvoiceNumber,
};
use http::Method;
use stack::idempotency;
use std::collections::BTreeSet;

const NOUN: &str = "payables";

#[async_trait]
impl Payables for Threeway {
    async fn get(&self, id: &PayableId) -> Result<Payable> {
        let found: Option<Payable> = self.client.get(&[NOUN, id.as_str()]).await?;
        self.same(found, "payable", id, |it| &it.id)
    }

    async fn find(&self, invoice: &InvoiceId) -> Result<Option<Payable>> {
        let found = self.find_many(std::slice::from_ref(invoice)).await?;
        Ok(found.into_iter().find(|it| it.invoice_id.as_ref() == Some(invoice)))
    }

    async fn find_many(&self, invoices: &[InvoiceId]) -> Result<Vec<Payable>> {
        let keys = invoices.iter().map(|it| ("invoice_id", it.to_string())).collect();
        self.client.keyed(NOUN, keys, &[]).await
    }

    async fn find_by_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> Result<Vec<Payable>> {
        let keys = [("reference", reference.to_string())].into();
        self.client.keyed(NOUN, keys, &[("supplier", supplier.to_string())]).await
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Vec<Payable>> {
        let keys = orders.iter().map(|it| ("purchase_order", it.to_string())).collect();
        let mut found: Vec<Payable> = self.client.keyed(NOUN, keys, &[]).await?;
        // one that bills orders of two pieces is in both
        let mut seen = BTreeSet::new();
        found.retain(|it| seen.insert(it.id.clone()));
        Ok(found)
    }

    async fn create(&self, payable: &NewPayable) -> Result<Payable> {
        let key = idempotency::key("payable", &[payable.invoice_id.as_str()]);
        let written = self.client.write(Method::POST, &[NOUN], &key, payable).await;
        let booked: Payable = match written {
            Ok(Some(it)) => it.value,
            Ok(None) => return Err(self.client.keeps_no(NOUN)),
            // booked before, and said otherwise than now: it is the first
            Err(error) if error.kind() == Kind::KeyReused => {
                match self.find(&payable.invoice_id).await? {
                    Some(first) => first,
                    None => return Err(Error::conflict(error.message()).because(error)),
                }
            }
            Err(error) => return Err(error),
        };
        if booked.invoice_id.as_ref() == Some(&payable.invoice_id) {
            return Ok(booked);
        }
        Err(self.client.upstream_error("answers with the payable of another invoice"))
    }

    async fn list(
        &self,
        supplier: Option<&SupplierId>,
        page: &PageRequest,
    ) -> Result<Page<Payable>> {
        self.client.list(NOUN, filter("supplier", supplier).into_iter().collect(), page).await
    }
}

#[async_trait]
impl Paying for Threeway {
    async fn pay(&self, payment: &NewPayment) -> Result<Payable> {
        let key = idempotency::key("payment", &[&payment.number]);
        let paid = self.client.write(Method::POST, &["payments"], &key, payment).await;
        let paid: Option<Written<Payable>> = one_number(paid)?;
        let paid = paid.map(|it| it.value);
        self.same(paid, "payable", &payment.payable_id, |it| &it.id)
    }
}
