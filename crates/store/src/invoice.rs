//! Invoices as this gateway keeps them: the supplier's document beside what was decided about it.

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::{Row, json};
use canonical::{
    Code, Currency, Decimal, Error, FacilityId, Invoice, InvoiceId, InvoiceKind, InvoiceState,
    Outcome, Result, SupplierId, SupplierInvoiceNumber,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known about an invoice, without its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceHead {
    /// Its id: `inv_` and a ULID.
    pub id: InvoiceId,
    /// How often it was changed; an update with another version than the kept one is stale. Set by
    /// the store: 1 after the insert.
    pub version: i64,
    /// Where it stands.
    pub state: InvoiceState,
    /// The outcome of its latest match run.
    pub outcome: Outcome,
    /// Who sent it.
    pub supplier_id: SupplierId,
    /// The group of suppliers within which a number is given once (`domain.md` A16).
    pub supplier_group: String,
    /// The number the supplier gave it.
    pub supplier_invoice_number: SupplierInvoiceNumber,
    /// The same as duplicates are compared.
    pub normalised_number: String,
    /// Its kind: credits are compared with credits only.
    pub kind: InvoiceKind,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What it asks for in all, tax included, in `currency`.
    pub gross_amount: Decimal,
    /// How much of it waits, in `currency`; zero where nothing does.
    pub at_stake: Decimal,
    /// The date printed on it.
    pub invoice_date: Date,
    /// The facility it is for, where that is known.
    pub facility_id: Option<FacilityId>,
    /// The document it was read from.
    pub document_id: String,
    /// The SHA-256 of that document, in hexadecimal digits.
    pub payload_sha256: String,
    /// How it came.
    pub channel: String,
    /// The principal who brought it.
    pub submitted_by: String,
    /// The business flow it belongs to.
    pub correlation_id: String,
    /// The number of its latest match run.
    pub run_no: u32,
    /// The codes of its reasons, each once.
    pub codes: Vec<Code>,
    /// What the finance system made of it; `None` where it was not asked.
    pub erp: Option<Erp>,
    /// Since when it is blocked or an exception (UTC). Set by the store.
    pub waiting_since: Option<Timestamp>,
    /// When it was taken in (UTC); kept to the microsecond.
    pub created_at: Timestamp,
    /// When it was last changed (UTC); kept to the microsecond.
    pub updated_at: Timestamp,
}

impl InvoiceHead {
    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, InvoiceState::Blocked | InvoiceState::Exception)
    }
}

/// An invoice with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRecord {
    /// What is known about it.
    pub head: InvoiceHead,
    /// The invoice as received.
    pub invoice: Invoice,
}

/// What the finance system made of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erp {
    /// How far it has come.
    pub status: ErpStatus,
    /// The payable's id there.
    pub id: Option<String>,
    /// The payable's document number there.
    pub document_number: Option<String>,
    /// What it said, for people.
    pub detail: Option<String>,
    /// How often it was asked.
    pub attempts: u32,
}

/// How far a post has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErpStatus {
    /// It will be asked.
    Pending,
    /// It stands in the ledger.
    Posted,
    /// It was refused.
    Rejected,
    /// No answer came; it must be asked what became of it.
    Unknown,
}

pub(crate) const HEAD: &str = "i.id, i.version, i.state, i.outcome, i.supplier_id,
    i.supplier_group, i.supplier_invoice_number, i.normalised_number, i.kind, i.currency,
    i.gross_amount, i.at_stake, i.invoice_date, i.facility_id, i.document_id, i.payload_sha256,
    i.channel, i.submitted_by, i.correlation_id, i.run_no, i.codes, i.erp, i.waiting_since,
    i.created_at, i.updated_at";

