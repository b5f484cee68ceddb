//! What a back end must do to keep contracts with their price lists.

use async_trait::async_trait;
use canonical::{Contract, Page, PageRequest, Result, SupplierId};
use std::fmt::Debug;

/// Reads contracts with their price lists.
#[async_trait]
pub trait Contracts: Debug + Send + Sync {
    /// Every contract of some suppliers, in one call to the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_suppliers(&self, suppliers: &[SupplierId]) -> Result<Vec<Contract>>;

    /// All of them, in the order of number.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<Contract>>;
}
