//! Cures as sentences, and what they are worth.

use super::super::number::Number;
use super::super::request::Facts;
use super::super::stand::price_of_one;
use super::correction::{Correction, Part};
use super::cure::Cure;
use super::effort::Effort;
use super::{CureSet, ExplainedReason};
use canonical::{Decimal, Invoice, Money, Outcome, PurchaseOrderLine, PurchaseOrderNumber};

/// More ways than this are not named in one sentence.
const NAMED_MAX: usize = 3;

/// The outcome, and how it clears.
pub(super) fn summary(outcome: Outcome, reasons: &[ExplainedReason], cures: &[CureSet]) -> String {
    let open = reasons.iter().filter(|it| it.code.outcome().is_some());
    let codes: Vec<&str> = open.map(|it| it.code.as_str()).collect();
    let what = match outcome {
        Outcome::Matched => return "It matches; nothing is open.".to_owned(),
        Outcome::MatchedWithinTolerance => {
            return "It matches within what is tolerated; nothing is open.".to_owned();
        }
        Outcome::Blocked => "It is owed, and payment waits",
        Outcome::Exception => "It cannot be booked",
        Outcome::Rejected => "It goes back to the supplier",
    };
    let mut seen = std::collections::BTreeSet::new();
    let codes: Vec<&str> = codes.into_iter().filter(|it| seen.insert(*it)).collect();
    let why = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
    let ways: Vec<&str> = cures.iter().take(NAMED_MAX).map(|it| it.sentence.as_str()).collect();
    if ways.is_empty() {
        format!("{what}{why}; no single fact clears it, and a person has to decide.")
    } else {
        format!("{what}{why}. What clears it: {}.", ways.join(", or "))
    }
}

/// Everything that a set asks for.
pub(super) fn set(actions: &[Cure], invoice: &Invoice) -> String {
    let all: Vec<String> = actions.iter().map(|it| one(it, invoice)).collect();
    all.join(" and ")
}

fn one(cure: &Cure, invoice: &Invoice) -> String {
    match cure {
        Cure::Receive { purchase_order_number, purchase_order_line, quantity, receipt_number } => {
            let on = receipt_number.as_ref().map(|it| format!(" as receipt {it}"));
            format!(
                "{} more {} received{} on line {purchase_order_line} of order \
                 {purchase_order_number}",
                quantity.value,
                quantity.uom,
                on.unwrap_or_default()
            )
        }
        Cure::Accept { purchase_order_number, purchase_order_line, quantity } => format!(
            "{} more {} accepted on line {purchase_order_line} of order {purchase_order_number}",
            quantity.value, quantity.uom
        ),
        Cure::RecordUsage { item_id, quantity, .. } => {
            format!("a usage of {} more {} of {item_id}", quantity.value, quantity.uom)
        }
        Cure::AttestUsage { number } => format!("usage {number} attested by hospital staff"),
        Cure::CorrectReceipt { receipt_number, quantity } => {
            format!("receipt {receipt_number} corrected to {} {}", quantity.value, quantity.uom)
        }
        Cure::Wait { until, .. } => format!("waiting until {until}"),
        Cure::PriceCredit { invoice_line, amount } => {
            format!("a price credit of {amount} on line {invoice_line}")
        }
        Cure::QuantityCredit { invoice_line, quantity } => {
            format!("a credit for {} {} of line {invoice_line}", quantity.value, quantity.uom)
        }
        Cure::ShortPay { part, pay, chargeback } => {
            let what = match part {
                Part::Tax => "tax",
                Part::Freight => "freight",
                Part::Charges => "charges",
            };
            format!("a short payment: {pay} of the {what} paid and {chargeback} charged back")
        }
        Cure::Correct { invoice_line, to } => correction(*invoice_line, to, invoice),
        Cure::MarkNotDuplicate { code, .. } => {
            format!("a person's decision that it is no duplicate ({code})")
        }
        Cure::Release { code, invoice_line, owner } => {
            let line = invoice_line.map(|it| format!(" on line {it}")).unwrap_or_default();
            format!("a release of {code}{line} by {}", queue(*owner))
        }
        other => order(other).unwrap_or_else(|| master(other)),
    }
}

