//! Cost centres in memory.

use super::{Memory, paging};
use crate::CostCenters;
use async_trait::async_trait;
use canonical::{CostCenter, CostCenterId, Error, Page, PageRequest, Result};

#[async_trait]
impl CostCenters for Memory {
    async fn get(&self, id: &CostCenterId) -> Result<CostCenter> {
        self.data().cost_centers.get(id).cloned().ok_or_else(|| Error::not_found("cost center", id))
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CostCenter>> {
        paging::page("cost_centers", &self.data().cost_centers, page, |_| true)
    }
}
