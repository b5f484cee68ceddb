//! Suppliers in memory.

use super::{Memory, paging};
use crate::Suppliers;
use async_trait::async_trait;
use canonical::{Error, ExternalId, Page, PageRequest, Result, Supplier, SupplierId};

#[async_trait]
impl Suppliers for Memory {
    async fn get(&self, id: &SupplierId) -> Result<Supplier> {
        self.data().suppliers.get(id).cloned().ok_or_else(|| Error::not_found("supplier", id))
    }

    async fn find(&self, name: &ExternalId) -> Result<Option<Supplier>> {
        let data = self.data();
        let mut named = data.suppliers.values().filter(|it| it.external_ids.contains(name));
        let first = named.next();
        if named.next().is_some() {
            let ExternalId { system, key, .. } = name;
            return Err(Error::conflict(format!("several suppliers are called {key} by {system}")));
        }
        Ok(first.cloned())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Supplier>> {
        paging::page("suppliers", &self.data().suppliers, page, |_| true)
    }
}
