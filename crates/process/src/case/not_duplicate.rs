//! A person says that invoices which look alike are two: later matches of either do not hold them
//! against each other any more (`domain.md` A16, K6).

use super::act::{answered, may_release};
use super::{Ended, Followed, Resolution};
use crate::Process;
use crate::invoice::{
    Answer, append_released, given, is_duplicate, may_move, release_hold, released_id,
    rematch_invoice_work, replace,
};
use crate::matching::{self, Facts, Policy};
use canonical::{Error, FieldError, Invoice, Principal, Result};
use stack::idempotency::Claim;
use std::collections::BTreeSet;
use store::{Batch, Committed, Hold, HoldState};

/// How often it is tried again because something changed before it was stored.
const ATTEMPTS_MAX: u32 = 16;

impl Process {
    /// Keeps the word of a person that the invoice of a case is no duplicate.
    pub(super) async fn mark_not_duplicate(
        &self,
        principal: &Principal,
        id: &str,
        (reason, named): (&str, &[String]),
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        may_release(principal)?;
        given("/reason", reason)?;
        for _ in 0..ATTEMPTS_MAX {
            let case = self.live(id).await?;
            let kept = self.store().invoice(&case.invoice_id).await?;
            self.may_decide(principal, &kept)?;
            may_move(&kept)?;
            let mut holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
            let suspects = suspicions(&holds)?;
            let run = self.store().match_run(&case.invoice_id, kept.head.run_no).await?;
            let facts: Facts = serde_json::from_str(&run.facts_json)
                .map_err(|error| Error::internal("facts cannot be read").because(error))?;
            let others = chosen(like(&kept.invoice, &facts, self.policy()), named)?;
            let now = self.now();
            let released = suspects
                .iter()
                .map(|it| release_hold(it, &principal.id, reason.trim(), now))
                .collect::<Result<Vec<Hold>>>()?;
            replace(&mut holds, &released);
            let mut head = kept.head.clone();
            head.updated_at = now;
            let mut batch = Batch::new();
            // what it is free of, the match says that follows; this notices one in between
            batch.update_invoice(&head)?;
            released.iter().for_each(|it| batch.move_hold(it, HoldState::Open));
            for other in &others {
                let word = (principal.id.as_str(), reason.trim());
                batch.insert_not_duplicate((&head.id, other), word, now);
            }
            append_released(&mut batch, &kept, &released, now)?;
            let orders = crate::facts::order_numbers(&kept.invoice);
            let followed = Followed {
                head: &head,
                invoice: &kept.invoice,
                matched: Some((&facts, &run.run.result)),
                orders: &orders,
                holds: &holds,
                letter: None,
                cases: self.store().cases_of(&case.invoice_id).await?,
                ended: Ended::Person(&principal.id, Resolution::NotDuplicate),
                now,
            };
            let moved = self.follow_cases(&mut batch, followed)?;
            if let Some(first) = released.first() {
                let trigger = released_id(&kept.head, first);
                batch.enqueue_work(rematch_invoice_work(&head, &trigger, now));
            }
            let after = moved.iter().find(|it| it.id == case.id).unwrap_or(&case);
            let body = answered(&self.show(after, &head, &holds)?)?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 200, &body));
            }
            if self.store().commit(batch).await? == Committed::Done {
                return Ok(Answer { body, replayed: false, kept: claim.is_some() });
            }
        }
        Err(Error::unavailable(format!("{id} keeps changing; send it again with the same key")))
    }
}

/// The open holds that say that the invoice came before.
fn suspicions(holds: &[Hold]) -> Result<Vec<Hold>> {
    let open = holds.iter().filter(|it| it.state == HoldState::Open && is_duplicate(it.code));
    let open: Vec<Hold> = open.cloned().collect();
    if open.is_empty() {
        return Err(Error::conflict("nothing says any more that the invoice is a duplicate"));
    }
    Ok(open)
}

/// The invoices that this one is held to be, each by itself.
fn like(invoice: &Invoice, facts: &Facts, policy: &Policy) -> BTreeSet<String> {
    let known = facts.known_invoices.iter();
    let suspected = |others: Vec<canonical::KnownInvoice>| {
        let facts = Facts { known_invoices: others, ..facts.clone() };
        let reasons = matching::evaluate(invoice, &facts, policy).reasons;
        reasons.iter().filter(|it| is_duplicate(it.code)).count()
    };
    // a serial number that stands in it twice needs no other invoice
    let by_itself = suspected(Vec::new());
    known.filter(|it| suspected(vec![(*it).clone()]) > by_itself).map(|it| it.id.clone()).collect()
}

/// The invoices that a person names; all where none is named.
fn chosen(like: BTreeSet<String>, named: &[String]) -> Result<BTreeSet<String>> {
    if like.is_empty() {
        return Err(Error::conflict(
            "it is held to be no other invoice: the supplier has to correct it",
        ));
    }
    let unknown = named.iter().enumerate().filter(|(_place, it)| !like.contains(*it));
    let all: Vec<&str> = like.iter().map(String::as_str).collect();
    let faults: Vec<FieldError> = unknown
        .map(|(place, _it)| FieldError {
            pointer: format!("/invoices/{place}"),
            detail: format!("it is held to be one of {}", all.join(", ")),
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::invalid_fields(faults));
    }
    Ok(if named.is_empty() { like } else { named.iter().cloned().collect() })
}
