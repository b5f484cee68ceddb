//! Remaining life: goods that were received too close to their expiry (`domain.md` A14.4).

use super::bill::Billed;
use super::index::OrderLine;
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::report::{Asked, Report};
use canonical::{Code, Receipt};
use jiff::tz::TimeZone;

/// How many days of life a receipt's goods lack; below zero, there are more than are needed. `None`
/// where nothing is asked of the item, or the receipt does not say.
pub(super) fn short_days(line: &OrderLine<'_>, receipt: &Receipt) -> Option<i64> {
    let minimum = i64::from(line.item?.1.minimum_shelf_days?);
    let received = receipt.effective_at.to_zoned(TimeZone::UTC).date();
    let left = receipt.expires_on?.since(received).ok()?.get_days();
    Some(minimum.saturating_sub(left.into()))
}

/// Asks every receipt of the order lines that are billed, each once.
pub(super) fn check<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>], reports: &mut [Report]) {
    if case.facts.items.iter().all(|it| it.minimum_shelf_days.is_none()) {
        return;
    }
    for (at, line, receipt) in case.receipts(billed) {
        let Some((report, short)) = reports.get_mut(at).zip(short_days(line, receipt)) else {
            continue;
        };
        let days = short.max(0);
        let measure = Measure::of_days(days, case.ground.invoice.currency);
        let codes = (Code::Lot02, Code::Lot02);
        let asked = Asked { key: Key::ShelfLife, codes, measure, ruled: None };
        report.judge(case.terms, asked, |_measure| {
            let number = &receipt.number;
            format!(
                "the goods of receipt {number} have {days} days of life less than are needed; \
                 they are quarantined"
            )
        });
    }
}
