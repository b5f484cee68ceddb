//! Layer 3: what users see. One view per question, each with its clock and its gaps named.

mod ageing;
mod api;
mod exception;
mod timeline;

pub use api::api;
pub use exception::{Waiting, WaitingReason};
pub use timeline::{Figure, PartView, Refs, Timeline, TimelineLine, project};

use process::Process;

/// A cheap handle on the layer below, for the handlers of this one.
#[derive(Clone, Debug)]
pub struct Consumption {
    process: Process,
}

impl Consumption {
    /// Over the process layer.
    #[must_use]
    pub fn new(process: Process) -> Self {
        Self { process }
    }
}
