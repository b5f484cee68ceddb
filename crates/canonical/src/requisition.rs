//! A requisition: what somebody asks to be bought, before it is ordered.

use crate::purchase_order::decimal_one;
use crate::{CostCenterId, Currency, Decimal, FacilityId, ItemId, Quantity, SupplierId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked for (SAP: purchase requisition; Oracle: requisition).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequisition {
    /// From whom it is to be bought.
    pub supplier_id: SupplierId,
    /// The currency of its prices.
    pub currency: Currency,
    /// The facility it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// The contract it is to be bought under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_number: Option<String>,
    /// When it is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<Date>,
    /// The lines.
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<RequisitionLine>,
}

/// One line of a requisition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequisitionLine {
    /// The line's number; one of a kind within the requisition, above zero.
    #[schema(minimum = 1)]
    pub line_number: u32,
    /// The item; `null` for free text.
    #[serde(default)]
    pub item_id: Option<ItemId>,
    /// What is asked for, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 1000)]
    pub description: String,
    /// How much.
    pub quantity: Quantity,
    /// What `price_base` units of the line's own unit should cost; it becomes the order's price.
    pub unit_price: Decimal,
    /// How many units the price is for: 1, 10, 100, 1000.
    #[serde(default = "decimal_one")]
    pub price_base: Decimal,
    /// The cost centre to charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center_id: Option<CostCenterId>,
}

/// Where a requisition stands in its life (`domain.md` A4.1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RequisitionState {
    /// Being written.
    Draft,
    /// Submitted: somebody else has to approve it.
    AwaitingApproval,
    /// Approved: the order is being made.
    Approved,
    /// Ordered in full.
    Ordered,
    /// Refused.
    Rejected,
    /// Withdrawn, or its order was cancelled.
    Closed,
}

impl RequisitionState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 6] = [
        Self::Draft,
        Self::AwaitingApproval,
        Self::Approved,
        Self::Ordered,
        Self::Rejected,
        Self::Closed,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved => "approved",
            Self::Ordered => "ordered",
            Self::Rejected => "rejected",
            Self::Closed => "closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_one_name() {
        for state in RequisitionState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
