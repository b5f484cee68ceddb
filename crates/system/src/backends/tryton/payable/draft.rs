//! The draft of a supplier invoice: our lines in Tryton's accounts, units, products and taxes.

mod answers;
mod price;

use super::super::Tryton;
use super::super::client::wire::{Day, Numeric, number};
use super::super::client::{Access, Search};
use super::{mark, note};
use answers::{Entry, Found, Header, OrderLine, Product, Unit};
use canonical::{Currency, Decimal, Error, NewPayable, NewPayableLine, Result};
use price::Price;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

const ORDER_LINE: &[&str] = &[
    "purchase.number",
    "purchase.invoice_method",
    "unit.category",
    "taxes",
    "product",
    "product.account_category.account_expense",
    "product.account_category.supplier_taxes",
    "invoice_lines.invoice.state",
    "invoice_lines.invoice.description",
];
const ANALYTIC: &[&str] = &["analytic_accounts.root", "analytic_accounts.account"];
const PRODUCT: &[&str] = &[
    "code",
    "default_uom.category",
    "account_category.account_expense",
    "account_category.supplier_taxes",
];

/// An `account.invoice` to create.
#[derive(Debug, Serialize)]
pub(super) struct Draft {
    #[serde(rename = "type")]
    kind: &'static str,
    company: u64,
    party: u64,
    currency: u64,
    account: u64,
    invoice_address: u64,
    journal: Option<u64>,
    payment_term: Option<u64>,
    party_tax_identifier: Option<u64>,
    invoice_date: Day,
    reference: String,
    description: String,
    lines: [(&'static str, Vec<DraftLine>); 1],
}

/// An `account.invoice.line` to create.
#[derive(Debug, Serialize)]
struct DraftLine {
    #[serde(rename = "type")]
    kind: &'static str,
    sequence: usize,
    company: u64,
    currency: u64,
    quantity: Box<RawValue>,
    unit: Option<u64>,
    product: Option<u64>,
    account: u64,
    unit_price: Numeric,
    taxes: [(&'static str, Vec<u64>); 1],
    description: String,
    note: Option<String>,
    origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analytic_accounts: Option<[(&'static str, Vec<Entry>); 1]>,
}

/// Everything of Tryton's that the lines point at.
struct Parts {
    company: u64,
    currency: u64,
    order_lines: Vec<OrderLine>,
    products: Vec<Product>,
    units: Vec<Unit>,
    expense: Option<u64>,
}

impl Tryton {
    /// What to create for `new`.
    ///
    /// # Errors
    /// `conflict` where Tryton lacks something that the invoice names, `invalid` for amounts that
    /// cannot be; as any call.
    pub(super) async fn draft(&self, new: &NewPayable) -> Result<Draft> {
        let company = self.client.session().await?.company.id;
        let ((party, header), currency, order_lines, products, units, expense) = tokio::try_join!(
            self.header(company, new),
            self.currency(new.currency),
            self.order_lines(new),
            self.billed_products(new),
            self.units(new),
            self.expense_account(company),
        )?;
        let parts = Parts { company, currency, order_lines, products, units, expense };
        let lacks = |what: &str| {
            Error::conflict(format!(
                "{} has no {what} for supplier {}",
                self.client.name(),
                new.supplier_id
            ))
        };
        let mut lines = Vec::new();
        for line in &new.lines {
            self.line(new, line, &parts, &mut lines)?;
        }
        Ok(Draft {
            kind: "in",
            company,
            party,
            currency,
            account: header.account.ok_or_else(|| lacks("payable account"))?,
            invoice_address: header.invoice_address.ok_or_else(|| lacks("address"))?,
            journal: header.journal,
            payment_term: header.payment_term,
            party_tax_identifier: header.party_tax_identifier,
            invoice_date: new.invoice_date.into(),
            reference: new.reference.to_string(),
            description: mark(&new.invoice_id),
            lines: [("create", lines)],
        })
    }

    /// The party, and what Tryton would fill in for it on its own form.
    async fn header(&self, company: u64, new: &NewPayable) -> Result<(u64, Header)> {
        let missing = format!("active supplier {}", new.supplier_id);
        let party =
            self.one("party.party", json!([["code", "=", new.supplier_id]]), &missing).await?;
        let values = json!({
            "type": "in", "company": company, "party": party, "lines": [], "taxes": [],
        });
        let arguments = (values, ["company", "type", "party"]);
        let method = "model.account.invoice.on_change";
        Ok((party, self.client.call(Access::Read, method, &arguments).await?))
    }

    async fn currency(&self, currency: Currency) -> Result<u64> {
        let domain = json!([["code", "=", currency]]);
        self.one("currency.currency", domain, &format!("currency {currency}")).await
    }

    async fn expense_account(&self, company: u64) -> Result<Option<u64>> {
        let Some(code) = &self.options.default_expense_account else { return Ok(None) };
        let domain = json!([["code", "=", code], ["company", "=", company]]);
        Ok(Some(self.one("account.account", domain, &format!("account {code}")).await?))
    }

    async fn one(&self, model: &str, domain: serde_json::Value, what: &str) -> Result<u64> {
        let search = Search { model, domain, limit: Some(1), fields: &["id"] };
        let found: Vec<Found> = self.client.search(&search).await?;
        let found = found.first().map(|it| it.id);
        found.ok_or_else(|| Error::conflict(format!("{} has no {what}", self.client.name())))
    }

    async fn order_lines(&self, new: &NewPayable) -> Result<Vec<OrderLine>> {
        let ids: BTreeSet<u32> = new.lines.iter().filter_map(|it| it.purchase_order_line).collect();
        if !self.options.link_orders || ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut fields = ORDER_LINE.to_vec();
        if self.options.analytic {
            fields.extend(ANALYTIC);
        }
        let domain = json!([["id", "in", ids], ["type", "=", "line"]]);
        let search = Search { model: "purchase.line", domain, limit: None, fields: &fields };
        self.client.search(&search).await
    }

    async fn billed_products(&self, new: &NewPayable) -> Result<Vec<Product>> {
        let codes: BTreeSet<_> = new.lines.iter().filter_map(|it| it.item_id.as_ref()).collect();
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let domain = json!([["code", "in", codes], ["active", "in", [true, false]]]);
        let search = Search { model: "product.product", domain, limit: None, fields: PRODUCT };
        self.client.search(&search).await
    }

    async fn units(&self, new: &NewPayable) -> Result<Vec<Unit>> {
        let symbols: BTreeSet<&str> =
            new.lines.iter().map(|it| self.symbol(it.quantity.uom.as_str())).collect();
        let domain = json!([["symbol", "in", symbols]]);
        let fields = &["symbol", "category"];
        let search = Search { model: "product.uom", domain, limit: None, fields };
        self.client.search(&search).await
    }

    /// Tryton's symbol for a unit of ours.
    fn symbol<'a>(&'a self, uom: &'a str) -> &'a str {
        let known = self.options.uoms.iter().find(|(_, code)| code.as_str() == uom);
        known.map_or(uom, |(symbol, _)| symbol)
    }

    /// The line, and a second one where Tryton's price and rounding do not make the amount billed.
    fn line(
        &self,
        new: &NewPayable,
        line: &NewPayableLine,
        parts: &Parts,
        lines: &mut Vec<DraftLine>,
    ) -> Result<()> {
        let linked = self.linked(line, parts)?;
        let product = parts.product(line);
        let filed = linked.and_then(|it| it.accounts.as_ref()?.category.clone());
        let filed = filed.or_else(|| product?.category.clone()).unwrap_or_default();
        let account = filed.account_expense.or(parts.expense).ok_or_else(|| {
            Error::conflict(
                "no account for a line: its product's category names none, and \
                 `default_expense_account` of the back end is not set",
            )
        })?;
        let taxes = match (linked, new.tax_amount.is_zero()) {
            (_, true) => Vec::new(),
            (Some(linked), false) => linked.taxes.clone(),
            (None, false) => filed.supplier_taxes,
        };
        let price = Price::of(line, new.currency)?;
        let order = line.purchase_order_number.as_ref().zip(line.purchase_order_line);
        let analytic = linked.map(|it| &it.analytic).filter(|it| !it.is_empty());
        let place = lines.len();
        lines.push(DraftLine {
            kind: "line",
            sequence: place,
            company: parts.company,
            currency: parts.currency,
            quantity: number(&line.quantity.value)?,
            unit: self.unit(line, linked, product, parts)?,
            product: linked.and_then(|it| it.product).or_else(|| product.map(|it| it.id)),
            account,
            unit_price: Numeric::new(price.unit),
            taxes: [("add", taxes)],
            description: line.description.clone(),
            note: order.map(|(order, line)| note(order, line)),
            origin: linked.map(|it| format!("purchase.line,{}", it.id)),
            analytic_accounts: analytic.map(|it| [("create", it.clone())]),
        });
        if price.rest.minor() != 0 {
            lines.push(DraftLine {
                kind: "line",
                sequence: place + 1,
                company: parts.company,
                currency: parts.currency,
                quantity: number(&Decimal::ONE)?,
                unit: None,
                product: None,
                account,
                unit_price: Numeric::new(price.rest.amount_text()),
                taxes: [("add", Vec::new())],
                description: "Rounding".to_owned(),
                note: None,
                origin: None,
                analytic_accounts: None,
            });
        }
        Ok(())
    }

    /// The order's line that a line bills, where this database keeps the orders.
    fn linked<'a>(&self, line: &NewPayableLine, parts: &'a Parts) -> Result<Option<&'a OrderLine>> {
        let (Some(order), Some(number), true) =
            (&line.purchase_order_number, line.purchase_order_line, self.options.link_orders)
        else {
            return Ok(None);
        };
        let name = self.client.name();
        let found = parts.order_lines.iter().find(|it| {
            it.id == u64::from(number) && it.purchase.number.as_deref() == Some(order.as_str())
        });
        let found = found.ok_or_else(|| {
            Error::conflict(format!("{name} has no line {number} of the order {order}"))
        })?;
        let by_tryton = found.billed.iter().any(|it| {
            it.invoice.as_ref().is_none_or(|on| {
                on.state != "cancelled"
                    && !on.description.as_deref().unwrap_or_default().starts_with(super::OURS)
            })
        });
        if by_tryton && found.purchase.invoice_method != "manual" {
            return Err(Error::conflict(format!(
                "{name} bills the order {order} by itself; set the order's invoice method to Manual"
            )));
        }
        Ok(Some(found))
    }

    /// The unit of a line; a charge needs none.
    fn unit(
        &self,
        line: &NewPayableLine,
        linked: Option<&OrderLine>,
        product: Option<&Product>,
        parts: &Parts,
    ) -> Result<Option<u64>> {
        let category = linked.and_then(|it| it.unit.as_ref()).or_else(|| Some(&product?.unit));
        let uom = line.quantity.uom.as_str();
        let symbol = self.symbol(uom);
        let found = parts.units.iter().find(|it| {
            it.symbol == symbol && category.is_none_or(|wanted| wanted.category == it.category)
        });
        if found.is_none() && category.is_some() {
            let name = self.client.name();
            return Err(Error::conflict(format!("{name} cannot bill the line in {uom}")));
        }
        Ok(found.map(|it| it.id))
    }
}

impl Parts {
    fn product(&self, line: &NewPayableLine) -> Option<&Product> {
        let code = line.item_id.as_ref()?.as_str();
        self.products.iter().find(|it| it.code.as_deref() == Some(code))
    }
}
