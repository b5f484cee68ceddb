//! What a back end must do to keep facilities.

use async_trait::async_trait;
use canonical::{Facility, FacilityId, Page, PageRequest, Result};
use std::fmt::Debug;

/// Reads facilities.
#[async_trait]
pub trait Facilities: Debug + Send + Sync {
    /// One facility.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, id: &FacilityId) -> Result<Facility>;

    /// Facilities in the order of their codes.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<Facility>>;
}
