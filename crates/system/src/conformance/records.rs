//! What may be recorded, where a back end takes it: once each, whatever is repeated; and told of
//! once, from wherever one goes on.

use super::{Expected, Faults};
use crate::backends::Backend;
use crate::{Feed, Paying, Purchasing, Receiving};
use canonical::{
    Change, ChangeKind, Error, Kind, Money, NewPayment, NewPurchaseOrder, OrderStatus, Payable,
    PurchaseOrder, Quantity, Receipt, RequisitionId, Result, Return,
};
use jiff::Timestamp;
use std::fmt::Debug;
use std::sync::Arc;

/// What is added to a number so that it is a new one.
const NEW: &str = "-SUITE";
const CHANGES_MAX: u32 = 200;
const STEPS_MAX: usize = 1_000;

pub(super) async fn records(backend: &Arc<dyn Backend>, expected: &Expected, faults: &mut Faults) {
    let feed = Arc::clone(backend).feed();
    let feed = feed.as_deref();
    let order = ordered(backend, expected, feed, faults).await;
    if let (Some(like), Some(kept)) = (&order, Arc::clone(backend).purchasing()) {
        placed(kept.as_ref(), like, feed, faults).await;
    }
    if let (Some(order), Some(kept)) = (order, Arc::clone(backend).receiving()) {
        received(kept.as_ref(), &order, feed, faults).await;
        returned(kept.as_ref(), &order, feed, faults).await;
        moved(backend, &order, faults).await;
    }
    if let (Some(kept), Some(payable)) =
        (Arc::clone(backend).paying(), booked(backend, expected).await)
    {
        paid(kept.as_ref(), &payable, feed, faults).await;
    }
}

/// An order like the one described, put in force in two versions; the one described where the back
/// end takes no orders.
async fn ordered(
    backend: &Arc<dyn Backend>,
    expected: &Expected,
    feed: Option<&dyn Feed>,
    faults: &mut Faults,
) -> Option<PurchaseOrder> {
    let kept = Arc::clone(backend).purchase_orders()?;
    let like = kept.get(expected.order.as_ref()?).await.ok()?;
    let Some(ordering) = Arc::clone(backend).ordering() else { return Some(like) };
    let number = format!("{}{NEW}", like.number).parse().ok()?;
    let first = PurchaseOrder { number, version: 1, ..like };
    let second = PurchaseOrder { version: 2, ..first.clone() };
    let third = PurchaseOrder { version: 4, ..first.clone() };
    let place = end(feed, faults).await;
    let put = async |order: &PurchaseOrder| ordering.put(order).await;
    refused("orders: a first version 2", &put(&second).await, Kind::Conflict, faults);
    same("orders: put", put(&first).await, &first, faults);
    same("orders: put again", put(&first).await, &first, faults);
    let other = PurchaseOrder { order_date: jiff::civil::Date::MIN, ..first.clone() };
    refused("orders: another version 1", &put(&other).await, Kind::Conflict, faults);
    same("orders: the next version", put(&second).await, &second, faults);
    same("orders: the next version again", put(&second).await, &second, faults);
    refused("orders: a version that was replaced", &put(&first).await, Kind::Conflict, faults);
    refused("orders: a version too far", &put(&third).await, Kind::Conflict, faults);
    same("orders: get what was put", kept.get(&first.number).await, &second, faults);
    let of = [first.number.as_str()];
    let kinds = [ChangeKind::OrderApproved, ChangeKind::OrderChanged];
    told(feed, place, of.as_slice(), &kinds, faults).await;
    Some(second)
}

/// An order of the same goods, made of a requisition, and called off.
async fn placed(
    kept: &dyn Purchasing,
    like: &PurchaseOrder,
    feed: Option<&dyn Feed>,
    faults: &mut Faults,
) {
    let Ok(requisition_id) = format!("req_{}{NEW}", like.number).parse::<RequisitionId>() else {
        return;
    };
    let new = NewPurchaseOrder {
        requisition_id: requisition_id.clone(),
        supplier_id: like.supplier_id.clone(),
        currency: like.currency,
        order_date: like.order_date,
        facility_id: like.facility_id.clone(),
        contract_number: None,
        lines: like.lines.clone(),
    };
    if !matches!(kept.find(&requisition_id).await, Ok(None)) {
        faults.add("purchasing: an order is found before it is made");
    }
    let place = end(feed, faults).await;
    let Ok(first) = kept.place(&new).await else {
        return faults.add("purchasing: an order is not made");
    };
    if first.requisition_id.as_ref() != Some(&requisition_id) {
        faults.add("purchasing: an order does not say what it was made of");
    }
    same("purchasing: place again", kept.place(&new).await, &first, faults);
    let other = NewPurchaseOrder { contract_number: Some("C-2".to_owned()), ..new.clone() };
    same("purchasing: place otherwise", kept.place(&other).await, &first, faults);
    if !matches!(kept.find(&requisition_id).await, Ok(Some(found)) if found == first) {
        faults.add("purchasing: an order is not found by its requisition");
    }
    let Some(cancelled) = called_off(kept, &first, faults).await else { return };
    same("purchasing: place what was cancelled", kept.place(&new).await, &cancelled, faults);
    let of = [first.number.as_str()];
    let kinds = [ChangeKind::OrderApproved, ChangeKind::OrderCancelled];
    told(feed, place, of.as_slice(), &kinds, faults).await;
}

