//! What a back end must do to keep items.

use async_trait::async_trait;
use canonical::{Item, ItemId, Page, PageRequest, Result};
use std::fmt::Debug;

/// Reads the item master.
#[async_trait]
pub trait Items: Debug + Send + Sync {
    /// One item with its packaging.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, id: &ItemId) -> Result<Item>;

    /// Several items in one call to the back end; those it does not know are left out.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn get_many(&self, ids: &[ItemId]) -> Result<Vec<Item>>;

    /// Items in the order of their numbers.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<Item>>;
}
