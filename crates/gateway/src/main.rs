//! The binary `threeway`: exit codes 0 fine, 1 failed, 2 usage, 64 bad configuration.

use anyhow::{Context as _, Result};
use canonical::{Clock, Principal, Role};
use clap::Parser as _;
use gateway::cli::{
    Check, Cli, Command, Demo, Format, Import, Output, Place, Replay, Serve, Simulate, Token,
};
use gateway::config::{self, Checked, LogFormat, Source};
use gateway::import::How;
use gateway::layers::Fault;
use gateway::serve::{Listeners, serve};
use jiff::Timestamp;
use stack::sandbox::Sandbox;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Store;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BAD_CONFIGURATION: u8 = 64;
const DEMO_TOKEN_SECONDS: u64 = 12 * 60 * 60;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("threeway: {error:#}"));
            if is_invalid(&error) { ExitCode::from(BAD_CONFIGURATION) } else { ExitCode::FAILURE }
        }
    }
}

fn is_invalid(error: &anyhow::Error) -> bool {
    let ours = error.downcast_ref::<canonical::Error>();
    ours.is_some_and(|it| it.kind() == canonical::Kind::Invalid)
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(it) => serve_command(it),
        Command::Demo(it) => demo(it),
        Command::Check(it) => check(&it),
        Command::Routes(it) => routes(it),
        Command::Openapi { layer } => say(&gateway::contract(layer)?),
        Command::Token(it) => token(&it),
        Command::Import(it) => import(it),
        Command::Simulate(it) => simulate(it),
        Command::Replay(it) => replay(it),
    }
}

fn serve_command(serve: Serve) -> Result<ExitCode> {
    let mut checked = match read(Source::Folder(serve.config.as_deref())) {
        Ok(checked) => checked,
        Err(faults) => return Ok(report(&faults)),
    };
    put_in(&mut checked, serve.place);
    start(&checked, None).or_else(|error| {
        // what only opening can tell is told as `check` tells it
        let faults = if is_invalid(&error) { back_end_faults(&checked) } else { Vec::new() };
        if faults.is_empty() { Err(error) } else { Ok(report(&faults)) }
    })
}

fn demo(demo: Demo) -> Result<ExitCode> {
    let mut checked = match read(Source::Demo) {
        Ok(checked) => checked,
        Err(faults) => return Ok(report(&faults)),
    };
    let folder = tempfile::tempdir().context("a folder for the demo's state")?;
    checked.config.store = format!("sqlite:{}", folder.path().join("demo.sqlite").display());
    put_in(&mut checked, demo.place);
    start(&checked, Some(folder))
}

/// Lays the flags over the configuration.
fn put_in(checked: &mut Checked, place: Place) {
    let config = &mut checked.config;
    config.listen = place.listen.unwrap_or(config.listen);
    config.admin_listen = place.admin_listen.unwrap_or(config.admin_listen);
    if let Some(store) = place.store {
        config.store = store;
        checked.places.put("store", "--store");
    }
}

fn start(checked: &Checked, demo: Option<tempfile::TempDir>) -> Result<ExitCode> {
    let config = &checked.config;
    log(&config.log);
    let sandbox = config.sandbox.enabled.then(|| sandbox(&config.sandbox)).transpose()?;
    let listeners = Listeners::bind(config.listen, config.admin_listen)?;
    let (public, admin) = listeners.addresses()?;
    let drain = Duration::from_millis(config.drain_ms);
    runtime()?.block_on(async {
        let gateway = gateway::open(checked, sandbox.as_ref(), clock()).await?;
        tracing::info!(%public, %admin, store = Store::shown(&config.store), "serving");
        for note in &checked.notes {
            tracing::warn!("{note}");
        }
        if demo.is_some() {
            welcome(public, admin, sandbox.as_ref())?;
        }
        serve(gateway, listeners, drain).await
    })?;
    drop(demo);
    Ok(ExitCode::SUCCESS)
}

