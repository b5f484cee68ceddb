//! A store in memory that does everything where it is asked: no thread, no file, and what becomes
//! of each question is the caller's to say. With it a simulation repeats exactly.

use crate::Store;
use crate::engine::{Engine, inline};
use canonical::{Lane, Result};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What becomes of one question to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is answered after so long.
    Answered(Duration),
    /// It is refused after so long, and nothing was written.
    Refused(Duration),
    /// It is done after so long, and the answer to a write is lost.
    Lost(Duration),
}

/// What outlives a store: give it to the next one, as a file is opened again after a crash.
#[derive(Clone)]
pub struct Disk {
    inline: inline::Inline,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

impl Disk {
    /// An empty one with all tables; `fate` is asked before each question.
    ///
    /// # Errors
    /// `internal` where the tables cannot be made.
    pub fn new(fate: impl Fn() -> Fate + Send + Sync + 'static) -> Result<Self> {
        Ok(Self { inline: inline::Inline::new(Arc::new(fate))? })
    }
}

impl Store {
    /// Over what is on the disk.
    #[must_use]
    pub fn on(disk: &Disk) -> Self {
        Self { engine: Arc::new(Engine::inline(disk.inline.clone())), lane: Lane::Critical }
    }
}
