//! The match runs of a window of time, oldest first, a page at a time: what a replay under another
//! policy reads. It goes on from a key, so that a page costs the same however long the history is.

use crate::Store;
use crate::batch::{Query, Val};
use crate::row::Row;
use canonical::{FacilityId, InvoiceId, Result, SupplierId};
use jiff::Timestamp;

/// Which runs to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunWindow {
    /// From this instant on; `None` from the first.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Timestamp,
    /// Of invoices of this supplier.
    pub supplier_id: Option<SupplierId>,
    /// Of invoices for this facility.
    pub facility_id: Option<FacilityId>,
}

/// Where a run stands in the order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunKey {
    evaluated_at: Timestamp,
    invoice_id: InvoiceId,
    run_no: u32,
}

/// A run with everything it was made from, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Which run of this invoice, from 1.
    pub run_no: u32,
    /// When it was evaluated (UTC).
    pub evaluated_at: Timestamp,
    /// Whether no later run of the invoice is in the window.
    pub is_latest: bool,
    /// The result, as JSON text.
    pub result_json: String,
    /// The facts, as JSON text.
    pub facts_json: String,
    /// The invoice, as JSON text.
    pub invoice_json: String,
}

impl StoredRun {
    /// The key to go on from.
    #[must_use]
    pub fn key(&self) -> RunKey {
        RunKey {
            evaluated_at: self.evaluated_at,
            invoice_id: self.invoice_id.clone(),
            run_no: self.run_no,
        }
    }
}

const FROM: &str = "FROM match_run m JOIN invoice i ON i.id = m.invoice_id WHERE m.evaluated_at <";

impl Store {
    /// The runs of a window after a key, oldest first, at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn runs(
        &self,
        window: &RunWindow,
        after: Option<&RunKey>,
        limit: u32,
    ) -> Result<Vec<StoredRun>> {
        let rows = self.rows(page(window, after, limit)).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// How many runs a window has.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn count_runs(&self, window: &RunWindow) -> Result<u64> {
        let mut query = Query::new("", []);
        let to = query.arg(window.to.into());
        let narrowed = narrowed(window, &mut query);
        query.sql = format!("SELECT COUNT(*) {FROM} {to}{narrowed}").into();
        let row = self.rows(query).await?.pop();
        row.map_or(Ok(0), |mut it| it.count())
    }
}

fn page(window: &RunWindow, after: Option<&RunKey>, limit: u32) -> Query {
    let mut query = Query::new("", []);
    let to = query.arg(window.to.into());
    let mut sql = format!(
        "SELECT m.invoice_id, m.run_no, m.evaluated_at, m.result, m.facts, i.body,
            NOT EXISTS (SELECT 1 FROM match_run n WHERE n.invoice_id = m.invoice_id
                AND n.run_no > m.run_no AND n.evaluated_at < {to})
         {FROM} {to}"
    );
    sql += &narrowed(window, &mut query);
    if let Some(key) = after {
        let time = query.arg(key.evaluated_at.into());
        let (id, run) = (query.arg(Val::text(&key.invoice_id)), query.arg(key.run_no.into()));
        let order = "(m.evaluated_at, m.invoice_id, m.run_no)";
        sql += &format!(" AND {order} > ({time}, {id}, {run})");
    }
    let limit = query.arg(limit.into());
    query.sql =
        format!("{sql} ORDER BY m.evaluated_at, m.invoice_id, m.run_no LIMIT {limit}").into();
    query
}

fn narrowed(window: &RunWindow, query: &mut Query) -> String {
    let conditions = [
        ("m.evaluated_at >=", window.from.map(Val::from)),
        ("i.supplier_id =", window.supplier_id.as_ref().map(Val::text)),
        ("i.facility_id =", window.facility_id.as_ref().map(Val::text)),
    ];
    let mut sql = String::new();
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql += &format!(" AND {condition} {}", query.arg(value));
        }
    }
    sql
}

fn read(row: &mut Row) -> Result<StoredRun> {
    Ok(StoredRun {
        invoice_id: row.parsed()?,
        run_no: row.count()?,
        evaluated_at: row.time()?,
        result_json: row.text()?,
        facts_json: row.text()?,
        invoice_json: row.text()?,
        is_latest: row.int()? != 0,
    })
}

#[cfg(test)]
mod tests;
