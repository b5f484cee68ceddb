//! What people do about a case (`domain.md` A10.4): who does it, whom it waits for, and how it
//! ends.

use super::escalate::{BOUNCES_MAX, raise};
use super::follow::{By, Told, given_to, timed, told};
use super::undertake::Undertaking;
use super::{Body, Case, Ended, Pause, Resolution, WaitsFor};
use crate::Process;
use crate::event;
use crate::invoice::{Answer, Release, given};
use crate::matching::Part;
use bytes::Bytes;
use canonical::{Decimal, Error, Principal, PurchaseOrderNumber, Result};
use serde::Deserialize;
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
        /// To whom, as tokens name people; where they are away, whoever stands in gets it.
        #[serde(default)]
        assignee: Option<String>,
        /// To which queue: the word of an owner, or one that the routing rules name.
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
    /// Pays the invoice without what is disputed of its tax, freight or charges, which is charged
    /// back: a credit is expected for it. Needs the scope `process.holds.release`, too.
    ShortPay {
        /// What is disputed.
        part: Part,
        /// Why.
        reason: String,
        /// The number of the match run that was looked at.
        #[serde(default)]
        match_run: Option<u32>,
    },
    /// Asks the supplier for a credit.
    RequestCredit {
        /// How much, in the invoice's currency.
        amount: Decimal,
        /// Why.
        reason: String,
    },
    /// Sends back an invoice that is not owed. Its number may be used again.
    RejectToSupplier {
        /// Why.
        reason: String,
    },
    /// Takes out an invoice that is owed, before the finance system has it. Needs the scope
    /// `process.holds.release`, too.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Disputes an invoice that is owed: it stays so, and is not paid.
    Dispute {
        /// Why.
        reason: String,
    },
    /// Ends a dispute: what holds the invoice holds it on.
    WithdrawDispute {
        /// Why.
        reason: String,
    },
    /// States which order line a line of the invoice bills. The invoice is matched again; the
    /// document stays as it came.
    CorrectAssociation {
        /// The invoice's line.
        invoice_line: u32,
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// The order's line.
        purchase_order_line: u32,
        /// Why.
        reason: String,
    },
}

