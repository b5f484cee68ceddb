//! Master data read through a cache: one request to the back end for all who ask at once, and a
//! short life. Lists pass through, since their cursors belong to the back end.

use crate::{CostCenters, Facilities, Items, Suppliers};
use async_trait::async_trait;
use canonical::{
    CostCenter, CostCenterId, Error, ExternalId, Facility, FacilityId, Item, ItemId, Kind, Page,
    PageRequest, Result, Supplier, SupplierId,
};
use moka::future::Cache;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// How master data is cached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// How long an entry is believed, in milliseconds; 0 turns the cache off.
    pub ttl_ms: u64,
    /// At most so many entries of each noun.
    pub entries_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { ttl_ms: 30_000, entries_max: 10_000 }
    }
}

/// Suppliers through a cache.
pub(crate) fn suppliers(inner: Arc<dyn Suppliers>, options: &Options) -> Arc<dyn Suppliers> {
    if options.ttl_ms == 0 {
        return inner;
    }
    let (by_id, by_name) = (Known::new("supplier", options), Known::new("supplier", options));
    Arc::new(CachedSuppliers { inner, by_id, by_name })
}

/// Items through a cache.
pub(crate) fn items(inner: Arc<dyn Items>, options: &Options) -> Arc<dyn Items> {
    if options.ttl_ms == 0 {
        return inner;
    }
    Arc::new(CachedItems { inner, by_id: Known::new("item", options) })
}

/// Facilities through a cache.
pub(crate) fn facilities(inner: Arc<dyn Facilities>, options: &Options) -> Arc<dyn Facilities> {
    if options.ttl_ms == 0 {
        return inner;
    }
    Arc::new(CachedFacilities { inner, by_id: Known::new("facility", options) })
}

/// Cost centres through a cache.
pub(crate) fn cost_centers(inner: Arc<dyn CostCenters>, options: &Options) -> Arc<dyn CostCenters> {
    if options.ttl_ms == 0 {
        return inner;
    }
    Arc::new(CachedCostCenters { inner, by_id: Known::new("cost center", options) })
}

/// What is known of one noun. Failures are shared with those who waited, and not kept.
struct Known<K, V> {
    noun: &'static str,
    cache: Cache<K, Arc<V>>,
}

impl<K, V> Debug for Known<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("noun", &self.noun).finish_non_exhaustive()
    }
}

impl<K, V> Known<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn new(noun: &'static str, options: &Options) -> Self {
        let cache = Cache::builder()
            .max_capacity(options.entries_max)
            .time_to_live(Duration::from_millis(options.ttl_ms))
            .build();
        Self { noun, cache }
    }

    async fn get(
        &self,
        key: &K,
        read: impl Future<Output = Result<V>> + Send,
        shown: impl Display,
    ) -> Result<V> {
        if let Some(value) = self.cache.get(key).await {
            return Ok(value.as_ref().clone());
        }
        let read = async { read.await.map(Arc::new) };
        match self.cache.try_get_with_by_ref(key, read).await {
            Ok(value) => Ok(value.as_ref().clone()),
            Err(shared) => {
                Err(Arc::try_unwrap(shared)
                    .unwrap_or_else(|shared| again(&shared, self.noun, shown)))
            }
        }
    }
}

/// The same error for each of those who waited for one answer: an error cannot be cloned, because
/// its cause cannot.
fn again(shared: &Arc<Error>, noun: &str, shown: impl Display) -> Error {
    let message = shared.message();
    let error = match shared.kind() {
        Kind::NotFound => Error::not_found(noun, shown),
        Kind::Unavailable => Error::unavailable(message),
        Kind::TimedOut => Error::timed_out(message),
        Kind::Upstream => Error::upstream(message),
        Kind::Conflict => Error::conflict(message),
        Kind::Limited => Error::limited(message, shared.retry_after_seconds().unwrap_or(1)),
        Kind::Invalid
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::MethodNotAllowed
        | Kind::KeyReused
        | Kind::TooLarge
        | Kind::Unsupported
        | Kind::Internal => Error::internal(message),
    };
    let error = match shared.retry_after_seconds() {
        Some(seconds) => error.retry_after(seconds),
        None => error,
    };
    error.because(Arc::clone(shared))
}

#[derive(Debug)]
struct CachedSuppliers {
    inner: Arc<dyn Suppliers>,
    by_id: Known<SupplierId, Supplier>,
    by_name: Known<ExternalId, Supplier>,
}

#[async_trait]
impl Suppliers for CachedSuppliers {
    async fn get(&self, id: &SupplierId) -> Result<Supplier> {
        self.by_id.get(id, self.inner.get(id), id).await
    }

    async fn find(&self, name: &ExternalId) -> Result<Option<Supplier>> {
        let found = async {
            let supplier = self.inner.find(name).await?;
            supplier.ok_or_else(|| Error::not_found("supplier", &name.key))
        };
        match self.by_name.get(name, found, &name.key).await {
            Ok(supplier) => Ok(Some(supplier)),
            // nobody of that name: not kept, so that a supplier who is new is found at once
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Supplier>> {
        self.inner.list(page).await
    }
}

#[derive(Debug)]
struct CachedItems {
    inner: Arc<dyn Items>,
    by_id: Known<ItemId, Item>,
}

#[async_trait]
impl Items for CachedItems {
    async fn get(&self, id: &ItemId) -> Result<Item> {
        self.by_id.get(id, self.inner.get(id), id).await
    }

    async fn get_many(&self, ids: &[ItemId]) -> Result<Vec<Item>> {
        let (mut found, mut missing) = (Vec::with_capacity(ids.len()), Vec::new());
        for id in ids.iter().collect::<BTreeSet<_>>() {
            match self.by_id.cache.get(id).await {
                Some(item) => found.push(item.as_ref().clone()),
                None => missing.push(id.clone()),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        for item in self.inner.get_many(&missing).await? {
            self.by_id.cache.insert(item.id.clone(), Arc::new(item.clone())).await;
            found.push(item);
        }
        Ok(found)
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Item>> {
        self.inner.list(page).await
    }
}

#[derive(Debug)]
struct CachedFacilities {
    inner: Arc<dyn Facilities>,
    by_id: Known<FacilityId, Facility>,
}

#[async_trait]
impl Facilities for CachedFacilities {
    async fn get(&self, id: &FacilityId) -> Result<Facility> {
        self.by_id.get(id, self.inner.get(id), id).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Facility>> {
        self.inner.list(page).await
    }
}

#[derive(Debug)]
struct CachedCostCenters {
    inner: Arc<dyn CostCenters>,
    by_id: Known<CostCenterId, CostCenter>,
}

#[async_trait]
impl CostCenters for CachedCostCenters {
    async fn get(&self, id: &CostCenterId) -> Result<CostCenter> {
        self.by_id.get(id, self.inner.get(id), id).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CostCenter>> {
        self.inner.list(page).await
    }
}

#[cfg(test)]
mod tests;
