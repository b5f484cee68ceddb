//! What a back end may keep besides: contracts, usage, rates, recalls, stock and fiscal periods.
//! Whatever it lists, it must find again by what a match asks with, and nothing else.

use super::{Faults, nobody, paging};
use crate::backends::Backend;
use canonical::{Currency, ItemId, PurchaseOrderNumber, SupplierId};
use jiff::civil::Date;
use std::slice::from_ref;
use std::sync::Arc;

pub(super) async fn terms(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    contracts(backend, faults).await;
    usages(backend, faults).await;
    rates(backend, faults).await;
    recalls(backend, faults).await;
    balances(backend, faults).await;
    periods(backend, faults).await;
}

async fn contracts(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).contracts() else { return };
    let list = async |it| kept.list(&it).await;
    let listed = paging::check("contracts", faults, list, |it| it.number.clone()).await;
    if let Some(it) = listed.first() {
        let ids = [it.supplier_id.clone()];
        let found = faults.take("contracts: of_suppliers", kept.of_suppliers(&ids).await);
        let fine = found.is_some_and(|found| {
            found.contains(it) && found.iter().all(|it| ids.contains(&it.supplier_id))
        });
        faults.check(fine, "contracts: of_suppliers finds its contracts and no others");
    }
    let none: Option<SupplierId> = nobody();
    let none = kept.of_suppliers(none.as_slice()).await;
    empty("contracts: of_suppliers", faults.take("contracts: of nobody", none), faults);
}

async fn usages(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).usages() else { return };
    let list = async |it| kept.list(&it).await;
    let listed = paging::check("usages", faults, list, |it| it.number.clone()).await;
    if let Some(it) = listed.first() {
        let (orders, items) = (it.purchase_order_number.as_slice(), [it.item_id.clone()]);
        let found = faults.take("usages: of_orders", kept.of_orders(orders, &items).await);
        let fine = found.is_some_and(|found| found.contains(it));
        faults.check(fine, "usages: of_orders finds its usage");
    }
    let (order, item): (Option<PurchaseOrderNumber>, Option<ItemId>) = (nobody(), nobody());
    let none = kept.of_orders(order.as_slice(), item.as_slice()).await;
    empty("usages: of_orders", faults.take("usages: of nobody", none), faults);
}

async fn rates(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).rates() else { return };
    let list = async |it| kept.list(&it).await;
    let key = |it: &canonical::CurrencyRate| {
        format!("{} {} {:?} {}", it.base, it.quote, it.kind, it.as_of)
    };
    let listed = paging::check("rates", faults, list, key).await;
    if let Some(it) = listed.first() {
        let asked = [it.base];
        let found = faults.take("rates: of_currencies", kept.of_currencies(&asked, it.as_of).await);
        let fine = found.is_some_and(|found| {
            found.contains(it) && found.iter().all(|other| other.as_of <= it.as_of)
        });
        faults.check(fine, "rates: of_currencies finds the rate of the day and none of later");
    }
    let none = kept.of_currencies(&[] as &[Currency], Date::MAX).await;
    empty("rates: of_currencies", faults.take("rates: of none", none), faults);
}

async fn recalls(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).recalls() else { return };
    let list = async |it| kept.list(&it).await;
    let key = |it: &canonical::Recall| format!("{} {}", it.number, it.item_id);
    let listed = paging::check("recalls", faults, list, key).await;
    if let Some(it) = listed.first() {
        let found = faults.take("recalls", kept.of_items(from_ref(&it.item_id)).await);
        let fine = found.is_some_and(|found| found.contains(it));
        faults.check(fine, "recalls: of_items finds its recall");
    }
    let none: Option<ItemId> = nobody();
    let none = kept.of_items(none.as_slice()).await;
    empty("recalls: of_items", faults.take("recalls: of nobody", none), faults);
}

async fn balances(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).balances() else { return };
    let list = async |it| kept.list(&it).await;
    let key = |it: &canonical::InventoryBalance| format!("{} {:?}", it.item_id, it.facility_id);
    let listed = paging::check("balances", faults, list, key).await;
    if let Some(it) = listed.first() {
        let found = faults.take("balances", kept.of_items(from_ref(&it.item_id)).await);
        let fine = found.is_some_and(|found| found.contains(it));
        faults.check(fine, "balances: of_items finds its stock");
    }
    let none: Option<ItemId> = nobody();
    let none = kept.of_items(none.as_slice()).await;
    empty("balances: of_items", faults.take("balances: of nobody", none), faults);
}

async fn periods(backend: &Arc<dyn Backend>, faults: &mut Faults) {
    let Some(kept) = Arc::clone(backend).periods() else { return };
    let list = async |it| kept.list(&it).await;
    let key = |it: &canonical::FiscalPeriod| format!("{:?} {}", it.legal_entity, it.from);
    let listed = paging::check("periods", faults, list, key).await;
    let Some(first) = listed.first() else { return };
    for day in [first.from, first.to] {
        let found = faults.take("periods: around", kept.around(day).await).unwrap_or_default();
        let is_of_day = |it: &canonical::FiscalPeriod| it.from <= day && day <= it.to;
        let missing = listed.iter().any(|it| is_of_day(it) && !found.contains(it));
        faults.check(!missing, "periods: around a day finds every period of the day");
        let invented = found.iter().any(|it| !listed.contains(it));
        faults.check(!invented, "periods: around a day finds only what is listed");
    }
    for far in [Date::MIN, Date::MAX] {
        let found = faults.take("periods: around", kept.around(far).await).unwrap_or_default();
        faults.check(
            !found.is_empty(),
            "periods: around a day outside the calendar finds the nearest",
        );
    }
}

fn empty<T>(question: &str, found: Option<Vec<T>>, faults: &mut Faults) {
    faults.check(found.is_none_or(|it| it.is_empty()), format!("{question} of nobody finds some"));
}
