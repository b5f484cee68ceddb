//! What a rate that moved between receipt and invoice costs, apart from what the price differs
//! (`domain.md` A13): the two add up to the difference of what was accrued and what is payable.

use crate::matching::bill::Billed;
use crate::matching::index::OrderLine;
use crate::matching::key::Key;
use crate::matching::later::Case;
use crate::matching::measure::Measure;
use crate::matching::number::Number;
use crate::matching::observe::{Against, Blame};
use crate::matching::policy::OnBreach;
use crate::matching::report::Report;
use crate::matching::unit::View;
use canonical::{CheckResult, Code, Currency, ExchangeSplit, Money, Receipt};
use jiff::tz::TimeZone;

/// The rates and amounts of one line, in the functional currency.
struct Split {
    receipt_rate: Number,
    accrued: i128,
    payable: i128,
    price: i128,
}

/// Asks every line that was received, where the invoice is in another currency and any rate came
/// along.
pub(in crate::matching) fn check<'a>(
    case: &Case<'_, 'a>,
    billed: &[Billed<'a>],
    reports: &mut [Report],
) -> Option<ExchangeSplit> {
    let (invoice, functional) = (case.ground.invoice, case.terms.policy.currency());
    let rated = || case.facts.receipts.iter().any(|it| it.exchange_rate.is_some());
    let told = invoice.exchange_rate.is_some() || !case.facts.rates.is_empty() || rated();
    if invoice.currency == functional || !told {
        return None;
    }
    let rate = case.rates().of_invoice();
    let mut splits = Vec::new();
    for (it, report) in billed.iter().zip(reports) {
        let line = it.first;
        let Some(line) = line.filter(|it| !it.receipts.is_empty()) else { continue };
        if let Some(because) = it.stopped {
            report.not_evaluated(Key::FxRate, because);
            continue;
        }
        let Some((rate, receipt_rate)) = rate.as_ref().zip(receipt_rate(case, it, line)) else {
            report.not_evaluated(Key::FxRate, Code::Cur02);
            continue;
        };
        let split = split(case, it, rate, receipt_rate);
        judge(case, (&split, rate), functional, report);
        splits.push(split);
    }
    sum(&splits, &rate?, functional)
}

/// The rate at which the goods of a line were accrued: that of the receipts, weighted by quantity;
/// one without a rate of its own counts at the published one of its day.
fn receipt_rate<'a>(
    case: &Case<'_, 'a>,
    billed: &Billed<'a>,
    line: &OrderLine<'a>,
) -> Option<Number> {
    let rates = case.rates();
    let cited = billed.line.receipt_number.as_ref();
    let mut receipts: Vec<&'a Receipt> = line.receipts.to_vec();
    if receipts.iter().any(|it| Some(&it.number) == cited) {
        receipts.retain(|it| Some(&it.number) == cited);
    }
    let (mut count, mut sum) = (Number::ZERO, Number::ZERO);
    for receipt in receipts.into_iter().filter(|it| it.reversal_of.is_none()) {
        let own = receipt.exchange_rate.map(Number::from);
        let day = receipt.effective_at.to_zoned(TimeZone::UTC).date();
        let rate = own.or_else(|| rates.to_functional(line.order.currency, day))?;
        let quantity = case.ground.units.convert(line.of(), &receipt.quantity, View::Ours).ok()?;
        count = &count + &quantity;
        sum = &sum + &(&quantity * &rate);
    }
    let rate = sum.per(&count)?;
    // of the invoice's currency, where the order is in another that was converted
    match case.ground.stands.rate(line.order).flatten() {
        Some(converted) => rate.per(converted),
        None => Some(rate),
    }
}

fn split(case: &Case<'_, '_>, it: &Billed<'_>, rate: &Number, receipt_rate: Number) -> Split {
    let (currency, functional) = (it.net.currency(), case.terms.policy.currency());
    let worth = it.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.worth);
    let ordered = worth.round(currency);
    let off = Money::from_minor(it.net.minor().saturating_sub(ordered.minor()), currency);
    let at = |amount: &Number, rate| (amount * rate).round(functional).minor();
    Split {
        accrued: at(&Number::from(ordered), &receipt_rate),
        payable: at(&Number::from(it.net), rate),
        price: at(&Number::from(off), rate),
        receipt_rate,
    }
}

impl Split {
    /// What is left of the difference once the price has its part: the law is exact.
    const fn exchange(&self) -> i128 {
        self.payable.saturating_sub(self.accrued).saturating_sub(self.price)
    }
}

fn judge(
    case: &Case<'_, '_>,
    (split, rate): (&Split, &Number),
    functional: Currency,
    report: &mut Report,
) {
    let off = rate - &split.receipt_rate;
    let percent = (&off * &Number::whole(100)).per(&split.receipt_rate);
    let amount = Money::from_minor(split.exchange(), functional);
    let measure = Measure { percent, ..Measure::of_money(amount) };
    let against = if off.is_negative() { Against::Lower } else { Against::Upper };
    let observed = report.observe(case.terms, (Key::FxRate, against), &measure);
    if observed.result != CheckResult::Breach {
        return;
    }
    let detail = format!(
        "the invoice is booked at {}, the goods were accrued at {}: {} % apart, {amount}",
        shown(rate),
        shown(&split.receipt_rate),
        measure.percent.as_ref().map(|it| it.show(4)).unwrap_or_default()
    );
    if observed.on_breach == OnBreach::Flag {
        return report.flag(Key::FxRate.as_str(), detail);
    }
    let (code, key, on_breach) = (Code::Cur02, Key::FxRate, observed.on_breach);
    report.blame(case.terms, Blame { code, key, measure: &measure, on_breach, detail });
}

fn sum(splits: &[Split], rate: &Number, functional: Currency) -> Option<ExchangeSplit> {
    let first = splits.first()?;
    let of = |part: fn(&Split) -> i128| {
        let minor = splits.iter().map(part).fold(0, i128::saturating_add);
        Money::from_minor(minor, functional).amount_text()
    };
    let one_rate = splits.iter().all(|it| it.receipt_rate == first.receipt_rate);
    let weighted = || {
        let in_own = splits.iter().filter_map(|it| Number::whole(it.accrued).per(&it.receipt_rate));
        let own = in_own.fold(Number::ZERO, |sum, it| &sum + &it);
        let accrued = splits.iter().map(|it| it.accrued).fold(0, i128::saturating_add);
        Number::whole(accrued).per(&own).unwrap_or_else(|| first.receipt_rate.clone())
    };
    let receipt_rate = if one_rate { first.receipt_rate.clone() } else { weighted() };
    Some(ExchangeSplit {
        currency: functional.to_string(),
        invoice_rate: shown(rate),
        receipt_rate: shown(&receipt_rate),
        accrued: of(|it| it.accrued),
        payable: of(|it| it.payable),
        price_variance: of(|it| it.price),
        exchange_variance: of(Split::exchange),
    })
}

/// A rate as it was quoted, or with ten places where it is a fraction.
fn shown(rate: &Number) -> String {
    let text = rate.text();
    if text.contains('/') { rate.show(10) } else { text }
}
