//! Credits that the supplier is to send for an invoice: asked for by a person, or charged back.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::row::Row;
use canonical::{Currency, Decimal, InvoiceId, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A credit that is expected for an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedCredit {
    /// Its id: `credit_` and a ULID.
    pub id: String,
    /// The invoice that it is for.
    pub invoice_id: InvoiceId,
    /// How it came about.
    pub kind: ExpectedCreditKind,
    /// How much.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub asked_by: String,
    /// When (UTC).
    pub asked_at: Timestamp,
}

/// How an expected credit came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedCreditKind {
    /// A person asks the supplier for it.
    Credit,
    /// It was not paid in the first place.
    Chargeback,
}

impl ExpectedCreditKind {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Chargeback => "chargeback",
        }
    }
}

impl Batch {
    /// Keeps that a credit is expected.
    pub fn insert_expected_credit(&mut self, it: &ExpectedCredit) {
        self.run(
            "INSERT INTO expected_credit (id, invoice_id, kind, amount, currency, reason,
                asked_by, asked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                Val::text(&it.id),
                Val::text(&it.invoice_id),
                Val::from(it.kind.name()),
                Val::text(it.amount),
                Val::text(it.currency.code()),
                Val::text(&it.reason),
                Val::text(&it.asked_by),
                it.asked_at.into(),
            ],
        );
    }
}

impl Store {
    /// The credits that are expected for an invoice, in the order in which they were asked for.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn expected_credits(&self, invoice: &InvoiceId) -> Result<Vec<ExpectedCredit>> {
        let query = Query::new(
            "SELECT id, invoice_id, kind, amount, currency, reason, asked_by, asked_at
             FROM expected_credit WHERE invoice_id = $1 ORDER BY id",
            [Val::text(invoice)],
        );
        self.rows(query).await?.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<ExpectedCredit> {
    Ok(ExpectedCredit {
        id: row.text()?,
        invoice_id: row.parsed()?,
        kind: row.word()?,
        amount: row.parsed()?,
        currency: row.parsed()?,
        reason: row.text()?,
        asked_by: row.text()?,
        asked_at: row.time()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scratch, at, done, invoice_id};

    #[tokio::test]
    async fn what_is_expected_is_found_by_its_invoice_in_order() {
        let scratch = Scratch::open().await;
        let of = |id: &str, invoice: usize, kind| ExpectedCredit {
            id: id.to_owned(),
            invoice_id: invoice_id(invoice),
            kind,
            amount: "103.13".parse().unwrap(),
            currency: Currency::USD,
            reason: "tax".to_owned(),
            asked_by: "kim".to_owned(),
            asked_at: at(1),
        };
        let (credit, back) = (ExpectedCreditKind::Credit, ExpectedCreditKind::Chargeback);
        let all = [of("credit_2", 1, credit), of("credit_1", 1, back), of("credit_3", 2, back)];
        done(&scratch, |batch| all.iter().for_each(|it| batch.insert_expected_credit(it))).await;
        let kept = scratch.expected_credits(&invoice_id(1)).await.unwrap();
        assert_eq!(kept, [all[1].clone(), all[0].clone()]);
        assert!(scratch.expected_credits(&invoice_id(3)).await.unwrap().is_empty());
    }
}
