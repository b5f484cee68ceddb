//! The document: its charges against what the orders planned, and its total against its parts
//! (`domain.md` A13).

use super::bill::{Basis, Billed, Ground};
use super::key::Key;
use super::number::Number;
use super::price::merchandise;
use super::report::{Asked, Measure, Report, Terms};
use super::stand::money;
use canonical::{
    ChargeKind, Check, CheckResult, Code, FreightTerms, Limit, Money, PurchaseOrder, Reason,
};
use std::collections::{BTreeMap, HashSet};

/// The total: gross is the lines, the charges and the tax, less the discount.
pub(super) fn balance(ground: &Ground<'_>, terms: &Terms<'_>, report: &mut Report) {
    let invoice = ground.invoice;
    let of = |it| money(it, invoice.currency).minor();
    let charges: i128 = invoice.charges.iter().map(|it| of(it.amount)).sum();
    let parts = merchandise(ground)
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
        format!(
            "lines, charges and tax less discount make {parts}, the total says {gross}: {} apart",
            it.words()
        )
    });
}

/// Charges, by what they are for.
pub(super) fn charges(
    ground: &Ground<'_>,
    terms: &Terms<'_>,
    billed: &[Billed<'_>],
    report: &mut Report,
) {
    let currency = ground.invoice.currency;
    let mut asked: BTreeMap<ChargeKind, i128> = BTreeMap::new();
    for it in &ground.invoice.charges {
        let sum = asked.entry(it.kind).or_default();
        *sum = sum.saturating_add(money(it.amount, currency).minor());
    }
    let orders = orders(billed);
    let comparable: Vec<&PurchaseOrder> =
        orders.iter().copied().filter(|it| it.currency == currency).collect();
    let planned = planned(&comparable);
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
        } else if let Some(plan) = plan {
            let plan = Money::from_minor(plan, currency);
            let over = Money::from_minor(minor.saturating_sub(plan.minor()), currency);
            let measure = Measure::of_amount(over, plan);
            let codes = (Code::Chg01, Code::Chg01);
            let asked = Asked { key: Key::ChargePlanned, codes, measure, ruled: None };
            report.judge(terms, asked, |it| {
                let kind = word(kind);
                format!("{amount} of {kind} is billed, {plan} was planned: {} apart", it.words())
            });
        } else {
            let measure = Measure::of_amount(amount, merchandise(ground));
            let codes = (Code::Chg01, Code::Chg01);
            let asked = Asked { key: Key::ChargeUnplanned, codes, measure, ruled: None };
            report.judge(terms, asked, |_measure| {
                format!("{amount} of {} is billed and no order planned it", word(kind))
            });
        }
    }
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
    let key = Key::ChargeUnplanned.as_str();
    report.checks.push(Check {
        key: key.into(),
        result: CheckResult::Breach,
        variance: Some(variance.clone()),
        limit: Some(limit.clone()),
        because: None,
    });
    report.breach(
        Reason {
            code: Code::Chg02,
            key: Some(key.into()),
            invoice_line: None,
            variance: Some(variance),
            limit: Some(limit),
            clears_on: Code::Chg02.into(),
            detail: format!("{amount} of freight is billed, and by the order's terms it is free"),
        },
        super::policy::OnBreach::Block,
    );
}

/// Whether the whole document is about what nobody ordered.
fn is_unordered(billed: &[Billed<'_>]) -> bool {
    !billed.is_empty() && billed.iter().all(|it| matches!(it.basis, Basis::Nothing))
}

/// The orders billed, each once.
pub(super) fn orders<'a>(billed: &[Billed<'a>]) -> Vec<&'a PurchaseOrder> {
    let mut seen = HashSet::new();
    billed.iter().filter_map(|it| it.order).filter(|it| seen.insert(&it.number)).collect()
}

fn planned(orders: &[&PurchaseOrder]) -> BTreeMap<ChargeKind, i128> {
    let mut planned: BTreeMap<ChargeKind, i128> = BTreeMap::new();
    for order in orders {
        for it in &order.planned_charges {
            let sum = planned.entry(it.kind).or_default();
            *sum = sum.saturating_add(Number::from(it.amount).round(order.currency).minor());
        }
    }
    planned
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
