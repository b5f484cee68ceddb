//! Applying a cure: the facts as they would be.

use super::super::number::Number;
use super::super::request::{Credit, CreditKind, Facts};
use super::correction::Part;
use super::cure::Cure;
use canonical::{
    ChargeKind, Code, Decimal, Disposition, Invoice, Money, PurchaseOrderNumber, Quantity, Receipt,
    ReceiptNumber, UsageEvent,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

mod correct;
mod master;
mod order;

pub(super) use correct::{net, parts};

/// A reason that a decision puts aside: its code and invoice line.
pub type Waived = (Code, Option<u32>);

/// Applies a cure to the invoice and the facts; a decision changes neither, and gives the reason
/// that it puts aside. A cure of what is not there changes nothing.
pub fn apply(cure: &Cure, invoice: &mut Invoice, facts: &mut Facts) -> Option<Waived> {
    match cure {
        Cure::Receive { .. } | Cure::Accept { .. } | Cure::RecordUsage { .. } => {
            goods(cure, invoice, facts);
        }
        Cure::CorrectReceipt { receipt_number, quantity } => {
            for it in facts.receipts.iter_mut().filter(|it| it.number == *receipt_number) {
                it.quantity = quantity.clone();
                if it.accepted.is_some() {
                    it.accepted = Some(quantity.clone());
                }
            }
        }
        Cure::AttestUsage { number } => {
            for it in facts.usages.iter_mut().filter(|it| it.number == *number) {
                it.attested = true;
            }
        }
        Cure::Wait { until, .. } => facts.as_of = Some(*until),
        Cure::PriceCredit { invoice_line, amount } => facts.credits.push(Credit {
            invoice_line: *invoice_line,
            kind: CreditKind::Price,
            amount: written(*amount),
            quantity: None,
        }),
        Cure::QuantityCredit { invoice_line, quantity } => facts.credits.push(Credit {
            invoice_line: *invoice_line,
            kind: CreditKind::Quantity,
            amount: None,
            quantity: Some(quantity.clone()),
        }),
        Cure::ShortPay { part, chargeback, .. } => {
            short_pay(*part, *chargeback, invoice);
        }
        Cure::Correct { invoice_line, to } => correct::correct(*invoice_line, to, invoice, facts),
        Cure::MarkNotDuplicate { code, invoice_line }
        | Cure::Release { code, invoice_line, .. } => return Some((*code, *invoice_line)),
        Cure::PublishRate { rate: None, invoice_line, .. } => {
            return Some((Code::Cur02, *invoice_line));
        }
        Cure::Packaging { .. }
        | Cure::ActivateSupplier { .. }
        | Cure::LinkSupplier { .. }
        | Cure::VerifyRemitTo { .. }
        | Cure::ClearSanction { .. }
        | Cure::PublishRate { .. }
        | Cure::ContractPrice { .. }
        | Cure::ContractCurrency { .. }
        | Cure::CloseRecall { .. }
        | Cure::OpenPeriod { .. }
        | Cure::AgreeSelfBilling { .. }
        | Cure::RejectEarlier { .. } => master::change(cure, invoice, facts),
        Cure::ChangeOrderPrice { .. }
        | Cure::ChangeOrderQuantity { .. }
        | Cure::ChangeOrderAmount { .. }
        | Cure::ChangeOrderLimit { .. }
        | Cure::ChangeOrderValidity { .. }
        | Cure::ChangePromisedDate { .. }
        | Cure::PlanCharge { .. }
        | Cure::ChangeFreightTerms { .. }
        | Cure::ApproveOrder { .. }
        | Cure::ReopenOrder { .. }
        | Cure::ProvideOrder { .. }
        | Cure::AddOrderLine { .. }
        | Cure::PrepareSelfBilling { .. } => order::change(cure, invoice, facts),
    }
    None
}

/// The date that facts are as of.
pub(super) fn today(invoice: &Invoice, facts: &Facts) -> Date {
    facts.as_of.unwrap_or(invoice.invoice_date)
}

fn at(date: Date) -> Timestamp {
    // ok: every date of a document is one that UTC knows
    date.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |it| it.timestamp())
}

