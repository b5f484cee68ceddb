//! A cost centre: whose spending it is.

use crate::{CostCenterId, ExternalId, FacilityId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A cost centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CostCenter {
    /// The cost centre's code.
    pub id: CostCenterId,
    /// Its name.
    #[schema(example = "Intensive care")]
    pub name: String,
    /// Whether it may be charged.
    pub status: CostCenterStatus,
    /// The facility it belongs to, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// The cost centre above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CostCenterId>,
    /// The first day it may be charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day it may be charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// Whether a cost centre may be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostCenterStatus {
    /// It may.
    Open,
    /// It may not.
    Closed,
}
