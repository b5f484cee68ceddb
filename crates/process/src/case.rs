//! Exception cases (`domain.md` A4.7, C): what holds an invoice, one case per queue that looks at
//! it, with a clock. Cases follow the holds, in the transaction that moves them: a case is opened
//! with the first hold of its queue and resolved with the last.

mod act;
mod ageing;
mod escalate;
mod follow;
mod letter;
mod matter;
mod not_duplicate;
mod offer;
mod read;
mod short_pay;
mod undertake;

pub use act::CaseAction;
pub use ageing::{Ageing, AgeingBy, AgeingPart, AgeingSum};
pub(crate) use follow::{Ended, Followed};
pub use offer::CaseOffer;

use crate::calendar::Still;
use crate::invoice::Hold;
use canonical::{ClockClass, Code, Error, InvoiceId, Money, Result, SupplierId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An exception case: what an invoice waits for, in one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Case {
    /// The case's id.
    #[schema(example = "case_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub id: String,
    /// The invoice that waits.
    pub invoice_id: InvoiceId,
    /// Who sent the invoice.
    pub supplier_id: SupplierId,
    /// The facility the invoice is for.
    #[schema(required = true)]
    pub facility_id: Option<String>,
    /// What the invoice asks for.
    pub gross: Money,
    /// The queue it lies in: where the routing rules put it, unless it was moved.
    #[schema(example = "buyer")]
    pub queue: String,
    /// The routing rules that put it there, as `id@version`; `null` where there were none yet.
    #[schema(required = true, example = "R0@1")]
    pub routing: Option<String>,
    /// Which of them.
    #[schema(example = json!(["everything-else"]))]
    pub rules: Vec<String>,
    /// Where it stands.
    pub state: CaseState,
    /// Who is to take it, or works on it.
    #[schema(required = true)]
    pub assignee: Option<String>,
    /// Who was meant, where that is somebody who is away and the assignee stands in.
    #[schema(required = true)]
    pub on_behalf_of: Option<String>,
    /// How far it was escalated: 1, 2 or 3.
    #[schema(minimum = 1, maximum = 3)]
    pub level: u8,
    /// The queues that watch it since it was escalated.
    pub watchers: Vec<String>,
    /// When it is escalated next, where nothing happens until then (UTC); `null` for never.
    #[schema(required = true)]
    pub escalates_at: Option<Timestamp>,
    /// The holds that it is about: open ones, and those that ended.
    pub holds: Vec<Hold>,
    /// The work that failed for good and is about no hold, by its id among the dead letters.
    pub dead_letters: Vec<String>,
    /// What can be done about it.
    pub offers: Vec<CaseOffer>,
    /// The clock it runs on: the strictest of its reasons.
    pub clock: ClockClass,
    /// The calendar it goes by, as `id@version`.
    #[schema(example = "K0@1")]
    pub calendar: String,
    /// Since when the oldest of its open holds is open (UTC).
    pub opened_at: Timestamp,
    /// Until when it is to be resolved (UTC): in business time, and without what it waited for
    /// others. While it does, the latest instant that this can come to.
    pub due_at: Timestamp,
    /// Whether it is late.
    pub overdue: bool,
    /// How long it is open, in seconds of the wall clock.
    pub age_seconds: i64,
    /// The same without what it waited for others, as far as that stops its clock.
    pub age_net_seconds: i64,
    /// The same in calendar days, as reports of ageing sort it.
    pub age_bucket: AgeBucket,
    /// When it waited for somebody outside, oldest first.
    pub pauses: Vec<Pause>,
    /// How it ended; `null` while it has not.
    #[schema(required = true)]
    pub resolution: Option<Resolution>,
    /// When it was resolved (UTC).
    #[schema(required = true)]
    pub resolved_at: Option<Timestamp>,
    /// How often it came up again after it was resolved.
    pub reopened: u32,
    /// How often a person did something about it.
    pub touches: u32,
    /// How often it was moved to another queue.
    pub bounces: u32,
    /// The root of the business flow.
    pub correlation_id: String,
}

/// Where a case stands (`domain.md` A4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// It lies in its queue.
    New,
    /// Somebody is to take it.
    Assigned,
    /// Somebody works on it.
    InProgress,
    /// It waits for somebody outside; the clock stands still.
    WaitingExternal,
    /// Nothing of it is open any more.
    Resolved,
}

