//! Change orders.

use super::super::super::number::Number;
use super::super::super::request::Facts;
use super::super::cure::Cure;
use super::{today, written};
use canonical::{
    ChargeKind, Decimal, FreightTerms, Invoice, InvoiceLine, MatchBasis, MatchMode, Money,
    OrderKind, OrderStatus, PlannedCharge, PurchaseOrder, PurchaseOrderLine, PurchaseOrderNumber,
};

pub(super) fn change(cure: &Cure, invoice: &Invoice, facts: &mut Facts) {
    if let Cure::ProvideOrder { purchase_order_number } = cure {
        provide(purchase_order_number, invoice, facts);
        return;
    }
    let on = today(invoice, facts);
    let Some(number) = number(cure) else { return };
    let Some(order) = facts.purchase_orders.iter_mut().find(|it| it.number == *number) else {
        return;
    };
    match cure {
        Cure::ChangeOrderLimit { increase, .. } => {
            order.limit_amount = order.limit_amount.and_then(|it| plus(it, *increase));
        }
        Cure::ChangeOrderValidity { includes, .. } => {
            order.valid_from = order.valid_from.map(|it| it.min(*includes));
            order.valid_to = order.valid_to.map(|it| it.max(*includes));
        }
        Cure::PlanCharge { charge, increase, .. } => plan(order, *charge, *increase),
        Cure::ChangeFreightTerms { .. } => order.freight_terms = Some(FreightTerms::PrepaidAndAdd),
        Cure::ApproveOrder { .. } => order.status = OrderStatus::Approved,
        Cure::ReopenOrder { purchase_order_line: None, .. } => {
            order.status = OrderStatus::Dispatched;
        }
        Cure::AddOrderLine { purchase_order_line, invoice_line, .. } => {
            let billed = invoice.lines.iter().find(|it| it.line_number == *invoice_line);
            order.lines.extend(billed.map(|it| line(*purchase_order_line, it)));
        }
        Cure::PrepareSelfBilling { .. } => {
            for it in &mut order.lines {
                it.price_is_estimated = false;
                it.receipt_based_invoice = true;
                it.tax_code.get_or_insert_with(|| "EXEMPT".to_owned());
            }
        }
        _ => line_change(cure, order),
    }
    if matches!(cure, Cure::ApproveOrder { .. }) && order.order_date > on {
        order.order_date = on;
    }
}

fn line_change(cure: &Cure, order: &mut PurchaseOrder) {
    let (Cure::ChangeOrderPrice { purchase_order_line: number, .. }
    | Cure::ChangeOrderQuantity { purchase_order_line: number, .. }
    | Cure::ChangeOrderAmount { purchase_order_line: number, .. }
    | Cure::ChangePromisedDate { purchase_order_line: number, .. }
    | Cure::ReopenOrder { purchase_order_line: Some(number), .. }) = cure
    else {
        return;
    };
    let Some(line) = order.lines.iter_mut().find(|it| it.line_number == *number) else { return };
    match cure {
        Cure::ChangeOrderPrice { unit_price, price_base, .. } => {
            line.unit_price = *unit_price;
            line.price_base = *price_base;
            line.earlier_prices.clear();
        }
        Cure::ChangeOrderQuantity { increase, .. } => {
            let sum = &Number::from(line.quantity.value) + &Number::from(increase.value);
            line.quantity.value = decimal(&sum).unwrap_or(line.quantity.value);
        }
        Cure::ChangeOrderAmount { increase, .. } => more_money(line, *increase),
        Cure::ChangePromisedDate { promised_date, .. } => {
            line.promised_date = Some(*promised_date);
        }
        Cure::ReopenOrder { .. } => line.closed = false,
        _ => {}
    }
}

/// The amount of a line is its quantity at its price: the price moves where that comes out even,
/// else the line is restated as one of its amount.
fn more_money(line: &mut PurchaseOrderLine, increase: Money) {
    let value = Number::from(line.quantity.value);
    let base = Number::from(line.price_base);
    let price = &value * &Number::from(line.unit_price);
    let amount = price.per(&base).unwrap_or(Number::ZERO).round(increase.currency());
    let amount = Money::from_minor(amount.minor() + increase.minor(), increase.currency());
    let even = (&Number::from(amount) * &base).per(&value).and_then(|it| decimal(&it));
    if let Some(price) = even {
        line.unit_price = price;
    } else if let Some(price) = written(amount) {
        line.quantity.value = Decimal::ONE;
        line.price_base = Decimal::ONE;
        line.unit_price = price;
    }
}

