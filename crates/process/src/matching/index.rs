//! Where to find what: orders, their lines and what moved on them, indexed once for one evaluation.

mod names;

pub(super) use names::{Names, gtins, padded, plain};

use super::few::{Directory, Few, HashMap, HashSet, Numbers};
use super::mode::{Mode, Modes};
use super::request::{Claim, Facts};
use super::unit::Of;
use canonical::{
    Contract, Invoice, Item, ItemId, KnownInvoice, MatchBasis, MatchMode, OrderKind, Prepayment,
    PurchaseOrder, PurchaseOrderLine, PurchaseOrderNumber, Receipt, Return, Supplier, SupplierId,
    Uom, UsageEvent,
};
use names::{Lists, note};
use std::cell::OnceCell;

/// A line of one of the orders, by its place in [`Index::lines`].
pub(super) type Place = u32;

/// Everything that one evaluation looks up.
pub(super) struct Index<'a> {
    by_order: Directory<'a, PurchaseOrderNumber>,
    orders: Few<Order<'a>>,
    lines: Few<OrderLine<'a>>,
    items: Directory<'a, ItemId>,
    groups: OnceCell<HashMap<&'a SupplierId, &'a SupplierId>>,
    /// Usages told before there was an order for them.
    loose_usages: Vec<&'a UsageEvent>,
    serials: OnceCell<Serials<'a>>,
    by_slip: OnceCell<HashMap<&'a str, Vec<Place>>>,
    facts: &'a Facts,
}

/// An order and the ways to find a line of it. Lists of places ascend.
pub(super) struct Order<'a> {
    pub(super) order: &'a PurchaseOrder,
    by_number: Numbers,
    places: std::ops::Range<Place>,
    names: OnceCell<Box<Lists<'a>>>,
}

/// An order's line and what moved on it.
pub(super) struct OrderLine<'a> {
    pub(super) place: Place,
    pub(super) order: &'a PurchaseOrder,
    pub(super) line: &'a PurchaseOrderLine,
    pub(super) item: Option<(u32, &'a Item)>,
    pub(super) receipts: Few<&'a Receipt>,
    pub(super) returns: Few<&'a Return>,
    pub(super) claims: Few<&'a Claim>,
    pub(super) usages: Few<&'a UsageEvent>,
    pub(super) mode: Mode,
}

