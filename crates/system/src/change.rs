//! What a back end must do to tell what changed in it.

use async_trait::async_trait;
use canonical::{Changes, Result};
use std::fmt::Debug;

/// Tells what changed since a place (`domain.md` A18, extraction contract): nothing is left out,
/// and what is told twice carries the same version.
#[async_trait]
pub trait Feed: Debug + Send + Sync {
    /// What changed after `after`, oldest first, at most `limit`; from the first change that is
    /// known where there is no place yet, or where the place is of another life of the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn changes(&self, after: Option<&str>, limit: u32) -> Result<Changes>;
}
