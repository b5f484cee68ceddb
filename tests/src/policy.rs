//! Tolerance policies for a request: the shipped one, as it is or in another currency.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The policy that ships, as JSON.
///
/// # Panics
/// Where the file is not what it should be.
#[must_use]
pub fn shipped() -> Value {
    let path = crate::top().join("config/policies/tolerances.toml");
    let table: toml::Table = fs::read_to_string(path).expect("a policy").parse().expect("TOML");
    serde_json::to_value(table).expect("JSON")
}

/// The same limits as amounts of another currency: the policy of a company that keeps its books in
/// that one.
#[must_use]
pub fn shipped_in(currency: &str) -> Value {
    let mut policy = shipped();
    policy["id"] = json!(format!("T0-{currency}"));
    policy["currency"] = json!(currency);
    for row in policy["rows"].as_array_mut().expect("rows") {
        // documents of any year are judged by the rows that are in force today
        row["effective"] = json!({ "from": "2000-01-01" });
    }
    policy
}

/// [`shipped_in`] as a file of this folder, for a gateway that goes by it: with the variable
/// `THREEWAY__POLICIES__TOLERANCES`.
///
/// # Panics
/// Where it cannot be written.
#[must_use]
pub fn file_in(currency: &str, folder: &Path) -> PathBuf {
    let path = folder.join(format!("tolerances-{currency}.toml"));
    let mut policy = shipped_in(currency);
    drop_nulls(&mut policy);
    fs::write(&path, toml::to_string(&policy).expect("TOML")).expect("a file");
    path
}

/// TOML has no word for nothing.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_name, it| !it.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
