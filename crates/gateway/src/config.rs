//! The whole configuration: gathered, cross-checked, and only then used. Each part's options live
//! beside what they configure.

use crate::layers::{self, Fault, Layer, Places};
use crate::{archive, relay};
use process::documents::{Mappings, UblMapping, X12Mapping};
use process::matching::{DuplicatePolicy, Policy, PolicyDocument, TaxPolicy};
use process::{Calendars, Routing};
use serde::Deserialize;
use stack::inbound;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use system::backends;

const DEFAULT: &str = include_str!("../../../config/default.toml");
/// Where a folder's own tolerance policy is found, unless the configuration names another place.
const TOLERANCES: &str = "policies/tolerances.toml";
/// Where its own rules for duplicates are found.
const DUPLICATES: &str = "policies/duplicates.toml";
/// Where its own tax rules are found.
const TAXES: &str = "policies/taxes.toml";
/// Where its own calendar is found.
const CALENDAR: &str = "policies/calendar.toml";
/// Where its own routing rules are found.
const ROUTING: &str = "policies/routing.toml";

/// Where a folder's own X12 mapping is found, in the same way.
const X12: &str = "mappings/x12.toml";
const UBL: &str = "mappings/ubl.toml";

const DEMO: &str = include_str!("../../../config/demo.toml");

/// What a person sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the public listener.
    pub listen: SocketAddr,
    /// Address of the admin listener.
    pub admin_listen: SocketAddr,
    /// Where state is kept: `sqlite:PATH`, or `postgres://USER@HOST/DATABASE`.
    pub store: String,
    /// How many connections read the store.
    pub readers: store::Readers,
    /// How long a stop waits for requests that are being served, in milliseconds.
    pub drain_ms: u64,
    /// What is logged and how.
    pub log: Log,
    /// The issuer that the binary itself can be.
    pub sandbox: Sandbox,
    /// What every request passes through.
    pub inbound: inbound::Options,
    /// The back ends by name.
    pub backends: BTreeMap<String, backends::Options>,
    /// Which back end keeps which noun.
    pub system: backends::Routing,
    /// Where events are relayed to.
    pub relay: relay::Options,
    /// For how long what is kept.
    pub retention: archive::Options,
    /// How the process layer works.
    pub process: process::Options,
    /// Where policies are, relative to the folder of the configuration.
    pub policies: Policies,
    /// Where mappings are, relative to the folder of the configuration.
    pub mappings: MappingFiles,
}

/// What is logged and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Targets and levels, as in `info,stack=debug`.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The sandbox issuer: tokens that `threeway token` makes. Never for production.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Whether its tokens are taken.
    pub enabled: bool,
    /// The file with its key; empty for a file in the user's state folder.
    pub key_file: PathBuf,
}

/// Where policies are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// The tolerance policy; empty for the one in the binary.
    pub tolerances: PathBuf,
    /// The rules for duplicates; empty for those in the binary.
    pub duplicates: PathBuf,
    /// The tax rules; empty for those in the binary.
    pub taxes: PathBuf,
    /// When people work; empty for what is in the binary.
    pub calendar: PathBuf,
    /// Who gets what; empty for what is in the binary.
    pub routing: PathBuf,
}

/// Where mappings are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingFiles {
    /// What partners mean by the codes of X12; empty for the mapping in the binary.
    pub x12: PathBuf,
    /// What partners mean by the codes of UBL; empty for the mapping in the binary.
    pub ubl: PathBuf,
}

/// A configuration that was checked whole.
#[derive(Debug)]
pub struct Checked {
    /// What was set.
    pub config: Config,
    /// The tolerance policy with the rules for duplicates and the tax rules.
    pub policy: Policy,
    /// What partners mean by the codes of their documents.
    pub mappings: Mappings,
    /// When people work.
    pub calendars: Calendars,
    /// Who gets what.
    pub routing: Routing,
    /// Where what was set was written.
    pub origins: Vec<String>,
    /// What is no fault and still worth knowing.
    pub notes: Vec<String>,
    /// Where each key was written.
    pub places: Places,
}

/// Which configuration to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// The built-in one, alone or under the one in a folder.
    Folder(Option<&'a Path>),
    /// The built-in one with the demo's over it.
    Demo,
}

