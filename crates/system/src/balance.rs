//! What a back end must do to keep stock on hand and its value.

use async_trait::async_trait;
use canonical::{InventoryBalance, ItemId, Page, PageRequest, Result};
use std::fmt::Debug;

/// Reads stock on hand and its value.
#[async_trait]
pub trait Balances: Debug + Send + Sync {
    /// What is on hand of some items, in one call to the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<InventoryBalance>>;

    /// All of them, in the order of item and facility.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<InventoryBalance>>;
}
