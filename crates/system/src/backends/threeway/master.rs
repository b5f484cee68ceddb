//! Master data: suppliers, items, facilities, cost centres.

use super::Threeway;
use super::client::Parameter;
use crate::{CostCenters, Facilities, Items, Suppliers};
use async_trait::async_trait;
use canonical::{
    CostCenter, CostCenterId, Error, ExternalId, Facility, FacilityId, Item, ItemId, Page,
    PageRequest, Result, Supplier, SupplierId,
};

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

#[async_trait]
impl Facilities for Threeway {
    async fn get(&self, id: &FacilityId) -> Result<Facility> {
        let found: Option<Facility> = self.client.get(&["facilities", id.as_str()]).await?;
        self.same(found, "facility", id, |it| &it.id)
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Facility>> {
        self.client.list("facilities", Vec::new(), page).await
    }
}

#[async_trait]
impl CostCenters for Threeway {
    async fn get(&self, id: &CostCenterId) -> Result<CostCenter> {
        let found: Option<CostCenter> = self.client.get(&["cost-centers", id.as_str()]).await?;
        self.same(found, "cost center", id, |it| &it.id)
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CostCenter>> {
        self.client.list("cost-centers", Vec::new(), page).await
    }
}

impl Threeway {
    /// The document that was asked for, and no other.
    ///
    /// # Errors
    /// `not_found`; `upstream` for another document.
    pub(super) fn same<T, K: PartialEq + std::fmt::Display>(
        &self,
        found: Option<T>,
        noun: &str,
        key: &K,
        key_of: impl FnOnce(&T) -> &K,
    ) -> Result<T> {
        let found = found.ok_or_else(|| Error::not_found(noun, key))?;
        if key_of(&found) == key {
            return Ok(found);
        }
        Err(self.client.upstream_error(&format!("answers another {noun} than was asked for")))
    }
}

/// A name as the API takes it: the first colon ends the name of the system.
pub(super) fn written(name: &ExternalId) -> String {
    let system = name.system.replace('%', "%25").replace(':', "%3A");
    format!("{system}:{}", name.key)
}

/// A filter of a list, where it is set.
pub(super) fn filter(name: &'static str, value: Option<impl ToString>) -> Option<Parameter> {
    value.map(|it| (name, it.to_string()))
}
