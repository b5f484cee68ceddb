//! Prices: the amount billed against the same quantity at the order's price (`domain.md` A7.3), and
//! the suspicion that a unit was mistaken for another (A12 rule 7).

use super::basis::Price;
use super::bill::{Billed, Ground};
use super::index::OrderLine;
use super::key::Key;
use super::measure::Measure;
use super::number::{Number, TENS};
use super::policy::OnBreach;
use super::quantity::Groups;
use super::report::{Asked, Report, Terms, Verdict};
use super::spoken::spoken;
use super::stand::{money, price_of_one};
use super::unit::row_factor;
use canonical::{CheckResult, Code, Currency, InvoiceLine, Item, Money, Reason, SupplierId};
use std::collections::BTreeMap;
use std::fmt;

/// More packaging rows than this are not searched for a suspicion.
const ROWS_MAX: usize = 64;

/// Stage 0: quantity times price, less the discount, is the net amount to half a minor unit.
pub(super) fn adds_up(line: &InvoiceLine, currency: Currency, report: &mut Report) {
    if multiplies(line) {
        let nothing = Measure::of_money(Money::zero(currency));
        return report.checked(Code::Tot02.word(), CheckResult::Pass, &nothing, None);
    }
    let price = &Number::from(line.quantity.value) * &Number::from(line.unit_price);
    let gross = price.per(&Number::from(line.price_base)).unwrap_or(Number::ZERO);
    let right = &gross - &Number::from(line.discount_amount);
    let off = &Number::from(line.net_amount) - &right;
    let fine = off.is_zero() || {
        let minor = 10i128.checked_pow(currency.exponent()).unwrap_or(1);
        Number::ratio(1, minor.saturating_mul(2)).is_some_and(|half| off.abs() <= half)
    };
    if !fine {
        report.reason(
            Code::Tot02,
            spoken!(
                "{} {} at {} per {}, less {}, make {}, not {}",
                line.quantity.value,
                line.quantity.uom,
                line.unit_price,
                line.price_base,
                line.discount_amount,
                right.round(currency),
                money(line.net_amount, currency)
            ),
        );
    }
    let amount = if fine { Money::zero(currency) } else { off.round(currency) };
    let result = if fine { CheckResult::Pass } else { CheckResult::Breach };
    report.checked(Code::Tot02.word(), result, &Measure::of_money(amount), None);
}

/// Whether the net amount is just quantity times the price of one, digit by digit, as mostly.
fn multiplies(line: &InvoiceLine) -> bool {
    let is_plain = line.price_base.short_parts() == Some((1, 0)) && line.discount_amount.is_zero();
    let parts = (
        line.quantity.value.short_parts(),
        line.unit_price.short_parts(),
        line.net_amount.short_parts(),
    );
    let (true, (Some(quantity), Some(price), Some(net))) = (is_plain, parts) else { return false };
    let product = i128::from(quantity.0) * i128::from(price.0);
    // the product has at least as many places, unless zeros were written behind the amount
    let places = quantity.1.saturating_add(price.1).checked_sub(net.1);
    let unit = places.and_then(|it| TENS.get(it as usize));
    unit.is_some_and(|it| i128::from(net.0) * i128::from(*it) == product)
}

/// The difference of one line, and what it is held against; `None` where its price is not compared.
fn difference(billed: &Billed<'_>) -> Option<(Key, Money, Money)> {
    let mut lines = billed.shares.iter().map(|it| it.line);
    let first = lines.next().filter(|it| it.is_by_quantity())?;
    let estimated = first.line.price_is_estimated && lines.all(|it| it.line.price_is_estimated);
    let key = if estimated { Key::PriceEstimated } else { Key::PriceUnit };
    let currency = billed.net.currency();
    let worth = match &*billed.shares {
        [only] => only.worth.round(currency),
        several => several.iter().fold(Number::ZERO, |sum, it| &sum + &it.worth).round(currency),
    };
    let over = billed.net.minor() - worth.minor() - billed.price_credit.minor();
    Some((key, Money::from_minor(over, currency), worth))
}

