//! What must hold between the entries. Check digits of GTINs, decimals and identifiers are held by
//! their types already.

use super::data::Data;
use super::fault;
use canonical::{
    CostCenter, CostCenterId, Decimal, FieldError, Item, ItemId, PayableState, PurchaseOrder,
    PurchaseOrderLine, PurchaseOrderNumber, Quantity, Receipt, Return, SupplierId, Uom,
};
use std::collections::{BTreeMap, BTreeSet};

/// Adds every fault that is in the data.
pub(super) fn all(data: &Data, faults: &mut Vec<FieldError>) {
    suppliers(data, faults);
    items(data, faults);
    data.cost_centers.values().for_each(|it| cost_center(data, it, faults));
    data.purchase_orders.values().for_each(|it| order(data, it, faults));
    data.receipts.values().for_each(|it| receipt(data, it, faults));
    data.returns_of.values().flatten().for_each(|it| returned(data, it, faults));
    payables(data, faults);
    terms(data, faults);
}

/// Contracts, usage, recalls and stock are of suppliers and items that are there; a period ends
/// after it begins.
fn terms(data: &Data, faults: &mut Vec<FieldError>) {
    for it in data.contracts.values() {
        let place = format!("contracts/{}", it.number);
        known_supplier(data, Some(&it.supplier_id), &place, faults);
        it.prices.iter().for_each(|it| known_item(data, &it.item_id, &place, faults));
    }
    for it in data.usages.values() {
        let place = format!("usages/{}", it.number);
        known_supplier(data, Some(&it.supplier_id), &place, faults);
        known_item(data, &it.item_id, &place, faults);
    }
    for it in data.rates.values().filter(|it| !above_zero(&it.rate)) {
        let place = format!("rates/{}{}", it.base, it.quote);
        fault(faults, place, "a rate is above zero");
    }
    for it in data.recalls.values() {
        known_item(data, &it.item_id, &format!("recalls/{}", it.number), faults);
    }
    for it in data.balances.values() {
        known_item(data, &it.item_id, &format!("balances/{}", it.item_id), faults);
    }
    for (key, it) in data.periods.iter().filter(|(_key, it)| it.to < it.from) {
        let detail = format!("a period ends on or after its first day; {} is before it", it.to);
        fault(faults, format_args!("periods/{key}"), detail);
    }
}

fn known_item(data: &Data, id: &ItemId, place: &str, faults: &mut Vec<FieldError>) {
    if !data.items.contains_key(id) {
        fault(faults, place, format!("the item {id} is not there"));
    }
}

fn suppliers(data: &Data, faults: &mut Vec<FieldError>) {
    let mut names = BTreeMap::new();
    for it in data.suppliers.values() {
        let place = format!("suppliers/{}", it.id);
        known_supplier(data, it.group.as_ref(), &place, faults);
        for name in &it.external_ids {
            if let Some(other) = names.insert(name, &it.id) {
                fault(faults, &place, format!("{} {} is {other}'s too", name.system, name.key));
            }
        }
    }
}

fn items(data: &Data, faults: &mut Vec<FieldError>) {
    let mut gtins = BTreeMap::new();
    for it in data.items.values() {
        let place = format!("items/{}", it.id);
        packaging(data, it, &place, faults);
        let levels = it.packaging.iter().map(|row| (row.gtin.as_ref(), &row.uom));
        for (gtin, uom) in levels.chain([(it.gtin.as_ref(), &it.base_uom)]) {
            // ok: two suppliers' rows of one level may carry the level's GTIN
            let other = gtin.and_then(|gtin| gtins.insert(gtin.as_str(), (&it.id, uom)));
            if let Some(other) = other.filter(|other| *other != (&it.id, uom)) {
                fault(faults, &place, format!("the GTIN of {uom} is that of {other:?} too"));
            }
        }
        let digits = |class: &String| class.len() == 8 && class.bytes().all(|b| b.is_ascii_digit());
        if it.class.as_ref().is_some_and(|class| !digits(class)) {
            fault(faults, &place, "the class is not an 8-digit UNSPSC code");
        }
    }
}

