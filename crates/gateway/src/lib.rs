//! The composition root: which parts there are and how they are put together. Nothing here decides
//! anything about an invoice.

pub mod archive;
pub mod cli;
pub mod config;
pub mod import;
pub mod layers;
pub mod relay;
pub mod replay;
pub mod serve;
pub mod simulate;

mod admin;
mod answers;
mod contracts;

pub use contracts::{contract, contracts};

use answers::Answers;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use canonical::{Clock, Error, Result};
use config::Checked;
use consumption::Consumption;
use process::{Process, Rules};
use serde::Serialize;
use stack::inbound::{self, Limiter, Parts};
use stack::operations::Table;
use stack::sandbox::Sandbox;
use stack::token::Authenticator;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use system::System;

/// Everything that was put together: routers to serve, and the handles that keep it going.
#[derive(Clone)]
pub struct Gateway {
    /// The public listener's routes.
    pub public: Router,
    /// What the business does.
    pub process: Process,
    /// What survives a crash.
    pub store: Store,
    /// Whose tokens are taken.
    pub authenticator: Arc<Authenticator>,
    /// How much each principal may do.
    pub limiter: Arc<Limiter>,
    /// Where events are relayed to.
    pub relay: relay::Options,
    /// For how long what is kept.
    pub retention: archive::Options,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("process", &self.process).finish_non_exhaustive()
    }
}

/// Puts the gateway together: opens the store and the back ends, and stacks the policies in front.
///
/// # Errors
/// `invalid` where an option or a contract is wrong; `unavailable` where the store cannot be
/// opened.
pub async fn open(checked: &Checked, sandbox: Option<&Sandbox>, clock: Clock) -> Result<Gateway> {
    let config = &checked.config;
    let system = System::open(&config.system, &config.backends, &clock)?;
    open_over(system, checked, sandbox, clock).await
}

/// The same over back ends that are open already: several gateways over one that is in memory.
///
/// # Errors
/// As [`open`].
pub async fn open_over(
    system: System,
    checked: &Checked,
    sandbox: Option<&Sandbox>,
    clock: Clock,
) -> Result<Gateway> {
    let config = &checked.config;
    let store = Store::open_with(&config.store, config.readers).await?;
    let process = process_over(system.clone(), checked, &store, &clock);
    let results =
        Arc::new(Answers::new(store.clone(), clock.clone(), config.process.idempotency_hours));
    let contracts = contracts();
    let parts = Parts::open(&config.inbound, &contracts, results, sandbox, clock.clone())?;
    let consumption = Consumption::new(process.clone());
    let apis = Router::new()
        .merge(system::api().split_for_parts().0.with_state(system))
        .merge(process::api().split_for_parts().0.with_state(process.clone()))
        .merge(consumption::api().split_for_parts().0.with_state(consumption));
    let pages = Router::new()
        .route("/", get(|| async { Redirect::temporary("/docs/") }))
        .merge(contracts::pages(contracts)?);
    let public = inbound::apply(apis, &parts)?;
    let public = public.merge(inbound::apply_public(pages, &config.inbound, &clock)?);
    let Parts { authenticator, limiter, .. } = parts;
    let (relay, retention) = (config.relay.clone(), config.retention.clone());
    Ok(Gateway { public, process, store, authenticator, limiter, relay, retention, clock })
}

/// The process layer alone, over a store: what `import` needs.
///
/// # Errors
/// As [`open`].
pub fn open_process(checked: &Checked, store: &Store, clock: &Clock) -> Result<Process> {
    let config = &checked.config;
    let system = System::open(&config.system, &config.backends, clock)?;
    Ok(process_over(system, checked, store, clock))
}

fn process_over(system: System, checked: &Checked, store: &Store, clock: &Clock) -> Process {
    let rules = Rules {
        policy: checked.policy.clone(),
        mappings: checked.mappings.clone(),
        calendars: checked.calendars.clone(),
        routing: checked.routing.clone(),
    };
    let options = checked.config.process.clone();
    Process::new(system, store.clone(), rules, options, clock.clone())
}

/// Opens everything that needs no connection and lets it go again: what `check` tells.
///
/// # Errors
/// `invalid` where an option is of no use; `internal` where a contract has a gap.
pub fn check_parts(checked: &Checked, clock: &Clock) -> Result<()> {
    let config = &checked.config;
    Store::check(&config.store).map_err(|it| Error::invalid_field("/store", it.message()))?;
    let sandbox = config.sandbox.enabled.then(|| Sandbox::ephemeral(clock.clone())).transpose()?;
    let results = Arc::new(contracts::NoAnswers);
    let parts =
        Parts::open(&config.inbound, &contracts(), results, sandbox.as_ref(), clock.clone())?;
    drop(inbound::apply(Router::new(), &parts)?);
    System::open(&config.system, &config.backends, clock)?;
    let mut faults = config.relay.faults();
    faults.extend(config.retention.faults());
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
}

/// A route, for `threeway routes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The operation's id.
    pub operation: String,
    /// The scope it asks for.
    pub scope: String,
    /// What a request costs of the rate plan.
    pub cost: u32,
}

/// Every route of the three APIs, by path and method.
///
/// # Errors
/// `internal` where a contract has a gap.
pub fn routes(costs: &BTreeMap<String, u32>) -> Result<Vec<Route>> {
    let table = Table::read(&contracts())?;
    let mut routes: Vec<Route> = table
        .iter()
        .map(|it| {
            let scopes = it.scopes.iter().flatten().cloned();
            Route {
                method: it.method.to_string(),
                path: it.path.clone(),
                operation: it.id.to_string(),
                scope: scopes.collect::<Vec<_>>().join(" "),
                cost: costs.get(&*it.id).copied().unwrap_or(1),
            }
        })
        .collect();
    routes.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    Ok(routes)
}

/// Every scope that an operation of the three APIs asks for, by name.
///
/// # Errors
/// `internal` where a contract has a gap.
pub fn scopes() -> Result<BTreeSet<String>> {
    let table = Table::read(&contracts())?;
    Ok(table.scopes().into_iter().map(str::to_owned).collect())
}

/// The sandbox issuer with the key of this user, made on first use.
///
/// # Errors
/// `internal` where the key's file cannot be read or written.
pub fn sandbox(options: &config::Sandbox, state: Option<PathBuf>, clock: Clock) -> Result<Sandbox> {
    let own = || state.map(|it| it.join("threeway").join("sandbox-issuer.pk8"));
    let named = (!options.key_file.as_os_str().is_empty()).then(|| options.key_file.clone());
    match named.or_else(own) {
        Some(path) => Sandbox::load_or_create(&path, clock),
        None => {
            Err(Error::invalid("name the key's file in sandbox.key_file: there is no home folder"))
        }
    }
}
