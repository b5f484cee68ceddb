//! What a back end must do to keep purchase orders.

use async_trait::async_trait;
use canonical::{
    FacilityId, NewPurchaseOrder, OrderStatus, Page, PageRequest, PurchaseOrder,
    PurchaseOrderNumber, RequisitionId, Result, SupplierId,
};
use std::fmt::Debug;

/// Which orders a list is about; an empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Those of one supplier.
    pub supplier_id: Option<SupplierId>,
    /// Those of one facility.
    pub facility_id: Option<FacilityId>,
    /// Those in one status.
    pub status: Option<OrderStatus>,
}

impl OrderFilter {
    /// Whether an order is one of those.
    #[must_use]
    pub fn holds(&self, order: &PurchaseOrder) -> bool {
        let Self { supplier_id, facility_id, status } = self;
        supplier_id.as_ref().is_none_or(|it| *it == order.supplier_id)
            && facility_id.as_ref().is_none_or(|it| order.facility_id.as_ref() == Some(it))
            && status.is_none_or(|it| it == order.status)
    }
}

/// Reads purchase orders with their lines.
#[async_trait]
pub trait PurchaseOrders: Debug + Send + Sync {
    /// One order in the version in force.
    ///
    /// # Errors
    /// `not_found`, `unavailable`, `timed_out`, `upstream`.
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder>;

    /// Several orders in one call to the back end; those it does not know are left out.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn get_many(&self, numbers: &[PurchaseOrderNumber]) -> Result<Vec<PurchaseOrder>>;

    /// Orders in the order of their numbers.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours, `unavailable`, `timed_out`, `upstream`.
    async fn list(&self, filter: &OrderFilter, page: &PageRequest) -> Result<Page<PurchaseOrder>>;
}

/// Takes purchase orders from us: a procurement platform that can be written to.
#[async_trait]
pub trait Ordering: Debug + Send + Sync {
    /// Puts an order in force: a new one, or the next version of one that is there. The version in
    /// force again, unchanged, is that version; any other version is a conflict.
    ///
    /// # Errors
    /// `invalid` where it makes no sense; `conflict`; `unavailable`, `timed_out`, `upstream` where
    /// the result is unknown: call again.
    async fn put(&self, order: &PurchaseOrder) -> Result<PurchaseOrder>;
}

/// Makes orders of requisitions, once each, and calls them off.
#[async_trait]
pub trait Purchasing: Debug + Send + Sync {
    /// The inquiry that resolves an unknown result: the order made from this requisition.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `upstream`.
    async fn find(&self, requisition: &RequisitionId) -> Result<Option<PurchaseOrder>>;

    /// Makes an approved order under a number of the system's own. Called again for the same
    /// requisition it finds the first, finishes what was left undone, and makes no second one.
    ///
    /// # Errors
    /// `invalid` where it makes no sense; `conflict` where the system refuses it for a business
    /// reason; `unavailable`, `timed_out`, `upstream` where the result is unknown: inquire with
    /// [`Purchasing::find`], or call again.
    async fn place(&self, order: &NewPurchaseOrder) -> Result<PurchaseOrder>;

    /// Calls an order off: nothing of it may be delivered or billed any more. One that is cancelled
    /// stays so.
    ///
    /// # Errors
    /// `not_found`; `conflict` where something was received or it is over; `unavailable`,
    /// `timed_out`, `upstream` where the result is unknown: call again.
    async fn cancel(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder>;
}