fn packaging(data: &Data, item: &Item, place: &str, faults: &mut Vec<FieldError>) {
    let mut rows = BTreeSet::new();
    for row in &item.packaging {
        known_supplier(data, row.supplier_id.as_ref(), place, faults);
        if !above_zero(&row.numerator) || !above_zero(&row.denominator) {
            fault(faults, place, format!("the factor of {} is not above zero", row.uom));
        }
        if row.uom == item.base_uom {
            fault(faults, place, format!("{} is the base unit and needs no factor", row.uom));
        }
        if !rows.insert((&row.uom, &row.supplier_id)) {
            fault(faults, place, format!("two rows for {} of the same supplier", row.uom));
        }
    }
}

fn cost_center(data: &Data, it: &CostCenter, faults: &mut Vec<FieldError>) {
    let place = format!("cost_centers/{}", it.id);
    if it.facility_id.as_ref().is_some_and(|id| !data.facilities.contains_key(id)) {
        fault(faults, &place, "its facility is not there");
    }
    let mut above = BTreeSet::from([&it.id]);
    let mut next = it.parent_id.as_ref();
    while let Some(id) = next {
        known_cost_center(data, Some(id), &place, faults);
        if !above.insert(id) {
            fault(faults, &place, format!("it is below itself, through {id}"));
            break;
        }
        next = data.cost_centers.get(id).and_then(|it| it.parent_id.as_ref());
    }
    if let (Some(from), Some(to)) = (it.valid_from, it.valid_to)
        && from > to
    {
        fault(faults, &place, "it is valid to a day before it is valid from");
    }
}

/// Adds what is wrong with it.
pub(super) fn order(data: &Data, order: &PurchaseOrder, faults: &mut Vec<FieldError>) {
    let place = format!("purchase_orders/{}", order.number);
    known_supplier(data, Some(&order.supplier_id), &place, faults);
    if order.facility_id.as_ref().is_some_and(|id| !data.facilities.contains_key(id)) {
        fault(faults, &place, "its facility is not there");
    }
    if order.lines.is_empty() {
        fault(faults, &place, "it has no lines");
    }
    let made = order.requisition_id.as_ref().and_then(|it| data.ordered_for.get(it));
    if let Some(other) = made.filter(|it| **it != order.number) {
        fault(faults, &place, format!("its requisition was ordered as {other}"));
    }
    let mut numbers = BTreeSet::new();
    for line in &order.lines {
        let place = format!("{place}/lines/{}", line.line_number);
        if !numbers.insert(line.line_number) {
            fault(faults, &place, "the line number is there twice");
        }
        if !above_zero(&line.quantity.value) || !above_zero(&line.price_base) {
            fault(faults, &place, "quantity and price base are above zero");
        }
        if line.unit_price.is_negative() {
            fault(faults, &place, "the price is below zero");
        }
        known_cost_center(data, line.cost_center_id.as_ref(), &place, faults);
        converts(data, (order, line), &line.quantity.uom, &place, faults);
    }
}

/// Adds what is wrong with it.
pub(super) fn receipt(data: &Data, it: &Receipt, faults: &mut Vec<FieldError>) {
    let place = format!("receipts/{}", it.number);
    if it.facility_id.as_ref().is_some_and(|id| !data.facilities.contains_key(id)) {
        fault(faults, &place, "its facility is not there");
    }
    if it.quantity.value.is_negative() != it.reversal_of.is_some() || it.quantity.value.is_zero() {
        fault(faults, &place, "a receipt is above zero, a reversal below it and says of what");
    }
    if let Some(accepted) = &it.accepted
        && !covers(&it.quantity, accepted)
    {
        fault(faults, &place, "accepted is in the same unit and not more than was counted");
    }
    let reversed = it.reversal_of.iter().any(|number| {
        let key = (number.clone(), it.purchase_order_number.clone(), it.purchase_order_line);
        !data.receipts.contains_key(&key)
    });
    if reversed {
        fault(faults, &place, "the receipt that it takes back is not there");
    }
    let line = line_of(data, &it.purchase_order_number, it.purchase_order_line, &place, faults);
    let Some((order, line)) = line else { return };
    if it.item_id.is_some() && it.item_id != line.item_id {
        fault(faults, &place, "its item is not the order line's");
    }
    converts(data, (order, line), &it.quantity.uom, &place, faults);
}