fn order(cure: &Cure) -> Option<String> {
    Some(match cure {
        Cure::ChangeOrderPrice {
            purchase_order_number: order,
            purchase_order_line: line,
            unit_price,
            price_base,
        } => {
            let per = if *price_base == Decimal::ONE {
                String::new()
            } else {
                format!(" per {price_base}")
            };
            format!("line {line} of order {order} changed to a price of {unit_price}{per}")
        }
        Cure::ChangeOrderQuantity {
            purchase_order_number: order,
            purchase_order_line: line,
            increase,
        } => {
            format!(
                "{} more {} ordered on line {line} of order {order}",
                increase.value, increase.uom
            )
        }
        Cure::ChangeOrderAmount {
            purchase_order_number: order,
            purchase_order_line: line,
            increase,
        } => {
            format!("line {line} of order {order} raised by {increase}")
        }
        Cure::ChangeOrderLimit { purchase_order_number: order, increase } => {
            format!("the limit of order {order} raised by {increase}")
        }
        Cure::ChangeOrderValidity { purchase_order_number: order, includes } => {
            format!("order {order} made valid on {includes}")
        }
        Cure::ChangePromisedDate {
            purchase_order_number: order,
            purchase_order_line: line,
            promised_date,
        } => {
            format!("line {line} of order {order} promised for {promised_date}")
        }
        Cure::PlanCharge { purchase_order_number: order, charge, increase } => {
            let charge = super::super::document::word(*charge);
            format!("{increase} more of {charge} planned on order {order}")
        }
        Cure::ChangeFreightTerms { purchase_order_number: order } => {
            format!("order {order} changed so that freight may be billed")
        }
        Cure::ApproveOrder { purchase_order_number: order } => format!("order {order} approved"),
        Cure::ReopenOrder { purchase_order_number: order, purchase_order_line: Some(line) } => {
            format!("line {line} of order {order} reopened")
        }
        Cure::ReopenOrder { purchase_order_number: order, .. } => format!("order {order} reopened"),
        Cure::ProvideOrder { purchase_order_number: order } => {
            format!("an order {order} for what is billed")
        }
        Cure::AddOrderLine { purchase_order_number: order, invoice_line, .. } => {
            format!("a line of order {order} for invoice line {invoice_line}")
        }
        Cure::PrepareSelfBilling { purchase_order_number: order } => {
            format!("order {order} made ready for self-billing")
        }
        _ => return None,
    })
}

fn master(cure: &Cure) -> String {
    match cure {
        Cure::Packaging { item_id, uom, supplier_id, numerator, denominator } => {
            let whose = supplier_id
                .as_ref()
                .map_or_else(|| "for all suppliers".to_owned(), |it| format!("for supplier {it}"));
            let factor = if *denominator == Decimal::ONE {
                numerator.to_string()
            } else {
                format!("{numerator}/{denominator}")
            };
            format!("a packaging row {uom} = {factor} base units of {item_id} {whose}")
        }
        Cure::ActivateSupplier { supplier_id } => {
            format!("supplier {supplier_id} active in the supplier master")
        }
        Cure::LinkSupplier { supplier_id, .. } => {
            format!("supplier {supplier_id} found to be one business with the order's")
        }
        Cure::VerifyRemitTo { supplier_id, .. } => {
            format!("the account verified with supplier {supplier_id} by calling back")
        }
        Cure::ClearSanction { supplier_id } => {
            format!("supplier {supplier_id} cleared by compliance")
        }
        Cure::PublishRate { base, quote, rate, as_of, .. } => {
            let rate = rate.map(|it| format!(", as {it}")).unwrap_or_default();
            format!("a rate from {base} to {quote} published for {as_of}{rate}")
        }
        Cure::ContractPrice { item_id, uom, unit_price, .. } => {
            format!("a contract price of {unit_price} for {uom} of {item_id}")
        }
        Cure::ContractCurrency { currency, .. } => {
            format!("{currency} allowed by the contract with the supplier")
        }
        Cure::CloseRecall { number } => format!("recall {number} closed"),
        Cure::OpenPeriod { date } => format!("the period of {date} opened"),
        Cure::AgreeSelfBilling { supplier_id } => {
            format!("supplier {supplier_id} agreed to self-billing")
        }
        Cure::RejectEarlier { invoice } => format!("the earlier invoice {invoice} rejected"),
        _ => String::new(),
    }
}

