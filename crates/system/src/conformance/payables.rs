//! Payables: booked once each, whatever is repeated and however many ask at once.

use super::{Expected, Faults, InvoiceId, PayableId, SupplierInvoiceNumber, nobody, paging};
use crate::Payables;
use crate::backends::Backend;
use canonical::{Kind, NewPayable, Payable, PayableState, PurchaseOrderNumber};
use futures_util::future::join_all;
use std::sync::Arc;

pub(super) async fn payables(backend: &Arc<dyn Backend>, expected: &Expected, faults: &mut Faults) {
    let kept = Arc::clone(backend).payables();
    let Some((kept, new)) = faults.both("payables", kept, expected.payable.as_ref()) else {
        return;
    };
    let kept = kept.as_ref();
    before(kept, new, faults).await;
    let Some(first) = faults.take("payables: create", kept.create(new).await) else { return };
    booked(new, &first, faults);
    again(kept, new, &first, faults).await;
    of_orders(kept, new, &first, faults).await;
    at_once(kept, new, faults).await;
    let list = async |it| kept.list(None, &it).await;
    // ids may be numbers without leading zeros: the shorter one is the smaller one
    let key = |it: &Payable| (it.id.as_str().len(), it.id.clone());
    paging::check("payables", faults, list, key).await;
    let list = async |it| kept.list(Some(&new.supplier_id), &it).await;
    let found = paging::check("payables of a supplier", faults, list, key).await;
    let ours = found.iter().all(|it| it.supplier_id == new.supplier_id);
    faults.check(ours, "payables of a supplier: there are others");
}

async fn before(kept: &dyn Payables, new: &NewPayable, faults: &mut Faults) {
    if let Some(found) = faults.take("payables: find", kept.find(&new.invoice_id).await) {
        faults.check(found.is_none(), "payables: the invoice is booked before the suite began");
    }
    let found = kept.find_by_reference(&new.supplier_id, &new.reference).await;
    if let Some(found) = faults.take("payables: find_by_reference", found) {
        faults.check(found.is_empty(), "payables: the reference is used before the suite began");
    }
    if let Some(none) = nobody::<PayableId>() {
        faults.absent("payables: get of nobody", kept.get(&none).await);
    }
}

fn booked(new: &NewPayable, first: &Payable, faults: &mut Faults) {
    faults.check(first.state == PayableState::Posted, "payables: a new one is posted");
    faults.check(first.document_number.is_some(), "payables: a posted one has a number");
    faults.check(first.reference == new.reference, "payables: the reference is kept");
    faults.check(first.supplier_id == new.supplier_id, "payables: the supplier is kept");
    faults.check(
        first.invoice_id.as_ref() == Some(&new.invoice_id),
        "payables: the id of our invoice is kept",
    );
    faults.check(
        first.total.exact() == new.gross_amount.exact() && first.total.currency() == new.currency,
        "payables: the total is the gross amount",
    );
    faults.check(first.lines.len() == new.lines.len(), "payables: the lines are kept");
    faults.check(
        first.payment.paid.minor() == 0 && first.payment.outstanding == first.total,
        "payables: a new one is owed in full",
    );
}

async fn again(kept: &dyn Payables, new: &NewPayable, first: &Payable, faults: &mut Faults) {
    if let Some(second) = faults.take("payables: create again", kept.create(new).await) {
        faults.check(second.id == first.id, "payables: create again makes a second one");
    }
    if let Some(found) = faults.take("payables: get", kept.get(&first.id).await) {
        faults.check(found == *first, "payables: get and create differ");
    }
    if let Some(found) = faults.take("payables: find", kept.find(&new.invoice_id).await) {
        faults.check(found.is_some_and(|it| it.id == first.id), "payables: find misses it");
    }
    let mut ids = vec![new.invoice_id.clone(), new.invoice_id.clone()];
    ids.extend(nobody::<InvoiceId>());
    if let Some(found) = faults.take("payables: find_many", kept.find_many(&ids).await) {
        let only = found.len() == 1 && found.iter().all(|it| it.id == first.id);
        faults.check(only, "payables: find_many leaves out unknown ones and repeats none");
    }
    let found = kept.find_by_reference(&new.supplier_id, &new.reference).await;
    if let Some(found) = faults.take("payables: find_by_reference", found) {
        let only = found.len() == 1 && found.iter().all(|it| it.id == first.id);
        faults.check(only, "payables: find_by_reference finds the one");
    }
    let Some(other) = renamed(new, "-other", &new.reference) else {
        return faults.add("payables: the invoice id is too long to make another of it");
    };
    match kept.create(&other).await {
        Err(error) if error.kind() == Kind::Conflict => {}
        Err(error) => faults.add(format!("payables: a used reference is {:?}", error.kind())),
        Ok(_) => faults.add("payables: one reference is booked for two invoices"),
    }
}

async fn of_orders(kept: &dyn Payables, new: &NewPayable, first: &Payable, faults: &mut Faults) {
    let billed = new.lines.iter().filter_map(|it| it.purchase_order_number.clone());
    let orders: Vec<PurchaseOrderNumber> = billed.collect();
    if let Some(found) = faults.take("payables: of_orders", kept.of_orders(&orders).await) {
        let bills = |it: &Payable| {
            let lines = it.lines.iter().filter_map(|it| it.purchase_order_number.as_ref());
            lines.into_iter().any(|it| orders.contains(it))
        };
        faults.check(found.iter().all(bills), "payables: of_orders gives those of other orders");
        let ours = found.iter().filter(|it| it.id == first.id).count();
        // a ledger that does not know orders gives none
        let fine = orders.is_empty() || found.is_empty() || ours == 1;
        faults.check(fine, "payables: of_orders gives each once");
    }
    let none = kept.of_orders(&[]).await;
    if let Some(none) = faults.take("payables: of no orders", none) {
        faults.check(none.is_empty(), "payables: of no orders there are some");
    }
}

async fn at_once(kept: &dyn Payables, new: &NewPayable, faults: &mut Faults) {
    let reference = format!("{}-8", new.reference).parse::<SupplierInvoiceNumber>().ok();
    let Some(new) = reference.and_then(|reference| renamed(new, "-8", &reference)) else {
        return faults.add("payables: the reference is too long to make another of it");
    };
    let mut made = Vec::new();
    for answer in join_all((0..8).map(|_| kept.create(&new))).await {
        match answer {
            Ok(payable) => made.push(payable.id),
            // ok: it lost the race and may ask again
            Err(error) if error.kind().is_retryable() => {}
            Err(error) => faults.add(format!("payables: eight at once: {error:?}")),
        }
    }
    made.extend(faults.take("payables: after eight", kept.create(&new).await).map(|it| it.id));
    made.dedup();
    faults.check(made.len() == 1, format!("payables: eight at once make {made:?}"));
    let found = kept.find_by_reference(&new.supplier_id, &new.reference).await;
    if let Some(found) = faults.take("payables: find after eight", found) {
        faults.check(found.len() == 1, format!("payables: {} stand after eight", found.len()));
    }
}

fn renamed(
    new: &NewPayable,
    suffix: &str,
    reference: &SupplierInvoiceNumber,
) -> Option<NewPayable> {
    let invoice_id = format!("{}{suffix}", new.invoice_id).parse().ok()?;
    Some(NewPayable { invoice_id, reference: reference.clone(), ..new.clone() })
}
