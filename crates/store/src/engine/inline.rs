//! SQLite in memory, asked in place: for simulations.

use super::Written;
use super::sqlite::{self, reader, writer};
use crate::batch::{Batch, Query};
use crate::row::Row;
use crate::simulation::Fate;
use canonical::{Error, Result};
use rusqlite::Connection;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The connection, and what becomes of each question to it.
#[derive(Clone)]
pub(crate) struct Inline {
    connection: Arc<Mutex<Connection>>,
    fate: Arc<dyn Fn() -> Fate + Send + Sync>,
    commits: Arc<watch::Sender<u64>>,
}

impl fmt::Debug for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inline").finish_non_exhaustive()
    }
}

impl Inline {
    pub(crate) fn new(fate: Arc<dyn Fn() -> Fate + Send + Sync>) -> Result<Self> {
        let connection = Arc::new(Mutex::new(sqlite::open_in_memory()?));
        Ok(Self { connection, fate, commits: Arc::new(watch::channel(0).0) })
    }

    pub(super) fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Whoever goes away while this waits has either written or not, never half.
    pub(super) async fn write(&self, batch: Batch) -> Result<Written> {
        let fate = (self.fate)();
        wait(fate).await;
        if matches!(fate, Fate::Refused(_)) {
            return Err(away());
        }
        let answer = {
            let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            writer::write_group(&connection, std::slice::from_ref(&batch))?.pop()
        };
        if !batch.is_lease() {
            self.commits.send_modify(|count| *count += 1);
        }
        tokio::task::yield_now().await;
        match answer {
            Some(answer) if !matches!(fate, Fate::Lost(_)) => answer,
            _lost => Err(away()),
        }
    }

    pub(super) async fn read(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>> {
        let fate = (self.fate)();
        wait(fate).await;
        if !matches!(fate, Fate::Answered(_)) {
            return Err(away());
        }
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        reader::read(&connection, queries)
    }
}

async fn wait(fate: Fate) {
    let (Fate::Answered(time) | Fate::Refused(time) | Fate::Lost(time)) = fate;
    if time == Duration::ZERO {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(time).await;
    }
}

fn away() -> Error {
    Error::unavailable("the store cannot be used now")
}
