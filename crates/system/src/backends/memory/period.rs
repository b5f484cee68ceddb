//! Fiscal periods in memory.

use super::{Memory, paging};
use crate::FiscalPeriods;
use async_trait::async_trait;
use canonical::{FiscalPeriod, Page, PageRequest, Result};
use jiff::civil::Date;
use std::collections::BTreeMap;

#[async_trait]
impl FiscalPeriods for Memory {
    async fn around(&self, on: Date) -> Result<Vec<FiscalPeriod>> {
        let mut before: BTreeMap<Option<&str>, &FiscalPeriod> = BTreeMap::new();
        let mut after: BTreeMap<Option<&str>, &FiscalPeriod> = BTreeMap::new();
        let mut found = Vec::new();
        let data = self.data();
        for it in data.periods.values() {
            let entity = it.legal_entity.as_deref();
            if it.to < on {
                let last = before.entry(entity).or_insert(it);
                *last = if it.to > last.to { it } else { *last };
            } else if it.from > on {
                let first = after.entry(entity).or_insert(it);
                *first = if it.from < first.from { it } else { *first };
            } else {
                found.push(it);
            }
        }
        found.extend(before.into_values().chain(after.into_values()));
        found.sort_by_key(|it| (&it.legal_entity, it.from, it.to));
        Ok(found.into_iter().cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<FiscalPeriod>> {
        paging::page("periods", &self.data().periods, page, |_| true)
    }
}