/// How old a case is, in calendar days (`domain.md` C4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum AgeBucket {
    /// Up to two days.
    #[serde(rename = "0-2")]
    UpTo2,
    /// Up to five.
    #[serde(rename = "3-5")]
    UpTo5,
    /// Up to ten.
    #[serde(rename = "6-10")]
    UpTo10,
    /// Up to twenty.
    #[serde(rename = "11-20")]
    UpTo20,
    /// Up to thirty.
    #[serde(rename = "21-30")]
    UpTo30,
    /// Up to sixty.
    #[serde(rename = "31-60")]
    UpTo60,
    /// More.
    #[serde(rename = "over_60")]
    Over60,
}

impl AgeBucket {
    /// Every bucket, the youngest first.
    pub const ALL: [Self; 7] = [
        Self::UpTo2,
        Self::UpTo5,
        Self::UpTo10,
        Self::UpTo20,
        Self::UpTo30,
        Self::UpTo60,
        Self::Over60,
    ];

    /// Of so many seconds.
    #[must_use]
    pub const fn of(seconds: i64) -> Self {
        match seconds / (24 * 60 * 60) {
            ..=2 => Self::UpTo2,
            3..=5 => Self::UpTo5,
            6..=10 => Self::UpTo10,
            11..=20 => Self::UpTo20,
            21..=30 => Self::UpTo30,
            31..=60 => Self::UpTo60,
            _ => Self::Over60,
        }
    }
}

/// Whom a case waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The supplier.
    Supplier,
    /// A facility.
    Facility,
    /// Whoever runs a system.
    VendorIt,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Facts lifted what held the invoice.
    Cleared,
    /// A person accepted what differs.
    Accepted,
    /// A person said that the invoice is no duplicate.
    NotDuplicate,
    /// The invoice went back to the supplier.
    Rejected,
    /// The invoice was taken out.
    Cancelled,
}

/// A wait for somebody outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// For whom.
    pub waiting_for: WaitsFor,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// Since when (UTC).
    pub from: Timestamp,
    /// Until when (UTC); `null` while it lasts.
    #[schema(required = true)]
    pub to: Option<Timestamp>,
}

/// Which cases; all where nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Those of this queue.
    pub queue: Option<String>,
    /// Those in this state.
    pub state: Option<CaseState>,
    /// Those that are not resolved, or those that are.
    pub open: Option<bool>,
    /// Those of this person.
    pub assignee: Option<String>,
    /// Those for this facility.
    pub facility: Option<canonical::FacilityId>,
    /// Those of this supplier.
    pub supplier: Option<SupplierId>,
    /// Those that are late, or those that are not.
    pub overdue: Option<bool>,
}

/// What the store keeps of a case beside its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body {
    /// What it is about: the holds that are open, or were when it was resolved.
    pub(crate) prints: Vec<Routed>,
    pub(crate) clock: ClockClass,
    pub(crate) calendar: String,
    #[serde(default)]
    pub(crate) routing: Option<String>,
    /// Who was meant, where the assignee stands in for them.
    #[serde(default)]
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) pauses: Vec<Pause>,
    pub(crate) resolution: Option<Resolution>,
    pub(crate) reopened: u32,
    pub(crate) touches: u32,
    pub(crate) bounces: u32,
    #[serde(default = "first_level")]
    pub(crate) level: u8,
    #[serde(default)]
    pub(crate) watchers: Vec<String>,
}

const fn first_level() -> u8 {
    1
}

/// What makes two holds the same: the same reason in the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Print {
    pub(crate) code: Code,
    pub(crate) key: Option<String>,
    pub(crate) line: Option<u32>,
}

/// A hold and how it was routed when it came up; it stays where it is when the rules change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Routed {
    #[serde(flatten)]
    pub(crate) print: Print,
    /// Another clock than the reason's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clock: Option<ClockClass>,
    /// The rule that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
}

impl Routed {
    fn clock(&self) -> ClockClass {
        self.clock.unwrap_or_else(|| self.print.code.clock())
    }
}

impl Print {
    pub(crate) fn of(hold: &store::Hold) -> Self {
        Self { code: hold.code, key: hold.key.clone(), line: hold.invoice_line }
    }
}

impl Body {
    pub(crate) fn of(case: &store::Case) -> Result<Self> {
        Self::read(&case.body_json)
    }

    fn read(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::internal("a case cannot be read").because(error))
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("a case has no JSON form").because(error))
    }

    fn is_about(&self, print: &Print) -> bool {
        // they are kept in order
        self.prints.binary_search_by(|it| it.print.cmp(print)).is_ok()
    }

    fn still(&self) -> Vec<Still> {
        self.pauses.iter().map(|it| Still { from: it.from, to: it.to }).collect()
    }

    /// Ends a pause that lasts.
    fn end_pause(&mut self, now: Timestamp) {
        for pause in self.pauses.iter_mut().filter(|it| it.to.is_none()) {
            pause.to = Some(now);
        }
    }
}
