//! Money paid ahead: a prepayment is held against the value of its order, and final invoices use it
//! up, each unit once (`domain.md` A13). What is matched stays as it is; what is payable falls.

use super::bill::{Billed, Ground};
use super::document::orders;
use super::few::HashMap;
use super::measure::Measure;
use super::number::Number;
use super::report::Report;
use super::spoken::spoken;
use super::stand::{money, price_of_one};
use canonical::{
    Code, Exact, InvoiceKind, Money, Prepayment, PrepaymentApplied, PurchaseOrder,
    PurchaseOrderNumber, Settlement, allocate,
};

/// Asks a prepayment: with the others on its order it is at most what is ordered.
pub(super) fn check(ground: &Ground<'_>, billed: &[Billed<'_>], report: &mut Report) {
    if ground.invoice.kind != InvoiceKind::Prepayment {
        return;
    }
    report.flag("PREPAYMENT", "paid ahead: it is set off against the final invoice".to_owned());
    let of = |minor| Money::from_minor(minor, ground.invoice.currency);
    for (order, part) in by_order(ground, billed) {
        let (value, ahead) = (value(order), paid_ahead(ground, order));
        let left = of(value.minor().saturating_sub(ahead.minor()).max(0));
        let over = of(part.minor().saturating_sub(left.minor()).max(0));
        report.strict(Code::Amt01, &Measure::of_amount(over, left), |it| {
            let number = &order.number;
            spoken!(
                "{part} is asked ahead on order {number} of {value}, {ahead} is paid ahead \
                 already: {} too much",
                it.words()
            )
        });
    }
}

/// Sets prepayments off against what the invoice asks for, oldest first; `None` where nothing was
/// paid ahead on its orders.
pub(super) fn settle(ground: &Ground<'_>, billed: &[Billed<'_>]) -> Option<Settlement> {
    if !matches!(ground.invoice.kind, InvoiceKind::Standard | InvoiceKind::SelfBilled) {
        return None;
    }
    let all = ground.index.prepayments();
    if all.is_empty() {
        return None;
    }
    let currency = ground.invoice.currency;
    let of = |minor| Money::from_minor(minor, currency);
    let gross = money(ground.invoice.gross_amount, currency);
    let (mut applied, mut payable, mut asked) = (Vec::new(), gross.minor(), false);
    for (order, part) in by_order(ground, billed) {
        let mut left = part.minor();
        for it in on(all, order) {
            asked = true;
            let open = money(it.amount, currency).minor() - money(it.applied, currency).minor();
            let used = open.max(0).min(left);
            if used > 0 {
                left -= used;
                payable -= used;
                let amount = of(used).amount_text();
                let invoice = it.invoice.clone();
                let purchase_order_number = is_of_several(all, it).then(|| order.number.clone());
                applied.push(PrepaymentApplied { invoice, purchase_order_number, amount });
            }
        }
    }
    asked.then(|| Settlement {
        gross: gross.amount_text(),
        prepayments: applied,
        payable: of(payable).amount_text(),
    })
}

/// Whether the prepayment was paid on another order, too.
fn is_of_several(all: &[Prepayment], one: &Prepayment) -> bool {
    let another = |it: &Prepayment| it.purchase_order_number != one.purchase_order_number;
    all.iter().any(|it| it.invoice == one.invoice && another(it))
}

/// The prepayments on an order, oldest first.
fn on<'a>(all: &'a [Prepayment], order: &PurchaseOrder) -> Vec<&'a Prepayment> {
    let is_mine = |it: &&Prepayment| {
        it.purchase_order_number == order.number && it.currency == order.currency
    };
    let mut mine: Vec<&Prepayment> = all.iter().filter(is_mine).collect();
    mine.sort_by_key(|it| (it.paid_on.is_none(), it.paid_on, &it.invoice));
    mine
}

/// What the document asks for in all, spread over its orders by what it bills on them (R3). What it
/// bills on none keeps its own part.
fn by_order<'a>(ground: &Ground<'_>, billed: &[Billed<'a>]) -> Vec<(&'a PurchaseOrder, Money)> {
    let currency = ground.invoice.currency;
    let mut parts: Vec<(Option<&'a PurchaseOrder>, Exact)> = orders(billed)
        .iter()
        .copied()
        .filter(|it| it.currency == currency)
        .map(|it| (Some(it), Exact::default()))
        .chain([(None, Exact::default())])
        .collect();
    let number = |it: &PurchaseOrder| it.number.clone();
    let names = parts.iter().enumerate().map(|(place, part)| (part.0.map(number), place));
    let places: HashMap<Option<PurchaseOrderNumber>, usize> = names.collect();
    for it in billed {
        let order = it.order.filter(|it| it.currency == currency).map(number);
        let mine = places.get(&order).and_then(|place| parts.get_mut(*place));
        if let Some((_order, sum)) = mine {
            *sum += it.net.exact();
        }
    }
    if parts.iter().any(|it| it.1 != Exact::default()) {
        parts.retain(|it| it.1 != Exact::default());
    }
    let weights: Vec<Exact> = parts.iter().map(|it| it.1.clone()).collect();
    let gross = money(ground.invoice.gross_amount, currency);
    let shares = allocate(gross.minor(), &weights);
    let shared = parts.into_iter().zip(shares);
    shared.filter_map(|((order, _), it)| Some((order?, Money::from_minor(it, currency)))).collect()
}

/// What an order is worth: its limit, or else its lines and the charges planned on it.
fn value(order: &PurchaseOrder) -> Money {
    if let Some(limit) = order.limit_amount {
        return money(limit, order.currency);
    }
    let lines = order.lines.iter().map(|it| {
        let price = price_of_one(it.unit_price, it.price_base);
        (&Number::from(it.quantity.value) * &price).round(order.currency).minor()
    });
    let charges = order.planned_charges.iter().map(|it| money(it.amount, order.currency).minor());
    Money::from_minor(lines.chain(charges).fold(0, i128::saturating_add), order.currency)
}

/// What other prepayments paid ahead on an order.
fn paid_ahead(ground: &Ground<'_>, order: &PurchaseOrder) -> Money {
    let own = ground.invoice.supplier_invoice_number.as_str();
    let others = on(ground.index.prepayments(), order).into_iter();
    let amounts = others.filter(|it| it.invoice != own).map(|it| money(it.amount, order.currency));
    Money::from_minor(amounts.map(|it| it.minor()).fold(0, i128::saturating_add), order.currency)
}

#[cfg(test)]
mod tests;
