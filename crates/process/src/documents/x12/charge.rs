//! Allowances and charges: SAC, and ITA of the releases before it.

use super::segment::Segment;
use crate::documents::charge::{self, Nature};
use crate::documents::fault::Faults;
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
    faults: &mut Faults,
) -> Option<Extra> {
    let (code, amount_at, words) = match segment.id() {
        "ITA" => (segment.element(3), 7, segment.element(13)),
        _ => (segment.element(2), 5, segment.element(15)),
    };
    let is_charge = match segment.element(1) {
        "C" | "S" => true,
        "A" | "P" => false,
        _ => return None,
    };
    let amount = amount(segment, amount_at, currency, faults)?;
    Some(match charge::of_x12(code, words) {
        _ if !is_charge => Extra::Allowance(amount),
        Nature::Tax => Extra::Tax(amount),
        Nature::Charge(kind) => Extra::Charge(kind, amount),
    })
}

fn amount(
    segment: &Segment<'_>,
    element: usize,
    currency: Currency,
    faults: &mut Faults,
) -> Option<Decimal> {
    let stated = segment.element(element);
    if !stated.is_empty() {
        return cents(segment, element, currency, faults);
    }
    // SAC08 × SAC10: a rate for so many units
    let (rate, quantity) = (segment.element(8), segment.element(10));
    if segment.id() == "SAC" && !rate.is_empty() && !quantity.is_empty() {
        let rate = faults.keep(number::decimal(rate), || segment.at(8))?;
        let quantity = faults.keep(number::decimal(quantity), || segment.at(10))?;
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
    faults: &mut Faults,
) -> Option<Decimal> {
    let value = number::implied_cents(segment.element(element));
    let value = faults.keep(value, || segment.at(element))?;
    faults.keep(number::amount(value, currency), || segment.at(element))
}

/// An amount with a written point; nothing where the element is empty.
pub(super) fn written(
    segment: &Segment<'_>,
    element: usize,
    currency: Currency,
    faults: &mut Faults,
) -> Option<Decimal> {
    let text = segment.element(element);
    if text.is_empty() {
        return None;
    }
    let value = faults.keep(number::decimal(text), || segment.at(element))?;
    faults.keep(number::amount(value, currency), || segment.at(element))
}