/// What was used, by serial number.
#[derive(Default)]
struct Serials<'a> {
    lines: HashMap<&'a str, Vec<Place>>,
    loose: HashMap<&'a str, Vec<&'a UsageEvent>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(facts: &'a Facts, modes: &Modes<'a>) -> Self {
        let mut items = Directory::with_capacity(facts.items.len());
        for (place, item) in (0u32..).zip(&facts.items) {
            items.insert(&item.id, place);
        }
        let orders = &facts.purchase_orders;
        let lines = orders.iter().map(|it| it.lines.len()).sum();
        let mut index = Self {
            by_order: Directory::with_capacity(orders.len()),
            orders: Few::new(),
            lines: Few::with_capacity(lines),
            items,
            groups: OnceCell::new(),
            loose_usages: Vec::new(),
            serials: OnceCell::new(),
            by_slip: OnceCell::new(),
            facts,
        };
        for order in orders {
            if index.by_order.insert(&order.number, place(index.orders.len())) {
                index.add(order, modes);
            }
        }
        index.move_goods(facts);
        index.use_goods(facts);
        index
    }

    pub(super) fn order(&self, number: &PurchaseOrderNumber) -> Option<&Order<'a>> {
        self.orders.get(self.by_order.get(number)? as usize)
    }

    pub(super) fn item(&self, id: &ItemId) -> Option<&'a Item> {
        self.placed_item(id).map(|it| it.1)
    }

    /// An item and its place among the facts.
    fn placed_item(&self, id: &ItemId) -> Option<(u32, &'a Item)> {
        let place = self.items.get(id)?;
        self.facts.items.get(place as usize).map(|it| (place, it))
    }

    /// What quantities of an item are of; `uom` where the item is not known.
    pub(super) fn of_item(&self, id: &ItemId, uom: &'a Uom) -> Of<'a> {
        let item = self.placed_item(id);
        Of { item, base: item.map_or(uom, |(_place, item)| &item.base_uom), on: None }
    }

    /// The usages that name no order.
    pub(super) fn loose_usages(&self) -> &[&'a UsageEvent] {
        &self.loose_usages
    }

    pub(super) fn contracts(&self) -> &'a [Contract] {
        &self.facts.contracts
    }

    pub(super) fn supplier(&self, id: &SupplierId) -> Option<&'a Supplier> {
        self.facts.suppliers.iter().find(|it| it.id == *id)
    }

    pub(super) fn prepayments(&self) -> &'a [Prepayment] {
        &self.facts.prepayments
    }

    pub(super) fn known_invoices(&self) -> &'a [KnownInvoice] {
        &self.facts.known_invoices
    }

    /// The order lines received under a number: of the receipt, the packing slip, or whatever else
    /// the receipt is called, such as the number of its advance ship notice.
    pub(super) fn by_slip(&self, name: &str) -> &[Place] {
        let by_slip = self.by_slip.get_or_init(|| {
            let mut names = HashMap::default();
            let lines = (0..).zip(self.lines.iter());
            let all =
                lines.flat_map(|(place, line)| line.receipts.iter().map(move |it| (place, it)));
            for (place, receipt) in all {
                let own = std::iter::once(receipt.number.as_str());
                let others = receipt.external_ids.iter().map(|it| it.key.as_str());
                own.chain(receipt.packing_slip.as_deref())
                    .chain(others)
                    .for_each(|name| note(&mut names, name, place));
            }
            names
        });
        by_slip.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The order lines whose usages name one of these serial numbers, ascending.
    pub(super) fn by_serial(&self, serials: &[String]) -> Vec<Place> {
        let known = &self.serials().lines;
        let places = serials.iter().filter_map(|it| known.get(it.as_str())).flatten();
        let mut places: Vec<Place> = places.copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The usages without an order that name one of these serial numbers, each once.
    pub(super) fn loose_by_serial(&self, serials: &[String]) -> Vec<&'a UsageEvent> {
        let known = &self.serials().loose;
        let usages = serials.iter().filter_map(|it| known.get(it.as_str())).flatten();
        let mut seen = HashSet::default();
        usages.copied().filter(|it| seen.insert(std::ptr::from_ref::<UsageEvent>(it))).collect()
    }

    fn serials(&self) -> &Serials<'a> {
        self.serials.get_or_init(|| {
            let mut serials = Serials::default();
            let lines = (0..).zip(self.lines.iter());
            let used =
                lines.flat_map(|(place, line)| line.usages.iter().map(move |it| (place, it)));
            for (place, usage) in used {
                let own = usage.serial_numbers.iter();
                own.for_each(|serial| note(&mut serials.lines, serial.as_str(), place));
            }
            for usage in &self.loose_usages {
                let own = usage.serial_numbers.iter();
                own.for_each(|serial| serials.loose.entry(serial).or_default().push(usage));
            }
            serials
        })
    }

    /// The line of an order with this number.
    pub(super) fn numbered(&self, order: &PurchaseOrderNumber, line: u32) -> Option<Place> {
        self.order(order)?.numbered(line)
    }

    /// Whether two supplier numbers are one business; nothing matches across (`domain.md` A6).
    pub(super) fn same_group(&self, one: &SupplierId, other: &SupplierId) -> bool {
        if one == other {
            return true;
        }
        let suppliers = &self.facts.suppliers;
        let groups =
            self.groups.get_or_init(|| suppliers.iter().map(|it| (&it.id, it.group())).collect());
        let group = |it| groups.get(it).map_or(it, |group| *group);
        group(one) == group(other)
    }

    /// How many order lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn line(&self, place: Place) -> Option<&OrderLine<'a>> {
        self.lines.get(place as usize)
    }

    /// Lines lie in the order in which an item's lines are filled: date asked for, then number.
    fn add(&mut self, order: &'a PurchaseOrder, modes: &Modes<'a>) {
        let first = self.lines.len();
        let key = |it: &PurchaseOrderLine| {
            (it.requested_date.is_none(), it.requested_date, it.line_number)
        };
        let mut sorted: Vec<&PurchaseOrderLine> = Vec::new();
        if !order.lines.is_sorted_by_key(key) {
            sorted.extend(&order.lines);
            sorted.sort_by_key(|it| key(it));
        }
        let unsorted = if sorted.is_empty() { order.lines.as_slice() } else { &[] };
        for line in sorted.into_iter().chain(unsorted) {
            let item = line.item_id.as_ref().and_then(|it| self.placed_item(it));
            self.lines.push(OrderLine {
                place: place(self.lines.len()),
                order,
                line,
                item,
                receipts: Few::new(),
                returns: Few::new(),
                claims: Few::new(),
                usages: Few::new(),
                mode: modes.of(order, line, item.map(|it| it.1)),
            });
        }
        let numbers = self.lines.iter().skip(first).map(|it| it.line.line_number);
        let by_number = Numbers::new(&numbers, place(first));
        let places = place(first)..place(self.lines.len());
        self.orders.push(Order { order, by_number, places, names: OnceCell::new() });
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

    fn use_goods(&mut self, facts: &'a Facts) {
        for it in &facts.usages {
            let Some(order) = &it.purchase_order_number else {
                self.loose_usages.push(it);
                continue;
            };
            let line = it.purchase_order_line.or_else(|| self.only_line(order, &it.item_id));
            if let Some(line) = line.and_then(|line| self.at(order, line)) {
                line.usages.push(it);
            }
        }
    }

    /// The number of the order's line for an item, where there is one alone.
    fn only_line(&self, order: &PurchaseOrderNumber, item: &ItemId) -> Option<u32> {
        let places = self.order(order)?.places();
        let lines = places.filter_map(|it| self.line(it)).map(|it| it.line);
        let mut fitting = lines.filter(|it| it.item_id.as_ref() == Some(item));
        fitting.next().filter(|_| fitting.next().is_none()).map(|it| it.line_number)
    }

    fn at(&mut self, order: &PurchaseOrderNumber, line: u32) -> Option<&mut OrderLine<'a>> {
        let place = self.numbered(order, line)?;
        self.lines.as_mut_slice().get_mut(place as usize)
    }
}

