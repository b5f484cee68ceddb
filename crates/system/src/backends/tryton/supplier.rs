//! Suppliers: Tryton's parties.

use super::client::wire::Flag;
use super::client::{Record, Search, after, page};
use super::{Tryton, identifier, tryton_id};
use crate::Suppliers;
use async_trait::async_trait;
use canonical::{
    Error, ExternalId, Page, PageRequest, Result, Supplier, SupplierId, SupplierStatus,
};
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "suppliers";
const FIELDS: &[&str] = &[
    "code",
    "name",
    "active",
    "identifiers.type",
    "identifiers.code",
    "replaced_by.code",
    "supplier_payment_term.lines.type",
    "supplier_payment_term.lines.relativedeltas.day",
    "supplier_payment_term.lines.relativedeltas.month",
    "supplier_payment_term.lines.relativedeltas.weekday",
    "supplier_payment_term.lines.relativedeltas.months",
    "supplier_payment_term.lines.relativedeltas.weeks",
    "supplier_payment_term.lines.relativedeltas.days",
];

/// A `party.party`.
#[derive(Debug, Deserialize)]
pub(super) struct Party {
    id: u64,
    code: Option<String>,
    name: Option<String>,
    active: Flag,
    #[serde(rename = "identifiers.")]
    identifiers: Vec<Identifier>,
    #[serde(rename = "replaced_by.")]
    replaced_by: Option<super::Coded>,
    #[serde(rename = "supplier_payment_term.")]
    payment_term: Option<Term>,
}

/// A `party.identifier`.
#[derive(Debug, Deserialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: String,
}

#[derive(Debug, Deserialize)]
struct Term {
    #[serde(rename = "lines.")]
    lines: Vec<TermLine>,
}

#[derive(Debug, Deserialize)]
struct TermLine {
    #[serde(rename = "relativedeltas.")]
    deltas: Vec<Delta>,
}

/// One step from the invoice date to the due date.
#[derive(Debug, Deserialize)]
struct Delta {
    day: Option<i32>,
    month: Option<Value>,
    weekday: Option<Value>,
    months: Option<i32>,
    weeks: Option<i32>,
    days: Option<i32>,
}

impl Record for Party {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Party {
    pub(super) fn supplier(self) -> Result<Supplier> {
        let mut external_ids = vec![tryton_id("party", self.id)];
        external_ids.extend(self.identifiers.iter().map(Identifier::external_id));
        Ok(Supplier {
            remit_to: Vec::new(),
            sanctioned: false,
            self_billing: false,
            id: identifier("party", self.id, self.code.as_deref())?,
            name: self.name.unwrap_or_default(),
            status: if self.active.0 { SupplierStatus::Active } else { SupplierStatus::Inactive },
            group: self
                .replaced_by
                .map(|it| identifier("party", it.id, it.code.as_deref()))
                .transpose()?,
            currency: None,
            payment_term_days: self.payment_term.and_then(|it| it.days()),
            external_ids,
        })
    }
}

impl Identifier {
    /// `DUNS:079256641` of no type is the name in the system `duns`; Tryton knows no such type.
    fn external_id(&self) -> ExternalId {
        let (system, key) = match (self.kind.as_deref(), self.code.split_once(':')) {
            (Some(kind), _) if kind.contains('_') => ("tax".to_owned(), self.code.as_str()),
            (Some(kind), _) => (kind.to_owned(), self.code.as_str()),
            (None, Some((system, key))) => (system.to_ascii_lowercase(), key),
            (None, None) => ("other".to_owned(), self.code.as_str()),
        };
        ExternalId { system, entity: "supplier".to_owned(), key: key.trim().to_owned() }
    }
}

impl Term {
    /// The days of a term that is one payment after so many days; others are no number of days.
    fn days(&self) -> Option<u16> {
        let [line] = self.lines.as_slice() else { return None };
        let days = line.deltas.iter().map(Delta::days).sum::<Option<i32>>()?;
        u16::try_from(days).ok()
    }
}

impl Delta {
    fn days(&self) -> Option<i32> {
        let is_plain = self.day.is_none() && self.month.is_none() && self.weekday.is_none();
        let is_plain = is_plain && self.months.unwrap_or_default() == 0;
        is_plain.then(|| self.days.unwrap_or_default() + 7 * self.weeks.unwrap_or_default())
    }
}

#[async_trait]
impl Suppliers for Tryton {
    async fn get(&self, id: &SupplierId) -> Result<Supplier> {
        let found = self.parties(json!([["code", "=", id.as_str()]]), 1).await?;
        found.into_iter().next().ok_or_else(|| Error::not_found("supplier", id))?.supplier()
    }

    async fn find(&self, name: &ExternalId) -> Result<Option<Supplier>> {
        let ExternalId { system, key, .. } = name;
        let domain = match (system.as_str(), key.parse::<u64>()) {
            ("tryton", Ok(id)) => json!([["id", "=", id]]),
            ("tryton", Err(_)) => return Ok(None),
            _ => json!([["identifiers.code", "in", spellings(system, key)]]),
        };
        let found = self.parties(domain, PageRequest::LIMIT_MAX).await?;
        let suppliers: Vec<Supplier> =
            found.into_iter().map(Party::supplier).collect::<Result<_>>()?;
        let mut named =
            suppliers.into_iter().filter(|it| it.external_ids.iter().any(|it| is_same(it, name)));
        let first = named.next();
        if named.next().is_some() {
            return Err(Error::conflict(format!("several suppliers are called {key} by {system}")));
        }
        Ok(first)
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Supplier>> {
        let [last] = after(NOUN, request)?;
        let found = self.parties(json!([["id", ">", last]]), request.limit + 1).await?;
        page(NOUN, request, found, Party::supplier)
    }
}

impl Tryton {
    async fn parties(&self, domain: Value, limit: u32) -> Result<Vec<Party>> {
        let session = self.client.session().await?;
        let who = match &self.options.supplier_category {
            Some(category) => json!(["categories.name", "=", category]),
            None => json!(["id", "!=", session.company.party.id]),
        };
        let domain = json!([domain, who, ["active", "in", [true, false]]]);
        let search = Search { model: "party.party", domain, limit: Some(limit), fields: FIELDS };
        self.client.search(&search).await
    }
}

/// How Tryton may have stored a name: with its system before it, a tax number with its hyphen.
fn spellings(system: &str, key: &str) -> Vec<String> {
    let mut spellings = vec![
        key.to_owned(),
        format!("{}:{key}", system.to_ascii_uppercase()),
        format!("{}:{key}", system.to_ascii_lowercase()),
    ];
    let plain = plain(key);
    if system == "tax"
        && let (Some(head), Some(tail)) = (plain.get(..2), plain.get(2..))
    {
        spellings.push(format!("{head}-{tail}"));
        spellings.push(plain);
    }
    spellings
}

/// The same name; tax numbers are compared without their punctuation.
fn is_same(one: &ExternalId, other: &ExternalId) -> bool {
    one == other
        || one.system == "tax"
            && other.system == "tax"
            && one.entity == other.entity
            && plain(&one.key) == plain(&other.key)
}

fn plain(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).collect()
}
