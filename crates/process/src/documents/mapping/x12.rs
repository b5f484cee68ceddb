//! What partners mean by the codes of X12.

use super::table::Table;
use super::{Keys, called, document, fault, named, tables};
use canonical::{Error, FieldError, Result, SupplierId};
use serde::Deserialize;
use std::fmt;

const SHIPPED: &str = include_str!("../../../../../config/mappings/x12.toml");

/// The tables of X12, and its habits.
const KEYS: Keys = Keys {
    tables: &[
        "habits",
        "units",
        "price_bases",
        "item_numbers",
        "party_ids",
        "interchange_ids",
        "charges",
        "charge_words",
        "dates",
    ],
    habits: &["decimal_mark", "totals", "order_total", "hash_total"],
};

/// What partners mean by the codes of X12.
#[derive(Clone, PartialEq, Eq)]
pub struct X12Mapping {
    id: String,
    version: u32,
    own: Name,
    general: Table,
    partners: Vec<Partner>,
}

/// Under which names a sender or receiver goes in envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::documents) struct Name {
    pub(in crate::documents) qualifier: String,
    pub(in crate::documents) id: String,
    pub(in crate::documents) group: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Partner {
    name: Name,
    supplier_id: Option<SupplierId>,
    table: Table,
}

#[derive(Debug, Deserialize)]
struct Document {
    id: String,
    version: u32,
    own: OwnDocument,
    #[serde(default)]
    partners: Vec<PartnerDocument>,
    /// What is left must be tables: unknown keys are refused there.
    #[serde(flatten)]
    tables: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnDocument {
    interchange: String,
    group: String,
}

#[derive(Debug, Deserialize)]
struct PartnerDocument {
    name: String,
    interchange: String,
    group: Option<String>,
    supplier_id: Option<SupplierId>,
    #[serde(flatten)]
    tables: toml::Table,
}

impl X12Mapping {
    /// Reads the mapping from TOML.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        let document: Document = document(text)?;
        let mut faults = Vec::new();
        let read = Self::new(&document, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(Error::invalid_fields(faults)) }
    }

    /// The mapping that ships as the default.
    ///
    /// # Errors
    /// `invalid` where the file that was built in is faulty, which a test rules out.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// How a reading cites it: `x12@1`.
    #[must_use]
    pub fn cited(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// What a partner means, by its interchange and its group; everybody's table where it has none.
    pub(in crate::documents) fn table(&self, qualifier: &str, id: &str, group: &str) -> &Table {
        let known = |it: &&Partner| {
            it.name.qualifier == qualifier
                && it.name.id == id
                && it.name.group.as_deref().is_none_or(|it| it == group)
        };
        let mut candidates = self.partners.iter().filter(known);
        let first = candidates.next();
        // one that names the group is meant more closely
        let closer = candidates.find(|it| it.name.group.is_some());
        closer.or(first).map_or(&self.general, |it| &it.table)
    }

    /// Whether the partner has a table of its own.
    pub(in crate::documents) fn knows(&self, qualifier: &str, id: &str) -> bool {
        self.partners.iter().any(|it| it.name.qualifier == qualifier && it.name.id == id)
    }

    /// Ourselves.
    pub(in crate::documents) fn own(&self) -> &Name {
        &self.own
    }

    /// A supplier's name in envelopes, and its table; its own number where nobody named it.
    pub(in crate::documents) fn of_supplier(&self, supplier: &SupplierId) -> (Name, &Table) {
        match self.partners.iter().find(|it| it.supplier_id.as_ref() == Some(supplier)) {
            Some(partner) => (partner.name.clone(), &partner.table),
            None => {
                let id = supplier.as_str().to_owned();
                (Name { qualifier: "ZZ".to_owned(), id, group: None }, &self.general)
            }
        }
    }

    fn new(document: &Document, faults: &mut Vec<FieldError>) -> Self {
        named(&document.id, faults);
        let mut own = name("/own/interchange", &document.own.interchange, faults);
        own.group = Some(document.own.group.clone());
        let general =
            Table::default().over(&tables("", &document.tables, &KEYS, faults), "", faults);
        let mut partners: Vec<Partner> = Vec::new();
        for (place, written) in document.partners.iter().enumerate() {
            let at = format!("/partners/{place}");
            called(&written.name, &at, faults);
            let mut its = name(&format!("{at}/interchange"), &written.interchange, faults);
            its.group.clone_from(&written.group);
            if partners.iter().any(|it| it.name == its) {
                faults.push(fault(&format!("{at}/interchange"), "the partner stands here twice"));
            }
            let supplier_id = written.supplier_id.clone();
            let table = general.over(&tables(&at, &written.tables, &KEYS, faults), &at, faults);
            partners.push(Partner { name: its, supplier_id, table });
        }
        Self { id: document.id.clone(), version: document.version, own, general, partners }
    }
}

impl fmt::Debug for X12Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("X12Mapping").field("cited", &self.cited()).finish_non_exhaustive()
    }
}

fn name(pointer: &str, text: &str, faults: &mut Vec<FieldError>) -> Name {
    let (qualifier, id) = text.split_once(':').unwrap_or_default();
    let plain = |it: &str| it.bytes().all(|it| it.is_ascii_graphic() || it == b' ');
    if qualifier.len() != 2 || id.is_empty() || id.len() > 15 || !plain(text) {
        let detail =
            "qualifier and id are written as in \"01:081234567\": 2 and 1 to 15 characters";
        faults.push(fault(pointer, detail));
    }
    Name { qualifier: qualifier.to_owned(), id: id.to_owned(), group: None }
}
