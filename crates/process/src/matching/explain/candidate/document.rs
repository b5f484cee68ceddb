//! The document: charges, tax, totals, dates and credits.

use super::super::super::number::Number;
use super::super::apply::{net, parts, today, written};
use super::super::correction::{CorrectedCharge, Correction, Part};
use super::super::cure::Cure;
use super::Case;
use canonical::{ChargeKind, FreightTerms, Money, Quantity};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// More of anything than this is not tried.
const MOST: usize = 4;
const WAIT_DAYS_MAX: i32 = 1_000;

pub(super) fn charges(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (invoice, Some(over)) = (case.invoice, case.over()) else { return };
    let mut billed: BTreeMap<ChargeKind, i128> = BTreeMap::new();
    for it in &invoice.charges {
        let minor = Number::from(it.amount).round(invoice.currency).minor();
        let sum = billed.entry(it.kind).or_default();
        *sum = sum.saturating_add(minor);
    }
    let named: BTreeSet<_> =
        invoice.lines.iter().filter_map(|it| it.purchase_order_number.as_ref()).collect();
    let orders = case.facts.purchase_orders.iter().filter(|it| named.contains(&it.number));
    let orders: Vec<_> = orders.take(MOST).collect();
    for (kind, minor) in billed.into_iter().filter(|it| it.1 >= over.minor()) {
        let money = |minor| Money::from_minor(minor, invoice.currency);
        let rest = money(minor.saturating_sub(over.minor()));
        let part = if kind == ChargeKind::Freight { Part::Freight } else { Part::Charges };
        found.push(Cure::ShortPay { part, pay: rest, chargeback: over });
        for order in &orders {
            if kind == ChargeKind::Freight
                && order.freight_terms == Some(FreightTerms::PrepaidNoCharge)
            {
                found
                    .push(Cure::ChangeFreightTerms { purchase_order_number: order.number.clone() });
            }
            found.push(Cure::PlanCharge {
                purchase_order_number: order.number.clone(),
                charge: kind,
                increase: over,
            });
        }
        found.extend(written(rest).map(|amount| Cure::Correct {
            invoice_line: None,
            to: Correction::Charge(CorrectedCharge { kind, amount }),
        }));
    }
}

pub(super) fn tax(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (invoice, Some(off)) = (case.invoice, case.off()) else { return };
    let billed = Number::from(invoice.tax_amount).round(invoice.currency).minor();
    let right = billed.saturating_sub(off.minor());
    if right < 0 {
        return;
    }
    if off.minor() > 0 {
        let pay = Money::from_minor(right, invoice.currency);
        found.push(Cure::ShortPay { part: Part::Tax, pay, chargeback: off });
    }
    let amount = written(Money::from_minor(right, invoice.currency));
    found.extend(
        amount.map(|it| Cure::Correct { invoice_line: None, to: Correction::TaxAmount(it) }),
    );
}

pub(super) fn total(case: &Case<'_>, found: &mut Vec<Cure>) {
    let right = parts(case.invoice);
    if right < 0 {
        return;
    }
    let amount = written(Money::from_minor(right, case.invoice.currency));
    found.extend(
        amount.map(|it| Cure::Correct { invoice_line: None, to: Correction::GrossAmount(it) }),
    );
}

pub(super) fn line_total(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(line) = case.line() else { return };
    let mut add = |to| found.push(Cure::Correct { invoice_line: Some(line.line_number), to });
    if let Some(amount) = net(line, case.invoice.currency).filter(|it| !it.is_negative()) {
        add(Correction::NetAmount(amount));
    }
    let gross = &Number::from(line.net_amount) + &Number::from(line.discount_amount);
    let gross = &gross * &Number::from(line.price_base);
    let price = gross.per(&Number::from(line.quantity.value));
    if let Some(it) = price.and_then(|it| super::price::price(&it.exact(), case.invoice.currency)) {
        add(Correction::UnitPrice(it));
    }
    let quantity = gross.per(&Number::from(line.unit_price));
    if let Some(it) = quantity.and_then(|it| it.text().parse().ok()) {
        add(Correction::Quantity(it));
    }
}

/// A credit takes back what was billed, and no more.
pub(super) fn over_credit(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(line) = case.line() else { return };
    let Quantity { value, uom } = line.quantity.clone();
    found.push(Cure::Correct {
        invoice_line: Some(line.line_number),
        to: Correction::CreditQuantity(Quantity { value, uom }),
    });
}

/// The invoice that a credit is for, of those that are known.
pub(super) fn cited(case: &Case<'_>, found: &mut Vec<Cure>) {
    let known = case.facts.known_invoices.iter();
    let own = known.filter(|it| it.supplier_id == case.invoice.supplier_id).take(MOST);
    found.extend(own.map(|it| Cure::Correct {
        invoice_line: None,
        to: Correction::CitedInvoiceNumber(it.supplier_invoice_number.clone()),
    }));
}

fn wait(case: &Case<'_>, until: Date) -> Option<Cure> {
    let from = today(case.invoice, case.facts);
    let days = from.until(until).ok()?.get_days();
    let days = u32::try_from(days.min(WAIT_DAYS_MAX)).ok().filter(|it| *it > 0)?;
    Some(Cure::Wait { until, days })
}

/// A date in the future comes; a wrong one is corrected.
pub(super) fn date(case: &Case<'_>, found: &mut Vec<Cure>) {
    let on = today(case.invoice, case.facts);
    found.extend(wait(case, case.invoice.invoice_date));
    if on != case.invoice.invoice_date {
        found.push(Cure::Correct { invoice_line: None, to: Correction::InvoiceDate(on) });
    }
}

/// The goods are due later.
pub(super) fn early(case: &Case<'_>, found: &mut Vec<Cure>) {
    let on = today(case.invoice, case.facts);
    let promised = |it: &canonical::PurchaseOrderLine| it.promised_date.or(it.requested_date);
    let lines = case.order_lines();
    let latest = lines.iter().filter_map(|it| promised(it.1)).max();
    found.extend(latest.and_then(|it| wait(case, it)));
    let later = lines.iter().filter(|it| promised(it.1).is_some_and(|it| it > on));
    found.extend(later.map(|(order, it)| Cure::ChangePromisedDate {
        purchase_order_number: order.number.clone(),
        purchase_order_line: it.line_number,
        promised_date: on,
    }));
}
