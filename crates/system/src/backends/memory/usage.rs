//! Usage of consigned and bill-only goods in memory.

use super::{Memory, paging};
use crate::Usages;
use async_trait::async_trait;
use canonical::{ItemId, Page, PageRequest, PurchaseOrderNumber, Result, UsageEvent};

#[async_trait]
impl Usages for Memory {
    async fn of_orders(
        &self,
        orders: &[PurchaseOrderNumber],
        items: &[ItemId],
    ) -> Result<Vec<UsageEvent>> {
        let wanted = |it: &&UsageEvent| {
            it.purchase_order_number
                .as_ref()
                .map_or_else(|| items.contains(&it.item_id), |order| orders.contains(order))
        };
        Ok(self.data().usages.values().filter(wanted).cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<UsageEvent>> {
        paging::page("usages", &self.data().usages, page, |_| true)
    }
}
