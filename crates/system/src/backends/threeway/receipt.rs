//! Goods receipts and returns: read, and recorded.

use super::Threeway;
use super::client::{Written, filter, one_number};
use crate::{Movements, Receipts, Receiving};
use async_trait::async_trait;
use canonical::{Page, PageRequest, PurchaseOrderNumber, Receipt, ReceiptNumber, Result, Return};
use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stack::idempotency;

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

#[async_trait]
impl Receiving for Threeway {
    async fn record_receipt(&self, receipt: &Receipt) -> Result<Receipt> {
        let line = receipt.purchase_order_line.to_string();
        let parts = [receipt.number.as_str(), receipt.purchase_order_number.as_str(), &line];
        self.record("receipts", &idempotency::key("receipt", &parts), receipt).await
    }

    async fn record_return(&self, returned: &Return) -> Result<Return> {
        let line = returned.purchase_order_line.to_string();
        let parts = [returned.number.as_str(), returned.purchase_order_number.as_str(), &line];
        self.record("returns", &idempotency::key("return", &parts), returned).await
    }
}

impl Threeway {
    /// Records one line, once: its key is made of its numbers.
    async fn record<T: Serialize + DeserializeOwned + PartialEq + Sync>(
        &self,
        noun: &str,
        key: &str,
        document: &T,
    ) -> Result<T> {
        let recorded = self.client.write(Method::POST, &[noun], key, document).await;
        let recorded: Option<Written<T>> = one_number(recorded)?;
        recorded.map(|it| it.value).ok_or_else(|| self.client.keeps_no(noun))
    }
}
