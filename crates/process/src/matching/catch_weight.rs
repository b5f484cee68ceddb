//! Catch weight: goods whose weight varies from piece to piece. What a piece weighs on the invoice
//! is held against what it weighed at the dock, or as it was ordered (`domain.md` A7.4).

use super::bill::Billed;
use super::index::OrderLine;
use super::key::Key;
use super::later::Case;
use super::measure::Measure;
use super::number::Number;
use super::report::{Asked, Report};
use super::unit::{View, between};
use canonical::{Code, Quantity, Receipt};

/// Asks every line that says how much it is in the unit it is priced in.
pub(super) fn check<'a>(case: &Case<'_, 'a>, billed: &[Billed<'a>], reports: &mut [Report]) {
    for (it, report) in billed.iter().zip(reports) {
        let Some(priced) = &it.line.pricing_quantity else { continue };
        if let Some(because) = it.stopped {
            report.not_evaluated(Key::OpuRatio, because);
            continue;
        }
        let Some(line) = it.first.filter(|it| it.is_by_quantity()) else { continue };
        let quantity = it.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.quantity);
        let billed = Number::from(priced.value).per(&quantity);
        let weighed = line.receipts.iter().any(|it| it.pricing_quantity.is_some());
        if !weighed && line.line.pricing_quantity.is_none() {
            continue;
        }
        match billed.zip(expected(case, (it, line), priced)) {
            Some((billed, (expected, whose))) if expected.is_positive() => {
                judge(case, (it, billed, &expected), whose, report);
            }
            Some(_) | None => report.not_evaluated(Key::OpuRatio, Code::Uom01),
        }
    }
}

/// The weight of one base unit in the unit that the invoice prices in, and who says so: the
/// receipts, else the order. `None` where neither says it in a unit that converts.
fn expected<'a>(
    case: &Case<'_, 'a>,
    (billed, line): (&Billed<'a>, &OrderLine<'a>),
    priced: &Quantity,
) -> Option<(Number, &'static str)> {
    let units = case.ground.units;
    let one = |count: &'a Quantity, weight: &Quantity| {
        let count = units.convert(line.of(), count, View::Ours).ok()?;
        let weight = between(weight.uom.as_str(), &priced.uom)
            .map(|factor| &factor * &Number::from(weight.value))?;
        Some((count, weight))
    };
    let cited = billed.line.receipt_number.as_ref();
    let counted = |it: &&&'a Receipt| {
        cited.is_none_or(|cited| {
            it.number == *cited || it.packing_slip.as_deref() == Some(cited.as_str())
        })
    };
    let receipts = line.receipts.iter().filter(counted);
    let (count, weight) = receipts
        .filter_map(|it| one(&it.quantity, it.pricing_quantity.as_ref()?))
        .fold((Number::ZERO, Number::ZERO), |sum, it| (&sum.0 + &it.0, &sum.1 + &it.1));
    if count.is_positive() {
        return Some((weight.per(&count)?, "received"));
    }
    let (count, weight) = one(&line.line.quantity, line.line.pricing_quantity.as_ref()?)?;
    Some((weight.per(&count)?, "ordered"))
}

fn judge(
    case: &Case<'_, '_>,
    (it, billed, expected): (&Billed<'_>, Number, &Number),
    whose: &str,
    report: &mut Report,
) {
    let off = &billed - expected;
    let percent = (&off * &Number::whole(100)).per(expected);
    let share = off.per(&billed).unwrap_or(Number::ZERO);
    // what the difference costs, at what is billed
    let amount = (&Number::from(it.net) * &share).round(it.net.currency());
    let quantity = Some(off);
    let measure = Measure { percent, quantity, ..Measure::of_money(amount) };
    let codes = (Code::Qty02, Code::Prc02);
    let asked = Asked { key: Key::OpuRatio, codes, measure, ruled: None };
    report.judge(case.terms, asked, |measure| {
        let percent = measure.percent.as_ref().map(|it| it.show(4)).unwrap_or_default();
        let uom = it.line.pricing_quantity.as_ref().map_or("", |it| it.uom.as_str());
        format!(
            "a piece is billed at {} {uom}, {} {uom} was {whose}: {percent} % apart",
            billed.show(4),
            expected.show(4)
        )
    });
}
