//! Exception cases (`domain.md` A4.7, C): what an invoice waits for, by the queue that looks at it,
//! and until when. What the process layer knows about a case beside that is its own.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::paging::{cut, keys, one_more};
use crate::row::Row;
use canonical::{Error, FacilityId, InvoiceId, Page, PageRequest, Result, SupplierId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An exception case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id: `case_` and a ULID.
    pub id: String,
    /// How often it was changed; an update with another version than the kept one is stale. Set by
    /// the store: 1 after the insert.
    pub version: i64,
    /// The invoice that waits.
    pub invoice_id: InvoiceId,
    /// Whose it is. An invoice has at most one case that is not resolved in a queue.
    pub queue: String,
    /// Where it stands.
    pub state: CaseState,
    /// Who sent the invoice.
    pub supplier_id: SupplierId,
    /// The facility the invoice is for, where that is known.
    pub facility_id: Option<FacilityId>,
    /// Since when the oldest of its holds is open (UTC).
    pub opened_at: Timestamp,
    /// Until when it is to be resolved (UTC).
    pub due_at: Timestamp,
    /// When it was resolved (UTC).
    pub resolved_at: Option<Timestamp>,
    /// What else is known about it, as JSON text.
    pub body_json: String,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// It lies in its queue.
    New,
    /// Somebody is to take it.
    Assigned,
    /// Somebody works on it.
    InProgress,
    /// It waits for somebody outside.
    WaitingExternal,
    /// Nothing of it is open any more.
    Resolved,
}

impl CaseState {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Assigned => "assigned",
            Self::InProgress => "in_progress",
            Self::WaitingExternal => "waiting_external",
            Self::Resolved => "resolved",
        }
    }
}

/// Which cases to list; `None` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// In this queue.
    pub queue: Option<String>,
    /// In this state.
    pub state: Option<CaseState>,
    /// Of this supplier.
    pub supplier_id: Option<SupplierId>,
    /// For this facility.
    pub facility_id: Option<FacilityId>,
    /// Not resolved, and due before this instant, or not so.
    pub overdue: Option<(bool, Timestamp)>,
}

const CASE: &str = "c.id, c.version, c.invoice_id, c.queue, c.state, c.supplier_id, c.facility_id,
    c.opened_at, c.due_at, c.resolved_at, c.body";

impl Batch {
    /// Opens a case. `version` is the store's to set.
    pub fn insert_case(&mut self, case: &Case) {
        self.run(
            "INSERT INTO exception_case (id, version, invoice_id, queue, state, supplier_id,
                facility_id, opened_at, due_at, resolved_at, body)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            [
                Val::text(&case.id),
                Val::text(&case.invoice_id),
                Val::text(&case.queue),
                Val::from(case.state.name()),
                Val::text(&case.supplier_id),
                Val::text_or_null(case.facility_id.as_ref()),
                case.opened_at.into(),
                case.due_at.into(),
                Val::time_or_null(case.resolved_at),
                Val::text(&case.body_json),
            ],
        );
    }

    /// Writes what may change of a case. Stale (`case ID`) where somebody changed it since it was
    /// read.
    pub fn update_case(&mut self, case: &Case) {
        self.expect_one(
            format!("case {}", case.id),
            "UPDATE exception_case SET version = version + 1, queue = $3, state = $4,
                opened_at = $5, due_at = $6, resolved_at = $7, body = $8
             WHERE id = $1 AND version = $2",
            [
                Val::text(&case.id),
                case.version.into(),
                Val::text(&case.queue),
                Val::from(case.state.name()),
                case.opened_at.into(),
                case.due_at.into(),
                Val::time_or_null(case.resolved_at),
                Val::text(&case.body_json),
            ],
        );
    }

    /// Keeps a person's word that two invoices are not one.
    pub fn insert_not_duplicate(
        &mut self,
        (invoice, other): (&InvoiceId, &str),
        (by, reason): (&str, &str),
        at: Timestamp,
    ) {
        self.run(
            "INSERT INTO not_duplicate (invoice_id, other, decided_by, reason, decided_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (invoice_id, other) DO NOTHING",
            [Val::text(invoice), other.into(), by.into(), reason.into(), at.into()],
        );
    }
}

