//! Goods receipts and returns.

use super::Threeway;
use super::master::filter;
use crate::{Movements, Receipts};
use async_trait::async_trait;
use canonical::{Page, PageRequest, PurchaseOrderNumber, Receipt, ReceiptNumber, Result};
use serde::Deserialize;

/// One receipt document.
#[derive(Debug, Deserialize)]
struct Document {
    number: ReceiptNumber,
    lines: Vec<Receipt>,
}

#[async_trait]
impl Receipts for Threeway {
    async fn get(&self, number: &ReceiptNumber) -> Result<Vec<Receipt>> {
        let found: Option<Document> = self.client.get(&["receipts", number.as_str()]).await?;
        Ok(self.same(found, "receipt", number, |it| &it.number)?.lines)
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Movements> {
        let keys = orders.iter().map(|it| ("purchase_order", it.to_string())).collect();
        let mut all = Movements::default();
        for moved in self.client.pieces::<Movements>("movements", keys, &[]).await? {
            all.receipts.extend(moved.receipts);
            all.returns.extend(moved.returns);
        }
        Ok(all)
    }

    async fn list(
        &self,
        order: Option<&PurchaseOrderNumber>,
        page: &PageRequest,
    ) -> Result<Page<Receipt>> {
        let query = filter("purchase_order", order).into_iter().collect();
        self.client.list("receipts", query, page).await
    }
}
