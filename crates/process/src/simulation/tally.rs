//! Adds up what a policy would change, run by run. Pure: what is kept grows with the suppliers,
//! facilities and reasons concerned, not with the runs.

use super::report::{
    ChangedInvoice, Decided, Impact, OutcomeChange, PartyImpact, ReasonChange, ReasonImpact,
    Reproduction, RunNamed, SimulationReport, Unreadable,
};
use crate::matching::{self, Facts, Policy};
use canonical::{
    Code, Currency, Error, Invoice, MatchResult, Money, Outcome, PolicyCited, Reason, Result,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use store::{RunWindow, StoredRun};

/// So many changed invoices are in a report that is not streamed.
const CHANGES_MAX: usize = 1_000;
/// So many runs are named where something is wrong with them.
const NAMED_MAX: usize = 100;
/// So many suppliers or facilities are in a report.
const PARTIES_MAX: usize = 500;

/// What became of one run.
#[derive(Debug)]
pub(super) struct Replayed {
    run: RunNamed,
    is_latest: bool,
    /// `None` where its record cannot be read.
    compared: Option<Compared>,
}

#[derive(Debug)]
struct Compared {
    /// Whether the replayed version decided it, and whether the bytes are the same.
    reproduced: Option<bool>,
    changed: Option<Box<ChangedInvoice>>,
}

/// Evaluates a run again. Pure.
pub(super) fn replay(run: &StoredRun, policy: &Policy) -> Replayed {
    Replayed {
        run: RunNamed { invoice_id: run.invoice_id.clone(), match_run: run.run_no },
        is_latest: run.is_latest,
        compared: compare(run, policy)
            .inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                tracing::warn!(invoice.id = %run.invoice_id, run = run.run_no, error, "unreadable");
            })
            .ok(),
    }
}

fn compare(run: &StoredRun, policy: &Policy) -> Result<Compared> {
    let invoice: Invoice = read(&run.invoice_json)?;
    let facts: Facts = read(&run.facts_json)?;
    let before: MatchResult = read(&run.result_json)?;
    let after = matching::evaluate(&invoice, &facts, policy);
    let reproduced = if after.policy == before.policy {
        let bytes = serde_json::to_string(&after)
            .map_err(|error| Error::internal("a result has no JSON form").because(error))?;
        Some(bytes == run.result_json)
    } else {
        None
    };
    let changed = changed(run, &invoice, &before, &after).map(Box::new);
    Ok(Compared { reproduced, changed })
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| Error::internal("a stored run cannot be read").because(error))
}

fn changed(
    run: &StoredRun,
    invoice: &Invoice,
    before: &MatchResult,
    after: &MatchResult,
) -> Option<ChangedInvoice> {
    let gained = missing(&after.reasons, &before.reasons);
    let lost = missing(&before.reasons, &after.reasons);
    if before.outcome == after.outcome && gained.is_empty() && lost.is_empty() {
        return None;
    }
    let gross = Money::written(&invoice.gross_amount, invoice.currency);
    let decided = |it: &MatchResult| Decided { outcome: it.outcome, policy: it.policy.clone() };
    Some(ChangedInvoice {
        invoice_id: run.invoice_id.clone(),
        match_run: run.run_no,
        supplier_invoice_number: invoice.supplier_invoice_number.clone(),
        supplier_id: invoice.supplier_id.clone(),
        facility_id: invoice.facility_id.clone(),
        invoice_date: invoice.invoice_date,
        gross: gross.unwrap_or_else(|_places| Money::zero(invoice.currency)),
        before: decided(before),
        after: decided(after),
        gained,
        lost,
    })
}

/// What is in the one list more often than in the other.
fn missing(of: &[Reason], from: &[Reason]) -> Vec<ReasonChange> {
    let change = |it: &Reason| ReasonChange {
        invoice_line: it.invoice_line,
        code: it.code,
        key: it.key.as_deref().map(str::to_owned),
    };
    let mut counts: BTreeMap<ReasonChange, usize> = BTreeMap::new();
    for reason in from {
        let count = counts.entry(change(reason)).or_default();
        *count = count.saturating_add(1);
    }
    let mut missing: Vec<ReasonChange> = of
        .iter()
        .map(change)
        .filter(|it| match counts.get_mut(it).filter(|count| **count > 0) {
            Some(count) => {
                *count = count.saturating_sub(1);
                false
            }
            None => true,
        })
        .collect();
    missing.sort();
    missing
}

/// Invoices and their money, per currency.
#[derive(Debug, Default)]
struct Sum {
    invoices: u64,
    minor: BTreeMap<&'static str, (Currency, i128)>,
}

impl Sum {
    fn add(&mut self, gross: Money) {
        self.invoices = self.invoices.saturating_add(1);
        let currency = gross.currency();
        let (_currency, sum) = self.minor.entry(currency.code()).or_insert((currency, 0));
        *sum = sum.saturating_add(gross.minor());
    }

    fn impact(self) -> Impact {
        let amounts = self.minor.into_values();
        Impact {
            invoices: self.invoices,
            amounts: amounts.map(|(currency, minor)| Money::from_minor(minor, currency)).collect(),
        }
    }
}

/// What a change does to the payment.
#[derive(Debug, Default)]
struct Effect {
    changed: u64,
    let_through: Sum,
    held: Sum,
}

