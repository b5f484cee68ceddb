//! What the lines of an order are called, and how names are compared.

use super::super::few::HashMap;
use super::{OrderLine, Place};
use canonical::{Gtin, Item, ItemId, SupplierId};
use std::cell::OnceCell;
use std::hash::Hash;

type List<K> = HashMap<K, Vec<Place>>;

/// The lines of one order by what they are called; each list is made when it is first asked for,
/// and none where every invoice line says the number of the order line.
#[derive(Default)]
pub(super) struct Lists<'a> {
    by_receipt: OnceCell<List<&'a str>>,
    by_item: OnceCell<List<&'a ItemId>>,
    by_gtin: OnceCell<List<String>>,
    by_catalogue: OnceCell<List<String>>,
    by_part: OnceCell<List<String>>,
}

/// What the lines of one order are called, to one supplier. Places ascend.
pub(in crate::matching) struct Names<'o, 'a> {
    pub(super) lists: &'o Lists<'a>,
    pub(super) lines: &'o [OrderLine<'a>],
    pub(super) first: Place,
    pub(super) supplier: &'o SupplierId,
}

impl<'o, 'a> Names<'o, 'a> {
    /// By the number of a receipt or of a packing slip.
    pub(in crate::matching) fn by_receipt(&self, number: &str) -> &'o [Place] {
        let list = self.list(&self.lists.by_receipt, |list, place, line| {
            for receipt in &line.receipts {
                let slip = receipt.packing_slip.as_deref();
                let names = std::iter::once(receipt.number.as_str()).chain(slip);
                names.for_each(|it| note(list, it, place));
            }
        });
        list.get(number).map(Vec::as_slice).unwrap_or_default()
    }

    pub(in crate::matching) fn by_item(&self, id: &ItemId) -> &'o [Place] {
        let list = self.list(&self.lists.by_item, |list, place, line| {
            if let Some(id) = &line.line.item_id {
                note(list, id, place);
            }
        });
        list.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    pub(in crate::matching) fn by_gtin(&self, gtin: &Gtin) -> &'o [Place] {
        let list = self.list(&self.lists.by_gtin, |list, place, line| {
            let item = line.item.iter().flat_map(|(_place, item)| gtins(item));
            item.for_each(|gtin| note(list, padded(gtin), place));
        });
        list.get(&padded(gtin)).map(Vec::as_slice).unwrap_or_default()
    }

    /// By the supplier's number: that of the order line, or one that the item is known by.
    pub(in crate::matching) fn by_catalogue(&self, number: &str) -> &'o [Place] {
        let list = self.list(&self.lists.by_catalogue, |list, place, line| {
            if let Some(number) = &line.line.supplier_item_number {
                note(list, plain(number), place);
            }
            let known = line.item.iter().flat_map(|(_place, item)| &item.external_ids);
            for it in known.filter(|it| it.entity == self.supplier.as_str()) {
                note(list, plain(&it.key), place);
            }
        });
        list.get(&plain(number)).map(Vec::as_slice).unwrap_or_default()
    }

    /// By the manufacturer's number.
    pub(in crate::matching) fn by_part(&self, number: &str) -> &'o [Place] {
        let list = self.list(&self.lists.by_part, |list, place, line| {
            let part = line.item.and_then(|(_place, item)| item.manufacturer_part_number.as_ref());
            if let Some(number) = part {
                note(list, plain(number), place);
            }
        });
        list.get(&plain(number)).map(Vec::as_slice).unwrap_or_default()
    }

    fn list<K: Eq + Hash>(
        &self,
        list: &'o OnceCell<List<K>>,
        add: impl Fn(&mut List<K>, Place, &OrderLine<'a>),
    ) -> &'o List<K> {
        list.get_or_init(|| {
            let mut list = List::default();
            for (place, line) in (self.first..).zip(self.lines) {
                add(&mut list, place, line);
            }
            list
        })
    }
}

pub(super) fn note<K: Hash + Eq>(names: &mut HashMap<K, Vec<Place>>, name: K, place: Place) {
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
