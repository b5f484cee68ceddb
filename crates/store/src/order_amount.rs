//! Money that booked invoices take of an order beside its lines (`domain.md` A13): charges that the
//! order planned, what is paid ahead, and what of that is used up. Each is taken once.

mod share;

pub use share::order_amounts;

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::Row;
use crate::schema::Fill;
use canonical::{
    ChargeKind, Currency, Invoice, InvoiceId, InvoiceState, MatchResult, PurchaseOrder,
    PurchaseOrderNumber, Result,
};
use jiff::civil::Date;
use serde::Deserialize;

/// What money is taken of an order for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A charge of this kind, beyond the percentage that the order grants.
    Charge(ChargeKind),
    /// A prepayment: the supplier's number of it.
    Prepayment(String),
    /// What is set off against a prepayment: the supplier's number of it.
    SetOff(String),
}

/// Money to book on an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrderAmount {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The invoice that takes it.
    pub invoice_id: InvoiceId,
    /// What for.
    pub purpose: Purpose,
    /// How much, in `currency`, exactly; below zero for what a credit gives back.
    pub amount: String,
    /// The currency of the amount, which is the order's.
    pub currency: Currency,
}

/// Money as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderAmount {
    /// Its place in the order of bookings, over all orders.
    pub booking: i64,
    /// What the invoice has become.
    pub invoice_state: InvoiceState,
    /// The invoice's date.
    pub invoice_date: Date,
    /// What is taken.
    pub taken: NewOrderAmount,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Charge,
    Prepayment,
    SetOff,
}

const INSERT: &str = "INSERT INTO order_amount
    (purchase_order_number, invoice_id, kind, name, amount, currency)
    VALUES ($1, $2, $3, $4, $5, $6)";

const SELECT: &str = "SELECT a.booking, i.state, i.invoice_date, a.purchase_order_number,
    a.invoice_id, a.kind, a.name, a.amount, a.currency
    FROM order_amount a JOIN invoice i ON i.id = a.invoice_id";

impl Purpose {
    /// As the columns `kind` and `name`.
    fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Charge(of) => ("charge", of.name()),
            Self::Prepayment(number) => ("prepayment", number),
            Self::SetOff(number) => ("set_off", number),
        }
    }
}

impl Batch {
    /// Books money on an order, after all that is booked.
    pub fn insert_order_amount(&mut self, it: &NewOrderAmount) {
        self.run(INSERT, values(it));
    }
}

fn values(it: &NewOrderAmount) -> [Val; 6] {
    let (kind, name) = it.purpose.words();
    [
        Val::text(&it.purchase_order_number),
        Val::text(&it.invoice_id),
        kind.into(),
        name.into(),
        Val::text(&it.amount),
        Val::text(it.currency),
    ]
}

impl Store {
    /// Everything booked on these orders, in booking order.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn order_amounts(&self, orders: &[PurchaseOrderNumber]) -> Result<Vec<OrderAmount>> {
        let names: Vec<Val> = orders.iter().map(Val::text).collect();
        let sql = format!("{SELECT} WHERE a.purchase_order_number IN ");
        let queries = names.chunks(KEYS_MAX).map(|it| Query::listing(&sql, it)).collect();
        let rows = self.rows_of_all(queries).await?;
        let mut found = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        found.sort_by_key(|it| it.booking);
        found.dedup_by_key(|it| it.booking);
        Ok(found)
    }
}

fn read(mut row: Row) -> Result<OrderAmount> {
    Ok(OrderAmount {
        booking: row.int()?,
        invoice_state: row.word()?,
        invoice_date: row.parsed()?,
        taken: NewOrderAmount {
            purchase_order_number: row.parsed()?,
            invoice_id: row.parsed()?,
            purpose: match row.word()? {
                Kind::Charge => Purpose::Charge(row.word()?),
                Kind::Prepayment => Purpose::Prepayment(row.text()?),
                Kind::SetOff => Purpose::SetOff(row.text()?),
            },
            amount: row.text()?,
            currency: row.parsed()?,
        },
    })
}

/// The orders that a decision of an earlier version rests on.
#[derive(Deserialize)]
struct OrdersKept {
    #[serde(default)]
    purchase_orders: Vec<PurchaseOrder>,
}

/// Books what the invoices of an earlier version take. None of them was set off against another:
/// that version did not look for prepayments.
pub(crate) const FILL: Fill = Fill {
    page: "SELECT i.seq, i.id, i.body, m.result, m.facts FROM invoice i
        JOIN match_run m ON m.invoice_id = i.id AND m.run_no = i.run_no
        WHERE i.seq > $1 AND i.outcome IN ('matched', 'matched_within_tolerance', 'blocked')
        ORDER BY i.seq LIMIT 500",
    of_row: fill,
};

fn fill(mut row: Row) -> Result<(i64, Vec<Query>)> {
    let (seq, id): (_, InvoiceId) = (row.int()?, row.parsed()?);
    let (invoice, result): (Invoice, MatchResult) = (row.json()?, row.json()?);
    let kept: OrdersKept = row.json()?;
    let taken = order_amounts(&id, &invoice, &result, (&kept.purchase_orders, &[]));
    Ok((seq, taken.iter().map(|it| Query::new(INSERT, values(it))).collect()))
}

#[cfg(test)]
mod tests;
