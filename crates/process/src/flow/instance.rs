//! Procure-to-pay as it stands: every step of a flow with its state, since when, until when, what
//! it waits for and what would undo it. Computed from facts; nothing of it is kept.

use super::step::{Compensation, FlowStep, RetryClass};
use crate::booking::POST_PAYABLE;
use crate::invoice::{REMATCH, REMATCH_INVOICE};
use crate::order::{Lifecycle, OrderStanding, Progress};
use crate::requisition::{PLACE_ORDER, Requisition};
use crate::{DeadlineOptions, ErpStatus, InvoiceRecord};
use canonical::{Event, InvoiceId, InvoiceState, Payable, PaymentState, RequisitionState};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A flow from requisition to payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowInstance {
    /// The root of the flow.
    pub correlation_id: String,
    /// Its steps, in order.
    pub steps: Vec<StepStanding>,
    /// The requisition, where it began with one.
    #[schema(required = true)]
    pub requisition: Option<Requisition>,
    /// Its orders.
    pub purchase_orders: Vec<OrderStanding>,
    /// Its invoices.
    pub invoices: Vec<FlowInvoice>,
    /// The work of it that failed for good, by the ids of the dead letters.
    pub dead_letters: Vec<String>,
}

/// An invoice of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowInvoice {
    /// Its id in this gateway.
    pub id: InvoiceId,
    /// Where it stands.
    pub state: InvoiceState,
}

/// How a step of a flow stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepStanding {
    /// The step.
    pub step: FlowStep,
    /// How it stands.
    pub state: StepState,
    /// Since when it stands so (UTC), where that is known.
    #[schema(required = true)]
    pub since: Option<Timestamp>,
    /// Until when it should be done (UTC), where it is its turn and there is a deadline.
    #[schema(required = true)]
    pub due_at: Option<Timestamp>,
    /// Whether it is late.
    pub overdue: bool,
    /// The events that it waits for.
    pub waits_for: BTreeSet<String>,
    /// What becomes of a try that did not succeed.
    pub retry: RetryClass,
    /// What undoes it.
    pub compensation: Compensation,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Pending,
    /// It is its turn, and nothing has happened.
    Waiting,
    /// A part of it is done, or it is being done.
    InProgress,
    /// Something stands in its way.
    Held,
    /// It failed for good; a person has to look.
    Failed,
    /// It is done.
    Done,
    /// It is not needed.
    Skipped,
    /// It will not be done.
    Cancelled,
}

impl StepState {
    /// Whether something of it has happened.
    pub(super) const fn has_begun(self) -> bool {
        matches!(self, Self::InProgress | Self::Held | Self::Failed | Self::Done)
    }
}

/// What is known of a flow.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) requisition: Option<Requisition>,
    pub(super) orders: Vec<OrderStanding>,
    pub(super) invoices: Vec<InvoiceRecord>,
    pub(super) payables: Vec<Payable>,
    pub(super) events: Vec<Event>,
    /// Kind and id of the work that failed for good.
    pub(super) dead: Vec<(String, String)>,
}

impl Known {
    /// The flow as it stands.
    pub(super) fn instance(
        self,
        correlation_id: String,
        deadlines: &DeadlineOptions,
        now: Timestamp,
    ) -> FlowInstance {
        let mut states: BTreeMap<FlowStep, StepState> = BTreeMap::new();
        let mut steps = Vec::with_capacity(FlowStep::ALL.len());
        for step in FlowStep::ALL {
            let state = self.turn(self.state(step), step, &states);
            states.insert(step, state);
            steps.push(self.standing(step, state, (deadlines, now)));
        }
        let invoices = self.invoices.iter();
        let invoices = invoices.map(|it| FlowInvoice { id: it.id.clone(), state: it.state });
        FlowInstance {
            correlation_id,
            steps,
            invoices: invoices.collect(),
            requisition: self.requisition,
            purchase_orders: self.orders,
            dead_letters: self.dead.into_iter().map(|(_, id)| id).collect(),
        }
    }

