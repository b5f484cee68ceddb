//! Fiscal periods.

use super::Threeway;
use crate::FiscalPeriods;
use async_trait::async_trait;
use canonical::{FiscalPeriod, Page, PageRequest, Result};
use jiff::civil::Date;

#[async_trait]
impl FiscalPeriods for Threeway {
    async fn around(&self, on: Date) -> Result<Vec<FiscalPeriod>> {
        self.client.keyed("fiscal-periods", [("around", on.to_string())].into(), &[]).await
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<FiscalPeriod>> {
        self.client.list("fiscal-periods", Vec::new(), page).await
    }
}
