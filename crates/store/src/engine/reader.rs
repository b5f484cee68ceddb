//! A reader: one of several that share a queue; each answer is of one snapshot.

use super::sqlite::{failure, open_reader, rows};
use super::{Job, ReadJob, Ready, open};
use crate::batch::Query;
use crate::row::Row;
use canonical::Result;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

pub(super) fn run(path: &Path, jobs: &Mutex<mpsc::Receiver<ReadJob>>, ready: Ready) {
    let Some(connection) = open(path, open_reader, ready) else { return };
    while let Some(job) = next(jobs) {
        match job {
            // ok: whoever asked has gone
            Job::Do { answer, .. } if answer.is_closed() => {}
            Job::Do { what, answer } => {
                answer.send(read(&connection, &what)).ok();
            }
            Job::Close => jobs.lock().unwrap_or_else(PoisonError::into_inner).close(),
        }
    }
}

fn next(jobs: &Mutex<mpsc::Receiver<ReadJob>>) -> Option<ReadJob> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}

fn read(connection: &Connection, queries: &[Query]) -> Result<Vec<Vec<Row>>> {
    if let [query] = queries {
        return Ok(vec![rows(connection, query).map_err(failure)?]);
    }
    // ok: dropping the transaction ends it; there is nothing to commit
    let snapshot = connection.unchecked_transaction().map_err(failure)?;
    queries.iter().map(|query| rows(&snapshot, query).map_err(failure)).collect()
}
