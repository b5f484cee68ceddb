//! Evaluated receipt settlement: we make the invoice for what was received and not billed yet
//! (`domain.md` A5, F7; A1.1, R6).

use super::bill::{Billed, Ground};
use super::index::{Index, OrderLine};
use super::mode::Modes;
use super::number::Number;
use super::policy::{Policy, PolicyDocument};
use super::report::{Report, Terms};
use super::request::Facts;
use super::stand::{Adjusted, Stand, Stands, by_receipt, price_of_one};
use super::unit::Units;
use canonical::{
    Code, Decimal, Error, FieldError, Invoice, InvoiceKind, InvoiceLine, MatchResult, OrderKind,
    OrderStatus, PurchaseOrder, PurchaseOrderNumber, Quantity, Reason, Receipt, Result,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// Which invoices would be made for what was received and not billed. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfBillingQuestion {
    /// A tolerance policy to decide by; `null` for the active one.
    #[serde(default)]
    pub policy: Option<PolicyDocument>,
    /// The date of the invoices.
    pub invoice_date: Date,
    /// The orders, what moved on them and what was billed; orders of kind `ers` are asked.
    pub facts: Facts,
}

/// The invoices that would be made, one for each order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SelfBillingProposals {
    /// In the order of the orders.
    pub items: Vec<SelfBillingProposal>,
}

/// The invoice that would be made for one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SelfBillingProposal {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The invoice; `null` where nothing is left to bill, or something stands in the way.
    #[schema(required = true)]
    pub invoice: Option<Invoice>,
    /// What the match says of it.
    #[schema(required = true)]
    pub result: Option<MatchResult>,
    /// What stands in the way (`ERS-01`).
    pub reasons: Vec<Reason>,
}

impl SelfBillingQuestion {
    /// Checks the request whole and proposes, under its own policy or the active one.
    ///
    /// # Errors
    /// `invalid` with every field of the policy or the facts that is at fault.
    pub fn answer(self, active: &Policy) -> Result<SelfBillingProposals> {
        let Self { policy, invoice_date, facts } = self;
        let at = |base: &str, it: FieldError| FieldError {
            pointer: format!("{base}{}", it.pointer),
            detail: it.detail,
        };
        let faults = super::intake::check_facts(&facts);
        let mut faults: Vec<FieldError> = faults.into_iter().map(|it| at("/facts", it)).collect();
        let own = policy.map(Policy::new).transpose();
        let own = own.map(|it| it.map(|it| it.with_duplicates(Arc::clone(active.duplicates()))));
        let own = own.unwrap_or_else(|of_policy| {
            faults.extend(of_policy.into_iter().map(|it| at("/policy", it)));
            None
        });
        if !faults.is_empty() {
            return Err(Error::invalid_fields(faults));
        }
        let policy = own.as_ref().unwrap_or(active);
        let orders = facts.purchase_orders.iter().filter(|it| it.kind == OrderKind::Ers);
        let items = orders.map(|it| propose(it, &facts, policy, invoice_date)).collect();
        Ok(SelfBillingProposals { items })
    }
}

fn propose(
    order: &PurchaseOrder,
    facts: &Facts,
    policy: &Policy,
    date: Date,
) -> SelfBillingProposal {
    let purchase_order_number = order.number.clone();
    match self_bill(order, facts, policy, date) {
        Ok(invoice) => {
            let result = invoice.as_ref().map(|it| super::evaluate(it, facts, policy));
            let reasons = Vec::new();
            SelfBillingProposal { purchase_order_number, invoice, result, reasons }
        }
        Err(reasons) => {
            let (invoice, result) = (None, None);
            SelfBillingProposal { purchase_order_number, invoice, result, reasons }
        }
    }
}

