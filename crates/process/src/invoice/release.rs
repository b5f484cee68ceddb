//! Releasing holds: a person accepts what differs, within `domain.md` A10.3 and C6. The release
//! covers that variance and no worse one; once nothing else holds the invoice, it is booked.

use super::holding::{self, Detail};
use super::submit::Answer;
use super::{Hold, Links, ShortPayment, decide, events, read};
use crate::booking::booking_work;
use crate::case::{Ended, Followed, Resolution};
use crate::{Process, facts};
use bytes::Bytes;
use canonical::{
    Code, Error, FieldError, InvoiceId, InvoiceState, Outcome, Principal, Reason, Result,
};
use serde::{Deserialize, Serialize};
use stack::idempotency::Claim;
use store::{Batch, Committed, HoldState, InvoiceRecord};
use utoipa::ToSchema;

/// How often a release is tried again because the invoice changed before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 1_000;

/// Which holds of an invoice to release, and why.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The ids of the holds; empty for all that are open. All of them are released, or none.
    #[schema(example = json!(["hold_01K5S1V6Z6C4M7Y2Q8N3T0B9XA"]))]
    pub holds: Vec<String>,
    /// Why, for those who ask later.
    #[schema(min_length = 1, max_length = 1000, example = "agreed with the supplier by phone")]
    pub reason: String,
    /// The number of the match run that was looked at: where another one came since, nothing is
    /// released, since what it says may be worse. Left out, the latest is accepted as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_run: Option<u32>,
    /// What is not paid then; nobody states it here.
    #[serde(skip)]
    pub(crate) short_payment: Option<ShortPayment>,
}

/// An invoice after a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedInvoice {
    /// The invoice's id in this gateway.
    pub id: InvoiceId,
    /// Where it stands now.
    pub state: InvoiceState,
    /// What the latest match said; a release does not change it.
    pub outcome: Outcome,
    /// The holds that were released.
    pub released: Vec<Hold>,
    /// The holds that are still open.
    pub open: Vec<Hold>,
    /// Where to go on.
    pub links: Links,
}

/// What a release makes of an invoice.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) kept: InvoiceRecord,
    /// Whether it is free, and is booked now.
    is_free: bool,
    released: Vec<store::Hold>,
    open: Vec<store::Hold>,
    /// All of its holds as they stand afterwards.
    pub(crate) holds: Vec<store::Hold>,
    /// The cases that moved.
    pub(crate) cases: Vec<store::Case>,
}

impl Process {
    /// Releases holds of an invoice. Where this returns an answer, the release is durable.
    ///
    /// # Errors
    /// `not_found` where there is no such invoice; `forbidden` for its submitter and for suppliers;
    /// `invalid` where a hold is not one of its holds or no reason is given; `conflict` where a
    /// hold is not open, cannot be released, or the invoice was matched again since.
    pub async fn release_holds(
        &self,
        principal: &Principal,
        id: &InvoiceId,
        asked: &Release,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        given("/reason", &asked.reason)?;
        self.release_as((principal, claim), id, asked, &Released::answer).await
    }

