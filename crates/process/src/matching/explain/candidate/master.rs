//! Suppliers, rates, periods, recalls and earlier invoices.

use super::super::apply::today;
use super::super::correction::Correction;
use super::super::cure::Cure;
use super::Case;
use canonical::{Code, Currency, CurrencyRate};

/// More of anything than this is not tried.
const MOST: usize = 4;

pub(super) fn supplier(case: &Case<'_>, found: &mut Vec<Cure>) {
    let supplier_id = case.invoice.supplier_id.clone();
    match case.reason.code {
        Code::Sup03 => {
            if let Some(remit_to) = case.invoice.remit_to.clone() {
                found.push(Cure::VerifyRemitTo { supplier_id, remit_to });
            }
            let known = case.facts.suppliers.iter().find(|it| it.id == case.invoice.supplier_id);
            let account = known.and_then(|it| it.remit_to.first()).cloned();
            found.push(Cure::Correct { invoice_line: None, to: Correction::RemitTo(account) });
        }
        Code::Sup04 => found.push(Cure::ClearSanction { supplier_id }),
        _ => found.push(Cure::ActivateSupplier { supplier_id }),
    }
}

pub(super) fn period(case: &Case<'_>, found: &mut Vec<Cure>) {
    found.push(Cure::OpenPeriod { date: today(case.invoice, case.facts) });
}

/// The rate from the invoice's currency to the policy's.
pub(super) fn rate(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (base, quote) = (case.invoice.currency, case.policy.document().currency);
    let is_pair = |it: &&CurrencyRate, a: Currency, b: Currency| it.base == a && it.quote == b;
    let rates = || case.facts.rates.iter();
    let latest = rates().filter(|it| is_pair(it, base, quote)).max_by_key(|it| it.as_of);
    let rate = latest.map(|it| it.rate).or(case.invoice.exchange_rate);
    let as_of = case.invoice.invoice_date;
    let publish = |rate| Cure::PublishRate { base, quote, rate, as_of, invoice_line: case.about };
    found.extend(rate.map(|it| publish(Some(it))));
    found.push(publish(None));
}

pub(super) fn recall(case: &Case<'_>, found: &mut Vec<Cure>) {
    let item = case.line().and_then(|it| it.item_id.as_ref());
    let ordered = case.order_lines();
    let ordered: Vec<_> = ordered.iter().filter_map(|it| it.1.item_id.as_ref()).collect();
    let about = case.facts.recalls.iter().filter(|it| {
        it.closed_on.is_none() && (item == Some(&it.item_id) || ordered.contains(&&it.item_id))
    });
    found.extend(about.take(MOST).map(|it| Cure::CloseRecall { number: it.number.clone() }));
}

pub(super) fn self_billing(case: &Case<'_>, found: &mut Vec<Cure>) {
    for (order, _line) in case.order_lines() {
        found.push(Cure::PrepareSelfBilling { purchase_order_number: order.number.clone() });
    }
    found.push(Cure::AgreeSelfBilling { supplier_id: case.invoice.supplier_id.clone() });
}

pub(super) fn duplicate(case: &Case<'_>, found: &mut Vec<Cure>) {
    let said = case.reason.detail.to_string();
    let named = case.facts.known_invoices.iter().filter(|it| said.contains(&it.id));
    found.extend(named.take(MOST).map(|it| Cure::RejectEarlier { invoice: it.id.clone() }));
    let invoice_line = case.reason.invoice_line;
    found.push(Cure::MarkNotDuplicate { code: case.reason.code, invoice_line });
}
