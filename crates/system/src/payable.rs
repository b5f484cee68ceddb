//! What a back end must do to keep payables: the finance side.

use async_trait::async_trait;
use canonical::{
    InvoiceId, NewPayable, NewPayment, Page, PageRequest, Payable, PayableId, PurchaseOrderNumber,
    Result, SupplierId, SupplierInvoiceNumber,
};
use std::fmt::Debug;

/// Reads payables and makes them, once each.
#[async_trait]
pub trait Payables: Debug + Send + Sync {
    /// One payable with its payment status.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, id: &PayableId) -> Result<Payable>;

    /// The inquiry that resolves an unknown result: the payable made from this invoice of ours.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn find(&self, invoice: &InvoiceId) -> Result<Option<Payable>>;

    /// The payables made from these invoices of ours, in one call to the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn find_many(&self, invoices: &[InvoiceId]) -> Result<Vec<Payable>>;

    /// Payables of a supplier under its own number for the invoice, cancelled ones left out.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn find_by_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> Result<Vec<Payable>>;

    /// Payables with a line that bills one of these orders, whoever booked them, cancelled ones
    /// left out, each once, in one call to the back end. A ledger that does not know orders gives
    /// none.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Vec<Payable>>;

    /// Books a payable and posts it to the ledger. Called again with the same `invoice_id` it finds
    /// the first, finishes what was left undone, and makes no second one.
    ///
    /// # Errors
    /// `conflict` where the finance system holds the reference already and not from this invoice,
    /// or refuses the post for a business reason; `unavailable`, `timed_out`, `upstream` where the
    /// result is unknown: inquire with [`Payables::find`], or call again.
    async fn create(&self, payable: &NewPayable) -> Result<Payable>;

    /// Payables in the order of their ids.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(
        &self,
        supplier: Option<&SupplierId>,
        page: &PageRequest,
    ) -> Result<Page<Payable>>;
}

/// Takes payments from us: a finance system that can be told what was paid.
#[async_trait]
pub trait Paying: Debug + Send + Sync {
    /// Records a payment, once per number, and gives the payable as it then stands.
    ///
    /// # Errors
    /// `not_found` for a payable that is not there; `invalid` for more than is owed; `conflict`
    /// where the number is taken by another payment; `unavailable`, `timed_out`, `upstream` where
    /// the result is unknown: call again.
    async fn pay(&self, payment: &NewPayment) -> Result<Payable>;
}
