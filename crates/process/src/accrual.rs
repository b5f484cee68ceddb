//! Accruals at the cut-off of a period: what was received and not billed, and what was billed and
//! has not arrived, per order line, each with the documents it comes from (`domain.md` A15.2).
//!
//! A run only asks unless it is confirmed. Confirmed, it is kept with its journals, which are
//! posted off the queue and taken back on the first day of the next period. What earlier runs of
//! the period accrued is known by order line, so that a later one proposes the difference.

mod book;
mod gather;
mod propose;

pub(crate) use book::is_stock;
pub(crate) use propose::{in_unit_of, shown as quantity_shown};

use crate::Process;
use crate::event;
use crate::event::payload::{AccrualProposed, JournalAccepted};
use crate::invoice::Answer;
use crate::journal::journal_work;
use canonical::{
    AccountRole, CostCenterId, Error, Event, FacilityId, ItemId, JournalIntent, JournalState,
    Money, NewJournal, Period, Principal, PurchaseOrderNumber, Quantity, Result,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use stack::idempotency::Claim;
use store::{AccrualRecord, Accrued, Batch, Committed, JournalRecord};
use utoipa::ToSchema;

/// How often a run is made again because another one of the period was confirmed meanwhile.
const ATTEMPTS_MAX: u32 = 8;

/// Which accruals are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccrualQuestion {
    /// The period; its last day is the cut-off.
    pub period: Period,
    /// Orders of this facility; either this or a legal entity.
    #[serde(default)]
    pub facility_id: Option<FacilityId>,
    /// Orders of this legal entity.
    #[serde(default)]
    pub legal_entity: Option<String>,
    /// Whether nothing is stored and nothing posted: so it is unless `false` is said.
    #[serde(default = "yes")]
    pub dry_run: bool,
}

const fn yes() -> bool {
    true
}

/// A run: proposed, or confirmed with the journals that it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccrualRun {
    /// Its id, once it is confirmed.
    #[schema(required = true, example = "acr_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub id: Option<String>,
    /// The period.
    pub period: Period,
    /// The last day that counts.
    pub cutoff: Date,
    /// The facility, where it is of one.
    #[schema(required = true)]
    pub facility_id: Option<FacilityId>,
    /// The legal entity, where it is of one.
    #[schema(required = true)]
    pub legal_entity: Option<String>,
    /// The order lines on which something is open, late, or to be corrected.
    pub items: Vec<AccrualLine>,
    /// The journals, each with the one that takes it back.
    pub journals: Vec<RunJournal>,
}

/// What is open on an order line at the cut-off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccrualLine {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Its line.
    pub purchase_order_line: u32,
    /// The item.
    #[schema(required = true)]
    pub item_id: Option<ItemId>,
    /// The legal entity whose books it is on.
    #[schema(required = true)]
    pub legal_entity: Option<String>,
    /// The facility it ships to.
    #[schema(required = true)]
    pub facility_id: Option<FacilityId>,
    /// The account it is charged to: `inventory`, or `expense` where a cost centre is charged or
    /// there is no item.
    pub charged: AccountRole,
    /// The cost centre charged.
    #[schema(required = true)]
    pub cost_center_id: Option<CostCenterId>,
    /// Received less returned, in the unit of the order line.
    pub received: Quantity,
    /// Billed less credited.
    pub billed: Quantity,
    /// Received and not billed: `max(0, received − billed)` at the order's price.
    pub accrue: Money,
    /// Billed and not received: `max(0, billed − received)` at the order's price.
    pub in_transit: Money,
    /// What of `accrue` earlier runs of the period did not accrue; below zero where they accrued
    /// too much.
    pub accrue_delta: Money,
    /// The same of `in_transit`.
    pub in_transit_delta: Money,
    /// The documents it comes from, oldest first.
    pub explanation: Vec<AccrualDocument>,
    /// What is worth knowing: `LATE_CUTOFF`, or why nothing can be said (`UOM-01`).
    pub flags: Vec<AccrualFlag>,
}

/// A document with its sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccrualDocument {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: AccrualDocumentKind,
    /// Its number.
    pub number: String,
    /// The day that counts: when goods moved in the facility's time zone, or the posting date.
    pub date: Date,
    /// What it adds to what was received or billed; below zero where it takes back.
    pub quantity: Quantity,
}

/// What moves what was received or billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccrualDocumentKind {
    /// Goods arrived.
    Receipt,
    /// Goods went back.
    Return,
    /// The supplier billed.
    Invoice,
    /// The supplier took back.
    Credit,
}

/// What is worth knowing of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccrualFlag {
    /// The stable code.
    #[schema(example = "LATE_CUTOFF")]
    pub code: String,
    /// For people.
    pub detail: String,
}

/// A journal of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunJournal {
    /// What is asked of the ledger.
    pub intent: NewJournal,
    /// How far it has come; `null` for one that is only proposed.
    #[schema(required = true)]
    pub state: Option<JournalState>,
    /// Its document number in the ledger.
    #[schema(required = true)]
    pub document_number: Option<String>,
    /// Why it is not posted.
    #[schema(required = true)]
    pub detail: Option<String>,
}

impl AccrualRun {
    /// What the run accrues, by order line, as it is remembered.
    fn accrued(&self) -> Result<Vec<Accrued>> {
        let minor = |it: &Money| {
            let large = |error| Error::internal("an amount is too large to keep").because(error);
            i64::try_from(it.minor()).map_err(large)
        };
        let moved = self.items.iter().filter(|it| it.moves());
        moved
            .map(|it| {
                Ok(Accrued {
                    number: it.purchase_order_number.clone(),
                    line: it.purchase_order_line,
                    currency: it.accrue.currency(),
                    accrued: minor(&it.accrue_delta)?,
                    in_transit: minor(&it.in_transit_delta)?,
                })
            })
            .collect()
    }

