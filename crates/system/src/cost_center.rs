//! What a back end must do to keep cost centres.

use async_trait::async_trait;
use canonical::{CostCenter, CostCenterId, Page, PageRequest, Result};
use std::fmt::Debug;

/// Reads cost centres.
#[async_trait]
pub trait CostCenters: Debug + Send + Sync {
    /// One cost centre.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, id: &CostCenterId) -> Result<CostCenter>;

    /// Cost centres in the order of their codes.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<CostCenter>>;
}
