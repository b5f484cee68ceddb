//! What the tests of this crate share: a store of its own for each, and nouns to put in it.

use crate::batch::Query;
use crate::{Batch, Committed, InvoiceHead, Store};
use canonical::{
    Code, Decimal, Event, Invoice, InvoiceId, InvoiceKind, InvoiceState, Lane, Outcome,
};
use futures_util::future::{Either, select};
use jiff::Timestamp;
use std::future::Future;
use std::ops::Deref;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::SimpleQueryMessage;

/// A URL of a server of PostgreSQL where databases may be made; where it is set, every test of this
/// crate runs on it instead of on SQLite.
const SERVER: &str = "THREEWAY_TEST_POSTGRES";

/// What the caller of the tests says.
#[expect(clippy::disallowed_methods, reason = "a test is told where a server is")]
pub(crate) fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A store of its own that goes away with the test.
pub(crate) struct Scratch {
    store: Store,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Database(Database),
}

/// A database that is dropped with this.
struct Database {
    server: String,
    name: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        asked(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

impl Place {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let Some(server) = told(SERVER) else {
            return Self::Folder(tempfile::tempdir().unwrap());
        };
        let template = TEMPLATE.get_or_init(|| template(&server));
        let name = format!("{template}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        asked(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self::Database(Database { server, name })
    }

    fn url(&self) -> String {
        match self {
            Self::Folder(it) => format!("sqlite:{}", it.path().join("store.db").display()),
            Self::Database(it) => database_url(&it.server, &it.name),
        }
    }
}

/// A database with all tables and no rows; stays until its server goes.
fn template(server: &str) -> String {
    let name = format!("threeway_{}", std::process::id());
    asked(server, &format!("CREATE DATABASE {name}"));
    let url = database_url(server, &name);
    apart(async move { Store::open(&url).await.unwrap().close().await });
    name
}

fn database_url(server: &str, name: &str) -> String {
    let (start, _database) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}?sslmode=disable")
}

/// Runs something beside the test's own runtime, and waits for it.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let run = move || Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::spawn(run).join().unwrap()
}

/// What a server answers to statements, the first column as text.
pub(crate) fn asked(url: &str, sql: &str) -> Vec<String> {
    let (config, sql) = (url.parse::<tokio_postgres::Config>().unwrap(), sql.to_owned());
    apart(async move {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        let ask = async { client.simple_query(&sql).await.unwrap() };
        let answers = match select(pin!(ask), pin!(connection)).await {
            Either::Left((answers, _connection)) => answers,
            Either::Right(_) => panic!("the connection is lost"),
        };
        let row = |it| match it {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        answers.into_iter().filter_map(row).collect()
    })
}

impl Scratch {
    pub(crate) async fn open() -> Self {
        let place = Place::new();
        let store = Store::open(&place.url()).await.unwrap();
        Self { store, place }
    }

    /// Drops the store without closing it and opens what it left again.
    pub(crate) async fn reopen(self) -> Self {
        let Self { store, place } = self;
        drop(store);
        let store = Store::open(&place.url()).await.unwrap();
        Self { store, place }
    }

    pub(crate) fn url(&self) -> String {
        self.place.url()
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Database(_))
    }

    /// The store's file, where it has one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.url().strip_prefix("sqlite:").map(PathBuf::from)
    }

    /// Runs statements past the store.
    pub(crate) fn execute(&self, sql: &str) {
        match self.path() {
            Some(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            None => drop(asked(&self.url(), sql)),
        }
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.rows(Query::new(sql, [])).await.unwrap().remove(0).int().unwrap()
    }

    /// How SQLite would answer: the plan, one step a line.
    pub(crate) fn plan(&self, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.path().unwrap()).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        // ok: unbound arguments are null, and the plan is made without them
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    /// That PostgreSQL can answer by these indexes, reading no table whole and sorting nothing.
    pub(crate) fn assert_walks(&self, sql: &str, indexes: &[&str]) {
        let count = (1..=sql.len()).take_while(|it| sql.contains(&format!("${it}"))).count();
        let nulls = vec!["NULL"; count].join(", ");
        let nulls = if count == 0 { nulls } else { format!("({nulls})") };
        let plan = asked(
            &self.url(),
            &format!(
                "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off;
                 SET enable_hashjoin = off; SET enable_mergejoin = off;
                 SET plan_cache_mode = force_generic_plan;
                 PREPARE asked AS {sql};
                 EXPLAIN EXECUTE asked{nulls}"
            ),
        )
        .join("\n");
        for index in indexes {
            assert!(plan.contains(index), "no {index}: {plan}");
        }
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{plan}");
    }
}

