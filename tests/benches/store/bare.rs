//! Bare inserts: one connection, prepared statements, a commit for so many submissions.

use crate::submission::{Cell, Row, rows, sql};
use futures_util::future::{Either, join_all, select};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Statement};

/// Submissions per second, so many in each transaction.
pub(crate) fn sqlite(path: &Path, at_once: usize, long: Duration) -> f64 {
    let connection = Connection::open(path).unwrap();
    let pragmas =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000;";
    connection.execute_batch(pragmas).unwrap();
    connection.set_prepared_statement_cache_capacity(64);
    let (mut count, began) = (0, Instant::now());
    while began.elapsed() < long {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for number in count..count + at_once {
            for row in rows(number) {
                let values = row.1.iter().map(|(_, cell)| match cell {
                    Cell::Null => ValueRef::Null,
                    Cell::Int(it) => ValueRef::Integer(*it),
                    Cell::Text(it) => ValueRef::Text(it.as_bytes()),
                    Cell::Blob(it) => ValueRef::Blob(it),
                });
                let values = values.map(ToSqlOutput::Borrowed);
                let mut insert = connection.prepare_cached(&sql(&row)).unwrap();
                insert.execute(params_from_iter(values)).unwrap();
            }
        }
        connection.execute_batch("COMMIT").unwrap();
        count += at_once;
    }
    count as f64 / began.elapsed().as_secs_f64()
}

/// The same; what one transaction inserts is sent at once.
pub(crate) async fn postgres(url: &str, at_once: usize, long: Duration) -> f64 {
    let (client, connection) = url.parse::<Config>().unwrap().connect(NoTls).await.unwrap();
    match select(pin!(insert(&client, at_once, long)), pin!(connection)).await {
        Either::Left((rate, _connection)) => rate,
        Either::Right((ended, _insert)) => panic!("the connection is lost: {ended:?}"),
    }
}

async fn insert(client: &Client, at_once: usize, long: Duration) -> f64 {
    let mut statements: HashMap<String, Statement> = HashMap::new();
    for row in rows(0) {
        let sql = sql(&row);
        let statement = client.prepare(&sql).await.unwrap();
        statements.insert(sql, statement);
    }
    let (mut count, began) = (0, Instant::now());
    while began.elapsed() < long {
        let all: Vec<Row> = (count..count + at_once).flat_map(rows).collect();
        client.batch_execute("BEGIN").await.unwrap();
        let inserts = all.iter().map(|row| async {
            let values: Vec<&(dyn ToSql + Sync)> =
                row.1.iter().map(|(_, cell)| value(cell)).collect();
            client.execute(&statements[&sql(row)], &values).await.unwrap()
        });
        join_all(inserts).await;
        client.batch_execute("COMMIT").await.unwrap();
        count += at_once;
    }
    count as f64 / began.elapsed().as_secs_f64()
}

fn value(cell: &Cell) -> &(dyn ToSql + Sync) {
    const NULL: Option<&str> = None;
    match cell {
        Cell::Null => &NULL,
        Cell::Int(it) => it,
        Cell::Text(it) => it,
        Cell::Blob(it) => it,
    }
}
