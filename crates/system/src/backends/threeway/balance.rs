//! Stock on hand and its value.

use super::Threeway;
use crate::Balances;
use async_trait::async_trait;
use canonical::{InventoryBalance, ItemId, Page, PageRequest, Result};

#[async_trait]
impl Balances for Threeway {
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<InventoryBalance>> {
        let keys = items.iter().map(|it| ("item", it.to_string())).collect();
        self.client.keyed("inventory-balances", keys, &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<InventoryBalance>> {
        self.client.list("inventory-balances", Vec::new(), page).await
    }
}
