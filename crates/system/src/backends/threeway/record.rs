//! What is recorded there: orders, receipts, returns, payments; and what it tells of changes.
//!
//! A key is made of the numbers of what is recorded: under one number there is one document.

use super::Threeway;
use super::client::Written;
use super::master::filter;
use crate::{Feed, Ordering, Paying, PurchaseOrders, Receiving};
use async_trait::async_trait;
use canonical::{
    Changes, Error, Kind, NewPayment, PageRequest, Payable, PurchaseOrder, Receipt, Result, Return,
};
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stack::idempotency;

#[async_trait]
impl Ordering for Threeway {
    async fn put(&self, order: &PurchaseOrder) -> Result<PurchaseOrder> {
        let (number, version) = (order.number.as_str(), order.version.to_string());
        let key = idempotency::key("order", &[number, &version]);
        let path = ["purchase-orders", number];
        let put = self.client.write(Method::PUT, &path, &key, order).await;
        let put: Written<PurchaseOrder> =
            taken(put)?.ok_or_else(|| self.client.keeps_no("purchase-orders"))?;
        if !put.replayed {
            return Ok(put.value);
        }
        // what was answered once need not be in force any more
        let in_force = PurchaseOrders::get(self, &order.number).await?;
        if in_force.version == order.version {
            return Ok(in_force);
        }
        let (there, version) = (in_force.version, order.version);
        let message = format!("version {version} of {number} was replaced; {there} is in force");
        Err(Error::conflict(message))
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

#[async_trait]
impl Paying for Threeway {
    async fn pay(&self, payment: &NewPayment) -> Result<Payable> {
        let key = idempotency::key("payment", &[&payment.number]);
        let paid = self.client.write(Method::POST, &["payments"], &key, payment).await;
        let paid: Option<Written<Payable>> = taken(paid)?;
        let paid = paid.map(|it| it.value);
        self.same(paid, "payable", &payment.payable_id, |it| &it.id)
    }
}

#[async_trait]
impl Feed for Threeway {
    async fn changes(&self, after: Option<&str>, limit: u32) -> Result<Changes> {
        let limit = limit.clamp(1, PageRequest::LIMIT_MAX).to_string();
        let more =
            [filter("back_end", self.options.follow_back_end.as_ref()), filter("after", after)];
        let more: Vec<_> = more.into_iter().flatten().collect();
        let asked = self.client.pieces("changes", [("limit", limit)].into(), &more).await?;
        asked.into_iter().next().ok_or_else(|| self.client.keeps_no("changes"))
    }
}

impl Threeway {
    async fn record<T: Serialize + DeserializeOwned + PartialEq + Sync>(
        &self,
        noun: &str,
        key: &str,
        document: &T,
    ) -> Result<T> {
        let recorded = self.client.write(Method::POST, &[noun], key, document).await;
        let recorded: Option<Written<T>> = taken(recorded)?;
        recorded.map(|it| it.value).ok_or_else(|| self.client.keeps_no(noun))
    }
}

/// Another document under the same numbers is a conflict, whoever notices it.
fn taken<T>(written: Result<Option<T>>) -> Result<Option<T>> {
    written.map_err(|error| match error.kind() {
        Kind::KeyReused => {
            Error::conflict("there is another one under the same number already").because(error)
        }
        _ => error,
    })
}
