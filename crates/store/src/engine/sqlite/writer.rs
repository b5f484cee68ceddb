//! The writer: takes what is queued, up to [`GROUP_MAX`] batches and of the bulk lane up to
//! [`BULK_MAX`], and commits it once.

use super::{execute, failure, open_writer, rows};
use crate::batch::{Batch, Committed, Kind, Query, Stmt};
use crate::engine::{
    BULK_MAX, GROUP_MAX, Job, Lanes, Ready, Waiting, WriteJob, Written, open, refuse,
};
use canonical::Result;
use rusqlite::Connection;
use std::future::poll_fn;
use std::path::Path;
use std::task::{Context, Poll};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

pub(in crate::engine) fn run(
    path: &Path,
    mut jobs: Lanes<mpsc::Receiver<WriteJob>>,
    commits: &watch::Sender<u64>,
    ready: Ready,
) {
    let Some(connection) = open(path, open_writer, ready) else { return };
    let Ok(runtime) = Builder::new_current_thread().build() else { return };
    let mut queued = Lanes { critical: Vec::new(), bulk: Vec::new() };
    while runtime.block_on(poll_fn(|context| next(context, &mut jobs, &mut queued))) {
        let mut group = take(&mut queued.critical, &mut jobs.critical);
        group.extend(take(&mut queued.bulk, &mut jobs.bulk));
        if !group.is_empty() {
            write(&connection, group, commits);
        }
    }
}

/// What is queued in either lane; false where both are closed and empty.
fn next(
    context: &mut Context<'_>,
    jobs: &mut Lanes<mpsc::Receiver<WriteJob>>,
    queued: &mut Lanes<Vec<WriteJob>>,
) -> Poll<bool> {
    let critical = jobs.critical.poll_recv_many(context, &mut queued.critical, GROUP_MAX);
    let bulk = jobs.bulk.poll_recv_many(context, &mut queued.bulk, BULK_MAX);
    match (critical, bulk) {
        (Poll::Ready(0), Poll::Ready(0)) => Poll::Ready(false),
        (Poll::Ready(0) | Poll::Pending, Poll::Ready(0) | Poll::Pending) => Poll::Pending,
        _some => Poll::Ready(true),
    }
}

fn take(queued: &mut Vec<WriteJob>, jobs: &mut mpsc::Receiver<WriteJob>) -> Vec<(Batch, Waiting)> {
    let mut group = Vec::with_capacity(queued.len());
    for job in queued.drain(..) {
        match job {
            // ok: whoever asked has gone, and nothing was promised
            Job::Do { answer, .. } if answer.is_closed() => {}
            Job::Do { what, answer } => group.push((what, answer)),
            Job::Close => jobs.close(),
        }
    }
    group
}

fn write(connection: &Connection, group: Vec<(Batch, Waiting)>, commits: &watch::Sender<u64>) {
    let (batches, waiting): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    match write_group(connection, &batches) {
        Ok(answers) => {
            if !batches.iter().all(Batch::is_lease) {
                commits.send_modify(|count| *count += 1);
            }
            for (waiting, answer) in waiting.into_iter().zip(answers) {
                // ok: a caller that has gone does not want to know
                waiting.send(answer).ok();
            }
        }
        Err(error) => refuse(waiting, &error),
    }
}

/// One transaction for all. A batch that fails is undone alone; where the transaction itself is
/// lost or cannot be committed, nobody is told that anything was written.
pub(in crate::engine) fn write_group(
    connection: &Connection,
    batches: &[Batch],
) -> Result<Vec<Result<Written>>> {
    let written = try_group(connection, batches);
    if !connection.is_autocommit()
        && let Err(error) = control(connection, "ROLLBACK")
    {
        tracing::error!(%error, "the store could not roll back");
    }
    written.map_err(failure)
}

fn try_group(connection: &Connection, batches: &[Batch]) -> rusqlite::Result<Vec<Result<Written>>> {
    control(connection, "BEGIN IMMEDIATE")?;
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        answers.push(write_alone(connection, batch)?.map_err(failure));
    }
    control(connection, "COMMIT")?;
    Ok(answers)
}

/// The outer error is the transaction's, the inner one the batch's.
fn write_alone(
    connection: &Connection,
    batch: &Batch,
) -> rusqlite::Result<rusqlite::Result<Written>> {
    control(connection, "SAVEPOINT batch")?;
    let result = write_all(connection, batch);
    if connection.is_autocommit() {
        // ok: SQLite gives the whole transaction up when, for one, the disk is full
        return result.map(Ok);
    }
    if !matches!(&result, Ok(written) if written.committed.is_done()) {
        control(connection, "ROLLBACK TO batch")?;
    }
    control(connection, "RELEASE batch")?;
    Ok(result)
}

fn write_all(connection: &Connection, batch: &Batch) -> rusqlite::Result<Written> {
    let mut answer = Written { committed: Committed::Done, rows: Vec::new() };
    for Stmt { query, kind } in batch.statements() {
        match kind {
            Kind::Plain => drop(execute(connection, query)?),
            Kind::Lease { .. } => answer.rows.extend(rows(connection, query)?),
            Kind::Expect { guard } => {
                if execute(connection, query)? != 1 {
                    let committed = Committed::Stale { guard: guard.clone() };
                    return Ok(Written { committed, rows: Vec::new() });
                }
            }
        }
    }
    Ok(answer)
}

fn control(connection: &Connection, sql: &'static str) -> rusqlite::Result<()> {
    execute(connection, &Query::new(sql, [])).map(drop)
}
