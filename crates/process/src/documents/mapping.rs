//! What partners mean by the codes of their documents: tables that hold for all of them, and for
//! each its own over these. Read from TOML and checked whole; a code without a line is refused,
//! where the file does not say otherwise.

mod table;
mod ubl;
mod written;
mod x12;

use super::Format;
use canonical::{Error, FieldError, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::OnceLock;
pub(super) use table::Table;
pub use ubl::UblMapping;
use written::Tables;
pub(super) use written::{DateUse, HashTotal, ItemNumber, OrderTotal};
pub(super) use x12::Name;
pub use x12::X12Mapping;

/// The mappings of all partners, by format; JSON needs none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mappings {
    /// Of X12.
    pub x12: X12Mapping,
    /// Of UBL.
    pub ubl: UblMapping,
}

impl Mappings {
    /// The mappings that ship as the default.
    ///
    /// # Errors
    /// `invalid` where a file that was built in is faulty, which a test rules out.
    pub fn default_shipped() -> Result<Self> {
        Ok(Self { x12: X12Mapping::default_shipped()?, ubl: UblMapping::default_shipped()? })
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

    /// How a reading cites the one of its format: `x12@1`, `ubl@1`.
    #[must_use]
    pub fn cited(&self, format: Format) -> String {
        match format {
            Format::Ubl => self.ubl.cited(),
            Format::X12 | Format::Json => self.x12.cited(),
        }
    }
}

/// The keys that a format knows of all that a table can hold.
#[derive(Debug)]
struct Keys {
    tables: &'static [&'static str],
    habits: &'static [&'static str],
}

fn document<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        Error::invalid(format!("the mapping is not readable: {}", error.message())).because(error)
    })
}

fn tables(at: &str, written: &toml::Table, keys: &Keys, faults: &mut Vec<FieldError>) -> Tables {
    let mut foreign: Vec<String> =
        written.keys().filter(|it| !keys.tables.contains(&it.as_str())).cloned().collect();
    if let Some(toml::Value::Table(habits)) = written.get("habits") {
        let other = habits.keys().filter(|it| !keys.habits.contains(&it.as_str()));
        foreign.extend(other.map(|it| format!("habits/{it}")));
    }
    match Tables::deserialize(written.clone()) {
        Ok(tables) => {
            let detail = "this format has no such key";
            faults.extend(foreign.iter().map(|it| fault(&format!("{at}/{it}"), detail)));
            tables
        }
        Err(error) => {
            let pointer = if at.is_empty() { "(the file)" } else { at };
            faults.push(fault(pointer, error.message()));
            Tables::default()
        }
    }
}

fn named(id: &str, faults: &mut Vec<FieldError>) {
    if id.trim().is_empty() {
        faults.push(fault("/id", "say it: every reading cites it"));
    }
}

fn called(name: &str, at: &str, faults: &mut Vec<FieldError>) {
    if name.trim().is_empty() {
        faults.push(fault(&format!("{at}/name"), "say who it is"));
    }
}

fn fault(pointer: &str, detail: &str) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
