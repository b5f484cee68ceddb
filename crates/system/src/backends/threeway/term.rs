//! What a gateway may keep besides: contracts, usage, rates, recalls, stock and fiscal periods.

use super::Threeway;
use crate::{Balances, Contracts, FiscalPeriods, Rates, Recalls, Usages};
use async_trait::async_trait;
use canonical::{
    Contract, Currency, CurrencyRate, FiscalPeriod, InventoryBalance, ItemId, Page, PageRequest,
    PurchaseOrderNumber, Recall, Result, SupplierId, UsageEvent,
};
use jiff::civil::Date;
use std::collections::BTreeSet;

#[async_trait]
impl Contracts for Threeway {
    async fn of_suppliers(&self, suppliers: &[SupplierId]) -> Result<Vec<Contract>> {
        let keys = suppliers.iter().map(|it| ("supplier", it.to_string())).collect();
        self.client.keyed("contracts", keys, &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Contract>> {
        self.client.list("contracts", Vec::new(), page).await
    }
}

#[async_trait]
impl Usages for Threeway {
    async fn of_orders(
        &self,
        orders: &[PurchaseOrderNumber],
        items: &[ItemId],
    ) -> Result<Vec<UsageEvent>> {
        let orders = orders.iter().map(|it| ("purchase_order", it.to_string()));
        let items = items.iter().map(|it| ("item", it.to_string()));
        // a usage has an order or waits for one, so that no two pieces find it
        self.client.keyed("usages", orders.chain(items).collect(), &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<UsageEvent>> {
        self.client.list("usages", Vec::new(), page).await
    }
}

#[async_trait]
impl Rates for Threeway {
    async fn of_currencies(&self, currencies: &[Currency], on: Date) -> Result<Vec<CurrencyRate>> {
        let keys = currencies.iter().map(|it| ("currency", it.to_string())).collect();
        let mut found: Vec<CurrencyRate> =
            self.client.keyed("rates", keys, &[("on", on.to_string())]).await?;
        // one between currencies of two pieces is in both
        let mut seen = BTreeSet::new();
        found.retain(|it| {
            seen.insert(format!("{} {} {:?} {}", it.base, it.quote, it.kind, it.as_of))
        });
        Ok(found)
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CurrencyRate>> {
        self.client.list("rates", Vec::new(), page).await
    }
}

#[async_trait]
impl Recalls for Threeway {
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<Recall>> {
        let keys = items.iter().map(|it| ("item", it.to_string())).collect();
        self.client.keyed("recalls", keys, &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Recall>> {
        self.client.list("recalls", Vec::new(), page).await
    }
}

#[async_trait]
impl Balances for Threeway {
    async fn of_items(&self, items: &[ItemId]) -> Result<Vec<InventoryBalance>> {
        let keys = items.iter().map(|it| ("item", it.to_string())).collect();
        self.client.keyed("inventory-balances", keys, &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<InventoryBalance>> {
        self.client.list("inventory-balances", Vec::new(), page).await
    }
}

#[async_trait]
impl FiscalPeriods for Threeway {
    async fn around(&self, on: Date) -> Result<Vec<FiscalPeriod>> {
        self.client.keyed("fiscal-periods", [("around", on.to_string())].into(), &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<FiscalPeriod>> {
        self.client.list("fiscal-periods", Vec::new(), page).await
    }
}
