//! Which order line an invoice line bills: the ladder of `domain.md` A6. A rung that finds one
//! stops; one that finds several leaves them to the next rung. Never by amount alone, never across
//! suppliers.

use super::few::{Few, HashMap};
use super::index::{Index, Names, Order, OrderLine, Place, gtins, padded, plain};
use super::number::Number;
use super::spoken::spoken;
use super::stand::{Stands, price_of_one};
use super::unit::{Units, View, of_same_dimension};
use super::usage::by_serial;
use canonical::{
    Code, Invoice, InvoiceLine, KnownInvoice, KnownLine, OrderStatus, PurchaseOrder,
    PurchaseOrderNumber, SupplierInvoiceNumber, UsageEvent,
};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

/// More candidates than this are not told apart.
const CANDIDATES_MAX: usize = 1_000;
/// More lines than this at nearly the same price are not told apart by it.
const NEAR_MAX: usize = 100;

/// What the ladder found.
pub(super) enum Found<'a> {
    /// The order line, or several of one item to fill in their order; and the rung that found it.
    Lines(Few<Place>, u8),
    /// The order alone; no line of it is asked for.
    Order(&'a PurchaseOrder),
    /// Nothing is needed.
    Free,
    /// What was used, and no order was made for it yet.
    Used(Vec<&'a UsageEvent>),
    /// Nothing to match with, and why.
    Nothing(Code, String),
}

/// Prices of open lines per unit, ascending: by order and unit.
type Prices<'a> = HashMap<&'a str, Vec<(Number, Place)>>;

/// The ladder, for one invoice.
pub(super) struct Ladder<'a> {
    invoice: &'a Invoice,
    index: &'a Index<'a>,
    units: &'a Units<'a>,
    stands: &'a Stands<'a>,
    prices: RefCell<HashMap<&'a PurchaseOrderNumber, Rc<Prices<'a>>>>,
}

impl<'a> Ladder<'a> {
    pub(super) fn new(
        invoice: &'a Invoice,
        index: &'a Index<'a>,
        units: &'a Units<'a>,
        stands: &'a Stands<'a>,
    ) -> Self {
        Self { invoice, index, units, stands, prices: RefCell::default() }
    }

    pub(super) fn climb(&self, line: &'a InvoiceLine) -> Found<'a> {
        let Some(number) = &line.purchase_order_number else {
            return self.without_number(line);
        };
        let Some(order) = self.index.order(number) else {
            return Found::Nothing(Code::Po02, spoken!("there is no order {number}"));
        };
        if let Some((code, detail)) = self.refused(order) {
            return Found::Nothing(code, detail);
        }
        if let Some(place) = line.purchase_order_line.and_then(|it| order.numbered(it)) {
            return Found::Lines(Few::One(place), 1);
        }
        self.by_name(line, order)
    }

    /// The order that a line names, whichever line of it.
    pub(super) fn order(&self, line: &InvoiceLine) -> Found<'a> {
        let Some(number) = &line.purchase_order_number else {
            let detail = "the line names no order; give its number";
            return Found::Nothing(Code::Po01, detail.to_owned());
        };
        let Some(order) = self.index.order(number) else {
            return Found::Nothing(Code::Po02, spoken!("there is no order {number}"));
        };
        match self.refused(order) {
            Some((code, detail)) => Found::Nothing(code, detail),
            None => Found::Order(order.order),
        }
    }

    /// Orders that nothing can be billed on.
    fn refused(&self, order: &Order<'a>) -> Option<(Code, String)> {
        let order = order.order;
        let (ours, theirs) = (&order.supplier_id, &self.invoice.supplier_id);
        if !self.index.same_group(ours, theirs) {
            // not to whom it went: the sender of the invoice may read this
            let detail = spoken!("order {} did not go to {theirs}", order.number);
            return Some((Code::Sup02, detail));
        }
        let state = match order.status {
            OrderStatus::Cancelled => "is cancelled",
            OrderStatus::Draft | OrderStatus::PendingApproval => "is not approved",
            OrderStatus::Approved
            | OrderStatus::Dispatched
            | OrderStatus::Completed
            | OrderStatus::FinallyClosed => return None,
        };
        Some((Code::Po03, spoken!("order {} {state}; nothing may be billed on it", order.number)))
    }