impl CaseAction {
    /// What is undertaken about the invoice, and why; `None` for what is about the case or a hold.
    fn undertaking(&self) -> Option<(Undertaking<'_>, &str)> {
        Some(match self {
            Self::RequestCredit { amount, reason } => {
                (Undertaking::RequestCredit { amount: *amount }, reason)
            }
            Self::RejectToSupplier { reason } => (Undertaking::Reject, reason),
            Self::Cancel { reason } => (Undertaking::Cancel, reason),
            Self::Dispute { reason } => (Undertaking::Dispute, reason),
            Self::WithdrawDispute { reason } => (Undertaking::WithdrawDispute, reason),
            Self::CorrectAssociation {
                invoice_line,
                purchase_order_number,
                purchase_order_line,
                reason,
            } => {
                let order = (purchase_order_number, *purchase_order_line);
                (Undertaking::CorrectAssociation { invoice_line: *invoice_line, order }, reason)
            }
            _ => return None,
        })
    }
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
        principal.for_staff("cases")?;
        if let Some(what) = action.undertaking() {
            return self.undertake(principal, id, (&what.0, what.1), claim).await;
        }
        match action {
            CaseAction::ShortPay { part, reason, match_run } => {
                self.short_pay(principal, id, (*part, reason, *match_run), claim).await
            }
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
            let by = self.cases_go_by(case.facility_id.as_ref());
            let others = self.store().cases_of(&case.invoice_id).await?;
            let on = On { principal, now, by: &by, others: &others };
            let told_of = changed(&mut after, &mut body, action, &on)?;
            body.touches = body.touches.saturating_add(1);
            timed(&mut after, &body, &by.calendar);
            after.body_json = body.json()?;
            let orders = crate::facts::order_numbers(&kept.invoice);
            let who = Ended::Person(&principal.id, Resolution::Accepted);
            let mut batch = Batch::new();
            batch.update_case(&after);
            after.version += 1;
            for what in told_of {
                batch.append_event(&told((&kept.head, &orders, now), &after, what, who)?, &[])?;
            }
            let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
            let answer = answered(&self.show(&after, &kept.head, &holds)?)?;
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
        let body = Body::of(&case)?;
        let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
        let open = holds.iter().filter(|it| it.state == HoldState::Open);
        let own = open.filter(|it| body.is_about(&super::Print::of(it)));
        let holds: Vec<String> = own.map(|it| it.id.clone()).collect();
        if holds.is_empty() {
            return Err(Error::conflict("none of its holds is open any more; read it again"));
        }
        let asked = Release { holds, reason: reason.to_owned(), match_run, short_payment: None };
        let answer = |next: &crate::invoice::Released| {
            let after = next.cases.iter().find(|it| it.id == case.id).unwrap_or(&case);
            answered(&self.show(after, &next.kept.head, &next.holds)?)
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
}

/// Refuses a queue in which the invoice has a case already.
fn is_free(case: &store::Case, others: &[store::Case]) -> Result<()> {
    let taken = others
        .iter()
        .find(|it| it.id != case.id && it.queue == case.queue && it.state != CaseState::Resolved);
    match taken {
        None => Ok(()),
        Some(other) => Err(Error::conflict(format!(
            "the invoice has a case in that queue already: {}",
            other.id
        ))),
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

/// Who acts when, and what it goes by.
struct On<'a> {
    principal: &'a Principal,
    now: jiff::Timestamp,
    by: &'a By<'a>,
    /// The cases of the invoice.
    others: &'a [store::Case],
}

/// Changes the case; gives the events that tell of it.
fn changed(
    case: &mut store::Case,
    body: &mut Body,
    action: &CaseAction,
    on: &On<'_>,
) -> Result<Vec<Told>> {
    let is_waiting = case.state == CaseState::WaitingExternal;
    match action {
        CaseAction::Assign { assignee, queue } => {
            assign(case, body, (assignee.as_deref(), queue.as_deref()), on)
        }
        CaseAction::Take {} if is_waiting => {
            Err(Error::conflict("the case waits for somebody outside: resume it"))
        }
        CaseAction::Take {} => {
            case.assignee = Some(on.principal.id.clone());
            body.on_behalf_of = None;
            case.state = CaseState::InProgress;
            Ok(vec![event::CASE_ASSIGNED])
        }
        CaseAction::Pause { waiting_for, reason } => {
            given("/reason", reason)?;
            if case.state != CaseState::InProgress {
                return Err(Error::conflict("nobody works on the case: take it, then pause it"));
            }
            body.pauses.push(Pause {
                waiting_for: *waiting_for,
                reason: reason.trim().to_owned(),
                by: on.principal.id.clone(),
                from: on.now,
                to: None,
            });
            case.state = CaseState::WaitingExternal;
            Ok(vec![event::CASE_PAUSED])
        }
        CaseAction::Resume {} if is_waiting => {
            body.end_pause(on.now);
            case.state = CaseState::InProgress;
            Ok(vec![event::CASE_RESUMED])
        }
        CaseAction::Resume {} => Err(Error::conflict("the case does not wait for anybody")),
        _ => Err(Error::internal("a decision is not about the case alone")),
    }
}

fn assign(
    case: &mut store::Case,
    body: &mut Body,
    (assignee, queue): (Option<&str>, Option<&str>),
    on: &On<'_>,
) -> Result<Vec<Told>> {
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
        if !on.by.routing.has_queue(queue) {
            let detail = "there is no such queue: use the word of an owner, as \"buyer\", or one \
                          that the routing rules name";
            return Err(Error::invalid_field("/queue", detail));
        }
        queue.clone_into(&mut case.queue);
        body.bounces = body.bounces.saturating_add(1);
        (case.assignee, body.on_behalf_of) = (None, None);
    }
    if let Some(assignee) = assignee {
        given_to(case, body, assignee.trim(), on.by);
    }
    // ok: one that waits goes on waiting, whoever has it, but not in another queue
    if moves.is_some() || case.state != CaseState::WaitingExternal {
        body.end_pause(on.now);
        case.state = if case.assignee.is_some() { CaseState::Assigned } else { CaseState::New };
    }
    if moves.is_none() {
        return Ok(vec![event::CASE_ASSIGNED]);
    }
    is_free(case, on.others)?;
    let levels = on.by.routing.levels(&case.queue);
    let is_unwanted = body.bounces >= BOUNCES_MAX;
    if is_unwanted && raise(case, body, levels, (on.others, on.now)) {
        return Ok(vec![event::CASE_ASSIGNED, event::CASE_ESCALATED]);
    }
    Ok(vec![event::CASE_ASSIGNED])
}
