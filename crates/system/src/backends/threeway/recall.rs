//! Recall notices.

use super::Threeway;
use crate::Recalls;
use async_trait::async_trait;
use canonical::{ItemId, Page, PageRequest, Recall, Result};

#[async_trait]
impl Recalls for Threeway {
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<Recall>> {
        let keys = items.iter().map(|it| ("item", it.to_string())).collect();
        self.client.keyed("recalls", keys, &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Recall>> {
        self.client.list("recalls", Vec::new(), page).await
    }
}
