//! What a back end must do to keep suppliers.

use async_trait::async_trait;
use canonical::{ExternalId, Page, PageRequest, Result, Supplier, SupplierId};
use std::fmt::Debug;

/// Reads the supplier master.
#[async_trait]
pub trait Suppliers: Debug + Send + Sync {
    /// One supplier.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, id: &SupplierId) -> Result<Supplier>;

    /// The supplier that another system calls so; `None` where nobody does.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`; `conflict` where several suppliers carry the name.
    async fn find(&self, name: &ExternalId) -> Result<Option<Supplier>>;

    /// Suppliers in the order of their numbers.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<Supplier>>;
}
