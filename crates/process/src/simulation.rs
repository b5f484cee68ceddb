//! What-if: a proposed policy replayed over stored match runs (`domain.md` H1). A run holds all its
//! facts, so that the pure engine answers again without asking anybody, and the policy that decided
//! then reproduces what was decided byte for byte.

mod report;
mod run;
mod tally;

pub use report::{
    ChangedInvoice, Decided, Impact, OutcomeChange, PartyImpact, ReasonChange, ReasonImpact,
    Reproduction, RunNamed, SimulationLine, SimulationReport, Unreadable,
};
pub use run::Simulation;

use crate::Process;
use crate::matching::{Policy, PolicyDocument};
use canonical::{Error, FacilityId, FieldError, Lane, Result, SupplierId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::RunWindow;
use utoipa::ToSchema;

/// After how many seconds a refused simulation may be asked for again.
const RETRY_SECONDS: u32 = 30;

/// Which policy to replay over which runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicySimulation)]
pub struct SimulationRequest {
    /// The proposed tolerance policy; `null` for the active one.
    #[serde(default)]
    pub policy: Option<PolicyDocument>,
    /// Runs from this instant on; without it, from the first.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Runs before this instant; without it, until now.
    #[serde(default)]
    pub to: Option<Timestamp>,
    /// Only invoices of this supplier.
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    /// Only invoices for this facility.
    #[serde(default)]
    pub facility: Option<FacilityId>,
}

impl Process {
    /// Begins to replay a policy. Nothing is stored, and the runs read are those until now.
    ///
    /// # Errors
    /// `invalid` with a pointer for every fault of the policy or the window; `limited` while as
    /// many simulations run as may; what the store says.
    pub async fn simulation(&self, request: SimulationRequest) -> Result<Simulation> {
        let (policy, window) = self.read_simulation(request)?;
        let permit = self.simulations().try_acquire_owned().map_err(|_full| {
            let message = "as many simulations run as may at once; ask again when one is done";
            Error::limited(message, RETRY_SECONDS)
        })?;
        let simulation =
            Simulation::begin(self.store().in_lane(Lane::Bulk), policy, window).await?;
        Ok(simulation.under(permit))
    }

    fn read_simulation(&self, request: SimulationRequest) -> Result<(Policy, RunWindow)> {
        let SimulationRequest { policy, from, to, supplier, facility } = request;
        let now = self.now();
        let mut faults = Vec::new();
        if from.is_some_and(|from| from >= to.unwrap_or(now)) {
            let detail = "the window begins before it ends, and not in the future".to_owned();
            faults.push(FieldError { pointer: "/from".to_owned(), detail });
        }
        let policy = match policy.map(Policy::new) {
            None => Some(self.policy().clone()),
            Some(Ok(policy)) => {
                Some(policy.with_duplicates(Arc::clone(self.policy().duplicates())))
            }
            Some(Err(of_policy)) => {
                faults.extend(of_policy.into_iter().map(|it| FieldError {
                    pointer: format!("/policy{}", it.pointer),
                    detail: it.detail,
                }));
                None
            }
        };
        let Some(policy) = policy.filter(|_| faults.is_empty()) else {
            return Err(Error::invalid_fields(faults));
        };
        // ok: what is decided from now on is not in the window: it is the same on every page
        let to = to.map_or(now, |it| it.min(now));
        Ok((policy, RunWindow { from, to, supplier_id: supplier, facility_id: facility }))
    }
}
