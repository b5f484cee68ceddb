//! Work off the queue: what a durable decision asks for, tried until it is done, and put before a
//! person where trying does not help (`domain.md` D7).

use crate::event::{self, About};
use crate::invoice::{POST_PAYABLE, hold, reason};
use crate::posting::{self, Posted};
use crate::{Process, facts};
use canonical::{
    Code, Error, Event, InvoiceId, InvoiceState, Lane, Outcome, Payable, PurchaseOrderNumber,
    Result,
};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use store::{Batch, Committed, Erp, ErpStatus, EventKey, InvoiceRecord, Work};

#[derive(Debug, Deserialize)]
struct PostPayable {
    invoice_id: InvoiceId,
}

impl Process {
    /// Does what is due in the lane, several items at once; tells how many there were. Where it is
    /// none, [`Process::next_work_at`] says when to look again.
    ///
    /// # Errors
    /// What the store says; an item that fails is not an error but is tried again.
    pub async fn work(&self, lane: Lane) -> Result<usize> {
        let now = self.now();
        // a lease outlives the longest try, so that nobody else takes the item meanwhile
        let lease = Duration::from_millis(self.posting().timeout_ms) * 2;
        let until = later(now, lease);
        let due = self.store().lease_work(lane, now, until, self.posting().concurrency).await?;
        let done = join_all(due.iter().map(|it| self.one(it))).await;
        for (work, outcome) in due.iter().zip(&done) {
            if let Err(error) = outcome {
                let error: &dyn std::error::Error = error;
                tracing::error!(work.id, error, "an item of work was not settled; it comes again");
            }
        }
        Ok(due.len())
    }

    /// When the next item of the lane is due; `None` where nothing waits.
    ///
    /// # Errors
    /// What the store says.
    pub async fn next_work_at(&self, lane: Lane) -> Result<Option<Timestamp>> {
        self.store().next_work_at(lane).await
    }

    async fn one(&self, work: &Work) -> Result<()> {
        let kept = match read(work) {
            Ok(id) => self.store().invoice(&id).await?,
            Err(error) => {
                return self.settle(work, |batch| batch.bury_work(work, error.message())).await;
            }
        };
        let result = self.store().match_run(&kept.head.id, kept.head.run_no).await?.run.result;
        let payable = match posting::payable(&kept.head.id, &kept.invoice, &result) {
            Ok(payable) => payable,
            Err(error) => return self.given_up(work, kept, Code::Int03, &error).await,
        };
        let limit = Duration::from_millis(self.posting().timeout_ms);
        let posted = tokio::time::timeout(limit, self.post(&payable)).await;
        let posted = posted.unwrap_or_else(|elapsed| {
            let error = Error::timed_out("the finance system did not answer in time");
            Posted::Later(error.because(elapsed))
        });
        match posted {
            Posted::Booked(payable) => self.booked(work, kept, &payable).await,
            Posted::Refused(error) => self.given_up(work, kept, Code::Int03, &error).await,
            Posted::Later(error) if work.attempts >= self.posting().attempts_max => {
                self.given_up(work, kept, Code::Int04, &error).await
            }
            Posted::Later(error) => self.later(work, kept, &error).await,
        }
    }

    async fn booked(&self, work: &Work, mut kept: InvoiceRecord, payable: &Payable) -> Result<()> {
        let now = self.now();
        kept.head.erp = Some(Erp {
            status: ErpStatus::Posted,
            id: Some(payable.id.to_string()),
            document_number: payable.document_number.clone(),
            detail: None,
            attempts: work.attempts,
        });
        kept.head.updated_at = now;
        let event = event(
            &kept,
            now,
            "invoice.booked",
            "1",
            json!({
                "payable": payable.id,
                "document_number": payable.document_number,
                "total": payable.total,
            }),
        );
        let mut batch = Batch::new();
        batch.update_invoice(&kept.head)?;
        batch.append_event(&event, &keys(&kept, Some(payable)))?;
        batch.complete_work(work);
        self.commit(work, batch).await
    }

