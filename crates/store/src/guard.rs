//! Guards: what two writers may not both rely on. Read the guards, read the facts, decide, and bump
//! the guards with what was read; of two batches that did so, the second is stale.

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use canonical::{PurchaseOrderNumber, Result};
use std::collections::{BTreeMap, BTreeSet};

/// A thing that is decided upon, at the version that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// What is guarded.
    pub key: String,
    /// Its version: 0 where nobody has decided yet, one more with each decision.
    pub version: i64,
}

impl Guard {
    /// The key of an order line: who claims how much of it.
    #[must_use]
    pub fn order_line(order: &PurchaseOrderNumber, line: u32) -> String {
        format!("order_line:{order}:{line}")
    }

    /// The key of what the back ends say of an order: who asked them before it moved was told what
    /// is no longer so.
    #[must_use]
    pub fn facts(order: &PurchaseOrderNumber) -> String {
        format!("facts:{order}")
    }

    /// The key of a supplier group's invoice number, normalised: is it a duplicate?
    #[must_use]
    pub fn invoice_number(supplier_group: &str, normalised_number: &str) -> String {
        format!("invoice_number:{supplier_group}:{normalised_number}")
    }

    /// The key of a payload on a channel: did it arrive before?
    #[must_use]
    pub fn payload(channel: &str, sha256: &str) -> String {
        format!("payload:{channel}:{sha256}")
    }
}

impl Batch {
    /// Moves the guard on from the version that was read; stale (`guard KEY`) where somebody else
    /// did so since.
    pub fn bump_guard(&mut self, guard: &Guard) {
        let name = format!("guard {}", guard.key);
        let args = [Val::from(guard.key.as_str()), Val::from(guard.version)];
        if guard.version == 0 {
            self.expect_one(
                name,
                "INSERT INTO guard (name, version) VALUES ($1, $2 + 1)
                 ON CONFLICT (name) DO NOTHING",
                args,
            );
        } else {
            self.expect_one(
                name,
                "UPDATE guard SET version = version + 1 WHERE name = $1 AND version = $2",
                args,
            );
        }
    }
}

impl Batch {
    /// Moves a guard on from whatever version it has: for who does not decide, and tells others
    /// that what they read is no longer so. Such a guard is checked, never bumped.
    pub fn move_guard(&mut self, key: String) {
        self.run(
            "INSERT INTO guard (name, version) VALUES ($1, 1)
             ON CONFLICT (name) DO UPDATE SET version = guard.version + 1",
            [Val::from(key)],
        );
    }

    /// Leaves the guard as it is; stale (`guard KEY`) where it was moved since it was read.
    pub fn check_guard(&mut self, guard: &Guard) {
        self.expect_one(
            format!("guard {}", guard.key),
            "INSERT INTO guard (name, version) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET version = guard.version WHERE guard.version = $2",
            [Val::from(guard.key.as_str()), Val::from(guard.version)],
        );
    }
}

impl Store {
    /// The guards of these keys, each once, in the order of the keys.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn guards(&self, keys: impl IntoIterator<Item = String>) -> Result<Vec<Guard>> {
        let keys: BTreeSet<String> = keys.into_iter().collect();
        let names: Vec<Val> = keys.iter().map(|it| Val::from(it.as_str())).collect();
        let queries = names
            .chunks(KEYS_MAX)
            .map(|names| Query::listing("SELECT name, version FROM guard WHERE name IN ", names));
        let mut known = BTreeMap::new();
        for mut row in self.rows_of_all(queries.collect()).await? {
            known.insert(row.text()?, row.int()?);
        }
        let guard = |key| {
            let version = known.get(&key).copied().unwrap_or_default();
            Guard { key, version }
        };
        Ok(keys.into_iter().map(guard).collect())
    }
}

#[cfg(test)]
mod tests;
