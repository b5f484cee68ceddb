//! SQLite itself: connections, statements, and what its errors mean. One thread writes, two read.

pub(super) mod reader;
pub(super) mod writer;

use crate::batch::{Query, Val};
use crate::row::Row;
use crate::schema;
use canonical::{Error, Result};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql};
use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

const BUSY_WAIT: Duration = Duration::from_secs(5);
const STATEMENTS_MAX: usize = 256;
/// No question of ours has an answer this long; a fault must not fill the memory.
const ROWS_MAX: usize = 100_000;

const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -8000;";

/// The one connection that writes; makes the file and brings the tables up to date.
pub(super) fn open_writer(path: &Path) -> Result<Connection> {
    make_private(path)?;
    let mut connection = open(path)?;
    connection.execute_batch(PRAGMAS).map_err(failure)?;
    schema::sqlite::migrate(&mut connection)?;
    Ok(connection)
}

/// A database of its own, with all tables, that goes with its connection.
#[cfg(feature = "simulation")]
pub(super) fn open_in_memory() -> Result<Connection> {
    let mut connection = Connection::open_in_memory().map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    schema::sqlite::migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let connection = open(path)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8000;")
        .map_err(failure)?;
    Ok(connection)
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    connection.busy_timeout(BUSY_WAIT).map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

/// Makes the file where there is none, readable by its owner only: it holds invoices.
fn make_private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|cause| {
        Error::unavailable(format!("the store {} cannot be opened", path.display())).because(cause)
    })
}

/// Runs a statement that answers with nothing and gives how many rows it changed.
pub(crate) fn execute(connection: &Connection, query: &Query) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(&query.sql)?;
    bind(&mut statement, &query.args)?;
    statement.raw_execute()
}

/// Runs a statement and gives its rows.
pub(crate) fn rows(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(&query.sql)?;
    bind(&mut statement, &query.args)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        if answer.len() == ROWS_MAX {
            return Err(rusqlite::Error::QueryReturnedMoreThanOneRow);
        }
        let values: rusqlite::Result<Vec<Val>> =
            (0..columns).map(|column| value(row, column)).collect();
        answer.push(Row::new(values?));
    }
    Ok(answer)
}

/// Binds by the number in `$n`: SQLite itself numbers such names by their first appearance.
fn bind(statement: &mut Statement<'_>, args: &[Val]) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok())
            .and_then(|number| number.checked_sub(1));
        let Some(value) = number.and_then(|it| args.get(it)) else {
            return Err(rusqlite::Error::InvalidParameterCount(index, args.len()));
        };
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

fn value(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Val> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(Val::Null),
        ValueRef::Integer(it) => Ok(Val::Int(it)),
        ValueRef::Text(it) => {
            let text = std::str::from_utf8(it);
            text.map(Val::from).map_err(|cause| rusqlite::Error::Utf8Error(column, cause))
        }
        ValueRef::Blob(it) => Ok(Val::Blob(it.to_vec())),
        ValueRef::Real(_) => Err(rusqlite::Error::InvalidQuery),
    }
}

impl ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Int(it) => ToSqlOutput::Owned(Value::Integer(*it)),
            Self::Text(it) => ToSqlOutput::Borrowed(ValueRef::Text(it.as_bytes())),
            Self::Blob(it) => ToSqlOutput::Borrowed(ValueRef::Blob(it)),
        })
    }
}

/// What an error of SQLite's means to a caller: come back later where the disk or another process
/// is in the way, else it is our fault.
pub(crate) fn failure(error: rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => Error::unavailable("the store cannot be used now"),
        Some(ErrorCode::NotADatabase) => {
            Error::internal("the store's file is not a SQLite database")
        }
        Some(ErrorCode::DatabaseCorrupt) => Error::internal("the store's file is damaged"),
        _ => Error::internal("the store refused a statement"),
    };
    kind.because(error)
}