/// Asks every line.
pub(super) fn check(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    billed: &[Billed<'_>],
    reports: &mut [Report],
) {
    for (it, report) in billed.iter().zip(reports).filter(|(it, _report)| it.stopped.is_none()) {
        let Some((key, over, worth)) = difference(it) else { continue };
        let result = ask(terms, report, (key, over, worth), |measure| {
            words(ground, it, worth, measure.clone())
        });
        match result {
            CheckResult::PassWithin if over.minor() < 0 => {
                let measure = Measure::of_amount(over, worth);
                let words = measure.words();
                report.flag("PRICE_FAVOURABLE", spoken!("the price is {words} below the order's"));
            }
            CheckResult::Breach => suspect(ground, terms, it, key, report),
            CheckResult::Pass | CheckResult::PassWithin | CheckResult::NotEvaluated => {}
        }
    }
}

/// Several invoice lines of one order line are asked together too, so that a difference cannot be
/// cut into tolerable slices. Lines that share order lines are one group.
pub(super) fn check_sums(
    terms: &Terms<'_>,
    billed: &[Billed<'_>],
    groups: &Groups,
    reports: &mut [Report],
) {
    if groups.iter().all(|(_place, numbers)| numbers.len() == 1) {
        return;
    }
    let mut joined: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let roots = roots(billed.len(), groups);
    for (number, root) in roots.iter().enumerate() {
        joined.entry(*root).or_default().push(number);
    }
    for (lowest, numbers) in joined.into_iter().filter(|(_lowest, numbers)| numbers.len() > 1) {
        let parts: Vec<(Key, Money, Money)> =
            numbers.iter().filter_map(|it| difference(billed.get(*it)?)).collect();
        let (Some((key, _, _)), Some(report)) = (parts.first(), reports.get_mut(lowest)) else {
            continue;
        };
        if parts.len() < 2 {
            continue;
        }
        let sum = |of: fn(&(Key, Money, Money)) -> Money| {
            Money::from_minor(parts.iter().map(|it| of(it).minor()).sum(), terms.currency)
        };
        let (over, worth) = (sum(|it| it.1), sum(|it| it.2));
        let already = report.reasons.len();
        ask(terms, report, (*key, over, worth), |measure| {
            let words = measure.words();
            let side = if over.minor() < 0 { "under" } else { "over" };
            let count = parts.len();
            spoken!(
                "{count} lines of the same order line together: {worth} ordered, {words} {side}"
            )
        });
        // the line itself already says it
        let said = report
            .reasons
            .get(already)
            .is_some_and(|new| report.reasons.iter().take(already).any(|it| it.code == new.code));
        if said {
            report.reasons.truncate(already);
        }
    }
}

/// For each line, the lowest line that shares an order line with it, directly or through others.
fn roots(count: usize, groups: &Groups) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..count).collect();
    for (_place, numbers) in groups.iter() {
        let Some((_, first)) = numbers.first() else { continue };
        for (_, number) in numbers.iter().skip(1) {
            let (a, b) = (root(&mut roots, *first), root(&mut roots, *number));
            if let Some(it) = roots.get_mut(a.max(b)) {
                *it = a.min(b);
            }
        }
    }
    (0..count).map(|it| root(&mut roots, it)).collect()
}

fn root(roots: &mut [usize], of: usize) -> usize {
    let mut here = of;
    while let Some(&up) = roots.get(here).filter(|&&up| up != here) {
        // halves the way for the next one
        let further = roots.get(up).copied().unwrap_or(up);
        if let Some(it) = roots.get_mut(here) {
            *it = further;
        }
        here = further;
    }
    here
}

fn ask<W: fmt::Display + Send + Sync + 'static>(
    terms: &Terms<'_>,
    report: &mut Report,
    (key, over, worth): (Key, Money, Money),
    sentence: impl FnOnce(&Measure) -> W,
) -> CheckResult {
    let limits = &terms.row_for(key, report.invoice_line).upper;
    let unlimited = limits.abs.is_none() && limits.pct.is_none();
    // free goods that are charged for are no question of size
    let charged = worth.minor() == 0 && over.minor() > 0 && !unlimited;
    let asked = Asked {
        key,
        codes: (if key == Key::PriceEstimated { Code::Prc03 } else { Code::Prc01 }, Code::Prc02),
        measure: Measure::of_amount(over, worth),
        ruled: charged.then_some(Verdict::Beyond),
    };
    report.judge(terms, asked, sentence)
}

/// `1224.00 USD is billed, 1200.00 USD ordered: 24.00 USD over; the order has 12.00 per 1 BX`.
fn words(
    ground: &Ground<'_>,
    billed: &Billed<'_>,
    worth: Money,
    measure: Measure,
) -> impl fmt::Display + Send + Sync + use<> {
    let (net, credit) = (billed.net, billed.price_credit);
    let right = billed.first.map(|it| (ground.stands.price(it), it.line.quantity.uom.clone()));
    fmt::from_fn(move |f| {
        write!(f, "{net} is billed")?;
        if credit.minor() != 0 {
            write!(f, ", less {credit} of credits")?;
        }
        if worth.minor() == 0 {
            return f.write_str(" for what the order has for free");
        }
        let side = if measure.is_below() { "under" } else { "over" };
        write!(f, ", {worth} ordered: {} {side}; ", measure.words())?;
        match &right {
            Some((Price { price, base }, uom)) => {
                write!(f, "the order has {price} per {base} {uom}")
            }
            None => Ok(()),
        }
    })
}

/// Adds the suspicion that explains a breach, where the price is off by just a packaging ratio.
fn suspect(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    billed: &Billed<'_>,
    key: Key,
    report: &mut Report,
) {
    let Some(line) = billed.first else { return };
    let Some(detail) = suspicion(ground, billed, line) else { return };
    let code = Code::Uom04;
    let row = terms.row_for(key, report.invoice_line);
    if row.on_breach == OnBreach::Flag {
        report.flag(code.as_str(), detail);
        return;
    }
    let breach = report.reasons.last();
    report.reasons.push(Reason {
        code,
        key: Some(key.as_str().into()),
        invoice_line: report.invoice_line,
        variance: breach.and_then(|it| it.variance.clone()),
        limit: breach.and_then(|it| it.limit.clone()),
        clears_on: code.into(),
        detail: detail.into(),
    });
}

