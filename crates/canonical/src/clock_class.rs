//! How urgent a reason is: the clock class of `domain.md` C2 and C3.

use crate::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The clock that a reason runs on, the strictest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
pub enum ClockClass {
    /// To be resolved in 4 hours, day and night.
    T0,
    /// To be resolved in 8 hours, day and night.
    T1,
    /// To be resolved in 2 business days.
    T2,
    /// To be resolved in 5 business days.
    T3,
    /// To be resolved in 20 business days.
    T4,
}

impl Code {
    /// The clock that it runs on.
    #[must_use]
    pub const fn clock(self) -> ClockClass {
        match self {
            Self::Sup04 | Self::Rcl01 => ClockClass::T0,
            Self::Int03 | Self::Int04 | Self::Sup03 => ClockClass::T1,
            Self::Dat01 | Self::Con03 | Self::Crd02 => ClockClass::T4,
            Self::Inv03
            | Self::Inv04
            | Self::Po04
            | Self::Po05
            | Self::Qty03
            | Self::Prc01
            | Self::Prc02
            | Self::Prc03
            | Self::Amt01
            | Self::Amt02
            | Self::Amt03
            | Self::Chg01
            | Self::Chg02
            | Self::Tax01
            | Self::Tax02
            | Self::Crd01
            | Self::Lim01
            | Self::Lim02
            | Self::Con01
            | Self::Con04
            | Self::Ctl01
            | Self::Ers01 => ClockClass::T3,
            _ => ClockClass::T2,
        }
    }
}
