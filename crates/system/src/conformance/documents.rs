//! Orders, receipts and returns.

use super::{Expected, Faults, nobody, paging};
use crate::backends::Backend;
use crate::{OrderFilter, PurchaseOrders, Receipts};
use canonical::{PurchaseOrder, PurchaseOrderNumber, ReceiptNumber};
use std::sync::Arc;

pub(super) async fn orders(backend: &Arc<dyn Backend>, expected: &Expected, faults: &mut Faults) {
    let kept = Arc::clone(backend).purchase_orders();
    let Some((kept, number)) = faults.both("orders", kept, expected.order.as_ref()) else { return };
    let all = OrderFilter::default();
    let list = async |it| kept.list(&all, &it).await;
    paging::check("orders", faults, list, |it| it.number.clone()).await;
    let Some(one) = faults.take("orders: get", kept.get(number).await) else { return };
    faults.check(one.number == *number, "orders: get answers another");
    faults.check(!one.lines.is_empty(), "orders: the order has no lines");
    if let Some(none) = nobody() {
        faults.absent("orders: get of nobody", kept.get(&none).await);
        let numbers = [number.clone(), none, number.clone()];
        if let Some(many) = faults.take("orders: get_many", kept.get_many(&numbers).await) {
            let only = many.len() == 1 && many.first() == Some(&one);
            faults.check(only, "orders: get_many leaves out unknown ones and repeats none");
        }
    }
    filters(kept.as_ref(), &one, faults).await;
}

async fn filters(kept: &dyn PurchaseOrders, one: &PurchaseOrder, faults: &mut Faults) {
    let supplier = Some(one.supplier_id.clone());
    let filter = OrderFilter { supplier_id: supplier, ..OrderFilter::default() };
    let list = async |it| kept.list(&filter, &it).await;
    let found = paging::check("orders of a supplier", faults, list, |it| it.number.clone()).await;
    let ours = found.iter().all(|it| it.supplier_id == one.supplier_id);
    faults.check(ours, "orders of a supplier: there are others");
    let filter = OrderFilter { status: Some(one.status), ..OrderFilter::default() };
    let list = async |it| kept.list(&filter, &it).await;
    let found = paging::check("orders in a status", faults, list, |it| it.number.clone()).await;
    let ours = found.iter().all(|it| it.status == one.status);
    faults.check(ours, "orders in a status: there are others");
}

pub(super) async fn receipts(backend: &Arc<dyn Backend>, expected: &Expected, faults: &mut Faults) {
    let kept = Arc::clone(backend).receipts();
    let Some((kept, (order, number))) = faults.both("receipts", kept, expected.received.as_ref())
    else {
        return;
    };
    let key = |it: &canonical::Receipt| {
        (it.number.clone(), it.purchase_order_number.clone(), it.purchase_order_line)
    };
    let list = async |it| kept.list(None, &it).await;
    paging::check("receipts", faults, list, key).await;
    let list = async |it| kept.list(Some(order), &it).await;
    let found = paging::check("receipts of an order", faults, list, key).await;
    let ours = found.iter().all(|it| it.purchase_order_number == *order);
    faults.check(ours, "receipts of an order: there are others");
    if let Some(lines) = faults.take("receipts: get", kept.get(number).await) {
        let whole = !lines.is_empty() && lines.iter().all(|it| it.number == *number);
        faults.check(whole, "receipts: get answers the lines of that receipt");
    }
    if let Some(none) = nobody() {
        faults.absent("receipts: get of nobody", kept.get(&none).await);
    }
    movements(kept.as_ref(), order, number, faults).await;
    if let Some(order) = &expected.returned {
        let orders = [order.clone()];
        if let Some(moved) = faults.take("returns: of_orders", kept.of_orders(&orders).await) {
            let ours = moved.returns.iter().all(|it| it.purchase_order_number == *order);
            faults.check(!moved.returns.is_empty() && ours, "returns: those of the order");
            let signs = moved.returns.iter().all(|it| !it.quantity.value.is_negative());
            faults.check(signs, "returns: a return is above zero");
        }
    }
}

async fn movements(
    kept: &dyn Receipts,
    order: &PurchaseOrderNumber,
    number: &ReceiptNumber,
    faults: &mut Faults,
) {
    let mut orders = vec![order.clone(), order.clone()];
    orders.extend(nobody());
    if let Some(moved) = faults.take("receipts: of_orders", kept.of_orders(&orders).await) {
        let mut numbers = moved.receipts.iter().map(|it| &it.number);
        faults.check(numbers.any(|it| it == number), "receipts: of_orders misses the receipt");
        let ours = moved.receipts.iter().all(|it| it.purchase_order_number == *order);
        faults.check(ours, "receipts: of_orders answers others");
        let mut keys: Vec<_> =
            moved.receipts.iter().map(|it| (&it.number, it.purchase_order_line)).collect();
        keys.sort();
        let count = keys.len();
        keys.dedup();
        faults.check(keys.len() == count, "receipts: of_orders answers a line twice");
    }
    if let Some(moved) = faults.take("receipts: of no orders", kept.of_orders(&[]).await) {
        faults.check(moved.receipts.is_empty(), "receipts: of no orders there are some");
    }
}
