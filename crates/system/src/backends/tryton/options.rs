//! How a Tryton server is reached and read: `[backends.NAME]` with `kind = "tryton"`.

use canonical::{Error, FacilityKind, FieldError, MatchMode, Result, Uom};
use serde::{Deserialize, Serialize};
use stack::Secret;
use stack::outbound;
use std::collections::BTreeMap;

/// How one Tryton database is reached and read.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Where the server is, without the database: `https://tryton.example.org`.
    pub base_url: String,
    /// The database. One server may keep several; each is a back end of its own.
    pub database: String,
    /// The user that the gateway logs in as; its access rights are the gateway's.
    pub login: String,
    /// That user's password.
    pub password: Secret,
    /// The record id of the company to work in; the user's own company where none is given.
    #[serde(default)]
    pub company: Option<u32>,
    /// The party category that makes a party a supplier; where none is given, every party but the
    /// company's own is one.
    #[serde(default)]
    pub supplier_category: Option<String>,
    /// Tryton's unit symbols and our codes for them. A unit that is not listed keeps its symbol.
    #[serde(default = "uoms")]
    pub uoms: BTreeMap<String, Uom>,
    /// What an invoice for goods is held against.
    #[serde(default)]
    pub goods_match_mode: MatchMode,
    /// What an invoice for services is held against; Tryton takes no receipts of services.
    #[serde(default = "two_way")]
    pub services_match_mode: MatchMode,
    /// Whether goods must be received before they may be billed.
    #[serde(default)]
    pub receipt_based_invoice: bool,
    /// The code of the account for charges, and for products whose category names no account.
    #[serde(default)]
    pub default_expense_account: Option<String>,
    /// Whether the orders that invoices bill are kept in this database: invoice lines are then
    /// linked to them. Turn it off where another back end keeps the orders.
    #[serde(default = "yes")]
    pub link_orders: bool,
    /// Whether the modules `analytic_account` and `analytic_purchase` are active: cost centres.
    #[serde(default = "yes")]
    pub analytic: bool,
    /// The kind of each warehouse, by its code; one that is not listed is an acute-care hospital.
    #[serde(default)]
    pub facility_kinds: BTreeMap<String, FacilityKind>,
    /// The IANA time zone of the warehouses; the company's own where none is given.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// How long logins rest after one was refused. Tryton locks a user out who tries too often.
    #[serde(default = "login_pause_seconds")]
    pub login_pause_seconds: u32,
    /// Deadlines, repeats and limits of the calls.
    #[serde(default)]
    pub outbound: outbound::Options,
}

impl Options {
    /// Everything that can be wrong without asking the server.
    ///
    /// # Errors
    /// `invalid` with a pointer per fault.
    pub fn check(&self) -> Result<()> {
        let mut fields = Vec::new();
        let mut fault = |pointer: &str, detail: &str| {
            fields.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
        };
        let url = reqwest::Url::parse(&self.base_url);
        if !url.is_ok_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host()) {
            fault("/base_url", "not an address such as \"https://tryton.example.org\"");
        }
        let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
        if self.database.is_empty() || !self.database.chars().all(plain) {
            fault("/database", "the name of a database: letters, digits, '_', '-' and '.'");
        }
        if self.login.is_empty() {
            fault("/login", "the user to log in as is missing");
        }
        if self.password.reveal().is_empty() {
            fault("/password", "the password is empty");
        }
        let mut codes: Vec<&Uom> = self.uoms.values().collect();
        codes.sort();
        if codes.windows(2).any(|it| it.first() == it.last()) {
            fault("/uoms", "two of Tryton's units have the same code; give each its own");
        }
        if fields.is_empty() { Ok(()) } else { Err(Error::invalid_fields(fields)) }
    }
}

const fn yes() -> bool {
    true
}

const fn two_way() -> MatchMode {
    MatchMode::TwoWay
}

const fn login_pause_seconds() -> u32 {
    300
}

/// The units that every Tryton database starts with, in the codes of X12 element 355.
fn uoms() -> BTreeMap<String, Uom> {
    let known = [
        ("u", "EA"),
        ("bx", "BX"),
        ("cs", "CA"),
        ("kg", "KG"),
        ("g", "GR"),
        ("lb", "LB"),
        ("oz", "OZ"),
        ("h", "HR"),
        ("d", "DA"),
        ("l", "LT"),
        ("m", "MR"),
    ];
    known
        .into_iter()
        .filter_map(|(symbol, code)| Some((symbol.to_owned(), code.parse().ok()?)))
        .collect()
}