    async fn later(&self, work: &Work, mut kept: InvoiceRecord, error: &Error) -> Result<()> {
        tracing::warn!(
            invoice.id = %kept.head.id,
            attempts = work.attempts,
            error = error as &dyn std::error::Error,
            "not booked yet"
        );
        let now = self.now();
        kept.head.erp = Some(Erp {
            status: ErpStatus::Unknown,
            id: None,
            document_number: None,
            detail: Some(error.message().to_owned()),
            attempts: work.attempts,
        });
        kept.head.updated_at = now;
        let mut batch = Batch::new();
        batch.update_invoice(&kept.head)?;
        batch.retry_work(work, later(now, self.backoff(work, error)), error.message());
        self.commit(work, batch).await
    }

    /// Puts the invoice before a person: it is owed, and payment waits.
    async fn given_up(
        &self,
        work: &Work,
        mut kept: InvoiceRecord,
        code: Code,
        error: &Error,
    ) -> Result<()> {
        let now = self.now();
        let refused = reason(code, format!("the finance system: {}", error.message()));
        kept.head.erp = Some(Erp {
            status: if code == Code::Int03 { ErpStatus::Rejected } else { ErpStatus::Unknown },
            id: None,
            document_number: None,
            detail: Some(error.message().to_owned()),
            attempts: work.attempts,
        });
        kept.head.state = InvoiceState::Blocked;
        kept.head.outcome = kept.head.outcome.max(Outcome::Blocked);
        kept.head.at_stake = kept.head.gross_amount;
        kept.head.codes.push(code);
        kept.head.updated_at = now;
        let version = work.attempts.to_string();
        let what = "journal.intent.rejected";
        let event = event(&kept, now, what, &version, json!({ "reason": refused }));
        let mut batch = Batch::new();
        batch.update_invoice(&kept.head)?;
        batch.insert_hold(&hold(self.new_text_id("hold"), &kept.head.id, &refused, now)?);
        batch.append_event(&event, &keys(&kept, None))?;
        batch.bury_work(work, error.message());
        self.commit(work, batch).await
    }

    async fn settle(&self, work: &Work, change: impl FnOnce(&mut Batch)) -> Result<()> {
        let mut batch = Batch::new();
        change(&mut batch);
        self.commit(work, batch).await
    }

    async fn commit(&self, work: &Work, batch: Batch) -> Result<()> {
        match self.store().commit(batch).await? {
            Committed::Done => Ok(()),
            // somebody else has the item now: what we found out, they will find out
            Committed::Stale { guard } => {
                tracing::info!(work.id, guard, "the item was taken over");
                Ok(())
            }
        }
    }

    fn backoff(&self, work: &Work, error: &Error) -> Duration {
        let options = self.posting();
        let doubled =
            options.backoff_ms.saturating_mul(1 << work.attempts.saturating_sub(1).min(20));
        let wait = Duration::from_millis(doubled.min(options.backoff_max_ms));
        let asked = Duration::from_secs(error.retry_after_seconds().unwrap_or_default().into());
        wait.max(asked.min(Duration::from_millis(options.backoff_max_ms)))
    }
}

fn read(work: &Work) -> Result<InvoiceId> {
    if work.kind != POST_PAYABLE {
        return Err(Error::internal(format!("there is no work of kind {}", work.kind)));
    }
    let payload: PostPayable = serde_json::from_str(&work.payload_json)
        .map_err(|error| Error::internal("the item of work cannot be read").because(error))?;
    Ok(payload.invoice_id)
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

fn event(kept: &InvoiceRecord, now: Timestamp, what: &str, version: &str, data: Value) -> Event {
    let orders: Vec<PurchaseOrderNumber> = facts::order_numbers(&kept.invoice);
    let about = About {
        invoice_id: &kept.head.id,
        supplier_id: &kept.head.supplier_id,
        facility: kept.head.facility_id.as_ref().map(canonical::FacilityId::as_str),
        orders: &orders,
        correlation_id: &kept.head.correlation_id,
        now,
        traceparent: None,
    };
    let mut event = about.event("accounting", what, version, data);
    let run = kept.head.run_no.to_string();
    event.causationid = Some(event::id(&kept.head.id, "matching", "match.evaluated", &run));
    event
}

fn keys(kept: &InvoiceRecord, payable: Option<&Payable>) -> Vec<EventKey> {
    let orders = facts::order_numbers(&kept.invoice).into_iter().map(EventKey::PurchaseOrder);
    orders.chain(payable.map(|it| EventKey::Payment(it.id.to_string()))).collect()
}
