//! What a back end must do to keep fiscal periods.

use async_trait::async_trait;
use canonical::{FiscalPeriod, Page, PageRequest, Result};
use jiff::civil::Date;
use std::fmt::Debug;

/// Reads fiscal periods.
#[async_trait]
pub trait FiscalPeriods: Debug + Send + Sync {
    /// The periods around a day: of every legal entity those that the day is in, the last before
    /// them and the first after, in one call to the back end. A calendar that ends before the day
    /// is thus told from none.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn around(&self, on: Date) -> Result<Vec<FiscalPeriod>>;

    /// All of them, in the order of legal entity and first day; those for all entities first.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<FiscalPeriod>>;
}
