//! Contracts with their price lists in memory.

use super::{Memory, paging};
use crate::Contracts;
use async_trait::async_trait;
use canonical::{Contract, Page, PageRequest, Result, SupplierId};

#[async_trait]
impl Contracts for Memory {
    async fn of_suppliers(&self, suppliers: &[SupplierId]) -> Result<Vec<Contract>> {
        let wanted = |it: &&Contract| suppliers.contains(&it.supplier_id);
        Ok(self.data().contracts.values().filter(wanted).cloned().collect())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Contract>> {
        paging::page("contracts", &self.data().contracts, page, |_| true)
    }
}
