//! Gathering facts: what the back ends know about an invoice, asked for concurrently under one
//! deadline. A fact that cannot be had fails the whole: a decision on half the facts is none.

mod terms;

use crate::documents::{ParsedInvoice, PartyNames};
use crate::matching::Facts;
use canonical::{
    Currency, Error, ExternalId, Facility, FacilityId, Invoice, Item, ItemId, Kind, Payable,
    PayableId, Principal, PurchaseOrder, PurchaseOrderNumber, ReceiptNumber, Result, Supplier,
    SupplierId,
};
use futures_util::future::{try_join, try_join_all};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;
use system::{Movements, System};

/// More receipts than this are not looked up for an invoice that names no orders.
const RECEIPTS_MAX: usize = 16;
/// An invoice whose orders went to more other suppliers than this is nobody's.
const SUPPLIERS_MAX: usize = 8;
/// An invoice for more facilities is judged by the first.
const FACILITIES_MAX: usize = 16;

/// Everything that the back ends know about one invoice.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) supplier: Option<Supplier>,
    pub(crate) facts: Facts,
    /// What the finance system holds on the orders and under the invoice's number, ours and others.
    pub(crate) payables: Vec<Payable>,
}

/// What is asked about an invoice besides what it says itself.
#[derive(Debug)]
pub(crate) struct Circumstances {
    /// The currency of the ledger.
    pub(crate) functional: Currency,
    /// The posting date.
    pub(crate) as_of: Date,
    /// How long the back ends may take for all of it.
    pub(crate) limit: Duration,
}

/// The orders billed, what moved on them, and the items.
#[derive(Debug)]
struct Goods {
    orders: Vec<PurchaseOrder>,
    movements: Movements,
    items: Vec<Item>,
}

/// Asks the back ends, all at once where one answer does not need another.
pub(crate) async fn gather(
    system: &System,
    principal: &Principal,
    parsed: &ParsedInvoice,
    around: &Circumstances,
) -> Result<Gathered> {
    let limit = stack::context::remaining(around.limit);
    let all = async {
        let (supplier, mut goods) = {
            let names = (&parsed.invoice.supplier_id, &parsed.supplier);
            try_join(supplier(system, names), goods(system, &parsed.invoice)).await?
        };
        let booked = booked(system, supplier.as_ref(), &parsed.invoice, &goods.orders);
        let suppliers = suppliers(system, supplier.as_ref(), &goods.orders);
        let (suppliers, payables) = try_join(suppliers, booked).await?;
        goods.keep_visible(principal, supplier.as_ref(), &suppliers);
        let sellers: BTreeSet<&SupplierId> = (goods.orders.iter().map(|it| &it.supplier_id))
            .chain(suppliers.iter().map(|it| &it.id))
            .chain([&parsed.invoice.supplier_id])
            .collect();
        let facilities = facilities(system, &parsed.invoice, &goods.orders);
        let terms = terms::terms(system, &parsed.invoice, &goods, &sellers, around);
        let (facilities, terms) = try_join(facilities, terms).await?;
        let Goods { orders, movements: Movements { receipts, returns }, items } = goods;
        let facts = Facts {
            as_of: Some(around.as_of),
            purchase_orders: orders,
            receipts,
            returns,
            items,
            supplier_unknown: supplier.is_none(),
            suppliers,
            facilities,
            contracts: terms.contracts,
            usages: terms.usages,
            rates: terms.rates,
            recalls: terms.recalls,
            balances: terms.balances,
            periods: terms.periods,
            ..Facts::default()
        };
        Ok(Gathered { supplier, facts, payables })
    };
    tokio::time::timeout(limit, all).await.unwrap_or_else(|elapsed| {
        let message = "the back ends did not answer in time; the invoice was not accepted";
        Err(Error::timed_out(message).because(elapsed))
    })
}

impl Goods {
    /// An order of somebody else is, to a supplier, an order that does not exist; one of its own
    /// group it may bill, or the outcome would depend on who submits.
    fn keep_visible(
        &mut self,
        principal: &Principal,
        own: Option<&Supplier>,
        suppliers: &[Supplier],
    ) {
        let own = own.filter(|it| principal.may_see(&it.id));
        let siblings: BTreeSet<&SupplierId> = suppliers
            .iter()
            .filter(|it| own.is_some_and(|own| own.group() == it.group()))
            .map(|it| &it.id)
            .collect();
        self.orders
            .retain(|it| principal.may_see(&it.supplier_id) || siblings.contains(&it.supplier_id));
        let seen: BTreeSet<&PurchaseOrderNumber> =
            self.orders.iter().map(|it| &it.number).collect();
        self.movements.receipts.retain(|it| seen.contains(&it.purchase_order_number));
        self.movements.returns.retain(|it| seen.contains(&it.purchase_order_number));
    }
}

/// What was asked for, or `None` where there is no such thing.
pub(crate) fn known<T>(asked: Result<T>) -> Result<Option<T>> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The facilities of the invoice and of its orders; they are read through a cache.
async fn facilities(
    system: &System,
    invoice: &Invoice,
    orders: &[PurchaseOrder],
) -> Result<Vec<Facility>> {
    let ids = orders.iter().filter_map(|it| it.facility_id.as_ref());
    let ids: BTreeSet<&FacilityId> = ids.chain(&invoice.facility_id).collect();
    let asking = ids.into_iter().take(FACILITIES_MAX);
    let asking = asking.map(async |id| known(system.facilities().get(id).await));
    Ok(try_join_all(asking).await?.into_iter().flatten().collect())
}

