//! Exchange rates in memory.

use super::{Memory, paging};
use crate::Rates;
use async_trait::async_trait;
use canonical::{Currency, CurrencyRate, Page, PageRequest, Result};
use jiff::civil::Date;

#[async_trait]
impl Rates for Memory {
    async fn of_currencies(&self, currencies: &[Currency], on: Date) -> Result<Vec<CurrencyRate>> {
        let wanted = |it: &&CurrencyRate| {
            it.as_of <= on && (currencies.contains(&it.base) || currencies.contains(&it.quote))
        };
        Ok(self.data().rates.values().filter(wanted).cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CurrencyRate>> {
        paging::page("rates", &self.data().rates, page, |_| true)
    }
}
