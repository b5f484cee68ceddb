//! Goods receipts and returns in memory.

use super::{Memory, data::ReceiptKey, paging};
use crate::{Movements, Receipts};
use async_trait::async_trait;
use canonical::{Error, Page, PageRequest, PurchaseOrderNumber, Receipt, ReceiptNumber, Result};
use std::collections::BTreeSet;

impl paging::Key for ReceiptKey {
    fn text(&self) -> String {
        // identifiers have no control characters
        format!("{}\n{}\n{}", self.0, self.1, self.2)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '\n');
        let number = parts.next()?.parse().ok()?;
        let order = parts.next()?.parse().ok()?;
        Some((number, order, parts.next()?.parse().ok()?))
    }
}

#[async_trait]
impl Receipts for Memory {
    async fn get(&self, number: &ReceiptNumber) -> Result<Vec<Receipt>> {
        let data = self.data();
        let keys = data.receipts_numbered.get(number);
        let keys = keys.ok_or_else(|| Error::not_found("receipt", number))?;
        Ok(keys.iter().filter_map(|key| data.receipts.get(key)).cloned().collect())
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Movements> {
        let data = self.data();
        let mut movements = Movements::default();
        for order in orders.iter().collect::<BTreeSet<_>>() {
            let keys = data.receipts_of.get(order).into_iter().flatten();
            let receipts = keys.filter_map(|key| data.receipts.get(key));
            movements.receipts.extend(receipts.cloned());
            let returns = data.returns_of.get(order).into_iter().flatten();
            movements.returns.extend(returns.cloned());
        }
        Ok(movements)
    }

    async fn list(
        &self,
        order: Option<&PurchaseOrderNumber>,
        page: &PageRequest,
    ) -> Result<Page<Receipt>> {
        paging::page("receipts", &self.data().receipts, page, |it| {
            order.is_none_or(|order| *order == it.purchase_order_number)
        })
    }
}
