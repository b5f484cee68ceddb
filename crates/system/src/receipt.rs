//! What a back end must do to keep goods receipts and returns.

use async_trait::async_trait;
use canonical::{Page, PageRequest, PurchaseOrderNumber, Receipt, ReceiptNumber, Result, Return};
use std::fmt::Debug;

/// Everything that moved on some orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movements {
    /// Goods receipts and their reversals.
    pub receipts: Vec<Receipt>,
    /// Goods shipped back.
    pub returns: Vec<Return>,
}

/// Reads goods receipts and returns. One receipt document may fill several order lines: it is then
/// several [`Receipt`]s of the same number.
#[async_trait]
pub trait Receipts: Debug + Send + Sync {
    /// The lines of one receipt document.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, number: &ReceiptNumber) -> Result<Vec<Receipt>>;

    /// All receipts and returns of some orders, in one call to the back end.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Movements>;

    /// Receipt lines in the order of number, order and line; of one order or of all.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(
        &self,
        order: Option<&PurchaseOrderNumber>,
        page: &PageRequest,
    ) -> Result<Page<Receipt>>;
}