impl Effect {
    fn add(&mut self, change: &ChangedInvoice) {
        self.changed = self.changed.saturating_add(1);
        if lets_through(change) {
            self.let_through.add(change.gross);
        } else if holds(change) {
            self.held.add(change.gross);
        }
    }
}

fn lets_through(change: &ChangedInvoice) -> bool {
    change.before.outcome >= Outcome::Blocked && change.after.outcome < Outcome::Blocked
}

fn holds(change: &ChangedInvoice) -> bool {
    change.before.outcome < Outcome::Blocked && change.after.outcome >= Outcome::Blocked
}

#[derive(Debug, Default)]
struct OfReason {
    gained: u64,
    lost: u64,
    let_through: Sum,
    held: Sum,
}

/// Everything that was added up so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    runs: u64,
    invoices: u64,
    whole: Effect,
    outcomes: BTreeMap<(Outcome, Outcome), u64>,
    suppliers: BTreeMap<String, Effect>,
    facilities: BTreeMap<Option<String>, Effect>,
    reasons: BTreeMap<Code, OfReason>,
    reproduction: Reproduction,
    unreadable: Unreadable,
}

impl Tally {
    /// How many runs were added.
    pub(super) const fn runs(&self) -> u64 {
        self.runs
    }

    /// Adds a run, and gives the invoice where it would change.
    pub(super) fn add(&mut self, replayed: Replayed) -> Option<Box<ChangedInvoice>> {
        let Replayed { run, is_latest, compared } = replayed;
        self.runs = self.runs.saturating_add(1);
        let Some(Compared { reproduced, changed }) = compared else {
            self.unreadable.runs = self.unreadable.runs.saturating_add(1);
            name(&mut self.unreadable.first, run);
            return None;
        };
        if let Some(same) = reproduced {
            self.reproduce(same, run);
        }
        if !is_latest {
            return None;
        }
        self.invoices = self.invoices.saturating_add(1);
        changed.inspect(|it| self.change(it))
    }

    fn reproduce(&mut self, same: bool, run: RunNamed) {
        let all = &mut self.reproduction;
        all.runs = all.runs.saturating_add(1);
        if same {
            all.reproduced = all.reproduced.saturating_add(1);
        } else {
            all.differing = all.differing.saturating_add(1);
            name(&mut all.first, run);
        }
    }

    fn change(&mut self, change: &ChangedInvoice) {
        self.whole.add(change);
        let (before, after) = (change.before.outcome, change.after.outcome);
        if before != after {
            let count = self.outcomes.entry((before, after)).or_default();
            *count = count.saturating_add(1);
        }
        self.suppliers.entry(change.supplier_id.to_string()).or_default().add(change);
        let facility = change.facility_id.as_ref().map(ToString::to_string);
        self.facilities.entry(facility).or_default().add(change);
        let codes = |of: &[ReasonChange]| of.iter().map(|it| it.code).collect::<BTreeSet<Code>>();
        for code in codes(&change.gained) {
            let of_reason = self.reasons.entry(code).or_default();
            of_reason.gained = of_reason.gained.saturating_add(1);
            if holds(change) {
                of_reason.held.add(change.gross);
            }
        }
        for code in codes(&change.lost) {
            let of_reason = self.reasons.entry(code).or_default();
            of_reason.lost = of_reason.lost.saturating_add(1);
            if lets_through(change) {
                of_reason.let_through.add(change.gross);
            }
        }
    }

    /// The whole.
    pub(super) fn report(self, policy: PolicyCited, window: &RunWindow) -> SimulationReport {
        let outcomes = self.outcomes.into_iter().map(|((before, after), invoices)| OutcomeChange {
            before,
            after,
            invoices,
        });
        let reasons = self.reasons.into_iter().map(|(code, it)| ReasonImpact {
            code,
            gained: it.gained,
            lost: it.lost,
            let_through: it.let_through.impact(),
            held: it.held.impact(),
        });
        SimulationReport {
            policy,
            from: window.from,
            to: window.to,
            runs: self.runs,
            invoices: self.invoices,
            changed: self.whole.changed,
            outcomes: outcomes.collect(),
            let_through: self.whole.let_through.impact(),
            held: self.whole.held.impact(),
            suppliers: parties(self.suppliers.into_iter().map(|(id, it)| (Some(id), it))),
            facilities: parties(self.facilities.into_iter()),
            reasons: reasons.collect(),
            reproduction: self.reproduction,
            unreadable: self.unreadable,
            changes: None,
        }
    }
}

/// Keeps a changed invoice for a report that is not streamed.
pub(super) fn keep(changes: &mut Vec<ChangedInvoice>, change: ChangedInvoice) {
    if changes.len() < CHANGES_MAX {
        changes.push(change);
    }
}

fn name(named: &mut Vec<RunNamed>, run: RunNamed) {
    if named.len() < NAMED_MAX {
        named.push(run);
    }
}

fn parties(effects: impl Iterator<Item = (Option<String>, Effect)>) -> Vec<PartyImpact> {
    let mut parties: Vec<PartyImpact> = effects
        .map(|(id, it)| PartyImpact {
            id,
            changed: it.changed,
            let_through: it.let_through.impact(),
            held: it.held.impact(),
        })
        .collect();
    parties.sort_by(|a, b| (Reverse(a.changed), &a.id).cmp(&(Reverse(b.changed), &b.id)));
    parties.truncate(PARTIES_MAX);
    parties
}
