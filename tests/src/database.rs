//! A database of a test's own, on the server that `THREEWAY_TEST_POSTGRES` names. Where it names
//! one, every gateway of a test keeps its store there instead of in a file.

use futures_util::future::{Either, select};
use std::env;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::Store;
use tokio::runtime::Builder;
use tokio_postgres::{Config, NoTls};

/// The variable: `postgres://USER@HOST:PORT/DATABASE`, of a user who may make databases.
pub const SERVER: &str = "THREEWAY_TEST_POSTGRES";

/// A store that is kept from one gateway to the next: a file, or a database where that is asked.
#[derive(Debug)]
pub struct Kept {
    /// As a store is opened.
    pub url: String,
    database: Option<Database>,
}

impl Kept {
    /// In this folder, under this name.
    #[must_use]
    pub fn at(folder: &Path, name: &str) -> Self {
        let database = Database::where_asked();
        let file = || format!("sqlite:{}", folder.join(name).display());
        let url = database.as_ref().map_or_else(file, |it| it.url.clone());
        Self { url, database }
    }

    /// Whether it is a file.
    #[must_use]
    pub const fn is_file(&self) -> bool {
        self.database.is_none()
    }
}

/// A database that is dropped with this.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    /// As a store is opened.
    pub url: String,
}

impl Database {
    /// One with all tables and no rows, where a server is named.
    #[must_use]
    pub fn where_asked() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let server = env::var_os(SERVER)?.into_string().expect("a URL");
        let template = TEMPLATE.get_or_init(|| template(&server));
        let name = format!("{template}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        ask(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let url = url(&server, &name);
        Some(Self { server, name, url })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        ask(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Stays until its server goes.
fn template(server: &str) -> String {
    let name = format!("threeway_it_{}", std::process::id());
    ask(server, &format!("CREATE DATABASE {name}"));
    let url = url(server, &name);
    apart(async move { Store::open(&url).await.expect("a store").close().await });
    name
}

fn url(server: &str, name: &str) -> String {
    let (start, _database) = server.rsplit_once('/').expect("a server with a database");
    format!("{start}/{name}?sslmode=disable")
}

/// Runs statements on a server.
///
/// # Panics
/// Where it refuses.
pub fn ask(url: &str, sql: &str) {
    let (config, sql) = (url.parse::<Config>().expect("a server"), sql.to_owned());
    apart(async move {
        let (client, connection) = config.connect(NoTls).await.expect("the server is there");
        match select(pin!(client.batch_execute(&sql)), pin!(connection)).await {
            Either::Left((done, _connection)) => done.expect("it does as it is told"),
            Either::Right(_) => panic!("the connection is lost"),
        }
    });
}

/// Runs something beside the test's own runtime, and waits for it.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let run = move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    };
    std::thread::spawn(run).join().expect("it ends")
}