    /// Rung 7: no order number, and yet the papers say which it is: the receipt, the packing slip,
    /// the serial number of what was used, the invoice that a credit cites.
    fn without_number(&self, line: &'a InvoiceLine) -> Found<'a> {
        let slip = line.receipt_number.as_ref().map(|it| self.index.by_slip(it.as_str()));
        let mut places: Vec<Place> = slip.map(<[Place]>::to_vec).unwrap_or_default();
        if places.is_empty() && !line.serial_numbers.is_empty() {
            places = self.index.by_serial(&line.serial_numbers);
        }
        if places.is_empty() {
            places = self.cited(line);
        }
        places.retain(|it| self.is_ours(line, *it));
        match places.as_slice() {
            [one] => Found::Lines(Few::One(*one), 7),
            [] => {
                let usages = by_serial(self.index, &self.invoice.supplier_id, line);
                if usages.is_empty() {
                    let detail = "the line names no order; give its number";
                    return Found::Nothing(Code::Po01, detail.to_owned());
                }
                Found::Used(usages)
            }
            several if self.is_one_item(several) && self.is_one_order(several) => {
                self.split(several, 7)
            }
            _several => {
                let detail = "the line names no order, and several order lines may be the one \
                              billed; give the order's number";
                Found::Nothing(Code::Asc02, detail.to_owned())
            }
        }
    }

    /// The order lines that the cited invoice billed.
    fn cited(&self, line: &InvoiceLine) -> Vec<Place> {
        let lines = cited(self.invoice, self.index).flat_map(|it| &it.lines);
        let same_item = |it: &&KnownLine| !differ(it.item_id.as_ref(), line.item_id.as_ref());
        let mut places: Vec<Place> = lines
            .filter(same_item)
            .filter_map(|it| {
                let order = it.purchase_order_number.as_ref()?;
                self.index.numbered(order, it.purchase_order_line?)
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether an order line may be billed by this supplier and nothing that the invoice line says
    /// contradicts it.
    fn is_ours(&self, line: &InvoiceLine, place: Place) -> bool {
        let Some(candidate) = self.index.line(place) else { return false };
        let is_billable = self.index.order(&candidate.order.number);
        let stated = line.purchase_order_line.is_none_or(|it| it == candidate.line.line_number);
        stated
            && is_billable.is_some_and(|it| self.refused(it).is_none())
            && self.may_be(line, candidate)
    }

    fn is_one_order(&self, several: &[Place]) -> bool {
        let mut orders = several.iter().filter_map(|it| self.index.line(*it)).map(|it| it.order);
        let first = orders.next().map(|it| &it.number);
        orders.all(|it| Some(&it.number) == first)
    }

    fn by_name(&self, line: &'a InvoiceLine, order: &Order<'a>) -> Found<'a> {
        let names = order.names(self.index, &self.invoice.supplier_id);
        let mut left: Option<Cow<'_, [Place]>> = None;
        for rung in 2..=5 {
            let found = places(&names, line, rung);
            let narrowed = match &left {
                None => Cow::Borrowed(found),
                Some(left) => Cow::Owned(both(left, found)),
            };
            match narrowed.as_ref() {
                [] => {}
                [one] => return Found::Lines(Few::One(*one), rung),
                several if self.is_one_item(several) => return self.split(several, rung),
                _ => left = Some(narrowed),
            }
        }
        self.by_price(line, order, left.as_deref())
    }

    /// Several lines of one item are filled one after the other.
    fn split(&self, several: &[Place], rung: u8) -> Found<'a> {
        let is_open = |it: &&Place| self.index.line(**it).is_some_and(|it| !it.line.closed);
        let open: Few<Place> = several.iter().filter(is_open).copied().collect();
        Found::Lines(if open.is_empty() { several.to_vec().into() } else { open }, rung)
    }

    fn is_one_item(&self, several: &[Place]) -> bool {
        let item = |it: &Place| self.index.line(*it).and_then(|it| it.line.item_id.as_ref());
        let mut items = several.iter().map(item);
        let first = items.next().flatten();
        several.len() <= CANDIDATES_MAX && first.is_some() && items.all(|it| it == first)
    }

    /// The last rung: exactly one open line of the same class and kind of unit, and a price within
    /// two percent.
    fn by_price(
        &self,
        line: &'a InvoiceLine,
        order: &Order<'a>,
        left: Option<&[Place]>,
    ) -> Found<'a> {
        let number = &order.order.number;
        let prices = self.prices_of(order);
        let near = near(&prices, line);
        let mut fitting = near.iter().take(NEAR_MAX).map(|it| it.1).filter(|it| {
            left.is_none_or(|left| left.binary_search(it).is_ok())
                && self.index.line(*it).is_some_and(|it| self.may_be(line, it))
        });
        match (fitting.next(), fitting.next()) {
            (Some(one), None) if near.len() <= NEAR_MAX => Found::Lines(Few::One(one), 6),
            (None, _) if left.is_none() => {
                let detail = spoken!(
                    "no line of order {number} is the one billed; give the order's line number"
                );
                Found::Nothing(Code::Asc01, detail)
            }
            _ => {
                let detail = spoken!(
                    "several lines of order {number} may be the one \
                              billed; \
                     give the order's line number"
                );
                Found::Nothing(Code::Asc02, detail)
            }
        }
    }

    fn prices_of(&self, order: &Order<'a>) -> Rc<Prices<'a>> {
        let number = &order.order.number;
        if let Some(known) = self.prices.borrow().get(number) {
            return Rc::clone(known);
        }
        let mut prices = Prices::default();
        for place in order.places() {
            self.add_prices(&mut prices, place);
        }
        for list in prices.values_mut() {
            list.sort();
            list.dedup();
        }
        let prices = Rc::new(prices);
        self.prices.borrow_mut().insert(number, Rc::clone(&prices));
        prices
    }

    fn add_prices(&self, prices: &mut Prices<'a>, place: Place) {
        let Some(line) = self.index.line(place) else { return };
        let Some(stand) = self.stands.fine(place) else { return };
        if line.line.closed || !stand.open().is_positive() {
            return;
        }
        let of = line.of();
        let supplier = &self.invoice.supplier_id;
        let rows = line.item.iter().flat_map(|(_place, item)| &item.packaging);
        let own = rows.filter(|row| row.supplier_id.as_ref().is_none_or(|it| it == supplier));
        for uom in [of.base, &line.line.quantity.uom].into_iter().chain(own.map(|it| &it.uom)) {
            if let Ok(factor) = self.units.factor(of, uom, View::Suppliers) {
                let price = &stand.price * &factor.value;
                prices.entry(uom.as_str()).or_default().push((price, place));
            }
        }
        for code in of_same_dimension(of.base) {
            if let Some(factor) = super::unit::between(code, of.base) {
                prices.entry(code).or_default().push((&stand.price * &factor, place));
            }
        }
    }

    /// Whether nothing that the invoice line says contradicts the order line. Another identity is
    /// a substitute only where both are known to be of one class.
    fn may_be(&self, line: &InvoiceLine, candidate: &OrderLine<'a>) -> bool {
        let item = candidate.item.map(|(_place, item)| item);
        let stated = line.item_id.as_ref().and_then(|it| self.index.item(it));
        let class = stated.zip(item).map(|(a, b)| (a.class.as_deref(), b.class.as_deref()));
        if let Some((Some(a), Some(b))) = class {
            return a == b;
        }
        let other_item = differ(line.item_id.as_ref(), candidate.line.item_id.as_ref());
        let other_number = differ(
            line.supplier_item_number.as_deref().map(plain),
            candidate.line.supplier_item_number.as_deref().map(plain),
        );
        let other_part = differ(
            line.manufacturer_part_number.as_deref().map(plain),
            item.and_then(|it| it.manufacturer_part_number.as_deref()).map(plain),
        );
        let other_gtin = line.gtin.as_ref().zip(item).is_some_and(|(gtin, item)| {
            let mut known = gtins(item).peekable();
            known.peek().is_some() && known.all(|it| padded(it) != padded(gtin))
        });
        !(other_item || other_number || other_part || other_gtin)
    }
}

/// The earlier invoices that a credit or debit memo cites.
pub(super) fn cited<'a>(
    invoice: &Invoice,
    index: &Index<'a>,
) -> impl Iterator<Item = &'a KnownInvoice> {
    let number = invoice.cited_invoice_number.as_ref().map(SupplierInvoiceNumber::normalised);
    index.known_invoices().iter().filter(move |it| {
        number.as_ref() == Some(&it.supplier_invoice_number.normalised())
            && index.same_group(&it.supplier_id, &invoice.supplier_id)
    })
}

fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a != b)
}

fn places<'n>(names: &Names<'n, '_>, line: &InvoiceLine, rung: u8) -> &'n [Place] {
    let found = match rung {
        2 => line.receipt_number.as_ref().map(|it| names.by_receipt(it.as_str())),
        3 => {
            let by_item = line.item_id.as_ref().map(|it| names.by_item(it));
            let by_gtin = || line.gtin.as_ref().map(|it| names.by_gtin(it));
            by_item.filter(|it| !it.is_empty()).or_else(by_gtin)
        }
        4 => line.supplier_item_number.as_deref().map(|it| names.by_catalogue(it)),
        _ => line.manufacturer_part_number.as_deref().map(|it| names.by_part(it)),
    };
    found.unwrap_or_default()
}

/// What is in both of two ascending lists.
fn both(a: &[Place], b: &[Place]) -> Vec<Place> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().filter(|it| long.binary_search(it).is_ok()).copied().collect()
}

/// The lines whose price is within two percent of the one billed.
fn near<'p>(prices: &'p Prices<'_>, line: &InvoiceLine) -> &'p [(Number, Place)] {
    let list = prices.get(line.quantity.uom.as_str()).map(Vec::as_slice).unwrap_or_default();
    let billed = price_of_one(line.unit_price, line.price_base);
    let bound = |percent| billed.per(&percent).unwrap_or(Number::ZERO);
    let hundredths = |it| Number::ratio(it, 100).unwrap_or(Number::ONE);
    let (low, high) = (bound(hundredths(102)), bound(hundredths(98)));
    let from = list.partition_point(|it| it.0 < low);
    let to = list.partition_point(|it| it.0 <= high);
    list.get(from..to).unwrap_or_default()
}
