//! What Tryton answers about the parts of an invoice.

use serde::{Deserialize, Serialize};

/// An `analytic.account.entry`: the cost centre on one axis.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    pub(super) root: u64,
    pub(super) account: Option<u64>,
}

/// What Tryton itself puts on an invoice of a party.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) account: Option<u64>,
    pub(super) invoice_address: Option<u64>,
    pub(super) journal: Option<u64>,
    pub(super) payment_term: Option<u64>,
    pub(super) party_tax_identifier: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) id: u64,
}

/// The `purchase.line` that a line bills.
#[derive(Debug, Deserialize)]
pub(super) struct OrderLine {
    pub(super) id: u64,
    #[serde(rename = "purchase.")]
    pub(super) purchase: Purchase,
    #[serde(rename = "unit.")]
    pub(super) unit: Option<Category>,
    pub(super) taxes: Vec<u64>,
    pub(super) product: Option<u64>,
    #[serde(rename = "product.")]
    pub(super) accounts: Option<Filed>,
    #[serde(rename = "invoice_lines.")]
    pub(super) billed: Vec<Billed>,
    #[serde(rename = "analytic_accounts.", default)]
    pub(super) analytic: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Purchase {
    pub(super) number: Option<String>,
    pub(super) invoice_method: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Category {
    pub(super) category: u64,
}

/// A product, as far as its accounts go.
#[derive(Debug, Deserialize)]
pub(super) struct Filed {
    #[serde(rename = "account_category.")]
    pub(super) category: Option<Accounts>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Accounts {
    pub(super) account_expense: Option<u64>,
    #[serde(default)]
    pub(super) supplier_taxes: Vec<u64>,
}

/// An invoice line that bills an order's line already.
#[derive(Debug, Deserialize)]
pub(super) struct Billed {
    #[serde(rename = "invoice.")]
    pub(super) invoice: Option<BilledOn>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BilledOn {
    pub(super) state: String,
    pub(super) description: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) code: Option<String>,
    #[serde(rename = "default_uom.")]
    pub(super) unit: Category,
    #[serde(rename = "account_category.")]
    pub(super) category: Option<Accounts>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Unit {
    pub(super) id: u64,
    pub(super) symbol: String,
    pub(super) category: u64,
}
