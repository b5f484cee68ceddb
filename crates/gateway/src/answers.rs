//! Where the stack looks up answers by idempotency key: the store.

use async_trait::async_trait;
use canonical::{Clock, Result};
use stack::idempotency::{Results, Stored};
use std::fmt;
use store::Store;

/// The store as the stack sees it.
pub(crate) struct Answers {
    store: Store,
    clock: Clock,
}

impl Answers {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("store", &self.store).finish_non_exhaustive()
    }
}

#[async_trait]
impl Results for Answers {
    async fn find(&self, principal: &str, operation: &str, key: &str) -> Result<Option<Stored>> {
        let kept = self.store.answer(principal, operation, key, (self.clock)()).await?;
        Ok(kept.map(|it| Stored {
            fingerprint: it.fingerprint,
            status: it.status,
            body: it.body.into(),
        }))
    }
}
