//! What partners mean by the codes of UBL.

use super::table::Table;
use super::{Keys, called, document, fault, named, tables};
use canonical::{Error, ExternalId, FieldError, Result};
use serde::Deserialize;
use std::fmt;

const SHIPPED: &str = include_str!("../../../../../config/mappings/ubl.toml");

/// The tables of UBL, and its habits.
const KEYS: Keys = Keys {
    tables: &["habits", "units", "charges", "charge_words"],
    habits: &["unknown_units", "unknown_charges"],
};

/// What partners mean by the codes of UBL.
#[derive(Clone, PartialEq, Eq)]
pub struct UblMapping {
    id: String,
    version: u32,
    general: Table,
    partners: Vec<Partner>,
}

#[derive(Clone, PartialEq, Eq)]
struct Partner {
    party: Party,
    table: Table,
}

#[derive(Debug, Deserialize)]
struct Document {
    id: String,
    version: u32,
    #[serde(default)]
    partners: Vec<PartnerDocument>,
    /// What is left must be tables: unknown keys are refused there.
    #[serde(flatten)]
    tables: toml::Table,
}

#[derive(Debug, Deserialize)]
struct PartnerDocument {
    name: String,
    party: Party,
    #[serde(flatten)]
    tables: toml::Table,
}

/// One of the identifiers by which a document names its supplier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Party {
    system: String,
    key: String,
}

impl UblMapping {
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

    /// How a reading cites it: `ubl@1`.
    #[must_use]
    pub fn cited(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// What a supplier means, by the first of its identifiers that a partner has; everybody's table
    /// where there is none.
    pub(in crate::documents) fn table(&self, supplier: &[ExternalId]) -> &Table {
        let of = |id: &ExternalId| {
            self.partners.iter().find(|it| it.party.system == id.system && it.party.key == id.key)
        };
        supplier.iter().find_map(of).map_or(&self.general, |it| &it.table)
    }

    fn new(document: &Document, faults: &mut Vec<FieldError>) -> Self {
        named(&document.id, faults);
        let general = over(&Table::default(), &document.tables, "", faults);
        let mut partners: Vec<Partner> = Vec::new();
        for (place, written) in document.partners.iter().enumerate() {
            let at = format!("/partners/{place}");
            called(&written.name, &at, faults);
            let party = written.party.clone();
            if party.system.trim().is_empty() || party.key.trim().is_empty() {
                let detail = "a partner is known by a system and the key there";
                faults.push(fault(&format!("{at}/party"), detail));
            }
            if partners.iter().any(|it| it.party == party) {
                faults.push(fault(&format!("{at}/party"), "the partner stands here twice"));
            }
            let table = over(&general, &written.tables, &at, faults);
            partners.push(Partner { party, table });
        }
        Self { id: document.id.clone(), version: document.version, general, partners }
    }
}

/// The table with these over it.
fn over(table: &Table, written: &toml::Table, at: &str, faults: &mut Vec<FieldError>) -> Table {
    let written = tables(at, written, &KEYS, faults);
    if written.has_tax() {
        let detail = "tax stands in TaxTotal: no charge is one";
        faults.push(fault(&format!("{at}/charges"), detail));
    }
    table.over(&written, at, faults)
}

impl fmt::Debug for UblMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UblMapping").field("cited", &self.cited()).finish_non_exhaustive()
    }
}