/// Adds what is wrong with it.
pub(super) fn returned(data: &Data, it: &Return, faults: &mut Vec<FieldError>) {
    let place = format!("returns/{}", it.number);
    if !above_zero(&it.quantity.value) {
        fault(faults, &place, "a return is above zero");
    }
    let line = line_of(data, &it.purchase_order_number, it.purchase_order_line, &place, faults);
    if let Some(line) = line {
        converts(data, line, &it.quantity.uom, &place, faults);
    }
}

fn payables(data: &Data, faults: &mut Vec<FieldError>) {
    let (mut ids, mut references) = (BTreeSet::new(), BTreeSet::new());
    for it in &data.payables {
        let place = format!("payables/{}", it.id);
        known_supplier(data, Some(&it.supplier_id), &place, faults);
        if !ids.insert(&it.id) {
            fault(faults, &place, "the id is there twice");
        }
        let open = it.state != PayableState::Cancelled;
        if open && !references.insert((&it.supplier_id, &it.reference)) {
            fault(faults, &place, format!("{} is booked twice", it.reference));
        }
        let money = [it.total, it.payment.paid, it.payment.outstanding];
        let net = it.lines.iter().map(|line| line.net);
        if money.into_iter().chain(net).any(|money| money.currency() != it.total.currency()) {
            fault(faults, &place, "its amounts are in several currencies");
        }
        if it.payment.paid.minor() + it.payment.outstanding.minor() != it.total.minor() {
            fault(faults, &place, "paid and outstanding do not add up to the total");
        }
    }
}

fn known_supplier(data: &Data, id: Option<&SupplierId>, place: &str, faults: &mut Vec<FieldError>) {
    if let Some(id) = id.filter(|id| !data.suppliers.contains_key(*id)) {
        fault(faults, place, format!("the supplier {id} is not there"));
    }
}

fn known_cost_center(
    data: &Data,
    id: Option<&CostCenterId>,
    place: &str,
    faults: &mut Vec<FieldError>,
) {
    if let Some(id) = id.filter(|id| !data.cost_centers.contains_key(*id)) {
        fault(faults, place, format!("the cost center {id} is not there"));
    }
}

fn line_of<'a>(
    data: &'a Data,
    number: &PurchaseOrderNumber,
    line: u32,
    place: &str,
    faults: &mut Vec<FieldError>,
) -> Option<(&'a PurchaseOrder, &'a PurchaseOrderLine)> {
    let order = data.purchase_orders.get(number);
    let found = order.and_then(|order| {
        order.lines.iter().find(|it| it.line_number == line).map(|line| (order, line))
    });
    if found.is_none() {
        fault(faults, place, format!("line {line} of the order {number} is not there"));
    }
    found
}

/// The unit is the item's base unit or one that the item or the order's supplier packs.
fn converts(
    data: &Data,
    (order, line): (&PurchaseOrder, &PurchaseOrderLine),
    uom: &Uom,
    place: &str,
    faults: &mut Vec<FieldError>,
) {
    let Some(id) = &line.item_id else {
        // free text: nothing to convert with, so everybody must speak of the same unit
        if *uom != line.quantity.uom {
            fault(faults, place, format!("{uom} is not the unit of the order line"));
        }
        return;
    };
    let Some(item) = data.items.get(id) else {
        return fault(faults, place, format!("the item {id} is not there"));
    };
    let ours = |it: &SupplierId| *it == order.supplier_id;
    let packed = |row: &&canonical::Packaging| row.supplier_id.as_ref().is_none_or(ours);
    let known = item.packaging.iter().filter(packed).any(|row| row.uom == *uom);
    if *uom != item.base_uom && !known {
        fault(faults, place, format!("{uom} does not convert to {} of {id}", item.base_uom));
    }
}

fn covers(counted: &Quantity, accepted: &Quantity) -> bool {
    counted.uom == accepted.uom
        && !accepted.value.is_negative()
        && accepted.value.exact() <= counted.value.exact()
}

fn above_zero(value: &Decimal) -> bool {
    !value.is_negative() && !value.is_zero()
}
