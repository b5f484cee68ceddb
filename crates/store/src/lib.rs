//! What must survive a crash: documents, invoices, match runs, holds, claims, events, answers by
//! idempotency key, work, and the guards that keep two writers from both winning.
//!
//! A write is data: statements collected in a [`Batch`], all or nothing, and durable when
//! [`Store::commit`] answers. A read runs beside the writer and sees every acknowledged write.
//! The embedded store is one SQLite file, for one process; the other is a PostgreSQL database, for
//! many. Both stand behind the same functions, with the same SQL wherever it can be the same.
//!
//! Times are the caller's. Leases compare them across processes: clocks may differ by less than a
//! lease lasts, minus what the work takes. One that is ahead takes an item before its lease ended;
//! the first worker's write is then stale, so that what is written is written once.

mod accrual;
mod archived_event;
mod association;
mod batch;
mod case;
mod claim;
mod dead_letter;
mod document;
mod duplicate;
mod engine;
mod event;
mod expected_credit;
mod followed_order;
mod guard;
mod hold;
mod idempotency;
mod invoice;
mod invoice_list;
mod invoice_order;
mod journal;
mod lease;
mod match_run;
mod order_amount;
mod paging;
mod place;
mod readers;
mod requisition;
mod row;
mod run_window;
mod schema;
#[cfg(feature = "simulation")]
mod simulation;
#[cfg(test)]
mod testing;
mod url;
mod work;

pub use accrual::{AccrualRecord, Accrued};
pub use association::Association;
pub use batch::{Batch, Committed};
pub use case::{Case, CaseFilter, CaseState, OpenCase};
pub use claim::{Claim, NewClaim, OrderLine};
pub use dead_letter::{DeadLetter, DeadLetterFilter};
pub use document::{Document, sha256_hex};
pub use duplicate::{
    Alike, DuplicateKey, DuplicateKind, DuplicateSearch, Party, duplicate_keys, self_billed_keys,
};
pub use event::{EventKey, LoggedEvent};
pub use expected_credit::{ExpectedCredit, ExpectedCreditKind};
pub use followed_order::{EvidenceKind, FollowedOrder, OrderEvidence};
pub use guard::Guard;
pub use hold::{Hold, HoldState};
pub use idempotency::{KeptAnswer, NewAnswer};
pub use invoice::{Erp, ErpStatus, InvoiceHead, InvoiceRecord};
pub use invoice_list::InvoiceFilter;
pub use invoice_order::InvoiceTurn;
pub use journal::JournalRecord;
pub use match_run::{MatchRun, NewMatchRun};
pub use order_amount::{NewOrderAmount, OrderAmount, Purpose, order_amounts};
pub use readers::Readers;
pub use requisition::{Requisition, RequisitionFilter};
pub use run_window::{RunKey, RunWindow, StoredRun};
#[cfg(feature = "simulation")]
pub use simulation::{Disk, Fate};
pub use work::{NewWork, Work, WorkCount, WorkState};

use batch::Query;
use canonical::{Lane, Result};
use engine::{Engine, Place};
use row::Row;
use std::sync::Arc;
use tokio::sync::watch;

/// A handle on the store; cheap to clone. The last clone to go waits for the store's threads.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Arc<Engine>,
    lane: Lane,
}

impl Store {
    /// Whether `url` is one that [`Store::open`] takes; opens nothing.
    ///
    /// # Errors
    /// `invalid` where it is not one, saying what is right.
    pub fn check(url: &str) -> Result<()> {
        url::place(url).map(drop)
    }

    /// The URL as it may be shown: without its password.
    #[must_use]
    pub fn shown(url: &str) -> String {
        match url::place(url) {
            Ok(Place::Sqlite(_)) => url.to_owned(),
            Ok(Place::Postgres(place)) => place.shown(),
            Err(_) => "a store that cannot be opened".to_owned(),
        }
    }

    /// Opens the store at `url`, `sqlite:PATH` or `postgres://USER@HOST/DATABASE`, and brings its
    /// tables up to date. A file is made where there is none; its folder, or the database, must
    /// exist. Several processes may open one database, and write to it, at once.
    ///
    /// # Errors
    /// `invalid` where the URL is not one, saying what is right; `unavailable` where the store
    /// cannot be opened; `internal` where it was written by a newer or another version.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, Readers::default()).await
    }

    /// As [`Store::open`], with so many connections to read by.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(url: &str, readers: Readers) -> Result<Self> {
        let engine = Engine::open(url::place(url)?, readers).await?;
        Ok(Self { engine: Arc::new(engine), lane: Lane::Critical })
    }

    /// Opens the store at `url` where there is one; makes no file. A database is brought up to
    /// date as [`Store::open`] does.
    ///
    /// # Errors
    /// As [`Store::open`], and `unavailable` where there is no file.
    pub async fn open_existing(url: &str) -> Result<Self> {
        match url::place(url)? {
            Place::Sqlite(path) if !path.is_file() => {
                let message = format!("there is no store at {}", path.display());
                Err(canonical::Error::unavailable(message))
            }
            _there => Self::open(url).await,
        }
    }

    /// The same store by the queues and connections of a lane: what waits in one never waits for
    /// what is queued in the other, and a commit takes only a few batches of the bulk lane.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self { engine: Arc::clone(&self.engine), lane }
    }

    /// Writes the batch: all of it, durably, or nothing. Batches of several callers share one
    /// commit. A caller that goes away leaves its batch either written or not, never half.
    ///
    /// # Errors
    /// `unavailable` where the store is closing, overloaded, or its disk is full or failing;
    /// `invalid` where a text has the character U+0000; `internal` where a statement is refused.
    /// None of these wrote anything, but for one case: where a server goes away during a commit
    /// and does not come back within half a minute to say what became of it, `unavailable` says
    /// that this is not known.
    pub async fn commit(&self, batch: Batch) -> Result<Committed> {
        Ok(self.engine.write(self.lane, batch).await?.committed)
    }

    /// Counts the commits: changes after every one that does more than hand out work, so that
    /// workers and followers of the event log can wait for news instead of asking again and again.
    /// Commits of other processes are told by PostgreSQL, at the latest after a second; of those on
    /// one file this process hears nothing.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.engine.commits()
    }

    /// Finishes what was handed over, refuses what comes later, and ends the store's threads.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    async fn rows(&self, query: Query) -> Result<Vec<Row>> {
        Ok(self.engine.read(self.lane, vec![query]).await?.pop().unwrap_or_default())
    }

    /// The rows of each query, all of one snapshot.
    async fn rows_of_each(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>> {
        self.engine.read(self.lane, queries).await
    }

    async fn rows_of_all(&self, queries: Vec<Query>) -> Result<Vec<Row>> {
        Ok(self.engine.read(self.lane, queries).await?.into_iter().flatten().collect())
    }
}
