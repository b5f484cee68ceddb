//! What IT1 (invoice) and PO1 (order) have in common: quantity, unit, price and product numbers.

use super::segment::Segment;
use crate::documents::TEXT_BYTES_MAX;
use crate::documents::fault::{ElementCode, Faults, Place};
use crate::documents::mapping::{HashTotal, ItemNumber, Table};
use crate::documents::number::{self, Sum};
use canonical::{Decimal, Gtin, ItemId, PurchaseOrderNumber, Quantity};
use std::collections::HashSet;

/// The most lots or serial numbers of one line.
pub(super) const TRACES_MAX: usize = 1_000;

/// The first seven elements of IT1 or PO1, and the product numbers after them.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) quantity: Quantity,
    pub(super) unit_price: Decimal,
    pub(super) price_base: Decimal,
    pub(super) has_price: bool,
    pub(super) price_is_estimated: bool,
    pub(super) numbers: Numbers,
}

/// The product numbers of a line.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) item_id: Option<ItemId>,
    pub(super) supplier_item_number: Option<String>,
    pub(super) manufacturer_part_number: Option<String>,
    pub(super) gtin: Option<Gtin>,
    pub(super) order: Option<PurchaseOrderNumber>,
    pub(super) order_line: Option<u32>,
    pub(super) lots: Vec<String>,
    pub(super) serials: Vec<String>,
}

/// The whole line; a line of an order or an invoice must have its price.
pub(super) fn read(segment: &Segment<'_>, table: &Table, faults: &mut Faults) -> Option<Item> {
    let item = read_loose(segment, table, faults)?;
    if item.has_price {
        return Some(item);
    }
    faults.add(segment.at(4), "a line has a price, or the basis NC where it costs nothing");
    None
}

/// A line that may do without a price.
pub(super) fn read_loose(
    segment: &Segment<'_>,
    table: &Table,
    faults: &mut Faults,
) -> Option<Item> {
    let mut elements = segment.elements().skip(2);
    let mut next = || elements.next().unwrap_or_default();
    let (quantity, unit, price, basis) = (next(), next(), next(), next());
    let mark = table.decimal_mark();
    let value = faults.keep(number::decimal_marked(quantity, mark), || segment.at(2));
    let uom = faults.keep(table.unit(unit), || segment.at(3).code(ElementCode::Code));
    // NC: no charge
    let has_price = !price.is_empty() || basis == "NC";
    let unit_price = match price {
        "" => Ok(Decimal::ZERO),
        text => number::decimal_marked(text, mark),
    };
    let unit_price = faults.keep(unit_price, || segment.at(4));
    let (value, uom) = (value?, uom?);
    let price_base = table.price_base(basis, &uom);
    let price_base = faults.keep(price_base, || segment.at(5).code(ElementCode::Code));
    let mut numbers = Numbers::default();
    for (qualifier, value, element) in segment.pairs(6).filter(|(_, value, _)| !value.is_empty()) {
        numbers.take((qualifier, value), || segment.at(element), table, faults);
    }
    Some(Item {
        price_base: price_base?,
        has_price,
        price_is_estimated: matches!(basis, "ES" | "TB"),
        quantity: Quantity { value, uom },
        unit_price: unit_price?,
        numbers,
    })
}

impl Numbers {
    pub(super) fn take(
        &mut self,
        (qualifier, value): (&str, &str),
        place: impl Fn() -> Place,
        table: &Table,
        faults: &mut Faults,
    ) {
        let kind = faults.keep(table.item(qualifier), || place().code(ElementCode::Code));
        match kind {
            None | Some(ItemNumber::Ignored) => {}
            Some(ItemNumber::Item) => self.item_id = faults.keep(value.parse(), place),
            Some(ItemNumber::Supplier) => self.supplier_item_number = Some(value.to_owned()),
            Some(ItemNumber::Manufacturer) => {
                self.manufacturer_part_number = Some(value.to_owned());
            }
            // a wrong check digit makes it no GTIN; the other numbers are left to find the item by
            Some(ItemNumber::Gtin) => match value.parse() {
                Ok(gtin) => self.gtin = Some(gtin),
                Err(detail) => faults.note(place(), format!("it is not taken as a GTIN: {detail}")),
            },
            Some(ItemNumber::Order) => self.order = faults.keep(value.parse(), place),
            Some(ItemNumber::OrderLine) => self.order_line = value.parse().ok(),
            Some(ItemNumber::Lot) => self.lots.push(value.to_owned()),
            Some(ItemNumber::Serial) => self.serials.push(value.to_owned()),
        }
    }
}

/// Adds words to a description, a blank between.
pub(super) fn describe(description: &mut String, words: &str) {
    if words.is_empty() || description.len() + words.len() >= TEXT_BYTES_MAX {
        return;
    }
    if !description.is_empty() {
        description.push(' ');
    }
    if words.bytes().all(|it| it.is_ascii_graphic() || it == b' ') {
        description.push_str(words);
    } else {
        description.extend(words.chars().filter(|it| !it.is_control()));
    }
}

/// The numbers of the lines: their own where every line has one, else their positions. A number
/// that comes twice is a fault.
pub(super) fn line_numbers(lines: &[(Segment<'_>, Option<u32>)], faults: &mut Faults) -> Vec<u32> {
    let own: Option<Vec<u32>> = lines.iter().map(|(_segment, number)| *number).collect();
    let Some(own) = own else {
        return (1..).take(lines.len()).collect();
    };
    // as nearly all are numbered
    if own.is_sorted_by(|one, next| one < next) {
        return own;
    }
    let mut seen = HashSet::with_capacity(own.len());
    for ((segment, _number), number) in lines.iter().zip(&own) {
        if !seen.insert(*number) {
            faults.add(segment.at(1), format!("line {number} comes twice"));
        }
    }
    own
}

/// Checks CTT: the count of lines, and the hash total of quantities, which some senders add up with
/// their points and some, as the standard has it, without.
pub(super) fn check_totals(
    segment: Option<Segment<'_>>,
    quantities: &[&str],
    table: &Table,
    faults: &mut Faults,
) {
    let Some(segment) = segment else {
        return;
    };
    let count = segment.element(1);
    if count.parse() != Ok(quantities.len()) {
        let detail = format!("\"{count}\" lines are stated, {} are there", quantities.len());
        faults.add(segment.at(1), detail);
    }
    hash_total(&segment, quantities, table, faults);
}

/// Checks CTT02.
pub(super) fn hash_total(
    segment: &Segment<'_>,
    quantities: &[&str],
    table: &Table,
    faults: &mut Faults,
) {
    let stated = segment.element(2);
    if stated.is_empty() || table.hash_total() == HashTotal::Ignored {
        return;
    }
    let mark = table.decimal_mark();
    let Some(hash) = faults.keep(number::decimal_marked(stated, mark), || segment.at(2)) else {
        return;
    };
    // one that cannot be read has a fault of its own
    let value = |it: &&str| number::decimal_marked(it, mark).ok();
    let plain: Sum = quantities.iter().filter_map(value).collect();
    if plain.is(hash) {
        return;
    }
    let bare = quantities
        .iter()
        .filter(|it| value(it).is_some())
        .fold(0u128, |sum, it| sum.saturating_add(digits(it).parse().unwrap_or_default()));
    let cut = bare.to_string();
    let cut = cut.get(cut.len().saturating_sub(10)..).unwrap_or(&cut).trim_start_matches('0');
    if digits(stated).trim_start_matches('0') != cut {
        let sum = canonical::exact_text(&plain.exact());
        faults.add(segment.at(2), format!("the hash total is not {sum}, the sum of quantities"));
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
