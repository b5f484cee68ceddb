//! Where to find what: orders, their lines and what moved on them, indexed once for one evaluation.

use super::request::{Claim, Facts};
use super::unit::Of;
use canonical::{
    Gtin, Invoice, Item, ItemId, MatchBasis, MatchMode, PurchaseOrder, PurchaseOrderLine,
    PurchaseOrderNumber, Receipt, Return, SupplierId,
};
use std::cell::OnceCell;
use std::collections::HashMap;

/// A line of one of the orders, by its place in [`Index::lines`].
pub(super) type Place = u32;

/// Everything that one evaluation looks up.
pub(super) struct Index<'a> {
    orders: HashMap<&'a PurchaseOrderNumber, Order<'a>>,
    lines: Vec<OrderLine<'a>>,
    items: HashMap<&'a ItemId, (u32, &'a Item)>,
    groups: HashMap<&'a SupplierId, &'a SupplierId>,
}

/// An order and the ways to find a line of it. Lists of places ascend.
pub(super) struct Order<'a> {
    pub(super) order: &'a PurchaseOrder,
    by_number: HashMap<u32, Place>,
    places: std::ops::Range<Place>,
    names: OnceCell<Names<'a>>,
}

/// An order's line and what moved on it.
pub(super) struct OrderLine<'a> {
    pub(super) order: &'a PurchaseOrder,
    pub(super) line: &'a PurchaseOrderLine,
    pub(super) item: Option<(u32, &'a Item)>,
    pub(super) receipts: Vec<&'a Receipt>,
    pub(super) returns: Vec<&'a Return>,
    pub(super) claims: Vec<&'a Claim>,
}

/// What the lines of one order are called; built when an invoice line does not say its number.
#[derive(Default)]
pub(super) struct Names<'a> {
    pub(super) by_receipt: HashMap<&'a str, Vec<Place>>,
    pub(super) by_item: HashMap<&'a ItemId, Vec<Place>>,
    pub(super) by_gtin: HashMap<String, Vec<Place>>,
    pub(super) by_catalogue: HashMap<String, Vec<Place>>,
    pub(super) by_part: HashMap<String, Vec<Place>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        let mut items: HashMap<&ItemId, (u32, &Item)> = HashMap::new();
        for (place, item) in (0u32..).zip(&facts.items) {
            items.entry(&item.id).or_insert((place, item));
        }
        let groups = facts.suppliers.iter().map(|it| (&it.id, it.group())).collect();
        let mut index = Self { orders: HashMap::new(), lines: Vec::new(), items, groups };
        for order in &facts.purchase_orders {
            if !index.orders.contains_key(&order.number) {
                index.add(order);
            }
        }
        index.move_goods(facts);
        index
    }

    pub(super) fn order(&self, number: &PurchaseOrderNumber) -> Option<&Order<'a>> {
        self.orders.get(number)
    }

    pub(super) fn item(&self, id: &ItemId) -> Option<&'a Item> {
        self.items.get(id).map(|it| it.1)
    }

    /// Whether two supplier numbers are one business; nothing matches across (`domain.md` A6).
    pub(super) fn same_group(&self, one: &SupplierId, other: &SupplierId) -> bool {
        let group = |it| self.groups.get(it).map_or(it, |group| *group);
        one == other || group(one) == group(other)
    }

    /// How many order lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn line(&self, place: Place) -> Option<&OrderLine<'a>> {
        self.lines.get(place as usize)
    }

    /// Lines lie in the order in which an item's lines are filled: date asked for, then number.
    fn add(&mut self, order: &'a PurchaseOrder) {
        let mut lines: Vec<&PurchaseOrderLine> = order.lines.iter().collect();
        lines.sort_by_key(|it| (it.requested_date.is_none(), it.requested_date, it.line_number));
        let first = place(self.lines.len());
        let mut by_number = HashMap::with_capacity(lines.len());
        for line in lines {
            by_number.entry(line.line_number).or_insert_with(|| place(self.lines.len()));
            self.lines.push(OrderLine {
                order,
                line,
                item: line.item_id.as_ref().and_then(|it| self.items.get(it).copied()),
                receipts: Vec::new(),
                returns: Vec::new(),
                claims: Vec::new(),
            });
        }
        let places = first..place(self.lines.len());
        let entry = Order { order, by_number, places, names: OnceCell::new() };
        self.orders.insert(&order.number, entry);
    }

    fn move_goods(&mut self, facts: &'a Facts) {
        for it in &facts.receipts {
            if let Some(line) = self.at(&it.purchase_order_number, it.purchase_order_line) {
                line.receipts.push(it);
            }
        }
        for it in &facts.returns {
            if let Some(line) = self.at(&it.purchase_order_number, it.purchase_order_line) {
                line.returns.push(it);
            }
        }
        for it in &facts.claims {
            if let Some(line) = self.at(&it.purchase_order_number, it.purchase_order_line) {
                line.claims.push(it);
            }
        }
    }

    fn at(&mut self, order: &PurchaseOrderNumber, line: u32) -> Option<&mut OrderLine<'a>> {
        let place = self.orders.get(order)?.by_number.get(&line)?;
        self.lines.get_mut(*place as usize)
    }
}

