//! What is open on an order line at a cut-off: pure, from the documents alone.

use super::book::is_stock;
use super::{AccrualDocument, AccrualDocumentKind, AccrualFlag, AccrualLine};
use crate::matching::factor_to_base;
use canonical::{
    AccountRole, Exact, FiscalPeriod, Item, Money, Payable, PayableState, PurchaseOrder,
    PurchaseOrderLine, Quantity, Receipt, Return, exact_text,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use store::Accrued;

/// When movements were recorded, by their numbers.
pub(super) type Recorded = BTreeMap<String, Timestamp>;

/// An order line with all that ever happened on its order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand<'a> {
    pub(super) order: &'a PurchaseOrder,
    pub(super) line: &'a PurchaseOrderLine,
    pub(super) legal_entity: Option<&'a str>,
    pub(super) item: Option<&'a Item>,
    pub(super) receipts: &'a [Receipt],
    pub(super) returns: &'a [Return],
    pub(super) payables: &'a [Payable],
    pub(super) recorded: &'a Recorded,
}

/// A period whose end is the cut-off, in the time zone of a facility.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) zone: TimeZone,
    /// The fiscal periods around it, in the order of their days.
    pub(super) periods: Vec<FiscalPeriod>,
}

/// The day on which a movement counts.
struct Counted {
    effective: Date,
    on: Date,
}

impl Cut {
    /// Whether it matters when a movement was recorded.
    pub(super) fn may_be_late(&self, effective_at: Timestamp) -> bool {
        self.periods.iter().any(|it| it.inventory_closed_at.is_some())
            && self.day(effective_at) <= self.last
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// A movement counts on the day it happened, where that day's period was open to inventory
    /// when it was recorded; else on the first day of the next one that was.
    fn counted(&self, effective_at: Timestamp, recorded: Option<Timestamp>) -> Counted {
        let effective = self.day(effective_at);
        let was_open = |it: &FiscalPeriod| match (it.inventory_closed_at, recorded) {
            (Some(closed), Some(recorded)) => recorded < closed,
            // one that was there before this gateway listened came in time
            _ => true,
        };
        let own = self.periods.iter().find(|it| it.from <= effective && effective <= it.to);
        let on = match own {
            Some(own) if !was_open(own) => {
                let mut later = self.periods.iter().filter(|it| it.from > own.to);
                let next = later.find(|it| was_open(it)).map(|it| it.from);
                next.unwrap_or_else(|| {
                    let end = self.periods.last().map_or(own.to, |it| it.to);
                    end.tomorrow().unwrap_or(Date::MAX)
                })
            }
            _ => effective,
        };
        Counted { effective, on }
    }
}

/// What the documents add up to.
#[derive(Default)]
struct Sums {
    received: Exact,
    billed: Exact,
    explanation: Vec<AccrualDocument>,
    flags: Vec<AccrualFlag>,
}

impl Sums {
    fn flag(&mut self, code: &str, detail: String) {
        self.flags.push(AccrualFlag { code: code.to_owned(), detail });
    }

    /// Adds a document; one in a unit that does not convert says so instead.
    fn add(
        &mut self,
        stand: &Stand<'_>,
        (kind, number, date): (AccrualDocumentKind, &str, Date),
        quantity: &Quantity,
        sign: i32,
    ) {
        let of = (stand.order, stand.line, stand.item);
        match in_unit_of(of, quantity) {
            None => {
                let unit = &stand.line.quantity.uom;
                let detail = format!("{number}: {} does not convert to {unit}", quantity.uom);
                self.flag("UOM-01", detail);
            }
            Some(value) => {
                let value = value * Exact::from_integer(sign.into());
                let shown = quantity_of(&value, stand);
                match kind {
                    AccrualDocumentKind::Receipt | AccrualDocumentKind::Return => {
                        self.received += value;
                    }
                    AccrualDocumentKind::Invoice | AccrualDocumentKind::Credit => {
                        self.billed += value;
                    }
                }
                let number = number.to_owned();
                self.explanation.push(AccrualDocument { kind, number, date, quantity: shown });
            }
        }
    }

