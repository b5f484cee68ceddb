//! What a back end must do to take journals: the general ledger.

use async_trait::async_trait;
use canonical::{Journal, JournalIntent, JournalKey, Page, PageRequest, Result};
use std::fmt::Debug;

/// Posts journal intents, once each.
#[async_trait]
pub trait Journals: Debug + Send + Sync {
    /// Posts an intent under its key. The same one again is answered with the first. A refusal is
    /// an answer (`rejected`, with its code) and leaves nothing behind, so that the intent may come
    /// again once its cause is mended.
    ///
    /// # Errors
    /// `conflict` where another intent was posted under the key; `unavailable`, `timed_out`,
    /// `upstream` where the result is unknown: inquire with [`Journals::find`].
    async fn put(&self, intent: &JournalIntent) -> Result<Journal>;

    /// The inquiry that resolves an unknown result: what stands in the ledger under the key.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn find(&self, key: &JournalKey) -> Result<Option<Journal>>;

    /// What was posted, in the order of the keys.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, page: &PageRequest) -> Result<Page<Journal>>;
}
