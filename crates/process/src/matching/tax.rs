//! Tax: what is billed against what the tax rules make due (`domain.md` A13). The rule of a line is
//! the most specific one: of its facility, then of the longest class, then of its tax code.

mod policy;

pub use policy::{TaxDocument, TaxPolicy};

use super::bill::Billed;
use super::few::{HashMap, HashSet};
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::number::Number;
use super::observe::{Against, Blame};
use super::price::merchandise;
use super::report::Report;
use super::spoken::spoken;
use super::stand::money;
use canonical::{
    CheckResult, Code, FacilityId, Money, Outcome, TaxDue, TaxRounding, TaxRule, allocate,
};
use std::collections::BTreeMap;

/// What decides on the rule of a line.
type Traits<'a> = (Option<&'a FacilityId>, Option<&'a str>, Option<&'a str>);

/// Lines that are rounded together: jurisdiction, tax code, and whether each line is rounded.
type Group<'a> = (&'a str, Option<&'a str>, bool);

/// What is due, in minor units.
#[derive(Default)]
struct Due {
    /// As the rules round.
    expected: i128,
    /// With the other rounding: a supplier that rounds that way is not wrong about the tax.
    otherwise: i128,
    /// The part of it that may be owed to the authority as use tax.
    of_use: i128,
    recoverable: i128,
}

/// Asks where there are rules or tax is billed.
pub(super) fn check<'a>(
    case: &Case<'_, 'a>,
    billed: &[Billed<'a>],
    report: &mut Report,
) -> Option<TaxDue> {
    let invoice = case.ground.invoice;
    let charged = money(invoice.tax_amount, invoice.currency);
    let has_rules = !case.facts.tax_rules.is_empty();
    if charged.minor() == 0 && !has_rules {
        return None;
    }
    // whose tax it is says the order's facility
    let unknown = billed.iter().find(|it| it.order.is_none() && it.stopped.is_some());
    if let Some(because) = unknown.and_then(|it| it.stopped)
        && invoice.facility_id.is_none()
    {
        report.not_evaluated(Key::TaxOver, because);
        if has_rules {
            report.not_evaluated(Key::TaxUnder, because);
        }
        return None;
    }
    let due = due(case, billed);
    judge(case, &due, charged, report);
    has_rules.then(|| {
        let text = |minor| Money::from_minor(minor, invoice.currency).amount_text();
        TaxDue {
            expected: text(due.expected),
            billed: charged.amount_text(),
            recoverable: text(due.recoverable),
            non_recoverable: text(due.expected.saturating_sub(due.recoverable)),
            use_tax: text(use_tax(&due, charged)),
        }
    })
}

fn judge(case: &Case<'_, '_>, due: &Due, charged: Money, report: &mut Report) {
    let currency = charged.currency();
    let expected = Money::from_minor(due.expected, currency);
    let off = Money::from_minor(charged.minor().saturating_sub(due.expected), currency);
    let (key, code) =
        if off.minor() < 0 { (Key::TaxUnder, Code::Tax02) } else { (Key::TaxOver, Code::Tax01) };
    let measure = Measure::of_amount(off, expected);
    let observed = report.observe(case.terms, (key, Against::Upper), &measure);
    match observed.result {
        CheckResult::Pass => {}
        CheckResult::PassWithin => report.raise(Outcome::MatchedWithinTolerance),
        CheckResult::NotEvaluated => {
            let detail = spoken!("{} of tax is off, and no rate to judge it by", measure.words());
            report.reason(Code::Cur02, detail);
        }
        CheckResult::Breach => {
            let detail = sentence(case, expected, charged, &measure);
            let on_breach = observed.on_breach;
            report.blame(case.terms, Blame { code, key, measure: &measure, on_breach, detail });
        }
    }
    let use_tax = use_tax(due, charged);
    if use_tax > 0 {
        let due = Money::from_minor(use_tax, currency);
        let detail = spoken!(
            "{charged} of tax is billed and {expected} is due: {due} of use tax is ours to declare"
        );
        report.flag("USE_TAX_DUE", detail);
    }
}

fn sentence(case: &Case<'_, '_>, expected: Money, charged: Money, measure: &Measure) -> String {
    let words = measure.words();
    if measure.amount.minor() < 0 {
        return spoken!("{charged} of tax is billed, {expected} is due: {words} under");
    }
    let gross = money(case.ground.invoice.gross_amount, charged.currency());
    let over = measure.amount;
    let pay = Money::from_minor(gross.minor().saturating_sub(over.minor()), over.currency());
    let due =
        if expected.minor() == 0 { "none is due".to_owned() } else { spoken!("{expected} is due") };
    spoken!(
        "{charged} of tax is billed, {due}: {words} over; a short payment pays {pay} and charges \
         {over} back"
    )
}