/// The order as it stands once it is called off.
async fn called_off(
    kept: &dyn Purchasing,
    first: &PurchaseOrder,
    faults: &mut Faults,
) -> Option<PurchaseOrder> {
    let cancelled = faults.take("purchasing: cancel", kept.cancel(&first.number).await)?;
    let is_off = cancelled.status == OrderStatus::Cancelled;
    faults.check(is_off, "purchasing: a cancelled order does not say so");
    same("purchasing: cancel again", kept.cancel(&first.number).await, &cancelled, faults);
    let nowhere = format!("{}{NEW}", first.number).parse().ok()?;
    let lost = kept.cancel(&nowhere).await;
    refused("purchasing: cancel what is not there", &lost, Kind::NotFound, faults);
    Some(cancelled)
}

async fn received(
    kept: &dyn Receiving,
    order: &PurchaseOrder,
    feed: Option<&dyn Feed>,
    faults: &mut Faults,
) {
    let Some(receipt) = receipt(order) else {
        return faults.add("receipts: the order has no line to receive on");
    };
    let place = end(feed, faults).await;
    same("receipts: record", kept.record_receipt(&receipt).await, &receipt, faults);
    same("receipts: record again", kept.record_receipt(&receipt).await, &receipt, faults);
    let other = Receipt { packing_slip: Some("another".to_owned()), ..receipt.clone() };
    let again = kept.record_receipt(&other).await;
    refused("receipts: another under the same number", &again, Kind::Conflict, faults);
    told(feed, place, &[receipt.number.as_str()], &[ChangeKind::ReceiptPosted], faults).await;
    let nowhere = order.lines.iter().map(|it| it.line_number).max().unwrap_or(0).saturating_add(1);
    let lost = Receipt {
        number: receipt.number.as_str().replace("GR", "GX").parse().unwrap_or(receipt.number),
        purchase_order_line: nowhere,
        ..receipt
    };
    let lost = kept.record_receipt(&lost).await;
    refused("receipts: of a line that is not there", &lost, Kind::Invalid, faults);
}

async fn returned(
    kept: &dyn Receiving,
    order: &PurchaseOrder,
    feed: Option<&dyn Feed>,
    faults: &mut Faults,
) {
    let Some(receipt) = receipt(order) else { return };
    let Ok(number) = format!("RTV{NEW}").parse() else { return };
    let returned = Return {
        number,
        purchase_order_number: receipt.purchase_order_number,
        purchase_order_line: receipt.purchase_order_line,
        quantity: receipt.quantity,
        replace: false,
        effective_at: receipt.effective_at,
        reason: "damaged".to_owned(),
        external_ids: Vec::new(),
    };
    let place = end(feed, faults).await;
    same("returns: record", kept.record_return(&returned).await, &returned, faults);
    same("returns: record again", kept.record_return(&returned).await, &returned, faults);
    let other = Return { replace: true, ..returned.clone() };
    let again = kept.record_return(&other).await;
    refused("returns: another under the same number", &again, Kind::Conflict, faults);
    told(feed, place, &[returned.number.as_str()], &[ChangeKind::ReturnShipped], faults).await;
}

/// What was recorded is found by its order, once.
async fn moved(backend: &Arc<dyn Backend>, order: &PurchaseOrder, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).receipts() else { return };
    let orders = [order.number.clone()];
    if let Some(moved) = faults.take("receipts: recorded", kept.of_orders(&orders).await) {
        let own = |number: &str| number.ends_with(NEW);
        let receipts = moved.receipts.iter().filter(|it| own(it.number.as_str())).count();
        let returns = moved.returns.iter().filter(|it| own(it.number.as_str())).count();
        faults.check(receipts == 1, format!("receipts: {receipts} stand after one was recorded"));
        faults.check(returns == 1, format!("returns: {returns} stand after one was recorded"));
    }
}

async fn booked(backend: &Arc<dyn Backend>, expected: &Expected) -> Option<Payable> {
    let kept = Arc::clone(backend).payables()?;
    kept.find(&expected.payable.as_ref()?.invoice_id).await.ok()?
}

