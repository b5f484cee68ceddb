//! The back end in memory, behind the weather. Master data is read in any weather: it is cached.

use crate::weather::Weather;
use async_trait::async_trait;
use canonical::{
    Changes, InvoiceId, NewPayable, Page, PageRequest, Payable, PayableId, PurchaseOrder,
    PurchaseOrderNumber, Receipt, ReceiptNumber, Result, SupplierId, SupplierInvoiceNumber,
};
use std::sync::Arc;
use system::backends::Backend;
use system::{
    CostCenters, Facilities, Feed, Items, Movements, OrderFilter, Payables, PurchaseOrders,
    Receipts, Suppliers,
};

/// A back end, or one of its capabilities, behind the weather.
#[derive(Debug)]
pub(crate) struct Outside<T: ?Sized> {
    pub(crate) weather: Weather,
    pub(crate) inner: Arc<T>,
}

impl Outside<dyn Backend> {
    fn behind<T: ?Sized>(&self, inner: Option<Arc<T>>) -> Option<Arc<Outside<T>>> {
        Some(Arc::new(Outside { weather: self.weather.clone(), inner: inner? }))
    }

    fn inner(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.inner)
    }
}

impl Backend for Outside<dyn Backend> {
    fn suppliers(self: Arc<Self>) -> Option<Arc<dyn Suppliers>> {
        self.inner().suppliers()
    }

    fn items(self: Arc<Self>) -> Option<Arc<dyn Items>> {
        self.inner().items()
    }

    fn facilities(self: Arc<Self>) -> Option<Arc<dyn Facilities>> {
        self.inner().facilities()
    }

    fn cost_centers(self: Arc<Self>) -> Option<Arc<dyn CostCenters>> {
        self.inner().cost_centers()
    }

    fn purchase_orders(self: Arc<Self>) -> Option<Arc<dyn PurchaseOrders>> {
        self.behind(self.inner().purchase_orders()).map(|it| it as Arc<dyn PurchaseOrders>)
    }

    fn receipts(self: Arc<Self>) -> Option<Arc<dyn Receipts>> {
        self.behind(self.inner().receipts()).map(|it| it as Arc<dyn Receipts>)
    }

    fn payables(self: Arc<Self>) -> Option<Arc<dyn Payables>> {
        self.behind(self.inner().payables()).map(|it| it as Arc<dyn Payables>)
    }

    fn feed(self: Arc<Self>) -> Option<Arc<dyn Feed>> {
        self.behind(self.inner().feed()).map(|it| it as Arc<dyn Feed>)
    }
}

#[async_trait]
impl PurchaseOrders for Outside<dyn PurchaseOrders> {
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        self.weather.through(self.inner.get(number)).await
    }

    async fn get_many(&self, numbers: &[PurchaseOrderNumber]) -> Result<Vec<PurchaseOrder>> {
        self.weather.through(self.inner.get_many(numbers)).await
    }

    async fn list(&self, filter: &OrderFilter, page: &PageRequest) -> Result<Page<PurchaseOrder>> {
        self.weather.through(self.inner.list(filter, page)).await
    }
}

#[async_trait]
impl Receipts for Outside<dyn Receipts> {
    async fn get(&self, number: &ReceiptNumber) -> Result<Vec<Receipt>> {
        self.weather.through(self.inner.get(number)).await
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Movements> {
        self.weather.through(self.inner.of_orders(orders)).await
    }

    async fn list(
        &self,
        order: Option<&PurchaseOrderNumber>,
        page: &PageRequest,
    ) -> Result<Page<Receipt>> {
        self.weather.through(self.inner.list(order, page)).await
    }
}

#[async_trait]
impl Payables for Outside<dyn Payables> {
    async fn get(&self, id: &PayableId) -> Result<Payable> {
        self.weather.through(self.inner.get(id)).await
    }

    async fn find(&self, invoice: &InvoiceId) -> Result<Option<Payable>> {
        self.weather.through(self.inner.find(invoice)).await
    }

    async fn find_many(&self, invoices: &[InvoiceId]) -> Result<Vec<Payable>> {
        self.weather.through(self.inner.find_many(invoices)).await
    }

    async fn find_by_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> Result<Vec<Payable>> {
        self.weather.through(self.inner.find_by_reference(supplier, reference)).await
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Vec<Payable>> {
        self.weather.through(self.inner.of_orders(orders)).await
    }

    async fn create(&self, payable: &NewPayable) -> Result<Payable> {
        self.weather.through(self.inner.create(payable)).await
    }

    async fn list(
        &self,
        supplier: Option<&SupplierId>,
        page: &PageRequest,
    ) -> Result<Page<Payable>> {
        self.weather.through(self.inner.list(supplier, page)).await
    }
}

#[async_trait]
impl Feed for Outside<dyn Feed> {
    async fn changes(&self, after: Option<&str>, limit: u32) -> Result<Changes> {
        self.weather.through(self.inner.changes(after, limit)).await
    }
}
