//! Payables: Tryton's supplier invoices, found and read here; made in `book`, from what `draft`
//! resolves.
//!
//! Our invoice's id stands in the invoice's description and never leaves it; an order that another
//! back end keeps stands in the note of the line.

mod book;
mod draft;

pub(super) use book::Turns;

use super::client::wire::{Day, Number, Numeric};
use super::client::{Record, Search, after, page};
use super::purchase_order::{Unit, line_number};
use super::{Coded, Tryton, identifier, referenced, tryton_id};
use crate::Payables;
use async_trait::async_trait;
use canonical::{
    Currency, Error, InvoiceId, Money, NewPayable, Page, PageRequest, Payable, PayableId,
    PayableLine, PayableState, Payment, PaymentState, PurchaseOrderNumber, Result, SupplierId,
    SupplierInvoiceNumber,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOUN: &str = "payables";
const OURS: &str = "threeway:";
/// The most invoices that one look for a reference reads.
const SIMILAR_MAX: u32 = 100;
/// The most invoices that one look for orders reads.
const OF_ORDERS_MAX: u32 = 1_000;
const FIELDS: &[&str] = &[
    "number",
    "reference",
    "description",
    "party.code",
    "invoice_date",
    "state",
    "currency.code",
    "total_amount",
    "amount_to_pay",
    "lines.type",
    "lines.quantity",
    "lines.unit.symbol",
    "lines.unit.digits",
    "lines.unit_price",
    "lines.amount",
    "lines.origin",
    "lines.note",
    "lines.product.code",
];

/// An `account.invoice` of type `in`.
#[derive(Debug, Deserialize)]
pub(super) struct Invoice {
    id: u64,
    number: Option<String>,
    reference: Option<String>,
    description: Option<String>,
    #[serde(rename = "party.")]
    party: Coded,
    invoice_date: Option<Day>,
    state: String,
    #[serde(rename = "currency.")]
    currency: Coded,
    total_amount: Numeric,
    amount_to_pay: Option<Numeric>,
    #[serde(rename = "lines.")]
    lines: Vec<Line>,
}

/// An `account.invoice.line`, or a title or remark between lines.
#[derive(Debug, Deserialize)]
struct Line {
    id: u64,
    #[serde(rename = "type")]
    kind: String,
    quantity: Option<Number>,
    #[serde(rename = "unit.")]
    unit: Option<Unit>,
    unit_price: Option<Numeric>,
    amount: Option<Numeric>,
    origin: Option<String>,
    note: Option<String>,
    #[serde(rename = "product.")]
    product: Option<Coded>,
}

/// The numbers of the orders that invoice lines point at, by the id of the order's line.
pub(super) type Origins = BTreeMap<u64, PurchaseOrderNumber>;

#[derive(Debug, Deserialize)]
struct OriginLine {
    id: u64,
    #[serde(rename = "purchase.")]
    purchase: Origin,
}

#[derive(Debug, Deserialize)]
struct Origin {
    id: u64,
    number: Option<String>,
}

impl Record for Invoice {
    fn id(&self) -> u64 {
        self.id
    }
}

#[async_trait]
impl Payables for Tryton {
    async fn get(&self, id: &PayableId) -> Result<Payable> {
        let lacks = || Error::not_found("payable", id);
        let record: u64 = id.as_str().parse().map_err(|_no_number| lacks())?;
        let found = self.invoices(vec![json!(["id", "=", record])], Some(1)).await?;
        self.payables(&found).await?.into_iter().next().ok_or_else(lacks)
    }

    async fn find(&self, invoice: &InvoiceId) -> Result<Option<Payable>> {
        Ok(self.find_many(std::slice::from_ref(invoice)).await?.into_iter().next())
    }

    async fn find_many(&self, invoices: &[InvoiceId]) -> Result<Vec<Payable>> {
        if invoices.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.of_ours(invoices).await?;
        self.payables(&found).await
    }

    async fn find_by_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> Result<Vec<Payable>> {
        let found = self.with_reference(supplier, reference).await?;
        self.payables(&found).await
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Vec<Payable>> {
        // where another database keeps the orders, lines name them only in notes of ours
        if orders.is_empty() || !self.options.link_orders {
            return Ok(Vec::new());
        }
        let conditions = vec![
            json!(["state", "!=", "cancelled"]),
            json!(["lines.origin.purchase.number", "in", orders, "purchase.line"]),
        ];
        let found = self.invoices(conditions, Some(OF_ORDERS_MAX)).await?;
        self.payables(&found).await
    }

    async fn create(&self, payable: &NewPayable) -> Result<Payable> {
        self.book(payable).await
    }

    async fn list(
        &self,
        supplier: Option<&SupplierId>,
        request: &PageRequest,
    ) -> Result<Page<Payable>> {
        let [last] = after(NOUN, request)?;
        let mut conditions = vec![json!(["id", ">", last])];
        conditions.extend(supplier.map(|it| json!(["party.code", "=", it])));
        let found = self.invoices(conditions, Some(request.limit + 1)).await?;
        let origins = self.origins(&found).await?;
        page(NOUN, request, found, |it| self.payable(&it, &origins))
    }
}

impl Tryton {
    async fn invoices(&self, conditions: Vec<Value>, limit: Option<u32>) -> Result<Vec<Invoice>> {
        let company = self.client.session().await?.company.id;
        let mut domain = vec![json!(["type", "=", "in"]), json!(["company", "=", company])];
        domain.extend(conditions);
        let model = "account.invoice";
        self.client.search(&Search { model, domain: domain.into(), limit, fields: FIELDS }).await
    }

    /// The invoices made from ours, one for each: the one in force, else the one called off.
    async fn of_ours(&self, invoices: &[InvoiceId]) -> Result<Vec<Invoice>> {
        let marks: Vec<String> = invoices.iter().map(mark).collect();
        let mut found = self.invoices(vec![json!(["description", "in", marks])], None).await?;
        found.sort_by_key(|it| (it.state == "cancelled", it.id));
        let mut seen = Vec::new();
        found.retain(|it| {
            let is_first = !seen.contains(&it.description);
            seen.push(it.description.clone());
            is_first
        });
        Ok(found)
    }

    async fn with_reference(
        &self,
        supplier: &SupplierId,
        reference: &SupplierInvoiceNumber,
    ) -> Result<Vec<Invoice>> {
        let conditions = vec![
            json!(["party.code", "=", supplier]),
            json!(["state", "!=", "cancelled"]),
            json!(["reference", "=", reference]),
        ];
        self.invoices(conditions, Some(SIMILAR_MAX)).await
    }

    async fn payables(&self, invoices: &[Invoice]) -> Result<Vec<Payable>> {
        let origins = self.origins(invoices).await?;
        invoices.iter().map(|it| self.payable(it, &origins)).collect()
    }

    /// Which orders the lines of `invoices` bill, in one call; in none where they bill none.
    async fn origins(&self, invoices: &[Invoice]) -> Result<Origins> {
        let lines = invoices.iter().flat_map(|it| &it.lines);
        let ids: Vec<u64> =
            lines.filter_map(|it| referenced(it.origin.as_deref(), "purchase.line")).collect();
        if ids.is_empty() {
            return Ok(Origins::new());
        }
        let domain = json!([["id", "in", ids]]);
        let (model, fields) = ("purchase.line", &["purchase.number"]);
        let search = Search { model, domain, limit: None, fields };
        let lines: Vec<OriginLine> = self.client.search(&search).await?;
        // an order without a number is a draft, and not known to others
        let numbered = lines.into_iter().filter(|it| it.purchase.number.is_some());
        numbered
            .map(|it| {
                let Origin { id, number } = it.purchase;
                Ok((it.id, identifier("purchase", id, number.as_deref())?))
            })
            .collect()
    }

    pub(super) fn payable(&self, invoice: &Invoice, origins: &Origins) -> Result<Payable> {
        let currency = invoice.currency()?;
        let total = invoice.total_amount.money(currency)?;
        let state = invoice.state()?;
        let to_pay = invoice.amount_to_pay.as_ref().map(|it| it.money(currency)).transpose()?;
        let record = invoice.id.to_string();
        // an invoice that was entered without its number is called by Tryton's
        let reference = invoice.reference.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let reference = reference.or(invoice.number.as_deref()).unwrap_or(&record);
        let date = invoice.invoice_date.as_ref();
        let lines = invoice.lines.iter().filter(|it| it.kind == "line");
        Ok(Payable {
            id: identifier("invoice", invoice.id, Some(&record))?,
            document_number: invoice.number.clone(),
            reference: identifier("invoice", invoice.id, Some(reference))?,
            invoice_id: invoice.ours(),
            supplier_id: identifier("party", invoice.party.id, invoice.party.code.as_deref())?,
            invoice_date: date.map(Day::date).transpose()?,
            posting_date: None,
            state,
            total,
            lines: lines
                .map(|it| self.payable_line(it, currency, origins))
                .collect::<Result<_>>()?,
            payment: payment(state, total, to_pay),
            external_ids: vec![tryton_id("invoice", invoice.id)],
        })
    }

    fn payable_line(
        &self,
        line: &Line,
        currency: Currency,
        origins: &Origins,
    ) -> Result<PayableLine> {
        let lacks = |what: &str| {
            Error::upstream(format!("Tryton's invoice line {} has no {what}", line.id))
        };
        let quantity = line.quantity.as_ref().ok_or_else(|| lacks("quantity"))?;
        let (price, base) = line.unit_price.as_ref().ok_or_else(|| lacks("price"))?.price()?;
        if base != canonical::Decimal::ONE {
            return Err(lacks("price that a decimal can hold"));
        }
        let product = line.product.as_ref().filter(|it| it.code.is_some());
        let linked = referenced(line.origin.as_deref(), "purchase.line");
        let linked = linked.and_then(|it| Some((origins.get(&it)?.clone(), line_number(it).ok()?)));
        let billed = linked.or_else(|| noted(line.note.as_deref()?));
        Ok(PayableLine {
            purchase_order_number: billed.as_ref().map(|(order, _)| order.clone()),
            purchase_order_line: billed.map(|(_, line)| line),
            item_id: product
                .map(|it| identifier("product", it.id, it.code.as_deref()))
                .transpose()?,
            quantity: self.quantity(quantity, line.unit.as_ref())?,
            unit_price: price,
            net: line.amount.as_ref().ok_or_else(|| lacks("amount"))?.money(currency)?,
        })
    }
}

impl Invoice {
    fn currency(&self) -> Result<Currency> {
        self.currency.code.as_deref().unwrap_or_default().parse().map_err(|why| {
            Error::upstream(format!("Tryton's invoice {} has no currency: {why}", self.id))
        })
    }

    fn state(&self) -> Result<PayableState> {
        Ok(match self.state.as_str() {
            "draft" | "validated" => PayableState::Draft,
            "posted" => PayableState::Posted,
            "paid" => PayableState::Paid,
            "cancelled" => PayableState::Cancelled,
            other => {
                return Err(Error::upstream(format!("Tryton's invoice state {other} is unknown")));
            }
        })
    }

    /// The invoice of ours that this one was made from.
    fn ours(&self) -> Option<InvoiceId> {
        self.description.as_deref()?.strip_prefix(OURS)?.parse().ok()
    }
}

/// What stands in the description of the invoice made from one of ours.
fn mark(invoice: &InvoiceId) -> String {
    format!("{OURS}{invoice}")
}

/// What stands in the note of a line that bills an order.
fn note(order: &PurchaseOrderNumber, line: u32) -> String {
    format!("{OURS}{line}:{order}")
}

/// The order and the line in the note of a line.
fn noted(note: &str) -> Option<(PurchaseOrderNumber, u32)> {
    let (line, order) = note.lines().next()?.strip_prefix(OURS)?.split_once(':')?;
    Some((order.parse().ok()?, line.parse().ok()?))
}

fn payment(state: PayableState, total: Money, to_pay: Option<Money>) -> Payment {
    let nothing = Money::zero(total.currency());
    let outstanding = match state {
        PayableState::Draft => total,
        PayableState::Posted => to_pay.unwrap_or(total),
        PayableState::Paid | PayableState::Cancelled => nothing,
    };
    let paid = match state {
        PayableState::Cancelled => nothing,
        PayableState::Draft | PayableState::Posted | PayableState::Paid => {
            Money::from_minor(total.minor() - outstanding.minor(), total.currency())
        }
    };
    let state = match (paid.minor(), outstanding.minor()) {
        (0, _) if state != PayableState::Paid => PaymentState::Unpaid,
        (_, 0) => PaymentState::Paid,
        _ => PaymentState::PartiallyPaid,
    };
    Payment { state, paid, outstanding }
}