    fn standing(
        &self,
        step: FlowStep,
        state: StepState,
        (deadlines, now): (&DeadlineOptions, Timestamp),
    ) -> StepStanding {
        let (retry, compensation, event) = step.rule();
        let is_open = matches!(
            state,
            StepState::Waiting | StepState::InProgress | StepState::Held | StepState::Failed
        );
        let since = match state {
            StepState::Done => self.last(event),
            _ if is_open => self.before(step),
            _ => None,
        };
        let hours = deadlines.hours(step).filter(|_| is_open);
        let due_at = since.zip(hours).and_then(|(since, hours)| {
            since.checked_add(SignedDuration::from_hours(hours.into())).ok()
        });
        let waits_for = if is_open { self.waits_for(step, event) } else { BTreeSet::new() };
        let overdue = due_at.is_some_and(|it| it < now);
        StepStanding { step, state, since, due_at, overdue, waits_for, retry, compensation }
    }

    /// When the last thing happened that this step follows.
    fn before(&self, step: FlowStep) -> Option<Timestamp> {
        let earlier = FlowStep::ALL.into_iter().filter(|it| *it < step);
        let ended = earlier.filter_map(|it| self.last(it.rule().2)).max();
        ended.or_else(|| self.requisition.as_ref().map(|it| it.created_at))
    }

    fn last(&self, what: &str) -> Option<Timestamp> {
        let word = format!(".{what}.v1");
        self.events.iter().filter(|it| it.kind.ends_with(&word)).map(|it| it.recordedtime).max()
    }

    fn waits_for(&self, step: FlowStep, event: &str) -> BTreeSet<String> {
        if step != FlowStep::Matching {
            return BTreeSet::from([event.to_owned()]);
        }
        let reasons = self.invoices.iter().flat_map(|it| &it.reasons);
        reasons.flat_map(|it| it.clears_on.iter().map(str::to_owned)).collect()
    }

    /// What waits, waits in vain while what it follows has not happened.
    fn turn(
        &self,
        state: StepState,
        step: FlowStep,
        before: &BTreeMap<FlowStep, StepState>,
    ) -> StepState {
        let follows = match step {
            FlowStep::Requisition => return state,
            FlowStep::Approval => FlowStep::Requisition,
            FlowStep::Order => FlowStep::Approval,
            FlowStep::Dispatch | FlowStep::Invoice => FlowStep::Order,
            FlowStep::Acknowledgement | FlowStep::Receipt => FlowStep::Dispatch,
            FlowStep::Matching => FlowStep::Invoice,
            FlowStep::Posting => FlowStep::Matching,
            FlowStep::Payment => FlowStep::Posting,
        };
        let of = before.get(&follows).copied().unwrap_or(StepState::Pending);
        let is_over = self.is_cancelled() && !state.has_begun() && state != StepState::Skipped;
        match (state, of) {
            _ if is_over => StepState::Cancelled,
            (StepState::Waiting, StepState::Done | StepState::Skipped) => state,
            (StepState::Waiting, _) => StepState::Pending,
            _ => state,
        }
    }

    /// Whether it was refused, withdrawn or called off.
    fn is_cancelled(&self) -> bool {
        let state = self.requisition.as_ref().map(|it| it.state);
        let is_refused =
            matches!(state, Some(RequisitionState::Rejected | RequisitionState::Closed));
        let mut orders = self.orders.iter();
        is_refused
            || !self.orders.is_empty() && orders.all(|it| it.lifecycle == Lifecycle::Cancelled)
    }

    fn state(&self, step: FlowStep) -> StepState {
        match step {
            FlowStep::Requisition => self.requested(),
            FlowStep::Approval => self.approved(),
            FlowStep::Order => self.ordered(),
            FlowStep::Dispatch => self.each(|it| {
                let is_there = !matches!(
                    it.lifecycle,
                    Lifecycle::Draft | Lifecycle::PendingApproval | Lifecycle::Approved
                );
                if is_there { StepState::Done } else { StepState::Waiting }
            }),
            FlowStep::Acknowledgement => self.each(acknowledged),
            FlowStep::Receipt => self.each(received),
            FlowStep::Invoice => self.each(|it| progressed(it.invoice_progress)),
            FlowStep::Matching => self.matched(),
            FlowStep::Posting => self.posted(),
            FlowStep::Payment => self.paid(),
        }
    }

    fn requested(&self) -> StepState {
        match self.requisition.as_ref().map(|it| it.state) {
            None => StepState::Skipped,
            Some(RequisitionState::Draft) => StepState::Waiting,
            Some(_) => StepState::Done,
        }
    }