impl<'a> Order<'a> {
    /// The line with this number.
    pub(super) fn numbered(&self, number: u32) -> Option<Place> {
        self.by_number.get(&number).copied()
    }

    /// Every line.
    pub(super) fn places(&self) -> std::ops::Range<Place> {
        self.places.clone()
    }

    pub(super) fn names(&self, index: &Index<'a>, supplier: &SupplierId) -> &Names<'a> {
        self.names.get_or_init(|| {
            let mut names = Names::default();
            let lines = self.places().filter_map(|it| Some((it, index.line(it)?)));
            lines.for_each(|(place, line)| names.add(place, line, supplier));
            names
        })
    }
}

impl<'a> OrderLine<'a> {
    /// What its quantities are of.
    pub(super) fn of(&self) -> Of<'a> {
        let uom = &self.line.quantity.uom;
        Of { item: self.item, base: self.item.map_or(uom, |(_place, item)| &item.base_uom) }
    }

    /// What its invoices are held against.
    pub(super) fn mode(&self) -> MatchMode {
        self.line.match_mode.unwrap_or_default()
    }

    pub(super) fn is_by_amount(&self) -> bool {
        self.line.match_basis == MatchBasis::Amount
    }

    /// Whether quantity and price are compared at all.
    pub(super) fn is_by_quantity(&self) -> bool {
        !self.is_by_amount() && self.mode() != MatchMode::ZeroWay
    }

    /// Whether receipts must cover what is billed.
    pub(super) fn needs_receipt(&self) -> bool {
        let mode = self.mode();
        !self.is_by_amount() && matches!(mode, MatchMode::ThreeWay | MatchMode::FourWay)
    }
}

impl<'a> Names<'a> {
    fn add(&mut self, place: Place, line: &OrderLine<'a>, supplier: &SupplierId) {
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

fn note<K: std::hash::Hash + Eq>(names: &mut HashMap<K, Vec<Place>>, name: K, place: Place) {
    let places = names.entry(name).or_default();
    // places come in ascending order, so a repeat is the last one
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// Every GTIN of an item, whichever level it names.
pub(super) fn gtins(item: &Item) -> impl Iterator<Item = &Gtin> {
    item.gtin.iter().chain(item.packaging.iter().filter_map(|it| it.gtin.as_ref()))
}

/// GTINs of 8, 12 and 13 digits are ones of 14 with zeros in front.
pub(super) fn padded(gtin: &Gtin) -> String {
    format!("{:0>14}", gtin.as_str())
}

/// A catalogue or part number as it is compared: letters and digits, upper case.
pub(super) fn plain(number: &str) -> String {
    number.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The invoice's lines in the order of their numbers, whatever order they came in.
pub(super) fn by_number(invoice: &Invoice) -> Vec<&canonical::InvoiceLine> {
    let mut lines: Vec<_> = invoice.lines.iter().collect();
    lines.sort_by_key(|it| it.line_number);
    lines
}

fn place(length: usize) -> Place {
    // ok: a request of four billion lines does not fit in memory
    Place::try_from(length).unwrap_or(Place::MAX)
}
