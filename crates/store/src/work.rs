//! The work queue: what is still to be done, kept with the decision that asks for it. Items of one
//! key are done in order; one that failed for good stops its key and no other (`domain.md` D7).

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::row::Row;
use canonical::{Error, Lane, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An item to queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWork {
    /// Its id; one of a kind.
    pub id: String,
    /// Which workers it is for.
    pub lane: Lane,
    /// What is to be done: `post_payable`.
    pub kind: String,
    /// Items of one key are done in the order they were queued.
    pub key: String,
    /// The business flow it belongs to, where it belongs to one.
    pub correlation_id: Option<String>,
    /// What it takes, as JSON text.
    pub payload_json: String,
    /// Not before (UTC).
    pub run_at: Timestamp,
    /// When it was queued (UTC).
    pub created_at: Timestamp,
}

/// An item handed to a worker, until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// The key that keeps its order.
    pub key: String,
    /// What it takes, as JSON text.
    pub payload_json: String,
    /// How often it was handed out, this time included. It also tells this lease from an earlier.
    pub attempts: u32,
    /// How often it was put back after it had failed for good.
    pub replays: u32,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    /// When it was queued (UTC).
    pub created_at: Timestamp,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// Waits for its time and its turn.
    Ready,
    /// A worker has it.
    Leased,
    /// It is done.
    Done,
    /// It failed for good; its key waits for a person.
    Dead,
}

/// How many items stand where, for health and metrics. Done ones are not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkCount {
    /// The lane.
    pub lane: Lane,
    /// Where they stand.
    pub state: WorkState,
    /// How many.
    pub count: u64,
}

const LEASE: &str = "UPDATE work SET state = 'leased', due_at = $3, attempts = attempts + 1
    WHERE id IN (
        SELECT w.id FROM work w
        WHERE w.lane = $1 AND w.due_at <= $2 AND NOT EXISTS (
            SELECT 1 FROM work e WHERE e.name = w.name AND e.seq < w.seq AND e.state <> 'done')
        ORDER BY w.due_at, w.seq LIMIT $4)
    RETURNING seq, id, kind, name, payload, attempts, replays, last_error, created_at";

/// The same for PostgreSQL: an item that another worker is taking at this moment is passed over,
/// and the picking is done once, whatever the plan.
const LEASE_POSTGRES: &str =
    "UPDATE work SET state = 'leased', due_at = $3, attempts = attempts + 1
    WHERE seq = ANY (ARRAY(
        SELECT w.seq FROM work w
        WHERE w.lane = $1 AND w.due_at <= $2 AND w.seq = (
            SELECT e.seq FROM work e WHERE e.name = w.name AND e.state <> 'done'
            ORDER BY e.seq LIMIT 1)
        ORDER BY w.due_at, w.seq LIMIT $4 FOR UPDATE SKIP LOCKED))
    RETURNING seq, id, kind, name, payload, attempts, replays, last_error, created_at";

const fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::Critical => "critical",
        Lane::Bulk => "bulk",
    }
}

impl Batch {
    /// Queues an item; stale (`work ID`) where this id was queued before.
    pub fn enqueue_work(&mut self, new: NewWork) {
        self.expect_one(
            format!("work {}", new.id),
            "INSERT INTO work
                (id, lane, kind, name, payload, state, due_at, attempts, created_at,
                 correlation_id)
             VALUES ($1, $2, $3, $4, $5, 'ready', $6, 0, $7, $8)
             ON CONFLICT (id) DO NOTHING",
            [
                new.id.into(),
                Val::from(lane_name(new.lane)),
                new.kind.into(),
                new.key.into(),
                new.payload_json.into(),
                new.run_at.into(),
                new.created_at.into(),
                Val::text_or_null(new.correlation_id),
            ],
        );
    }

    /// Marks an item as done; stale (`work ID`) where the lease was lost.
    pub fn complete_work(&mut self, work: &Work) {
        self.leave(
            work,
            "UPDATE work SET state = 'done', due_at = NULL, last_error = NULL
             WHERE id = $1 AND state = 'leased' AND attempts = $2",
            [],
        );
    }

    /// Puts an item back, to be tried again at `at`; stale (`work ID`) where the lease was lost.
    pub fn retry_work(&mut self, work: &Work, at: Timestamp, error: &str) {
        self.leave(
            work,
            "UPDATE work SET state = 'ready', due_at = $3, last_error = $4
             WHERE id = $1 AND state = 'leased' AND attempts = $2",
            [Val::from(at), Val::from(error)],
        );
    }

    /// Gives an item up: it stays, and stops its key; stale (`work ID`) where the lease was lost.
    pub fn bury_work(&mut self, work: &Work, at: Timestamp, error: &Error) {
        self.leave(
            work,
            "UPDATE work SET state = 'dead', due_at = NULL, last_error = $3, error_code = $4,
                buried_at = $5
             WHERE id = $1 AND state = 'leased' AND attempts = $2",
            [Val::from(error.message()), Val::from(error.kind().code()), at.into()],
        );
    }

    fn leave<const N: usize>(&mut self, work: &Work, sql: &'static str, more: [Val; N]) {
        let mut args = vec![Val::text(&work.id), work.attempts.into()];
        args.extend(more);
        self.expect_one(format!("work {}", work.id), sql, args);
    }
}

impl Store {
    /// Hands out up to `limit` items that are due, each for as long as until `lease_until`, to this
    /// caller alone. An item waits while an earlier one of its key is not done; one whose lease
    /// ended is handed out again.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn lease_work(
        &self,
        lane: Lane,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Work>> {
        let mut batch = Batch::new();
        batch.lease(
            LEASE,
            LEASE_POSTGRES,
            [Val::from(lane_name(lane)), now.into(), lease_until.into(), limit.into()],
        );
        let rows = self.engine.write(self.lane, batch).await?.rows;
        let mut work = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        work.sort_by_key(|(seq, _)| *seq);
        Ok(work.into_iter().map(|(_, work)| work).collect())
    }

    /// When the next item of the lane is due, or its lease ends; `None` where nothing waits.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn next_work_at(&self, lane: Lane) -> Result<Option<Timestamp>> {
        let query = Query::new(
            "SELECT MIN(due_at) FROM work WHERE lane = $1 AND due_at IS NOT NULL",
            [Val::from(lane_name(lane))],
        );
        self.rows(query).await?.pop().map_or(Ok(None), |mut row| row.time_or_null())
    }

    /// How many items stand where; done ones are not counted.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn work_counts(&self) -> Result<Vec<WorkCount>> {
        let query = Query::new(
            "SELECT lane, state, COUNT(*) FROM work WHERE state <> 'done'
             GROUP BY lane, state ORDER BY lane, state",
            [],
        );
        let count = |mut row: Row| {
            Ok(WorkCount { lane: row.word()?, state: row.word()?, count: row.count()? })
        };
        self.rows(query).await?.into_iter().map(count).collect()
    }
}

fn read(mut row: Row) -> Result<(i64, Work)> {
    let seq = row.int()?;
    let work = Work {
        id: row.text()?,
        kind: row.text()?,
        key: row.text()?,
        payload_json: row.text()?,
        attempts: row.count()?,
        replays: row.count()?,
        last_error: row.text_or_null()?,
        created_at: row.time()?,
    };
    Ok((seq, work))
}

#[cfg(test)]
mod tests;
