//! Master data: suppliers, items, facilities, cost centres.

use super::{Expected, Faults, nobody, paging};
use crate::backends::Backend;
use canonical::ExternalId;
use std::sync::Arc;

pub(super) async fn suppliers(
    backend: &Arc<dyn Backend>,
    expected: &Expected,
    faults: &mut Faults,
) {
    let kept = Arc::clone(backend).suppliers();
    let Some((kept, id)) = faults.both("suppliers", kept, expected.supplier.as_ref()) else {
        return;
    };
    let listed =
        paging::check("suppliers", faults, async |it| kept.list(&it).await, |it| it.id.clone())
            .await;
    if let Some(one) = faults.take("suppliers: get", kept.get(id).await) {
        faults.check(one.id == *id, "suppliers: get answers another");
        let same = listed.iter().find(|it| it.id == *id).is_none_or(|it| *it == one);
        faults.check(same, "suppliers: get and list differ");
    }
    if let Some(none) = nobody() {
        faults.absent("suppliers: get of nobody", kept.get(&none).await);
    }
    let unknown =
        ExternalId { system: "duns".into(), entity: "supplier".into(), key: "NOBODY".into() };
    if let Some(found) = faults.take("suppliers: find", kept.find(&unknown).await) {
        faults.check(found.is_none(), "suppliers: find of nobody finds somebody");
    }
    if let Some(name) = &expected.supplier_name {
        let found = faults.take("suppliers: find by name", kept.find(name).await).flatten();
        faults.check(
            found.is_some_and(|it| it.id == *id),
            "suppliers: find by name does not find the supplier",
        );
    }
}

pub(super) async fn items(backend: &Arc<dyn Backend>, expected: &Expected, faults: &mut Faults) {
    let kept = Arc::clone(backend).items();
    let Some((kept, id)) = faults.both("items", kept, expected.item.as_ref()) else { return };
    let listed =
        paging::check("items", faults, async |it| kept.list(&it).await, |it| it.id.clone()).await;
    let one = faults.take("items: get", kept.get(id).await);
    if let Some(one) = &one {
        faults.check(one.id == *id, "items: get answers another");
        let same = listed.iter().find(|it| it.id == *id).is_none_or(|it| it == one);
        faults.check(same, "items: get and list differ");
    }
    if let Some(none) = nobody() {
        faults.absent("items: get of nobody", kept.get(&none).await);
        let ids = [id.clone(), none, id.clone()];
        if let Some(many) = faults.take("items: get_many", kept.get_many(&ids).await) {
            let only = many.len() == 1 && many.first() == one.as_ref();
            faults.check(only, "items: get_many leaves out unknown ones and repeats none");
        }
    }
    if let Some(none) = faults.take("items: get_many of none", kept.get_many(&[]).await) {
        faults.check(none.is_empty(), "items: get_many of none finds some");
    }
}

pub(super) async fn facilities(
    backend: &Arc<dyn Backend>,
    expected: &Expected,
    faults: &mut Faults,
) {
    let kept = Arc::clone(backend).facilities();
    let Some((kept, id)) = faults.both("facilities", kept, expected.facility.as_ref()) else {
        return;
    };
    let list = async |it| kept.list(&it).await;
    paging::check("facilities", faults, list, |it| it.id.clone()).await;
    if let Some(one) = faults.take("facilities: get", kept.get(id).await) {
        faults.check(one.id == *id, "facilities: get answers another");
    }
    if let Some(none) = nobody() {
        faults.absent("facilities: get of nobody", kept.get(&none).await);
    }
}

pub(super) async fn cost_centers(
    backend: &Arc<dyn Backend>,
    expected: &Expected,
    faults: &mut Faults,
) {
    let kept = Arc::clone(backend).cost_centers();
    let example = expected.cost_center.as_ref();
    let Some((kept, id)) = faults.both("cost centers", kept, example) else { return };
    let list = async |it| kept.list(&it).await;
    paging::check("cost centers", faults, list, |it| it.id.clone()).await;
    if let Some(one) = faults.take("cost centers: get", kept.get(id).await) {
        faults.check(one.id == *id, "cost centers: get answers another");
    }
    if let Some(none) = nobody() {
        faults.absent("cost centers: get of nobody", kept.get(&none).await);
    }
}
