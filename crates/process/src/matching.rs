//! The match engine: one pure function from an invoice, the facts and a policy to a decision with
//! every reason. No clock, no IO: equal input gives the same bytes, today and in a replay.
//!
//! An invoice passes the stages of `domain.md` A9.1: intake, parties and orders, association,
//! units, currency, quantity and price, charges and balance. A stage that fails keeps a line from
//! the ones that need its answer, and says so; every other check is asked.

mod associate;
mod basis;
mod bill;
mod blanket;
mod catch_weight;
mod context;
mod contract;
mod credit;
mod document;
mod duplicate;
mod early;
mod exchange;
mod explain;
mod few;
mod index;
mod intake;
mod key;
mod later;
mod measure;
mod mode;
mod nonpo;
mod number;
mod observe;
mod party;
mod period;
mod policy;
mod prepay;
mod price;
mod quantity;
mod recall;
mod report;
mod request;
mod sampling;
mod self_billing;
mod shelf_life;
mod spoken;
mod stand;
mod tax;
mod unit;
mod usage;
mod valuation;

pub use duplicate::{DuplicateDocument, DuplicatePolicy, DuplicateRule, RuleName};
pub use explain::{
    CorrectedCharge, Correction, Cost, Cure, CureSet, Effort, ExplainedReason, Explanation,
    OrderLine, Part, Waived, apply, explain, short_pay,
};
pub use intake::{check, check_invoice};
pub use key::Key;
pub use policy::{
    Effective, ModeRuleDocument, OnBreach, Policy, PolicyDocument, PriceBasis, RowDocument,
    SamplingDocument, Scope, SideDocument,
};
pub use request::{
    Association, Claim, Credit, CreditKind, Evaluated, Evaluation, ExplainedResult, Facts,
    HeldMode, as_stated,
};
pub use self_billing::{SelfBillingProposal, SelfBillingProposals, SelfBillingQuestion, self_bill};
pub use tax::{TaxDocument, TaxPolicy};
pub use unit::factor_to_base;

use bill::{Basis, Billed, Ground};
use canonical::{
    Allocation, Code, Invoice, LineResult, MatchMode, MatchResult, ModeResolved, Money,
};
use few::{Few, HashMap};
use index::{Index, Place};
use mode::Modes;
use number::Number;
use report::{Report, Terms};
use stand::{Adjusted, Stands};
use unit::Units;

/// Matches an invoice against the facts under a policy. Pure: equal input gives the same bytes, and
/// the order of the lines changes nothing but the order in which they are named.
#[must_use]
pub fn evaluate(invoice: &Invoice, facts: &Facts, policy: &Policy) -> MatchResult {
    let invoice = &*as_stated(invoice, &facts.associations);
    let index = Index::new(facts, &Modes::new(policy, invoice, facts));
    let units = Units::new(&invoice.supplier_id).on(invoice.invoice_date);
    let mut terms = Terms::new(policy, invoice, facts);
    let adjusted = Adjusted::new(&terms, invoice, facts, &index);
    let stands = Stands::new(&index, &units, &adjusted).at(policy.price_basis());
    let ground = Ground { invoice, index: &index, units: &units, stands: &stands };

    let lines = index::by_number(invoice);
    let mut reports: Few<Report> =
        lines.iter().map(|it| Report::new(Some(it.line_number))).collect();
    let reports = reports.as_mut_slice();
    for (line, report) in lines.iter().zip(&mut *reports) {
        price::adds_up(line, invoice.currency, report);
    }
    let billed = ground.bill(&lines, &facts.credits, reports);
    let billed = &*billed;
    terms.note(&ground, billed, facts);
    for (it, report) in billed.iter().zip(&mut *reports) {
        not_evaluated(it, report);
    }
    let groups = quantity::Groups::new(billed);
    if ground.corrects() {
        credit::check(&ground, &terms, billed, &groups, reports);
    } else {
        quantity::check(&ground, &terms, billed, &groups, reports);
        price::check(&ground, &terms, billed, reports);
        price::check_sums(&terms, billed, &groups, reports);
    }
    let large = billed.iter().zip(&mut *reports).filter(|(it, _report)| it.order.is_some());
    for (it, report) in large.filter(|_| !ground.is_credit()) {
        price::large(&terms, it, report);
    }
    for (it, report) in billed.iter().zip(&mut *reports) {
        nonpo::check(&terms, it, report);
        usage::check(&ground, &terms, it, report);
    }
    let mut document = Report::new(None);
    party::check(invoice, facts, &mut document);
    let rules = policy.duplicates();
    duplicate::check(&ground, facts, rules, billed, (&mut document, &mut *reports));
    document::charges(&ground, &terms, billed, &mut document);
    document::balance(&ground, &terms, billed, &mut document);
    blanket::check(&ground, &terms, billed, &mut document);
    nonpo::approval(billed, &mut document);
    prepay::check(&ground, billed, &mut document);
    self_billing::check(&ground, billed, &mut document, reports);
    if billed.is_empty() {
        document.fail(Code::Inv01, "the document has no lines".to_owned());
    }
    let later = later::Case { ground: &ground, terms: &terms, facts };
    let later = later.check(billed, reports, &mut document);
    let mut result = gather(&ground, billed, reports, document, policy);
    if later.tax.is_some() {
        result.policy.taxes.clone_from(&facts.tax_policy);
    }
    if facts.duplicates_asked || !facts.known_invoices.is_empty() {
        result.policy.duplicates = Some(rules.cited());
    }
    (result.tax, result.exchange) = (later.tax, later.exchange);
    result
}

