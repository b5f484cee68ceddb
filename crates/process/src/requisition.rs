//! Requisitions (`domain.md` A4.1): asked for, approved by somebody else, ordered once. The
//! requisition is the root of its flow.

mod act;
mod check;
mod place;
mod read;
mod step;

pub(crate) use act::stepped;
pub(crate) use place::PLACE_ORDER;
pub use step::RequisitionTrigger;

use canonical::{
    Error, FacilityId, Money, NewRequisition, PurchaseOrderNumber, RequisitionId, RequisitionState,
    Result, SupplierId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A requisition: what is asked for, where it stands, and who did what about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Requisition {
    /// Its id, which is the root of its flow.
    pub id: RequisitionId,
    /// Where it stands.
    pub state: RequisitionState,
    /// What a person may do about it now.
    pub may: Vec<RequisitionTrigger>,
    /// Who asks, as tokens name people.
    pub requester: String,
    /// What is asked for.
    pub content: NewRequisition,
    /// What it comes to at the prices that are asked for.
    pub total: Money,
    /// The order that was made of it.
    #[schema(required = true)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// What was done about it, oldest first.
    pub history: Vec<RequisitionDone>,
    /// When it was written (UTC).
    pub created_at: Timestamp,
    /// When it was last changed (UTC).
    pub updated_at: Timestamp,
    /// The root of the business flow: its own id.
    pub correlation_id: String,
}

/// Something that was done about a requisition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequisitionDone {
    /// What.
    pub trigger: RequisitionTrigger,
    /// Who did it; the gateway itself where it is `threeway`.
    pub by: String,
    /// When (UTC).
    pub at: Timestamp,
    /// Why, where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a person does about a requisition.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum RequisitionAction {
    /// Submits it: it is checked against the masters and waits for approval.
    Submit {},
    /// Approves it: it is ordered. Not by who asks; needs the scope
    /// `process.requisitions.approve`.
    Approve {
        /// Why, where something is to be said.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Refuses it. Needs the scope `process.requisitions.approve`.
    Reject {
        /// Why.
        reason: String,
    },
    /// Withdraws it before it is ordered.
    Close {
        /// Why.
        reason: String,
    },
}

/// Which requisitions; all where nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequisitionFilter {
    /// Those in this state.
    pub state: Option<RequisitionState>,
    /// Those from this supplier.
    pub supplier: Option<SupplierId>,
    /// Those for this facility.
    pub facility: Option<FacilityId>,
}

/// What the store keeps of a requisition beside its columns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) content: NewRequisition,
    pub(crate) history: Vec<RequisitionDone>,
}

impl Body {
    pub(crate) fn of(kept: &store::Requisition) -> Result<Self> {
        serde_json::from_str(&kept.body_json)
            .map_err(|error| Error::internal("a requisition cannot be read").because(error))
    }

    fn json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("a requisition has no JSON form").because(error))
    }
}