fn suspicion(ground: &Ground<'_>, billed: &Billed<'_>, line: &OrderLine<'_>) -> Option<String> {
    let (_place, item) = line.item?;
    let stand = ground.stands.fine(line.place)?;
    let factor = billed.factor.as_ref()?;
    let stated = price_of_one(billed.line.unit_price, billed.line.price_base);
    let ratio = stated.per(&factor.value)?.per(&stand.price)?;
    let uom = &billed.line.quantity.uom;
    if let Some(ours) = &factor.ours {
        let off = ours.per(&factor.value)?;
        if near(&ratio, &off) || near(&ratio, &Number::ONE.per(&off)?) {
            return Some(spoken!(
                "the price is {} times the order's, as the supplier's {uom} of {} to ours of {}: \
                 the supplier's packaging row is probably wrong, {uom} should be {} {}",
                ratio.show(4),
                factor.value.text(),
                ours.text(),
                ours.text(),
                item.base_uom
            ));
        }
    }
    let levels = levels(item, &ground.invoice.supplier_id);
    for (name, level) in &levels {
        if near(&ratio, &level.per(&factor.value)?) {
            return Some(spoken!(
                "the price is {} times the order's, as {name} to {uom}: it looks like the price \
                 of one {name}, so the unit should be {name}",
                ratio.show(4)
            ));
        }
        if near(&ratio, &stand.unit.per(level)?) {
            let ordered = &line.line.quantity.uom;
            return Some(spoken!(
                "the price is {} times the order's, as {ordered} to {name}: the order's price \
                 looks like that of one {name}, so its unit should be {name}",
                ratio.show(4)
            ));
        }
    }
    levels
        .iter()
        .find(|(_name, level)| {
            near(&ratio, level) || Number::ONE.per(level).is_some_and(|it| near(&ratio, &it))
        })
        .map(|(name, _level)| {
            let base = &item.base_uom;
            spoken!(
                "the price is {} times the order's, as {name} to {base}: {base} and {name} were \
             probably mistaken for each other, and the unit should be the other one",
                ratio.show(4)
            )
        })
}

/// The units of an item with what they are in base units, the base unit first.
fn levels<'i>(item: &'i Item, supplier: &SupplierId) -> Vec<(&'i str, Number)> {
    let rows = item.packaging.iter().take(ROWS_MAX);
    let rows = rows.filter(|it| it.supplier_id.as_ref().is_none_or(|it| it == supplier));
    std::iter::once((item.base_uom.as_str(), Number::ONE))
        .chain(rows.filter_map(|it| Some((it.uom.as_str(), row_factor(it)?))))
        .collect()
}

/// Within two percent of a ratio that is not one.
fn near(ratio: &Number, of: &Number) -> bool {
    if *of == Number::ONE {
        return false;
    }
    let off = (ratio - of).abs();
    &off * &Number::whole(50) <= *of
}

/// Stage 9: a line so large that somebody looks at it.
pub(super) fn large(terms: &Terms<'_>, billed: &Billed<'_>, report: &mut Report) {
    let net = billed.net;
    ceiling(terms, (Key::AmountPoItem, Code::Amt03), net, report, || {
        spoken!("{net} on one line is looked at by a person, right or wrong")
    });
}

/// Holds an amount against an upper limit below which nothing is said of it.
pub(super) fn ceiling(
    terms: &Terms<'_>,
    (key, code): (Key, Code),
    amount: Money,
    report: &mut Report,
    sentence: impl FnOnce() -> String,
) {
    let row = terms.row_for(key, report.invoice_line);
    let measure = Measure::of_money(amount);
    let result = match terms.verdict(row, &row.upper, &measure) {
        Verdict::Inside => CheckResult::Pass,
        Verdict::Beyond => CheckResult::Breach,
        Verdict::Unknown => return report.not_evaluated(key, Code::Cur02),
    };
    report.checked(key.word(), result, &measure, Some(&row.upper));
    if result == CheckResult::Breach {
        let reason = Reason {
            code,
            key: Some(key.as_str().into()),
            invoice_line: report.invoice_line,
            variance: Some(measure.shown()),
            limit: Some(row.upper.shown.clone()),
            clears_on: code.into(),
            detail: sentence().into(),
        };
        report.breach(reason, row.on_breach);
    }
}

/// The amount of all lines.
pub(super) fn merchandise(ground: &Ground<'_>, billed: &[Billed<'_>]) -> Money {
    let minor = billed.iter().map(|it| it.net.minor());
    Money::from_minor(minor.fold(0, i128::saturating_add), ground.invoice.currency)
}
