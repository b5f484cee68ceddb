//! Usage of consigned and bill-only goods.

use super::Threeway;
use crate::Usages;
use async_trait::async_trait;
use canonical::{ItemId, Page, PageRequest, PurchaseOrderNumber, Result, UsageEvent};

#[async_trait]
impl Usages for Threeway {
    async fn of_orders(
        &self,
        orders: &[PurchaseOrderNumber],
        items: &[ItemId],
    ) -> Result<Vec<UsageEvent>> {
        let orders = orders.iter().map(|it| ("purchase_order", it.to_string()));
        let items = items.iter().map(|it| ("item", it.to_string()));
        // a usage has an order or waits for one, so that no two pieces find it
        self.client.keyed("usages", orders.chain(items).collect(), &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<UsageEvent>> {
        self.client.list("usages", Vec::new(), page).await
    }
}
