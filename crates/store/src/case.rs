//! Exception cases (`domain.md` A4.7, C): what an invoice waits for, by the queue that looks at it,
//! and until when. What the process layer knows about a case beside that is its own.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::paging::{cut, keys, one_more};
use crate::row::Row;
use crate::schema::Fill;
use canonical::{
    Currency, Decimal, Error, FacilityId, InvoiceId, Page, PageRequest, Result, SupplierId,
};
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
    /// Who is to take it, or works on it.
    pub assignee: Option<String>,
    /// When somebody else is to look, where nothing happens until then (UTC).
    pub escalates_at: Option<Timestamp>,
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

/// A case that is not resolved, with what its invoice asks for: what reports of ageing add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCase {
    /// The invoice that waits.
    pub invoice_id: InvoiceId,
    /// Whose it is.
    pub queue: String,
    /// Who sent the invoice.
    pub supplier_id: SupplierId,
    /// The facility the invoice is for, where that is known.
    pub facility_id: Option<FacilityId>,
    /// Since when the oldest of its holds is open (UTC).
    pub opened_at: Timestamp,
    /// Until when it is to be resolved (UTC).
    pub due_at: Timestamp,
    /// What else is known about it, as JSON text.
    pub body_json: String,
    /// What the invoice asks for.
    pub gross_amount: Decimal,
    /// In which currency.
    pub currency: Currency,
}

/// Which cases to list; `None` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// In this queue.
    pub queue: Option<String>,
    /// In this state.
    pub state: Option<CaseState>,
    /// Whether it is not resolved.
    pub open: Option<bool>,
    /// Somebody's.
    pub assignee: Option<String>,
    /// Of this supplier.
    pub supplier_id: Option<SupplierId>,
    /// For this facility.
    pub facility_id: Option<FacilityId>,
    /// Not resolved, and due before this instant, or not so.
    pub overdue: Option<(bool, Timestamp)>,
}

const CASE: &str = "c.id, c.version, c.invoice_id, c.queue, c.state, c.supplier_id, c.facility_id,
    c.opened_at, c.due_at, c.resolved_at, c.assignee, c.escalates_at, c.body";

/// Who had a case before there was a column for it.
pub(crate) const FILL: Fill = Fill {
    page: "SELECT seq, body FROM exception_case WHERE seq > $1 ORDER BY seq LIMIT 500",
    of_row: fill,
};

#[derive(Deserialize)]
struct HadBy {
    #[serde(default)]
    assignee: Option<String>,
}

fn fill(mut row: Row) -> Result<(i64, Vec<Query>)> {
    let seq = row.int()?;
    let had: HadBy = row.json()?;
    let sql = "UPDATE exception_case SET assignee = $2 WHERE seq = $1";
    let set = had.assignee.map(|it| Query::new(sql, [seq.into(), it.into()]));
    Ok((seq, set.into_iter().collect()))
}

impl Batch {
    /// Opens a case. `version` is the store's to set.
    pub fn insert_case(&mut self, case: &Case) {
        self.run(
            "INSERT INTO exception_case (id, version, invoice_id, queue, state, supplier_id,
                facility_id, opened_at, due_at, resolved_at, assignee, escalates_at, body)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
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
                Val::text_or_null(case.assignee.as_ref()),
                Val::time_or_null(case.escalates_at),
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
                opened_at = $5, due_at = $6, resolved_at = $7, assignee = $8,
                escalates_at = $9, body = $10
             WHERE id = $1 AND version = $2",
            [
                Val::text(&case.id),
                case.version.into(),
                Val::text(&case.queue),
                Val::from(case.state.name()),
                case.opened_at.into(),
                case.due_at.into(),
                Val::time_or_null(case.resolved_at),
                Val::text_or_null(case.assignee.as_ref()),
                Val::time_or_null(case.escalates_at),
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
            ("assignee", filter.assignee.as_deref().map(Val::from)),
            ("supplier_id", filter.supplier_id.as_ref().map(Val::text)),
            ("facility_id", filter.facility_id.as_ref().map(Val::text)),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                sql += &format!(" AND c.{column} = {}", query.arg(value));
            }
        }
        // said in so many words, so that the index of what is open is seen to hold it
        if filter.open == Some(true) || filter.state.is_some_and(|it| it != CaseState::Resolved) {
            sql += " AND c.state <> 'resolved'";
        }
        if filter.open == Some(false) {
            sql += " AND c.state = 'resolved'";
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

    /// The cases that are not resolved, by when they are due; what is over costs nothing.
    ///
    /// # Errors
    /// `invalid` where the cursor is not one of this list, or `unavailable` or `internal` where
    /// the store cannot answer.
    pub async fn open_cases(&self, page: &PageRequest) -> Result<Page<OpenCase>> {
        let mut query = Query::new("", []);
        let mut after = String::new();
        if let Some(cursor) = &page.cursor {
            let [due, seq] = keys(cursor, 'o')?;
            let (due, seq) = (query.arg(due.into()), query.arg(seq.into()));
            after = format!("AND (c.due_at, c.seq) > ({due}, {seq})");
        }
        let limit = query.arg(one_more(page).into());
        query.sql = format!(
            "SELECT c.invoice_id, c.queue, c.supplier_id, c.facility_id, c.opened_at, c.due_at,
                c.body, i.gross_amount, i.currency, c.due_at, c.seq
             FROM exception_case c JOIN invoice i ON i.id = c.invoice_id
             WHERE c.state <> 'resolved' {after} ORDER BY c.due_at, c.seq LIMIT {limit}"
        )
        .into();
        let rows = self.rows(query).await?;
        cut(rows, page, read_open, |row| Ok(format!("o{}.{}", row.int()?, row.int()?)))
    }

    /// Cases that are to be escalated by then, the longest due first; at most so many.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn cases_to_escalate(&self, by: Timestamp, limit: u32) -> Result<Vec<Case>> {
        let sql = format!(
            "SELECT {CASE} FROM exception_case c
             WHERE c.escalates_at IS NOT NULL AND c.escalates_at <= $1
             ORDER BY c.escalates_at, c.seq LIMIT $2"
        );
        let rows = self.rows(Query::new(sql, [by.into(), limit.into()])).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// When the next case is to be escalated; `None` where none waits for it.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn next_escalation_at(&self) -> Result<Option<Timestamp>> {
        let query = Query::new(
            "SELECT MIN(escalates_at) FROM exception_case WHERE escalates_at IS NOT NULL",
            [],
        );
        self.rows(query).await?.pop().map_or(Ok(None), |mut row| row.time_or_null())
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
        assignee: row.text_or_null()?,
        escalates_at: row.time_or_null()?,
        body_json: row.text()?,
    })
}

fn read_open(row: &mut Row) -> Result<OpenCase> {
    Ok(OpenCase {
        invoice_id: row.parsed()?,
        queue: row.text()?,
        supplier_id: row.parsed()?,
        facility_id: row.parsed_or_null()?,
        opened_at: row.time()?,
        due_at: row.time()?,
        body_json: row.text()?,
        gross_amount: row.parsed()?,
        currency: row.parsed()?,
    })
}

#[cfg(test)]
mod tests;
