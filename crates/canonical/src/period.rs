//! Fiscal periods.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A fiscal period of a legal entity, as accounts payable sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiscalPeriod {
    /// The legal entity; `null` for all.
    #[serde(default)]
    pub legal_entity: Option<String>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// Whether accounts payable may post in it.
    pub state: PeriodState,
}

/// Whether a period may be posted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodState {
    /// Not yet.
    Future,
    /// Yes.
    Open,
    /// By few.
    SoftClosed,
    /// No.
    Closed,
    /// Never again.
    PermanentlyClosed,
}
