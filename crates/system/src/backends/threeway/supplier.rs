//! Suppliers.

use super::Threeway;
use crate::Suppliers;
use async_trait::async_trait;
use canonical::{Error, ExternalId, Page, PageRequest, Result, Supplier, SupplierId};

#[async_trait]
impl Suppliers for Threeway {
    async fn get(&self, id: &SupplierId) -> Result<Supplier> {
        let found: Option<Supplier> = self.client.get(&["suppliers", id.as_str()]).await?;
        self.same(found, "supplier", id, |it| &it.id)
    }

    async fn find(&self, name: &ExternalId) -> Result<Option<Supplier>> {
        let keys = [("external_id", written(name))].into();
        let more = [("external_entity", name.entity.clone())];
        let mut found: Vec<Supplier> = self.client.keyed("suppliers", keys, &more).await?;
        match (found.pop(), found.is_empty()) {
            (one, true) => Ok(one),
            _ => Err(Error::conflict(format!(
                "several suppliers are called {} by {}",
                name.key, name.system
            ))),
        }
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Supplier>> {
        self.client.list("suppliers", Vec::new(), page).await
    }
}

/// A name as the API takes it: the first colon ends the name of the system.
pub(super) fn written(name: &ExternalId) -> String {
    let system = name.system.replace('%', "%25").replace(':', "%3A");
    format!("{system}:{}", name.key)
}