/// Makes the invoice for what was received on an order and is not billed; `None` where nothing is.
/// The tax is what the tax rules make due.
///
/// # Errors
/// Every reason why we may not make it.
pub fn self_bill(
    order: &PurchaseOrder,
    facts: &Facts,
    policy: &Policy,
    date: Date,
) -> std::result::Result<Option<Invoice>, Vec<Reason>> {
    let mut invoice = blank(order, date)?;
    let mut report = Report::new(None);
    let lines = {
        let index = Index::new(facts, &Modes::new(policy, &invoice, facts));
        let units = Units::new(&invoice.supplier_id);
        let terms = Terms::new(policy, &invoice, facts);
        let adjusted = Adjusted::new(&terms, &invoice, facts, &index);
        let stands = Stands::new(&index, &units, &adjusted).at(policy.price_basis());
        let ground = Ground { invoice: &invoice, index: &index, units: &units, stands: &stands };
        agreed(&ground, order, &mut report);
        unbilled(&ground, order, &mut report)
    };
    if !report.reasons.is_empty() {
        return Err(report.reasons);
    }
    let Some(last) = lines.last() else { return Ok(None) };
    let receipt = last.receipt_number.as_ref().map(ToString::to_string).unwrap_or_default();
    if let Ok(number) = format!("ERS-{}-{receipt}", order.number).parse() {
        invoice.supplier_invoice_number = number;
    }
    invoice.lines = lines;
    let tax = super::evaluate(&invoice, facts, policy).tax;
    invoice.tax_amount = tax.and_then(|it| it.expected.parse().ok()).unwrap_or_default();
    let net = invoice.lines.iter().map(|it| Number::from(it.net_amount));
    let gross = net.fold(Number::from(invoice.tax_amount), |sum, it| &sum + &it);
    let gross = gross.round(order.currency).amount_text();
    invoice.gross_amount = gross.parse().map_err(|_error| vec![unwritable(order)])?;
    Ok(Some(invoice))
}

fn blank(order: &PurchaseOrder, date: Date) -> std::result::Result<Invoice, Vec<Reason>> {
    let number = format!("ERS-{}", order.number);
    Ok(Invoice {
        supplier_invoice_number: number.parse().map_err(|_error| vec![unwritable(order)])?,
        supplier_id: order.supplier_id.clone(),
        kind: InvoiceKind::SelfBilled,
        invoice_date: date,
        currency: order.currency,
        facility_id: order.facility_id.clone(),
        cited_invoice_number: None,
        remit_to: None,
        exchange_rate: None,
        lines: Vec::new(),
        charges: Vec::new(),
        discount_amount: Decimal::ZERO,
        tax_amount: Decimal::ZERO,
        gross_amount: Decimal::ZERO,
    })
}

fn unwritable(order: &PurchaseOrder) -> Reason {
    let detail = format!("an invoice for order {} cannot be written", order.number);
    crate::invoice::reason(Code::Ers01, detail)
}

/// What has to be agreed before we may bill ourselves.
fn agreed(ground: &Ground<'_>, order: &PurchaseOrder, report: &mut Report) {
    let supplier = ground.index.supplier(&order.supplier_id);
    if !supplier.is_some_and(|it| it.self_billing) {
        let detail = format!("{} did not agree to be billed by us", order.supplier_id);
        report.reason(Code::Ers01, detail);
    }
    let is_live = matches!(order.status, OrderStatus::Approved | OrderStatus::Dispatched);
    if !is_live {
        let detail = format!("order {} is not with the supplier", order.number);
        report.reason(Code::Ers01, detail);
    }
}

