//! What people do about a case (`domain.md` A10.4): who does it, whom it waits for, and how it
//! ends.

use super::follow::{Told, told};
use super::read::{inside, show};
use super::{Body, Case, Ended, Pause, Resolution, WaitsFor};
use crate::Process;
use crate::event;
use crate::invoice::{Answer, Release, given};
use bytes::Bytes;
use canonical::{Error, Owner, Principal, Result};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use stack::idempotency::Claim;
use store::{Batch, CaseState, Committed, HoldState};
use utoipa::ToSchema;

/// How often an action is tried again because the case changed before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// The longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 255;

/// What a person does about a case.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseAction {
    /// Gives it to a person, or to another queue.
    Assign {
        /// To whom, as tokens name people.
        #[serde(default)]
        assignee: Option<String>,
        /// To which queue: the word of an owner.
        #[serde(default)]
        queue: Option<String>,
    },
    /// Takes it: who asks works on it now.
    Take {},
    /// Lets it wait for somebody outside: the clock stands still, for 10 business days at most.
    Pause {
        /// For whom.
        waiting_for: WaitsFor,
        /// Why.
        reason: String,
    },
    /// Goes on with it.
    Resume {},
    /// Releases its open holds: what differs is accepted as it stands. Needs the scope
    /// `process.holds.release`, too.
    AcceptVariance {
        /// Why.
        reason: String,
        /// The number of the match run that was looked at.
        #[serde(default)]
        match_run: Option<u32>,
    },
    /// Says that the invoice and those that it looks like are not one. Later matches respect it.
    /// Needs the scope `process.holds.release`, too.
    MarkNotDuplicate {
        /// Why.
        reason: String,
        /// The other invoices, by the ids that the reason names; all of them where none is named.
        #[serde(default)]
        invoices: Vec<String>,
    },
}

impl Process {
    /// Does something about a case. Where this returns an answer, it is durable.
    ///
    /// # Errors
    /// `not_found` where there is no such case; `forbidden` for suppliers, and for who may not
    /// decide; `invalid` with a pointer; `conflict` where the case does not stand for it.
    pub async fn act_on_case(
        &self,
        principal: &Principal,
        id: &str,
        action: &CaseAction,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        inside(principal)?;
        match action {
            CaseAction::AcceptVariance { reason, match_run } => {
                self.accept(principal, id, (reason, *match_run), claim).await
            }
            CaseAction::MarkNotDuplicate { reason, invoices } => {
                self.mark_not_duplicate(principal, id, (reason, invoices), claim).await
            }
            _ => self.handle(principal, id, action, claim).await,
        }
    }

    /// An action that is about the case alone.
    async fn handle(
        &self,
        principal: &Principal,
        id: &str,
        action: &CaseAction,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.now();
            let case = self.live(id).await?;
            let kept = self.store().invoice(&case.invoice_id).await?;
            let mut body = Body::of(&case)?;
            let mut after = case.clone();
            let what = changed(&mut after, &mut body, action, (principal, now))?;
            if after.queue != case.queue {
                self.is_free(&after).await?;
            }
            body.touches = body.touches.saturating_add(1);
            let calendar = self.calendars().of(case.facility_id.as_ref(), self.time_zone());
            after.due_at = calendar.due(body.clock, case.opened_at, &body.still());
            after.body_json = body.json()?;
            let orders = crate::facts::order_numbers(&kept.invoice);
            let by = Ended::Person(&principal.id, Resolution::Accepted);
            let mut batch = Batch::new();
            batch.update_case(&after);
            after.version += 1;
            batch.append_event(&told((&kept.head, &orders, now), &after, what, by)?, &[])?;
            let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
            let answer = answered(&show(&after, &kept.head, &holds, now)?)?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 200, &answer));
            }
            if self.store().commit(batch).await? == Committed::Done {
                return Ok(Answer { body: answer, replayed: false, kept: claim.is_some() });
            }
        }
        Err(Error::unavailable(format!("{id} keeps changing; send it again with the same key")))
    }

    /// Releases what the case is about.
    async fn accept(
        &self,
        principal: &Principal,
        id: &str,
        (reason, match_run): (&str, Option<u32>),
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        may_release(principal)?;
        given("/reason", reason)?;
        let case = self.live(id).await?;
        let prints = Body::of(&case)?.prints;
        let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
        let open = holds.iter().filter(|it| it.state == HoldState::Open);
        let own = open.filter(|it| prints.contains(&super::Print::of(it)));
        let holds: Vec<String> = own.map(|it| it.id.clone()).collect();
        if holds.is_empty() {
            return Err(Error::conflict("none of its holds is open any more; read it again"));
        }
        let asked = Release { holds, reason: reason.to_owned(), match_run };
        let now = self.now();
        let answer = |next: &crate::invoice::Released| {
            let after = next.cases.iter().find(|it| it.id == case.id).unwrap_or(&case);
            answered(&show(after, &next.kept.head, &next.holds, now)?)
        };
        self.release_as((principal, claim), &case.invoice_id, &asked, &answer).await
    }

    /// A case that is not resolved.
    pub(super) async fn live(&self, id: &str) -> Result<store::Case> {
        let case = self.store().case(id).await?;
        if case.state == CaseState::Resolved {
            return Err(Error::conflict("the case is resolved: nothing of it is open"));
        }
        Ok(case)
    }

    /// Refuses a queue in which the invoice has a case already.
    async fn is_free(&self, case: &store::Case) -> Result<()> {
        let all = self.store().cases_of(&case.invoice_id).await?;
        let taken = all.iter().find(|it| {
            it.id != case.id && it.queue == case.queue && it.state != CaseState::Resolved
        });
        match taken {
            None => Ok(()),
            Some(other) => Err(Error::conflict(format!(
                "the invoice has a case in that queue already: {}",
                other.id
            ))),
        }
    }
}

