//! A writer: takes what is queued, so many batches at most, and commits it once. A group whose
//! connection was lost before the commit was sent is written again on a new one. Where it was lost
//! after that, the server is asked what became of the transaction, and nothing is guessed.

use super::group::{self, Broken};
use super::news::News;
use super::session::Session;
use super::{CONNECT_PAUSE, Place};
use crate::batch::{Batch, Query, Val};
use crate::engine::{Job, Waiting, WriteJob, Written, refuse};
use crate::row::Row;
use canonical::{Error, Result};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// How long a group is tried again where its connection was lost.
const TRY_FOR: Duration = Duration::from_secs(10);
/// How long it is asked what became of a commit.
const INQUIRE_FOR: Duration = Duration::from_secs(30);

/// `committed`, `aborted`, `in progress`, or null where the server has forgotten.
const STATUS: &str = "SELECT pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8))";
const END_PROCESS: &str = "SELECT pg_terminate_backend(CAST($1 AS INTEGER))";

/// One connection that writes.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    place: &'a Place,
    news: &'a News,
    session: Option<Session>,
    /// Whether its commits are what this process is known by.
    is_known: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(place: &'a Place, news: &'a News, session: Session) -> Self {
        news.writes_as(session.process);
        Self { place, news, session: Some(session), is_known: true }
    }

    /// One beside the first, for leases or for the bulk lane; connects when it is first asked.
    pub(super) const fn another(place: &'a Place, news: &'a News) -> Self {
        Self { place, news, session: None, is_known: false }
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<WriteJob>, at_once: usize) {
        let mut queued = Vec::with_capacity(at_once);
        while jobs.recv_many(&mut queued, at_once).await > 0 {
            let mut group = Vec::with_capacity(queued.len());
            for job in queued.drain(..) {
                take(job, &mut group, &mut jobs);
            }
            if !group.is_empty() {
                self.write(group).await;
            }
        }
    }

    async fn write(&mut self, group: Vec<(Batch, Waiting)>) {
        let (batches, waiting): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        match self.commit(&batches).await {
            Ok(answers) => {
                if !batches.iter().all(Batch::is_lease) {
                    self.news.tell();
                }
                for (waiting, answer) in waiting.into_iter().zip(answers) {
                    // ok: a caller that has gone does not want to know
                    waiting.send(answer).ok();
                }
            }
            Err(error) => refuse(waiting, &error),
        }
    }

    async fn commit(&mut self, batches: &[Batch]) -> Result<Vec<Result<Written>>> {
        let until = Instant::now() + TRY_FOR;
        loop {
            let error = match self.attempt(batches).await {
                Ok(Ok(answers)) => return Ok(answers),
                Ok(Err(Broken::Before(failure))) if failure.is_passing() => failure.into(),
                Ok(Err(Broken::Before(failure))) => return Err(failure.into()),
                Ok(Err(Broken::During { transaction, process, answers, failure })) => {
                    tracing::warn!(%failure, transaction, "the answer to a commit is missing");
                    match self.is_committed(&transaction, process).await? {
                        true => return Ok(answers),
                        false => failure.into(),
                    }
                }
                Err(error) => error,
            };
            if Instant::now() > until {
                return Err(error);
            }
            tracing::warn!(%error, "a group is written again");
            sleep(CONNECT_PAUSE).await;
        }
    }

    /// Writes the group once; the outer error is that of connecting.
    async fn attempt(
        &mut self,
        batches: &[Batch],
    ) -> Result<std::result::Result<Vec<Result<Written>>, Broken>> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let session = Session::open_limited(self.place).await?;
                if self.is_known {
                    self.news.writes_as(session.process);
                }
                session
            }
        };
        let written = group::write(&mut session, batches).await;
        let is_usable = match &written {
            Ok(_) => true,
            Err(Broken::Before(failure)) => {
                !failure.is_lost() && session.control("ROLLBACK").await.is_ok()
            }
            Err(Broken::During { .. }) => false,
        };
        self.session = is_usable.then_some(session);
        Ok(written)
    }

    /// What became of a transaction whose commit was sent.
    async fn is_committed(&self, transaction: &str, process: i32) -> Result<bool> {
        let until = Instant::now() + INQUIRE_FOR;
        loop {
            let why = match self.status(transaction, process).await {
                Ok(Some(it)) if it == "committed" => return Ok(true),
                Ok(Some(it)) if it == "aborted" => return Ok(false),
                Ok(status) => format!("{status:?}"),
                Err(error) => format!("{error:?}"),
            };
            if Instant::now() > until {
                let error = Error::unavailable("it is not known what became of a commit");
                return Err(error.because(format!("transaction {transaction}: {why}")));
            }
            sleep(CONNECT_PAUSE).await;
        }
    }

    /// Asks the server; where it does not know yet that the connection is lost, it is told.
    async fn status(&self, transaction: &str, process: i32) -> Result<Option<String>> {
        let mut session = Session::open_limited(self.place).await?;
        let mut row = session.rows(&Query::new(STATUS, [Val::from(transaction)])).await?.pop();
        let status = row.as_mut().map_or(Ok(None), Row::text_or_null)?;
        if status.as_deref() == Some("in progress") {
            session.rows(&Query::new(END_PROCESS, [Val::from(i64::from(process))])).await?;
        }
        Ok(status)
    }
}

fn take(job: WriteJob, group: &mut Vec<(Batch, Waiting)>, jobs: &mut mpsc::Receiver<WriteJob>) {
    match job {
        // ok: whoever asked has gone, and nothing was promised
        Job::Do { answer, .. } if answer.is_closed() => {}
        Job::Do { what, answer } => group.push((what, answer)),
        Job::Close => jobs.close(),
    }
}
