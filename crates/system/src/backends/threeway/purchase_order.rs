//! Purchase orders: read, and put in force.

use super::Threeway;
use super::client::{Written, filter, one_number};
use crate::{OrderFilter, Ordering, PurchaseOrders};
use async_trait::async_trait;
use canonical::{
    Error, OrderStatus, Page, PageRequest, PurchaseOrder, PurchaseOrderNumber, Result,
};
use http::Method;
use stack::idempotency;

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

#[async_trait]
impl Ordering for Threeway {
    async fn put(&self, order: &PurchaseOrder) -> Result<PurchaseOrder> {
        let (number, version) = (order.number.as_str(), order.version.to_string());
        let key = idempotency::key("order", &[number, &version]);
        let path = ["purchase-orders", number];
        let put = self.client.write(Method::PUT, &path, &key, order).await;
        let put: Written<PurchaseOrder> =
            one_number(put)?.ok_or_else(|| self.client.keeps_no("purchase-orders"))?;
        if !put.replayed {
            return Ok(put.value);
        }
        // what was answered once need not be in force any more
        let in_force = PurchaseOrders::get(self, &order.number).await?;
        if in_force.version == order.version {
            return Ok(in_force);
        }
        let (there, version) = (in_force.version, order.version);
        let message = format!("version {version} of {number} was replaced; {there} is in force");
        Err(Error::conflict(message))
    }
}

/// A status in the word of the wire.
fn word(status: OrderStatus) -> Option<String> {
    serde_json::to_value(status).ok()?.as_str().map(str::to_owned)
}
