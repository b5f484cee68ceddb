//! Business duplicates (stage 2 of `domain.md` A9.1, A16): the same invoice sent twice by a person
//! or by two channels. A transport retry is not one; that gets the first answer.

mod alike;
mod goods;
mod party;
mod policy;

pub use policy::{DuplicateDocument, DuplicatePolicy, DuplicateRule, RuleName};

use super::bill::{Billed, Ground};
use super::early::days;
use super::few::HashMap;
use super::index::plain;
use super::number::Number;
use super::report::Report;
use super::request::Facts;
use super::spoken::spoken;
use alike::Numbers;
use canonical::{Code, Invoice, InvoiceKind, InvoiceState, KnownInvoice};
use goods::Goods;
use jiff::civil::Date;
use party::{Kin, Parties};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A rule that holds between the invoice and an earlier one, and for which line.
struct Hit {
    rule: RuleName,
    /// The place of the invoice's line among the billed ones, where the rule is about one.
    line: Option<usize>,
    /// What the rule found, for people, up to the other invoice.
    what: String,
}

/// What is said once: for the document or a line, by code.
type Said = BTreeMap<(Option<usize>, &'static str), Finding>;

struct Finding {
    code: Option<Code>,
    detail: String,
    more: usize,
    is_exception: bool,
}

/// Judges whether the invoice came before.
pub(super) fn check<'a>(
    ground: &Ground<'a>,
    facts: &'a Facts,
    policy: &DuplicatePolicy,
    billed: &[Billed<'a>],
    reports: (&mut Report, &mut [Report]),
) {
    let (document, lines) = reports;
    twice(billed, lines);
    if facts.known_invoices.is_empty() {
        return;
    }
    let (said, is_shared) = findings(ground, facts, policy, billed);
    for ((line, code), found) in said {
        let report = match line.and_then(|it| lines.get_mut(it)) {
            Some(report) => report,
            None => &mut *document,
        };
        let detail = match found.more {
            0 => found.detail,
            more => spoken!("{}, and {more} more", found.detail),
        };
        match found.code.filter(|_| found.is_exception) {
            Some(code) => report.reason(code, detail),
            None => report.flag(code, detail),
        }
    }
    if is_shared {
        let detail = "an invoice under another supplier number that shares the account or the tax \
                      id is like this one; are they one supplier?";
        document.flag("MDM-02", detail.to_owned());
    }
}

/// What is to be said, and whether some of it is about a supplier number that only shares an
/// account or a tax id.
fn findings<'a>(
    ground: &Ground<'a>,
    facts: &'a Facts,
    policy: &DuplicatePolicy,
    billed: &[Billed<'a>],
) -> (Said, bool) {
    let invoice = ground.invoice;
    let parties = Parties::new(invoice, facts, ground.index);
    let judge = Judge {
        invoice,
        policy,
        numbers: Numbers::of(&invoice.supplier_invoice_number),
        goods: Goods::new(ground, billed),
    };
    let mut known: Vec<(u32, &KnownInvoice, Kin)> = facts
        .known_invoices
        .iter()
        .filter(|it| it.state != InvoiceState::Rejected)
        .filter(|it| is_credit(it.kind) == is_credit(invoice.kind))
        .filter_map(|it| {
            let days = days_apart(it.invoice_date, invoice.invoice_date);
            Some((days, it, parties.kin(it)?))
        })
        .collect();
    // the nearest is named, whatever order they came in
    known.sort_by(|(a, one, _), (b, other, _)| (a, &one.id).cmp(&(b, &other.id)));
    let (mut said, mut is_shared) = (Said::new(), false);
    for (days, earlier, kin) in known {
        let hits = judge.hits(earlier, days);
        let mut rules: Vec<RuleName> = hits.iter().map(|it| it.rule).collect();
        rules.dedup();
        let score: u32 = rules.into_iter().map(|it| policy.score(it)).sum();
        let document = policy.document();
        if score < u32::from(document.flag_at) {
            continue;
        }
        let is_exception = score >= u32::from(document.exception_at);
        for hit in hits {
            is_shared |= kin == Kin::Shared;
            say(&mut said, &hit, (earlier, kin), is_exception);
        }
    }
    (said, is_shared)
}

fn say(said: &mut Said, hit: &Hit, earlier: (&KnownInvoice, Kin), is_exception: bool) {
    let (code, word) = code(hit.rule);
    let detail = spoken!("{} {}", hit.what, named(earlier.0, earlier.1));
    match said.entry((hit.line, word)) {
        Entry::Vacant(it) => {
            it.insert(Finding { code, detail, more: 0, is_exception });
        }
        Entry::Occupied(mut it) => {
            let it = it.get_mut();
            it.more += 1;
            if is_exception && !it.is_exception {
                (it.detail, it.is_exception) = (detail, true);
            }
        }
    }
}

struct Judge<'g, 'a> {
    invoice: &'a Invoice,
    policy: &'g DuplicatePolicy,
    numbers: Numbers,
    goods: Goods<'g, 'a>,
}

impl<'a> Judge<'_, 'a> {
    /// Every rule that holds between the invoice and an earlier one; the same rule in a row.
    fn hits(&self, earlier: &'a KnownInvoice, days: u32) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut add = |rule, line, what: String| hits.push(Hit { rule, line, what });
        // what we bill ourselves carries a number of ours: only its goods are compared
        if earlier.kind == InvoiceKind::SelfBilled || self.invoice.kind == InvoiceKind::SelfBilled {
            if earlier.kind != self.invoice.kind && self.goods.shares_receipt(earlier) {
                let what = "we billed the same receipt ourselves as";
                add(RuleName::D7, None, what.to_owned());
            }
        } else {
            let by_number = self.by_number(earlier, days);
            if let Some((rule, what)) = by_number {
                add(rule, None, what.to_owned());
            }
            // what is certain already needs no suspicion beside it
            let is_certain = matches!(by_number, Some((RuleName::D1 | RuleName::D2, _what)));
            if !is_certain && days <= self.policy.lines_days && self.goods.repeats(earlier) {
                let what = "the same order lines, quantities and amounts, and nothing is left to \
                            receive, as";
                add(RuleName::D5, None, what.to_owned());
            }
        }
        for (line, serial) in self.goods.serials_of(earlier) {
            add(RuleName::D6, Some(line), spoken!("serial number {serial} was billed before by"));
        }
        hits.retain(|it| self.policy.score(it.rule) > 0);
        hits
    }

    fn by_number(&self, earlier: &KnownInvoice, days: u32) -> Option<(RuleName, &'static str)> {
        let theirs = Numbers::of(&earlier.supplier_invoice_number);
        let same_gross = earlier.currency == self.invoice.currency
            && Number::from(earlier.gross_amount) == Number::from(self.invoice.gross_amount);
        let policy = self.policy;
        if self.numbers.plain == theirs.plain {
            return Some(if same_gross {
                (RuleName::D1, "the same number, currency and amount as")
            } else if days <= policy.reuse_days {
                (RuleName::D2, "the same number, with another amount, as")
            } else {
                (RuleName::D3, "the same number, long after, as")
            });
        }
        let is_near = same_gross
            && days <= policy.near_days
            && self.numbers.nearly(&theirs, policy.distance, policy.optical);
        is_near.then_some((RuleName::D4, "the same amount and nearly the same number as"))
    }
}