fn plan(order: &mut PurchaseOrder, kind: ChargeKind, increase: Money) {
    match order.planned_charges.iter_mut().find(|it| it.kind == kind) {
        Some(it) => it.amount = plus(it.amount, increase).unwrap_or(it.amount),
        None => {
            let planned = written(increase).map(|amount| PlannedCharge {
                kind,
                amount,
                percent: None,
                billed_amount: None,
            });
            order.planned_charges.extend(planned);
        }
    }
}

fn plus(amount: Decimal, increase: Money) -> Option<Decimal> {
    decimal(&(&Number::from(amount) + &Number::from(increase)))
}

/// The number as a decimal, where it is one.
fn decimal(number: &Number) -> Option<Decimal> {
    number.text().parse().ok()
}

const fn number(cure: &Cure) -> Option<&PurchaseOrderNumber> {
    match cure {
        Cure::ChangeOrderPrice { purchase_order_number, .. }
        | Cure::ChangeOrderQuantity { purchase_order_number, .. }
        | Cure::ChangeOrderAmount { purchase_order_number, .. }
        | Cure::ChangeOrderLimit { purchase_order_number, .. }
        | Cure::ChangeOrderValidity { purchase_order_number, .. }
        | Cure::ChangePromisedDate { purchase_order_number, .. }
        | Cure::PlanCharge { purchase_order_number, .. }
        | Cure::ChangeFreightTerms { purchase_order_number }
        | Cure::ApproveOrder { purchase_order_number }
        | Cure::ReopenOrder { purchase_order_number, .. }
        | Cure::AddOrderLine { purchase_order_number, .. }
        | Cure::PrepareSelfBilling { purchase_order_number } => Some(purchase_order_number),
        _ => None,
    }
}

/// An order for what is billed under its number; what is received on it is another question.
fn provide(number: &PurchaseOrderNumber, invoice: &Invoice, facts: &mut Facts) {
    let of = |it: &&InvoiceLine| it.purchase_order_number.as_ref() == Some(number);
    let mut lines: Vec<PurchaseOrderLine> = Vec::new();
    for it in invoice.lines.iter().filter(of) {
        let wanted = it.purchase_order_line.unwrap_or(it.line_number);
        match lines.iter_mut().find(|line| line.line_number == wanted) {
            None => lines.push(line(wanted, it)),
            Some(known) => {
                let sum = &Number::from(known.quantity.value) + &Number::from(it.quantity.value);
                known.quantity.value = decimal(&sum).unwrap_or(known.quantity.value);
            }
        }
    }
    facts.purchase_orders.push(PurchaseOrder {
        number: number.clone(),
        version: 1,
        supplier_id: invoice.supplier_id.clone(),
        currency: invoice.currency,
        status: OrderStatus::Dispatched,
        order_date: invoice.invoice_date,
        facility_id: invoice.facility_id.clone(),
        freight_terms: None,
        kind: OrderKind::Standard,
        legal_entity: None,
        contract_number: None,
        limit_amount: None,
        released_amount: None,
        valid_from: None,
        valid_to: None,
        planned_charges: Vec::new(),
        lines,
        requisition_id: None,
        external_ids: Vec::new(),
    });
}

fn line(line_number: u32, billed: &InvoiceLine) -> PurchaseOrderLine {
    PurchaseOrderLine {
        line_number,
        item_id: billed.item_id.clone(),
        description: billed.description.clone(),
        quantity: billed.quantity.clone(),
        unit_price: billed.unit_price,
        price_base: billed.price_base,
        price_is_estimated: false,
        match_mode: Some(MatchMode::ThreeWay),
        match_basis: MatchBasis::Quantity,
        receipt_based_invoice: false,
        earlier_prices: Vec::new(),
        pricing_quantity: None,
        tax_code: billed.tax_code.clone(),
        class: None,
        closed: false,
        requested_date: None,
        promised_date: None,
        supplier_item_number: billed.supplier_item_number.clone(),
        cost_center_id: billed.cost_center_id.clone(),
        external_ids: Vec::new(),
    }
}
