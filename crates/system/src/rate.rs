//! What a back end must do to keep exchange rates.

use async_trait::async_trait;
use canonical::{Currency, CurrencyRate, Page, PageRequest, Result};
use jiff::civil::Date;
use std::fmt::Debug;

/// Reads exchange rates.
#[async_trait]
pub trait Rates: Debug + Send + Sync {
    /// Rates from or to some currencies that hold on a day or held before it, in one call to the
    /// back end; of each pair and kind at least the one that holds.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_currencies(&self, currencies: &[Currency], on: Date) -> Result<Vec<CurrencyRate>>;

    /// All of them, in the order of pair, kind and day.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<CurrencyRate>>;
}