    /// Adds a movement of goods that counts by the cut-off.
    fn moved(
        &mut self,
        stand: &Stand<'_>,
        cut: &Cut,
        (kind, number, at): (AccrualDocumentKind, &str, Timestamp),
        (quantity, sign): (&Quantity, i32),
    ) {
        let counted = cut.counted(at, stand.recorded.get(number).copied());
        let is_late = counted.on > counted.effective;
        let concerns = counted.effective <= cut.last && counted.on >= cut.first;
        if is_late && concerns {
            self.flag(
                "LATE_CUTOFF",
                format!(
                    "{number} is of {} and was recorded after inventory had closed: it counts \
                     on {}",
                    counted.effective, counted.on
                ),
            );
        }
        if counted.on <= cut.last {
            self.add(stand, (kind, number, counted.effective), quantity, sign);
        }
    }
}

/// What is open on a line; `None` where that is nothing and never was.
pub(super) fn propose(
    stand: &Stand<'_>,
    cut: &Cut,
    before: Option<&Accrued>,
) -> Option<AccrualLine> {
    let sums = summed(stand, cut);
    let currency = stand.order.currency;
    let open = &sums.received - &sums.billed;
    let is_known = sums.flags.iter().all(|it| it.code != "UOM-01");
    let [accrue, in_transit] = [open.clone(), -open].map(|it| {
        let nothing = Exact::from_integer(0.into());
        let quantity = if is_known { it.max(nothing) } else { nothing };
        value(&quantity, stand)
    });
    let minor = |it: fn(&Accrued) -> i64| before.map_or(0, |before| i128::from(it(before)));
    let accrued = minor(|it| it.accrued);
    let transit = minor(|it| it.in_transit);
    let is_silent = accrue.minor() == 0
        && in_transit.minor() == 0
        && accrued == 0
        && transit == 0
        && sums.flags.is_empty();
    (!is_silent).then(|| AccrualLine {
        purchase_order_number: stand.order.number.clone(),
        purchase_order_line: stand.line.line_number,
        item_id: stand.line.item_id.clone(),
        legal_entity: stand.legal_entity.map(str::to_owned),
        facility_id: stand.order.facility_id.clone(),
        charged: if is_stock(stand.line) { AccountRole::Inventory } else { AccountRole::Expense },
        cost_center_id: stand.line.cost_center_id.clone(),
        received: quantity_of(&sums.received, stand),
        billed: quantity_of(&sums.billed, stand),
        accrue,
        in_transit,
        accrue_delta: Money::from_minor(accrue.minor() - accrued, currency),
        in_transit_delta: Money::from_minor(in_transit.minor() - transit, currency),
        explanation: sums.explanation,
        flags: sums.flags,
    })
}

fn summed(stand: &Stand<'_>, cut: &Cut) -> Sums {
    use AccrualDocumentKind::{Credit, Invoice, Receipt, Return};
    let own = |number: &canonical::PurchaseOrderNumber, line: u32| {
        *number == stand.order.number && line == stand.line.line_number
    };
    let mut sums = Sums::default();
    for it in stand.receipts {
        if own(&it.purchase_order_number, it.purchase_order_line) {
            let what = (Receipt, it.number.as_str(), it.effective_at);
            sums.moved(stand, cut, what, (&it.quantity, 1));
        }
    }
    for it in stand.returns {
        if own(&it.purchase_order_number, it.purchase_order_line) {
            let what = (Return, it.number.as_str(), it.effective_at);
            sums.moved(stand, cut, what, (&it.quantity, -1));
        }
    }
    for it in stand.payables {
        let posted = it.posting_date.or(it.invoice_date);
        let is_booked = matches!(it.state, PayableState::Posted | PayableState::Paid);
        let Some(posted) = posted.filter(|day| is_booked && *day <= cut.last) else { continue };
        let billed = it.lines.iter().filter(|it| {
            let of = it.purchase_order_number.as_ref().zip(it.purchase_order_line);
            of.is_some_and(|of| own(of.0, of.1)) && !it.quantity.value.is_zero()
        });
        for line in billed {
            let kind = if line.quantity.value.is_negative() { Credit } else { Invoice };
            sums.add(stand, (kind, it.reference.as_str(), posted), &line.quantity, 1);
        }
    }
    sums.explanation.sort_by(|a, b| (a.date, a.kind, &a.number).cmp(&(b.date, b.kind, &b.number)));
    sums
}

/// A quantity in the unit of the order line; `None` where it does not convert.
pub(crate) fn in_unit_of(
    (order, line, item): (&PurchaseOrder, &PurchaseOrderLine, Option<&Item>),
    quantity: &Quantity,
) -> Option<Exact> {
    let (value, unit) = (quantity.value.exact(), &line.quantity.uom);
    if quantity.uom == *unit {
        return Some(value);
    }
    let factor = |it| factor_to_base(item?, &order.supplier_id, it);
    let (from, to) = (factor(&quantity.uom)?, factor(unit)?);
    (to != Exact::from_integer(0.into())).then(|| value * from / to)
}

/// What a quantity is worth at the order's price (R1).
fn value(quantity: &Exact, stand: &Stand<'_>) -> Money {
    let base = stand.line.price_base.exact();
    let nothing = Exact::from_integer(0.into());
    let each = if base == nothing { nothing } else { stand.line.unit_price.exact() / base };
    Money::round(&(quantity * each), stand.order.currency)
}

fn quantity_of(value: &Exact, stand: &Stand<'_>) -> Quantity {
    shown(value, stand.line)
}

/// A quantity of an order line, as it is shown.
pub(crate) fn shown(value: &Exact, line: &PurchaseOrderLine) -> Quantity {
    let text = exact_text(value);
    // a third of a box is shown to six places
    let shown = text.parse().or_else(|_| canonical::show(value, 6).parse());
    Quantity { value: shown.unwrap_or_default(), uom: line.quantity.uom.clone() }
}

#[cfg(test)]
mod tests;
