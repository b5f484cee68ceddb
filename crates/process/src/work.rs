//! Work off the queue: what a durable decision asks for, tried until it is done, and put before a
//! person where trying does not help (`domain.md` D7).

use crate::Process;
use crate::booking::POST_PAYABLE;
use crate::invoice::{REMATCH, REMATCH_INVOICE};
use crate::journal::POST_JOURNAL;
use crate::order::{CANCEL_ORDER, OBSERVE_ORDER};
use crate::requisition::PLACE_ORDER;
use canonical::{Error, Kind, Lane, Result};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use std::time::Duration;
use store::{Batch, Committed, Work};

/// Who does what no person does.
pub(crate) const OWN_NAME: &str = "threeway";

impl Process {
    /// Does what is due in the lane, several items at once; tells how many there were. Where it is
    /// none, [`Process::next_work_at`] says when to look again.
    ///
    /// # Errors
    /// What the store says; an item that fails is not an error but is tried again.
    pub async fn work(&self, lane: Lane) -> Result<usize> {
        stack::context::in_lane(lane, self.round(lane)).await
    }

    /// How long the lane rests after a round that took so long: bulk work leaves room for live
    /// traffic, which never rests.
    #[must_use]
    pub fn rest(&self, lane: Lane, took: Duration) -> Duration {
        match lane {
            Lane::Critical => Duration::ZERO,
            Lane::Bulk => took * self.bulk().rest_percent / 100,
        }
    }

    async fn round(&self, lane: Lane) -> Result<usize> {
        let now = self.now();
        // a lease outlives the longest try, so that nobody else takes the item meanwhile
        let lease = Duration::from_millis(self.posting().timeout_ms) * 2;
        let until = later(now, lease);
        let at_once = match lane {
            Lane::Critical => self.posting().concurrency,
            Lane::Bulk => self.bulk().concurrency,
        };
        let due = self.store().lease_work(lane, now, until, at_once).await?;
        let done = join_all(due.iter().map(|it| self.one(it))).await;
        for (work, outcome) in due.iter().zip(&done) {
            if let Err(error) = outcome {
                let error: &dyn std::error::Error = error;
                tracing::error!(work.id, error, "an item of work was not settled; it comes again");
            }
        }
        Ok(due.len())
    }

    /// When the next item of the lane is due; `None` where nothing waits.
    ///
    /// # Errors
    /// What the store says.
    pub async fn next_work_at(&self, lane: Lane) -> Result<Option<Timestamp>> {
        self.store().next_work_at(lane).await
    }

    async fn one(&self, work: &Work) -> Result<()> {
        let done = match work.kind.as_str() {
            POST_PAYABLE => self.book(work).await,
            POST_JOURNAL => self.post_journal(work).await,
            REMATCH => self.rematch(work).await,
            REMATCH_INVOICE => self.rematch_invoice(work).await,
            PLACE_ORDER => self.place_order(work).await,
            CANCEL_ORDER => self.cancel_order(work).await,
            OBSERVE_ORDER => self.observe(work).await,
            other => Err(Error::invalid(format!("there is no work of kind {other}"))),
        };
        match done {
            // ok: what is told here is about the item; a store that fails cannot keep it either
            Err(error) if work.attempts >= self.posting().attempts_max || is_hopeless(&error) => {
                self.bury(work, &error).await
            }
            Err(error) => self.again(work, &error).await,
            Ok(()) => Ok(()),
        }
    }

    async fn again(&self, work: &Work, error: &Error) -> Result<()> {
        tracing::warn!(
            work.id,
            attempts = work.attempts,
            error = error as &dyn std::error::Error,
            "not done yet"
        );
        let at = later(self.now(), self.backoff(work, error));
        self.settle(work, |batch| batch.retry_work(work, at, error.message())).await
    }

    pub(crate) async fn settle(&self, work: &Work, change: impl FnOnce(&mut Batch)) -> Result<()> {
        let mut batch = Batch::new();
        change(&mut batch);
        self.commit_work(work, batch).await
    }

    pub(crate) async fn commit_work(&self, work: &Work, batch: Batch) -> Result<()> {
        match self.store().commit(batch).await? {
            Committed::Done => Ok(()),
            // somebody else has the item now: what we found out, they will find out
            Committed::Stale { guard } => {
                tracing::info!(work.id, guard, "the item was taken over");
                Ok(())
            }
        }
    }

    pub(crate) fn backoff(&self, work: &Work, error: &Error) -> Duration {
        let options = self.posting();
        let doubled =
            options.backoff_ms.saturating_mul(1 << work.attempts.saturating_sub(1).min(20));
        let wait = Duration::from_millis(doubled.min(options.backoff_max_ms));
        let asked = Duration::from_secs(error.retry_after_seconds().unwrap_or_default().into());
        wait.max(asked.min(Duration::from_millis(options.backoff_max_ms)))
    }
}

/// What an item of work takes.
pub(crate) fn payload<T: DeserializeOwned>(work: &Work) -> Result<T> {
    serde_json::from_str(&work.payload_json)
        .map_err(|error| Error::invalid("the item of work cannot be read").because(error))
}

/// Whether trying again cannot help.
fn is_hopeless(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::NotFound | Kind::Forbidden)
}

pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
