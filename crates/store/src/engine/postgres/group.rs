//! A group of batches in one transaction. Batches are sent many at once behind one savepoint; where
//! one of them cannot stay, all are undone to there, it gets its answer, and the others are sent
//! again, fewer at once. So a group without a stale batch costs two round trips, however many
//! batches it has, and one with many stale ones a round trip for each.

use super::failure::Failure;
use super::news;
use super::session::{Answer, Done, Session, Step};
use crate::batch::{Batch, Committed, Kind, Stmt};
use crate::engine::Written;
use canonical::{Error, Result};
use std::borrow::Cow;
use std::mem;

/// Groups of all processes commit one after the other: positions grow in the order of commits.
const LOCK: &str = "SELECT pg_advisory_xact_lock(8390891584276724597)";
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// By which it is found out later what became of the transaction; null where nothing was written.
const TRANSACTION: &str = "SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT)";
/// Batches sent at once, at first and at most.
const AT_ONCE: (usize, usize) = (32, 128);

/// Why a group was not committed, as far as is known.
#[derive(Debug)]
pub(super) enum Broken {
    /// Nothing was written.
    Before(Failure),
    /// The answer to the commit of this transaction is missing.
    During {
        transaction: String,
        /// The server's process that was to commit it.
        process: i32,
        answers: Vec<Result<Written>>,
        failure: Failure,
    },
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Before(failure)
    }
}

/// Writes the group and gives what became of each batch.
pub(super) async fn write(
    session: &mut Session,
    batches: &[Batch],
) -> std::result::Result<Vec<Result<Written>>, Broken> {
    let mut group = Group::prepare(session, batches).await?;
    while !group.open.is_empty() {
        group.step(session).await?;
    }
    group.commit(session).await
}

struct Group<'a> {
    /// What is still to be written, in its order.
    open: Vec<(usize, &'a Batch)>,
    answers: Vec<Option<Result<Written>>>,
    at_once: usize,
    /// Whether it hands out work and nothing else: nobody waits for that.
    is_lease: bool,
    /// How the next step begins: it ends the one before.
    mark: String,
    transaction: Option<String>,
}

impl<'a> Group<'a> {
    /// A statement that the server does not understand is its batch's fault alone.
    async fn prepare(session: &mut Session, batches: &'a [Batch]) -> Done<Self> {
        let is_lease = batches.iter().all(Batch::is_lease);
        let lock = if is_lease { "" } else { LOCK };
        let mut it = Self {
            open: Vec::with_capacity(batches.len()),
            answers: Vec::with_capacity(batches.len()),
            at_once: AT_ONCE.0,
            is_lease,
            mark: format!("{BEGIN}; {lock}; SAVEPOINT batches"),
            transaction: None,
        };
        session.prepare(TRANSACTION).await?;
        for (number, batch) in batches.iter().enumerate() {
            let refused = match prepare(session, batch).await {
                Ok(()) => None,
                Err(failure) if failure.is_passing() => return Err(failure),
                Err(failure) => Some(Err(failure.into())),
            };
            if refused.is_none() {
                it.open.push((number, batch));
            }
            it.answers.push(refused);
        }
        Ok(it)
    }

    /// Writes the next batches, or finds out which of them cannot be.
    async fn step(&mut self, session: &mut Session) -> Done<()> {
        let count = self.at_once.min(self.open.len());
        let these = self.open.get(..count).unwrap_or_default();
        let mut steps = vec![Step::Control(Cow::Owned(mem::take(&mut self.mark)))];
        for (_number, batch) in these {
            steps.extend(batch.statements().iter().map(step));
        }
        steps.push(Step::new(TRANSACTION, &[]));
        let mut answers = session.each(&steps).await.into_iter();
        answers.next().transpose()?;
        let mut written = Vec::with_capacity(count);
        for (place, (number, batch)) in these.iter().enumerate() {
            match outcome(batch, &mut answers) {
                Ok(it) if it.committed.is_done() => written.push((*number, it)),
                Err(failure) if failure.is_passing() => return Err(failure),
                bad => {
                    let number = *number;
                    self.undo(place, number, bad.map_err(Error::from));
                    return Ok(());
                }
            }
        }
        let row = answers.next().transpose()?.and_then(|it| it.rows.into_iter().next());
        self.keep(written, row.and_then(|mut it| it.text_or_null().ok().flatten()));
        Ok(())
    }

    fn keep(&mut self, written: Vec<(usize, Written)>, transaction: Option<String>) {
        self.open.drain(..written.len());
        for (number, written) in written {
            self.put(number, Ok(written));
        }
        self.transaction = transaction.or(self.transaction.take());
        self.at_once = (self.at_once * 2).min(AT_ONCE.1);
        "RELEASE SAVEPOINT batches; SAVEPOINT batches".clone_into(&mut self.mark);
    }

    fn undo(&mut self, place: usize, number: usize, answer: Result<Written>) {
        self.open.remove(place);
        self.put(number, answer);
        self.at_once = (self.at_once / 4).max(1);
        "ROLLBACK TO SAVEPOINT batches".clone_into(&mut self.mark);
    }

    fn put(&mut self, number: usize, answer: Result<Written>) {
        if let Some(place) = self.answers.get_mut(number) {
            *place = Some(answer);
        }
    }

    async fn commit(
        self,
        session: &mut Session,
    ) -> std::result::Result<Vec<Result<Written>>, Broken> {
        let Self { answers, mark, transaction, is_lease, .. } = self;
        let answers = answers.into_iter().flatten().collect();
        if mark.starts_with("BEGIN") {
            return Ok(answers);
        }
        let Some(transaction) = transaction else {
            session.control("ROLLBACK").await?;
            return Ok(answers);
        };
        let news = if is_lease { String::new() } else { news::announcement() };
        let commit = format!("{mark}; {news}; SET LOCAL statement_timeout = 0; COMMIT");
        match session.control(commit).await {
            Ok(()) => Ok(answers),
            Err(failure) if failure.is_lost() => {
                let process = session.process;
                Err(Broken::During { transaction, process, answers, failure })
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

async fn prepare(session: &mut Session, batch: &Batch) -> Done<()> {
    for statement in batch.statements() {
        session.prepare(sql(statement)).await?;
    }
    Ok(())
}

const fn sql(statement: &Stmt) -> &str {
    match statement.kind {
        Kind::Lease { postgres } => postgres,
        Kind::Plain | Kind::Expect { .. } => match &statement.query.sql {
            Cow::Borrowed(sql) => sql,
            Cow::Owned(sql) => sql.as_str(),
        },
    }
}

fn step(statement: &Stmt) -> Step<'_> {
    Step::new(sql(statement), &statement.query.args)
}

/// What became of the next batch.
fn outcome(batch: &Batch, answers: &mut impl Iterator<Item = Done<Answer>>) -> Done<Written> {
    let mut written = Written { committed: Committed::Done, rows: Vec::new() };
    for (statement, answer) in batch.statements().iter().zip(answers) {
        let answer = answer?;
        match &statement.kind {
            Kind::Plain => {}
            Kind::Lease { .. } => written.rows.extend(answer.rows),
            Kind::Expect { guard } => {
                if answer.changed != 1 {
                    let committed = Committed::Stale { guard: guard.clone() };
                    return Ok(Written { committed, rows: Vec::new() });
                }
            }
        }
    }
    Ok(written)
}