    /// The same, with another answer.
    pub(crate) async fn release_as(
        &self,
        (principal, claim): (&Principal, Option<&Claim>),
        id: &InvoiceId,
        asked: &Release,
        answer: &(dyn Fn(&Released) -> Result<Bytes> + Sync),
    ) -> Result<Answer> {
        for _ in 0..ATTEMPTS_MAX {
            let kept = self.store().invoice(id).await?;
            self.may_decide(principal, &kept)?;
            let holds = self.store().holds(std::slice::from_ref(id)).await?;
            let mut next = self.release(principal, kept, holds, asked)?;
            let cases = self.store().cases_of(id).await?;
            let mut batch = self.batch_of_release(principal, &mut next, cases)?;
            let orders = facts::order_numbers(&next.kept.invoice);
            if let Some(hold) = next.released.first() {
                let event = events::released_id(&next.kept.head, hold);
                self.observe_orders(&mut batch, &orders, &event).await?;
            }
            let body = answer(&next)?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 200, &body));
            }
            match self.store().commit(batch).await? {
                Committed::Done => {
                    return Ok(Answer { body, replayed: false, kept: claim.is_some() });
                }
                Committed::Stale { guard } => {
                    tracing::debug!(guard, invoice.id = %id, "it moved: releasing again");
                }
            }
        }
        Err(Error::unavailable(format!("{id} keeps changing; send it again with the same key")))
    }

    /// Whether this person may decide that the invoice goes on (`domain.md` C6).
    pub(crate) fn may_decide(&self, principal: &Principal, kept: &InvoiceRecord) -> Result<()> {
        if !principal.may_see(&kept.head.supplier_id) {
            return Err(Error::not_found("invoice", &kept.head.id));
        }
        if principal.supplier_id.is_some() {
            return Err(Error::forbidden("a supplier cannot decide what holds an invoice"));
        }
        if self.duties().releaser_is_not_submitter && principal.id == kept.head.submitted_by {
            return Err(Error::forbidden(
                "who submitted an invoice cannot release its holds: somebody else has to",
            ));
        }
        Ok(())
    }

    fn release(
        &self,
        principal: &Principal,
        mut kept: InvoiceRecord,
        holds: Vec<store::Hold>,
        asked: &Release,
    ) -> Result<Released> {
        may_move(&kept)?;
        if asked.match_run.is_some_and(|it| it != kept.head.run_no) {
            return Err(Error::conflict(format!(
                "the invoice was matched again: its latest run is {}; look at what holds it now",
                kept.head.run_no
            )));
        }
        let mut all = holds.clone();
        let (chosen, open) = choose(holds, &asked.holds)?;
        let refused: Vec<Code> =
            chosen.iter().map(|it| it.code).filter(|it| !it.books_liability()).collect();
        if !refused.is_empty() {
            return Err(Error::conflict(instead(&refused)));
        }
        let now = self.now();
        let released = chosen
            .iter()
            .map(|it| released(it, (&principal.id, asked), now))
            .collect::<Result<Vec<_>>>()?;
        let was_asked = kept.head.erp.is_some();
        decide::stand(&mut kept.head, &reasons(&open)?);
        kept.head.updated_at = now;
        let is_free = kept.head.erp.is_some() && !was_asked;
        replace(&mut all, &released);
        Ok(Released { kept, is_free, released, open, holds: all, cases: Vec::new() })
    }

    /// Everything that a release writes.
    fn batch_of_release(
        &self,
        principal: &Principal,
        next: &mut Released,
        cases: Vec<store::Case>,
    ) -> Result<Batch> {
        let now = self.now();
        let head = &next.kept.head;
        let orders = facts::order_numbers(&next.kept.invoice);
        let mut batch = Batch::new();
        batch.update_invoice(head)?;
        for hold in &next.released {
            batch.move_hold(hold, HoldState::Open);
        }
        events::append_released(&mut batch, &next.kept, &next.released, now)?;
        let followed = Followed {
            head,
            invoice: &next.kept.invoice,
            matched: None,
            orders: &orders,
            holds: &next.holds,
            letter: None,
            cases,
            ended: Ended::Person(&principal.id, Resolution::Accepted),
            now,
        };
        next.cases = self.follow_cases(&mut batch, followed)?;
        if next.is_free {
            batch.enqueue_work(booking_work(head, now));
        }
        Ok(batch)
    }
}

fn released(
    hold: &store::Hold,
    (by, asked): (&str, &Release),
    now: jiff::Timestamp,
) -> Result<store::Hold> {
    let hold = holding::released(hold, by, asked.reason.trim(), now)?;
    match &asked.short_payment {
        Some(payment) => holding::short_paid(hold, payment),
        None => Ok(hold),
    }
}

impl Released {
    fn answer(&self) -> Result<Bytes> {
        let wire = |holds: &[store::Hold]| holds.iter().map(read::hold).collect::<Result<_>>();
        let head = &self.kept.head;
        let answer = ReleasedInvoice {
            id: head.id.clone(),
            state: head.state,
            outcome: head.outcome,
            released: wire(&self.released)?,
            open: wire(&self.open)?,
            links: Links::of(&head.id),
        };
        serde_json::to_vec(&answer)
            .map(Bytes::from)
            .map_err(|error| Error::internal("an answer has no JSON form").because(error))
    }
}

