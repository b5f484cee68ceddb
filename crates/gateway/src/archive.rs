//! The archive: events of what has been still for long leave the log for files, one event a line
//! (CloudEvents in JSON), under a name that says from where in the log they are. Of several
//! processes on one store one archives at a time.
//!
//! A file is whole and on the disk before the log lets go of what is in it. Where that is cut off
//! in between, the same file is written again.

use anyhow::{Context as _, Result};
use canonical::{Clock, FieldError, Lane};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use store::{Batch, LoggedEvent, Store};
use ulid::Ulid;

/// The name of the lease, and of the place up to which was looked.
const NAME: &str = "archive";
/// Who archives says so again within this, or another takes over.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// Flows, accruals and what is billed late look back over a fiscal year.
const EVENTS_DAYS_MIN: u32 = 400;

/// For how long what is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// After how many days without a further event of its key an event leaves the log; 0 never.
    pub events_days: u32,
    /// The folder of the archive.
    pub archive: PathBuf,
}

impl Options {
    /// Whether events leave the log at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.events_days > 0
    }

    /// What is of no use in it, each with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let fault = |key: &str, detail: String| {
            let pointer = format!("/retention/{key}");
            FieldError { pointer, detail }
        };
        let mut faults = Vec::new();
        if self.is_on() && self.events_days < EVENTS_DAYS_MIN {
            let right = format!("0 for ever, or at least {EVENTS_DAYS_MIN} days");
            faults.push(fault("events_days", right));
        }
        if self.is_on() && !self.archive.is_dir() {
            faults.push(fault("archive", "name a folder that is there".to_owned()));
        }
        faults
    }
}

/// Moves what has been still for long, until nothing more is; gives how many events that were.
/// `relayed` names the place of the relay, where there is one: what it has not passed stays.
///
/// # Errors
/// Where the folder cannot be written, or the store does not answer.
pub async fn archive(
    store: &Store,
    clock: &Clock,
    options: &Options,
    relayed: Option<&str>,
) -> Result<usize> {
    let archiver = Archiver {
        store: store.in_lane(Lane::Bulk),
        clock,
        folder: &options.archive,
        holder: Ulid::generate().to_string(),
        age: SignedDuration::from_hours(24 * i64::from(options.events_days)),
    };
    let mut moved = 0;
    loop {
        match archiver.step(relayed).await? {
            0 => return Ok(moved),
            some => moved += some,
        }
    }
}

struct Archiver<'a> {
    store: Store,
    clock: &'a Clock,
    folder: &'a Path,
    /// This process, among others on the store.
    holder: String,
    age: SignedDuration,
}

impl Archiver<'_> {
    /// Moves the next keys; gives how many events that were.
    async fn step(&self, relayed: Option<&str>) -> Result<usize> {
        let after = self.store.position_kept(NAME).await?;
        let up_to = match relayed {
            // the relay finds where it stands by an event that is still in the log
            Some(name) => self.store.position_kept(name).await? - 1,
            None => i64::MAX,
        };
        let now = (self.clock)();
        let oldest = now.checked_sub(self.age).unwrap_or(Timestamp::MIN);
        let mut last = self.store.last_events(after, up_to).await?;
        let still = last.iter().take_while(|it| it.event.recordedtime < oldest).count();
        last.truncate(still);
        let Some(reached) = last.last().map(|it| it.position) else { return Ok(0) };
        if !self.lead(now, |_batch| {}).await? {
            return Ok(0);
        }
        let events = self.store.events_up_to(&last).await?;
        let count = events.len();
        let path = self.folder.join(format!("events-{after:020}.ndjson"));
        let written = tokio::task::spawn_blocking(move || write(&path, &events));
        written.await.context("the writer of the archive")??;
        let is_moved = self
            .lead(now, |batch| {
                last.iter().for_each(|it| batch.archive_events(it));
                batch.put_place(NAME, &reached.to_string());
            })
            .await?;
        Ok(if is_moved { count } else { 0 })
    }

    /// Writes as the one who archives; says whether we are.
    async fn lead(&self, now: Timestamp, write: impl FnOnce(&mut Batch)) -> Result<bool> {
        let until = now.saturating_add(LEASE).unwrap_or(now);
        let mut batch = Batch::new();
        batch.hold_lease(NAME, &self.holder, now, until);
        write(&mut batch);
        Ok(self.store.commit(batch).await?.is_done())
    }
}

/// Writes a file of the archive, whole or not at all.
fn write(path: &Path, events: &[LoggedEvent]) -> Result<()> {
    let part = path.with_extension("part");
    let written = || -> Result<()> {
        let mut file = BufWriter::new(File::create(&part)?);
        for it in events {
            serde_json::to_writer(&mut file, &it.event)?;
            file.write_all(b"\n")?;
        }
        file.into_inner()?.sync_all()?;
        fs::rename(&part, path)?;
        // the name is on the disk, too
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    };
    written().with_context(|| format!("the archive cannot write {}", path.display()))
}