/// Reads and checks the configuration; opens nothing.
///
/// # Errors
/// Every fault, with the place it was written at and its cure.
pub fn read(
    source: Source<'_>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Checked, Vec<Fault>> {
    let mut layers = vec![layers::parse("config/default.toml (built in)", DEFAULT).map_err(one)?];
    let folder = match source {
        Source::Demo => {
            layers.push(layers::parse("config/demo.toml (built in)", DEMO).map_err(one)?);
            None
        }
        Source::Folder(None) => None,
        Source::Folder(Some(folder)) => {
            layers.push(file(folder)?);
            Some(folder)
        }
    };
    layers.push(layers::environment(environment));
    for layer in &mut layers {
        layers::fill_in(layer)?;
    }
    let config: Config = layers::read(&layers)?;
    let places = Places::of(&layers);
    let mut faults = crosscheck(&config, &places);
    let policy = policy(&config, folder).map_err(|mut it| faults.append(&mut it)).ok();
    let mappings = mappings(&config, folder).map_err(|mut it| faults.append(&mut it)).ok();
    let people = people(&config, folder).map_err(|mut it| faults.append(&mut it)).ok();
    let notes = notes(&config);
    let origins = layers.iter().filter(|it| !it.table.is_empty());
    let origins = origins.map(|it| it.origin.clone()).collect();
    match policy.zip(mappings).zip(people) {
        Some(((policy, mappings), (calendars, routing))) if faults.is_empty() => {
            Ok(Checked { config, policy, mappings, calendars, routing, origins, notes, places })
        }
        _faulty => Err(faults),
    }
}

fn one(fault: Fault) -> Vec<Fault> {
    vec![fault]
}

fn file(folder: &Path) -> Result<Layer, Vec<Fault>> {
    let path = folder.join("threeway.toml");
    let text = text(&path, "name a folder with threeway.toml").map_err(one)?;
    layers::parse(&path.display().to_string(), &text).map_err(one)
}

fn text(path: &Path, fix: &str) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|error| Fault {
        file: path.display().to_string(),
        key: "(the file)".to_owned(),
        fault: error.to_string(),
        fix: fix.to_owned(),
    })
}

fn mappings(config: &Config, folder: Option<&Path>) -> Result<Mappings, Vec<Fault>> {
    let x12 = (config.mappings.x12.as_path(), X12);
    let x12 = one_policy(x12, folder, X12Mapping::default_shipped, X12Mapping::parse_toml);
    let ubl = (config.mappings.ubl.as_path(), UBL);
    let ubl = one_policy(ubl, folder, UblMapping::default_shipped, UblMapping::parse_toml);
    match (x12, ubl) {
        (Ok(x12), Ok(ubl)) => Ok(Mappings { x12, ubl }),
        (one, two) => Err([one.err(), two.err()].into_iter().flatten().flatten().collect()),
    }
}

/// When people work, and who gets what.
fn people(config: &Config, folder: Option<&Path>) -> Result<(Calendars, Routing), Vec<Fault>> {
    let calendar = (config.policies.calendar.as_path(), CALENDAR);
    let (shipped, parse) = (Calendars::default_shipped, Calendars::parse_toml);
    let calendars = one_policy(calendar, folder, shipped, parse);
    let routing = (config.policies.routing.as_path(), ROUTING);
    let routing = one_policy(routing, folder, Routing::default_shipped, Routing::parse_toml);
    match (calendars, routing) {
        (Ok(calendars), Ok(routing)) => Ok((calendars, routing)),
        (one, two) => Err([one.err(), two.err()].into_iter().flatten().flatten().collect()),
    }
}

fn policy(config: &Config, folder: Option<&Path>) -> Result<Policy, Vec<Fault>> {
    let tolerances = (config.policies.tolerances.as_path(), TOLERANCES);
    let tolerances = one_policy(tolerances, folder, Policy::default_shipped, Policy::parse_toml);
    let duplicates = (config.policies.duplicates.as_path(), DUPLICATES);
    let (shipped, parse) = (DuplicatePolicy::default_shipped, DuplicatePolicy::parse_toml);
    let duplicates = one_policy(duplicates, folder, shipped, parse);
    let taxes = (config.policies.taxes.as_path(), TAXES);
    let taxes = one_policy(taxes, folder, TaxPolicy::default_shipped, TaxPolicy::parse_toml);
    match (tolerances, duplicates, taxes) {
        (Ok(policy), Ok(duplicates), Ok(taxes)) => {
            Ok(policy.with_duplicates(Arc::new(duplicates)).with_taxes(Arc::new(taxes)))
        }
        (one, two, three) => {
            let faults = [one.err(), two.err(), three.err()];
            Err(faults.into_iter().flatten().flatten().collect())
        }
    }
}

