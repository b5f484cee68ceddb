//! Claims: how much of which order line the booked invoices ask for (`domain.md` A7.1).

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::Row;
use canonical::{Currency, InvoiceId, InvoiceState, PurchaseOrderNumber, ReceiptNumber, Result};
use std::collections::BTreeSet;

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderLine {
    /// The order.
    pub number: PurchaseOrderNumber,
    /// The order's line.
    pub line: u32,
}

/// A claim to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClaim {
    /// The order line claimed.
    pub order_line: OrderLine,
    /// The invoice that claims.
    pub invoice_id: InvoiceId,
    /// The invoice's line.
    pub invoice_line: u32,
    /// The receipt cited, where there is one.
    pub receipt_number: Option<ReceiptNumber>,
    /// How much, in base units, exactly: `40` or `7/12`; below zero for a credit.
    pub quantity: String,
    /// The base unit.
    pub uom: String,
    /// For how much money, before tax, in `currency`; exact.
    pub amount: String,
    /// The currency of the amount.
    pub currency: Currency,
    /// When the invoice claims, among those on the order: its turn as it was, or that of the
    /// invoice it credits; `None` for after all others.
    pub turn: Option<i64>,
}

/// A claim as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its place in the order of bookings, over all order lines.
    pub booking: i64,
    /// What the claim's invoice has become.
    pub invoice_state: InvoiceState,
    /// What is claimed.
    pub claim: NewClaim,
}

const SELECT: &str = "SELECT c.booking, i.state, c.purchase_order_number, c.purchase_order_line,
    c.invoice_id, c.invoice_line, c.receipt_number, c.quantity, c.uom, c.amount, c.currency, c.turn
    FROM claim c JOIN invoice i ON i.id = c.invoice_id";

impl Batch {
    /// Books a claim in its turn; every claim of an invoice has the turn of its first.
    pub fn insert_claim(&mut self, claim: &NewClaim) {
        self.run(
            "INSERT INTO claim (purchase_order_number, purchase_order_line, invoice_id,
                invoice_line, receipt_number, quantity, uom, amount, currency, turn)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, COALESCE($10,
                (SELECT MIN(turn) FROM claim WHERE invoice_id = $3),
                (SELECT COALESCE(MAX(booking), 0) + 1 FROM claim))",
            [
                Val::text(&claim.order_line.number),
                claim.order_line.line.into(),
                Val::text(&claim.invoice_id),
                claim.invoice_line.into(),
                Val::text_or_null(claim.receipt_number.as_ref()),
                Val::text(&claim.quantity),
                Val::text(&claim.uom),
                Val::text(&claim.amount),
                Val::text(claim.currency),
                claim.turn.map_or(Val::Null, Val::from),
            ],
        );
    }

    /// Gives back all that an invoice claims, of order lines and beside them, because it is no
    /// longer booked.
    pub fn remove_claims(&mut self, invoice: &InvoiceId) {
        self.run("DELETE FROM claim WHERE invoice_id = $1", [Val::text(invoice)]);
        self.run("DELETE FROM order_amount WHERE invoice_id = $1", [Val::text(invoice)]);
    }
}

impl Store {
    /// Every claim on these order lines, in the order of turns.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn claims(&self, lines: impl IntoIterator<Item = OrderLine>) -> Result<Vec<Claim>> {
        let lines: BTreeSet<OrderLine> = lines.into_iter().collect();
        let lines: Vec<OrderLine> = lines.into_iter().collect();
        let queries = lines.chunks(KEYS_MAX).map(of_lines);
        let rows = self.rows_of_all(queries.collect()).await?;
        let mut claims = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        claims.sort_by_key(|it| (it.claim.turn, it.booking));
        Ok(claims)
    }

    /// Every claim of an invoice, in booking order.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn claims_of(&self, invoice: &InvoiceId) -> Result<Vec<Claim>> {
        let sql = format!("{SELECT} WHERE c.invoice_id = $1 ORDER BY c.booking");
        let rows = self.rows(Query::new(sql, [Val::text(invoice)])).await?;
        rows.into_iter().map(read).collect()
    }
}

fn of_lines(lines: &[OrderLine]) -> Query {
    let mut query = Query::new("", []);
    let list = query.list(lines, |query, it| {
        let number = query.arg(Val::text(&it.number));
        let line = query.arg(it.line.into());
        format!("({number}, CAST({line} AS BIGINT))")
    });
    query.sql = format!(
        "{SELECT} WHERE (c.purchase_order_number, c.purchase_order_line) IN (VALUES {list})"
    )
    .into();
    query
}

fn read(mut row: Row) -> Result<Claim> {
    Ok(Claim {
        booking: row.int()?,
        invoice_state: row.word()?,
        claim: NewClaim {
            order_line: OrderLine { number: row.parsed()?, line: row.count()? },
            invoice_id: row.parsed()?,
            invoice_line: row.count()?,
            receipt_number: row.parsed_or_null()?,
            quantity: row.text()?,
            uom: row.text()?,
            amount: row.text()?,
            currency: row.parsed()?,
            turn: Some(row.int()?),
        },
    })
}

#[cfg(test)]
mod tests;
