//! Match runs: what was decided about an invoice, from which facts, under which policy. Never
//! edited (`domain.md` A4.5).

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::{Row, json};
use canonical::{Error, InvoiceId, MatchResult, Result};
use jiff::Timestamp;

/// A match run, without the facts it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchRun {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Which run of this invoice, from 1.
    pub run_no: u32,
    /// Why it ran: `submitted`, or the id of the event that changed a fact.
    pub cause: String,
    /// The policy versions, as `id@version`.
    pub policy_version: String,
    /// When it was evaluated (UTC); kept to the microsecond.
    pub evaluated_at: Timestamp,
    /// What was decided.
    pub result: MatchResult,
}

/// A match run to keep, with its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMatchRun {
    /// The run.
    pub run: MatchRun,
    /// The facts it was made from, as JSON text.
    pub facts_json: String,
}

const SELECT: &str = "SELECT invoice_id, run_no, cause, policy_version, evaluated_at, result";

impl Batch {
    /// Keeps a match run; stale (`match_run INVOICE RUN`) where this number was given before.
    ///
    /// # Errors
    /// `internal` where the result cannot be written as JSON.
    pub fn insert_match_run(&mut self, new: NewMatchRun) -> Result<()> {
        let NewMatchRun { run, facts_json } = new;
        self.expect_one(
            format!("match_run {} {}", run.invoice_id, run.run_no),
            "INSERT INTO match_run
                (invoice_id, run_no, cause, policy_version, evaluated_at, result, facts)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (invoice_id, run_no) DO NOTHING",
            [
                Val::text(&run.invoice_id),
                run.run_no.into(),
                run.cause.into(),
                run.policy_version.into(),
                run.evaluated_at.into(),
                json(&run.result)?,
                facts_json.into(),
            ],
        );
        Ok(())
    }
}

impl Store {
    /// The newest runs of invoices, at most 100 of each: by invoice, newest first.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn match_runs(&self, invoices: &[InvoiceId]) -> Result<Vec<MatchRun>> {
        let ids: Vec<Val> = invoices.iter().map(Val::text).collect();
        // ok: runs are numbered without gaps
        let sql = format!(
            "{SELECT} FROM match_run m WHERE run_no >
                 (SELECT i.run_no FROM invoice i WHERE i.id = m.invoice_id) - 100
             AND invoice_id IN "
        );
        let queries = ids.chunks(KEYS_MAX).map(|it| Query::listing(&sql, it));
        let rows = self.rows_of_all(queries.collect()).await?;
        let mut runs =
            rows.into_iter().map(|mut row| read(&mut row)).collect::<Result<Vec<_>>>()?;
        runs.sort_by(|a, b| (&a.invoice_id, b.run_no).cmp(&(&b.invoice_id, a.run_no)));
        Ok(runs)
    }

    /// One run of an invoice, with its facts.
    ///
    /// # Errors
    /// `not_found`, or `unavailable` or `internal` where the store cannot answer.
    pub async fn match_run(&self, invoice: &InvoiceId, run_no: u32) -> Result<NewMatchRun> {
        let sql = format!("{SELECT}, facts FROM match_run WHERE invoice_id = $1 AND run_no = $2");
        let query = Query::new(sql, [Val::text(invoice), run_no.into()]);
        let row = self.rows(query).await?.pop();
        let mut row =
            row.ok_or_else(|| Error::not_found("match run", format!("{invoice}/{run_no}")))?;
        Ok(NewMatchRun { run: read(&mut row)?, facts_json: row.text()? })
    }
}

fn read(row: &mut Row) -> Result<MatchRun> {
    Ok(MatchRun {
        invoice_id: row.parsed()?,
        run_no: row.count()?,
        cause: row.text()?,
        policy_version: row.text()?,
        evaluated_at: row.time()?,
        result: row.json()?,
    })
}

#[cfg(test)]
mod tests;
