//! Items in memory.

use super::{Memory, paging};
use crate::Items;
use async_trait::async_trait;
use canonical::{Error, Item, ItemId, Page, PageRequest, Result};
use std::collections::BTreeSet;

#[async_trait]
impl Items for Memory {
    async fn get(&self, id: &ItemId) -> Result<Item> {
        self.data().items.get(id).cloned().ok_or_else(|| Error::not_found("item", id))
    }

    async fn get_many(&self, ids: &[ItemId]) -> Result<Vec<Item>> {
        let ids: BTreeSet<_> = ids.iter().collect();
        let data = self.data();
        Ok(ids.into_iter().filter_map(|id| data.items.get(id)).cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Item>> {
        paging::page("items", &self.data().items, page, |_| true)
    }
}
