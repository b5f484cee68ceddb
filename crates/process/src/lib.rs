//! Layer 2: what the business does across systems. Async shells over pure rules: reading documents,
//! matching and judging duplicates compute on plain data; gathering, storing and booking do the
//! rest.

mod accrual;
mod booking;
mod calendar;
mod case;
mod dead_letter;
pub mod documents;
mod event;
mod facts;
mod flow;
mod follow;
mod grni;
mod invoice;
mod journal;
mod landed_cost;
pub mod matching;
mod options;
mod order;
mod policy_file;
mod posting;
mod reading;
mod requisition;
mod routing;
mod simulation;
mod turns;
mod work;

mod api;

pub use accrual::{
    AccrualDocument, AccrualDocumentKind, AccrualFlag, AccrualLine, AccrualQuestion, AccrualRun,
    RunJournal,
};
pub use api::api;
pub use calendar::{Absence, CalendarDocument, CalendarRow, Calendars};
pub use case::{
    AgeBucket, Ageing, AgeingBy, AgeingPart, AgeingSum, Case, CaseAction, CaseFilter, CaseOffer,
    CaseState, Pause, Resolution, WaitsFor,
};
pub use dead_letter::{DeadLetter, DeadLetters, Replay};
pub use event::{EventType, event_types};
pub use flow::{
    CancelledFlow, Compensation, CompensationDone, CompensationMode, Flow, FlowCancellation,
    FlowInstance, FlowInvoice, FlowKey, FlowStep, Part, PartStatus, RetryClass, StepStanding,
    StepState,
};
pub use grni::{Grni, GrniLine, GrniPosting, GrniSide};
pub use invoice::{
    Answer, ErpDocument, ErpStatus, ExpectedCredit, ExpectedCreditKind, Hold, HoldRelease,
    HoldState, InvoiceFilter, InvoiceRecord, InvoiceSummary, Links, Preview, Previewed, Release,
    ReleasedInvoice, Run, ShortPayment, Submission, SubmittedInvoice,
};
pub use landed_cost::{
    ConsumedBy, CostBasis, LandedCostAllocation, LandedCostLine, LandedCostQuestion,
    LandedCostShare,
};
pub use options::{
    AccrualOptions, BulkOptions, DeadlineOptions, Duties, FollowOptions, Options, PostingOptions,
    SimulationOptions,
};
pub use order::{
    AcknowledgementDifference, Coverage, Dispatch, Evidence, Lifecycle, LineStanding,
    OrderStanding, Progress, Recorded,
};
pub use reading::{DocumentReading, ReadDocument, ReadTotals, Totals};
pub use requisition::{
    Requisition, RequisitionAction, RequisitionDone, RequisitionFilter, RequisitionTrigger,
};
pub use routing::{
    EscalationDocument, FixtureDocument, Matter, Routing, RoutingDocument, RoutingRule, RoutingWhen,
};
pub use simulation::{
    ChangedInvoice, Decided, Impact, OutcomeChange, PartyImpact, ReasonChange, ReasonImpact,
    Reproduction, RunNamed, Simulation, SimulationLine, SimulationReport, SimulationRequest,
    Unreadable,
};

use canonical::{Clock, Error, InvoiceId, Lane, RequisitionId, Result};
use documents::Mappings;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use matching::Policy;
use stack::idempotency::Claim;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{KeptAnswer, NewAnswer, Store};
use system::System;
use tokio::sync::{Semaphore, watch};
use turns::Turns;
use ulid::Ulid;

/// An invoice with more lines is matched beside the threads that serve requests.
const LINES_ASIDE: usize = 500;

/// What a person decided and the process follows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// By how much an invoice may differ.
    pub policy: Policy,
    /// What partners mean by the codes of their documents.
    pub mappings: Mappings,
    /// When people work.
    pub calendars: Calendars,
    /// Who gets what.
    pub routing: Routing,
}

/// A cheap handle on what the business does.
#[derive(Clone, Debug)]
pub struct Process(Arc<Inner>);