impl Batch {
    /// Takes an invoice in. `head.version` and `head.waiting_since` are the store's to set.
    ///
    /// # Errors
    /// `internal` where it cannot be written as JSON.
    pub fn insert_invoice(&mut self, head: &InvoiceHead, invoice: &Invoice) -> Result<()> {
        self.run(
            "INSERT INTO invoice (id, version, state, outcome, supplier_id, supplier_group,
                supplier_invoice_number, normalised_number, kind, currency, gross_amount, at_stake,
                invoice_date, facility_id, document_id, payload_sha256, channel, submitted_by,
                correlation_id, run_no, codes, erp, waiting_since, created_at, updated_at, body)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                $17, $18, $19, $20, $21, $22, $23, $24, $25)",
            [
                Val::text(&head.id),
                Val::from(head.state.name()),
                Val::from(head.outcome.name()),
                Val::text(&head.supplier_id),
                Val::text(&head.supplier_group),
                Val::text(&head.supplier_invoice_number),
                Val::text(&head.normalised_number),
                Val::from(head.kind.name()),
                Val::text(head.currency),
                Val::text(head.gross_amount),
                Val::text(head.at_stake),
                Val::text(head.invoice_date),
                Val::text_or_null(head.facility_id.as_ref()),
                Val::text(&head.document_id),
                Val::text(&head.payload_sha256),
                Val::text(&head.channel),
                Val::text(&head.submitted_by),
                Val::text(&head.correlation_id),
                head.run_no.into(),
                json(&head.codes)?,
                erp(head)?,
                Val::time_or_null(head.waits().then_some(head.created_at)),
                head.created_at.into(),
                head.updated_at.into(),
                json(invoice)?,
            ],
        );
        self.insert_reasons(head);
        Ok(())
    }

    /// Writes what may change of an invoice: state, outcome, amount at stake, run, codes, what the
    /// finance system made of it, and when. Stale (`invoice ID`) where somebody changed it since
    /// `head` was read.
    ///
    /// # Errors
    /// `internal` where it cannot be written as JSON.
    pub fn update_invoice(&mut self, head: &InvoiceHead) -> Result<()> {
        self.expect_one(
            format!("invoice {}", head.id),
            "UPDATE invoice SET version = version + 1, state = $3, outcome = $4, at_stake = $5,
                run_no = $6, codes = $7, erp = $8, updated_at = $9,
                waiting_since = CASE WHEN $10 = 1 THEN COALESCE(waiting_since, $9) END
             WHERE id = $1 AND version = $2",
            [
                Val::text(&head.id),
                head.version.into(),
                Val::from(head.state.name()),
                Val::from(head.outcome.name()),
                Val::text(head.at_stake),
                head.run_no.into(),
                json(&head.codes)?,
                erp(head)?,
                head.updated_at.into(),
                Val::from(i64::from(head.waits())),
            ],
        );
        self.run(
            "DELETE FROM invoice_reason WHERE seq = (SELECT seq FROM invoice WHERE id = $1)",
            [Val::text(&head.id)],
        );
        self.insert_reasons(head);
        Ok(())
    }

    fn insert_reasons(&mut self, head: &InvoiceHead) {
        for code in &head.codes {
            self.run(
                "INSERT INTO invoice_reason (code, seq) SELECT $1, seq FROM invoice WHERE id = $2
                 ON CONFLICT (code, seq) DO NOTHING",
                [Val::text(code), Val::text(&head.id)],
            );
        }
    }
}

fn erp(head: &InvoiceHead) -> Result<Val> {
    head.erp.as_ref().map_or(Ok(Val::Null), json)
}

impl Store {
    /// An invoice by its id.
    ///
    /// # Errors
    /// `not_found`, or `unavailable` or `internal` where the store cannot answer.
    pub async fn invoice(&self, id: &InvoiceId) -> Result<InvoiceRecord> {
        let sql = format!("SELECT {HEAD}, i.body FROM invoice i WHERE i.id = $1");
        let row = self.rows(Query::new(sql, [Val::text(id)])).await?.pop();
        let mut row = row.ok_or_else(|| Error::not_found("invoice", id))?;
        Ok(InvoiceRecord { head: head(&mut row)?, invoice: row.json()? })
    }