fn correction(invoice_line: Option<u32>, to: &Correction, invoice: &Invoice) -> String {
    let line = invoice_line.map(|it| format!(" of line {it}")).unwrap_or_default();
    let currency = invoice.currency;
    let what = match to {
        Correction::Uom(uom) => format!("the unit{line} is {uom}"),
        Correction::Quantity(it) => format!("the quantity{line} is {it}"),
        Correction::UnitPrice(it) => format!("the price{line} is {it}"),
        Correction::NetAmount(it) => format!("the net amount{line} is {it} {currency}"),
        Correction::OrderLine(it) => format!(
            "the order{line} is {} line {}",
            it.purchase_order_number, it.purchase_order_line
        ),
        Correction::GrossAmount(it) => format!("the total is {it} {currency}"),
        Correction::TaxAmount(it) => format!("the tax is {it} {currency}"),
        Correction::Charge(it) => {
            let charge = super::super::document::word(it.kind);
            format!("the {charge} is {} {currency}", it.amount)
        }
        Correction::Currency(it) => format!("the currency is {it}"),
        Correction::InvoiceDate(it) => format!("the date is {it}"),
        Correction::SupplierId(it) => format!("the supplier is {it}"),
        Correction::RemitTo(_) => "the account is one that is known".to_owned(),
        Correction::CitedInvoiceNumber(it) => format!("the invoice cited is {it}"),
        Correction::CreditQuantity(it) => {
            let (value, uom) = (it.value, &it.uom);
            return format!("a corrected credit of {value} {uom}{line}");
        }
    };
    format!("a corrected invoice on which {what}")
}

fn queue(owner: canonical::Owner) -> String {
    let word = serde_json::to_value(owner).ok();
    let word = word.as_ref().and_then(|it| it.as_str()).unwrap_or("the owner").replace('_', " ");
    if word == "ap" { "accounts payable".to_owned() } else { word }
}

/// How much it takes: goods beyond what is open on the order take a change of it.
pub(super) fn effort(cure: &Cure, facts: &Facts) -> Effort {
    let _facts = facts;
    cure.effort()
}

/// The money it moves.
pub(super) fn worth(cure: &Cure, invoice: &Invoice, facts: &Facts) -> Money {
    let currency = invoice.currency;
    let at_order = |order: &PurchaseOrderNumber, line: u32, value: Decimal| {
        let price = order_line(facts, order, line)
            .map_or(Number::ZERO, |it| price_of_one(it.unit_price, it.price_base));
        (&price * &Number::from(value)).round(currency)
    };
    match cure {
        Cure::Receive {
            purchase_order_number: order, purchase_order_line: line, quantity, ..
        }
        | Cure::Accept { purchase_order_number: order, purchase_order_line: line, quantity }
        | Cure::RecordUsage {
            purchase_order_number: order,
            purchase_order_line: line,
            quantity,
            ..
        }
        | Cure::ChangeOrderQuantity {
            purchase_order_number: order,
            purchase_order_line: line,
            increase: quantity,
        } => at_order(order, *line, quantity.value),
        Cure::PriceCredit { amount, .. }
        | Cure::ShortPay { chargeback: amount, .. }
        | Cure::ChangeOrderAmount { increase: amount, .. }
        | Cure::ChangeOrderLimit { increase: amount, .. }
        | Cure::PlanCharge { increase: amount, .. } => *amount,
        Cure::QuantityCredit { invoice_line, quantity } => {
            let line = invoice.lines.iter().find(|it| it.line_number == *invoice_line);
            let price = line.map_or(Number::ZERO, |it| price_of_one(it.unit_price, it.price_base));
            (&price * &Number::from(quantity.value)).round(currency)
        }
        _ => Money::zero(currency),
    }
}

fn order_line<'f>(
    facts: &'f Facts,
    number: &PurchaseOrderNumber,
    line: u32,
) -> Option<&'f PurchaseOrderLine> {
    let order = facts.purchase_orders.iter().find(|it| it.number == *number)?;
    order.lines.iter().find(|it| it.line_number == line)
}
