//! Posting journals off the queue: once per key, until the ledger has them. What is not known is
//! inquired before anything is sent again (`domain.md` A18).

use crate::Process;
use crate::event;
use crate::event::payload::{AccrualPosted, JournalMoved, JournalRejected};
use crate::invoice::reason;
use crate::work::{later, payload};
use canonical::{
    Code, Error, FacilityId, Journal, JournalIntent, JournalKey, JournalRefusal, JournalState,
    Lane, Result,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use store::{Batch, JournalRecord, NewWork, Work};

/// The kind of work that posts a journal.
pub(crate) const POST_JOURNAL: &str = "post_journal";

/// The work of posting an intent: once per key. The journals of a run are posted in order, so that
/// none is taken back before it is there.
pub(crate) fn journal_work(
    intent: &JournalIntent,
    run_id: &str,
    run_at: Timestamp,
    now: Timestamp,
) -> NewWork {
    let first = intent.journal().reverses.as_ref().unwrap_or_else(|| intent.key());
    NewWork {
        id: format!("{POST_JOURNAL}:{}", intent.key()),
        lane: Lane::Critical,
        kind: POST_JOURNAL.to_owned(),
        key: format!("journal:{first}"),
        correlation_id: Some(run_id.to_owned()),
        payload_json: json!({ "key": intent.key() }).to_string(),
        run_at,
        created_at: now,
    }
}

#[derive(Debug, Deserialize)]
struct PostJournal {
    key: JournalKey,
}

impl Process {
    /// Tries once to post the journal of an item of work.
    pub(crate) async fn post_journal(&self, work: &Work) -> Result<()> {
        let PostJournal { key } = payload(work)?;
        let kept = self.store().journal(&key).await?;
        if kept.state == JournalState::Posted {
            return self.settle(work, |batch| batch.complete_work(work)).await;
        }
        let limit = Duration::from_millis(self.posting().timeout_ms);
        let told = tokio::time::timeout(limit, self.tell_ledger(work, &kept)).await;
        let told = told.unwrap_or_else(|elapsed| {
            Err(Error::timed_out("the ledger did not answer in time").because(elapsed))
        });
        match told {
            Ok(journal) => match (journal.state, journal.refusal) {
                (JournalState::Posted, _) => {
                    self.journal_posted(work, kept, journal.document_number).await
                }
                (JournalState::Rejected, refusal) => {
                    self.journal_refused(work, kept, &refused(refusal)).await
                }
                _ => {
                    let error = Error::unavailable("the ledger has not posted it yet");
                    self.journal_unknown(work, kept, &error).await
                }
            },
            Err(error) if error.kind().is_retryable() => {
                self.journal_unknown(work, kept, &error).await
            }
            Err(error) => self.journal_refused(work, kept, &error).await,
        }
    }

    /// Asks first where something was sent before.
    async fn tell_ledger(&self, work: &Work, kept: &JournalRecord) -> Result<Journal> {
        let ledger = self.system().journals();
        let ledger = ledger.ok_or_else(|| Error::conflict("no back end takes journals"))?;
        let was_sent = work.attempts > 1 || work.replays > 0;
        if was_sent && let Some(there) = ledger.find(kept.intent.key()).await? {
            return Ok(there);
        }
        ledger.put(&kept.intent).await
    }

    async fn journal_posted(
        &self,
        work: &Work,
        mut kept: JournalRecord,
        number: Option<String>,
    ) -> Result<()> {
        (kept.state, kept.document_number, kept.detail) = (JournalState::Posted, number, None);
        let mut batch = self.journal_moved(&kept, (event::JOURNAL_POSTED, ""))?;
        let journal = kept.intent.journal();
        if kept.run_id.starts_with("acr_") {
            let is_back = journal.reverses.is_some();
            let what = if is_back { event::ACCRUAL_REVERSED } else { event::ACCRUAL_POSTED };
            let key = journal.key.as_str();
            let entity = journal.legal_entity.as_deref();
            let entity = entity.or(journal.facility_id.as_ref().map(FacilityId::as_str));
            let partition = format!("{} {}", entity.unwrap_or_default(), journal.period);
            let data = AccrualPosted {
                journal: &journal.key,
                period: journal.period,
                posting_date: journal.posting_date,
                document_number: kept.document_number.as_deref(),
                reverses: journal.reverses.as_ref(),
            };
            let about = (partition.as_str(), kept.run_id.as_str());
            let event = event::of_books((key, what, ""), about, &data, self.now())?;
            batch.append_event(&event, &[])?;
        }
        batch.complete_work(work);
        self.commit_work(work, batch).await
    }

    /// Puts it before a person: nothing is in the ledger.
    async fn journal_refused(
        &self,
        work: &Work,
        mut kept: JournalRecord,
        error: &Error,
    ) -> Result<()> {
        kept.state = JournalState::Rejected;
        kept.detail = Some(error.message().to_owned());
        let version = format!("{}.{}", work.replays, work.attempts);
        let reason = reason(Code::Int03, error.message().to_owned());
        let data = JournalRejected { reason: &reason, journal: Some(kept.intent.key()) };
        let mut batch = self.journal_told(&kept, (event::JOURNAL_REJECTED, &version), &data)?;
        batch.bury_work(work, self.now(), error);
        self.commit_work(work, batch).await
    }

    async fn journal_unknown(
        &self,
        work: &Work,
        mut kept: JournalRecord,
        error: &Error,
    ) -> Result<()> {
        let is_new = kept.state != JournalState::Unknown;
        kept.state = JournalState::Unknown;
        kept.detail = Some(error.message().to_owned());
        let mut batch = Batch::new();
        if is_new {
            let version = format!("{}.{}", work.replays, work.attempts);
            batch = self.journal_moved(&kept, (event::JOURNAL_UNKNOWN, &version))?;
        }
        let now = self.now();
        if work.attempts >= self.posting().attempts_max {
            batch.bury_work(work, now, error);
        } else {
            batch.retry_work(work, later(now, self.backoff(work, error)), error.message());
        }
        self.commit_work(work, batch).await
    }

    /// The journal as it stands now, and the event that tells of it.
    fn journal_moved(
        &self,
        kept: &JournalRecord,
        told: (event::Type<JournalMoved<'static>>, &str),
    ) -> Result<Batch> {
        let data = JournalMoved {
            journal: kept.intent.key(),
            state: kept.state,
            document_number: kept.document_number.as_deref(),
            detail: kept.detail.as_deref(),
        };
        self.journal_told(kept, told, &data)
    }

    fn journal_told<P: Serialize>(
        &self,
        kept: &JournalRecord,
        (of, version): (event::Type<P>, &str),
        data: &P,
    ) -> Result<Batch> {
        let now = self.now();
        let mut batch = Batch::new();
        batch.update_journal(&JournalRecord { updated_at: now, ..kept.clone() });
        let key = kept.intent.key().as_str();
        let about = (key, kept.run_id.as_str());
        batch.append_event(&event::of_books((key, of, version), about, data, now)?, &[])?;
        Ok(batch)
    }
}

fn refused(refusal: Option<JournalRefusal>) -> Error {
    let sentence = refusal.map(|it| format!("{}: {}", it.code, it.detail));
    Error::conflict(sentence.unwrap_or_else(|| "the ledger refuses it".to_owned()))
}
