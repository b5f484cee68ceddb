//! What may stand behind the question mark of lists that have filters.

use crate::case::CaseState;
use canonical::{FacilityId, RequisitionState, SupplierId};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which dead letters, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadLetterQuery {
    /// To do this: `post_payable`, `rematch`.
    pub(super) kind: Option<String>,
    /// Of this key.
    pub(super) key: Option<String>,
    /// Of this business flow.
    pub(super) correlation_id: Option<String>,
    /// Stopped by this sort of error: `upstream`.
    pub(super) error: Option<String>,
    /// Given up at this instant or later (UTC).
    pub(super) from: Option<Timestamp>,
    /// Given up before this instant (UTC).
    pub(super) to: Option<Timestamp>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which cases, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseQuery {
    /// Those of this queue: `buyer`, `receiving`.
    pub(super) queue: Option<String>,
    /// Those in this state.
    pub(super) state: Option<CaseState>,
    /// Those that are not resolved, or those that are.
    pub(super) open: Option<bool>,
    /// Those of this person, as tokens name people.
    pub(super) assignee: Option<String>,
    /// Those for this facility.
    pub(super) facility: Option<FacilityId>,
    /// Those of this supplier.
    pub(super) supplier: Option<SupplierId>,
    /// Those that are late, or those that are not.
    pub(super) overdue: Option<bool>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}

/// Which requisitions, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RequisitionQuery {
    /// Those in this state.
    pub(super) state: Option<RequisitionState>,
    /// Those from this supplier.
    pub(super) supplier: Option<SupplierId>,
    /// Those for this facility.
    pub(super) facility: Option<FacilityId>,
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub(super) cursor: Option<String>,
}
