//! Corrections of the invoice by the supplier. Amounts that follow are corrected with it, so that a
//! corrected invoice adds up as far as the one before did.

use super::super::super::number::Number;
use super::super::super::request::{CreditKind, Facts};
use super::super::correction::{CorrectedCharge, Correction};
use super::written;
use canonical::{Charge, Currency, Decimal, Invoice, InvoiceLine, Money};

pub(super) fn correct(
    invoice_line: Option<u32>,
    to: &Correction,
    invoice: &mut Invoice,
    facts: &mut Facts,
) {
    let before = parts(invoice);
    match (invoice_line, to) {
        (Some(number), Correction::CreditQuantity(quantity)) => {
            let mut left = Some(quantity.clone());
            let is_credit = |kind| kind == CreditKind::Quantity;
            facts.credits.retain_mut(|it| {
                if it.invoice_line != number || !is_credit(it.kind) {
                    return true;
                }
                it.amount = None;
                it.quantity = left.take();
                it.quantity.is_some()
            });
        }
        (Some(number), to) => {
            let currency = invoice.currency;
            let line = invoice.lines.iter_mut().find(|it| it.line_number == number);
            if let Some(line) = line {
                correct_line(line, to, currency);
            }
        }
        (None, to) => document(to, invoice),
    }
    if !matches!(to, Correction::GrossAmount(_)) {
        let moved = parts(invoice).saturating_sub(before);
        let gross = minor(invoice.gross_amount, invoice.currency).saturating_add(moved).max(0);
        let gross = written(Money::from_minor(gross, invoice.currency));
        invoice.gross_amount = gross.unwrap_or(invoice.gross_amount);
    }
}

fn correct_line(line: &mut InvoiceLine, to: &Correction, currency: Currency) {
    match to {
        Correction::Uom(uom) => line.quantity.uom = uom.clone(),
        Correction::Quantity(quantity) => {
            line.quantity.value = *quantity;
            line.net_amount = net(line, currency).unwrap_or(line.net_amount);
        }
        Correction::UnitPrice(price) => {
            line.unit_price = *price;
            line.net_amount = net(line, currency).unwrap_or(line.net_amount);
        }
        Correction::NetAmount(amount) => line.net_amount = *amount,
        Correction::OrderLine(it) => {
            line.purchase_order_number = Some(it.purchase_order_number.clone());
            line.purchase_order_line = Some(it.purchase_order_line);
        }
        _ => {}
    }
}

fn document(to: &Correction, invoice: &mut Invoice) {
    match to {
        Correction::GrossAmount(amount) => invoice.gross_amount = *amount,
        Correction::TaxAmount(amount) => invoice.tax_amount = *amount,
        Correction::Charge(CorrectedCharge { kind, amount }) => {
            invoice.charges.retain(|it| it.kind != *kind);
            if !amount.is_zero() {
                invoice.charges.push(Charge { kind: *kind, amount: *amount });
            }
        }
        Correction::Currency(currency) => invoice.currency = *currency,
        Correction::InvoiceDate(date) => invoice.invoice_date = *date,
        Correction::SupplierId(id) => invoice.supplier_id = id.clone(),
        Correction::RemitTo(account) => invoice.remit_to.clone_from(account),
        Correction::CitedInvoiceNumber(number) => {
            invoice.cited_invoice_number = Some(number.clone());
        }
        _ => {}
    }
}

/// What a line comes to, by its own figures.
pub(in crate::matching::explain) fn net(line: &InvoiceLine, currency: Currency) -> Option<Decimal> {
    let price = &Number::from(line.quantity.value) * &Number::from(line.unit_price);
    let gross = price.per(&Number::from(line.price_base))?;
    written((&gross - &Number::from(line.discount_amount)).round(currency))
}

/// What the document comes to, by its own parts.
pub(in crate::matching::explain) fn parts(invoice: &Invoice) -> i128 {
    let of = |it| minor(it, invoice.currency);
    let lines = invoice.lines.iter().map(|it| of(it.net_amount));
    let charges = invoice.charges.iter().map(|it| of(it.amount));
    let sum = lines.chain(charges).fold(0i128, i128::saturating_add);
    sum.saturating_add(of(invoice.tax_amount)).saturating_sub(of(invoice.discount_amount))
}

fn minor(amount: Decimal, currency: Currency) -> i128 {
    Number::from(amount).round(currency).minor()
}
