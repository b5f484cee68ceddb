//! What may stand behind the question mark of lists that have filters.

use canonical::{
    Currency, Error, FacilityId, InvoiceId, ItemId, OrderStatus, PageRequest, PurchaseOrderNumber,
    RequisitionId, Result, SupplierId, SupplierInvoiceNumber,
};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

/// The most keys that one request names; what it asks for is answered whole.
pub(super) const KEYS_MAX: usize = 50;

/// What a list is asked: a page of it, or all of some keys.
pub(super) enum Asked {
    /// No key was named.
    Page(PageRequest),
    /// Keys were named: there is no page.
    Keys,
}

/// Tells a page from keys; `names` are the keys' parameters and how many each has.
///
/// # Errors
/// `invalid` naming the parameter.
pub(super) fn asked(
    names: &[(&str, usize)],
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Asked> {
    let Some((name, _)) = names.iter().find(|it| it.1 > 0) else {
        return stack::extract::page(limit, cursor).map(Asked::Page);
    };
    let page = [("?limit", limit.is_some()), ("?cursor", cursor.is_some())];
    if let Some((pointer, _)) = page.iter().find(|it| it.1) {
        let detail = format!("what {name} asks for is answered whole");
        return Err(Error::invalid_field(*pointer, detail));
    }
    if names.iter().map(|it| it.1).sum::<usize>() > KEYS_MAX {
        let detail = format!("at most {KEYS_MAX} at once; ask again for the others");
        return Err(Error::invalid_field(*name, detail));
    }
    Ok(Asked::Keys)
}

/// The filters and the page of orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderQuery {
    /// These orders, all on one page; those that are not there are left out.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) number: Vec<PurchaseOrderNumber>,
    /// The order made of this requisition.
    pub(super) requisition: Option<RequisitionId>,
    /// Those of one supplier.
    pub(super) supplier: Option<SupplierId>,
    /// Those of one facility.
    pub(super) facility: Option<FacilityId>,
    /// Those in one status.
    pub(super) status: Option<OrderStatus>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// The filters and the page of receipt lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptQuery {
    /// Those of one order.
    pub(super) purchase_order: Option<PurchaseOrderNumber>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// The filters and the page of payables.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PayableQuery {
    /// Those of one supplier.
    pub(super) supplier: Option<SupplierId>,
    /// Those under the supplier's own number for its invoice, all on one page and without cancelled
    /// ones; with `supplier`.
    pub(super) reference: Option<SupplierInvoiceNumber>,
    /// Those made from these invoices, all on one page.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) invoice_id: Vec<InvoiceId>,
    /// Those that bill one of these orders, all on one page and without cancelled ones.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) purchase_order: Vec<PurchaseOrderNumber>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Whose changes, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeQuery {
    /// Which back end tells, by its name in the configuration; needed where several do.
    #[param(max_length = 64)]
    pub(super) back_end: Option<String>,
    /// Where to go on: `next` of the answer before; from the first change where it is left out.
    #[param(max_length = 1024)]
    pub(super) after: Option<String>,
    /// At most so many, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
}

/// Which supplier, or which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SupplierQuery {
    /// The one that another system calls so, as `SYSTEM:KEY`: `duns:990010017`. A colon within the
    /// system's own name is written `%3A`, a percent sign `%25`.
    #[param(max_length = 512)]
    pub(super) external_id: Option<String>,
    /// What `external_id` names in that system; `supplier` where it is left out.
    #[param(max_length = 64)]
    pub(super) external_entity: Option<String>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which items, or which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemQuery {
    /// These items, all on one page; those that are not there are left out.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) id: Vec<ItemId>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Whose contracts, or which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ContractQuery {
    /// All contracts of these suppliers, on one page.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) supplier: Vec<SupplierId>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which usages, or which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct UsageQuery {
    /// All usages on these orders, on one page.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) purchase_order: Vec<PurchaseOrderNumber>,
    /// All usages of these items that have no order yet, on one page.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) item: Vec<ItemId>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which rates, or which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RateQuery {
    /// The rates from or to these currencies, on one page; with `on`.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) currency: Vec<Currency>,
    /// The day on which the rates of `currency` hold or before which they held.
    pub(super) on: Option<Date>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// What is kept of which items, or which page of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfItemQuery {
    /// All that is kept of these items, on one page.
    #[serde(default)]
    #[param(max_items = 50)]
    pub(super) item: Vec<ItemId>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which fiscal periods, or which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PeriodQuery {
    /// The periods around a day, on one page: of every legal entity those that the day is in, the
    /// last before them and the first after.
    pub(super) around: Option<Date>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which orders moved.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct MovementQuery {
    /// The orders, at least one.
    #[serde(default)]
    #[param(min_items = 1, max_items = 50)]
    pub(super) purchase_order: Vec<PurchaseOrderNumber>,
}
