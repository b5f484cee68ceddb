//! Accrual runs: what was proposed and confirmed for a period, and how much of each order line.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::row::Row;
use canonical::{Currency, Error, Period, PurchaseOrderNumber, Result};
use jiff::Timestamp;

/// A confirmed run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccrualRecord {
    /// Its id: `acr_` and a ULID.
    pub id: String,
    /// The period it is for.
    pub period: Period,
    /// What it said, as JSON text.
    pub body_json: String,
    /// When it was confirmed (UTC).
    pub created_at: Timestamp,
}

/// What was accrued of an order line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accrued {
    /// The order.
    pub number: PurchaseOrderNumber,
    /// Its line.
    pub line: u32,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Received and not billed, in minor units.
    pub accrued: i64,
    /// Billed and not received, in minor units.
    pub in_transit: i64,
}

impl Batch {
    /// Keeps a confirmed run, and what it accrued.
    pub fn insert_accrual_run(&mut self, run: &AccrualRecord, lines: &[Accrued]) {
        self.run(
            "INSERT INTO accrual_run (id, period, body, created_at) VALUES ($1, $2, $3, $4)",
            [
                Val::text(&run.id),
                Val::text(run.period),
                Val::text(&run.body_json),
                run.created_at.into(),
            ],
        );
        for it in lines {
            self.run(
                "INSERT INTO accrued (period, purchase_order_number, purchase_order_line,
                    currency, run_id, accrued, in_transit)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                [
                    Val::text(run.period),
                    Val::text(&it.number),
                    it.line.into(),
                    Val::text(it.currency),
                    Val::text(&run.id),
                    it.accrued.into(),
                    it.in_transit.into(),
                ],
            );
        }
    }
}

impl Store {
    /// A confirmed run by its id.
    ///
    /// # Errors
    /// `not_found`, or `unavailable` or `internal` where the store cannot answer.
    pub async fn accrual_run(&self, id: &str) -> Result<AccrualRecord> {
        let sql = "SELECT id, period, body, created_at FROM accrual_run WHERE id = $1";
        let row = self.rows(Query::new(sql, [Val::from(id)])).await?.pop();
        let mut row = row.ok_or_else(|| Error::not_found("accrual run", id))?;
        Ok(AccrualRecord {
            id: row.text()?,
            period: row.parsed()?,
            body_json: row.text()?,
            created_at: row.time()?,
        })
    }

    /// What all runs of a period accrued, by order line.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn accrued(&self, period: Period) -> Result<Vec<Accrued>> {
        let query = Query::new(
            "SELECT purchase_order_number, purchase_order_line, currency,
                CAST(SUM(accrued) AS BIGINT), CAST(SUM(in_transit) AS BIGINT)
             FROM accrued WHERE period = $1
             GROUP BY purchase_order_number, purchase_order_line, currency",
            [Val::text(period)],
        );
        self.rows(query).await?.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<Accrued> {
    Ok(Accrued {
        number: row.parsed()?,
        line: row.count()?,
        currency: row.parsed()?,
        accrued: row.int()?,
        in_transit: row.int()?,
    })
}

#[cfg(test)]
mod tests;
