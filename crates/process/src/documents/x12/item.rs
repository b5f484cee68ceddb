//! What IT1 (invoice) and PO1 (order) have in common: quantity, unit, price and product numbers.

use super::segment::Segment;
use crate::documents::fault::Faults;
use crate::documents::{number, unit};
use canonical::{Decimal, Gtin, ItemId, PurchaseOrderNumber, Quantity};
use num_bigint::BigUint;
use num_traits::Num;
use std::collections::HashSet;

/// The first seven elements of IT1 or PO1, and the product numbers after them.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) quantity: Quantity,
    pub(super) unit_price: Decimal,
    pub(super) price_base: Decimal,
    pub(super) price_is_estimated: bool,
    pub(super) item_id: Option<ItemId>,
    pub(super) supplier_item_number: Option<String>,
    pub(super) manufacturer_part_number: Option<String>,
    pub(super) gtin: Option<Gtin>,
    pub(super) order: Option<PurchaseOrderNumber>,
    pub(super) order_line: Option<u32>,
}

pub(super) fn read(segment: &Segment<'_>, faults: &mut Faults) -> Option<Item> {
    let quantity = number::decimal(segment.element(2));
    let quantity = faults.keep(quantity, || segment.at(2));
    let uom = faults.keep(unit::of_x12(segment.element(3)), || segment.at(3));
    let basis = segment.element(5);
    // NC: no charge
    let price = match segment.element(4) {
        "" if basis == "NC" => Ok(Decimal::ZERO),
        text => number::decimal(text),
    };
    let price = faults.keep(price, || segment.at(4));
    let (value, uom, unit_price) = (quantity?, uom?, price?);
    let mut item = Item {
        price_base: unit::price_base(basis, &uom),
        price_is_estimated: matches!(basis, "ES" | "TB"),
        quantity: Quantity { value, uom },
        unit_price,
        item_id: None,
        supplier_item_number: None,
        manufacturer_part_number: None,
        gtin: None,
        order: None,
        order_line: None,
    };
    for (qualifier, value, element) in segment.pairs(6).filter(|(_, value, _)| !value.is_empty()) {
        item.take(qualifier, value, || segment.at(element), faults);
    }
    Some(item)
}

impl Item {
    fn take(
        &mut self,
        qualifier: &str,
        value: &str,
        place: impl FnOnce() -> String,
        faults: &mut Faults,
    ) {
        match qualifier {
            "BP" | "IN" => self.item_id = faults.keep(value.parse(), place),
            "VP" | "VN" | "VC" => self.supplier_item_number = Some(value.to_owned()),
            "MG" | "MF" | "MP" => self.manufacturer_part_number = Some(value.to_owned()),
            // a wrong check digit makes it no GTIN; the other numbers are left to find the item by
            "UP" | "UK" | "EN" | "UI" | "UA" | "EO" => {
                self.gtin = value.parse().ok().or_else(|| self.gtin.take());
            }
            "PO" => self.order = faults.keep(value.parse(), place),
            "PL" => self.order_line = value.parse().ok(),
            _ => {}
        }
    }
}

/// The numbers of the lines: their own where every line has one, else their positions. A number
/// that comes twice is a fault.
pub(super) fn line_numbers(lines: &[(Segment<'_>, Option<u32>)], faults: &mut Faults) -> Vec<u32> {
    let own: Option<Vec<u32>> = lines.iter().map(|(_segment, number)| *number).collect();
    let Some(own) = own else {
        return (1..).take(lines.len()).collect();
    };
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
    lines: &[(Segment<'_>, Option<u32>)],
    faults: &mut Faults,
) {
    let Some(segment) = segment else {
        return;
    };
    let count = segment.element(1);
    if count.parse() != Ok(lines.len()) {
        let detail = format!("\"{count}\" lines are stated, {} are there", lines.len());
        faults.add(segment.at(1), detail);
    }
    let stated = segment.element(2);
    if stated.is_empty() {
        return;
    }
    let Some(hash) = faults.keep(number::decimal(stated), || segment.at(2)) else {
        return;
    };
    let quantities = || lines.iter().map(|(it, _number)| it.element(2));
    let plain: canonical::Exact =
        quantities().filter_map(|it| number::decimal(it).ok()).map(|it| it.exact()).sum();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let bare: BigUint = quantities()
        .filter_map(|it| BigUint::from_str_radix(&digits(it), 10).ok())
        .fold(BigUint::ZERO, |sum, it| sum + it);
    let cut = bare.to_string();
    let cut = cut.get(cut.len().saturating_sub(10)..).unwrap_or(&cut).trim_start_matches('0');
    let same = hash.exact() == plain || digits(stated).trim_start_matches('0') == cut;
    if !same {
        let sum = canonical::exact_text(&plain);
        faults.add(segment.at(2), format!("the hash total is not {sum}, the sum of quantities"));
    }
}
