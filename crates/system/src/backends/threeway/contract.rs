//! Contracts with their price lists.

use super::Threeway;
use crate::Contracts;
use async_trait::async_trait;
use canonical::{Contract, Page, PageRequest, Result, SupplierId};

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
