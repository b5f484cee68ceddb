//! Allowances and charges: SAC, and ITA of the releases before it.

use super::segment::Segment;
use crate::documents::fault::{ElementCode, Faults};
use crate::documents::mapping::Table;
use crate::documents::number;
use canonical::{ChargeKind, Currency, Decimal};

/// One allowance or charge, as a positive amount where the document says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    Allowance(Decimal),
    Charge(ChargeKind, Decimal),
    Tax(Decimal),
}

/// Reads a SAC or ITA; one that only informs (`N`, or a request) is nothing.
pub(super) fn read(
    segment: &Segment<'_>,
    currency: Currency,
    table: &Table,
    faults: &mut Faults,
) -> Option<Extra> {
    let (code_at, amount_at, words) = match segment.id() {
        "ITA" => (3, 7, segment.element(13)),
        _ => (2, 5, segment.element(15)),
    };
    let is_charge = match segment.element(1) {
        "C" | "S" => true,
        "A" | "P" => false,
        _ => return None,
    };
    let nature = table.charge(segment.element(code_at), words);
    let place = || segment.at(code_at).code(ElementCode::Code);
    // what an allowance is for does not matter: it is a discount
    let nature = if is_charge { Some(faults.keep(nature, place)) } else { None };
    let amount = amount(segment, amount_at, currency, table, faults)?;
    Some(match nature {
        None => Extra::Allowance(amount),
        Some(nature) => match nature?.kind() {
            None => Extra::Tax(amount),
            Some(kind) => Extra::Charge(kind, amount),
        },
    })
}

fn amount(
    segment: &Segment<'_>,
    element: usize,
    currency: Currency,
    table: &Table,
    faults: &mut Faults,
) -> Option<Decimal> {
    let stated = segment.element(element);
    if !stated.is_empty() {
        return cents(segment, element, currency, table, faults);
    }
    // SAC08 × SAC10: a rate for so many units
    let (rate, quantity) = (segment.element(8), segment.element(10));
    if segment.id() == "SAC" && !rate.is_empty() && !quantity.is_empty() {
        let rate =
            faults.keep(number::decimal_marked(rate, table.decimal_mark()), || segment.at(8))?;
        let quantity = faults
            .keep(number::decimal_marked(quantity, table.decimal_mark()), || segment.at(10))?;
        let amount = number::extended(quantity, rate, Decimal::ONE, currency);
        return faults.keep(amount.ok_or("the amount is too large"), || segment.at(8));
    }
    faults.add(segment.at(element), "an allowance or charge states its amount");
    None
}

/// An amount with two implied places that its currency has, too.
pub(super) fn cents(
    segment: &Segment<'_>,
    element: usize,
    currency: Currency,
    table: &Table,
    faults: &mut Faults,
) -> Option<Decimal> {
    if table.has_written_totals() {
        if segment.element(element).is_empty() {
            faults.add(segment.at(element), "the amount is missing");
        }
        return written(segment, element, currency, table, faults);
    }
    let value = number::implied_cents(segment.element(element));
    let value = faults.keep(value, || segment.at(element))?;
    faults.keep(number::amount(value, currency), || segment.at(element))
}

/// An amount with a written point; nothing where the element is empty.
pub(super) fn written(
    segment: &Segment<'_>,
    element: usize,
    currency: Currency,
    table: &Table,
    faults: &mut Faults,
) -> Option<Decimal> {
    let text = segment.element(element);
    if text.is_empty() {
        return None;
    }
    let value =
        faults.keep(number::decimal_marked(text, table.decimal_mark()), || segment.at(element))?;
    faults.keep(number::amount(value, currency), || segment.at(element))
}
