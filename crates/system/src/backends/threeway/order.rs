//! Purchase orders.

use super::Threeway;
use super::master::filter;
use crate::{OrderFilter, PurchaseOrders};
use async_trait::async_trait;
use canonical::{OrderStatus, Page, PageRequest, PurchaseOrder, PurchaseOrderNumber, Result};

#[async_trait]
impl PurchaseOrders for Threeway {
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        let path = ["purchase-orders", number.as_str()];
        let found: Option<PurchaseOrder> = self.client.get(&path).await?;
        self.same(found, "purchase order", number, |it| &it.number)
    }

    async fn get_many(&self, numbers: &[PurchaseOrderNumber]) -> Result<Vec<PurchaseOrder>> {
        let keys = numbers.iter().map(|it| ("number", it.to_string())).collect();
        self.client.keyed("purchase-orders", keys, &[]).await
    }

    async fn list(&self, by: &OrderFilter, page: &PageRequest) -> Result<Page<PurchaseOrder>> {
        let query = [
            filter("supplier", by.supplier_id.as_ref()),
            filter("facility", by.facility_id.as_ref()),
            filter("status", by.status.and_then(word)),
        ];
        self.client.list("purchase-orders", query.into_iter().flatten().collect(), page).await
    }
}

/// A status in the word of the wire.
fn word(status: OrderStatus) -> Option<String> {
    serde_json::to_value(status).ok()?.as_str().map(str::to_owned)
}
