//! Cases follow the holds of an invoice.

use super::{Body, Print, Resolution, queue};
use crate::Process;
use crate::calendar::{Calendar, Calendars};
use crate::event::payload::CaseTold;
use crate::event::{self, About};
use canonical::{ClockClass, Event, PurchaseOrderNumber, Result};
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{Batch, Case, CaseState, Hold, HoldState, InvoiceHead};

/// What holds an invoice now, and the cases that it had.
#[derive(Debug)]
pub(crate) struct Followed<'a> {
    pub(crate) head: &'a InvoiceHead,
    pub(crate) orders: &'a [PurchaseOrderNumber],
    /// Its holds as they stand afterwards, in whatever state.
    pub(crate) holds: &'a [Hold],
    pub(crate) cases: Vec<Case>,
    /// How what ended came to its end.
    pub(crate) ended: Ended<'a>,
    pub(crate) now: Timestamp,
}

/// How holds came to their end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended<'a> {
    /// By facts: the event that told of them.
    Facts(&'a str),
    /// By this person.
    Person(&'a str, Resolution),
}

/// A type of event that tells of a case.
pub(super) type Told = event::Type<CaseTold<'static>>;

/// What happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Opened,
    Reopened,
    Resolved,
    /// It is about other holds, and stays where it is.
    Restated,
}

impl Turn {
    const fn event(self) -> Option<Told> {
        match self {
            Self::Opened => Some(event::CASE_OPENED),
            Self::Reopened => Some(event::CASE_REOPENED),
            Self::Resolved => Some(event::CASE_RESOLVED),
            Self::Restated => None,
        }
    }
}

impl Process {
    /// Writes what the holds make of the cases; gives those that moved.
    pub(crate) fn follow_cases(
        &self,
        batch: &mut Batch,
        followed: Followed<'_>,
    ) -> Result<Vec<Case>> {
        let (head, orders, now) = (followed.head, followed.orders, followed.now);
        let ended = followed.ended;
        let calendars = self.calendars();
        let calendar = calendars.of(head.facility_id.as_ref(), self.time_zone());
        let moved = followed.moves((calendars, &calendar), || self.new_text_id("case"))?;
        let mut after = Vec::with_capacity(moved.len());
        for (turn, mut case) in moved {
            if turn == Turn::Opened {
                batch.insert_case(&case);
            } else {
                batch.update_case(&case);
                case.version += 1;
            }
            if let Some(what) = turn.event() {
                let event = told((head, orders, now), &case, what, ended)?;
                batch.append_event(&event, &[])?;
            }
            after.push(case);
        }
        Ok(after)
    }
}