    fn approved(&self) -> StepState {
        match self.requisition.as_ref().map(|it| it.state) {
            None => StepState::Skipped,
            Some(RequisitionState::Draft | RequisitionState::AwaitingApproval) => {
                StepState::Waiting
            }
            Some(RequisitionState::Approved | RequisitionState::Ordered) => StepState::Done,
            Some(_) if !self.orders.is_empty() => StepState::Done,
            Some(_) => StepState::Cancelled,
        }
    }

    fn ordered(&self) -> StepState {
        if !self.orders.is_empty() {
            return StepState::Done;
        }
        match self.requisition.as_ref().map(|it| it.state) {
            _ if self.is_dead(&[PLACE_ORDER]) => StepState::Failed,
            Some(RequisitionState::Approved) => StepState::InProgress,
            _ => StepState::Waiting,
        }
    }

    /// A step that each order takes: done when all have taken it.
    fn each(&self, of: impl Fn(&OrderStanding) -> StepState) -> StepState {
        let states = self.orders.iter().filter(|it| it.lifecycle != Lifecycle::Cancelled).map(of);
        together(states)
    }

    fn matched(&self) -> StepState {
        if self.is_dead(&[REMATCH, REMATCH_INVOICE]) {
            return StepState::Failed;
        }
        together(self.live().map(|it| match it.state {
            InvoiceState::Blocked | InvoiceState::Exception | InvoiceState::Disputed => {
                StepState::Held
            }
            InvoiceState::Received | InvoiceState::Parked => StepState::InProgress,
            _ => StepState::Done,
        }))
    }

    fn posted(&self) -> StepState {
        if self.is_dead(&[POST_PAYABLE]) {
            return StepState::Failed;
        }
        together(self.live().map(|it| match it.erp_document.as_ref().map(|it| it.status) {
            None => StepState::Waiting,
            Some(ErpStatus::Posted) => StepState::Done,
            Some(ErpStatus::Rejected) => StepState::Failed,
            Some(ErpStatus::Pending | ErpStatus::Unknown) => StepState::InProgress,
        }))
    }

    fn paid(&self) -> StepState {
        together(self.payables.iter().map(|it| match it.payment.state {
            PaymentState::Unpaid => StepState::Waiting,
            PaymentState::PartiallyPaid => StepState::InProgress,
            PaymentState::Paid => StepState::Done,
        }))
    }

    /// The invoices that are owed, or may be.
    fn live(&self) -> impl Iterator<Item = &InvoiceRecord> {
        let is_over = |it: &&InvoiceRecord| {
            matches!(it.state, InvoiceState::Rejected | InvoiceState::Cancelled)
        };
        self.invoices.iter().filter(move |it| !is_over(it))
    }

    fn is_dead(&self, kinds: &[&str]) -> bool {
        self.dead.iter().any(|(kind, _)| kinds.contains(&kind.as_str()))
    }
}

/// How a step stands that several documents take.
fn together(states: impl Iterator<Item = StepState>) -> StepState {
    let states: Vec<StepState> = states.collect();
    let any = |state| states.contains(&state);
    let is_over = |it: &StepState| matches!(it, StepState::Done | StepState::Skipped);
    if any(StepState::Failed) {
        StepState::Failed
    } else if any(StepState::Held) {
        StepState::Held
    } else if states.is_empty() {
        StepState::Waiting
    } else if states.iter().all(|it| *it == StepState::Skipped) {
        StepState::Skipped
    } else if states.iter().all(is_over) {
        StepState::Done
    } else if any(StepState::Done) || any(StepState::InProgress) {
        StepState::InProgress
    } else {
        StepState::Waiting
    }
}

fn acknowledged(order: &OrderStanding) -> StepState {
    let is_answered = order.evidence.iter().any(|it| it.kind == "acknowledgement");
    match order.lifecycle {
        Lifecycle::AckException => StepState::Held,
        _ if is_answered => StepState::Done,
        // what came was as good as an answer
        _ if received(order) == StepState::Done => StepState::Skipped,
        _ => StepState::Waiting,
    }
}

fn received(order: &OrderStanding) -> StepState {
    together(order.lines.iter().map(|it| match it.receipt_progress {
        _ if !it.receipt_required => StepState::Skipped,
        _ if it.delivery_completed => StepState::Done,
        progress => progressed(progress),
    }))
}

const fn progressed(progress: Progress) -> StepState {
    match progress {
        Progress::Full | Progress::Over => StepState::Done,
        Progress::Partial => StepState::InProgress,
        Progress::None => StepState::Waiting,
    }
}
