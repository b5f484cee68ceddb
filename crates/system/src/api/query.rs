//! What may stand behind the question mark of lists that have filters.

use canonical::{FacilityId, OrderStatus, PurchaseOrderNumber, SupplierId};
use serde::Deserialize;
use utoipa::IntoParams;

/// The filters and the page of orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderQuery {
    /// Those of one supplier.
    pub(super) supplier: Option<SupplierId>,
    /// Those of one facility.
    pub(super) facility: Option<FacilityId>,
    /// Those in one status.
    pub(super) status: Option<OrderStatus>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// The filters and the page of receipt lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptQuery {
    /// Those of one order.
    pub(super) purchase_order: Option<PurchaseOrderNumber>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// The filters and the page of payables.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PayableQuery {
    /// Those of one supplier.
    pub(super) supplier: Option<SupplierId>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Whose changes, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeQuery {
    /// Which back end tells, by its name in the configuration; needed where several do.
    #[param(max_length = 64)]
    pub(super) back_end: Option<String>,
    /// Where to go on: `next` of the answer before; from the first change where it is left out.
    #[param(max_length = 1024)]
    pub(super) after: Option<String>,
    /// At most so many, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
}
