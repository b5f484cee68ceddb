//! The migrations on SQLite, each in a transaction of its own.

use super::{APPLIED, Fill, Migration, RECORD, TABLE, missing};
use crate::batch::{Query, Val};
use crate::engine::sqlite::{execute, failure, rows};
use canonical::Result;
use rusqlite::{Connection, TransactionBehavior};

/// Applies what is missing.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    connection.execute_batch(TABLE).map_err(failure)?;
    while apply_next(connection)? {}
    Ok(())
}

/// Applies the first that is missing; false where none is.
fn apply_next(connection: &mut Connection) -> Result<bool> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
    let applied = rows(&transaction, &Query::new(APPLIED, [])).map_err(failure)?;
    let Some(Migration { name, sql, fill }) = missing(applied)?.first().copied() else {
        return Ok(false);
    };
    transaction.execute_batch(sql).map_err(failure)?;
    if let Some(it) = fill {
        fill_in(&transaction, *it)?;
    }
    let checksum = crate::sha256_hex(sql.as_bytes());
    let record = Query::new(RECORD, [Val::from(*name), checksum.into()]);
    execute(&transaction, &record).map_err(failure)?;
    transaction.commit().map_err(failure)?;
    Ok(true)
}

fn fill_in(connection: &Connection, fill: Fill) -> Result<()> {
    let mut after = 0;
    loop {
        let page = Query::new(fill.page, [Val::from(after)]);
        let page = rows(connection, &page).map_err(failure)?;
        if page.is_empty() {
            return Ok(());
        }
        for row in page {
            let (key, statements) = (fill.of_row)(row)?;
            for statement in &statements {
                execute(connection, statement).map_err(failure)?;
            }
            after = key;
        }
    }
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
}
