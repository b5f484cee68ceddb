//! Dead letters and their replay: what failed for good, why, what would help, and putting it back
//! once that is done (`domain.md` D7).

use crate::Process;
use crate::booking::POST_PAYABLE;
use crate::event::{self, payload::ReplayStarted};
use crate::invoice::{REMATCH, REMATCH_INVOICE};
use crate::journal::POST_JOURNAL;
use crate::order::{CANCEL_ORDER, OBSERVE_ORDER};
use crate::requisition::PLACE_ORDER;
use canonical::{Event, Lane, Page, PageRequest, Principal, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Batch, Committed, DeadLetterFilter, EventKey};
use utoipa::ToSchema;

/// What failed for good: it waits for a person, and later work of its key waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Its id.
    #[schema(example = "post_payable:inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA:1")]
    pub id: String,
    /// What was to be done: `post_payable`, `rematch`.
    #[schema(example = "post_payable")]
    pub kind: String,
    /// The key whose work is done in order.
    #[schema(example = "invoice:inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub key: String,
    /// The root of the business flow it belongs to.
    #[schema(required = true)]
    pub correlation_id: Option<String>,
    /// What it takes, as it was queued.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// How often it was tried since it was queued or put back.
    pub attempts: u32,
    /// How often it was put back before.
    pub replays: u32,
    /// The sort of error that stopped it: a code as problems carry it.
    #[schema(example = "upstream")]
    pub error: String,
    /// The error for people.
    pub detail: String,
    /// What would help before it is put back.
    pub suggestion: String,
    /// How many later items of its key wait for it.
    pub waiting: u64,
    /// When it was queued (UTC).
    pub created_at: Timestamp,
    /// When it was given up (UTC).
    pub buried_at: Timestamp,
}

/// Which dead letters: everything that is named must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeadLetters {
    /// That one.
    pub id: Option<String>,
    /// To do this: `post_payable`, `rematch`.
    pub kind: Option<String>,
    /// Of this key.
    pub key: Option<String>,
    /// Of this business flow.
    pub correlation_id: Option<String>,
    /// Stopped by this sort of error: `upstream`.
    pub error: Option<String>,
    /// Given up at this instant or later (UTC).
    pub from: Option<Timestamp>,
    /// Given up before this instant (UTC).
    pub to: Option<Timestamp>,
}

/// What a replay put back, or would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replay {
    /// Whether nothing was put back.
    pub dry_run: bool,
    /// The dead letters, oldest first.
    pub items: Vec<DeadLetter>,
    /// Whether there are more; ask again for them.
    pub more: bool,
}

impl Process {
    /// Dead letters, the oldest first.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not ours; what the store says.
    pub async fn dead_letters(
        &self,
        asked: &DeadLetters,
        page: &PageRequest,
    ) -> Result<Page<DeadLetter>> {
        let found = self.store().dead_letters(&asked.filter(), page).await?;
        let items = found.items.into_iter().map(told).collect();
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// Puts dead letters back into the queue, oldest first, beside the live traffic and at most a
    /// page of them at once; a dry run says which and changes nothing. Work is keyed by what it is
    /// for, so that what was done after all is found and not done twice.
    ///
    /// # Errors
    /// What the store says.
    pub async fn replay(
        &self,
        principal: &Principal,
        asked: &DeadLetters,
        dry_run: bool,
    ) -> Result<Replay> {
        let page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
        let found = self.dead_letters(asked, &page).await?;
        let more = found.next_cursor.is_some();
        if !dry_run && !found.items.is_empty() {
            let now = self.now();
            let mut batch = Batch::new();
            for it in &found.items {
                batch.replay_work(&it.id, now);
                let event = started(it, principal, now)?;
                let flow = it.correlation_id.clone().map(EventKey::Correlation);
                batch.append_event(&event, flow.as_slice())?;
            }
            match self.store().commit(batch).await? {
                Committed::Done => {}
                // somebody else put them back between the look and now
                Committed::Stale { guard } => tracing::info!(guard, "replayed already"),
            }
        }
        Ok(Replay { dry_run, items: found.items, more })
    }
}

impl DeadLetters {
    fn filter(&self) -> DeadLetterFilter {
        DeadLetterFilter {
            id: self.id.clone(),
            kind: self.kind.clone(),
            key: self.key.clone(),
            correlation_id: self.correlation_id.clone(),
            error_code: self.error.clone(),
            from: self.from,
            to: self.to,
        }
    }
}

fn told(it: store::DeadLetter) -> DeadLetter {
    DeadLetter {
        suggestion: suggestion(&it.kind, &it.error_code).to_owned(),
        // ok: what cannot be read is shown as it is
        payload: serde_json::from_str(&it.payload_json).unwrap_or(Value::String(it.payload_json)),
        id: it.id,
        kind: it.kind,
        key: it.key,
        correlation_id: it.correlation_id,
        attempts: it.attempts,
        replays: it.replays,
        error: it.error_code,
        detail: it.error,
        waiting: it.waiting,
        created_at: it.created_at,
        buried_at: it.buried_at,
    }
}

/// What a person can do about it.
fn suggestion(kind: &str, error: &str) -> &'static str {
    match (kind, error) {
        (POST_PAYABLE, "conflict" | "invalid") => {
            "the finance system refuses it: correct what it names there, then replay"
        }
        (POST_JOURNAL, "conflict" | "invalid") => {
            "the ledger refuses it: open the period or map the role that it names, then replay"
        }
        (POST_PAYABLE | POST_JOURNAL, "unavailable" | "timed_out" | "upstream") => {
            "the finance system did not answer sensibly: see that it does, then replay; what it \
             booked after all is found and not booked twice"
        }
        (REMATCH | REMATCH_INVOICE, "unavailable" | "timed_out" | "upstream") => {
            "a back end could not be asked for the facts: see that it answers, then replay"
        }
        (PLACE_ORDER, "conflict" | "invalid") => {
            "the procurement system refuses it: correct what it names there, then replay; or \
             withdraw the requisition"
        }
        (CANCEL_ORDER, "conflict") => {
            "the order can no longer be called off, because goods came or it is over: send them \
             back, or keep them and see that the bill is paid"
        }
        (PLACE_ORDER | CANCEL_ORDER | OBSERVE_ORDER, "unavailable" | "timed_out" | "upstream") => {
            "the procurement system could not be asked: see that it answers, then replay; what it \
             did after all is found and not done twice"
        }
        (_, "forbidden" | "unauthenticated") => {
            "a back end refuses our credentials: mend them in the configuration, then replay"
        }
        (_, "not_found") => "what it is about is gone: see whether it should be, then replay",
        _ => "read the log under this id, correct the cause, then replay",
    }
}

fn started(it: &DeadLetter, principal: &Principal, now: Timestamp) -> Result<Event> {
    let of = event::REPLAY_STARTED;
    let version = (it.replays + 1).to_string();
    let id = of.id_by_word(&[it.id.as_str(), version.as_str()]);
    let data = ReplayStarted {
        kind: &it.kind,
        attempts: it.attempts,
        error: &it.error,
        by: &principal.id,
    };
    Ok(Event {
        partitionkey: it.key.clone(),
        correlationid: it.correlation_id.clone().unwrap_or_else(|| it.id.clone()),
        lane: Lane::Bulk,
        ..event::alone(of, id, &it.id, now, &data)?
    })
}