impl<'a> Order<'a> {
    /// The line with this number.
    pub(super) fn numbered(&self, number: u32) -> Option<Place> {
        self.by_number.get(number)
    }

    /// Every line.
    pub(super) fn places(&self) -> std::ops::Range<Place> {
        self.places.clone()
    }

    /// What its lines are called, to one supplier.
    pub(super) fn names<'o>(
        &'o self,
        index: &'o Index<'a>,
        supplier: &'o SupplierId,
    ) -> Names<'o, 'a> {
        let lines = index.lines.get(self.places.start as usize..self.places.end as usize);
        let first = self.places.start;
        let lists = self.names.get_or_init(Box::default);
        Names { lists, lines: lines.unwrap_or_default(), first, supplier }
    }
}

impl<'a> OrderLine<'a> {
    /// What its quantities are of.
    pub(super) fn of(&self) -> Of<'a> {
        let uom = &self.line.quantity.uom;
        let base = self.item.map_or(uom, |(_place, item)| &item.base_uom);
        Of { item: self.item, base, on: Some(self.order.order_date) }
    }

    /// What its invoices are held against.
    pub(super) fn mode(&self) -> MatchMode {
        self.mode.mode
    }

    pub(super) fn is_by_amount(&self) -> bool {
        self.line.match_basis == MatchBasis::Amount
    }

    /// Whether quantity and price are compared at all.
    pub(super) fn is_by_quantity(&self) -> bool {
        !self.is_by_amount() && self.mode() != MatchMode::ZeroWay
    }

    /// Whether usage plays the receipt's part.
    pub(super) fn is_by_usage(&self) -> bool {
        matches!(self.order.kind, OrderKind::BillOnly | OrderKind::ConsignmentFill)
            || !self.usages.is_empty()
    }

    /// Whether receipts must cover what is billed.
    pub(super) fn needs_receipt(&self) -> bool {
        let mode = self.mode();
        !self.is_by_amount()
            && !self.is_by_usage()
            && matches!(mode, MatchMode::ThreeWay | MatchMode::FourWay)
    }

    /// Whether what is billed is held against what was ordered. A fill of consigned stock orders
    /// nothing to pay for, and a blanket order without receipts has its limit instead.
    pub(super) fn is_held_to_ordered(&self) -> bool {
        let is_limited = self.order.limit_amount.is_some() && !self.needs_receipt();
        self.order.kind != OrderKind::ConsignmentFill && !is_limited
    }
}

/// The invoice's lines in the order of their numbers, whatever order they came in.
pub(super) fn by_number(invoice: &Invoice) -> Few<&canonical::InvoiceLine> {
    let mut lines: Few<_> = invoice.lines.iter().collect();
    lines.as_mut_slice().sort_by_key(|it| it.line_number);
    lines
}

fn place(length: usize) -> Place {
    // ok: a request of four billion lines does not fit in memory
    Place::try_from(length).unwrap_or(Place::MAX)
}
