//! Cases follow the holds of an invoice.

use super::letter::{self, Letter};
use super::matter::Matters;
use super::{Body, Print, Resolution, Routed};
use crate::Process;
use crate::calendar::{Calendar, Calendars};
use crate::event::payload::CaseTold;
use crate::event::{self, About};
use crate::matching::Facts;
use crate::routing::Routing;
use canonical::{ClockClass, Event, FacilityId, Invoice, MatchResult, PurchaseOrderNumber, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{Batch, Case, CaseState, Hold, HoldState, InvoiceHead};

/// What holds an invoice now, and the cases that it had.
#[derive(Debug)]
pub(crate) struct Followed<'a> {
    pub(crate) head: &'a InvoiceHead,
    pub(crate) invoice: &'a Invoice,
    /// What the latest match rested on and said, where that is at hand.
    pub(crate) matched: Option<(&'a Facts, &'a MatchResult)>,
    pub(crate) orders: &'a [PurchaseOrderNumber],
    /// Its holds as they stand afterwards, in whatever state.
    pub(crate) holds: &'a [Hold],
    /// What became of work that holds nothing.
    pub(crate) letter: Option<Letter<'a>>,
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
    /// By nobody, and no event tells of it.
    Alone,
}

/// What cases go by.
#[derive(Debug)]
pub(super) struct By<'a> {
    pub(super) calendars: &'a Calendars,
    pub(super) calendar: Calendar<'a>,
    pub(super) routing: &'a Routing,
    /// The business day.
    pub(super) today: Date,
}

/// The holds of a case, and how they were routed.
type Wanted<'a> = Vec<(&'a Hold, Routed)>;
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
    /// What the cases of a facility go by now.
    pub(super) fn cases_go_by(&self, facility: Option<&FacilityId>) -> By<'_> {
        By {
            calendars: self.calendars(),
            calendar: self.calendars().of(facility, self.time_zone()),
            routing: self.routing(),
            today: self.today(),
        }
    }

    /// Writes what the holds make of the cases; gives those that moved.
    pub(crate) fn follow_cases(
        &self,
        batch: &mut Batch,
        followed: Followed<'_>,
    ) -> Result<Vec<Case>> {
        let (head, orders, now) = (followed.head, followed.orders, followed.now);
        let ended = followed.ended;
        let by = self.cases_go_by(head.facility_id.as_ref());
        let moved = followed.moves(&by, || self.new_text_id("case"))?;
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
        by: &By<'_>,
        mut new_id: impl FnMut() -> String,
    ) -> Result<Vec<(Turn, Case)>> {
        let mut moved = Vec::new();
        let (live, mut over): (Vec<Case>, Vec<Case>) =
            self.cases.iter().cloned().partition(|it| it.state != CaseState::Resolved);
        over.sort_by_key(|it| std::cmp::Reverse(it.resolved_at));
        over.retain(|it| {
            self.now < by.calendars.reopens_until(it.resolved_at.unwrap_or(it.opened_at))
        });
        let letters = letter::open(&self, &live)?;
        let mut wanted = self.wanted((&live, &over), &letters, by)?;
        for case in live {
            let turn = match wanted.remove(&case.queue) {
                Some(holds) => self.restated(&case, &holds, by)?,
                None => Some((Turn::Resolved, self.resolved(case)?)),
            };
            moved.extend(turn);
        }
        for (queue, holds) in wanted {
            moved.push(match again(&over, &queue, &holds)? {
                Some(case) => (Turn::Reopened, reopened(case, &holds, by)?),
                None => (Turn::Opened, self.opened(new_id(), queue, &holds, by)?),
            });
        }
        Ok(moved)
    }

    /// The holds that are open, by queue: what lies in one stays there, what lay in one lately
    /// comes back, and the others go where the rules say.
    fn wanted<'b>(
        &'b self,
        (live, over): (&[Case], &[Case]),
        letters: &'b [Hold],
        by: &By<'_>,
    ) -> Result<BTreeMap<String, Wanted<'b>>> {
        let mut kept: BTreeMap<Print, (&str, Routed)> = BTreeMap::new();
        for case in live.iter().chain(over) {
            for it in Body::of(case)?.prints {
                kept.entry(it.print.clone()).or_insert((case.queue.as_str(), it));
            }
        }
        let mut wanted: BTreeMap<String, Wanted<'_>> = BTreeMap::new();
        let mut matters: Option<Matters<'_>> = None;
        for hold in self.holds.iter().chain(letters).filter(|it| it.state == HoldState::Open) {
            let (queue, routed) = match kept.get(&Print::of(hold)) {
                Some((queue, routed)) => ((*queue).to_owned(), routed.clone()),
                None => {
                    let matters = matters.get_or_insert_with(|| Matters::new(self));
                    routed(hold, matters, by)
                }
            };
            wanted.entry(queue).or_default().push((hold, routed));
        }
        Ok(wanted)
    }

    fn opened(&self, id: String, queue: String, holds: &Wanted<'_>, by: &By<'_>) -> Result<Case> {
        let body = Body {
            prints: Vec::new(),
            clock: ClockClass::T4,
            calendar: String::new(),
            routing: None,
            on_behalf_of: None,
            pauses: Vec::new(),
            resolution: None,
            reopened: 0,
            touches: 0,
            bounces: 0,
            level: super::first_level(),
            watchers: Vec::new(),
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
            assignee: None,
            escalates_at: None,
            body_json: String::new(),
        };
        about(case, body, holds, by)
    }

    fn restated(
        &self,
        case: &Case,
        holds: &Wanted<'_>,
        by: &By<'_>,
    ) -> Result<Option<(Turn, Case)>> {
        let mut body = Body::of(case)?;
        if let Ended::Person(..) = self.ended {
            body.touches = body.touches.saturating_add(1);
        }
        let after = about(case.clone(), body, holds, by)?;
        Ok((after != *case).then_some((Turn::Restated, after)))
    }

    fn resolved(&self, mut case: Case) -> Result<Case> {
        let mut body = Body::of(&case)?;
        body.end_pause(self.now);
        body.resolution = Some(match self.ended {
            Ended::Facts(_) | Ended::Alone => Resolution::Cleared,
            Ended::Person(_, resolution) => {
                body.touches = body.touches.saturating_add(1);
                resolution
            }
        });
        case.state = CaseState::Resolved;
        case.resolved_at = Some(self.now);
        case.escalates_at = None;
        case.body_json = body.json()?;
        Ok(case)
    }
}

