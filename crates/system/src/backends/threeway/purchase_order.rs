//! Purchase orders: read, and put in force.

use super::Threeway;
use super::client::{Written, filter, one_number};
use crate::{OrderFilter, Ordering, PurchaseOrders, Purchasing};
use async_trait::async_trait;
use canonical::{
    Error, Kind, NewPurchaseOrder, OrderStatus, Page, PageRequest, PurchaseOrder,
    PurchaseOrderNumber, RequisitionId, Result,
};
use http::Method;
use stack::idempotency;

const NOUN: &str = "purchase-orders";

#[async_trait]
impl PurchaseOrders for Threeway {
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        let path = [NOUN, number.as_str()];
        let found: Option<PurchaseOrder> = self.client.get(&path).await?;
        self.same(found, "purchase order", number, |it| &it.number)
    }

    async fn get_many(&self, numbers: &[PurchaseOrderNumber]) -> Result<Vec<PurchaseOrder>> {
        let keys = numbers.iter().map(|it| ("number", it.to_string())).collect();
        self.client.keyed(NOUN, keys, &[]).await
    }

    async fn list(&self, by: &OrderFilter, page: &PageRequest) -> Result<Page<PurchaseOrder>> {
        let query = [
            filter("supplier", by.supplier_id.as_ref()),
            filter("facility", by.facility_id.as_ref()),
            filter("status", by.status.and_then(word)),
        ];
        self.client.list(NOUN, query.into_iter().flatten().collect(), page).await
    }
}

#[async_trait]
impl Ordering for Threeway {
    async fn put(&self, order: &PurchaseOrder) -> Result<PurchaseOrder> {
        let (number, version) = (order.number.as_str(), order.version.to_string());
        let key = idempotency::key("order", &[number, &version]);
        let path = [NOUN, number];
        let put = self.client.write(Method::PUT, &path, &key, order).await;
        let put: Written<PurchaseOrder> =
            one_number(put)?.ok_or_else(|| self.client.keeps_no(NOUN))?;
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

#[async_trait]
impl Purchasing for Threeway {
    async fn find(&self, requisition: &RequisitionId) -> Result<Option<PurchaseOrder>> {
        let keys = [("requisition", requisition.to_string())].into();
        let found: Vec<PurchaseOrder> = self.client.keyed(NOUN, keys, &[]).await?;
        Ok(found.into_iter().find(|it| it.requisition_id.as_ref() == Some(requisition)))
    }

    async fn place(&self, order: &NewPurchaseOrder) -> Result<PurchaseOrder> {
        let key = idempotency::key("requisition", &[order.requisition_id.as_str()]);
        let written = self.client.write(Method::POST, &[NOUN], &key, order).await;
        let placed: PurchaseOrder = match written {
            Ok(Some(Written { value, replayed: false })) => value,
            Ok(None) => return Err(self.client.keeps_no(NOUN)),
            // placed before: as it is in force now, not as it was answered then
            Ok(Some(_)) => self.first(&order.requisition_id).await?,
            Err(error) if error.kind() == Kind::KeyReused => {
                self.first(&order.requisition_id).await?
            }
            Err(error) => return Err(error),
        };
        if placed.requisition_id.as_ref() == Some(&order.requisition_id) {
            return Ok(placed);
        }
        Err(self.client.upstream_error("answers with the order of another requisition"))
    }

    async fn cancel(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        let key = idempotency::key("cancellation", &[number.as_str()]);
        let path = [NOUN, number.as_str(), "cancellation"];
        let written = self.client.write(Method::POST, &path, &key, &serde_json::json!({})).await;
        let cancelled: Option<Written<PurchaseOrder>> = one_number(written)?;
        self.same(cancelled.map(|it| it.value), "purchase order", number, |it| &it.number)
    }
}

impl Threeway {
    /// The order that was made of a requisition before.
    async fn first(&self, requisition: &RequisitionId) -> Result<PurchaseOrder> {
        let found = Purchasing::find(self, requisition).await?;
        found.ok_or_else(|| self.client.upstream_error("does not find the order it has made"))
    }
}

/// A status in the word of the wire.
fn word(status: OrderStatus) -> Option<String> {
    serde_json::to_value(status).ok()?.as_str().map(str::to_owned)
}
