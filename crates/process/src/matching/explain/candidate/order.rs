//! Orders: which one is billed, and how it stands.

use super::super::apply::today;
use super::super::correction::{Correction, OrderLine};
use super::super::cure::Cure;
use super::Case;
use canonical::{OrderStatus, PurchaseOrder, PurchaseOrderLine};

/// More order lines than this are not tried.
const MOST: usize = 4;

impl<'c> Case<'c> {
    /// The order that the line names, if it is known.
    fn named(&self) -> Option<&'c PurchaseOrder> {
        let number = self.line()?.purchase_order_number.as_ref()?;
        self.facts.purchase_orders.iter().find(|it| it.number == *number)
    }
}

/// Another line, of this or another order of the supplier: those of the same item first, then those
/// of the same price.
pub(super) fn reference(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(line) = case.line() else { return };
    let live =
        |it: &&PurchaseOrder| matches!(it.status, OrderStatus::Approved | OrderStatus::Dispatched);
    let lines =
        case.facts.purchase_orders.iter().filter(live).flat_map(|order| {
            order.lines.iter().map(move |it| (order, it)).filter(|it| !it.1.closed)
        });
    let stated = |(order, it): &(&PurchaseOrder, &PurchaseOrderLine)| {
        line.purchase_order_number.as_ref() == Some(&order.number)
            && line.purchase_order_line == Some(it.line_number)
    };
    let fitting = lines.filter(|it| !stated(it)).filter_map(|(order, it)| {
        let item = line.item_id.is_some() && line.item_id == it.item_id;
        let other = line.item_id.is_some() && it.item_id.is_some() && !item;
        let price = line.unit_price == it.unit_price && line.quantity.uom == it.quantity.uom;
        let named = line.purchase_order_number.as_ref() == Some(&order.number);
        ((item || price) && !other).then_some(((!named, !item, !price), order, it))
    });
    let mut fitting: Vec<_> = fitting.collect();
    fitting.sort_by_key(|it| (it.0, &it.1.number, it.2.line_number));
    found.extend(fitting.into_iter().take(MOST).map(|(_rank, order, it)| Cure::Correct {
        invoice_line: Some(line.line_number),
        to: Correction::OrderLine(OrderLine {
            purchase_order_number: order.number.clone(),
            purchase_order_line: it.line_number,
        }),
    }));
}

pub(super) fn provide(case: &Case<'_>, found: &mut Vec<Cure>) {
    let number = case.line().and_then(|it| it.purchase_order_number.as_ref());
    found.extend(number.map(|it| Cure::ProvideOrder { purchase_order_number: it.clone() }));
}

pub(super) fn approve(case: &Case<'_>, found: &mut Vec<Cure>) {
    found.extend(
        case.named().map(|it| Cure::ApproveOrder { purchase_order_number: it.number.clone() }),
    );
}

pub(super) fn reopen(case: &Case<'_>, found: &mut Vec<Cure>) {
    for (order, line) in case.order_lines() {
        if order.status == OrderStatus::Completed {
            found.push(Cure::ReopenOrder {
                purchase_order_number: order.number.clone(),
                purchase_order_line: None,
            });
        }
        if line.closed {
            found.push(Cure::ReopenOrder {
                purchase_order_number: order.number.clone(),
                purchase_order_line: Some(line.line_number),
            });
        }
    }
}

pub(super) fn add_line(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (Some(order), Some(line)) = (case.named(), case.line()) else { return };
    let last = order.lines.iter().map(|it| it.line_number).max().unwrap_or_default();
    let fresh = line.purchase_order_line.unwrap_or_else(|| last.saturating_add(1));
    found.push(Cure::AddOrderLine {
        purchase_order_number: order.number.clone(),
        purchase_order_line: fresh,
        invoice_line: line.line_number,
    });
}

pub(super) fn link(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(order) = case.named() else { return };
    let theirs = case.facts.suppliers.iter().find(|it| it.id == order.supplier_id);
    let group = theirs.map_or(&order.supplier_id, |it| it.group());
    found.push(Cure::LinkSupplier {
        supplier_id: case.invoice.supplier_id.clone(),
        group: group.clone(),
    });
    found.push(Cure::Correct {
        invoice_line: None,
        to: Correction::SupplierId(order.supplier_id.clone()),
    });
}

pub(super) fn currency(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(order) = case.named() else { return };
    found.push(Cure::Correct { invoice_line: None, to: Correction::Currency(order.currency) });
    found.push(Cure::ContractCurrency {
        supplier_id: case.invoice.supplier_id.clone(),
        currency: case.invoice.currency,
    });
}

/// Blanket orders that are billed.
fn blankets<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c PurchaseOrder> {
    let lines = case.invoice.lines.iter();
    let named: std::collections::BTreeSet<_> =
        lines.filter_map(|it| it.purchase_order_number.clone()).collect();
    let orders = case.facts.purchase_orders.iter();
    orders.filter(move |it| named.contains(&it.number)).take(MOST)
}

pub(super) fn limit(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(increase) = case.over() else { return };
    let limited = blankets(case).filter(|it| it.limit_amount.is_some());
    found.extend(
        limited.map(|it| Cure::ChangeOrderLimit {
            purchase_order_number: it.number.clone(),
            increase,
        }),
    );
}

pub(super) fn validity(case: &Case<'_>, found: &mut Vec<Cure>) {
    let dates = [case.invoice.invoice_date, today(case.invoice, case.facts)];
    let mut seen: Vec<jiff::civil::Date> = Vec::new();
    for date in dates {
        if seen.contains(&date) {
            continue;
        }
        seen.push(date);
        let outside = blankets(case).filter(|it| {
            it.valid_from.is_some_and(|it| date < it) || it.valid_to.is_some_and(|it| it < date)
        });
        found.extend(outside.map(|it| Cure::ChangeOrderValidity {
            purchase_order_number: it.number.clone(),
            includes: date,
        }));
    }
}
