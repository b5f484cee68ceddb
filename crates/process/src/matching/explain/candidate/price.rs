//! Prices: credits, change orders, contracts, and what the supplier corrects.

use super::super::correction::Correction;
use super::super::cure::Cure;
use super::Case;
use canonical::{Currency, Decimal, Exact, round_half_away};
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};

/// The most places that a price has.
const PLACES: u32 = 6;

/// The value as a price: exactly, with the places of the currency or more, or rounded to the most
/// places that a price has.
pub(super) fn price(value: &Exact, currency: Currency) -> Option<Decimal> {
    if value.is_negative() {
        return None;
    }
    let written = |places| Decimal::new(round_half_away(value, places).to_i128()?, places);
    let even = (currency.exponent()..PLACES)
        .find_map(|places| written(places).filter(|it| it.exact() == *value));
    even.or_else(|| written(PLACES))
}

pub(super) fn credit(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(over) = case.over() else { return };
    let of_line = case.line();
    // what no line is named for may be credited on any; the dearest carries it
    let line = of_line.or_else(|| {
        case.invoice.lines.iter().max_by_key(|it| (it.net_amount, u32::MAX - it.line_number))
    });
    found.extend(line.map(|it| Cure::PriceCredit { invoice_line: it.line_number, amount: over }));
}

/// The order gets the price that is billed.
pub(super) fn order(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some((line, billed)) = case.line().zip(case.units_billed()) else { return };
    let per_base = line.net_amount.exact() / billed;
    for (order, it) in case.order_lines() {
        let own = case
            .unit_of(it)
            .and_then(|unit| price(&(&per_base * unit * it.price_base.exact()), order.currency));
        let Some(unit_price) = own.filter(|own| *own != it.unit_price) else { continue };
        found.push(Cure::ChangeOrderPrice {
            purchase_order_number: order.number.clone(),
            purchase_order_line: it.line_number,
            unit_price,
            price_base: it.price_base,
        });
    }
}

/// The invoice gets the price of the order.
pub(super) fn correct(case: &Case<'_>, found: &mut Vec<Cure>) {
    correct_by_variance(case, found);
}

/// The supplier corrects the price by just what it is off.
pub(super) fn correct_by_variance(case: &Case<'_>, found: &mut Vec<Cure>) {
    let one = || {
        let (line, off) = (case.line()?, case.off()?);
        let quantity = line.quantity.value.exact();
        if quantity.is_zero() {
            return None;
        }
        let right = line.net_amount.exact() - off.exact() + line.discount_amount.exact();
        let right = price(&(right * line.price_base.exact() / quantity), case.invoice.currency)?;
        let to = Correction::UnitPrice(right);
        Some(Cure::Correct { invoice_line: Some(line.line_number), to })
    };
    found.extend(one());
}

/// Lines that are ordered by amount.
pub(super) fn amount(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(increase) = case.over() else { return };
    found.extend(case.order_lines().into_iter().map(|(order, it)| Cure::ChangeOrderAmount {
        purchase_order_number: order.number.clone(),
        purchase_order_line: it.line_number,
        increase,
    }));
}

/// The contract gets the price that is billed.
pub(super) fn contract(case: &Case<'_>, found: &mut Vec<Cure>) {
    let one = || {
        let line = case.line()?;
        let of_order = case.order_lines().into_iter().find_map(|it| it.1.item_id.clone());
        let quantity = line.quantity.value.exact();
        if quantity.is_zero() {
            return None;
        }
        Some(Cure::ContractPrice {
            supplier_id: case.invoice.supplier_id.clone(),
            item_id: of_order.or_else(|| line.item_id.clone())?,
            uom: line.quantity.uom.clone(),
            unit_price: price(
                &(line.net_amount.exact() * line.price_base.exact() / quantity),
                case.invoice.currency,
            )?,
            price_base: line.price_base,
        })
    };
    found.extend(one());
}
