//! Which invoices an order touches, and which credits cite an invoice.

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::invoice::{HEAD, InvoiceHead, InvoiceRecord, head};
use canonical::{InvoiceId, PurchaseOrderNumber, Result};
use std::collections::BTreeSet;

/// The most invoices of an order that one read gives.
const INVOICES_MAX: u32 = 1_000;
/// The most credits that are read for one invoice.
const CREDITS_MAX: u32 = 200;

/// Where an invoice stands among those of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvoiceTurn {
    /// When it claims; the last of all where it claims nothing.
    turn: i64,
    seq: i64,
}

impl Batch {
    /// Notes that an invoice is about an order.
    pub fn insert_invoice_order(&mut self, invoice: &InvoiceId, order: &PurchaseOrderNumber) {
        self.run(
            "INSERT INTO invoice_order (purchase_order_number, seq)
             SELECT $1, seq FROM invoice WHERE id = $2
             ON CONFLICT (purchase_order_number, seq) DO NOTHING",
            [Val::text(order), Val::text(invoice)],
        );
    }

    /// Notes that a credit cites an invoice by its number, normalised.
    pub fn insert_citation(&mut self, credit: &InvoiceHead, normalised_number: &str) {
        self.run(
            "INSERT INTO citation (supplier_group, normalised_number, seq)
             SELECT $1, $2, seq FROM invoice WHERE id = $3
             ON CONFLICT (supplier_group, normalised_number, seq) DO NOTHING",
            [Val::text(&credit.supplier_group), normalised_number.into(), Val::text(&credit.id)],
        );
    }
}

impl Store {
    /// The invoices about an order that may still change: those that are booked first, in the turn
    /// in which they claim, then the others by age. Paid ones are among them; rejected and
    /// cancelled ones are not. At most 1000 after a place, each with its own; an invoice that
    /// begins to claim meanwhile does so behind those that claim.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn invoices_of_order(
        &self,
        order: &PurchaseOrderNumber,
        after: Option<InvoiceTurn>,
    ) -> Result<Vec<(InvoiceId, InvoiceTurn)>> {
        let after = after.unwrap_or(InvoiceTurn { turn: i64::MIN, seq: 0 });
        let query = Query::new(
            "SELECT id, turn, seq FROM (
                SELECT i.id, i.seq, COALESCE((SELECT MIN(c.turn) FROM claim c
                    WHERE c.invoice_id = i.id), 9223372036854775807) AS turn
                FROM invoice_order o JOIN invoice i ON i.seq = o.seq
                WHERE o.purchase_order_number = $1 AND i.state NOT IN ('rejected', 'cancelled')
             ) standing
             WHERE turn > $2 OR (turn = $2 AND seq > $3) ORDER BY turn, seq LIMIT $4",
            [Val::text(order), after.turn.into(), after.seq.into(), INVOICES_MAX.into()],
        );
        let read = |mut row: crate::row::Row| {
            Ok((row.parsed()?, InvoiceTurn { turn: row.int()?, seq: row.int()? }))
        };
        self.rows(query).await?.into_iter().map(read).collect()
    }

    /// The invoices about some orders, whatever became of them, oldest first; at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn invoices_about(
        &self,
        orders: &[PurchaseOrderNumber],
        limit: u32,
    ) -> Result<Vec<InvoiceId>> {
        let of_orders = |orders: &[PurchaseOrderNumber]| {
            let names: Vec<Val> = orders.iter().map(Val::text).collect();
            let sql = "SELECT i.seq, i.id FROM invoice_order o JOIN invoice i ON i.seq = o.seq
                 WHERE o.purchase_order_number IN ";
            let mut query = Query::listing(sql, &names);
            let limit = query.arg(limit.into());
            let rest = format!(" GROUP BY i.seq, i.id ORDER BY i.seq LIMIT {limit}");
            query.sql.to_mut().push_str(&rest);
            query
        };
        let rows = self.rows_of_all(orders.chunks(KEYS_MAX).map(of_orders).collect()).await?;
        let ids = rows.into_iter().map(|mut row| Ok((row.int()?, row.parsed::<InvoiceId>()?)));
        let ids: BTreeSet<(i64, InvoiceId)> = ids.collect::<Result<_>>()?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(ids.into_iter().map(|(_seq, id)| id).take(most).collect())
    }

    /// The invoices of a flow, oldest first; at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn invoices_of_flow(
        &self,
        correlation_id: &str,
        limit: u32,
    ) -> Result<Vec<InvoiceId>> {
        let sql = "SELECT id FROM invoice WHERE correlation_id = $1 ORDER BY seq LIMIT $2";
        let query = Query::new(sql, [Val::from(correlation_id), limit.into()]);
        self.rows(query).await?.into_iter().map(|mut row| row.parsed()).collect()
    }

    /// The credits that cite an invoice of a supplier group by its number, oldest first.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn credits_citing(
        &self,
        supplier_group: &str,
        normalised_number: &str,
    ) -> Result<Vec<InvoiceRecord>> {
        let sql = format!(
            "SELECT {HEAD}, i.body FROM citation c JOIN invoice i ON i.seq = c.seq
             WHERE c.supplier_group = $1 AND c.normalised_number = $2 ORDER BY c.seq LIMIT $3"
        );
        let args = [Val::from(supplier_group), Val::from(normalised_number), CREDITS_MAX.into()];
        let read = |mut row: crate::row::Row| {
            Ok(InvoiceRecord { head: head(&mut row)?, invoice: row.json()? })
        };
        self.rows(Query::new(sql, args)).await?.into_iter().map(read).collect()
    }
}
