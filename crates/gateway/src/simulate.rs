//! Replaying a policy over stored runs from the command line: progress on a terminal, a table for
//! people.

use canonical::{Money, Result};
use indicatif::{ProgressBar, ProgressStyle};
use process::matching::Policy;
use process::{Impact, PartyImpact, Simulation, SimulationLine, SimulationReport};
use std::fmt::Write as _;
use store::{RunWindow, Store};

/// So many changed invoices are kept for the report.
const CHANGES_MAX: usize = 1_000;
/// So many lines of each list are in a table; `--output json` has them all.
const ROWS_MAX: usize = 20;

/// Replays `policy` over the runs of a window.
///
/// # Errors
/// What the store says.
pub async fn simulate(
    store: &Store,
    policy: Policy,
    window: RunWindow,
) -> Result<SimulationReport> {
    let mut simulation = Simulation::begin(store.clone(), policy, window).await?;
    let bar = ProgressBar::new(simulation.total());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {eta} left");
    bar.set_style(style.unwrap_or_else(|_built_in| ProgressStyle::default_bar()));
    let mut changes = Vec::new();
    while let Some(lines) = simulation.step().await? {
        let changed = lines.into_iter().filter_map(SimulationLine::into_changed);
        let room = CHANGES_MAX.saturating_sub(changes.len());
        changes.extend(changed.take(room));
        bar.set_position(simulation.done());
    }
    bar.finish_and_clear();
    Ok(SimulationReport { changes: Some(changes), ..simulation.report() })
}

/// The report for people.
#[must_use]
pub fn table(report: &SimulationReport) -> String {
    let mut text = String::new();
    // ok: writing to a string cannot fail
    let _written = write_table(&mut text, report);
    text
}

fn write_table(to: &mut String, report: &SimulationReport) -> std::fmt::Result {
    let from = report.from.map_or_else(|| "the first run".to_owned(), |it| it.to_string());
    writeln!(to, "{} replayed from {from} to {}", report.policy.tolerances, report.to)?;
    writeln!(to, "{} runs of {} invoices", report.runs, report.invoices)?;
    let again = &report.reproduction;
    if again.runs > 0 {
        let (same, of) = (again.reproduced, again.runs);
        writeln!(to, "{same} of the {of} runs that it decided are the same, byte for byte")?;
    }
    if report.unreadable.runs > 0 {
        writeln!(to, "{} runs cannot be read", report.unreadable.runs)?;
    }
    writeln!(to, "\n{} invoices would change", report.changed)?;
    writeln!(to, "  let through  {}", impact(&report.let_through))?;
    writeln!(to, "  held         {}", impact(&report.held))?;
    section(to, "outcome", report.outcomes.len())?;
    for it in &report.outcomes {
        writeln!(to, "  {:>8}  {} -> {}", it.invoices, it.before.name(), it.after.name())?;
    }
    section(to, "reason", report.reasons.len())?;
    for it in &report.reasons {
        let (through, held) = (impact(&it.let_through), impact(&it.held));
        let code = it.code.as_str();
        writeln!(
            to,
            "  {code:<8} +{} -{}; let through {through}; held {held}",
            it.gained, it.lost
        )?;
    }
    parties(to, "supplier", &report.suppliers)?;
    parties(to, "facility", &report.facilities)?;
    let changes = report.changes.as_deref().unwrap_or_default();
    section(to, "invoice", changes.len())?;
    for it in changes.iter().take(ROWS_MAX) {
        let (before, after) = (it.before.outcome.name(), it.after.outcome.name());
        let (id, supplier) = (&it.invoice_id, &it.supplier_id);
        writeln!(to, "  {id} {supplier} {}  {before} -> {after}", it.gross)?;
    }
    more(to, report.changed, changes.len())
}

fn section(to: &mut String, name: &str, count: usize) -> std::fmt::Result {
    if count == 0 { Ok(()) } else { writeln!(to, "\nby {name}") }
}

fn parties(to: &mut String, name: &str, parties: &[PartyImpact]) -> std::fmt::Result {
    section(to, name, parties.len())?;
    for it in parties.iter().take(ROWS_MAX) {
        let id = it.id.as_deref().unwrap_or("(none)");
        let (through, held) = (impact(&it.let_through), impact(&it.held));
        writeln!(to, "  {id:<14} {}; let through {through}; held {held}", it.changed)?;
    }
    more(to, u64::try_from(parties.len()).unwrap_or(u64::MAX), parties.len())
}

fn more(to: &mut String, of: u64, listed: usize) -> std::fmt::Result {
    let shown = u64::try_from(listed.min(ROWS_MAX)).unwrap_or_default();
    match of.saturating_sub(shown) {
        0 => Ok(()),
        left => writeln!(to, "  and {left} more; --output json has more of them"),
    }
}

fn impact(it: &Impact) -> String {
    let amounts: Vec<String> = it.amounts.iter().map(Money::to_string).collect();
    if amounts.is_empty() {
        "none".to_owned()
    } else {
        format!("{}: {}", it.invoices, amounts.join(", "))
    }
}
