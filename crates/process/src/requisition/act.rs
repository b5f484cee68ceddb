//! What people do about requisitions: write, submit, approve, refuse, withdraw.

use super::read::show;
use super::{Body, RequisitionAction, RequisitionDone, RequisitionTrigger, check, place, step};
use crate::Process;
use crate::event::{Told, payload::RequisitionMoved};
use crate::invoice::{Answer, given};
use bytes::Bytes;
use canonical::{Error, Event, NewRequisition, Principal, RequisitionId, RequisitionState, Result};
use jiff::Timestamp;
use stack::idempotency::Claim;
use store::{Batch, Committed};

/// How often an action is tried again because the requisition changed before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// The scope of who decides on requisitions.
const APPROVE: &str = "process.requisitions.approve";
/// The scope of who writes them.
const WRITE: &str = "process.requisitions.write";

impl Process {
    /// Keeps a new requisition as a draft. Where this returns an answer, it is durable.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `invalid` with a pointer for every fault; `not_found` where no
    /// back end makes orders.
    pub async fn create_requisition(
        &self,
        principal: &Principal,
        content: NewRequisition,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        principal.for_staff("requisitions")?;
        check::whole(&content)?;
        if self.system().purchasing().is_none() {
            let what = "requisitions: none makes orders of them here";
            return Err(Error::not_found("back end", what));
        }
        let now = self.now();
        let kept = store::Requisition {
            id: self.new_requisition_id()?,
            version: 1,
            state: RequisitionState::Draft,
            requester: principal.id.clone(),
            supplier_id: content.supplier_id.clone(),
            facility_id: content.facility_id.clone(),
            purchase_order_number: None,
            created_at: now,
            updated_at: now,
            body_json: Body { content, history: Vec::new() }.json()?,
        };
        let mut batch = Batch::new();
        batch.insert_requisition(&kept);
        let body = answered(kept)?;
        if let Some(claim) = claim {
            batch.insert_answer(self.kept_answer(claim, 201, &body));
        }
        match self.store().commit(batch).await? {
            Committed::Done => Ok(Answer { body, replayed: false, kept: claim.is_some() }),
            Committed::Stale { guard } => Err(Error::unavailable(
                "the same request was answered at this moment; send it again with the same key",
            )
            .because(guard)),
        }
    }

    /// Does something about a requisition. Where this returns an answer, it is durable, and so is
    /// the work that follows from it.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for who may not; `invalid` with a pointer; `conflict` where that
    /// cannot be done now, listing what can.
    pub async fn act_on_requisition(
        &self,
        principal: &Principal,
        id: &RequisitionId,
        action: &RequisitionAction,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        principal.for_staff("requisitions")?;
        let (trigger, reason) = action.told()?;
        may(principal, trigger)?;
        for _ in 0..ATTEMPTS_MAX {
            let kept = self.store().requisition(id).await?;
            let content = Body::of(&kept)?;
            // ok: what cannot be done is refused before the masters are asked
            step::next(kept.state, trigger)?;
            match trigger {
                RequisitionTrigger::Submit => self.check_masters(&content.content).await?,
                RequisitionTrigger::Approve => self.is_somebody_else(principal, &kept, &content)?,
                _ => {}
            }
            let by = (principal.id.as_str(), reason.as_deref());
            let (next, event) = stepped(kept, trigger, by, self.now())?;
            let mut batch = Batch::new();
            batch.update_requisition(&next);
            batch.append_event(&event, &[])?;
            if next.state == RequisitionState::Approved {
                batch.enqueue_work(place::work(&next.id, self.now()));
            }
            let body = answered(next)?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 200, &body));
            }
            if self.store().commit(batch).await? == Committed::Done {
                return Ok(Answer { body, replayed: false, kept: claim.is_some() });
            }
        }
        Err(Error::unavailable(format!("{id} keeps changing; send it again with the same key")))
    }

    /// Segregation of duties (`domain.md` C6): people are compared, over the whole history.
    fn is_somebody_else(
        &self,
        principal: &Principal,
        kept: &store::Requisition,
        body: &Body,
    ) -> Result<()> {
        let submitted = body
            .history
            .iter()
            .any(|it| it.trigger == RequisitionTrigger::Submit && it.by == principal.id);
        let is_own = kept.requester == principal.id || submitted;
        if self.duties().approver_is_not_requester && is_own {
            return Err(Error::forbidden(
                "who asks for something cannot approve it: somebody else has to",
            ));
        }
        Ok(())
    }
}

impl RequisitionAction {
    fn told(&self) -> Result<(RequisitionTrigger, Option<String>)> {
        let (trigger, reason) = match self {
            Self::Submit {} => (RequisitionTrigger::Submit, None),
            Self::Approve { reason } => (RequisitionTrigger::Approve, reason.as_deref()),
            Self::Reject { reason } => (RequisitionTrigger::Reject, Some(reason.as_str())),
            Self::Close { reason } => (RequisitionTrigger::Close, Some(reason.as_str())),
        };
        if let Some(reason) = reason {
            given("/reason", reason)?;
        }
        Ok((trigger, reason.map(|it| it.trim().to_owned())))
    }
}

fn may(principal: &Principal, trigger: RequisitionTrigger) -> Result<()> {
    let scope = match trigger {
        RequisitionTrigger::Approve | RequisitionTrigger::Reject => APPROVE,
        _ => WRITE,
    };
    if principal.scopes.contains(scope) {
        return Ok(());
    }
    Err(Error::forbidden(format!("this action needs the scope {scope}")))
}

/// The requisition after a step, and the event that tells of it.
pub(crate) fn stepped(
    mut kept: store::Requisition,
    trigger: RequisitionTrigger,
    (by, reason): (&str, Option<&str>),
    now: Timestamp,
) -> Result<(store::Requisition, Event)> {
    kept.state = step::next(kept.state, trigger)?;
    kept.updated_at = now;
    let mut body = Body::of(&kept)?;
    let reason = reason.map(str::to_owned);
    body.history.push(RequisitionDone { trigger, by: by.to_owned(), at: now, reason });
    kept.body_json = body.json()?;
    let id = kept.id.as_str();
    let event = Told {
        subject: id,
        version: &kept.version.to_string(),
        partitionkey: id,
        correlation_id: id,
        order: kept.purchase_order_number.as_ref(),
        supplier: Some(&kept.supplier_id),
        facility: kept.facility_id.as_ref(),
        now,
    };
    let said = body.history.last();
    let data = RequisitionMoved {
        state: kept.state,
        by,
        because: said.and_then(|it| it.reason.as_deref()),
        purchase_order_number: kept.purchase_order_number.as_ref(),
    };
    let event = event.event(trigger.event(), &data)?;
    Ok((kept, event))
}

fn answered(kept: store::Requisition) -> Result<Bytes> {
    serde_json::to_vec(&show(kept)?)
        .map(Bytes::from)
        .map_err(|error| Error::internal("an answer has no JSON form").because(error))
}
