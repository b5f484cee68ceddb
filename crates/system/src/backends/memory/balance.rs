//! Stock on hand and its value in memory.

use super::{Memory, paging};
use crate::Balances;
use async_trait::async_trait;
use canonical::{InventoryBalance, ItemId, Page, PageRequest, Result};

#[async_trait]
impl Balances for Memory {
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<InventoryBalance>> {
        let wanted = |it: &&InventoryBalance| items.contains(&it.item_id);
        Ok(self.data().balances.values().filter(wanted).cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<InventoryBalance>> {
        paging::page("balances", &self.data().balances, page, |_| true)
    }
}