/// Says which checks of a line could not be asked, and what stands in their way.
fn not_evaluated(billed: &Billed<'_>, report: &mut Report) {
    let Some(because) = billed.stopped else { return };
    let keys: &[Key] = match billed.first {
        None => &[Key::QtyOverOrdered, Key::QtyOverReceived, Key::PriceUnit],
        Some(it) if it.mode() == MatchMode::ZeroWay => &[],
        Some(it) if it.is_by_amount() => &[Key::AmountLine],
        Some(it) => {
            let received = it.receipts.is_empty();
            let received = if received { Key::QtyNoReceipt } else { Key::QtyOverReceived };
            let estimated = it.line.price_is_estimated;
            let price = if estimated { Key::PriceEstimated } else { Key::PriceUnit };
            if it.is_held_to_ordered() {
                report.not_evaluated(Key::QtyOverOrdered, because);
            }
            if it.is_by_usage() {
                report.not_evaluated(Key::QtyOverUsed, because);
            }
            if it.needs_receipt() {
                report.not_evaluated(received, because);
            }
            if it.mode() == MatchMode::FourWay {
                report.not_evaluated(Key::QtyOverAccepted, because);
            }
            report.not_evaluated(price, because);
            &[]
        }
    };
    for key in keys {
        report.not_evaluated(*key, because);
    }
}

fn gather(
    ground: &Ground<'_>,
    billed: &[Billed<'_>],
    reports: &mut [Report],
    document: Report,
    policy: &Policy,
) -> MatchResult {
    let claimed = claimed(ground, billed);
    let Report { checks, mut reasons, mut flags, mut outcome, .. } = document;
    let mut lines = Vec::with_capacity(billed.len());
    for (it, report) in billed.iter().zip(reports) {
        outcome = outcome.max(report.outcome);
        join(&mut reasons, &mut report.reasons);
        join(&mut flags, &mut report.flags);
        lines.push(LineResult {
            invoice_line: it.line.line_number,
            purchase_order_number: it.order.map(|it| it.number.clone()),
            purchase_order_line: it.first.map(|it| it.line.line_number),
            mode: mode(ground, it),
            outcome: report.outcome,
            checks: std::mem::take(&mut report.checks),
            allocations: allocations(ground, it, claimed.as_ref()),
        });
    }
    // stable: reasons of one code on one line keep the order of their order lines
    reasons.sort_by_key(|it| (it.invoice_line, it.code));
    flags.sort();
    MatchResult {
        outcome,
        reasons,
        flags,
        checks,
        lines,
        settlement: prepay::settle(ground, billed),
        exchange: None,
        tax: None,
        policy: policy.cited(),
    }
}

/// Adds what is said of a line; the first that there is is not copied.
fn join<T>(all: &mut Vec<T>, more: &mut Vec<T>) {
    if all.is_empty() {
        std::mem::swap(all, more);
    } else {
        all.append(more);
    }
}

fn mode(ground: &Ground<'_>, billed: &Billed<'_>) -> Option<ModeResolved> {
    match &billed.basis {
        Basis::Order => billed.first.map(|it| mode::shown(it, ground.invoice.kind)),
        Basis::Nothing => Some(mode::without_order("invoice_kind", "F6")),
        Basis::Usage(_) => Some(mode::without_order("usage", "F5")),
    }
}

/// What is claimed of each order line with this invoice counted; `None` where no line is billed
/// twice, so that each share tells.
fn claimed(ground: &Ground<'_>, billed: &[Billed<'_>]) -> Option<HashMap<Place, Number>> {
    let places = billed.iter().flat_map(|it| &it.shares).map(|it| it.place);
    if places.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let mut claimed: HashMap<Place, Number> = HashMap::default();
    for share in billed.iter().flat_map(|it| &it.shares) {
        let sum = claimed.entry(share.place).or_insert_with(|| share.stand.claimed.clone());
        *sum = moved(ground, sum, share);
    }
    Some(claimed)
}

/// A claim with a share counted: more of it, or less by a credit.
fn moved(ground: &Ground<'_>, claimed: &Number, share: &bill::Share<'_>) -> Number {
    let quantity = &share.quantity - &share.credited;
    if ground.is_credit() { claimed - &quantity } else { claimed + &quantity }
}

fn allocations(
    ground: &Ground<'_>,
    billed: &Billed<'_>,
    claimed: Option<&HashMap<Place, Number>>,
) -> Vec<Allocation> {
    let one = |share: &bill::Share<'_>| {
        let (line, stand) = (share.line, share.stand);
        let (mut quantity, mut amount) = (share.quantity.clone(), share.amount);
        if ground.is_credit() {
            quantity = &Number::ZERO - &quantity;
            amount = Money::from_minor(-amount.minor(), amount.currency());
        }
        let claimed = match claimed {
            None => moved(ground, &stand.claimed, share),
            Some(all) => all.get(&share.place).cloned().unwrap_or(Number::ZERO),
        };
        Allocation {
            purchase_order_number: line.order.number.clone(),
            purchase_order_line: line.line.line_number,
            receipt_number: billed.line.receipt_number.clone(),
            rung: billed.rung,
            quantity: quantity.exact_numeral(),
            uom: share.uom.clone(),
            amount: amount.into(),
            position: stand.position(&line.line.quantity.uom, &claimed),
        }
    };
    // no room for more: there is one list of a line
    let mut allocations = Vec::with_capacity(billed.shares.len());
    allocations.extend(billed.shares.iter().map(one));
    allocations
}

#[cfg(test)]
mod tests;