fn welcome(
    public: std::net::SocketAddr,
    admin: std::net::SocketAddr,
    sandbox: Option<&Sandbox>,
) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Threeway demo: one small health system, in memory\n")?;
    writeln!(out, "  base URL   http://{public}")?;
    writeln!(out, "  contracts  http://{public}/docs/")?;
    writeln!(out, "  health     http://{admin}/health/ready")?;
    writeln!(out, "  metrics    http://{admin}/metrics\n")?;
    writeln!(out, "Bearer tokens, good for 12 hours:")?;
    for role in Role::ALL {
        let supplier = (role == Role::Supplier).then(demo_supplier).transpose()?;
        let Some(sandbox) = sandbox else { continue };
        let ttl = Duration::from_secs(DEMO_TOKEN_SECONDS);
        let token = sandbox.issue(role, supplier.as_ref(), &[], ttl)?;
        let of = supplier.map(|it| format!(" of {it}")).unwrap_or_default();
        writeln!(out, "  {role}{of}: {token}")?;
    }
    writeln!(out, "\nStop with Ctrl-C.")?;
    out.flush()?;
    Ok(())
}

fn demo_supplier() -> Result<canonical::SupplierId> {
    "SUP-1001".parse().map_err(|detail: &str| anyhow::anyhow!(detail))
}

fn check(check: &Check) -> Result<ExitCode> {
    let read = read(Source::Folder(check.config.as_deref()));
    let faults = match &read {
        Ok(checked) => back_end_faults(checked),
        Err(faults) => faults.clone(),
    };
    if check.output.output == Format::Json {
        say(&format!("{}\n", serde_json::to_string(&faults)?))?;
    } else if let (Ok(checked), true) = (&read, faults.is_empty()) {
        say(&format!("fine: {}\n", checked.origins.join(", ")))?;
        for note in &checked.notes {
            say(&format!("note: {note}\n"))?;
        }
    }
    if faults.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if check.output.output == Format::Text {
        report(&faults);
    }
    Ok(ExitCode::from(BAD_CONFIGURATION))
}

/// What only opening can tell, without a connection being made.
fn back_end_faults(checked: &Checked) -> Vec<Fault> {
    let fault = |key: String, detail: String| Fault {
        file: checked.places.find(&key),
        key,
        fault: detail,
        fix: "config/default.toml says what each key means".to_owned(),
    };
    let mut faults = Vec::new();
    if let Err(error) = gateway::check_parts(checked, &clock()) {
        faults.extend(error.fields().iter().map(|it| {
            fault(it.pointer.trim_start_matches('/').replace('/', "."), it.detail.clone())
        }));
        if faults.is_empty() {
            faults.push(fault("(the whole)".to_owned(), error.message().to_owned()));
        }
    }
    faults
}

fn routes(output: Output) -> Result<ExitCode> {
    let checked = match read(Source::Demo) {
        Ok(checked) => checked,
        Err(faults) => return Ok(report(&faults)),
    };
    let routes = gateway::routes(&checked.config.inbound.limits.costs)?;
    if output.output == Format::Json {
        return say(&format!("{}\n", serde_json::to_string(&routes)?));
    }
    let mut text = String::new();
    for it in &routes {
        text += &format!("{:<6} {:<36} {:<28} cost {}\n", it.method, it.path, it.scope, it.cost);
    }
    say(&text)
}

fn token(token: &Token) -> Result<ExitCode> {
    let checked = match read(Source::Demo) {
        Ok(checked) => checked,
        Err(faults) => return Ok(report(&faults)),
    };
    let known = gateway::scopes()?;
    if let Some(unknown) = token.scopes.iter().find(|it| !known.contains(*it)) {
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        complain(&format!("threeway token: no operation asks for {unknown:?}, only for {known}"));
        return Ok(ExitCode::from(2));
    }
    let sandbox = sandbox(&checked.config.sandbox)?;
    let ttl = Duration::from_secs(token.ttl.into());
    let token = sandbox.issue(token.role, token.supplier.as_ref(), &token.scopes, ttl);
    match token {
        Ok(token) => say(&format!("{token}\n")),
        Err(error) => {
            complain(&format!("threeway token: {error}"));
            Ok(ExitCode::from(2))
        }
    }
}

