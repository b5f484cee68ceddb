//! What a match needs besides goods: contracts, usage, rates, recalls, stock and fiscal periods,
//! from the back ends that keep them.

use super::{Circumstances, Goods};
use canonical::{
    Contract, Currency, CurrencyRate, FiscalPeriod, InventoryBalance, Invoice, ItemId, Recall,
    Result, SupplierId, UsageEvent,
};
use futures_util::future::{try_join, try_join5};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use system::System;

/// What they say.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) contracts: Vec<Contract>,
    pub(super) usages: Vec<UsageEvent>,
    pub(super) rates: Vec<CurrencyRate>,
    pub(super) recalls: Vec<Recall>,
    pub(super) balances: Vec<InventoryBalance>,
    pub(super) periods: Vec<FiscalPeriod>,
}

/// Asks every back end at once and none that has nothing to say.
pub(super) async fn terms(
    system: &System,
    invoice: &Invoice,
    goods: &Goods,
    suppliers: &BTreeSet<&SupplierId>,
    around: &Circumstances,
) -> Result<Terms> {
    let suppliers: Vec<SupplierId> = suppliers.iter().copied().cloned().collect();
    let items: Vec<ItemId> = goods.items.iter().map(|it| it.id.clone()).collect();
    let orders: Vec<_> = goods.orders.iter().map(|it| it.number.clone()).collect();
    let foreign: Vec<Currency> =
        Some(invoice.currency).filter(|it| *it != around.functional).into_iter().collect();
    let contracts = async {
        match system.contracts() {
            Some(kept) => kept.of_suppliers(&suppliers).await,
            None => Ok(Vec::new()),
        }
    };
    let usages = async {
        match system.usages() {
            Some(kept) if !items.is_empty() => kept.of_orders(&orders, &items).await,
            _ => Ok(Vec::new()),
        }
    };
    let rates = async {
        match system.rates() {
            Some(kept) if !foreign.is_empty() => {
                kept.of_currencies(&foreign, latest(invoice, goods)).await
            }
            _ => Ok(Vec::new()),
        }
    };
    let recalls = async {
        match system.recalls() {
            Some(kept) if !items.is_empty() => kept.of_items(&items).await,
            _ => Ok(Vec::new()),
        }
    };
    let balances = async {
        match system.balances() {
            Some(kept) if !items.is_empty() => kept.of_items(&items).await,
            _ => Ok(Vec::new()),
        }
    };
    let periods = async {
        match system.periods() {
            Some(kept) => kept.around(around.as_of).await,
            None => Ok(Vec::new()),
        }
    };
    let asked = try_join5(contracts, usages, rates, recalls, balances);
    let ((contracts, mut usages, rates, recalls, balances), periods) =
        try_join(asked, periods).await?;
    // of another supplier's goods of the same item, nothing is anybody's business here
    usages.retain(|it| suppliers.contains(&it.supplier_id));
    Ok(Terms { contracts, usages, rates, recalls, balances, periods })
}

/// The last day whose rate may matter: of the invoice, or of a receipt after it.
fn latest(invoice: &Invoice, goods: &Goods) -> Date {
    let received =
        goods.movements.receipts.iter().map(|it| it.effective_at.to_zoned(TimeZone::UTC).date());
    received.chain([invoice.invoice_date]).max().unwrap_or(invoice.invoice_date)
}
