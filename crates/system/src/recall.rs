//! What a back end must do to keep recall notices.

use async_trait::async_trait;
use canonical::{ItemId, Page, PageRequest, Recall, Result};
use std::fmt::Debug;

/// Reads recall notices.
#[async_trait]
pub trait Recalls: Debug + Send + Sync {
    /// Every recall of some items, in one call to the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<Recall>>;

    /// All of them, in the order of number.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<Recall>>;
}
