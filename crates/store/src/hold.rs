//! Holds: what keeps an invoice from payment, and what became of it (`domain.md` A4.6).

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::Row;
use canonical::{Code, InvoiceId, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A hold on an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id: `hold_` and a ULID.
    pub id: String,
    /// The invoice that waits.
    pub invoice_id: InvoiceId,
    /// Why.
    pub code: Code,
    /// The tolerance key that was breached, where there is one.
    pub key: Option<String>,
    /// The invoice line it is about; `None` for the document.
    pub invoice_line: Option<u32>,
    /// Where it stands.
    pub state: HoldState,
    /// Since when the invoice waits for this (UTC); a hold that supersedes another inherits it.
    pub opened_at: Timestamp,
    /// When it ended (UTC).
    pub closed_at: Option<Timestamp>,
    /// What is known about it, as JSON text: the reason, and later what ended it.
    pub detail_json: String,
}

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// The invoice waits.
    Open,
    /// A fact ended it.
    Cleared,
    /// A person ended it.
    Released,
    /// Another reason took its place.
    Superseded,
}

impl HoldState {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared => "cleared",
            Self::Released => "released",
            Self::Superseded => "superseded",
        }
    }
}

const SELECT: &str = "SELECT id, invoice_id, code, tolerance, invoice_line, state, opened_at,
    closed_at, detail FROM hold";

impl Batch {
    /// Opens a hold.
    pub fn insert_hold(&mut self, hold: &Hold) {
        self.run(
            "INSERT INTO hold (id, invoice_id, code, tolerance, invoice_line, state, opened_at,
                closed_at, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            [
                Val::text(&hold.id),
                Val::text(&hold.invoice_id),
                Val::text(hold.code),
                Val::text_or_null(hold.key.as_ref()),
                hold.invoice_line.map_or(Val::Null, Val::from),
                Val::from(hold.state.name()),
                hold.opened_at.into(),
                Val::time_or_null(hold.closed_at),
                Val::text(&hold.detail_json),
            ],
        );
    }

    /// Writes what became of a hold that stood as `from`; stale (`hold ID`) where it does not.
    pub fn move_hold(&mut self, hold: &Hold, from: HoldState) {
        self.expect_one(
            format!("hold {}", hold.id),
            "UPDATE hold SET state = $2, opened_at = $3, closed_at = $4, detail = $5
             WHERE id = $1 AND state = $6",
            [
                Val::text(&hold.id),
                Val::from(hold.state.name()),
                hold.opened_at.into(),
                Val::time_or_null(hold.closed_at),
                Val::text(&hold.detail_json),
                Val::from(from.name()),
            ],
        );
    }
}

impl Store {
    /// Every hold of these invoices: by invoice, then by age, oldest first.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn holds(&self, invoices: &[InvoiceId]) -> Result<Vec<Hold>> {
        let ids: Vec<Val> = invoices.iter().map(Val::text).collect();
        let queries = ids
            .chunks(KEYS_MAX)
            .map(|ids| Query::listing(&format!("{SELECT} WHERE invoice_id IN "), ids));
        let rows = self.rows_of_all(queries.collect()).await?;
        let mut holds = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        holds.sort_by(|a, b| {
            let key = |it: &Hold| (it.invoice_id.clone(), it.opened_at, it.id.clone());
            key(a).cmp(&key(b))
        });
        Ok(holds)
    }
}

fn read(mut row: Row) -> Result<Hold> {
    Ok(Hold {
        id: row.text()?,
        invoice_id: row.parsed()?,
        code: row.word()?,
        key: row.text_or_null()?,
        invoice_line: row.count_or_null()?,
        state: row.word()?,
        opened_at: row.time()?,
        closed_at: row.time_or_null()?,
        detail_json: row.text()?,
    })
}

#[cfg(test)]
mod tests;