async fn paid(kept: &dyn Paying, payable: &Payable, feed: Option<&dyn Feed>, faults: &mut Faults) {
    let owed = payable.payment.outstanding;
    let amount = |minor| Money::from_minor(minor, owed.currency());
    let payment = |number: &str, amount| NewPayment {
        number: format!("{number}-{}", payable.id),
        payable_id: payable.id.clone(),
        amount,
        paid_at: Timestamp::UNIX_EPOCH,
    };
    let place = end(feed, faults).await;
    let part = payment("A", amount(1));
    for question in ["payments: pay", "payments: pay again"] {
        if let Some(stands) = faults.take(question, kept.pay(&part).await) {
            let once = stands.payment.paid.minor() == payable.payment.paid.minor() + 1
                && stands.payment.outstanding.minor() == owed.minor() - 1;
            faults.check(once, format!("{question}: {:?}", stands.payment));
        }
    }
    let other = NewPayment { amount: amount(2), ..part.clone() };
    let again = kept.pay(&other).await;
    refused("payments: another under the same number", &again, Kind::Conflict, faults);
    told(feed, place, &[payable.id.as_str()], &[ChangeKind::PaymentConfirmed], faults).await;
    let much = kept.pay(&payment("B", amount(owed.minor()))).await;
    refused("payments: more than is owed", &much, Kind::Invalid, faults);
    if let Some(nobody) = super::nobody() {
        let nothing = NewPayment { payable_id: nobody, ..payment("C", amount(1)) };
        faults.absent("payments: of a payable that is not there", kept.pay(&nothing).await);
    }
}

/// A receipt of all of the order's first line.
fn receipt(order: &PurchaseOrder) -> Option<Receipt> {
    let line = order.lines.first()?;
    Some(Receipt {
        number: format!("GR{NEW}").parse().ok()?,
        purchase_order_number: order.number.clone(),
        purchase_order_line: line.line_number,
        item_id: None,
        quantity: Quantity { value: "1".parse().ok()?, uom: line.quantity.uom.clone() },
        accepted: None,
        effective_at: Timestamp::UNIX_EPOCH,
        facility_id: None,
        packing_slip: None,
        lot_numbers: Vec::new(),
        serial_numbers: Vec::new(),
        expires_on: None,
        exchange_rate: None,
        pricing_quantity: None,
        reversal_of: None,
        external_ids: Vec::new(),
    })
}

/// The place after everything that was told so far.
async fn end(feed: Option<&dyn Feed>, faults: &mut Faults) -> Option<String> {
    let feed = feed?;
    let mut place: Option<String> = None;
    for _ in 0..STEPS_MAX {
        let told = feed.changes(place.as_deref(), CHANGES_MAX).await;
        let told = faults.take("changes: to the end", told)?;
        place = Some(told.next);
        if !told.more {
            return place;
        }
    }
    faults.add("changes: they do not end");
    None
}

/// That these changes of a document, and no others of it, were told since a place: in one answer,
/// and the same one by one.
async fn told(
    feed: Option<&dyn Feed>,
    place: Option<String>,
    documents: &[&str],
    kinds: &[ChangeKind],
    faults: &mut Faults,
) {
    let (Some(feed), Some(place)) = (feed, place) else { return };
    let mut walked: Vec<Change> = Vec::new();
    let mut next = place.clone();
    for _ in 0..STEPS_MAX {
        let step = feed.changes(Some(&next), 1).await;
        let Some(step) = faults.take("changes: one by one", step) else { return };
        faults.check(step.items.len() <= 1, "changes: more than were asked for");
        let is_over = step.items.is_empty();
        faults.check(!is_over || step.next == next, "changes: nothing new, and another place");
        walked.extend(step.items);
        next = step.next;
        if is_over {
            break;
        }
    }
    let Some(at_once) =
        faults.take("changes: at once", feed.changes(Some(&place), CHANGES_MAX).await)
    else {
        return;
    };
    faults.check(at_once.items == walked, "changes: at once and one by one they differ");
    let own = walked.iter().filter(|it| documents.contains(&it.document.as_str()));
    let found: Vec<ChangeKind> = own.map(|it| it.kind).collect();
    faults.check(found == kinds, format!("changes: {documents:?} is told as {found:?}"));
    let anew = feed.changes(Some("a place of another life"), CHANGES_MAX).await;
    if let Some(anew) = faults.take("changes: a place that is not known", anew) {
        faults.check(!anew.items.is_empty(), "changes: a place that is not known begins anew");
    }
}

fn same<T: PartialEq + Debug>(question: &str, answer: Result<T>, wanted: &T, faults: &mut Faults) {
    if let Some(found) = faults.take(question, answer) {
        faults.check(found == *wanted, format!("{question} answers {found:?}"));
    }
}

fn refused<T>(question: &str, answer: &Result<T>, kind: Kind, faults: &mut Faults) {
    match answer.as_ref().map_err(Error::kind) {
        Err(found) if found == kind => {}
        Err(found) => faults.add(format!("{question} is {found:?}, not {kind:?}")),
        Ok(_) => faults.add(format!("{question} is taken")),
    }
}
