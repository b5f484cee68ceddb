//! Cost centres.

use super::Threeway;
use crate::CostCenters;
use async_trait::async_trait;
use canonical::{CostCenter, CostCenterId, Page, PageRequest, Result};

#[async_trait]
impl CostCenters for Threeway {
    async fn get(&self, id: &CostCenterId) -> Result<CostCenter> {
        let found: Option<CostCenter> = self.client.get(&["cost-centers", id.as_str()]).await?;
        self.same(found, "cost center", id, |it| &it.id)
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CostCenter>> {
        self.client.list("cost-centers", Vec::new(), page).await
    }
}