/// Refuses who may not decide that an invoice goes on.
pub(super) fn may_release(principal: &Principal) -> Result<()> {
    if principal.scopes.contains("process.holds.release") {
        return Ok(());
    }
    Err(Error::forbidden("this action needs the scope process.holds.release, too"))
}

pub(super) fn answered(case: &Case) -> Result<Bytes> {
    serde_json::to_vec(case)
        .map(Bytes::from)
        .map_err(|error| Error::internal("an answer has no JSON form").because(error))
}

/// Changes the case; gives the event that tells of it.
fn changed(
    case: &mut store::Case,
    body: &mut Body,
    action: &CaseAction,
    (principal, now): (&Principal, jiff::Timestamp),
) -> Result<Told> {
    let is_waiting = case.state == CaseState::WaitingExternal;
    match action {
        CaseAction::Assign { assignee, queue } => {
            assign(case, body, (assignee.as_deref(), queue.as_deref()), now)?;
            Ok(event::CASE_ASSIGNED)
        }
        CaseAction::Take {} if is_waiting => {
            Err(Error::conflict("the case waits for somebody outside: resume it"))
        }
        CaseAction::Take {} => {
            body.assignee = Some(principal.id.clone());
            case.state = CaseState::InProgress;
            Ok(event::CASE_ASSIGNED)
        }
        CaseAction::Pause { waiting_for, reason } => {
            given("/reason", reason)?;
            if case.state != CaseState::InProgress {
                return Err(Error::conflict("nobody works on the case: take it, then pause it"));
            }
            body.pauses.push(Pause {
                waiting_for: *waiting_for,
                reason: reason.trim().to_owned(),
                by: principal.id.clone(),
                from: now,
                to: None,
            });
            case.state = CaseState::WaitingExternal;
            Ok(event::CASE_PAUSED)
        }
        CaseAction::Resume {} if is_waiting => {
            body.end_pause(now);
            case.state = CaseState::InProgress;
            Ok(event::CASE_RESUMED)
        }
        CaseAction::Resume {} => Err(Error::conflict("the case does not wait for anybody")),
        CaseAction::AcceptVariance { .. } | CaseAction::MarkNotDuplicate { .. } => {
            Err(Error::internal("a decision is not about the case alone"))
        }
    }
}

fn assign(
    case: &mut store::Case,
    body: &mut Body,
    (assignee, queue): (Option<&str>, Option<&str>),
    now: jiff::Timestamp,
) -> Result<()> {
    if assignee.is_none() && queue.is_none() {
        return Err(Error::invalid_field("/assignee", "name a person, a queue, or both"));
    }
    let length = assignee.map(|it| it.trim().chars().count());
    if length.is_some_and(|it| !(1..=NAME_CHARS_MAX).contains(&it)) {
        let detail = "name a person as tokens do, in 1 to 255 characters";
        return Err(Error::invalid_field("/assignee", detail));
    }
    let moves = queue.filter(|it| *it != case.queue);
    if let Some(queue) = moves {
        let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
            queue.into_deserializer();
        Owner::deserialize(word).map_err(|error| {
            let detail = "it is not a queue: use the word of an owner, as \"buyer\"";
            Error::invalid_field("/queue", detail).because(error.to_string())
        })?;
        queue.clone_into(&mut case.queue);
        body.bounces = body.bounces.saturating_add(1);
        body.assignee = None;
    }
    if let Some(assignee) = assignee {
        body.assignee = Some(assignee.trim().to_owned());
    }
    // ok: one that waits goes on waiting, whoever has it, but not in another queue
    if moves.is_some() || case.state != CaseState::WaitingExternal {
        body.end_pause(now);
        case.state = if body.assignee.is_some() { CaseState::Assigned } else { CaseState::New };
    }
    Ok(())
}
