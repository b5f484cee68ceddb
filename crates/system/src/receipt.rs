//! What a back end must do to keep goods receipts and returns.

use async_trait::async_trait;
use canonical::{Page, PageRequest, PurchaseOrderNumber, Receipt, ReceiptNumber, Result, Return};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use utoipa::ToSchema;

/// Everything that moved on some orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// Takes goods receipts and returns from us: a warehouse that can be written to.
#[async_trait]
pub trait Receiving: Debug + Send + Sync {
    /// Records one receipt line. The same line again is the first; another under its number, order
    /// and line is a conflict.
    ///
    /// # Errors
    /// `invalid` where it does not fit its order; `conflict`; `unavailable`, `timed_out`,
    /// `upstream` where the result is unknown: call again.
    async fn record_receipt(&self, receipt: &Receipt) -> Result<Receipt>;

    /// Records goods that were shipped back, as [`Receiving::record_receipt`] does.
    ///
    /// # Errors
    /// As [`Receiving::record_receipt`].
    async fn record_return(&self, returned: &Return) -> Result<Return>;
}
