//! Exchange rates.

use super::Threeway;
use crate::Rates;
use async_trait::async_trait;
use canonical::{Currency, CurrencyRate, Page, PageRequest, Result};
use jiff::civil::Date;
use std::collections::BTreeSet;

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