/// What is missing on an order line; `strict` asks for its tax code, too.
fn lacks(line: &OrderLine<'_>, strict: bool) -> Vec<&'static str> {
    let written = line.line;
    let faults = [
        (written.receipt_based_invoice, "is not billed by its receipts"),
        (!written.price_is_estimated, "has an estimated price"),
        (!strict || written.tax_code.is_some(), "has no tax code"),
        (!line.is_by_amount(), "is ordered by amount"),
    ];
    faults.into_iter().filter(|it| !it.0).map(|it| it.1).collect()
}

/// The lines of the invoice: one for each receipt with something left to bill.
fn unbilled(ground: &Ground<'_>, order: &PurchaseOrder, report: &mut Report) -> Vec<InvoiceLine> {
    let mut lines: Vec<InvoiceLine> = Vec::new();
    let places = ground.index.order(&order.number).map(super::index::Order::places);
    for place in places.unwrap_or_default() {
        let Some(line) = ground.index.line(place) else { continue };
        let stand = match ground.stands.get(place) {
            Some(Ok(stand)) => stand,
            Some(Err(fault)) => {
                report.reason(fault.code, fault.detail.clone());
                continue;
            }
            None => continue,
        };
        let left = (&stand.received - &stand.claimed).at_least_zero();
        if left.is_zero() {
            continue;
        }
        for what in lacks(line, true) {
            let detail = format!("line {} of order {} {what}", line.line.line_number, order.number);
            report.reason(Code::Ers01, detail);
        }
        for (receipt, quantity) in open(ground, line, &left) {
            match billed(line, stand, receipt, &quantity) {
                Some(it) => {
                    let line_number = u32::try_from(lines.len() + 1).unwrap_or(u32::MAX);
                    lines.push(InvoiceLine { line_number, ..it });
                }
                None => report.reason(
                    Code::Ers01,
                    format!("{} of receipt {} cannot be written", quantity.text(), receipt.number),
                ),
            }
        }
    }
    lines
}

/// What is left to bill on each receipt, oldest first. Claims that name no receipt, and returns,
/// took from the oldest.
fn open<'a>(
    ground: &Ground<'a>,
    line: &OrderLine<'a>,
    left: &Number,
) -> Vec<(&'a Receipt, Number)> {
    let known = by_receipt(line, ground.units);
    let mut receipts: Vec<&Receipt> =
        line.receipts.iter().copied().filter(|it| it.reversal_of.is_none()).collect();
    receipts.sort_by_key(|it| (it.effective_at, it.number.as_str()));
    let mut seen = HashSet::new();
    let mut found: Vec<(&Receipt, Number)> = receipts
        .into_iter()
        .filter(|it| seen.insert(it.number.as_str()))
        .filter_map(|it| {
            let (received, claimed) = known.get(it.number.as_str())?;
            Some((it, (received - claimed).at_least_zero()))
        })
        .collect();
    let sum = found.iter().fold(Number::ZERO, |sum, it| &sum + &it.1);
    let mut taken = (&sum - left).at_least_zero();
    for (_receipt, quantity) in &mut found {
        let here = taken.clone().min(quantity.clone());
        *quantity = &*quantity - &here;
        taken = &taken - &here;
    }
    found.retain(|it| it.1.is_positive());
    found
}

/// One receipt's line, in base units: its amount is the quantity at the order's price (R6).
fn billed(
    line: &OrderLine<'_>,
    stand: &Stand,
    receipt: &Receipt,
    quantity: &Number,
) -> Option<InvoiceLine> {
    let written = line.line;
    let price_base = &Number::from(written.price_base) * &stand.unit;
    let price = price_of_one(written.unit_price, written.price_base).per(&stand.unit)?;
    let net = (quantity * &price).round(line.order.currency);
    Some(InvoiceLine {
        line_number: 0,
        purchase_order_number: Some(line.order.number.clone()),
        purchase_order_line: Some(written.line_number),
        receipt_number: Some(receipt.number.clone()),
        item_id: written.item_id.clone(),
        gtin: None,
        supplier_item_number: written.supplier_item_number.clone(),
        manufacturer_part_number: None,
        description: written.description.clone(),
        lot_numbers: receipt.lot_numbers.clone(),
        serial_numbers: receipt.serial_numbers.clone(),
        tax_code: written.tax_code.clone(),
        cost_center_id: written.cost_center_id.clone(),
        pricing_quantity: None,
        quantity: Quantity { value: quantity.text().parse().ok()?, uom: line.of().base.clone() },
        unit_price: written.unit_price,
        price_base: price_base.text().parse().ok()?,
        discount_amount: Decimal::ZERO,
        net_amount: net.amount_text().parse().ok()?,
    })
}

/// Asks an invoice that says we made it whether we may. A supplier that is not among the facts is
/// not asked; a tax code is needed where there is tax.
pub(super) fn check(
    ground: &Ground<'_>,
    billed: &[Billed<'_>],
    document: &mut Report,
    reports: &mut [Report],
) {
    if ground.invoice.kind != InvoiceKind::SelfBilled {
        return;
    }
    let id = &ground.invoice.supplier_id;
    if ground.index.supplier(id).is_some_and(|it| !it.self_billing) {
        document.fail(Code::Ers01, format!("{id} did not agree to be billed by us"));
    }
    let taxed = !ground.invoice.tax_amount.is_zero();
    for (it, report) in billed.iter().zip(reports) {
        let Some(line) = it.first else { continue };
        for what in lacks(line, taxed) {
            let (order, line) = (&line.order.number, line.line.line_number);
            report.fail(Code::Ers01, format!("line {line} of order {order} {what}"));
        }
    }
}

#[cfg(test)]
mod tests;
