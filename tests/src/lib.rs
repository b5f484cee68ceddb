//! The harness: a whole gateway over the memory back end and a store of its own, asked without a
//! socket. Time stands still until a test moves it.
//!
//! Where a broker is named beside a database, there are three gateways, which have the database,
//! the back end and the clock in common and nothing else; each request goes to the next of them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod answer;
pub mod behind;
pub mod binary;
pub mod broker;
mod caller;
mod clock;
pub mod contract;
pub mod database;
pub mod demo;
mod dice;
pub mod many;
pub mod other;
pub mod policy;
pub mod postgres;
pub mod purchase;
pub mod relayed;
pub mod road;
pub mod schema;
pub mod shared;
pub mod workload;

pub use answer::Answer;
pub use caller::{Caller, INVOICES};
pub use clock::TestClock;
pub use dice::Dice;

use canonical::{Event, Lane, Payable, Role};
use database::Kept;
use gateway::Gateway;
use gateway::config::{self, Source};
use jsonwebtoken::{EncodingKey, Header};
use relayed::Relayed;
use serde_json::Value;
use stack::sandbox::Sandbox;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use store::EventKey;
use system::System;
use tempfile::TempDir;

/// The top of the tree.
#[must_use]
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder")
}

/// How many gateways there are on one database.
const PROCESSES: usize = 3;

/// A gateway with the demo's data and a store that lives as long as the test.
#[derive(Debug)]
pub struct TestGateway {
    // ok: fields drop in this order, so the store is closed before its folder goes
    relayed: Option<Relayed>,
    gateways: Vec<Gateway>,
    turn: Arc<AtomicUsize>,
    sandbox: Sandbox,
    clock: TestClock,
    keys: Arc<AtomicU64>,
    folder: TempDir,
    store: Kept,
}

impl TestGateway {
    /// As `threeway demo` starts it.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With the configuration that these environment variables make, `THREEWAY__…`.
    pub async fn with(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Kept::at(folder.path(), "threeway.sqlite");
        let relayed = if store.is_file() { None } else { Relayed::where_asked() };
        Self::over((folder, store, relayed), TestClock::default(), environment).await
    }

    /// The same, and only one: for what each process keeps to itself, as rate plans are.
    pub async fn alone(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Kept::at(folder.path(), "threeway.sqlite");
        Self::over((folder, store, None), TestClock::default(), environment).await
    }

    /// Stops, and starts over the same store with another configuration.
    pub async fn again(self, environment: &[(&str, &str)]) -> Self {
        let Self { relayed, gateways, clock, folder, store, .. } = self;
        let is_relayed = relayed.is_some();
        drop(relayed);
        for it in gateways {
            it.store.close().await;
        }
        let relayed = if is_relayed { Relayed::where_asked() } else { None };
        Self::over((folder, store, relayed), clock, environment).await
    }

    async fn over(
        (folder, store, mut relayed): (TempDir, Kept, Option<Relayed>),
        clock: TestClock,
        environment: &[(&str, &str)],
    ) -> Self {
        let own = [("THREEWAY__STORE", store.url.as_str())];
        let variables = own.iter().chain(environment);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables = variables.chain(relayed.iter().flat_map(Relayed::variables));
        let checked = config::read(Source::Demo, variables).expect("the configuration is fine");
        let key = key_file(folder.path());
        let sandbox = Sandbox::load_or_create(&key, clock.handle()).unwrap();
        let config = &checked.config;
        let system = System::open(&config.system, &config.backends, &clock.handle()).unwrap();
        let mut gateways = Vec::new();
        for _ in 0..if relayed.is_some() { PROCESSES } else { 1 } {
            let (system, sandbox) = (system.clone(), Some(&sandbox));
            let opened = gateway::open_over(system, &checked, sandbox, clock.handle()).await;
            let gateway = opened.unwrap();
            relayed.iter_mut().for_each(|it| it.add(&gateway, clock.handle()));
            gateways.push(gateway);
        }
        let (turn, keys) = (Arc::default(), Arc::default());
        Self { relayed, gateways, turn, sandbox, clock, keys, folder, store }
    }

    /// The gateway whose turn it is.
    fn next(&self) -> &Gateway {
        &self.gateways[self.turn.fetch_add(1, Ordering::Relaxed) % self.gateways.len()]
    }