/// A policy from the file that is named, else from its usual place in the folder, else the one in
/// the binary.
fn one_policy<T>(
    (named, usual): (&Path, &str),
    folder: Option<&Path>,
    shipped: fn() -> canonical::Result<T>,
    parse: fn(&str) -> canonical::Result<T>,
) -> Result<T, Vec<Fault>> {
    let path = if named.as_os_str().is_empty() {
        folder.map(|it| it.join(usual)).filter(|it| it.exists())
    } else {
        Some(folder.map_or_else(|| named.to_owned(), |it| it.join(named)))
    };
    let Some(path) = path else {
        return shipped().map_err(|error| policy_faults(named, usual, &error));
    };
    let text = text(&path, "name the file, or leave the key empty").map_err(one)?;
    parse(&text).map_err(|error| policy_faults(&path, usual, &error))
}

/// Reads a policy file by itself: TOML, or JSON in the same form.
///
/// # Errors
/// Every fault of it.
pub fn read_policy(path: &Path) -> Result<Policy, Vec<Fault>> {
    let text = text(path, "name the file of a tolerance policy").map_err(one)?;
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str::<PolicyDocument>(&text)
            .map_err(|error| canonical::Error::invalid(format!("not readable: {error}")))
            .and_then(|it| Policy::new(it).map_err(canonical::Error::invalid_fields))
    } else {
        Policy::parse_toml(&text)
    };
    read.map_err(|error| policy_faults(path, TOLERANCES, &error))
}

fn policy_faults(path: &Path, usual: &str, error: &canonical::Error) -> Vec<Fault> {
    let whole = [canonical::FieldError {
        pointer: "(the file)".to_owned(),
        detail: error.message().to_owned(),
    }];
    let fields = if error.fields().is_empty() { &whole } else { error.fields() };
    let fault = |it: &canonical::FieldError| Fault {
        file: path.display().to_string(),
        key: it.pointer.clone(),
        fault: it.detail.clone(),
        fix: format!("config/{usual} shows the form"),
    };
    fields.iter().map(fault).collect()
}

fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    if config.inbound.auth.issuers.is_empty() && !config.sandbox.enabled {
        notes.push(
            "nobody's tokens are taken, so every call is answered 401: add \
             [[inbound.auth.issuers]] with issuer, audience, jwks; or set sandbox.enabled"
                .to_owned(),
        );
    }
    if config.sandbox.enabled {
        notes.push("the sandbox issuer is enabled: not for production".to_owned());
    }
    notes
}

/// What no single part can see.
fn crosscheck(config: &Config, places: &Places) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |key: &str, fault: &str, fix: &str| {
        faults.push(Fault {
            file: places.find(key),
            key: key.to_owned(),
            fault: fault.to_owned(),
            fix: fix.to_owned(),
        });
    };
    if config.listen == config.admin_listen && config.listen.port() != 0 {
        add("admin_listen", "it is the public address too", "give the admin listener its own port");
    }
    if config.process.posting.attempts_max == 0 || config.process.posting.concurrency == 0 {
        add("process.posting", "0 tries or 0 at once would book nothing", "use at least 1");
    }
    if config.process.bulk.concurrency == 0 {
        add("process.bulk", "0 at once would do nothing", "use at least 1");
    }
    if config.readers.critical == 0 || config.readers.bulk == 0 {
        add("readers", "a lane without a connection cannot read", "use at least 1 for each");
    }
    for name in config.inbound.webhooks.keys().filter(|it| !config.backends.contains_key(*it)) {
        let key = format!("inbound.webhooks.{name}");
        add(&key, "no back end is called so", "name it as in [backends.NAME]");
    }
    if log_filter(&config.log.filter).is_none() {
        add(
            "log.filter",
            "it is not a list of targets and levels",
            "write as in \"info,stack=debug\"",
        );
    }
    faults
}

/// The log filter as a value.
#[must_use]
pub fn log_filter(text: &str) -> Option<tracing_subscriber::filter::Targets> {
    text.parse().ok()
}
