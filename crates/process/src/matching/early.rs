//! An invoice long before the goods are due: the amount times the days (`domain.md` A7.4). It
//! clears by itself, and the reason says when.

use super::bill::Billed;
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::report::{Asked, Report, Verdict};
use super::spoken::spoken;
use canonical::{Code, Money};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Asks every line that comes before the day its goods were promised for.
pub(super) fn check(case: &Case<'_, '_>, billed: &[Billed<'_>], reports: &mut [Report]) {
    let today = case.today();
    for (it, report) in billed.iter().zip(reports) {
        let Some(promised) = promised(it).filter(|it| *it > today) else { continue };
        if let Some(because) = it.stopped {
            report.not_evaluated(Key::DateEarly, because);
            continue;
        }
        let days = days(today, promised);
        let clears = clears(case, (it.net, promised, days), report);
        let codes = (Code::Dat01, Code::Dat01);
        let measure = Measure::of_value_days(it.net, days);
        let asked = Asked { key: Key::DateEarly, codes, measure, ruled: None };
        report.judge(case.terms, asked, |_measure| {
            let until = clears.map_or_else(String::new, |it| spoken!("; it clears on {it}"));
            let net = it.net;
            spoken!("{net} is billed {days} days before {promised}, the day promised{until}")
        });
    }
}

/// The latest day promised by the order lines that an invoice line bills.
fn promised(it: &Billed<'_>) -> Option<Date> {
    let shares = it.shares.iter().map(|it| it.line);
    it.first.into_iter().chain(shares).filter_map(|it| it.line.promised_date).max()
}

/// The first day on which it is tolerable; `None` where it is today.
fn clears(
    case: &Case<'_, '_>,
    (net, promised, days): (Money, Date, i64),
    report: &Report,
) -> Option<Date> {
    let row = case.terms.row_for(Key::DateEarly, report.invoice_line);
    let fine = |days| {
        let measure = Measure::of_value_days(net, days);
        case.terms.verdict(row, &row.upper, &measure) == Verdict::Inside
    };
    if fine(days) {
        return None;
    }
    // the most days that are tolerable: fine at `low`, not at `high`
    let (mut low, mut high) = (0, days);
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        if fine(middle) { low = middle } else { high = middle }
    }
    promised.checked_sub(low.days()).ok()
}

/// How many days later `to` is.
pub(super) fn days(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / HOURS
}

const HOURS: i64 = 24;
