//! What a person stated about lines of an invoice: the order line that they bill. The document
//! stays as it is.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::row::Row;
use canonical::{InvoiceId, PurchaseOrderNumber, Result};
use jiff::Timestamp;

/// The order line that an invoice line bills, as a person stated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its line.
    pub invoice_line: u32,
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Its line.
    pub purchase_order_line: u32,
    /// Who said so.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// When (UTC).
    pub decided_at: Timestamp,
}

impl Batch {
    /// Keeps what a person stated; what was stated of the line before is replaced.
    pub fn put_association(&mut self, it: &Association) {
        self.run(
            "INSERT INTO association (invoice_id, invoice_line, purchase_order_number,
                purchase_order_line, decided_by, reason, decided_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (invoice_id, invoice_line) DO UPDATE SET
                purchase_order_number = excluded.purchase_order_number,
                purchase_order_line = excluded.purchase_order_line,
                decided_by = excluded.decided_by, reason = excluded.reason,
                decided_at = excluded.decided_at",
            [
                Val::text(&it.invoice_id),
                it.invoice_line.into(),
                Val::text(&it.purchase_order_number),
                it.purchase_order_line.into(),
                Val::text(&it.decided_by),
                Val::text(&it.reason),
                it.decided_at.into(),
            ],
        );
    }
}

impl Store {
    /// What people stated about an invoice, by its lines.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn associations(&self, invoice: &InvoiceId) -> Result<Vec<Association>> {
        let query = Query::new(
            "SELECT invoice_id, invoice_line, purchase_order_number, purchase_order_line,
                decided_by, reason, decided_at
             FROM association WHERE invoice_id = $1 ORDER BY invoice_line",
            [Val::text(invoice)],
        );
        self.rows(query).await?.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<Association> {
    Ok(Association {
        invoice_id: row.parsed()?,
        invoice_line: row.count()?,
        purchase_order_number: row.parsed()?,
        purchase_order_line: row.count()?,
        decided_by: row.text()?,
        reason: row.text()?,
        decided_at: row.time()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scratch, at, done, invoice_id};

    #[tokio::test]
    async fn what_is_stated_of_a_line_takes_the_place_of_what_was() {
        let scratch = Scratch::open().await;
        let of = |invoice: usize, line: u32, order: &str| Association {
            invoice_id: invoice_id(invoice),
            invoice_line: line,
            purchase_order_number: order.parse().unwrap(),
            purchase_order_line: 10,
            decided_by: "kim".to_owned(),
            reason: "the slip says so".to_owned(),
            decided_at: at(1),
        };
        let all = [of(1, 2, "PO-1"), of(1, 1, "PO-1"), of(2, 1, "PO-9"), of(1, 2, "PO-2")];
        done(&scratch, |batch| all.iter().for_each(|it| batch.put_association(it))).await;
        let kept = scratch.associations(&invoice_id(1)).await.unwrap();
        assert_eq!(kept, [of(1, 1, "PO-1"), of(1, 2, "PO-2")]);
        assert!(scratch.associations(&invoice_id(3)).await.unwrap().is_empty());
    }
}
