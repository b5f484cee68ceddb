//! A case that takes too long, or that nobody wants, is looked at by the next: at level 2 another
//! queue watches it, at level 3 it is moved there (`domain.md` C3, C5).

use super::follow::told;
use super::{Body, Ended};
use crate::{Process, event};
use canonical::Result;
use jiff::Timestamp;
use store::{Batch, Case, CaseState, Committed};

/// So many at once; the others come right after.
const AT_ONCE: u32 = 100;

/// The last level.
const LEVEL_MAX: u8 = 3;

/// A case that was moved so often is escalated with each further move.
pub(super) const BOUNCES_MAX: u32 = 3;

impl Process {
    /// Escalates the cases that are due for it; tells how many there were. Where it is none,
    /// [`Process::next_escalation_at`] says when to look again.
    ///
    /// # Errors
    /// What the store says; a case that cannot be escalated does not keep others from it.
    pub async fn escalate(&self) -> Result<usize> {
        let due = self.store().cases_to_escalate(self.now(), AT_ONCE).await?;
        for case in &due {
            if let Err(error) = self.escalate_one(case).await {
                let error: &dyn std::error::Error = &error;
                tracing::error!(case.id, error, "a case was not escalated; it comes again");
            }
        }
        Ok(due.len())
    }

    /// When the next case is due to be escalated; `None` where none is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn next_escalation_at(&self) -> Result<Option<Timestamp>> {
        self.store().next_escalation_at().await
    }

    async fn escalate_one(&self, case: &Case) -> Result<()> {
        let now = self.now();
        let kept = self.store().invoice(&case.invoice_id).await?;
        let others = self.store().cases_of(&case.invoice_id).await?;
        let (mut after, mut body) = (case.clone(), Body::of(case)?);
        let calendar = self.calendars().of(case.facility_id.as_ref(), self.time_zone());
        let mut batch = Batch::new();
        let next = calendar.escalates(body.clock, body.level, case.opened_at, &body.still());
        // the calendar may have changed since the instant was kept
        let is_due = next.is_some_and(|it| it <= now);
        if is_due {
            let levels = self.routing().levels(&case.queue);
            raise(&mut after, &mut body, levels, (&others, now));
        }
        after.escalates_at =
            calendar.escalates(body.clock, body.level, case.opened_at, &body.still());
        after.body_json = body.json()?;
        batch.update_case(&after);
        after.version += 1;
        if is_due {
            let orders = crate::facts::order_numbers(&kept.invoice);
            let event =
                told((&kept.head, &orders, now), &after, event::CASE_ESCALATED, Ended::Alone)?;
            batch.append_event(&event, &[])?;
        }
        match self.store().commit(batch).await? {
            Committed::Done => Ok(()),
            // ok: somebody did something about it meanwhile, and what they did decides when
            Committed::Stale { guard } => {
                tracing::debug!(guard, "a case moved while it was escalated");
                Ok(())
            }
        }
    }
}

/// Puts a case one level up, as long as there is one.
pub(super) fn raise(
    case: &mut Case,
    body: &mut Body,
    levels: Option<(&str, &str)>,
    (others, now): (&[Case], Timestamp),
) -> bool {
    if body.level >= LEVEL_MAX {
        return false;
    }
    body.level += 1;
    let Some((second, third)) = levels else { return true };
    let next = if body.level < LEVEL_MAX { second } else { third };
    let is_open = |it: &&Case| it.id != case.id && it.state != CaseState::Resolved;
    // ok: of an invoice one case lies in a queue; where another does, that queue watches this one
    let is_taken = others.iter().filter(is_open).any(|it| it.queue == next);
    if body.level == LEVEL_MAX && !is_taken && case.queue != next {
        next.clone_into(&mut case.queue);
        case.assignee = None;
        body.on_behalf_of = None;
        body.watchers.retain(|it| it != next);
        body.end_pause(now);
        case.state = CaseState::New;
    } else if case.queue != next && !body.watchers.iter().any(|it| it == next) {
        body.watchers.push(next.to_owned());
    }
    true
}
