//! The document: its charges against what the orders planned, and its total against its parts
//! (`domain.md` A13).

use super::bill::{Basis, Billed, Ground};
use super::few::{Few, HashSet};
use super::key::Key;
use super::measure::Measure;
use super::number::Number;
use super::price::merchandise;
use super::report::{Asked, Report, Terms};
use super::spoken::spoken;
use super::stand::money;
use canonical::{
    ChargeKind, Check, CheckResult, Code, FreightTerms, InvoiceKind, Limit, Money, PurchaseOrder,
    Reason,
};
use std::collections::BTreeMap;
use std::fmt;

/// The total: gross is the lines, the charges and the tax, less the discount.
pub(super) fn balance(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    billed: &[Billed<'_>],
    report: &mut Report,
) {
    let invoice = ground.invoice;
    let of = |it| money(it, invoice.currency).minor();
    let charges: i128 = invoice.charges.iter().map(|it| of(it.amount)).sum();
    let parts = merchandise(ground, billed)
        .minor()
        .saturating_add(charges)
        .saturating_add(of(invoice.tax_amount))
        .saturating_sub(of(invoice.discount_amount));
    let parts = Money::from_minor(parts, invoice.currency);
    let gross = money(invoice.gross_amount, invoice.currency);
    let off = Money::from_minor(gross.minor().saturating_sub(parts.minor()), invoice.currency);
    let measure = Measure::of_amount(off, parts);
    let codes = (Code::Tot01, Code::Tot01);
    let asked = Asked { key: Key::DocBalance, codes, measure, ruled: None };
    report.judge(terms, asked, |it| {
        let apart = it.clone();
        fmt::from_fn(move |f| {
            write!(
                f,
                "lines, charges and tax less discount make {parts}, the total says {gross}: {} \
                 apart",
                apart.words()
            )
        })
    });
}

/// Charges, by what they are for.
pub(super) fn charges(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    billed: &[Billed<'_>],
    report: &mut Report,
) {
    // charges that come back are no charges, and a prepayment is held against its order whole
    if ground.is_credit() || ground.invoice.kind == InvoiceKind::Prepayment {
        return;
    }
    let currency = ground.invoice.currency;
    let mut asked: BTreeMap<ChargeKind, i128> = BTreeMap::new();
    for it in &ground.invoice.charges {
        let sum = asked.entry(it.kind).or_default();
        *sum = sum.saturating_add(money(it.amount, currency).minor());
    }
    if asked.is_empty() {
        return;
    }
    let orders = orders(billed);
    let comparable: Vec<&PurchaseOrder> =
        orders.iter().copied().filter(|it| in_currency(ground, it).is_some()).collect();
    let planned = planned(ground, &comparable, billed);
    let free = !comparable.is_empty()
        && comparable.iter().all(|it| it.freight_terms == Some(FreightTerms::PrepaidNoCharge));
    for (kind, minor) in asked {
        let amount = Money::from_minor(minor, currency);
        let plan = planned.get(&kind).copied();
        if comparable.is_empty() && !is_unordered(billed) {
            let because = billed.iter().find_map(|it| it.stopped).unwrap_or(Code::Inv01);
            report.not_evaluated(Key::ChargeUnplanned, because);
        } else if kind == ChargeKind::Freight && free && minor != 0 {
            excluded(amount, report);
        } else if let Some((plan, before)) = plan {
            let plan = Money::from_minor(plan, currency);
            let over = minor.saturating_add(before).saturating_sub(plan.minor());
            let over = Money::from_minor(over, currency);
            let measure = Measure::of_amount(over, plan);
            let codes = (Code::Chg01, Code::Chg01);
            let asked = Asked { key: Key::ChargePlanned, codes, measure, ruled: None };
            report.judge(terms, asked, |it| planned_words((kind, amount), (plan, before), it));
        } else {
            let measure = Measure::of_amount(amount, merchandise(ground, billed));
            let codes = (Code::Chg01, Code::Chg01);
            let asked = Asked { key: Key::ChargeUnplanned, codes, measure, ruled: None };
            report.judge(terms, asked, |_measure| {
                spoken!("{amount} of {} is billed and no order planned it", word(kind))
            });
        }
    }
}

fn planned_words(
    (kind, amount): (ChargeKind, Money),
    (plan, before): (Money, i128),
    measure: &Measure,
) -> String {
    let (kind, words) = (word(kind), measure.words());
    if before == 0 {
        return spoken!("{amount} of {kind} is billed, {plan} was planned: {words} apart");
    }
    let before = Money::from_minor(before, plan.currency());
    spoken!(
        "{amount} of {kind} is billed and {before} was before, {plan} was planned for the order: \
         {words} apart"
    )
}

/// Freight that the supplier agreed to bear: no tolerance applies.
fn excluded(amount: Money, report: &mut Report) {
    let zero = Money::zero(amount.currency());
    let limit = Limit {
        amount: Some(zero.into()),
        percent: None,
        combine: canonical::Combine::Strictest,
        unit: canonical::AmountUnit::Money,
        row: None,
    };
    let variance = Measure::of_money(amount).shown();
    let (key, result) = (Key::ChargeUnplanned, CheckResult::Breach);
    report.checks.push(Check::new(key.word(), result, Some(&variance), Some(&limit), None));
    report.breach(
        Reason {
            code: Code::Chg02,
            key: Some(key.as_str().into()),
            invoice_line: None,
            variance: Some(variance),
            limit: Some(limit),
            clears_on: Code::Chg02.into(),
            detail: spoken!("{amount} of freight is billed, and by the order's terms it is free")
                .into(),
        },
        super::policy::OnBreach::Block,
    );
}

/// Whether the whole document is about what nobody ordered.
fn is_unordered(billed: &[Billed<'_>]) -> bool {
    !billed.is_empty() && billed.iter().all(|it| matches!(it.basis, Basis::Nothing))
}

/// The orders billed, each once.
pub(super) fn orders<'a>(billed: &[Billed<'a>]) -> Few<&'a PurchaseOrder> {
    let mut orders: Few<&PurchaseOrder> = Few::new();
    for order in billed.iter().filter_map(|it| it.order) {
        if orders.last().is_none_or(|it| !std::ptr::eq(*it, order)) {
            orders.push(order);
        }
    }
    if orders.len() > 1 {
        let mut seen = HashSet::default();
        orders = orders.iter().copied().filter(|it| seen.insert(&it.number)).collect();
    }
    orders
}

