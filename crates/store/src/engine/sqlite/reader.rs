//! A reader: one of several that share a queue; each answer is of one snapshot.

use super::{failure, open_reader, rows};
use crate::batch::Query;
use crate::engine::{Job, ReadJob, Ready, open};
use crate::row::Row;
use canonical::Result;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

pub(in crate::engine) fn run(path: &Path, jobs: &Mutex<mpsc::Receiver<ReadJob>>, ready: Ready) {
    let Some(connection) = open(path, open_reader, ready) else { return };
    while let Some((queries, answer)) = next(jobs) {
        // ok: whoever asked may have gone, before or since
        if !answer.is_closed() {
            answer.send(read(&connection, &queries)).ok();
        }
    }
}

type Asked = (Vec<Query>, oneshot::Sender<Result<Vec<Vec<Row>>>>);

fn next(jobs: &Mutex<mpsc::Receiver<ReadJob>>) -> Option<Asked> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match jobs.blocking_recv()? {
            Job::Do { what, answer } => return Some((what, answer)),
            // ok: under the same lock, since the next reader to hold it waits for a job
            Job::Close => jobs.close(),
        }
    }
}

pub(in crate::engine) fn read(connection: &Connection, queries: &[Query]) -> Result<Vec<Vec<Row>>> {
    if let [query] = queries {
        return Ok(vec![rows(connection, query).map_err(failure)?]);
    }
    // ok: dropping the transaction ends it; there is nothing to commit
    let snapshot = connection.unchecked_transaction().map_err(failure)?;
    queries.iter().map(|query| rows(&snapshot, query).map_err(failure)).collect()
}