    /// The time that this gateway goes by.
    #[must_use]
    pub const fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Everything behind the routes, of the first where there are several.
    #[must_use]
    pub fn parts(&self) -> &Gateway {
        &self.gateways[0]
    }

    /// Somebody with all scopes of a role; a supplier's role takes [`TestGateway::supplier`].
    #[must_use]
    pub fn role(&self, role: Role) -> Caller {
        self.bearer(self.sandbox.issue(role, None, &[], HOUR).unwrap())
    }

    /// Accounts payable.
    #[must_use]
    pub fn ap(&self) -> Caller {
        self.role(Role::Ap)
    }

    /// An administrator, whose rate plan is never used up.
    #[must_use]
    pub fn admin(&self) -> Caller {
        self.role(Role::Admin)
    }

    /// A supplier's own user.
    #[must_use]
    pub fn supplier(&self, id: &str) -> Caller {
        let id = id.parse().unwrap();
        self.bearer(self.sandbox.issue(Role::Supplier, Some(&id), &[], HOUR).unwrap())
    }

    /// A supplier's own user who was given these scopes and no others.
    #[must_use]
    pub fn supplier_scoped(&self, id: &str, scopes: &[&str]) -> Caller {
        let id = id.parse().unwrap();
        let scopes: Vec<String> = scopes.iter().map(|it| (*it).to_owned()).collect();
        self.bearer(self.sandbox.issue(Role::Supplier, Some(&id), &scopes, HOUR).unwrap())
    }

    /// An administrator who was given these scopes and no others.
    #[must_use]
    pub fn scoped(&self, scopes: &[&str]) -> Caller {
        let scopes: Vec<String> = scopes.iter().map(|it| (*it).to_owned()).collect();
        self.bearer(self.sandbox.issue(Role::Admin, None, &scopes, HOUR).unwrap())
    }

    /// Somebody who shows this token.
    #[must_use]
    pub fn bearer(&self, token: impl Into<String>) -> Caller {
        self.caller(Some(token.into()))
    }

    /// Somebody without a token.
    #[must_use]
    pub fn nobody(&self) -> Caller {
        self.caller(None)
    }

    fn caller(&self, token: Option<String>) -> Caller {
        let routers = self.gateways.iter().map(|it| it.public.clone()).collect();
        Caller::new(routers, &self.turn, token, &self.keys)
    }

    /// A token with any header and claims, signed with the sandbox issuer's own key.
    #[must_use]
    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        let key = fs::read(key_file(self.folder.path())).unwrap();
        jsonwebtoken::encode(header, claims, &EncodingKey::from_ed_der(&key)).unwrap()
    }

    /// A token of the sandbox issuer as it makes them.
    #[must_use]
    pub fn token(&self, role: Role, ttl: Duration) -> String {
        self.sandbox.issue(role, None, &[], ttl).unwrap()
    }

    /// Does everything that is due in the booking queue; tells how many items there were.
    pub async fn work(&self) -> usize {
        let mut done = 0;
        loop {
            match self.next().process.work(Lane::Critical).await.unwrap() {
                0 => return done,
                some => done += some,
            }
        }
    }

    /// Does everything that is due beside the live traffic; tells how many items there were.
    pub async fn process_bulk(&self) -> usize {
        self.next().process.work(Lane::Bulk).await.unwrap()
    }

    /// Learns what changed in the back ends, and does everything that is due after it.
    pub async fn settle(&self) {
        while self.next().process.follow().await.unwrap() {}
        self.work().await;
    }

    /// The events under a business key, in the order of the log.
    pub async fn events(&self, key: &EventKey) -> Vec<Event> {
        let logged = self.next().store.events_of(key, 0, 1000).await.unwrap();
        logged.into_iter().map(|it| it.event).collect()
    }

    /// How many events there are in all: nothing was stored where this has not moved.
    pub async fn event_position(&self) -> i64 {
        self.next().store.event_position().await.unwrap()
    }

    /// The payables in the finance system under a supplier's own invoice number.
    pub async fn payables(&self, supplier: &str, number: &str) -> Vec<Payable> {
        let (supplier, number) = (supplier.parse().unwrap(), number.parse().unwrap());
        let payables = self.parts().process.system().payables();
        payables.find_by_reference(&supplier, &number).await.unwrap()
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

fn key_file(folder: &Path) -> PathBuf {
    folder.join("sandbox.pk8")
}
