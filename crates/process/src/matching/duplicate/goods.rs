//! What an invoice bills, as it is compared with what an earlier one billed: order lines with
//! quantities in base units, receipts, and serial numbers.

use crate::matching::bill::{Billed, Ground};
use crate::matching::few::HashMap;
use crate::matching::index::{Place, plain};
use crate::matching::number::Number;
use crate::matching::unit::View;
use canonical::{ItemId, KnownInvoice, KnownLine, Money, ReceiptNumber};
use std::collections::BTreeMap;

/// What is billed of one order line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// In base units; zero where a line is matched by amount.
    quantity: Number,
    /// In the invoice's currency.
    minor: i128,
}

/// By order line.
type Parts = BTreeMap<Place, Part>;

/// What the invoice bills.
pub(super) struct Goods<'g, 'a> {
    ground: &'g Ground<'a>,
    /// `None` where not every line was found on an order.
    parts: Option<Parts>,
    receipts: HashMap<Place, Vec<Option<&'a ReceiptNumber>>>,
    serials: HashMap<String, Vec<(usize, Option<&'a ItemId>)>>,
}

impl<'g, 'a> Goods<'g, 'a> {
    pub(super) fn new(ground: &'g Ground<'a>, billed: &[Billed<'a>]) -> Self {
        let mut goods =
            Self { ground, parts: None, receipts: HashMap::default(), serials: HashMap::default() };
        let mut parts = Parts::new();
        let mut is_whole = !billed.is_empty();
        for (number, it) in billed.iter().enumerate() {
            is_whole &= !it.shares.is_empty();
            for share in &it.shares {
                let quantity = share.quantity.clone();
                goods.add(&mut parts, share.place, quantity, share.amount.minor());
                let receipts = goods.receipts.entry(share.place).or_default();
                receipts.push(it.line.receipt_number.as_ref());
            }
            let item = it.first.and_then(|it| it.line.item_id.as_ref());
            let item = item.or(it.line.item_id.as_ref());
            for serial in it.line.serial_numbers.iter().map(|it| plain(it)) {
                goods.serials.entry(serial).or_default().push((number, item));
            }
        }
        goods.parts = is_whole.then_some(parts);
        goods
    }

    fn add(&self, parts: &mut Parts, place: Place, quantity: Number, minor: i128) {
        let line = self.ground.index.line(place);
        let quantity = match line {
            Some(line) if line.is_by_amount() => Number::ZERO,
            _ => quantity,
        };
        let part = parts.entry(place).or_insert(Part { quantity: Number::ZERO, minor: 0 });
        part.quantity = &part.quantity + &quantity;
        part.minor = part.minor.saturating_add(minor);
    }

    fn item_of(&self, place: Place) -> Option<&'a ItemId> {
        self.ground.index.line(place)?.line.item_id.as_ref()
    }

    /// The order line that a known invoice billed.
    fn place(&self, line: &KnownLine) -> Option<Place> {
        let order = self.ground.index.order(line.purchase_order_number.as_ref()?)?;
        order.numbered(line.purchase_order_line?)
    }

    /// Whether an earlier invoice billed the same, and nothing is left for this one: D5.
    pub(super) fn repeats(&self, earlier: &'a KnownInvoice) -> bool {
        let Some(parts) = self.parts.as_ref() else { return false };
        if earlier.lines.is_empty() || earlier.currency != self.ground.invoice.currency {
            return false;
        }
        let before = self.parts_of(earlier);
        before.as_ref() == Some(parts) && parts.iter().all(|(place, it)| !self.is_left(*place, it))
    }

    fn parts_of(&self, earlier: &'a KnownInvoice) -> Option<Parts> {
        let mut parts = Parts::new();
        for it in &earlier.lines {
            let place = self.place(it)?;
            let line = self.ground.index.line(place)?;
            let converted = self.ground.units.convert(line.of(), &it.quantity, View::Suppliers);
            let quantity = match converted {
                Ok(quantity) => quantity,
                Err(_fault) if line.is_by_amount() => Number::ZERO,
                Err(_fault) => return None,
            };
            let net = Money::written(&it.net_amount, earlier.currency).ok()?;
            self.add(&mut parts, place, quantity, net.minor());
        }
        Some(parts)
    }

    /// Whether an order line has room for both invoices: goods to come, or received and not billed.
    /// What the earlier one billed may be among the claims or not yet.
    fn is_left(&self, place: Place, part: &Part) -> bool {
        let index = self.ground.index;
        let (Some(line), Some(stand)) = (index.line(place), self.ground.stands.fine(place)) else {
            return true;
        };
        if line.is_by_amount() {
            let billed = stand.claimed_amount.minor().max(part.minor);
            return stand.amount.minor().saturating_sub(billed) >= part.minor;
        }
        let billed = (&stand.claimed).max(&part.quantity);
        if line.needs_receipt() {
            return stand.received < stand.ordered || &stand.received - billed >= part.quantity;
        }
        &stand.ordered - billed >= part.quantity
    }

    /// Whether an earlier invoice bills the same receipt, or the same order line where either does
    /// not say of which receipt: D7.
    pub(super) fn shares_receipt(&self, earlier: &KnownInvoice) -> bool {
        earlier.lines.iter().any(|theirs| {
            let ours = self.place(theirs).and_then(|it| self.receipts.get(&it));
            ours.is_some_and(|ours| {
                ours.iter().any(|it| match (it, &theirs.receipt_number) {
                    (Some(one), Some(other)) => *one == other,
                    (None, _) | (_, None) => true,
                })
            })
        })
    }

    /// The lines with serial numbers that an earlier invoice billed: D6.
    pub(super) fn serials_of(&self, earlier: &KnownInvoice) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        if self.serials.is_empty() {
            return found;
        }
        for line in &earlier.lines {
            let order = self.place(line).and_then(|it| self.item_of(it));
            let theirs = order.or(line.item_id.as_ref());
            for serial in line.serial_numbers.iter().map(|it| plain(it)) {
                let ours = self.serials.get(&serial).into_iter().flatten();
                // without an item on either side, the number alone speaks
                let same = ours.filter(|(_line, it)| it.zip(theirs).is_none_or(|(a, b)| a == b));
                found.extend(same.map(|(line, _item)| (*line, serial.clone())));
            }
        }
        found.sort();
        found.dedup_by_key(|(line, _serial)| *line);
        found
    }
}