/// What is ours to declare, where rules say so and less was charged than either rounding makes due.
fn use_tax(due: &Due, charged: Money) -> i128 {
    if charged.minor() >= due.expected.min(due.otherwise) {
        return 0;
    }
    due.expected.saturating_sub(charged.minor()).min(due.of_use)
}

fn due<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>]) -> Due {
    let currency = case.ground.invoice.currency;
    let exempt: HashSet<&FacilityId> =
        case.facts.facilities.iter().filter(|it| it.tax_exempt).map(|it| &it.id).collect();
    let taxable = taxable(case, billed);
    let mut rules = HashMap::default();
    let mut groups: BTreeMap<Group<'_>, (Number, i128, Number, bool)> = BTreeMap::new();
    for (it, base) in billed.iter().zip(taxable) {
        let traits = traits(case, it);
        if traits.0.is_some_and(|it| exempt.contains(it)) {
            continue;
        }
        let rule = *rules.entry(traits).or_insert_with(|| rule(case, traits));
        let Some(rule) = rule else { continue };
        let percent = |of: &Number, rate| (of * &Number::from(rate)).per(&Number::whole(100));
        let tax = percent(&Number::from(base), rule.rate_percent).unwrap_or(Number::ZERO);
        let back = percent(&tax, rule.recoverable_percent).unwrap_or(Number::ZERO);
        let each = rule.rounding == TaxRounding::Line;
        let group = groups.entry((rule.jurisdiction.as_str(), traits.2, each)).or_insert((
            Number::ZERO,
            0,
            Number::ZERO,
            rule.use_tax,
        ));
        group.1 = group.1.saturating_add(tax.round(currency).minor());
        group.0 = &group.0 + &tax;
        group.2 = &group.2 + &back;
        group.3 |= rule.use_tax;
    }
    let mut due = Due::default();
    for ((_, _, each), (exact, by_line, back, of_use)) in groups {
        let at_once = exact.round(currency).minor();
        let (expected, otherwise) = if each { (by_line, at_once) } else { (at_once, by_line) };
        due.expected = due.expected.saturating_add(expected);
        due.otherwise = due.otherwise.saturating_add(otherwise);
        due.recoverable = due.recoverable.saturating_add(back.round(currency).minor());
        if of_use {
            due.of_use = due.of_use.saturating_add(expected);
        }
    }
    due
}

/// What each line is taxed on: its net amount less its share of the document's discount (R3).
fn taxable(case: &Case<'_, '_>, billed: &[Billed<'_>]) -> Vec<Money> {
    let invoice = case.ground.invoice;
    let discount = money(invoice.discount_amount, invoice.currency).minor();
    if discount == 0 || merchandise(case.ground, billed).minor() == 0 {
        return billed.iter().map(|it| it.net).collect();
    }
    let weights: Vec<_> = billed.iter().map(|it| it.net.exact()).collect();
    let less = |it: &Billed<'_>, off| {
        Money::from_minor(it.net.minor().saturating_sub(off), invoice.currency)
    };
    let parts = allocate(discount, &weights);
    billed.iter().zip(parts).map(|(it, off)| less(it, off)).collect()
}

fn traits<'a>(case: &Case<'_, 'a>, it: &Billed<'a>) -> Traits<'a> {
    let order = it.order.and_then(|it| it.facility_id.as_ref());
    let line = it.first;
    let item = line.and_then(|it| it.item).map(|it| it.1);
    let item = item.or_else(|| case.ground.index.item(it.line.item_id.as_ref()?));
    let ordered = line.map(|it| it.line);
    let class = item.and_then(|it| it.class.as_deref());
    let code = it.line.tax_code.as_deref();
    (
        order.or(case.ground.invoice.facility_id.as_ref()),
        class.or_else(|| ordered?.class.as_deref()),
        code.or_else(|| ordered?.tax_code.as_deref()),
    )
}

fn rule<'a>(case: &Case<'_, 'a>, (facility, class, code): Traits<'a>) -> Option<&'a TaxRule> {
    let date = case.ground.invoice.invoice_date;
    let class = class.unwrap_or_default();
    let applies = |it: &&TaxRule| {
        it.facility_id.as_ref().is_none_or(|it| Some(it) == facility)
            && it.class.as_deref().is_none_or(|it| class.starts_with(it))
            && it.tax_code.as_deref().is_none_or(|it| Some(it) == code)
            && it.valid_from.is_none_or(|it| it <= date)
            && it.valid_to.is_none_or(|it| date <= it)
    };
    case.facts.tax_rules.iter().filter(applies).max_by_key(|it| {
        let class = it.class.as_deref().map_or(0, str::len);
        // what is equal so far is refused at intake; the last keys keep the answer the same anyway
        (it.facility_id.is_some(), class, it.tax_code.is_some(), it.valid_from, &it.jurisdiction)
    })
}
