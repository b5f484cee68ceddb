//! Units: packaging rows, and the unit that the supplier meant.

use super::super::super::number::Number;
use super::super::super::stand::price_of_one;
use super::super::super::unit::{between, row_factor};
use super::super::correction::Correction;
use super::super::cure::Cure;
use super::Case;
use canonical::{Code, Decimal, Item, Packaging, Quantity, SupplierId, Uom};
use std::collections::BTreeSet;

/// More units of an item than this are not tried.
const MOST: usize = 6;

impl<'c> Case<'c> {
    fn item(&self) -> Option<&'c Item> {
        let of_order = self.order_lines().into_iter().find_map(|it| it.1.item_id.as_ref());
        let id = of_order.or_else(|| self.line()?.item_id.as_ref())?;
        self.facts.items.iter().find(|it| it.id == *id)
    }

    /// The rows that may say something to this supplier.
    fn rows(&self, item: &'c Item) -> impl Iterator<Item = &'c Packaging> {
        let supplier = self.invoice.supplier_id.clone();
        let own = move |it: &&Packaging| it.supplier_id.as_ref().is_none_or(|it| *it == supplier);
        item.packaging.iter().filter(own)
    }

    fn suspected(&self) -> bool {
        let here = |it: &canonical::Reason| {
            it.code == Code::Uom04 && it.invoice_line == self.reason.invoice_line
        };
        self.result.reasons.iter().any(here)
    }
}

fn decimal(value: &Number) -> Option<Decimal> {
    value.text().parse().ok()
}

/// A row that says the factor exactly.
fn row(item: &Item, uom: &Uom, supplier: Option<&SupplierId>, factor: &Number) -> Option<Cure> {
    if !factor.is_positive() || *uom == item.base_uom {
        return None;
    }
    let (numerator, denominator) = match decimal(factor) {
        Some(it) => (it, Decimal::ONE),
        None => {
            let text = factor.text();
            let (upper, lower) = text.split_once('/')?;
            (upper.parse().ok()?, lower.parse().ok()?)
        }
    };
    Some(Cure::Packaging {
        item_id: item.id.clone(),
        uom: uom.clone(),
        supplier_id: supplier.cloned(),
        numerator,
        denominator,
    })
}

/// Where the price is off by a packaging ratio: the row that is probably wrong.
pub(super) fn packaging(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (Some(item), Some(line)) = (case.item(), case.line()) else { return };
    if !case.suspected() {
        return;
    }
    let (uom, supplier) = (&line.quantity.uom, &case.invoice.supplier_id);
    let mut factors: Vec<Number> = Vec::new();
    // the item's own row, where the supplier's differs from it
    let rows = item.packaging.iter().filter(|it| it.uom == *uom);
    let (theirs, ours): (Vec<&Packaging>, Vec<&Packaging>) = rows
        .filter(|it| it.supplier_id.as_ref().is_none_or(|it| it == supplier))
        .partition(|it| it.supplier_id.is_some());
    if !theirs.is_empty() {
        factors.extend(ours.into_iter().filter_map(row_factor));
    }
    factors.extend(factor_by_price(case).filter(|it| it.is_whole() && *it != Number::ONE));
    factors.dedup();
    found.extend(factors.iter().filter_map(|it| row(item, uom, Some(supplier), it)));
}

/// How many base units the billed unit is, if the price billed is the order's.
fn factor_by_price(case: &Case<'_>) -> Option<Number> {
    let (line, item) = (case.line()?, case.item()?);
    let (_order, ordered) = case.order_lines().into_iter().next()?;
    let unit = super::super::super::unit::factor_to_base(
        item,
        &case.invoice.supplier_id,
        &ordered.quantity.uom,
    )?;
    let billed = price_of_one(line.unit_price, line.price_base);
    let base = price_of_one(ordered.unit_price, ordered.price_base).per(&Number::from(unit))?;
    billed.per(&base)
}

