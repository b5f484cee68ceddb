//! What partners mean by the codes of their documents: tables that hold for all of them, and for
//! each its own over these. Read from TOML and checked whole; a code without a line is refused.

mod table;

use canonical::{Error, FieldError, Result, SupplierId};
use serde::Deserialize;
use std::fmt;
use std::sync::OnceLock;
use table::Tables;
pub(super) use table::{DateUse, HashTotal, ItemNumber, OrderTotal, Table};

const SHIPPED: &str = include_str!("../../../../config/mappings/x12.toml");

/// The mappings of all partners.
#[derive(Clone, PartialEq, Eq)]
pub struct Mappings {
    id: String,
    version: u32,
    own: Name,
    general: Table,
    partners: Vec<Partner>,
}

/// Under which names a sender or receiver goes in envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) qualifier: String,
    pub(super) id: String,
    pub(super) group: Option<String>,
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

impl Mappings {
    /// Reads mappings from TOML.
    ///
    /// # Errors
    /// `invalid` with every fault of them.
    pub fn parse_toml(text: &str) -> Result<Self> {
        let document: Document = toml::from_str(text).map_err(|error| {
            Error::invalid(format!("the mapping is not readable: {}", error.message()))
                .because(error)
        })?;
        let mut faults = Vec::new();
        let read = Self::new(&document, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(Error::invalid_fields(faults)) }
    }

    /// The mappings that ship as the default.
    ///
    /// # Errors
    /// `invalid` where the file that was built in is faulty, which a test rules out.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// The same, read once.
    ///
    /// # Errors
    /// As [`Self::default_shipped`].
    pub fn shipped() -> Result<&'static Self> {
        static ONCE: OnceLock<Mappings> = OnceLock::new();
        if let Some(read) = ONCE.get() {
            return Ok(read);
        }
        let read = Self::default_shipped()?;
        Ok(ONCE.get_or_init(|| read))
    }

    /// How a reading cites them: `x12@1`.
    #[must_use]
    pub fn cited(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// What a partner means, by its interchange and its group; everybody's table where it has none.
    pub(super) fn table(&self, qualifier: &str, id: &str, group: &str) -> &Table {
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
    pub(super) fn knows(&self, qualifier: &str, id: &str) -> bool {
        self.partners.iter().any(|it| it.name.qualifier == qualifier && it.name.id == id)
    }

    /// Ourselves.
    pub(super) fn own(&self) -> &Name {
        &self.own
    }

    /// A supplier's name in envelopes, and its table; its own number where nobody named it.
    pub(super) fn of_supplier(&self, supplier: &SupplierId) -> (Name, &Table) {
        match self.partners.iter().find(|it| it.supplier_id.as_ref() == Some(supplier)) {
            Some(partner) => (partner.name.clone(), &partner.table),
            None => {
                let id = supplier.as_str().to_owned();
                (Name { qualifier: "ZZ".to_owned(), id, group: None }, &self.general)
            }
        }
    }

    fn new(document: &Document, faults: &mut Vec<FieldError>) -> Self {
        if document.id.trim().is_empty() {
            faults.push(fault("/id", "say it: every reading cites it"));
        }
        let mut own = name("/own/interchange", &document.own.interchange, faults);
        own.group = Some(document.own.group.clone());
        let general = Table::default().over(&tables("", &document.tables, faults), "", faults);
        let mut partners: Vec<Partner> = Vec::new();
        for (place, written) in document.partners.iter().enumerate() {
            let at = format!("/partners/{place}");
            if written.name.trim().is_empty() {
                faults.push(fault(&format!("{at}/name"), "say who it is"));
            }
            let mut named = name(&format!("{at}/interchange"), &written.interchange, faults);
            named.group.clone_from(&written.group);
            if partners.iter().any(|it| it.name == named) {
                faults.push(fault(&format!("{at}/interchange"), "the partner stands here twice"));
            }
            let supplier_id = written.supplier_id.clone();
            let table = general.over(&tables(&at, &written.tables, faults), &at, faults);
            partners.push(Partner { name: named, supplier_id, table });
        }
        Self { id: document.id.clone(), version: document.version, own, general, partners }
    }
}

impl fmt::Debug for Mappings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mappings").field("cited", &self.cited()).finish_non_exhaustive()
    }
}

fn tables(at: &str, written: &toml::Table, faults: &mut Vec<FieldError>) -> Tables {
    match Tables::deserialize(written.clone()) {
        Ok(tables) => tables,
        Err(error) => {
            let pointer = if at.is_empty() { "(the file)" } else { at };
            faults.push(fault(pointer, error.message()));
            Tables::default()
        }
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

fn fault(pointer: &str, detail: &str) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