/// The code of a rule, and the word it is flagged by.
const fn code(rule: RuleName) -> (Option<Code>, &'static str) {
    let code = match rule {
        RuleName::D1 => Code::Dup01,
        RuleName::D2 => Code::Dup02,
        RuleName::D3 => return (None, "NUMBER_REUSE"),
        RuleName::D4 => Code::Dup03,
        RuleName::D5 => Code::Dup04,
        RuleName::D6 => Code::Dup05,
        RuleName::D7 => Code::Dup06,
    };
    (Some(code), code.as_str())
}

/// An earlier invoice, for people: a supplier reads this, so another supplier's is not named.
fn named(it: &KnownInvoice, kin: Kin) -> String {
    let state = if it.state == InvoiceState::Cancelled { "the cancelled" } else { "the" };
    match kin {
        Kin::Group => spoken!("{state} invoice {} of {}", it.id, it.invoice_date),
        Kin::Shared => spoken!(
            "{state} invoice under another supplier number that shares the account or the tax id"
        ),
    }
}

/// A serial number that stands on two lines of the same item.
fn twice(billed: &[Billed<'_>], lines: &mut [Report]) {
    if billed.iter().all(|it| it.line.serial_numbers.is_empty()) {
        return;
    }
    let mut seen = HashMap::default();
    for (it, report) in billed.iter().zip(lines) {
        let item = it.line.item_id.as_ref();
        let number = it.line.line_number;
        for serial in &it.line.serial_numbers {
            if let Some(first) = seen.insert((plain(serial), item), number) {
                let detail = spoken!("serial number {serial} stands on line {first} already");
                report.reason(Code::Dup05, detail);
                break;
            }
        }
    }
}

fn days_apart(one: Date, other: Date) -> u32 {
    u32::try_from(days(one, other).unsigned_abs()).unwrap_or(u32::MAX)
}

const fn is_credit(kind: InvoiceKind) -> bool {
    matches!(kind, InvoiceKind::QuantityCredit | InvoiceKind::PriceCredit)
}

#[cfg(test)]
mod tests;
