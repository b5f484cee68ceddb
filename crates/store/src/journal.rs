//! Journal intents: what the ledger is asked to post, and what became of it.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::row::{Row, json};
use canonical::{Error, JournalIntent, JournalKey, JournalState, Result};
use jiff::Timestamp;

/// A journal intent with its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRecord {
    /// The intent.
    pub intent: JournalIntent,
    /// What made it: an accrual run, a landed cost.
    pub run_id: String,
    /// How far it has come.
    pub state: JournalState,
    /// Its document number in the ledger, once it is posted.
    pub document_number: Option<String>,
    /// What the last try said, where it failed.
    pub detail: Option<String>,
    /// When it was made (UTC).
    pub created_at: Timestamp,
    /// When it last changed (UTC).
    pub updated_at: Timestamp,
}

const JOURNAL: &str = "SELECT intent, run_id, state, document_number, detail, created_at,
    updated_at FROM journal";

const fn word(state: JournalState) -> &'static str {
    match state {
        JournalState::Accepted => "accepted",
        JournalState::Posted => "posted",
        JournalState::Rejected => "rejected",
        JournalState::Unknown => "unknown",
    }
}

impl Batch {
    /// Keeps a journal intent. Stale (`journal KEY`) where its key is taken.
    ///
    /// # Errors
    /// `internal` where it cannot be written as JSON.
    pub fn insert_journal(&mut self, journal: &JournalRecord) -> Result<()> {
        self.expect_one(
            format!("journal {}", journal.intent.key()),
            "INSERT INTO journal (name, run_id, state, intent, document_number, detail,
                created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING",
            [
                Val::text(journal.intent.key()),
                Val::text(&journal.run_id),
                Val::from(word(journal.state)),
                json(&journal.intent)?,
                Val::text_or_null(journal.document_number.as_ref()),
                Val::text_or_null(journal.detail.as_ref()),
                journal.created_at.into(),
                journal.updated_at.into(),
            ],
        );
        Ok(())
    }

    /// Writes what became of a journal intent. Stale where it is posted already.
    pub fn update_journal(&mut self, journal: &JournalRecord) {
        self.expect_one(
            format!("journal {}", journal.intent.key()),
            "UPDATE journal SET state = $2, document_number = $3, detail = $4, updated_at = $5
             WHERE name = $1 AND state <> 'posted'",
            [
                Val::text(journal.intent.key()),
                Val::from(word(journal.state)),
                Val::text_or_null(journal.document_number.as_ref()),
                Val::text_or_null(journal.detail.as_ref()),
                journal.updated_at.into(),
            ],
        );
    }
}

impl Store {
    /// A journal intent by its key.
    ///
    /// # Errors
    /// `not_found`, or `unavailable` or `internal` where the store cannot answer.
    pub async fn journal(&self, key: &JournalKey) -> Result<JournalRecord> {
        let sql = format!("{JOURNAL} WHERE name = $1");
        let row = self.rows(Query::new(sql, [Val::text(key)])).await?.pop();
        read(row.ok_or_else(|| Error::not_found("journal", key))?)
    }

    /// The journal intents of a run, in the order in which they were made.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn journals_of(&self, run_id: &str) -> Result<Vec<JournalRecord>> {
        let sql = format!("{JOURNAL} WHERE run_id = $1 ORDER BY seq");
        let rows = self.rows(Query::new(sql, [Val::from(run_id)])).await?;
        rows.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<JournalRecord> {
    Ok(JournalRecord {
        intent: row.json()?,
        run_id: row.text()?,
        state: row.word()?,
        document_number: row.text_or_null()?,
        detail: row.text_or_null()?,
        created_at: row.time()?,
        updated_at: row.time()?,
    })
}
