//! Purchase orders in memory.

use super::{Memory, paging};
use crate::{OrderFilter, PurchaseOrders};
use async_trait::async_trait;
use canonical::{Error, Page, PageRequest, PurchaseOrder, PurchaseOrderNumber, Result};
use std::collections::BTreeSet;

#[async_trait]
impl PurchaseOrders for Memory {
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        let order = self.data().purchase_orders.get(number).cloned();
        order.ok_or_else(|| Error::not_found("purchase order", number))
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
