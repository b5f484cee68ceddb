//! Quantities: goods, inspections, usages, credits, orders, and what is billed.

use super::super::correction::Correction;
use super::super::cure::Cure;
use super::Case;
use canonical::{Decimal, Exact, Quantity, Uom};
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};

/// More lines and usages than this are not named.
const MOST: usize = 6;

/// So many in all, whole ones.
fn whole(value: &Exact, uom: &Uom) -> Option<Quantity> {
    let count = value.ceil().to_integer().to_i128().filter(|it| *it > 0)?;
    Some(Quantity { value: Decimal::new(count, 0)?, uom: uom.clone() })
}

/// The least that could be over, in whole units of each order line.
fn by_order_line(case: &Case<'_>, each: impl FnMut((&canonical::PurchaseOrder, u32, Quantity))) {
    let Some(over) = case.units_over() else { return };
    let all = case.order_lines().into_iter().filter_map(|(order, line)| {
        let own = &over / case.unit_of(line).filter(|it| !it.is_zero())?;
        Some((order, line.line_number, whole(&own, &line.quantity.uom)?))
    });
    all.for_each(each);
}

pub(super) fn receive(case: &Case<'_>, found: &mut Vec<Cure>) {
    let cited = case.line().and_then(|it| it.receipt_number.as_ref());
    by_order_line(case, |(order, line, quantity)| {
        let follows =
            order.lines.iter().any(|it| it.line_number == line && it.receipt_based_invoice);
        found.push(Cure::Receive {
            purchase_order_number: order.number.clone(),
            purchase_order_line: line,
            quantity,
            receipt_number: cited.filter(|_| follows).cloned(),
        });
    });
}

pub(super) fn accept(case: &Case<'_>, found: &mut Vec<Cure>) {
    by_order_line(case, |(order, line, quantity)| {
        found.push(Cure::Accept {
            purchase_order_number: order.number.clone(),
            purchase_order_line: line,
            quantity,
        });
    });
}

pub(super) fn usage(case: &Case<'_>, found: &mut Vec<Cure>) {
    for (order, line) in case.order_lines() {
        let waits = case.facts.usages.iter().filter(|it| {
            !it.attested
                && it.purchase_order_number.as_ref().is_none_or(|it| *it == order.number)
                && it.purchase_order_line.is_none_or(|it| it == line.line_number)
                && line.item_id.as_ref().is_none_or(|item| *item == it.item_id)
        });
        found.extend(waits.take(MOST).map(|it| Cure::AttestUsage { number: it.number.clone() }));
    }
    let lines = case.order_lines();
    by_order_line(case, |(order, number, quantity)| {
        let line =
            lines.iter().find(|it| it.0.number == order.number && it.1.line_number == number);
        let item = line.and_then(|it| it.1.item_id.as_ref());
        found.extend(item.map(|item| Cure::RecordUsage {
            purchase_order_number: order.number.clone(),
            purchase_order_line: number,
            item_id: item.clone(),
            quantity,
        }));
    });
}

pub(super) fn order(case: &Case<'_>, found: &mut Vec<Cure>) {
    by_order_line(case, |(order, line, increase)| {
        found.push(Cure::ChangeOrderQuantity {
            purchase_order_number: order.number.clone(),
            purchase_order_line: line,
            increase,
        });
    });
}

/// The line it is about, and the others that bill the same order lines.
fn alike<'c>(case: &Case<'c>) -> Vec<Case<'c>> {
    let Some(result) = case.line_result() else { return Vec::new() };
    let shares = |it: &canonical::LineResult| {
        let ours = |one: &canonical::Allocation| {
            result.allocations.iter().any(|it| {
                it.purchase_order_line == one.purchase_order_line
                    && it.purchase_order_number == one.purchase_order_number
            })
        };
        it.allocations.iter().any(ours)
    };
    let lines = case.result.lines.iter().filter(|it| shares(it)).take(MOST);
    lines.map(|it| Case { about: Some(it.invoice_line), ..*case }).collect()
}

pub(super) fn credit(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(over) = case.units_over() else { return };
    for it in alike(case) {
        let one = || {
            let (line, billed) = (it.line()?, it.units_billed()?);
            let stated = line.quantity.value.exact();
            let places = line.quantity.value.parts().1;
            let scale = Exact::from_integer(10u32.pow(places).into());
            let own = (&over * &stated / billed).min(stated);
            let steps = (own * scale).ceil().to_integer().to_i128().filter(|it| *it > 0)?;
            let value = Decimal::new(steps, places)?;
            Some(Cure::QuantityCredit {
                invoice_line: line.line_number,
                quantity: Quantity { value, uom: line.quantity.uom.clone() },
            })
        };
        found.extend(one());
    }
}

/// The invoice bills what is covered, if that is anything.
pub(super) fn correct(case: &Case<'_>, found: &mut Vec<Cure>) {
    let one = || {
        let (line, billed) = (case.line()?, case.units_billed()?);
        let stated = line.quantity.value.exact();
        let right = &stated - case.units_over()? * &stated / billed;
        let value: Decimal = canonical::exact_text(&right).parse().ok()?;
        let to = Correction::Quantity(value);
        right.is_positive().then_some(Cure::Correct { invoice_line: case.about, to })
    };
    found.extend(one());
}
