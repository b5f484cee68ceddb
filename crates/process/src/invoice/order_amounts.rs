//! What earlier invoices took of the orders beside their lines, as facts: prepayments with what is
//! used up of them, and what is billed of planned charges.

use crate::matching::Facts;
use canonical::{
    Currency, Decimal, Error, Exact, PlannedCharge, Prepayment, PurchaseOrder, Result, read_exact,
    show,
};
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{OrderAmount, Purpose};

/// The charges that the orders plan, as their back end says: what is billed of them here is added
/// anew for every try to decide.
#[derive(Debug)]
pub(super) struct Plans(Vec<Vec<PlannedCharge>>);

impl Plans {
    pub(super) fn of(facts: &Facts) -> Self {
        Self(facts.purchase_orders.iter().map(|it| it.planned_charges.clone()).collect())
    }

    /// Adds to the facts what booked invoices took.
    pub(super) fn note(&self, facts: &mut Facts, taken: &[OrderAmount]) -> Result<()> {
        let booked: Vec<&OrderAmount> =
            taken.iter().filter(|it| it.invoice_state.is_booked()).collect();
        let mut prepayments = Vec::new();
        for (order, stated) in facts.purchase_orders.iter_mut().zip(&self.0) {
            let of_order = |it: &&&OrderAmount| {
                it.taken.purchase_order_number == order.number
                    && it.taken.currency == order.currency
            };
            let own: Vec<&OrderAmount> = booked.iter().filter(of_order).copied().collect();
            prepayments.extend(paid_ahead(order, &own)?);
            order.planned_charges.clone_from(stated);
            bill(order, &own)?;
        }
        facts.prepayments = prepayments;
        Ok(())
    }
}

/// A prepayment as it stands.
#[derive(Default)]
struct Paid {
    on: Option<Date>,
    amount: Exact,
    applied: Exact,
}

/// The prepayments on an order, by their number.
fn paid_ahead(order: &PurchaseOrder, taken: &[&OrderAmount]) -> Result<Vec<Prepayment>> {
    let mut paid: BTreeMap<&str, Paid> = BTreeMap::new();
    for it in taken {
        let amount = read(&it.taken.amount)?;
        match &it.taken.purpose {
            Purpose::Prepayment(number) => {
                let paid = paid.entry(number).or_default();
                paid.on = paid.on.or(Some(it.invoice_date));
                paid.amount += amount;
            }
            Purpose::SetOff(number) => paid.entry(number).or_default().applied += amount,
            Purpose::Charge(_) => {}
        }
    }
    let one = |(number, paid): (&str, Paid)| {
        Ok(Prepayment {
            invoice: number.to_owned(),
            purchase_order_number: order.number.clone(),
            currency: order.currency,
            paid_on: paid.on,
            amount: decimal(&paid.amount, order.currency)?,
            applied: decimal(&paid.applied, order.currency)?,
        })
    };
    // what was set off against one that is no longer booked counts against no other
    paid.into_iter().filter(|(_number, paid)| paid.on.is_some()).map(one).collect()
}

/// Notes what is billed of the charges that an order plans. Where the order's back end knows of
/// more, it is right: it may have been billed past this gateway.
fn bill(order: &mut PurchaseOrder, taken: &[&OrderAmount]) -> Result<()> {
    for at in 0..order.planned_charges.len() {
        let Some(kind) = order.planned_charges.get(at).map(|it| it.kind) else { continue };
        let same = |it: &&PlannedCharge| it.kind == kind;
        if order.planned_charges.iter().take(at).any(|it| same(&it)) {
            continue;
        }
        let mut ours = Exact::default();
        for it in taken.iter().filter(|it| it.taken.purpose == Purpose::Charge(kind)) {
            ours += read(&it.taken.amount)?;
        }
        let known = order.planned_charges.iter().filter(same).filter_map(|it| it.billed_amount);
        let more = ours - known.map(|it| it.exact()).sum::<Exact>();
        if more > Exact::default()
            && let Some(it) = order.planned_charges.get_mut(at)
        {
            let billed = it.billed_amount.map(|it| it.exact()).unwrap_or_default() + more;
            it.billed_amount = Some(decimal(&billed, order.currency)?);
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<Exact> {
    read_exact(text)
        .ok_or_else(|| Error::internal("an amount booked on an order has a figure that is none"))
}

/// A sum of amounts of a currency, which has no more places than the currency.
fn decimal(sum: &Exact, currency: Currency) -> Result<Decimal> {
    show(sum, currency.exponent()).parse().map_err(|_fault| {
        Error::internal("what is booked on an order adds up to more than an amount may be")
    })
}