    /// Those of these invoices that are kept here, whole, in no order.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn whole_invoices(&self, ids: &[InvoiceId]) -> Result<Vec<InvoiceRecord>> {
        let ids: Vec<Val> = ids.iter().map(Val::text).collect();
        let sql = format!("SELECT {HEAD}, i.body FROM invoice i WHERE i.id IN ");
        let queries = ids.chunks(KEYS_MAX).map(|it| Query::listing(&sql, it));
        let rows = self.rows_of_all(queries.collect()).await?.into_iter();
        rows.map(|mut row| Ok(InvoiceRecord { head: head(&mut row)?, invoice: row.json()? }))
            .collect()
    }

    /// Which of these invoices are kept here.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn kept_invoices(&self, ids: &[InvoiceId]) -> Result<BTreeSet<InvoiceId>> {
        let ids: Vec<Val> = ids.iter().map(Val::text).collect();
        let sql = "SELECT i.id FROM invoice i WHERE i.id IN ";
        let queries = ids.chunks(KEYS_MAX).map(|it| Query::listing(sql, it));
        let rows = self.rows_of_all(queries.collect()).await?;
        rows.into_iter().map(|mut row| row.parsed()).collect()
    }

    /// What was made of this payload when it came on this channel before: the first invoice of it.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn invoice_of_payload(
        &self,
        sha256: &str,
        channel: &str,
    ) -> Result<Option<InvoiceHead>> {
        let sql = format!(
            "SELECT {HEAD} FROM invoice i WHERE i.payload_sha256 = $1 AND i.channel = $2
             ORDER BY i.seq LIMIT 1"
        );
        let rows = self.heads(sql, [Val::from(sha256), Val::from(channel)]).await?;
        Ok(rows.into_iter().next())
    }

    /// The invoices of a supplier group with this normalised number, in whatever state: newest
    /// first, at most 200.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn invoices_alike(
        &self,
        supplier_group: &str,
        normalised_number: &str,
    ) -> Result<Vec<InvoiceHead>> {
        let sql = format!(
            "SELECT {HEAD} FROM invoice i
             WHERE i.supplier_group = $1 AND i.normalised_number = $2
             ORDER BY i.seq DESC LIMIT 200"
        );
        self.heads(sql, [Val::from(supplier_group), Val::from(normalised_number)]).await
    }

    /// The invoices that their suppliers gave this number, of any supplier: newest first, at most
    /// 200.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn invoices_numbered(
        &self,
        number: &SupplierInvoiceNumber,
    ) -> Result<Vec<InvoiceHead>> {
        let sql = format!(
            "SELECT {HEAD} FROM invoice i WHERE i.supplier_invoice_number = $1
             ORDER BY i.seq DESC LIMIT 200"
        );
        self.heads(sql, [Val::text(number)]).await
    }

    async fn heads<const N: usize>(&self, sql: String, args: [Val; N]) -> Result<Vec<InvoiceHead>> {
        let rows = self.rows(Query::new(sql, args)).await?;
        rows.into_iter().map(|mut row| head(&mut row)).collect()
    }
}

pub(crate) fn head(row: &mut Row) -> Result<InvoiceHead> {
    Ok(InvoiceHead {
        id: row.parsed()?,
        version: row.int()?,
        state: row.word()?,
        outcome: row.word()?,
        supplier_id: row.parsed()?,
        supplier_group: row.text()?,
        supplier_invoice_number: row.parsed()?,
        normalised_number: row.text()?,
        kind: row.word()?,
        currency: row.parsed()?,
        gross_amount: row.parsed()?,
        at_stake: row.parsed()?,
        invoice_date: row.parsed()?,
        facility_id: row.parsed_or_null()?,
        document_id: row.text()?,
        payload_sha256: row.text()?,
        channel: row.text()?,
        submitted_by: row.text()?,
        correlation_id: row.text()?,
        run_no: row.count()?,
        codes: row.json()?,
        erp: row.json_or_null()?,
        waiting_since: row.time_or_null()?,
        created_at: row.time()?,
        updated_at: row.time()?,
    })
}

#[cfg(test)]
mod tests;