/// Refuses an empty or endless reason.
pub(crate) fn given(pointer: &str, reason: &str) -> Result<()> {
    let characters = reason.trim().chars().count();
    if (1..=REASON_CHARS_MAX).contains(&characters) {
        return Ok(());
    }
    Err(Error::invalid_field(pointer, "say why, in 1 to 1000 characters"))
}

/// Refuses an invoice on which nothing is left to decide.
pub(crate) fn may_move(kept: &InvoiceRecord) -> Result<()> {
    let state = kept.head.state;
    let is_over = matches!(state, InvoiceState::Rejected | InvoiceState::Cancelled);
    if is_over || decide::is_frozen(state) {
        let word = state.name().replace('_', " ");
        return Err(Error::conflict(format!("the invoice is {word}: nothing holds it")));
    }
    Ok(())
}

/// The holds that are asked for, and the open ones that are left.
fn choose(
    holds: Vec<store::Hold>,
    asked: &[String],
) -> Result<(Vec<store::Hold>, Vec<store::Hold>)> {
    let mut faults = Vec::new();
    for (place, id) in asked.iter().enumerate() {
        let pointer = format!("/holds/{place}");
        match holds.iter().find(|it| it.id == *id) {
            None => {
                let detail = "it is not a hold of this invoice; GET the invoice lists them";
                faults.push(FieldError { pointer, detail: detail.to_owned() });
            }
            Some(hold) if hold.state != HoldState::Open => {
                let word = hold.state.name();
                return Err(Error::conflict(format!("the hold {id} is {word}: it is not open")));
            }
            Some(_) => {}
        }
    }
    if !faults.is_empty() {
        return Err(Error::invalid_fields(faults));
    }
    let open = holds.into_iter().filter(|it| it.state == HoldState::Open);
    let (chosen, left): (Vec<_>, Vec<_>) =
        open.partition(|it| asked.is_empty() || asked.contains(&it.id));
    if chosen.is_empty() {
        return Err(Error::conflict("nothing holds the invoice: no hold of it is open"));
    }
    Ok((chosen, left))
}

/// Puts holds in the place of what they were.
pub(crate) fn replace(all: &mut [store::Hold], moved: &[store::Hold]) {
    for hold in all {
        if let Some(after) = moved.iter().find(|it| it.id == hold.id) {
            hold.clone_from(after);
        }
    }
}

fn reasons(holds: &[store::Hold]) -> Result<Vec<Reason>> {
    holds.iter().map(|it| Detail::of(it).map(|it| it.reason)).collect()
}

/// What can be done about codes that nobody can release: the invoice is not owed while they stand.
fn instead(codes: &[Code]) -> String {
    let mut sentences: Vec<String> = Vec::new();
    for code in codes {
        let sentence = format!("{code} cannot be released: {}", cure(*code));
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences.join("; ")
}

fn cure(code: Code) -> String {
    if is_duplicate(code) {
        return "say of its case that it is no duplicate (mark_not_duplicate), or have the other \
                invoice cancelled or rejected"
            .to_owned();
    }
    if holding::is_of_posting(code) {
        return "it is lifted when the finance system takes the invoice: correct what it names, \
                then replay the dead letter"
            .to_owned();
    }
    let events = code.clears_on().join(", ");
    match events.as_str() {
        "" => "the supplier has to send another invoice".to_owned(),
        "invoice.corrected" => "the supplier has to send a corrected invoice".to_owned(),
        events => format!("the invoice is not owed while it stands; it is lifted by {events}"),
    }
}

/// Whether it says that the invoice came before.
pub(crate) const fn is_duplicate(code: Code) -> bool {
    matches!(
        code,
        Code::Dup01 | Code::Dup02 | Code::Dup03 | Code::Dup04 | Code::Dup05 | Code::Dup06
    )
}