fn goods(cure: &Cure, invoice: &Invoice, facts: &mut Facts) {
    let on = today(invoice, facts);
    match cure {
        Cure::Receive { purchase_order_number, purchase_order_line, quantity, receipt_number } => {
            let of = (purchase_order_number, *purchase_order_line);
            let mut it = receipt(of, on, quantity, facts);
            if let Some(number) = receipt_number {
                it.number = number.clone();
            }
            facts.receipts.push(it);
        }
        Cure::Accept { purchase_order_number, purchase_order_line, quantity } => {
            // what is accepted is counted already
            let of = (purchase_order_number, *purchase_order_line);
            let mut it = receipt(of, on, quantity, facts);
            it.quantity.value = Decimal::ZERO;
            facts.receipts.push(it);
        }
        Cure::RecordUsage { purchase_order_number, purchase_order_line, item_id, quantity } => {
            let usage = UsageEvent {
                number: format!("EXPECTED-{}", facts.usages.len() + 1),
                supplier_id: invoice.supplier_id.clone(),
                purchase_order_number: Some(purchase_order_number.clone()),
                purchase_order_line: Some(*purchase_order_line),
                item_id: item_id.clone(),
                quantity: quantity.clone(),
                lot_number: None,
                serial_numbers: Vec::new(),
                used_on: on,
                facility_id: invoice.facility_id.clone(),
                case_token: None,
                disposition: Disposition::Used,
                attested: true,
            };
            facts.usages.push(usage);
        }
        _ => {}
    }
}

fn receipt(
    of: (&PurchaseOrderNumber, u32),
    on: Date,
    quantity: &Quantity,
    facts: &Facts,
) -> Receipt {
    let mut count = facts.receipts.len() + 1;
    let number = loop {
        let number: Result<ReceiptNumber, _> = format!("EXPECTED-{count}").parse();
        match number {
            Ok(it) if facts.receipts.iter().all(|known| known.number != it) => break it,
            // ok: one of so many names is free
            _ => count += 1,
        }
    };
    Receipt {
        number,
        purchase_order_number: of.0.clone(),
        purchase_order_line: of.1,
        item_id: None,
        quantity: quantity.clone(),
        accepted: Some(quantity.clone()),
        effective_at: at(on),
        facility_id: None,
        packing_slip: None,
        lot_numbers: Vec::new(),
        serial_numbers: Vec::new(),
        expires_on: None,
        exchange_rate: None,
        pricing_quantity: None,
        reversal_of: None,
        external_ids: Vec::new(),
    }
}

/// What is disputed is neither paid nor asked for any more.
pub fn short_pay(part: Part, chargeback: Money, invoice: &mut Invoice) -> bool {
    let currency = invoice.currency;
    let mut left = chargeback.minor();
    if part == Part::Tax {
        take(&mut invoice.tax_amount, &mut left, currency);
    } else {
        let freight = |kind| (kind == ChargeKind::Freight) == (part == Part::Freight);
        for it in invoice.charges.iter_mut().filter(|it| freight(it.kind)) {
            take(&mut it.amount, &mut left, currency);
        }
    }
    let taken = chargeback.minor() - left;
    let mut gross = taken;
    take(&mut invoice.gross_amount, &mut gross, currency);
    left == 0 && gross == 0
}

/// Takes as much as there is.
fn take(from: &mut Decimal, left: &mut i128, currency: canonical::Currency) {
    let there = Number::from(*from).round(currency).minor();
    let taken = there.min(*left).max(0);
    if let Some(rest) = written(Money::from_minor(there - taken, currency)) {
        *from = rest;
        *left -= taken;
    }
}

/// An amount as it is written.
pub(super) fn written(amount: Money) -> Option<Decimal> {
    amount.amount_text().parse().ok()
}
