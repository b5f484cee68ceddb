//! Booking matched invoices in the finance system, after the decision is durable.
//!
//! A post is keyed by the invoice's id. A result that is not known is inquired before anything is
//! sent again (`domain.md` A18), so that an invoice is booked once however often this runs.

use crate::Process;
use canonical::{
    Charge, ChargeKind, Decimal, Error, Exact, Invoice, InvoiceId, InvoiceKind, InvoiceLine, Kind,
    LineResult, MatchResult, NewPayable, NewPayableLine, Payable, Quantity, Result,
};

/// What became of one try.
#[derive(Debug)]
pub(crate) enum Posted {
    /// It stands in the finance system.
    Booked(Box<Payable>),
    /// The finance system refused it: trying again changes nothing.
    Refused(Error),
    /// Not known, or not now: later.
    Later(Error),
}

impl Process {
    /// Tries once to book.
    pub(crate) async fn post(&self, payable: &NewPayable) -> Posted {
        match self.system().payables().create(payable).await {
            Ok(booked) => Posted::Booked(Box::new(booked)),
            Err(error) if error.kind().is_retryable() => Posted::Later(error),
            Err(error) if error.kind() == Kind::Internal => Posted::Later(error),
            Err(error) => Posted::Refused(error),
        }
    }
}

/// What to book for a matched invoice: its lines with the order lines they were matched to, and its
/// charges and discount as lines of their own. A credit is the same with every quantity and amount
/// below zero; what is about money alone names no order line, since it moves no quantity of it.
pub(crate) fn payable(
    id: &InvoiceId,
    invoice: &Invoice,
    result: &MatchResult,
) -> Result<NewPayable> {
    let mut lines = Vec::with_capacity(invoice.lines.len() + invoice.charges.len());
    for line in &invoice.lines {
        let matched = result.lines.iter().find(|it| it.invoice_line == line.line_number);
        let matched = matched.filter(|_| moves_quantity(invoice.kind));
        lines.extend(goods(line, matched)?);
    }
    for it in invoice.charges.iter().filter(|it| !it.amount.is_zero()) {
        lines.push(charge(it)?);
    }
    if !invoice.discount_amount.is_zero() {
        lines.push(amount("Discount", negated(invoice.discount_amount)?)?);
    }
    let whole = NewPayable {
        invoice_id: id.clone(),
        reference: invoice.supplier_invoice_number.clone(),
        supplier_id: invoice.supplier_id.clone(),
        invoice_date: invoice.invoice_date,
        currency: invoice.currency,
        lines,
        tax_amount: invoice.tax_amount,
        gross_amount: invoice.gross_amount,
    };
    if invoice.kind.is_credit() { below_zero(whole) } else { Ok(whole) }
}

const fn moves_quantity(kind: InvoiceKind) -> bool {
    !matches!(kind, InvoiceKind::PriceCredit | InvoiceKind::Debit | InvoiceKind::Prepayment)
}

/// The same, owed to us instead of by us.
fn below_zero(mut payable: NewPayable) -> Result<NewPayable> {
    for line in &mut payable.lines {
        line.quantity.value = negated(line.quantity.value)?;
        line.net_amount = negated(line.net_amount)?;
    }
    payable.tax_amount = negated(payable.tax_amount)?;
    payable.gross_amount = negated(payable.gross_amount)?;
    Ok(payable)
}

fn goods(line: &InvoiceLine, matched: Option<&LineResult>) -> Result<Vec<NewPayableLine>> {
    let allocations = matched.map(|it| it.allocations.as_slice()).unwrap_or_default();
    let whole = NewPayableLine {
        purchase_order_number: allocations.first().map(|it| it.purchase_order_number.clone()),
        purchase_order_line: allocations.first().map(|it| it.purchase_order_line),
        item_id: line.item_id.clone(),
        description: line.description.clone(),
        quantity: line.quantity.clone(),
        unit_price: line.unit_price,
        price_base: line.price_base,
        net_amount: line.net_amount,
    };
    // a line of nothing cannot be shared out
    if allocations.len() < 2 || line.quantity.value.is_zero() {
        return Ok(vec![whole]);
    }
    let unreadable = |what: &str| Error::internal(format!("an allocation has no plain {what}"));
    let total: Vec<Decimal> = allocations
        .iter()
        .map(|it| absolute(it.quantity.decimal().map_err(|_error| unreadable("quantity"))?))
        .collect::<Result<_>>()?;
    let sum: Exact = total.iter().map(Decimal::exact).sum();
    // the price stays as stated; its base is restated in the base unit the allocations count in
    let base = line.price_base.exact() * sum / line.quantity.value.exact();
    let price_base: Decimal =
        canonical::exact_text(&base).parse().map_err(|_error| unreadable("price base"))?;
    allocations
        .iter()
        .zip(total)
        .map(|(it, value)| {
            let amount = it.amount.decimal().map_err(|_error| unreadable("amount"))?;
            let net_amount = absolute(amount)?;
            Ok(NewPayableLine {
                purchase_order_number: Some(it.purchase_order_number.clone()),
                purchase_order_line: Some(it.purchase_order_line),
                quantity: Quantity { value, uom: it.uom.clone() },
                price_base,
                net_amount,
                ..whole.clone()
            })
        })
        .collect()
}

fn charge(charge: &Charge) -> Result<NewPayableLine> {
    let name = match charge.kind {
        ChargeKind::Freight => "Freight",
        ChargeKind::Handling => "Handling",
        ChargeKind::Fuel => "Fuel surcharge",
        ChargeKind::Hazmat => "Hazardous material",
        ChargeKind::SmallOrder => "Small order surcharge",
        ChargeKind::Restocking => "Restocking fee",
        ChargeKind::Deposit => "Deposit",
        ChargeKind::Other => "Charge",
    };
    amount(name, charge.amount)
}

fn amount(description: &str, amount: Decimal) -> Result<NewPayableLine> {
    let each = |detail: &str| Error::internal(detail);
    Ok(NewPayableLine {
        purchase_order_number: None,
        purchase_order_line: None,
        item_id: None,
        description: description.to_owned(),
        quantity: Quantity { value: Decimal::ONE, uom: "EA".parse().map_err(each)? },
        unit_price: amount,
        price_base: Decimal::ONE,
        net_amount: amount,
    })
}

/// As the document writes it; what is taken back is claimed below zero.
fn absolute(value: Decimal) -> Result<Decimal> {
    if value.is_negative() { negated(value) } else { Ok(value) }
}

fn negated(value: Decimal) -> Result<Decimal> {
    let (mantissa, scale) = value.parts();
    Decimal::new(-mantissa, scale).ok_or_else(|| Error::internal("an amount cannot be negated"))
}
