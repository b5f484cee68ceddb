//! Runs a simulation: reads a page of runs while the one before is replayed beside the threads that
//! serve requests. Whoever asked may go away at any time; what is under way then is one page.

use super::report::{SimulationLine, SimulationReport};
use super::tally::{Replayed, Tally, keep, replay};
use crate::matching::Policy;
use canonical::{Error, Result};
use futures_util::future::{try_join, try_join_all};
use std::sync::Arc;
use store::{RunKey, RunWindow, Store, StoredRun};
use tokio::sync::OwnedSemaphorePermit;

/// So many runs are in memory twice: those being replayed and those being read.
const PAGE: u32 = 64;
/// On so many threads at once.
const THREADS: usize = 4;

/// A simulation under way.
#[derive(Debug)]
pub struct Simulation {
    store: Store,
    policy: Arc<Policy>,
    window: RunWindow,
    total: u64,
    /// What was read and not replayed yet; empty at the end.
    page: Vec<StoredRun>,
    tally: Tally,
    #[expect(dead_code, reason = "given back when it is dropped")]
    permit: Option<OwnedSemaphorePermit>,
}

impl Simulation {
    /// Begins to replay `policy` over the runs of a window.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin(store: Store, policy: Policy, window: RunWindow) -> Result<Self> {
        let (total, page) =
            try_join(store.count_runs(&window), store.runs(&window, None, PAGE)).await?;
        let (policy, tally) = (Arc::new(policy), Tally::default());
        Ok(Self { store, policy, window, total, page, tally, permit: None })
    }

    /// Holds the permit until it is over.
    pub(super) fn under(self, permit: OwnedSemaphorePermit) -> Self {
        Self { permit: Some(permit), ..self }
    }

    /// How many runs there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// How many runs were replayed.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.tally.runs()
    }

    /// Replays a page and gives its lines: the invoices that would change, and how far it has come.
    /// `None` where all is replayed.
    ///
    /// # Errors
    /// What the store says.
    pub async fn step(&mut self) -> Result<Option<Vec<SimulationLine>>> {
        let page = std::mem::take(&mut self.page);
        let Some(last) = page.last().map(StoredRun::key) else { return Ok(None) };
        let is_whole = u32::try_from(page.len()).is_ok_and(|it| it == PAGE);
        let replaying = replay_page(page, Arc::clone(&self.policy));
        let (replayed, next) = try_join(replaying, self.next(is_whole.then_some(&last))).await?;
        self.page = next;
        let changed = replayed.into_iter().filter_map(|it| self.tally.add(it));
        let mut lines: Vec<SimulationLine> = changed.map(SimulationLine::Changed).collect();
        lines.push(SimulationLine::Progress { runs: self.tally.runs(), total: self.total });
        Ok(Some(lines))
    }

    /// The whole of what was replayed.
    #[must_use]
    pub fn report(self) -> SimulationReport {
        self.tally.report(self.policy.cited(), &self.window)
    }

    /// Replays everything, and keeps the first of the invoices that would change.
    ///
    /// # Errors
    /// What the store says.
    pub async fn finish(mut self) -> Result<SimulationReport> {
        let mut changes = Vec::new();
        while let Some(lines) = self.step().await? {
            let changed = lines.into_iter().filter_map(SimulationLine::into_changed);
            changed.for_each(|it| keep(&mut changes, it));
        }
        Ok(SimulationReport { changes: Some(changes), ..self.report() })
    }

    async fn next(&self, after: Option<&RunKey>) -> Result<Vec<StoredRun>> {
        match after {
            Some(after) => self.store.runs(&self.window, Some(after), PAGE).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Replays a page on a few threads and gives what came out in the order of the runs.
async fn replay_page(mut page: Vec<StoredRun>, policy: Arc<Policy>) -> Result<Vec<Replayed>> {
    let share = page.len().div_ceil(THREADS).max(1);
    let mut replaying = Vec::with_capacity(THREADS);
    while !page.is_empty() {
        let rest = page.split_off(share.min(page.len()));
        let part = std::mem::replace(&mut page, rest);
        let policy = Arc::clone(&policy);
        replaying.push(tokio::task::spawn_blocking(move || {
            part.iter().map(|it| replay(it, &policy)).collect::<Vec<Replayed>>()
        }));
    }
    let parts = try_join_all(replaying).await;
    let parts = parts.map_err(|error| Error::internal("the replay failed").because(error))?;
    Ok(parts.into_iter().flatten().collect())
}
