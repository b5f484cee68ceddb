//! How much of which order one invoice takes: what it asks for is shared over its orders.

use super::{NewOrderAmount, Purpose};
use canonical::{
    ChargeKind, Exact, Invoice, InvoiceId, InvoiceKind, MatchResult, Money, PlannedCharge,
    Prepayment, PurchaseOrder, PurchaseOrderNumber, allocate,
};
use std::collections::BTreeMap;

/// An order that an invoice bills, and what it bills of its goods.
struct Billed<'a> {
    order: Option<&'a PurchaseOrder>,
    goods: Exact,
}

/// What an invoice takes by its decision, with the orders and prepayments that the decision rests
/// on. On an order in another currency than the invoice's, nothing is booked.
#[must_use]
pub fn order_amounts(
    id: &InvoiceId,
    invoice: &Invoice,
    result: &MatchResult,
    (orders, prepayments): (&[PurchaseOrder], &[Prepayment]),
) -> Vec<NewOrderAmount> {
    let new = |number: &PurchaseOrderNumber, purpose: Purpose, minor: i128| NewOrderAmount {
        purchase_order_number: number.clone(),
        invoice_id: id.clone(),
        purpose,
        amount: Money::from_minor(minor, invoice.currency).amount_text(),
        currency: invoice.currency,
    };
    let billed = billed(invoice, result, orders);
    if invoice.kind == InvoiceKind::Prepayment {
        let number = invoice.supplier_invoice_number.to_string();
        let of = |(order, minor): (&PurchaseOrder, i128)| {
            new(&order.number, Purpose::Prepayment(number.clone()), minor)
        };
        return ahead(invoice, &billed).into_iter().map(of).collect();
    }
    let charged = charged(invoice, &billed).into_iter();
    let mut taken: Vec<NewOrderAmount> = charged
        .map(|(order, kind, minor)| new(&order.number, Purpose::Charge(kind), minor))
        .collect();
    for it in result.settlement.iter().flat_map(|it| &it.prepayments) {
        let of = prepayments.iter().find(|paid| {
            let order = it.purchase_order_number.as_ref();
            paid.invoice == it.invoice
                && order.is_none_or(|order| *order == paid.purchase_order_number)
        });
        taken.extend(of.map(|paid| NewOrderAmount {
            amount: it.amount.clone(),
            ..new(&paid.purchase_order_number, Purpose::SetOff(it.invoice.clone()), 0)
        }));
    }
    taken
}

/// The orders in the order of the lines that bill them; at the end what is billed on none.
fn billed<'a>(
    invoice: &Invoice,
    result: &MatchResult,
    orders: &'a [PurchaseOrder],
) -> Vec<Billed<'a>> {
    let by_number: BTreeMap<&PurchaseOrderNumber, &PurchaseOrder> = orders
        .iter()
        .filter(|it| it.currency == invoice.currency)
        .map(|it| (&it.number, it))
        .collect();
    let nets: BTreeMap<u32, Exact> =
        invoice.lines.iter().map(|it| (it.line_number, it.net_amount.exact())).collect();
    let mut billed: Vec<Billed<'a>> = Vec::new();
    let mut none = Exact::default();
    for line in &result.lines {
        let net = nets.get(&line.invoice_line).cloned().unwrap_or_default();
        let order = line.purchase_order_number.as_ref().and_then(|it| by_number.get(it).copied());
        let Some(order) = order else {
            none += net;
            continue;
        };
        let same = |it: &&mut Billed<'_>| it.order.is_some_and(|it| it.number == order.number);
        match billed.iter_mut().find(same) {
            Some(it) => it.goods += net,
            None => billed.push(Billed { order: Some(order), goods: net }),
        }
    }
    billed.push(Billed { order: None, goods: none });
    billed
}

/// What a prepayment pays ahead on each order: all that it asks for, by what it asks on them (R3).
fn ahead<'a>(invoice: &Invoice, billed: &[Billed<'a>]) -> Vec<(&'a PurchaseOrder, i128)> {
    let nothing = Exact::default();
    let any = billed.iter().any(|it| it.goods != nothing);
    let parts: Vec<&Billed<'a>> = billed.iter().filter(|it| !any || it.goods != nothing).collect();
    let weights: Vec<Exact> = parts.iter().map(|it| it.goods.clone()).collect();
    let shares = allocate(minor(invoice, &invoice.gross_amount.exact()), &weights);
    parts.iter().zip(shares).filter_map(|(it, share)| Some((it.order?, share))).collect()
}

/// What is billed of each kind of charge on each order. Where orders plan the charge, it is theirs
/// by what is left of their plans; else it is everybody's by the goods (R3).
fn charged<'a>(
    invoice: &Invoice,
    billed: &[Billed<'a>],
) -> Vec<(&'a PurchaseOrder, ChargeKind, i128)> {
    let billed: Vec<(&'a PurchaseOrder, &Exact)> =
        billed.iter().filter_map(|it| Some((it.order?, &it.goods))).collect();
    let mut asked: BTreeMap<ChargeKind, i128> = BTreeMap::new();
    for it in &invoice.charges {
        let sum = asked.entry(it.kind).or_default();
        *sum = sum.saturating_add(minor(invoice, &it.amount.exact()));
    }
    let mut charged = Vec::new();
    for (kind, minor) in asked {
        let planned: Vec<Planned> = billed.iter().map(|it| plan(invoice, kind, *it)).collect();
        let open = |it: &Planned| {
            let open = if invoice.kind.is_credit() { it.used } else { it.open() };
            Exact::from_integer(open.max(0).into())
        };
        let mut weights: Vec<Exact> = planned.iter().map(open).collect();
        if weights.iter().all(|it| *it == Exact::default()) {
            weights = billed.iter().map(|(_order, goods)| (*goods).clone()).collect();
        }
        for (((order, _), plan), share) in
            billed.iter().zip(&planned).zip(allocate(minor, &weights))
        {
            let beyond = share.saturating_sub(plan.granted).max(0);
            let beyond = if invoice.kind.is_credit() { -beyond } else { beyond };
            if beyond != 0 {
                charged.push((*order, kind, beyond));
            }
        }
    }
    charged
}

/// What an order plans of one kind of charge, in minor units.
#[derive(Default)]
struct Planned {
    amount: i128,
    used: i128,
    /// By percentage of the goods that are billed now.
    granted: i128,
}

impl Planned {
    const fn open(&self) -> i128 {
        self.amount.saturating_sub(self.used).saturating_add(self.granted)
    }
}

fn plan(invoice: &Invoice, kind: ChargeKind, (order, goods): (&PurchaseOrder, &Exact)) -> Planned {
    let of_kind = |it: &&PlannedCharge| it.kind == kind;
    let hundred = Exact::from_integer(100.into());
    order.planned_charges.iter().filter(of_kind).fold(Planned::default(), |sum, it| {
        let used = it.billed_amount.map_or(0, |it| minor(invoice, &it.exact()));
        let share = it.percent.map_or(0, |it| minor(invoice, &(it.exact() * goods / &hundred)));
        Planned {
            amount: sum.amount.saturating_add(minor(invoice, &it.amount.exact())),
            used: sum.used.saturating_add(used),
            granted: sum.granted.saturating_add(share),
        }
    })
}

/// In minor units of the invoice's currency, rounded where there are more places.
fn minor(invoice: &Invoice, value: &Exact) -> i128 {
    Money::round(value, invoice.currency).minor()
}