impl Deref for Scratch {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// Commits what `fill` puts into a batch, which must not be stale.
pub(crate) async fn done(store: &Store, fill: impl FnOnce(&mut Batch)) {
    assert_eq!(tried(store, fill).await, Committed::Done);
}

/// Commits what `fill` puts into a batch, and gives the guard where it was stale.
pub(crate) async fn stale(store: &Store, fill: impl FnOnce(&mut Batch)) -> String {
    match tried(store, fill).await {
        Committed::Stale { guard } => guard,
        Committed::Done => panic!("the batch should have been stale"),
    }
}

async fn tried(store: &Store, fill: impl FnOnce(&mut Batch)) -> Committed {
    let mut batch = Batch::new();
    fill(&mut batch);
    store.commit(batch).await.unwrap()
}

/// So many seconds after a fixed instant.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn invoice_id(number: usize) -> InvoiceId {
    format!("inv_{number:026}").parse().unwrap()
}

/// A matched invoice of `SUP-1`, taken in `number` seconds after the fixed instant.
pub(crate) fn head(number: usize) -> InvoiceHead {
    let time = at(number.try_into().unwrap());
    InvoiceHead {
        id: invoice_id(number),
        version: 1,
        state: InvoiceState::Matched,
        outcome: Outcome::Matched,
        supplier_id: "SUP-1".parse().unwrap(),
        supplier_group: "SUP-1".to_owned(),
        supplier_invoice_number: format!("INV-{number}").parse().unwrap(),
        normalised_number: number.to_string(),
        kind: InvoiceKind::Standard,
        currency: canonical::Currency::USD,
        gross_amount: decimal("1280.00"),
        at_stake: Decimal::ZERO,
        invoice_date: "2026-05-04".parse().unwrap(),
        facility_id: None,
        document_id: format!("doc_{number}"),
        payload_sha256: crate::sha256_hex(number.to_string().as_bytes()),
        channel: "api".to_owned(),
        submitted_by: "https://issuer.example|ap".to_owned(),
        correlation_id: format!("cor_{number}"),
        run_no: 1,
        codes: Vec::new(),
        erp: None,
        waiting_since: None,
        created_at: time,
        updated_at: time,
    }
}

/// The same, blocked by these reasons.
pub(crate) fn blocked(number: usize, codes: &[Code]) -> InvoiceHead {
    InvoiceHead {
        state: InvoiceState::Blocked,
        outcome: Outcome::Blocked,
        codes: codes.to_vec(),
        at_stake: decimal("30.00"),
        ..head(number)
    }
}

pub(crate) fn invoice(head: &InvoiceHead) -> Invoice {
    Invoice {
        cited_invoice_number: None,
        remit_to: None,
        exchange_rate: None,
        supplier_invoice_number: head.supplier_invoice_number.clone(),
        supplier_id: head.supplier_id.clone(),
        kind: head.kind,
        invoice_date: head.invoice_date,
        currency: head.currency,
        facility_id: head.facility_id.clone(),
        lines: Vec::new(),
        charges: Vec::new(),
        discount_amount: Decimal::ZERO,
        tax_amount: Decimal::ZERO,
        gross_amount: head.gross_amount,
    }
}

pub(crate) async fn insert(store: &Store, head: &InvoiceHead) {
    done(store, |batch| batch.insert_invoice(head, &invoice(head)).unwrap()).await;
}

pub(crate) fn event(id: &str, partition: &str) -> Event {
    Event {
        specversion: "1.0".to_owned(),
        id: id.to_owned(),
        source: "//threeway/payables".to_owned(),
        kind: "threeway.payables.invoice.received.v1".to_owned(),
        subject: partition.to_owned(),
        time: at(0),
        recordedtime: at(1),
        partitionkey: partition.to_owned(),
        sequence: String::new(),
        correlationid: "cor_1".to_owned(),
        causationid: None,
        traceparent: None,
        bizpo: Some("PO-9".to_owned()),
        bizinvoice: Some(partition.to_owned()),
        bizsupplier: Some("SUP-1".to_owned()),
        bizfacility: None,
        lane: Lane::Critical,
        dataclassification: "internal".to_owned(),
        datacontenttype: "application/json".to_owned(),
        dataschema: None,
        data: serde_json::json!({"amount": "12.50"}),
    }
}
