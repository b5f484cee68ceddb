//! Exception cases (`domain.md` A4.7, C): what holds an invoice, one case per queue that looks at
//! it, with a clock. Cases follow the holds, in the transaction that moves them: a case is opened
//! with the first hold of its queue and resolved with the last.

mod act;
mod follow;
mod not_duplicate;
mod read;

pub use act::CaseAction;
pub(crate) use follow::{Ended, Followed};

use crate::calendar::Still;
use crate::invoice::Hold;
use canonical::{ClockClass, Code, Error, InvoiceId, Money, Owner, Result, SupplierId};
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
    /// The queue it lies in: the owner of its reasons, unless it was moved.
    #[schema(example = "buyer")]
    pub queue: String,
    /// Where it stands.
    pub state: CaseState,
    /// Who is to take it, or works on it.
    #[schema(required = true)]
    pub assignee: Option<String>,
    /// The holds that it is about: open ones, and those that ended.
    pub holds: Vec<Hold>,
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
    /// The same without what it waited for others.
    pub age_net_seconds: i64,
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
    pub(crate) prints: Vec<Print>,
    pub(crate) clock: ClockClass,
    pub(crate) calendar: String,
    pub(crate) assignee: Option<String>,
    pub(crate) pauses: Vec<Pause>,
    pub(crate) resolution: Option<Resolution>,
    pub(crate) reopened: u32,
    pub(crate) touches: u32,
    pub(crate) bounces: u32,
}

/// What makes two holds the same: the same reason in the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Print {
    pub(crate) code: Code,
    pub(crate) key: Option<String>,
    pub(crate) line: Option<u32>,
}

impl Print {
    pub(crate) fn of(hold: &store::Hold) -> Self {
        Self { code: hold.code, key: hold.key.clone(), line: hold.invoice_line }
    }
}

impl Body {
    pub(crate) fn of(case: &store::Case) -> Result<Self> {
        serde_json::from_str(&case.body_json)
            .map_err(|error| Error::internal("a case cannot be read").because(error))
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("a case has no JSON form").because(error))
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

/// The queue of an owner: its word on the wire.
pub(crate) fn queue(owner: Owner) -> String {
    match serde_json::to_value(owner) {
        Ok(serde_json::Value::String(word)) => word,
        // ok: an owner is a word
        _ => String::new(),
    }
}
