//! Cancelling a flow: what was done is undone in the reverse order, as far as the steps that were
//! taken allow. What cannot be undone is told beside what could be.

use super::instance::FlowInstance;
use super::step::{CompensationMode, FlowStep};
use crate::Process;
use crate::event::payload::CancellationRequested;
use crate::event::{self, Told};
use crate::invoice::{Answer, given};
use crate::order::{Lifecycle, cancel_work};
use crate::requisition::{RequisitionTrigger, stepped};
use bytes::Bytes;
use canonical::{Error, Principal, Result};
use serde::{Deserialize, Serialize};
use stack::idempotency::Claim;
use store::{Batch, Committed};
use utoipa::ToSchema;

/// How often a cancellation is tried again because something moved before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// The scope of who decides on requisitions.
const APPROVE: &str = "process.requisitions.approve";

/// Why a flow is cancelled.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowCancellation {
    /// Why, for those who ask later.
    #[schema(min_length = 1, max_length = 1000, example = "the theatre was closed")]
    pub reason: String,
}

/// What a cancellation does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelledFlow {
    /// The root of the flow.
    pub correlation_id: String,
    /// What is undone, in the order in which it is.
    pub compensations: Vec<CompensationDone>,
}

/// Something that is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CompensationDone {
    /// What is done.
    #[schema(example = "cancel_order")]
    pub action: &'static str,
    /// Who may have it done.
    pub mode: CompensationMode,
    /// To which document.
    #[schema(example = "PO-9")]
    pub document: String,
    /// Whether it is done now; else it is work that was queued with this answer.
    pub done: bool,
}

impl Process {
    /// Cancels a flow. Where this returns an answer, what it asks for is durable.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for who may not; `invalid` without a reason; `conflict` where a
    /// step cannot be undone from here, naming it and what could be undone; what back ends say.
    pub async fn cancel_flow(
        &self,
        principal: &Principal,
        root: &str,
        asked: &FlowCancellation,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        given("/reason", &asked.reason)?;
        for _ in 0..ATTEMPTS_MAX {
            let flow = self.flow_instance(principal, root).await?;
            let mode = may_go(&flow)?;
            self.may_cancel(principal, &flow, mode)?;
            let (mut batch, compensations) =
                self.compensate(principal, &flow, mode, asked.reason.trim()).await?;
            let body = CancelledFlow { correlation_id: root.to_owned(), compensations };
            let body = serde_json::to_vec(&body)
                .map(Bytes::from)
                .map_err(|error| Error::internal("an answer has no JSON form").because(error))?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 202, &body));
            }
            match self.store().commit(batch).await? {
                Committed::Done => {
                    return Ok(Answer { body, replayed: false, kept: claim.is_some() });
                }
                Committed::Stale { guard } if guard.starts_with("work ") => {
                    return Err(Error::conflict("its order is being cancelled already"));
                }
                Committed::Stale { guard } => tracing::debug!(guard, "it moved: looking again"),
            }
        }
        Err(Error::unavailable(format!("{root} keeps changing; send it again with the same key")))
    }

    fn may_cancel(
        &self,
        principal: &Principal,
        flow: &FlowInstance,
        mode: CompensationMode,
    ) -> Result<()> {
        if mode == CompensationMode::Automatic {
            return Ok(());
        }
        let is_own = flow.requisition.as_ref().is_some_and(|it| it.requester == principal.id);
        if is_own && self.duties().approver_is_not_requester {
            return Err(Error::forbidden(
                "the order is with the supplier: somebody else than who asked has to cancel it",
            ));
        }
        if principal.scopes.contains(APPROVE) {
            return Ok(());
        }
        Err(Error::forbidden(format!(
            "the order is with the supplier: to cancel it needs the scope {APPROVE}"
        )))
    }

    async fn compensate(
        &self,
        principal: &Principal,
        flow: &FlowInstance,
        mode: CompensationMode,
        reason: &str,
    ) -> Result<(Batch, Vec<CompensationDone>)> {
        let (mut batch, mut done, now) = (Batch::new(), Vec::new(), self.now());
        let live = |it: &&crate::OrderStanding| it.lifecycle != Lifecycle::Cancelled;
        for order in flow.purchase_orders.iter().filter(live) {
            if self.system().purchasing().is_none() {
                return Err(Error::conflict("no back end cancels orders; configure one"));
            }
            batch.enqueue_work(cancel_work(&order.number, &flow.correlation_id, now));
            let document = order.number.to_string();
            done.push(CompensationDone { action: "cancel_order", mode, document, done: false });
            let event = Told {
                subject: order.number.as_str(),
                version: &order.version.to_string(),
                partitionkey: order.number.as_str(),
                correlation_id: &flow.correlation_id,
                order: Some(&order.number),
                supplier: Some(&order.supplier_id),
                facility: None,
                now,
            };
            let said = CancellationRequested { by: Some(&principal.id), because: Some(reason) };
            batch.append_event(&event.event(event::CANCELLATION_REQUESTED, &said)?, &[])?;
        }
        // with an order, the requisition is closed once that is cancelled
        if let (Some(requisition), true) = (&flow.requisition, done.is_empty()) {
            let kept = self.store().requisition(&requisition.id).await?;
            let by = (principal.id.as_str(), Some(reason));
            let (next, event) = stepped(kept, RequisitionTrigger::Close, by, now)?;
            batch.update_requisition(&next);
            batch.append_event(&event, &[])?;
            let document = next.id.to_string();
            done.push(CompensationDone { action: "close_requisition", mode, document, done: true });
        }
        if done.is_empty() {
            return Err(Error::conflict("nothing of the flow is left to be undone"));
        }
        Ok((batch, done))
    }
}

/// The hardest way of undoing that the steps taken ask for.
///
/// # Errors
/// `conflict` where one of them cannot be undone.
fn may_go(flow: &FlowInstance) -> Result<CompensationMode> {
    let taken = flow.steps.iter().filter(|it| it.state.has_begun());
    let (fixed, free): (Vec<_>, Vec<_>) =
        taken.partition(|it| it.compensation.mode == CompensationMode::Impossible);
    if fixed.is_empty() {
        let hardest = free.iter().map(|it| it.compensation.mode).max();
        return Ok(hardest.unwrap_or(CompensationMode::Automatic));
    }
    let named = |steps: &[&super::instance::StepStanding]| {
        let named = steps.iter().map(|it| named(it.step, it.compensation.action));
        named.collect::<Vec<_>>().join(", ")
    };
    Err(Error::conflict(format!(
        "it cannot be undone from here: {}; it could be: {}",
        named(&fixed),
        named(&free)
    )))
}

fn named(step: FlowStep, action: &str) -> String {
    format!("{} ({action})", step.name())
}