/// What stands in the finance system: on the orders, in one call, and under the invoice's number.
async fn booked(
    system: &System,
    own: Option<&Supplier>,
    invoice: &Invoice,
    orders: &[PurchaseOrder],
) -> Result<Vec<Payable>> {
    let payables = system.payables();
    let numbers: Vec<PurchaseOrderNumber> = orders.iter().map(|it| it.number.clone()).collect();
    let of_orders = async {
        if numbers.is_empty() { Ok(Vec::new()) } else { payables.of_orders(&numbers).await }
    };
    let of_number = async {
        match own {
            Some(own) => {
                payables.find_by_reference(&own.id, &invoice.supplier_invoice_number).await
            }
            None => Ok(Vec::new()),
        }
    };
    let (mut found, of_number) = try_join(of_orders, of_number).await?;
    let seen: BTreeSet<PayableId> = found.iter().map(|it| it.id.clone()).collect();
    found.extend(of_number.into_iter().filter(|it| !seen.contains(&it.id)));
    Ok(found)
}

async fn goods(system: &System, invoice: &Invoice) -> Result<Goods> {
    let numbers = orders_billed(system, invoice).await?;
    let (orders, movements) = if numbers.is_empty() {
        (Vec::new(), Movements::default())
    } else {
        let orders = system.purchase_orders();
        let receipts = system.receipts();
        try_join(orders.get_many(&numbers), receipts.of_orders(&numbers)).await?
    };
    let wanted: BTreeSet<&ItemId> = orders
        .iter()
        .flat_map(|it| &it.lines)
        .filter_map(|it| it.item_id.as_ref())
        .chain(invoice.lines.iter().filter_map(|it| it.item_id.as_ref()))
        .collect();
    let wanted: Vec<ItemId> = wanted.into_iter().cloned().collect();
    let items =
        if wanted.is_empty() { Vec::new() } else { system.items().get_many(&wanted).await? };
    Ok(Goods { orders, movements, items })
}

/// The orders that an invoice names, and those of the receipts it names where it names no order.
async fn orders_billed(system: &System, invoice: &Invoice) -> Result<Vec<PurchaseOrderNumber>> {
    let unordered = invoice.lines.iter().filter(|it| it.purchase_order_number.is_none());
    let receipts: BTreeSet<&ReceiptNumber> =
        unordered.filter_map(|it| it.receipt_number.as_ref()).collect();
    let asking = receipts.into_iter().take(RECEIPTS_MAX);
    let asking = asking.map(async |number| known(system.receipts().get(number).await));
    let found = try_join_all(asking).await?.into_iter().flatten().flatten();
    let mut numbers: BTreeSet<PurchaseOrderNumber> =
        found.map(|it| it.purchase_order_number).collect();
    numbers.extend(order_numbers(invoice));
    Ok(numbers.into_iter().collect())
}

/// The orders that an invoice names, each once.
pub(crate) fn order_numbers(invoice: &Invoice) -> Vec<PurchaseOrderNumber> {
    let numbers: BTreeSet<&PurchaseOrderNumber> =
        invoice.lines.iter().filter_map(|it| it.purchase_order_number.as_ref()).collect();
    numbers.into_iter().cloned().collect()
}

/// The supplier with those of orders that went to another number, which may be of the same group.
async fn suppliers(
    system: &System,
    own: Option<&Supplier>,
    orders: &[PurchaseOrder],
) -> Result<Vec<Supplier>> {
    let Some(own) = own else { return Ok(Vec::new()) };
    let others: BTreeSet<&SupplierId> =
        orders.iter().map(|it| &it.supplier_id).filter(|it| **it != own.id).collect();
    let asking = others.into_iter().take(SUPPLIERS_MAX).map(|it| by_number(system, it));
    let found = try_join_all(asking).await?;
    Ok(found.into_iter().flatten().chain([own.clone()]).collect())
}

/// The supplier of a document: by our number, or by one of the names it has there.
pub(crate) async fn supplier(
    system: &System,
    (id, party): (&SupplierId, &PartyNames),
) -> Result<Option<Supplier>> {
    if let Some(found) = by_number(system, id).await? {
        return Ok(Some(found));
    }
    for name in names(party) {
        let own: Option<SupplierId> = name.key.parse().ok();
        let found = match own.filter(|_| is_our_number(name)) {
            Some(own) => by_number(system, &own).await?,
            None => system.suppliers().find(name).await?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

pub(crate) async fn by_number(system: &System, id: &SupplierId) -> Result<Option<Supplier>> {
    known(system.suppliers().get(id).await)
}

/// Whether a document says that the name is the one we gave the supplier.
fn is_our_number(name: &ExternalId) -> bool {
    matches!(name.system.as_str(), "x12:92" | "ubl:account")
}

/// At most a handful: a document cannot make us ask for ever.
fn names(party: &PartyNames) -> impl Iterator<Item = &ExternalId> {
    party.ids.iter().take(8)
}
