//! Where the stack looks up answers by idempotency key: the store.

use async_trait::async_trait;
use canonical::{Clock, Result};
use jiff::{SignedDuration, Timestamp};
use stack::idempotency::{Claim, Results, Stored};
use std::fmt;
use store::{Batch, Committed, KeptAnswer, NewAnswer, Store};

/// The store as the stack sees it.
pub(crate) struct Answers {
    store: Store,
    clock: Clock,
    kept_for: SignedDuration,
}

impl Answers {
    pub(crate) fn new(store: Store, clock: Clock, kept_hours: u32) -> Self {
        Self { store, clock, kept_for: SignedDuration::from_hours(kept_hours.into()) }
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

    async fn keep(&self, claim: &Claim, answer: &Stored) -> Result<()> {
        let now = (self.clock)();
        let mut batch = Batch::new();
        batch.insert_answer(NewAnswer {
            principal: claim.principal.clone(),
            operation: claim.operation.clone(),
            key: claim.key.clone(),
            answer: KeptAnswer {
                fingerprint: answer.fingerprint.clone(),
                status: answer.status,
                body: answer.body.to_vec(),
            },
            created_at: now,
            expires_at: now.checked_add(self.kept_for).unwrap_or(Timestamp::MAX),
        });
        match self.store.commit(batch).await? {
            // somebody kept one first: the first answer is the answer
            Committed::Done | Committed::Stale { .. } => Ok(()),
        }
    }
}
