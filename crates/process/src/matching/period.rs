//! Dates: the invoice's own against the posting date, and whether the period is open (stages 0 and
//! 9 of `domain.md` A9.1).

use super::bill::Billed;
use super::document::orders;
use super::early::days;
use super::few::Few;
use super::later::Case;
use super::report::Report;
use canonical::{Code, FiscalPeriod, PeriodState, PurchaseOrder};
use jiff::civil::Date;

/// A date in the future, or long past; only where the posting date is known.
pub(super) fn age(case: &Case<'_, '_>, report: &mut Report) {
    let Some(today) = case.facts.as_of else { return };
    let dated = case.ground.invoice.invoice_date;
    let days = days(dated, today);
    if days < 0 {
        let detail = format!("the invoice is dated {dated}, and today is {today}");
        report.fail(Code::Inv03, detail);
    } else if days > i64::from(case.terms.policy.invoice_age_days()) {
        let detail = format!("the invoice is dated {dated}, {days} days before {today}");
        report.fail(Code::Inv04, detail);
    }
}

/// Whether every legal entity that buys may post on the posting date.
pub(super) fn open<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>], report: &mut Report) {
    let periods = &case.facts.periods;
    if periods.is_empty() {
        return;
    }
    let today = case.today();
    let entities = entities(case, billed);
    for entity in entities.chunk_by(|a, b| a == b).filter_map(|it| it.first().copied()) {
        let whose = entity.map_or_else(String::new, |it| format!(" of {it}"));
        let detail = match state(periods, entity, today) {
            Some(PeriodState::Open) => continue,
            Some(PeriodState::SoftClosed) => {
                let detail = format!(
                    "the period{whose} is being closed on {today}; only few may post in it"
                );
                report.flag(Code::Per01.as_str(), detail);
                continue;
            }
            Some(PeriodState::Future) => format!("the period{whose} of {today} is not open yet"),
            Some(PeriodState::Closed | PeriodState::PermanentlyClosed) => {
                format!("the period{whose} of {today} is closed")
            }
            None => format!("there is no period{whose} for {today}"),
        };
        report.fail(Code::Per01, detail);
    }
}

/// Who buys: the orders' legal entities, else those of their facilities; ascending.
fn entities<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>]) -> Few<Option<&'a str>> {
    let invoice = case.ground.invoice;
    let of_facility = |id| {
        let facility = case.facts.facilities.iter().find(|it| Some(&it.id) == id)?;
        Some(facility.legal_entity.as_str())
    };
    let of_order = |order: &&'a PurchaseOrder| {
        let facility = order.facility_id.as_ref().or(invoice.facility_id.as_ref());
        order.legal_entity.as_deref().or_else(|| of_facility(facility))
    };
    let mut found: Few<Option<&str>> = orders(billed).iter().map(of_order).collect();
    if found.is_empty() {
        found.push(of_facility(invoice.facility_id.as_ref()));
    }
    found.as_mut_slice().sort_unstable();
    found
}

/// The state on a day; an entity's own period goes before one for all. Of several, the worst.
fn state(periods: &[FiscalPeriod], entity: Option<&str>, on: Date) -> Option<PeriodState> {
    let on_day = |it: &&FiscalPeriod| it.from <= on && on <= it.to;
    let of = |whose: Option<&str>| {
        let these = periods.iter().filter(on_day);
        let these = these.filter(|it| it.legal_entity.as_deref() == whose);
        these.map(|it| it.state).max_by_key(|it| severity(*it))
    };
    entity.and_then(|it| of(Some(it))).or_else(|| of(None))
}

const fn severity(state: PeriodState) -> u8 {
    match state {
        PeriodState::Open => 0,
        PeriodState::SoftClosed => 1,
        PeriodState::Future => 2,
        PeriodState::Closed => 3,
        PeriodState::PermanentlyClosed => 4,
    }
}
