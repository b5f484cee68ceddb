//! Goods that are billed when they are used: bill-only implants and consigned stock. The usage
//! that hospital staff attest plays the receipt's part (`domain.md` A14.1, A14.2).

mod price;

use super::bill::{Basis, Billed, Ground};
use super::few::{HashMap, HashSet};
use super::index::{Index, OrderLine};
use super::key::Key;
use super::measure::Measure;
use super::number::Number;
use super::report::{Asked, Report, Terms};
use super::spoken::spoken;
use super::stand::used_on;
use super::unit::View;
use canonical::{Code, InvoiceLine, ItemId, SupplierId, UsageEvent};
use std::collections::BTreeSet;

/// The usages that were told before there was an order for them, by item; each counts once.
pub(super) struct Loose<'a> {
    left: HashMap<&'a ItemId, Vec<&'a UsageEvent>>,
}

/// What counts as used, and what does not yet.
pub(super) struct Used<'a> {
    pub(super) quantity: Number,
    unattested: Vec<&'a UsageEvent>,
}

impl<'a> Loose<'a> {
    pub(super) fn new(ground: &Ground<'a>) -> Self {
        let supplier = &ground.invoice.supplier_id;
        let mut left: HashMap<&ItemId, Vec<&UsageEvent>> = HashMap::default();
        for usage in ground.index.loose_usages() {
            if ground.index.same_group(&usage.supplier_id, supplier) {
                left.entry(&usage.item_id).or_default().push(usage);
            }
        }
        Self { left }
    }

    /// Takes those of the order line's item whose serial number or lot one of `lines` bills.
    fn take(&mut self, of: &OrderLine<'a>, lines: &[&Billed<'a>]) -> Vec<&'a UsageEvent> {
        let Some(left) = of.line.item_id.as_ref().and_then(|it| self.left.get_mut(it)) else {
            return Vec::new();
        };
        let serials = lines.iter().flat_map(|it| &it.line.serial_numbers);
        let lots = lines.iter().flat_map(|it| &it.line.lot_numbers);
        let (serials, lots): (HashSet<&String>, HashSet<&String>) =
            (serials.collect(), lots.collect());
        let is_named = |usage: &&UsageEvent| {
            usage.serial_numbers.iter().any(|it| serials.contains(it))
                || usage.lot_number.as_ref().is_some_and(|it| lots.contains(it))
        };
        let (taken, others) = std::mem::take(left).into_iter().partition(is_named);
        *left = others;
        taken
    }
}

/// What was used of an order line: what names it, and what was told before the order was made.
pub(super) fn of_line<'a>(
    ground: &Ground<'a>,
    of: &OrderLine<'a>,
    known: &Number,
    loose: &mut Loose<'a>,
    lines: &[&Billed<'a>],
) -> Used<'a> {
    let mut used = Used { quantity: known.clone(), unattested: Vec::new() };
    used.unattested.extend(of.usages.iter().filter(|it| !it.attested));
    for usage in loose.take(of, lines) {
        match used_on(of, usage, ground.units) {
            Ok(quantity) if usage.attested => used.quantity = &used.quantity + &quantity,
            Ok(_) | Err(_) => used.unattested.push(usage),
        }
    }
    used
}

impl Used<'_> {
    /// What is said of usages that do not count.
    pub(super) fn words(&self) -> String {
        let numbers: BTreeSet<&str> = self.unattested.iter().map(|it| it.number.as_str()).collect();
        let shown: Vec<&str> = numbers.iter().take(NAMED_MAX).copied().collect();
        let more = if numbers.len() > NAMED_MAX { " and others" } else { "" };
        if numbers.is_empty() {
            return String::new();
        }
        let shown = shown.join(", ");
        spoken!("; usage {shown}{more} is not attested by hospital staff and does not count")
    }
}

/// More usages than this are not named in a sentence.
const NAMED_MAX: usize = 5;

/// The usages that an invoice line without an order bills: by serial number, and only where a
/// contract has the price.
pub(super) fn by_serial<'a>(
    index: &Index<'a>,
    supplier: &SupplierId,
    line: &InvoiceLine,
) -> Vec<&'a UsageEvent> {
    let has_price = |usage: &UsageEvent| {
        let contracts = index.contracts().iter();
        let theirs = contracts.filter(|it| index.same_group(&it.supplier_id, supplier));
        theirs.flat_map(|it| &it.prices).any(|it| it.item_id == usage.item_id)
    };
    let mine = |usage: &&UsageEvent| {
        index.same_group(&usage.supplier_id, supplier)
            && line.item_id.as_ref().is_none_or(|it| *it == usage.item_id)
            && has_price(usage)
    };
    let mut usages = index.loose_by_serial(&line.serial_numbers);
    usages.retain(mine);
    // one line is one item
    let first = usages.first().map(|it| &it.item_id);
    if usages.iter().any(|it| Some(&it.item_id) != first) { Vec::new() } else { usages }
}

/// Asks a line that bills usages for which there is no order yet.
pub(super) fn check<'a>(
    ground: &Ground<'a>,
    terms: &Terms<'_>,
    billed: &Billed<'a>,
    report: &mut Report,
) {
    let Basis::Usage(usages) = &billed.basis else { return };
    let Some(first) = usages.first() else { return };
    let of = ground.index.of_item(&first.item_id, &first.quantity.uom);
    let factor = match ground.units.factor(of, &billed.line.quantity.uom, View::Suppliers) {
        Ok(factor) => factor,
        Err(fault) => {
            report.not_evaluated(Key::QtyOverUsed, fault.code);
            return report.reason(fault.code, fault.detail);
        }
    };
    let quantity = &Number::from(billed.line.quantity.value) * &factor.value;
    let mut used = Used { quantity: Number::ZERO, unattested: Vec::new() };
    for usage in usages {
        match ground.units.convert(of, &usage.quantity, View::Ours) {
            Ok(it) if usage.attested => used.quantity = &used.quantity + &it,
            Ok(_) => used.unattested.push(usage),
            Err(fault) => {
                report.not_evaluated(Key::QtyOverUsed, fault.code);
                return report.reason(fault.code, fault.detail);
            }
        }
    }
    price::check(ground, terms, (billed, first, of, &quantity), report);
    let price = Number::from(billed.net).per(&quantity).unwrap_or(Number::ZERO);
    let over = (&quantity - &used.quantity).at_least_zero();
    let measure = Measure::of_quantity(over, &used.quantity, &price, terms.currency);
    let codes = (Code::Qty05, Code::Qty05);
    let asked = Asked { key: Key::QtyOverUsed, codes, measure, ruled: None };
    report.judge(terms, asked, |it| {
        spoken!(
            "{} {} of {} billed, {} used: {} over{}",
            quantity.text(),
            of.base,
            first.item_id,
            used.quantity.text(),
            it.words(),
            used.words()
        )
    });
}
