//! The command line: what can be typed, and nothing about how it is done.

use canonical::{FacilityId, Role, SupplierId};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Threeway: one governed set of APIs in front of the systems that run a hospital's supply chain
/// and finance.
#[derive(Debug, Parser)]
#[command(name = "threeway", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway with a configuration.
    Serve(Serve),
    /// Run the gateway over a small health system's data in memory; prints a token per role.
    Demo(Demo),
    /// Check all configuration without starting anything; prints every fault with its cure.
    Check(Check),
    /// List every route with its scope and rate cost.
    Routes(Output),
    /// Print the OpenAPI document of a layer, or the contract of the events.
    Openapi {
        /// The layer, or events.
        layer: Layer,
    },
    /// Make a token of the sandbox issuer that `demo` trusts.
    Token(Token),
    /// Submit supplier documents: X12 810, UBL 2.1 or JSON, told apart by their content.
    Import(Import),
    /// Replay a proposed tolerance policy over stored match runs: what would change.
    Simulate(Simulate),
    /// Put work that failed for good back into the queue; say first which with --dry-run.
    Replay(Replay),
}

/// Where to listen and where to keep state; flags win over the configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// Address of the public listener, as in 127.0.0.1:8080.
    #[arg(long, env = "THREEWAY_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address of the admin listener: health and metrics.
    #[arg(long, env = "THREEWAY_ADMIN_LISTEN", value_name = "ADDR")]
    pub admin_listen: Option<SocketAddr>,
    /// Where state is kept: sqlite:PATH, or the URL of a PostgreSQL database.
    #[arg(long, env = "THREEWAY_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
}

/// `threeway serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Folder with threeway.toml and policies/; without it the built-in configuration is used.
    #[arg(long, env = "THREEWAY_CONFIG", value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// Where to listen and keep state.
    #[command(flatten)]
    pub place: Place,
}

/// `threeway demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen and keep state; the store defaults to a fresh temporary file.
    #[command(flatten)]
    pub place: Place,
}

/// `threeway check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Folder with threeway.toml and policies/.
    #[arg(long, env = "THREEWAY_CONFIG", value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// How to answer.
#[derive(Clone, Copy, Debug, Args)]
pub struct Output {
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

/// For whom an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// People.
    Text,
    /// Programs.
    Json,
}

/// What has a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layer {
    /// Layer 1: the systems of record.
    System,
    /// Layer 2: what the business does across them.
    Process,
    /// Layer 3: what users see.
    Consumption,
    /// What happened, as it is published.
    Events,
}

/// `threeway token`.
#[derive(Debug, Args)]
pub struct Token {
    /// ap, planner, analyst, supplier, operator or admin.
    #[arg(long)]
    pub role: Role,
    /// The supplier that a supplier's token is for.
    #[arg(long, value_name = "ID", value_parser = parse_supplier)]
    pub supplier: Option<SupplierId>,
    /// Exactly these scopes instead of the role's; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// How long the token is good for, in seconds; at most a day.
    #[arg(long, default_value_t = 3_600, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub ttl: u32,
}

/// `threeway import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The files; `-` reads standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Decide and say what would become of each document, and store and book nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The facility that the documents are for.
    #[arg(long, value_name = "ID")]
    pub facility: Option<String>,
    /// Folder with threeway.toml and policies/.
    #[arg(long, env = "THREEWAY_CONFIG", value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// Where state is kept: sqlite:PATH, or the URL of a PostgreSQL database.
    #[arg(long, env = "THREEWAY_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// `threeway simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The proposed policy, TOML or JSON; without it the active one, which has to reproduce what it
    /// decided.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Runs from this day (UTC) or instant on.
    #[arg(long, value_name = "DATE", value_parser = parse_from)]
    pub from: Option<Timestamp>,
    /// Runs until this day (UTC, inclusive), or before this instant; without it, until now.
    #[arg(long, value_name = "DATE", value_parser = parse_to)]
    pub to: Option<Timestamp>,
    /// Only invoices of this supplier.
    #[arg(long, value_name = "ID", value_parser = parse_supplier)]
    pub supplier: Option<SupplierId>,
    /// Only invoices for this facility.
    #[arg(long, value_name = "ID", value_parser = parse_facility)]
    pub facility: Option<FacilityId>,
    /// Folder with threeway.toml and policies/.
    #[arg(long, env = "THREEWAY_CONFIG", value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// Where state is kept: sqlite:PATH, or the URL of a PostgreSQL database; a gateway may run
    /// on it.
    #[arg(long, env = "THREEWAY_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// `threeway replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// Say what would be put back, and put back nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Only this dead letter.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Only work of this kind: "rematch", say.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only work of this key, as a dead letter names it.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Only work of this business flow.
    #[arg(long, value_name = "ID")]
    pub correlation: Option<String>,
    /// Only what this sort of error stopped, as in upstream.
    #[arg(long, value_name = "CODE")]
    pub error: Option<String>,
    /// Only what was given up from this day (UTC) or instant on.
    #[arg(long, value_name = "DATE", value_parser = parse_from)]
    pub from: Option<Timestamp>,
    /// Only what was given up until this day (UTC, inclusive), or before this instant.
    #[arg(long, value_name = "DATE", value_parser = parse_to)]
    pub to: Option<Timestamp>,
    /// Folder with threeway.toml and policies/.
    #[arg(long, env = "THREEWAY_CONFIG", value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// Where state is kept: sqlite:PATH; a gateway may be running on it.
    #[arg(long, env = "THREEWAY_STORE", value_name = "URL")]
    pub store: Option<String>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

fn parse_from(text: &str) -> Result<Timestamp, String> {
    instant(text, Some)
}

fn parse_to(text: &str) -> Result<Timestamp, String> {
    instant(text, |day| day.tomorrow().ok())
}

fn instant(text: &str, begins: impl Fn(Date) -> Option<Date>) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let day: Option<Date> = text.parse().ok().and_then(begins);
    let zoned = day.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    zoned.map(|it| it.timestamp()).ok_or_else(|| {
        format!("{text:?} is no day, as in 2026-05-04, and no instant, as in 2026-05-04T10:00:00Z")
    })
}

fn parse_facility(text: &str) -> Result<FacilityId, String> {
    text.parse().map_err(|error: &str| error.to_owned())
}

fn parse_supplier(text: &str) -> Result<SupplierId, String> {
    text.parse().map_err(|error: &str| error.to_owned())
}
