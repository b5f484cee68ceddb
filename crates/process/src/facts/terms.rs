//! What a match needs besides goods: contracts, usage, rates, recalls and stock, from the back ends
//! that keep them.

use crate::matching::Facts;
use canonical::{Currency, Invoice, ItemId, Result, SupplierId};
use futures_util::future::try_join5;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use system::System;

/// Adds them, asking every back end at once and none that has nothing to say.
pub(super) async fn add(
    system: &System,
    invoice: &Invoice,
    functional: Currency,
    facts: &mut Facts,
) -> Result<()> {
    let suppliers = suppliers(invoice, facts);
    let items = items(facts);
    let orders: Vec<_> = facts.purchase_orders.iter().map(|it| it.number.clone()).collect();
    let foreign: Vec<Currency> =
        Some(invoice.currency).filter(|it| *it != functional).into_iter().collect();
    let on = latest(invoice, facts);
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
            Some(kept) if !foreign.is_empty() => kept.of_currencies(&foreign, on).await,
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
    let (contracts, usages, rates, recalls, balances) =
        try_join5(contracts, usages, rates, recalls, balances).await?;
    facts.contracts = contracts;
    facts.usages = usages;
    // of another supplier's goods of the same item, nothing is anybody's business here
    facts.usages.retain(|it| suppliers.contains(&it.supplier_id));
    facts.rates = rates;
    facts.recalls = recalls;
    facts.balances = balances;
    Ok(())
}

/// The invoice's supplier and those of its orders.
fn suppliers(invoice: &Invoice, facts: &Facts) -> Vec<SupplierId> {
    let own = facts.suppliers.iter().map(|it| &it.id).chain([&invoice.supplier_id]);
    let all: BTreeSet<&SupplierId> =
        facts.purchase_orders.iter().map(|it| &it.supplier_id).chain(own).collect();
    all.into_iter().cloned().collect()
}

fn items(facts: &Facts) -> Vec<ItemId> {
    facts.items.iter().map(|it| it.id.clone()).collect()
}

/// The last day whose rate may matter: of the invoice, or of a receipt after it.
fn latest(invoice: &Invoice, facts: &Facts) -> Date {
    let received = facts.receipts.iter().map(|it| it.effective_at.to_zoned(TimeZone::UTC).date());
    received.chain([invoice.invoice_date]).max().unwrap_or(invoice.invoice_date)
}