/// Where a hold goes.
fn routed(hold: &Hold, matters: &Matters<'_>, by: &By<'_>) -> (String, Routed) {
    let route = by.routing.route(&matters.of(hold), Some(by.today));
    let clock = (route.clock != hold.code.clock()).then_some(route.clock);
    (route.queue, Routed { print: Print::of(hold), clock, rule: Some(route.rule) })
}

/// The case as it comes up again: who had it has it again, or who stands in for them now.
fn reopened(mut case: Case, holds: &Wanted<'_>, by: &By<'_>) -> Result<Case> {
    let mut body = Body::of(&case)?;
    body.reopened = body.reopened.saturating_add(1);
    body.resolution = None;
    (body.level, body.watchers) = (super::first_level(), Vec::new());
    case.resolved_at = None;
    case.state = CaseState::New;
    if let Some(person) = body.on_behalf_of.take().or(case.assignee.take()) {
        given_to(&mut case, &mut body, &person, by);
        case.state = CaseState::Assigned;
    }
    about(case, body, holds, by)
}

/// Gives a case to a person, or to whoever stands in.
pub(super) fn given_to(case: &mut Case, body: &mut Body, person: &str, by: &By<'_>) {
    let who = by.calendars.stand_in(person, by.today);
    body.on_behalf_of = (who != person).then(|| person.to_owned());
    case.assignee = Some(who.to_owned());
}

/// The case of the queue that ended lately, and was about one of these holds.
fn again(over: &[Case], queue: &str, holds: &Wanted<'_>) -> Result<Option<Case>> {
    for case in over.iter().filter(|it| it.queue == queue) {
        let body = Body::of(case)?;
        if holds.iter().any(|(_hold, it)| body.is_about(&it.print)) {
            return Ok(Some(case.clone()));
        }
    }
    Ok(None)
}

/// The case as it is about these holds.
fn about(mut case: Case, mut body: Body, holds: &Wanted<'_>, by: &By<'_>) -> Result<Case> {
    body.clock = holds.iter().map(|(_hold, it)| it.clock()).min().unwrap_or(body.clock);
    body.calendar = by.calendars.cited();
    if holds.iter().any(|(_hold, it)| !body.is_about(&it.print)) {
        body.routing = Some(by.routing.cited());
    }
    body.prints = holds.iter().map(|(_hold, it)| it.clone()).collect();
    body.prints.sort();
    let oldest = holds.iter().map(|(hold, _routed)| hold.opened_at).min();
    case.opened_at = oldest.unwrap_or(case.opened_at);
    timed(&mut case, &body, &by.calendar);
    case.body_json = body.json()?;
    Ok(case)
}

/// Sets until when it is to be resolved, and when somebody else is to look.
pub(super) fn timed(case: &mut Case, body: &Body, calendar: &Calendar<'_>) {
    let still = body.still();
    case.due_at = calendar.due(body.clock, case.opened_at, &still);
    case.escalates_at = calendar.escalates(body.clock, body.level, case.opened_at, &still);
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
        facility: head.facility_id.as_ref().map(FacilityId::as_str),
        orders,
        correlation_id: &head.correlation_id,
        now,
        traceparent: stack::context::current().map(|it| it.traceparent),
    };
    let codes: Vec<_> = body.prints.iter().map(|it| it.print.code).collect();
    let (person, cause) = match by {
        Ended::Person(person, _) => (Some(person), None),
        Ended::Facts(event) => (None, Some(event.to_owned())),
        Ended::Alone => (None, None),
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
        assignee: case.assignee.as_deref(),
        on_behalf_of: body.on_behalf_of.as_deref(),
        level: body.level,
        watchers: &body.watchers,
        resolution: body.resolution,
    };
    let version = format!("{}.{}", case.id, case.version);
    let mut event = about.event(what, &version, &data)?;
    (event.subject, event.partitionkey) = (case.id.clone(), case.id.clone());
    event.causationid = cause;
    Ok(event)
}
