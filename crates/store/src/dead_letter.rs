//! Dead letters: items of work that failed for good. They keep what they were to do and why it
//! failed, stop their key and no other, and are put back when a person says so (`domain.md` D7).

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::paging::{cut, keys, one_more};
use crate::row::Row;
use canonical::{Page, PageRequest, Result};
use jiff::Timestamp;

/// An item of work that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: String,
    /// What was to be done: `post_payable`.
    pub kind: String,
    /// The key whose later items wait for it.
    pub key: String,
    /// The business flow it belongs to.
    pub correlation_id: Option<String>,
    /// What it takes, as JSON text, as it was queued.
    pub payload_json: String,
    /// How often it was tried.
    pub attempts: u32,
    /// How often it was put back before.
    pub replays: u32,
    /// What went wrong the last time.
    pub error: String,
    /// The sort of error: a code as on the wire, `upstream`.
    pub error_code: String,
    /// When it was queued (UTC).
    pub created_at: Timestamp,
    /// When it was given up (UTC).
    pub buried_at: Timestamp,
    /// How many later items of its key wait for it.
    pub waiting: u64,
}

/// Which dead letters; `None` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// That one.
    pub id: Option<String>,
    /// To do this.
    pub kind: Option<String>,
    /// Of this key.
    pub key: Option<String>,
    /// Of this business flow.
    pub correlation_id: Option<String>,
    /// Stopped by this sort of error.
    pub error_code: Option<String>,
    /// Given up at this instant or later (UTC).
    pub from: Option<Timestamp>,
    /// Given up before this instant (UTC).
    pub to: Option<Timestamp>,
}

impl Batch {
    /// Puts a dead letter back into the queue, beside the live traffic: in the bulk lane. Changes
    /// nothing where it is not dead any more.
    pub fn replay_work(&mut self, id: &str, at: Timestamp) {
        self.run(
            "UPDATE work SET state = 'ready', lane = 'bulk', due_at = $2, attempts = 0,
                buried_at = NULL, replays = replays + 1
             WHERE id = $1 AND state = 'dead'",
            [Val::from(id), at.into()],
        );
    }
}

impl Store {
    /// Dead letters, the oldest first.
    ///
    /// # Errors
    /// `invalid` where the cursor is not one of this list, or `unavailable` or `internal` where
    /// the store cannot answer.
    pub async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: &PageRequest,
    ) -> Result<Page<DeadLetter>> {
        let mut query = Query::new("", []);
        let mut sql = "FROM work w WHERE w.state = 'dead'".to_owned();
        let columns = [
            ("id =", filter.id.as_deref().map(Val::from)),
            ("kind =", filter.kind.as_deref().map(Val::from)),
            ("name =", filter.key.as_deref().map(Val::from)),
            ("correlation_id =", filter.correlation_id.as_deref().map(Val::from)),
            ("error_code =", filter.error_code.as_deref().map(Val::from)),
            ("buried_at >=", filter.from.map(Val::from)),
            ("buried_at <", filter.to.map(Val::from)),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                sql += &format!(" AND w.{column} {}", query.arg(value));
            }
        }
        if let Some(cursor) = &page.cursor {
            let [last] = keys(cursor, 'd')?;
            sql += &format!(" AND w.seq > {}", query.arg(last.into()));
        }
        let limit = query.arg(one_more(page).into());
        query.sql = format!(
            "SELECT w.id, w.kind, w.name, w.correlation_id, w.payload, w.attempts, w.replays,
                w.last_error, w.error_code, w.created_at, w.buried_at,
                (SELECT COUNT(*) FROM work e
                 WHERE e.name = w.name AND e.seq > w.seq AND e.state <> 'done'), w.seq
             {sql} ORDER BY w.seq LIMIT {limit}"
        )
        .into();
        cut(self.rows(query).await?, page, read, |row| Ok(format!("d{}", row.int()?)))
    }
}

fn read(row: &mut Row) -> Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.text()?,
        kind: row.text()?,
        key: row.text()?,
        correlation_id: row.text_or_null()?,
        payload_json: row.text()?,
        attempts: row.count()?,
        replays: row.count()?,
        error: row.text_or_null()?.unwrap_or_default(),
        error_code: row.text_or_null()?.unwrap_or_default(),
        created_at: row.time()?,
        buried_at: row.time_or_null()?.unwrap_or_default(),
        waiting: row.count()?,
    })
}

#[cfg(test)]
mod tests;
