//! A facility: a place that orders, receives and uses.

use crate::{ExternalId, FacilityId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A facility (SAP: plant; Oracle: inventory organisation).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// The facility's code.
    pub id: FacilityId,
    /// Its name.
    #[schema(example = "Lakeside General Hospital")]
    pub name: String,
    /// What kind of place it is.
    pub kind: FacilityKind,
    /// The legal entity whose books it is on.
    #[schema(example = "LAKESIDE-HEALTH")]
    pub legal_entity: String,
    /// Whether it is exempt from sales tax.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tax_exempt: bool,
    /// IANA time zone of its dock and its calendar.
    #[schema(example = "America/Chicago")]
    pub time_zone: String,
    /// GLN and other systems' names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// What kind of place a facility is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacilityKind {
    /// An acute-care hospital.
    Acute,
    /// A clinic.
    Clinic,
    /// A distribution centre.
    DistributionCenter,
    /// A pharmacy.
    Pharmacy,
}