    fn json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("a run has no JSON form").because(error))
    }

    /// The event that tells of the run.
    fn event(&self, id: &str, now: Timestamp) -> Result<Event> {
        let scope = self.legal_entity.as_deref();
        let scope = scope.or(self.facility_id.as_ref().map(FacilityId::as_str));
        let data = AccrualProposed {
            period: self.period,
            cutoff: self.cutoff,
            lines: self.items.len(),
            journals: self.journals.iter().map(|it| &it.intent.key).collect(),
        };
        let key = format!("{} {}", scope.unwrap_or_default(), self.period);
        event::of_books((id, event::ACCRUAL_PROPOSED, ""), (&key, id), &data, now)
    }
}

impl AccrualLine {
    /// Whether it says something else than earlier runs did.
    const fn moves(&self) -> bool {
        self.accrue_delta.minor() != 0 || self.in_transit_delta.minor() != 0
    }
}

impl Process {
    /// Proposes the accruals of a period; where it is no dry run, keeps them and posts them.
    ///
    /// # Errors
    /// `forbidden` for suppliers; `invalid` where what is asked makes no sense, or there is too
    /// much of it; what the back ends and the store say.
    pub async fn run_accruals(
        &self,
        principal: &Principal,
        asked: &AccrualQuestion,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        principal.for_staff("the books")?;
        for _ in 0..ATTEMPTS_MAX {
            let guard = self.store().guards([format!("accruals:{}", asked.period)]).await?;
            let before = self.store().accrued(asked.period).await?;
            let scope = self.accrual_scope(asked).await?;
            let mut run = self.propose_accruals(asked, &scope, &before).await?;
            let id = self.new_text_id("acr");
            run.journals = book::journals(&run, &id)?;
            if asked.dry_run {
                return Ok(Answer { body: body(&run)?, replayed: false, kept: false });
            }
            if self.system().journals().is_none() {
                return Err(Error::conflict("no back end takes journals: [system] journals"));
            }
            let mut batch = Batch::new();
            guard.iter().for_each(|it| batch.bump_guard(it));
            let answer = self.confirm(&mut batch, run, &scope, id)?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 200, &answer));
            }
            if self.store().commit(batch).await? == Committed::Done {
                return Ok(Answer { body: answer, replayed: false, kept: claim.is_some() });
            }
        }
        Err(Error::unavailable("accruals of the period are being confirmed; send it again"))
    }

    /// Everything that a confirmed run writes.
    fn confirm(
        &self,
        batch: &mut Batch,
        mut run: AccrualRun,
        scope: &gather::Scope,
        id: String,
    ) -> Result<bytes::Bytes> {
        let now = self.now();
        run.id = Some(id.clone());
        for it in &mut run.journals {
            it.state = Some(JournalState::Accepted);
            let intent = JournalIntent::new(it.intent.clone())?;
            let at = if it.intent.reverses.is_some() {
                scope.begin_of(it.intent.posting_date, it.intent.facility_id.as_ref())
            } else {
                now
            };
            self.accept_journal(batch, (&intent, &id), at.max(now))?;
        }
        batch.append_event(&run.event(&id, now)?, &[])?;
        let record =
            AccrualRecord { id, period: run.period, body_json: run.json()?, created_at: now };
        batch.insert_accrual_run(&record, &run.accrued()?);
        body(&run)
    }

    /// Keeps a journal intent, tells of it, and queues its post.
    pub(crate) fn accept_journal(
        &self,
        batch: &mut Batch,
        (intent, run_id): (&JournalIntent, &str),
        run_at: Timestamp,
    ) -> Result<()> {
        let now = self.now();
        batch.insert_journal(&JournalRecord {
            intent: intent.clone(),
            run_id: run_id.to_owned(),
            state: JournalState::Accepted,
            document_number: None,
            detail: None,
            created_at: now,
            updated_at: now,
        })?;
        let key = intent.key().as_str();
        let told = (key, event::JOURNAL_ACCEPTED, "");
        let event = event::of_books(told, (key, run_id), &JournalAccepted { intent }, now)?;
        batch.append_event(&event, &[])?;
        batch.enqueue_work(journal_work(intent, run_id, run_at, now));
        Ok(())
    }

    /// A confirmed run, with its journals as they stand now.
    ///
    /// # Errors
    /// `forbidden` for suppliers; `not_found`; what the store says.
    pub async fn accrual_run(&self, principal: &Principal, id: &str) -> Result<AccrualRun> {
        principal.for_staff("the books")?;
        let record = self.store().accrual_run(id).await?;
        let mut run: AccrualRun = serde_json::from_str(&record.body_json)
            .map_err(|error| Error::internal("a run cannot be read").because(error))?;
        run.journals = self.store().journals_of(id).await?.into_iter().map(shown).collect();
        Ok(run)
    }
}

fn shown(record: JournalRecord) -> RunJournal {
    RunJournal {
        intent: record.intent.journal().clone(),
        state: Some(record.state),
        document_number: record.document_number,
        detail: record.detail,
    }
}

pub(crate) fn body<T: Serialize>(answer: &T) -> Result<bytes::Bytes> {
    serde_json::to_vec(answer)
        .map(bytes::Bytes::from)
        .map_err(|error| Error::internal("an answer has no JSON form").because(error))
}