impl Followed<'_> {
    /// What becomes of the cases. `new_id` gives ids to new ones.
    pub(super) fn moves(
        self,
        on: (&Calendars, &Calendar<'_>),
        mut new_id: impl FnMut() -> String,
    ) -> Result<Vec<(Turn, Case)>> {
        let mut moved = Vec::new();
        let (live, mut over): (Vec<Case>, Vec<Case>) =
            self.cases.iter().cloned().partition(|it| it.state != CaseState::Resolved);
        let mut wanted = self.wanted(&live)?;
        for case in live {
            let turn = match wanted.remove(&case.queue) {
                Some(holds) => self.restated(&case, &holds, on)?,
                None => Some((Turn::Resolved, self.resolved(case)?)),
            };
            moved.extend(turn);
        }
        over.sort_by_key(|it| std::cmp::Reverse(it.resolved_at));
        for (queue, holds) in wanted {
            let before = self.again(&over, &queue, &holds, on.0)?;
            moved.push(match before {
                Some(case) => (Turn::Reopened, reopened(case, &holds, on)?),
                None => (Turn::Opened, self.opened(new_id(), queue, &holds, on)?),
            });
        }
        Ok(moved)
    }

    /// The holds that are open, by queue: what was moved to another queue stays there.
    fn wanted(&self, live: &[Case]) -> Result<BTreeMap<String, Vec<&Hold>>> {
        let mut moved: BTreeMap<Print, &str> = BTreeMap::new();
        for case in live {
            moved.extend(Body::of(case)?.prints.into_iter().map(|it| (it, case.queue.as_str())));
        }
        let mut wanted: BTreeMap<String, Vec<&Hold>> = BTreeMap::new();
        for hold in self.holds.iter().filter(|it| it.state == HoldState::Open) {
            let kept = moved.get(&Print::of(hold)).map(|it| (*it).to_owned());
            wanted.entry(kept.unwrap_or_else(|| queue(hold.code.owner()))).or_default().push(hold);
        }
        Ok(wanted)
    }

    /// The case of the queue that ended lately, and was about one of these holds.
    fn again(
        &self,
        over: &[Case],
        queue: &str,
        holds: &[&Hold],
        calendars: &Calendars,
    ) -> Result<Option<Case>> {
        for case in over.iter().filter(|it| it.queue == queue) {
            let resolved = case.resolved_at.unwrap_or(case.opened_at);
            let body = Body::of(case)?;
            let is_same = holds.iter().any(|it| body.prints.contains(&Print::of(it)));
            if is_same && self.now < calendars.reopens_until(resolved) {
                return Ok(Some(case.clone()));
            }
        }
        Ok(None)
    }

    fn opened(
        &self,
        id: String,
        queue: String,
        holds: &[&Hold],
        on: (&Calendars, &Calendar<'_>),
    ) -> Result<Case> {
        let body = Body {
            prints: Vec::new(),
            clock: ClockClass::T4,
            calendar: String::new(),
            assignee: None,
            pauses: Vec::new(),
            resolution: None,
            reopened: 0,
            touches: 0,
            bounces: 0,
        };
        let case = Case {
            id,
            version: 1,
            invoice_id: self.head.id.clone(),
            queue,
            state: CaseState::New,
            supplier_id: self.head.supplier_id.clone(),
            facility_id: self.head.facility_id.clone(),
            opened_at: self.now,
            due_at: self.now,
            resolved_at: None,
            body_json: String::new(),
        };
        about(case, body, holds, on)
    }

    fn restated(
        &self,
        case: &Case,
        holds: &[&Hold],
        on: (&Calendars, &Calendar<'_>),
    ) -> Result<Option<(Turn, Case)>> {
        let mut body = Body::of(case)?;
        if let Ended::Person(..) = self.ended {
            body.touches = body.touches.saturating_add(1);
        }
        let after = about(case.clone(), body, holds, on)?;
        Ok((after != *case).then_some((Turn::Restated, after)))
    }

    fn resolved(&self, mut case: Case) -> Result<Case> {
        let mut body = Body::of(&case)?;
        body.end_pause(self.now);
        body.resolution = Some(match self.ended {
            Ended::Facts(_) => Resolution::Cleared,
            Ended::Person(_, resolution) => {
                body.touches = body.touches.saturating_add(1);
                resolution
            }
        });
        case.state = CaseState::Resolved;
        case.resolved_at = Some(self.now);
        case.body_json = body.json()?;
        Ok(case)
    }
}

/// The case as it comes up again.
fn reopened(mut case: Case, holds: &[&Hold], on: (&Calendars, &Calendar<'_>)) -> Result<Case> {
    let mut body = Body::of(&case)?;
    body.reopened = body.reopened.saturating_add(1);
    body.resolution = None;
    case.resolved_at = None;
    // who had it has it again
    case.state = if body.assignee.is_some() { CaseState::Assigned } else { CaseState::New };
    about(case, body, holds, on)
}

/// The case as it is about these holds.
fn about(
    mut case: Case,
    mut body: Body,
    holds: &[&Hold],
    (calendars, calendar): (&Calendars, &Calendar<'_>),
) -> Result<Case> {
    let strictest = holds.iter().map(|it| it.code.clock()).min();
    body.clock = strictest.unwrap_or(body.clock);
    body.calendar = calendars.cited();
    body.prints = holds.iter().map(|it| Print::of(it)).collect();
    body.prints.sort();
    let oldest = holds.iter().map(|it| it.opened_at).min();
    case.opened_at = oldest.unwrap_or(case.opened_at);
    case.due_at = calendar.due(body.clock, case.opened_at, &body.still());
    case.body_json = body.json()?;
    Ok(case)
}

/// The event that tells what became of a case.
pub(super) fn told(
    (head, orders, now): (&InvoiceHead, &[PurchaseOrderNumber], Timestamp),
    case: &Case,
    what: Told,
    by: Ended<'_>,
) -> Result<Event> {
    let body = Body::of(case)?;
    let about = About {
        invoice_id: &head.id,
        supplier_id: &head.supplier_id,
        facility: head.facility_id.as_ref().map(canonical::FacilityId::as_str),
        orders,
        correlation_id: &head.correlation_id,
        now,
        traceparent: stack::context::current().map(|it| it.traceparent),
    };
    let codes: Vec<_> = body.prints.iter().map(|it| it.code).collect();
    let (person, cause) = match by {
        Ended::Person(person, _) => (Some(person), None),
        Ended::Facts(event) => (None, Some(event.to_owned())),
    };
    let data = CaseTold {
        by: person,
        case: &case.id,
        queue: &case.queue,
        state: case.state,
        codes,
        clock: body.clock,
        opened_at: case.opened_at,
        due_at: case.due_at,
        assignee: body.assignee.as_deref(),
        resolution: body.resolution,
    };
    let version = format!("{}.{}", case.id, case.version);
    let mut event = about.event(what, &version, &data)?;
    (event.subject, event.partitionkey) = (case.id.clone(), case.id.clone());
    event.causationid = cause;
    Ok(event)
}
