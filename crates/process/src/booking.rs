//! Booking off the queue: a matched invoice is posted until the finance system has it, and put
//! before a person where trying does not help (`domain.md` D7).

use crate::case::{Ended, Followed};
use crate::event::payload::{InvoiceBooked, JournalRejected};
use crate::event::{self, About, Type};
use crate::invoice::{as_paid, cleared, hold, is_of_posting, reason, replace};
use crate::posting::{self, Posted};
use crate::work::{later, payload};
use crate::{Process, facts};
use canonical::{
    Code, Decimal, Error, Event, InvoiceId, InvoiceState, Lane, Outcome, Payable,
    PurchaseOrderNumber, Result,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use store::{
    Batch, Erp, ErpStatus, EventKey, Hold, HoldState, InvoiceHead, InvoiceRecord, NewWork, Work,
};

/// The kind of work that books a payable.
pub(crate) const POST_PAYABLE: &str = "post_payable";

/// The work of booking what is free: once per run.
pub(crate) fn booking_work(head: &InvoiceHead, now: Timestamp) -> NewWork {
    NewWork {
        id: format!("{POST_PAYABLE}:{}:{}", head.id, head.run_no),
        lane: Lane::Critical,
        kind: POST_PAYABLE.to_owned(),
        key: format!("invoice:{}", head.id),
        correlation_id: Some(head.correlation_id.clone()),
        payload_json: json!({ "invoice_id": head.id }).to_string(),
        run_at: now,
        created_at: now,
    }
}

#[derive(Debug, Deserialize)]
struct PostPayable {
    invoice_id: InvoiceId,
}

impl Process {
    /// Tries once to book the invoice of an item of work.
    pub(crate) async fn book(&self, work: &Work) -> Result<()> {
        let PostPayable { invoice_id } = payload(work)?;
        let kept = self.store().invoice(&invoice_id).await?;
        if matches!(kept.head.state, InvoiceState::Rejected | InvoiceState::Cancelled) {
            // ok: a replay of what was refused comes after the invoice was taken out
            return self.settle(work, |batch| batch.complete_work(work)).await;
        }
        let holds = self.store().holds(std::slice::from_ref(&invoice_id)).await?;
        if holds.iter().any(|it| it.state == HoldState::Open && !is_of_posting(it.code)) {
            return self.waits_again(work, kept, &holds).await;
        }
        let result = self.store().match_run(&kept.head.id, kept.head.run_no).await?.run.result;
        let paid = as_paid(&kept.invoice, &holds)?;
        let payable = match posting::payable(&kept.head.id, &paid, &result) {
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
            Posted::Booked(payable) => self.booked(work, kept, &payable, &holds).await,
            Posted::Refused(error) => self.given_up(work, kept, Code::Int03, &error).await,
            Posted::Later(error) if work.attempts >= self.posting().attempts_max => {
                self.given_up(work, kept, Code::Int04, &error).await
            }
            Posted::Later(error) => self.later(work, kept, &error).await,
        }
    }

    /// What was matched waits again: it is not booked, unless a try before had done so.
    async fn waits_again(
        &self,
        work: &Work,
        mut kept: InvoiceRecord,
        holds: &[Hold],
    ) -> Result<()> {
        if let Some(payable) = self.system().payables().find(&kept.head.id).await? {
            return self.booked(work, kept, &payable, holds).await;
        }
        kept.head.erp = None;
        kept.head.updated_at = self.now();
        let mut batch = Batch::new();
        batch.update_invoice(&kept.head)?;
        batch.complete_work(work);
        self.commit_work(work, batch).await
    }

    async fn booked(
        &self,
        work: &Work,
        mut kept: InvoiceRecord,
        payable: &Payable,
        holds: &[Hold],
    ) -> Result<()> {
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
            (event::INVOICE_BOOKED, "1"),
            &InvoiceBooked {
                payable: &payable.id,
                document_number: payable.document_number.as_deref(),
                total: payable.total,
            },
        )?;
        let mut batch = Batch::new();
        batch.append_event(&event, &keys(&kept, Some(payable)))?;
        self.charge_back(&mut batch, &kept, holds)?;
        self.end_of_trouble(&mut batch, &mut kept, &event.id).await?;
        batch.update_invoice(&kept.head)?;
        let orders = facts::order_numbers(&kept.invoice);
        self.observe_orders(&mut batch, &orders, &event.id).await?;
        batch.complete_work(work);
        self.commit_work(work, batch).await
    }

    /// What a refused or unknown post held is free again.
    async fn end_of_trouble(
        &self,
        batch: &mut Batch,
        kept: &mut InvoiceRecord,
        because: &str,
    ) -> Result<()> {
        if !kept.head.codes.iter().copied().any(is_of_posting) {
            return Ok(());
        }
        let holds = self.store().holds(std::slice::from_ref(&kept.head.id)).await?;
        let open = |it: &&Hold| it.state == HoldState::Open;
        let mut after = holds.clone();
        for hold in holds.iter().filter(open).filter(|it| is_of_posting(it.code)) {
            let hold = cleared(hold, because, self.now())?;
            batch.move_hold(&hold, HoldState::Open);
            replace(&mut after, &[hold]);
        }
        self.cases_follow(batch, kept, &after, because).await?;
        kept.head.codes.retain(|it| !is_of_posting(*it));
        if !holds.iter().filter(open).any(|it| !is_of_posting(it.code)) {
            let run = self.store().match_run(&kept.head.id, kept.head.run_no).await?;
            kept.head.outcome = run.run.result.outcome;
            kept.head.state = InvoiceState::Matched;
            kept.head.at_stake = Decimal::ZERO;
        }
        Ok(())
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
        self.commit_work(work, batch).await
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
        let known = kept.head.codes.contains(&code);
        if !known {
            kept.head.codes.push(code);
        }
        kept.head.updated_at = now;
        let version = format!("{}.{}", work.replays, work.attempts);
        let data = JournalRejected { reason: &refused, journal: None };
        let event = event(&kept, now, (event::JOURNAL_REJECTED, &version), &data)?;
        let mut batch = Batch::new();
        batch.update_invoice(&kept.head)?;
        batch.append_event(&event, &keys(&kept, None))?;
        if !known {
            // ok: a replay that fails as before finds the hold of the first time
            let hold = hold(self.new_text_id("hold"), &kept.head.id, &refused, now)?;
            batch.insert_hold(&hold);
            let mut holds = self.store().holds(std::slice::from_ref(&kept.head.id)).await?;
            holds.push(hold);
            self.cases_follow(&mut batch, &kept, &holds, &event.id).await?;
            let orders = facts::order_numbers(&kept.invoice);
            self.observe_orders(&mut batch, &orders, &event.id).await?;
        }
        batch.bury_work(work, now, error);
        self.commit_work(work, batch).await
    }

    async fn cases_follow(
        &self,
        batch: &mut Batch,
        kept: &InvoiceRecord,
        holds: &[Hold],
        because: &str,
    ) -> Result<()> {
        let run = self.store().match_run(&kept.head.id, kept.head.run_no).await?;
        let known = serde_json::from_str(&run.facts_json)
            .map_err(|error| Error::internal("facts cannot be read").because(error))?;
        let followed = Followed {
            head: &kept.head,
            invoice: &kept.invoice,
            matched: Some((&known, &run.run.result)),
            orders: &facts::order_numbers(&kept.invoice),
            holds,
            letter: None,
            cases: self.store().cases_of(&kept.head.id).await?,
            ended: Ended::Facts(because),
            now: self.now(),
        };
        self.follow_cases(batch, followed).map(drop)
    }
}

fn event<P: Serialize>(
    kept: &InvoiceRecord,
    now: Timestamp,
    (of, version): (Type<P>, &str),
    data: &P,
) -> Result<Event> {
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
    let mut event = about.event(of, version, data)?;
    let run = kept.head.run_no.to_string();
    event.causationid = Some(event::id(&kept.head.id, event::MATCH_EVALUATED, &run));
    Ok(event)
}

fn keys(kept: &InvoiceRecord, payable: Option<&Payable>) -> Vec<EventKey> {
    let orders = facts::order_numbers(&kept.invoice).into_iter().map(EventKey::PurchaseOrder);
    orders.chain(payable.map(|it| EventKey::Payment(it.id.to_string()))).collect()
}
