//! Recall notices in memory.

use super::{Memory, paging};
use crate::Recalls;
use async_trait::async_trait;
use canonical::{ItemId, Page, PageRequest, Recall, Result};

#[async_trait]
impl Recalls for Memory {
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<Recall>> {
        let wanted = |it: &&Recall| items.contains(&it.item_id);
        Ok(self.data().recalls.values().filter(wanted).cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Recall>> {
        paging::page("recalls", &self.data().recalls, page, |_| true)
    }
}
