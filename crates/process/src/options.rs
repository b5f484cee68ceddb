//! How the process layer works: what a person sets.

use crate::FlowStep;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

/// How the process layer works.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// How long back ends may take to answer for one invoice, in milliseconds.
    pub facts_timeout_ms: u64,
    /// How long the answer to an idempotency key is kept, in hours.
    pub idempotency_hours: u32,
    /// The time zone in which a business day begins and ends, by its IANA name: an invoice is
    /// decided, and posted, on the day that it is there.
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: TimeZone,
    /// How booking is tried.
    pub posting: PostingOptions,
    /// How work of the bulk lane is done.
    pub bulk: BulkOptions,
    /// How policies are replayed.
    pub simulation: SimulationOptions,
    /// How back ends are followed.
    pub follow: FollowOptions,
    /// What is accrued at the end of a period.
    pub accrual: AccrualOptions,
    /// Which duties one person may not have at once.
    pub duties: Duties,
    /// Until when the steps of a flow should be done.
    pub deadlines: DeadlineOptions,
}

/// Until when the steps of procure-to-pay should be done, in hours after what they follow; 0 for
/// no deadline.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineOptions {
    /// To approve what was submitted.
    pub approval_hours: u32,
    /// To order what was approved.
    pub order_hours: u32,
    /// To send what was ordered.
    pub dispatch_hours: u32,
    /// To answer what was sent.
    pub acknowledgement_hours: u32,
    /// To receive what was sent.
    pub receipt_hours: u32,
    /// To bill what was ordered.
    pub invoice_hours: u32,
    /// To clear what holds a bill.
    pub matching_hours: u32,
    /// To book what was matched.
    pub posting_hours: u32,
    /// To pay what was booked.
    pub payment_hours: u32,
}

impl DeadlineOptions {
    /// Of a step.
    pub(crate) fn hours(&self, step: FlowStep) -> Option<u32> {
        let hours = match step {
            FlowStep::Requisition => 0,
            FlowStep::Approval => self.approval_hours,
            FlowStep::Order => self.order_hours,
            FlowStep::Dispatch => self.dispatch_hours,
            FlowStep::Acknowledgement => self.acknowledgement_hours,
            FlowStep::Receipt => self.receipt_hours,
            FlowStep::Invoice => self.invoice_hours,
            FlowStep::Matching => self.matching_hours,
            FlowStep::Posting => self.posting_hours,
            FlowStep::Payment => self.payment_hours,
        };
        Some(hours).filter(|it| *it > 0)
    }
}

/// Segregation of duties (`domain.md` C6): whose right ends where another duty of theirs begins.
/// People are compared, as tokens name them, not roles.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duties {
    /// Whether who submitted an invoice is refused to release its holds.
    pub releaser_is_not_submitter: bool,
    /// Whether who asks for something is refused to approve it.
    pub approver_is_not_requester: bool,
}

/// What is accrued at the end of a period.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccrualOptions {
    /// Whether the ledger books stock when it is received, as a perpetual inventory does: a run
    /// then leaves lines of stock to it.
    pub stock_booked_at_receipt: bool,
}

/// How changes in the back ends are followed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowOptions {
    /// How often each back end is asked what changed, in milliseconds.
    pub interval_ms: u64,
}

/// How work of the bulk lane is done: replays of what had failed for good.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkOptions {
    /// How many items are done at once.
    pub concurrency: u32,
    /// The rest after each round, in percent of what the round took.
    pub rest_percent: u32,
}

/// How proposed policies are replayed over stored runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationOptions {
    /// How many may run at once; further ones are refused with 429.
    pub concurrency: u32,
}

/// How booking in the finance system is tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostingOptions {
    /// How long one try may take, in milliseconds.
    pub timeout_ms: u64,
    /// After so many tries an invoice is put before a person.
    pub attempts_max: u32,
    /// The wait after the first try that failed, in milliseconds; it doubles with each.
    pub backoff_ms: u64,
    /// The longest wait, in milliseconds.
    pub backoff_max_ms: u64,
    /// How many invoices are booked at once.
    pub concurrency: u32,
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    TimeZone::get(&name).map_err(|_unknown| {
        let right = "use an IANA name, as in \"America/Chicago\" or \"UTC\"";
        serde::de::Error::custom(format!("there is no time zone {name:?}; {right}"))
    })
}