/// A unit without a conversion: the price tells what it is.
pub(super) fn from_price(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (Some(item), Some(line)) = (case.item(), case.line()) else { return };
    let supplier = &case.invoice.supplier_id;
    if let Some(factor) = factor_by_price(case) {
        found.extend(row(item, &line.quantity.uom, Some(supplier), &factor));
    }
    // the order's unit is unknown, the invoice's is not
    let Some((_order, ordered)) = case.order_lines().into_iter().next() else { return };
    let known = factor_of(case, item, &line.quantity.uom);
    let factor = known.and_then(|it| {
        let billed = price_of_one(line.unit_price, line.price_base).per(&it)?;
        price_of_one(ordered.unit_price, ordered.price_base).per(&billed)
    });
    let Some(factor) = factor else { return };
    for uom in units(case) {
        if factor_of(case, item, &uom).is_none() {
            found.extend(row(item, &uom, None, &factor));
        }
    }
}

fn factor_of(case: &Case<'_>, item: &Item, uom: &Uom) -> Option<Number> {
    let exact = super::super::super::unit::factor_to_base(item, &case.invoice.supplier_id, uom)?;
    Some(Number::from(exact))
}

/// The units in which something is counted on the order line.
fn units(case: &Case<'_>) -> BTreeSet<Uom> {
    let mut units = BTreeSet::new();
    for (order, line) in case.order_lines() {
        let of = |number: &canonical::PurchaseOrderNumber, at: u32| {
            *number == order.number && at == line.line_number
        };
        let mut add = |it: &Quantity| {
            if units.len() < MOST {
                units.insert(it.uom.clone());
            }
        };
        add(&line.quantity);
        let facts = case.facts;
        for it in &facts.receipts {
            if of(&it.purchase_order_number, it.purchase_order_line) {
                add(&it.quantity);
                it.accepted.iter().for_each(&mut add);
            }
        }
        for it in &facts.returns {
            if of(&it.purchase_order_number, it.purchase_order_line) {
                add(&it.quantity);
            }
        }
        for it in &facts.claims {
            if of(&it.purchase_order_number, it.purchase_order_line) {
                add(&it.quantity);
            }
        }
    }
    units
}

/// Rows that disagree: each of them alone.
pub(super) fn settle(case: &Case<'_>, found: &mut Vec<Cure>) {
    let (Some(item), Some(line)) = (case.item(), case.line()) else { return };
    let mut asked = units(case);
    asked.insert(line.quantity.uom.clone());
    for uom in asked {
        let rows: Vec<&Packaging> = case.rows(item).filter(|it| it.uom == uom).collect();
        let global = between(uom.as_str(), &item.base_uom);
        if rows.len() + usize::from(global.is_some()) < 2 {
            continue;
        }
        for it in rows.iter().take(MOST) {
            let factor = row_factor(it);
            found.extend(factor.and_then(|f| row(item, &uom, it.supplier_id.as_ref(), &f)));
        }
        found.extend(global.and_then(|it| row(item, &uom, None, &it)));
    }
}

/// The supplier meant another unit.
pub(super) fn correct(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(line) = case.line() else { return };
    let ordered = case.order_lines().into_iter().map(|it| it.1.quantity.uom.clone());
    let mut units: Vec<Uom> = ordered.collect();
    if let Some(item) = case.item() {
        units.push(item.base_uom.clone());
        units.extend(case.rows(item).map(|it| it.uom.clone()));
    }
    let mut seen = BTreeSet::from([line.quantity.uom.clone()]);
    let fresh = units.into_iter().filter(|it| seen.insert(it.clone()));
    found.extend(
        fresh.take(MOST).map(|it| Cure::Correct {
            invoice_line: Some(line.line_number),
            to: Correction::Uom(it),
        }),
    );
}

/// A fraction of what cannot be split: whole ones were counted.
pub(super) fn whole(case: &Case<'_>, found: &mut Vec<Cure>) {
    let Some(item) = case.item() else { return };
    let down = |it: &Quantity| -> Option<Quantity> {
        let exact = (&Number::from(it.value) * &factor_of(case, item, &it.uom)?).exact();
        let whole = exact.floor();
        let value = canonical::exact_text(&whole).parse().ok()?;
        (exact != whole).then(|| Quantity { value, uom: item.base_uom.clone() })
    };
    for (order, line) in case.order_lines() {
        let here = case.facts.receipts.iter().filter(|it| {
            it.purchase_order_number == order.number && it.purchase_order_line == line.line_number
        });
        found.extend(here.filter_map(|it| {
            Some(Cure::CorrectReceipt {
                receipt_number: it.number.clone(),
                quantity: down(&it.quantity)?,
            })
        }));
    }
}
