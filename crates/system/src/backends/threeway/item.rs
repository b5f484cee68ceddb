//! Items.

use super::Threeway;
use crate::Items;
use async_trait::async_trait;
use canonical::{Item, ItemId, Page, PageRequest, Result};

#[async_trait]
impl Items for Threeway {
    async fn get(&self, id: &ItemId) -> Result<Item> {
        let found: Option<Item> = self.client.get(&["items", id.as_str()]).await?;
        self.same(found, "item", id, |it| &it.id)
    }

    async fn get_many(&self, ids: &[ItemId]) -> Result<Vec<Item>> {
        let keys = ids.iter().map(|it| ("id", it.to_string())).collect();
        self.client.keyed("items", keys, &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Item>> {
        self.client.list("items", Vec::new(), page).await
    }
}
