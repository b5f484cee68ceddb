//! The tables: numbered migrations, forward only. What was applied stays as it was; a checksum
//! notices if it did not. The text is SQLite's; for PostgreSQL a few words are put in the place of
//! others.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::batch::Query;
use crate::case;
use crate::document::sha256_hex;
use crate::duplicate;
use crate::order_amount;
use crate::row::Row;
use canonical::{Error, Result};

struct Migration {
    name: &'static str,
    sql: &'static str,
    /// What SQL cannot say of the rows that are there, in the same transaction.
    fill: Option<Fill>,
}

/// What a migration makes of the rows of a table, a page at a time.
#[derive(Clone, Copy)]
pub(crate) struct Fill {
    /// The rows after `$1`, which is their first column, in its order; it is never 0.
    pub(crate) page: &'static str,
    /// The first column of a row, and what is written for it.
    pub(crate) of_row: fn(Row) -> Result<(i64, Vec<Query>)>,
}

impl Migration {
    const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, fill: None }
    }

    /// Of the text as it is written here, whatever database it is for.
    fn checksum(&self) -> String {
        sha256_hex(self.sql.as_bytes())
    }
}

/// In the order of their numbers; the number is the place in this list, from 1.
const MIGRATIONS: &[Migration] = &[
    Migration::new("0001_initial", include_str!("migrations/0001_initial.sql")),
    Migration::new("0002_runs_by_time", include_str!("migrations/0002_runs_by_time.sql")),
    Migration {
        fill: Some(duplicate::FILL),
        ..Migration::new("0003_duplicate_key", include_str!("migrations/0003_duplicate_key.sql"))
    },
    Migration {
        fill: Some(order_amount::FILL),
        ..Migration::new("0004_order_amount", include_str!("migrations/0004_order_amount.sql"))
    },
    Migration::new("0005_rematch", include_str!("migrations/0005_rematch.sql")),
    Migration::new("0006_dead_letter", include_str!("migrations/0006_dead_letter.sql")),
    Migration::new("0007_case", include_str!("migrations/0007_case.sql")),
    Migration::new("0008_lease", include_str!("migrations/0008_lease.sql")),
    Migration {
        fill: Some(case::FILL),
        ..Migration::new(
            "0009_case_escalation",
            include_str!("migrations/0009_case_escalation.sql"),
        )
    },
    Migration::new("0010_accrual", include_str!("migrations/0010_accrual.sql")),
    Migration::new("0011_procurement", include_str!("migrations/0011_procurement.sql")),
    Migration::new("0012_archived_event", include_str!("migrations/0012_archived_event.sql")),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    name     TEXT NOT NULL PRIMARY KEY,
    checksum TEXT NOT NULL
)";

const APPLIED: &str = "SELECT name, checksum FROM migration ORDER BY name";
const RECORD: &str = "INSERT INTO migration (name, checksum) VALUES ($1, $2)";

/// The migrations that are missing where these were applied, name and checksum.
fn missing(applied: Vec<Row>) -> Result<Vec<&'static Migration>> {
    let mut missing: Vec<&Migration> = MIGRATIONS.iter().collect();
    for mut row in applied {
        let (name, checksum) = (row.text()?, row.text()?);
        let known = MIGRATIONS.iter().find(|it| it.name == name).ok_or_else(|| {
            Error::internal(format!(
                "the store was written by a newer version (it has {name}); use that version"
            ))
        })?;
        if known.checksum() != checksum {
            return Err(Error::internal(format!(
                "the store's tables were made by another {name}; use the version that made them"
            )));
        }
        missing.retain(|it| it.name != name);
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_in_order() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert!(migration.name.starts_with(&format!("{:04}_", index + 1)));
        }
    }

    #[test]
    fn what_was_released_is_never_edited() {
        let checksums = [
            "658a558cbae5d94f66bfd575847aba3960fc2adf8a94b224a3634d1b41c014d5",
            "303cc05d90c729ac9236da9ddcc75a4594dff1cdf7c3bc185189ed96c463440d",
            "e548663b3deb64fd99e040c00d2f1aac7108da6a5420766406c84031e5a5091c",
            "c8c1c5ddda8f565abc3d5666ab41cbf805fa39f04fc7c594e25cdbae39f783b6",
        ];
        for (migration, checksum) in MIGRATIONS.iter().zip(checksums) {
            assert_eq!(migration.checksum(), checksum, "{}", migration.name);
        }
    }
}