/// What the orders planned of each kind, and what earlier invoices used up of it.
fn planned(
    ground: &Ground<'_>,
    orders: &[&PurchaseOrder],
    billed: &[Billed<'_>],
) -> BTreeMap<ChargeKind, (i128, i128)> {
    let currency = ground.invoice.currency;
    let mut planned: BTreeMap<ChargeKind, (i128, i128)> = BTreeMap::new();
    for order in orders {
        let Some(rate) = in_currency(ground, order) else { continue };
        for it in &order.planned_charges {
            let share = it.percent.map_or(Number::ZERO, |percent| {
                let goods = goods(order, billed);
                (&goods * &Number::from(percent)).per(&Number::whole(100)).unwrap_or(Number::ZERO)
            });
            let amount = (&(&Number::from(it.amount) * &rate) + &share).round(currency).minor();
            let before = it.billed_amount.map_or(Number::ZERO, Number::from);
            let before = (&before * &rate).round(currency).minor();
            let sum = planned.entry(it.kind).or_default();
            *sum = (sum.0.saturating_add(amount), sum.1.saturating_add(before));
        }
    }
    planned
}

/// What one unit of an order's currency is in the invoice's; `None` where they cannot be compared.
fn in_currency(ground: &Ground<'_>, order: &PurchaseOrder) -> Option<Number> {
    if order.currency == ground.invoice.currency {
        return Some(Number::ONE);
    }
    ground.stands.rate(order)?.cloned()
}

/// What is billed of an order's goods.
fn goods(order: &PurchaseOrder, billed: &[Billed<'_>]) -> Number {
    let of_order = billed.iter().filter(|it| it.order.is_some_and(|it| it.number == order.number));
    of_order.fold(Number::ZERO, |sum, it| &sum + &Number::from(it.net))
}

pub(super) const fn word(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::Freight => "freight",
        ChargeKind::Handling => "handling",
        ChargeKind::Fuel => "fuel surcharge",
        ChargeKind::Hazmat => "hazardous material charge",
        ChargeKind::SmallOrder => "small order surcharge",
        ChargeKind::Restocking => "restocking fee",
        ChargeKind::Deposit => "deposit",
        ChargeKind::Other => "other charges",
    }
}
