//! What the lines of an order are called, and how names are compared.

use super::super::few::HashMap;
use super::{Names, OrderLine, Place};
use canonical::{Gtin, Item, SupplierId};

impl<'a> Names<'a> {
    pub(super) fn add(&mut self, place: Place, line: &OrderLine<'a>, supplier: &SupplierId) {
        for receipt in &line.receipts {
            note(&mut self.by_receipt, receipt.number.as_str(), place);
            if let Some(slip) = &receipt.packing_slip {
                note(&mut self.by_receipt, slip, place);
            }
        }
        if let Some(id) = &line.line.item_id {
            note(&mut self.by_item, id, place);
        }
        if let Some(number) = &line.line.supplier_item_number {
            note(&mut self.by_catalogue, plain(number), place);
        }
        let Some((_place, item)) = line.item else { return };
        for gtin in gtins(item) {
            note(&mut self.by_gtin, padded(gtin), place);
        }
        for it in item.external_ids.iter().filter(|it| it.entity == supplier.as_str()) {
            note(&mut self.by_catalogue, plain(&it.key), place);
        }
        if let Some(number) = &item.manufacturer_part_number {
            note(&mut self.by_part, plain(number), place);
        }
    }
}

pub(super) fn note<K: std::hash::Hash + Eq>(
    names: &mut HashMap<K, Vec<Place>>,
    name: K,
    place: Place,
) {
    let places = names.entry(name).or_default();
    // places come in ascending order, so a repeat is the last one
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// Every GTIN of an item, whichever level it names.
pub(in crate::matching) fn gtins(item: &Item) -> impl Iterator<Item = &Gtin> {
    item.gtin.iter().chain(item.packaging.iter().filter_map(|it| it.gtin.as_ref()))
}

/// GTINs of 8, 12 and 13 digits are ones of 14 with zeros in front.
pub(in crate::matching) fn padded(gtin: &Gtin) -> String {
    format!("{:0>14}", gtin.as_str())
}

/// A catalogue or part number as it is compared: letters and digits, upper case.
pub(in crate::matching) fn plain(number: &str) -> String {
    number.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}