impl Store {
    /// A case by its id.
    ///
    /// # Errors
    /// `not_found`, or `unavailable` or `internal` where the store cannot answer.
    pub async fn case(&self, id: &str) -> Result<Case> {
        let sql = format!("SELECT {CASE} FROM exception_case c WHERE c.id = $1");
        let row = self.rows(Query::new(sql, [Val::from(id)])).await?.pop();
        read(&mut row.ok_or_else(|| Error::not_found("case", id))?)
    }

    /// Every case of an invoice, the oldest first.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn cases_of(&self, invoice: &InvoiceId) -> Result<Vec<Case>> {
        let sql =
            format!("SELECT {CASE} FROM exception_case c WHERE c.invoice_id = $1 ORDER BY c.seq");
        let rows = self.rows(Query::new(sql, [Val::text(invoice)])).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// Cases, the one that is due first before the others.
    ///
    /// # Errors
    /// `invalid` where the cursor is not one of this list, or `unavailable` or `internal` where
    /// the store cannot answer.
    pub async fn cases(&self, filter: &CaseFilter, page: &PageRequest) -> Result<Page<Case>> {
        let mut query = Query::new("", []);
        let mut sql = "c.due_at, c.seq FROM exception_case c WHERE c.seq > 0".to_owned();
        let columns = [
            ("queue", filter.queue.as_deref().map(Val::from)),
            ("state", filter.state.map(|it| Val::from(it.name()))),
            ("supplier_id", filter.supplier_id.as_ref().map(Val::text)),
            ("facility_id", filter.facility_id.as_ref().map(Val::text)),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                sql += &format!(" AND c.{column} = {}", query.arg(value));
            }
        }
        if let Some((overdue, now)) = filter.overdue {
            let now = query.arg(now.into());
            sql += &match overdue {
                true => format!(" AND c.state <> 'resolved' AND c.due_at < {now}"),
                false => format!(" AND (c.state = 'resolved' OR c.due_at >= {now})"),
            };
        }
        if let Some(cursor) = &page.cursor {
            let [due, seq] = keys(cursor, 'c')?;
            let (due, seq) = (query.arg(due.into()), query.arg(seq.into()));
            sql += &format!(" AND (c.due_at, c.seq) > ({due}, {seq})");
        }
        let limit = query.arg(one_more(page).into());
        query.sql = format!("SELECT {CASE}, {sql} ORDER BY c.due_at, c.seq LIMIT {limit}").into();
        let rows = self.rows(query).await?;
        cut(rows, page, read, |row| Ok(format!("c{}.{}", row.int()?, row.int()?)))
    }

    /// The invoices of which a person said that they and this one are not one.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn not_duplicates(&self, invoice: &InvoiceId) -> Result<Vec<String>> {
        let query = Query::new(
            "SELECT other FROM not_duplicate WHERE invoice_id = $1
             UNION SELECT invoice_id FROM not_duplicate WHERE other = $1",
            [Val::text(invoice)],
        );
        self.rows(query).await?.into_iter().map(|mut row| row.text()).collect()
    }
}

fn read(row: &mut Row) -> Result<Case> {
    Ok(Case {
        id: row.text()?,
        version: row.int()?,
        invoice_id: row.parsed()?,
        queue: row.text()?,
        state: row.word()?,
        supplier_id: row.parsed()?,
        facility_id: row.parsed_or_null()?,
        opened_at: row.time()?,
        due_at: row.time()?,
        resolved_at: row.time_or_null()?,
        body_json: row.text()?,
    })
}

#[cfg(test)]
mod tests;
