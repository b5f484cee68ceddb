//! What a back end must do to keep usage of consigned and bill-only goods.

use async_trait::async_trait;
use canonical::{ItemId, Page, PageRequest, PurchaseOrderNumber, Result, UsageEvent};
use std::fmt::Debug;

/// Reads usage of consigned and bill-only goods.
#[async_trait]
pub trait Usages: Debug + Send + Sync {
    /// Every usage on some orders, and those of some items that have no order yet, in one call to
    /// the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_orders(
        &self,
        orders: &[PurchaseOrderNumber],
        items: &[ItemId],
    ) -> Result<Vec<UsageEvent>>;

    /// All of them, in the order of number.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<UsageEvent>>;
}
