//! The tables: numbered migrations, forward only. What was applied stays as it was; a checksum
//! notices if it did not.

use crate::document::sha256_hex;
use crate::duplicate;
use crate::engine::failure;
use crate::order_amount;
use canonical::{Error, Result};
use rusqlite::{Connection, TransactionBehavior};

struct Migration {
    name: &'static str,
    sql: &'static str,
    /// What SQL cannot say of the rows that are there, in the same transaction.
    fill: Option<fn(&Connection) -> Result<()>>,
}

impl Migration {
    const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, fill: None }
    }
}

/// In the order of their numbers; the number is the place in this list, from 1.
const MIGRATIONS: &[Migration] = &[
    Migration::new("0001_initial", include_str!("migrations/0001_initial.sql")),
    Migration::new("0002_runs_by_time", include_str!("migrations/0002_runs_by_time.sql")),
    Migration {
        fill: Some(duplicate::fill),
        ..Migration::new("0003_duplicate_key", include_str!("migrations/0003_duplicate_key.sql"))
    },
    Migration {
        fill: Some(order_amount::fill),
        ..Migration::new("0004_order_amount", include_str!("migrations/0004_order_amount.sql"))
    },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    name     TEXT NOT NULL PRIMARY KEY,
    checksum TEXT NOT NULL
)";

/// Applies what is missing, each migration in a transaction of its own.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    connection.execute_batch(TABLE).map_err(failure)?;
    refuse_unknown(connection)?;
    MIGRATIONS.iter().try_for_each(|migration| apply(connection, migration))
}

fn refuse_unknown(connection: &Connection) -> Result<()> {
    let mut statement =
        connection.prepare("SELECT name FROM migration ORDER BY name").map_err(failure)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failure)?;
    for name in names {
        let name = name.map_err(failure)?;
        if !MIGRATIONS.iter().any(|it| it.name == name) {
            return Err(Error::internal(format!(
                "the store was written by a newer version (it has {name}); use that version"
            )));
        }
    }
    Ok(())
}

fn apply(connection: &mut Connection, migration: &Migration) -> Result<()> {
    let checksum = sha256_hex(migration.sql.as_bytes());
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
    let applied = transaction
        .query_row("SELECT checksum FROM migration WHERE name = ?1", [migration.name], |row| {
            row.get::<_, String>(0)
        })
        .map(Some)
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(None),
            other => Err(failure(other)),
        })?;
    match applied {
        Some(applied) if applied == checksum => return Ok(()),
        Some(_) => {
            return Err(Error::internal(format!(
                "the store's tables were made by another {}; use the version that made them",
                migration.name
            )));
        }
        None => {}
    }
    transaction.execute_batch(migration.sql).map_err(failure)?;
    if let Some(fill) = migration.fill {
        fill(&transaction)?;
    }
    transaction
        .execute(
            "INSERT INTO migration (name, checksum) VALUES (?1, ?2)",
            [migration.name, checksum.as_str()],
        )
        .map_err(failure)?;
    transaction.commit().map_err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
    }

    #[test]
    fn a_store_of_a_newer_version_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let sql = "INSERT INTO migration (name, checksum) VALUES ('9999_later', 'x')";
        connection.execute(sql, []).unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(error.message().contains("9999_later"), "{error}");
    }

    #[test]
    fn a_changed_migration_is_noticed() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.execute("UPDATE migration SET checksum = 'x'", []).unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(error.message().contains("0001_initial"), "{error}");
    }

    #[test]
    fn migrations_are_numbered_in_order() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert!(migration.name.starts_with(&format!("{:04}_", index + 1)));
        }
    }
}