fn import(import: Import) -> Result<ExitCode> {
    let mut checked = match read(Source::Folder(import.config.as_deref())) {
        Ok(checked) => checked,
        Err(faults) if import.config.is_none() => match read(Source::Demo) {
            Ok(checked) => checked,
            Err(_same) => return Ok(report(&faults)),
        },
        Err(faults) => return Ok(report(&faults)),
    };
    checked.config.store = import.store.unwrap_or(checked.config.store);
    let facility = import.facility.map(|it| it.parse().map_err(|it: &str| anyhow::anyhow!(it)));
    let facility = facility.transpose().context("--facility")?;
    let taken = runtime()?.block_on(async {
        let clock = clock();
        let store = Store::open(&checked.config.store).await?;
        let process = gateway::open_process(&checked, &store, &clock)?;
        let how = How { facility, dry_run: import.dry_run, output: import.output.output };
        let taken =
            gateway::import::import(&process, &import.files, &how, &mut io::stdout()).await?;
        if !how.dry_run {
            gateway::import::book(&process).await?;
        }
        store.close().await;
        anyhow::Ok(taken)
    })?;
    Ok(if taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn simulate(asked: Simulate) -> Result<ExitCode> {
    let source = Source::Folder(asked.config.as_deref());
    let checked = match read(source) {
        Ok(checked) => checked,
        Err(faults) => return Ok(report(&faults)),
    };
    let policy = match asked.policy.as_deref().map(config::read_policy).transpose() {
        Ok(None) => checked.policy.clone(),
        Ok(Some(proposed)) => proposed.with_duplicates(Arc::clone(checked.policy.duplicates())),
        Err(faults) => return Ok(report(&faults)),
    };
    let url = asked.store.as_ref().unwrap_or(&checked.config.store).clone();
    let is_active = asked.policy.is_none();
    let window = store::RunWindow {
        from: asked.from,
        to: asked.to.unwrap_or(Timestamp::MAX).min(clock()()),
        supplier_id: asked.supplier,
        facility_id: asked.facility,
    };
    let found = runtime()?.block_on(async {
        let store = Store::open_existing(&url).await?;
        let found = gateway::simulate::simulate(&store, policy, window).await?;
        store.close().await;
        anyhow::Ok(found)
    })?;
    say(&if asked.output.output == Format::Json {
        format!("{}\n", serde_json::to_string(&found)?)
    } else {
        gateway::simulate::table(&found)
    })?;
    // what the active policy decided, it has to decide again
    let wrong = found.unreadable.runs > 0 || is_active && found.reproduction.differing > 0;
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn replay(asked: Replay) -> Result<ExitCode> {
    let checked = match read(Source::Folder(asked.config.as_deref())) {
        Ok(checked) => checked,
        Err(faults) => return Ok(report(&faults)),
    };
    let url = asked.store.as_ref().unwrap_or(&checked.config.store).clone();
    let which = process::DeadLetters {
        id: asked.id,
        kind: asked.kind,
        key: asked.key,
        correlation_id: asked.correlation,
        error: asked.error,
        from: asked.from,
        to: asked.to,
    };
    let operator = Principal::local("replay");
    let found = runtime()?.block_on(async {
        let store = Store::open_existing(&url).await?;
        let process = gateway::open_process(&checked, &store, &clock())?;
        let found = process.replay(&operator, &which, asked.dry_run).await?;
        store.close().await;
        anyhow::Ok(found)
    })?;
    say(&if asked.output.output == Format::Json {
        format!("{}\n", serde_json::to_string(&found)?)
    } else {
        gateway::replay::table(&found)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn read(source: Source<'_>) -> Result<Checked, Vec<Fault>> {
    config::read(source, std::env::vars())
}

fn sandbox(options: &config::Sandbox) -> Result<Sandbox> {
    let named = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = || named("HOME").map(|it| it.join(Path::new(".local/state")));
    Ok(gateway::sandbox(options, named("XDG_STATE_HOME").or_else(home), clock())?)
}

fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")
}

fn log(options: &config::Log) {
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let filter = config::log_filter(&options.filter).unwrap_or_default();
    let registry = tracing_subscriber::registry().with(filter);
    let plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    let fmt = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let fmt = fmt.with_ansi(io::stderr().is_terminal() && !plain);
    match options.format {
        LogFormat::Text => registry.with(fmt).init(),
        LogFormat::Json => registry.with(fmt.json()).init(),
    }
}

fn report(faults: &[Fault]) -> ExitCode {
    for fault in faults {
        complain(&fault.to_string());
    }
    ExitCode::from(BAD_CONFIGURATION)
}

fn say(text: &str) -> Result<ExitCode> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // whoever reads has seen enough
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => Ok(written.map(|()| ExitCode::SUCCESS)?),
    }
}

fn complain(text: &str) {
    // ok: where even the error output is gone, the exit code is all that is left to say it with
    writeln!(io::stderr().lock(), "{text}").unwrap_or_default();
}