struct Inner {
    system: System,
    store: Store,
    bulk_store: Store,
    rules: Rules,
    options: Options,
    clock: Clock,
    turns: Turns,
    simulations: Arc<Semaphore>,
    last_id: Mutex<Ulid>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Process {
    /// Over the back ends and the store, deciding under `rules`.
    #[must_use]
    pub fn new(system: System, store: Store, rules: Rules, options: Options, clock: Clock) -> Self {
        let at_once = usize::try_from(options.simulation.concurrency).unwrap_or(usize::MAX);
        let simulations = Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)));
        let (turns, last_id) = (Turns::new(), Mutex::new(Ulid::default()));
        let bulk_store = store.in_lane(Lane::Bulk);
        Self(Arc::new(Inner {
            system,
            store,
            bulk_store,
            rules,
            options,
            clock,
            turns,
            simulations,
            last_id,
        }))
    }

    /// The time (UTC), from the clock that this was made with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The business day, in the configured time zone.
    pub(crate) fn today(&self) -> Date {
        self.now().to_zoned(self.0.options.time_zone.clone()).date()
    }

    /// Answers a question to the engine; stores nothing.
    ///
    /// # Errors
    /// `invalid` with a pointer for every fault of the question.
    pub async fn evaluate(&self, question: matching::Evaluation) -> Result<matching::Evaluated> {
        // an explanation asks the engine many times
        if question.invoice.lines.len() <= LINES_ASIDE && !question.explain {
            return question.explained(self.policy());
        }
        let process = self.clone();
        let answering = tokio::task::spawn_blocking(move || question.explained(process.policy()));
        answering.await.map_err(|error| Error::internal("the match failed").because(error))?
    }

    /// The invoices that we would make for what was received; stores nothing.
    ///
    /// # Errors
    /// `invalid` with a pointer for every fault of the question.
    pub async fn propose_self_billing(
        &self,
        question: matching::SelfBillingQuestion,
    ) -> Result<matching::SelfBillingProposals> {
        let process = self.clone();
        let answering = tokio::task::spawn_blocking(move || question.answer(process.policy()));
        answering.await.map_err(|error| Error::internal("the proposal failed").because(error))?
    }

    /// How often back ends are asked what changed, in milliseconds; never all the time.
    #[must_use]
    pub fn follow_interval_ms(&self) -> u64 {
        self.0.options.follow.interval_ms.max(10)
    }

    /// Changes with every commit to the store: there may be work.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.store.commits()
    }

    /// The layer below, for the composition root.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.0.system
    }

    /// The store, by the connections of the lane at hand.
    pub(crate) fn store(&self) -> &Store {
        match stack::context::lane() {
            Lane::Critical => &self.0.store,
            Lane::Bulk => &self.0.bulk_store,
        }
    }

    pub(crate) fn bulk(&self) -> &BulkOptions {
        &self.0.options.bulk
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.0.rules.policy
    }

    pub(crate) fn mappings(&self) -> &Mappings {
        &self.0.rules.mappings
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn simulations(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.simulations)
    }

    pub(crate) fn posting(&self) -> &PostingOptions {
        &self.0.options.posting
    }

    pub(crate) fn calendars(&self) -> &Calendars {
        &self.0.rules.calendars
    }

    pub(crate) fn routing(&self) -> &Routing {
        &self.0.rules.routing
    }

    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.0.options.time_zone
    }

    pub(crate) fn accruals(&self) -> AccrualOptions {
        self.0.options.accrual
    }

    pub(crate) fn duties(&self) -> Duties {
        self.0.options.duties
    }

    pub(crate) fn deadlines(&self) -> &DeadlineOptions {
        &self.0.options.deadlines
    }

    pub(crate) fn facts_timeout(&self) -> Duration {
        Duration::from_millis(self.0.options.facts_timeout_ms)
    }

    /// An answer as it is kept under its idempotency key.
    pub(crate) fn kept_answer(&self, claim: &Claim, status: u16, body: &[u8]) -> NewAnswer {
        let now = self.now();
        let hours = SignedDuration::from_hours(self.0.options.idempotency_hours.into());
        let fingerprint = claim.fingerprint.clone();
        NewAnswer {
            principal: claim.principal.clone(),
            operation: claim.operation.clone(),
            key: claim.key.clone(),
            answer: KeptAnswer { fingerprint, status, body: body.to_vec() },
            created_at: now,
            expires_at: now.checked_add(hours).unwrap_or(Timestamp::MAX),
        }
    }

    /// An id that sorts by the time it was made, `kind_01K5…`.
    pub(crate) fn new_text_id(&self, kind: &str) -> String {
        format!("{kind}_{}", self.new_ulid())
    }

    pub(crate) fn new_invoice_id(&self) -> Result<InvoiceId> {
        let text = self.new_text_id("inv");
        text.parse().map_err(|detail: &str| Error::internal(detail))
    }

    pub(crate) fn new_requisition_id(&self) -> Result<RequisitionId> {
        let text = self.new_text_id("req");
        text.parse().map_err(|detail: &str| Error::internal(detail))
    }

    /// Later than the last one, also within a millisecond.
    fn new_ulid(&self) -> Ulid {
        let now = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        let mut last = self.0.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Ulid::from_parts(now, stack::random::bits());
        *last = if fresh > *last { fresh } else { Ulid::from(u128::from(*last).wrapping_add(1)) };
        *last
    }
}
