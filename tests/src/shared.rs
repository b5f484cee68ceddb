//! Other people's data, read where this checkout lies beside it and never copied into the tree.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A table of a comma-separated file: by column name.
#[derive(Clone, Debug)]
pub struct Row(HashMap<String, String>);

impl Row {
    /// A column's text.
    ///
    /// # Panics
    /// Where the table has no such column.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        self.0.get(column).unwrap_or_else(|| panic!("no column {column}: {self:?}"))
    }

    /// A column's number as digits, without the marks between thousands.
    ///
    /// # Panics
    /// Where the table has no such column.
    #[must_use]
    pub fn digits(&self, column: &str) -> String {
        self.text(column).replace(',', "")
    }
}

/// A folder of `shared/data`, where there is one beside this checkout; says so where there is none.
#[must_use]
pub fn folder(name: &str) -> Option<PathBuf> {
    let beside = |it: &Path| it.join("../shared/data").join(name);
    let found = crate::top().ancestors().map(beside).find(|it| it.is_dir());
    if found.is_none() {
        crate::binary::say(&format!("shared/data/{name} is not there: nothing of it was read"));
    }
    found
}

/// The rows of a comma-separated file with a head.
///
/// # Panics
/// Where it is none.
#[must_use]
pub fn table(folder: &Path, name: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(folder.join(name)).expect("a table");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader.deserialize::<HashMap<String, String>>();
    rows.map(|it| Row(it.expect("a row"))).collect()
}
