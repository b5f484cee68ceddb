//! Storing a decision: document, invoice, run, holds, claims, events, the work to book it and the
//! answer for the idempotency key, in one transaction that fails where a fact moved meanwhile.

use super::claims::Cited;
use super::rematch::rematch_work;
use super::submit::Answer;
use super::{Links, SubmittedInvoice};
use super::{alike, claims, decide, events, holding, outside};
use crate::booking::booking_work;
use crate::case::{Ended, Followed};
use crate::facts::Gathered;
use crate::matching::{Claim as EarlierClaim, Facts};
use crate::{Process, documents::Format, event};
use bytes::Bytes;
use canonical::{
    Code, Error, Invoice, InvoiceId, InvoiceState, KnownInvoice, MatchResult, Money, Outcome,
    PurchaseOrderNumber, Result, SupplierId,
};
use jiff::Timestamp;
use stack::idempotency::Claim;
use store::{
    Batch, Committed, Document, Erp, ErpStatus, Guard, InvoiceHead, MatchRun, NewMatchRun,
    NewOrderAmount, OrderAmount, OrderLine,
};

/// An invoice on its way to a decision.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: InvoiceId,
    pub(crate) invoice: Invoice,
    pub(crate) gross: Money,
    pub(crate) group: SupplierId,
    pub(crate) orders: Vec<PurchaseOrderNumber>,
    pub(crate) correlation_id: String,
    /// When it is matched again: since when it is here, and its turn among the claims.
    pub(crate) again: Option<Again>,
}

/// What an invoice that is matched again was before.
#[derive(Clone, Debug)]
pub(crate) struct Again {
    pub(crate) received_at: Timestamp,
    /// `None` where it claims nothing yet.
    pub(crate) turn: Option<i64>,
}

/// What came in: the document and who brought it.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) submitted_by: String,
    pub(crate) format: Format,
    pub(crate) bytes: Bytes,
    pub(crate) channel: String,
    pub(crate) payload_sha256: String,
}

impl Evidence {
    pub(super) fn guard_key(&self) -> String {
        Guard::payload(&self.channel, &self.payload_sha256)
    }

    /// The answer that it had before.
    pub(super) async fn replay(&self, process: &Process) -> Result<Option<Answer>> {
        replay(process, &self.channel, &self.payload_sha256).await
    }
}

impl Case {
    /// What nobody else may decide on meanwhile.
    pub(crate) fn guard_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> =
            self.orders.iter().map(|it| format!("purchase_order:{it}")).collect();
        keys.push(Guard::invoice_number(self.group.as_str(), &self.normalised()));
        keys.extend(alike::guard_keys(self));
        keys
    }

    /// Whether the claim counts before this invoice: a credit claims with what it cites.
    fn comes_after(&self, claim: &store::Claim) -> bool {
        let Some(Again { turn: Some(own), .. }) = self.again else { return true };
        let turn = claim.claim.turn.unwrap_or(i64::MAX);
        let is_own = claim.claim.invoice_id == self.id;
        let with_it = turn == own && self.invoice.kind.is_credit();
        !is_own && (turn < own || with_it)
    }

    /// What others took of the orders before this invoice did.
    fn after(&self, mut taken: Vec<OrderAmount>) -> Vec<OrderAmount> {
        let Some(again) = &self.again else { return taken };
        let is_own = |it: &OrderAmount| it.taken.invoice_id == self.id;
        let own = taken.iter().filter(|it| is_own(it)).map(|it| it.booking).min();
        // one that took nothing when it was booked takes nothing of what came later
        let own = own.or_else(|| again.turn.map(|_booked| i64::MIN)).unwrap_or(i64::MAX);
        taken.retain(|it| !is_own(it) && it.booking < own);
        taken
    }

    /// Whether the other invoice came before this one.
    pub(super) fn is_later_than(&self, other: &InvoiceHead) -> bool {
        self.again.as_ref().is_none_or(|again| {
            (other.created_at, other.id.as_str()) < (again.received_at, self.id.as_str())
        })
    }

    fn normalised(&self) -> String {
        self.invoice.supplier_invoice_number.normalised()
    }
}

/// What earlier decisions say, and the guards that tell whether it still holds.
#[derive(Debug)]
pub(crate) struct Before {
    pub(super) guards: Vec<Guard>,
    pub(crate) claims: Vec<EarlierClaim>,
    pub(crate) known: Vec<KnownInvoice>,
    /// What earlier invoices took of the orders beside their lines.
    pub(crate) taken: Vec<OrderAmount>,
    /// When the invoice that is cited claims: its credit claims with it.
    pub(crate) cited_turn: Option<i64>,
}

/// A decision and what it rests on.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) facts: &'a Facts,
    pub(crate) before: &'a Before,
    /// As they were before the back ends were asked.
    pub(crate) asked_at: &'a [Guard],
    pub(crate) result: MatchResult,
}

/// What became of a decision.
#[derive(Debug)]
pub(crate) enum Saved {
    /// It is durable; this is the answer.
    Done(Bytes),
    /// A fact moved: decide again.
    Stale,
}

/// The answer to this payload on this channel, where there was one (`domain.md` A16, replay).
pub(crate) async fn replay(
    process: &Process,
    channel: &str,
    payload_sha256: &str,
) -> Result<Option<Answer>> {
    let store = process.store();
    let Some(head) = store.invoice_of_payload(payload_sha256, channel).await? else {
        return Ok(None);
    };
    let first = store.match_run(&head.id, 1).await?;
    let body = answer(&head.id, &head.correlation_id, &first.run.result)?;
    Ok(Some(Answer { body, replayed: true, kept: false }))
}

/// Reads what earlier decisions say. The guards are read first: what moves after that is noticed.
pub(crate) async fn before(
    process: &Process,
    case: &Case,
    guard_keys: Vec<String>,
    Gathered { facts, payables, .. }: &Gathered,
) -> Result<Before> {
    let store = process.store();
    let guards = store.guards(guard_keys).await?;
    let mut claims = store.claims(order_lines(facts)).await?;
    claims.retain(|it| case.comes_after(it));
    let orders: Vec<_> = facts.purchase_orders.iter().map(|it| it.number.clone()).collect();
    let taken = case.after(store.order_amounts(&orders).await?);
    let cited = cited(process, case).await?;
    let cited_turn = cited.as_ref().and_then(|it| it.turn(&claims));
    let mut claims = claims::summed(claims, cited.as_ref())?;
    let mut known = alike::known(process, case, facts).await?;
    let outside = outside::only(process, payables, &known).await?;
    claims.extend(outside::claims(&outside, facts));
    known.extend(outside::known(&outside, case.invoice.invoice_date));
    if case.again.is_some() {
        // a person looked at them: they are not one
        let decided = store.not_duplicates(&case.id).await?;
        known.retain(|it| !decided.contains(&it.id));
    }
    Ok(Before { guards, claims, known, taken, cited_turn })
}

/// What a decision takes of the orders beside their lines: nothing where it cannot be booked.
pub(super) fn taken(case: &Case, facts: &Facts, result: &MatchResult) -> Vec<NewOrderAmount> {
    if !decide::state(result.outcome).is_booked() {
        return Vec::new();
    }
    taken_by(case, facts, result)
}

/// What an invoice that is booked takes of the orders beside their lines.
pub(super) fn taken_by(case: &Case, facts: &Facts, result: &MatchResult) -> Vec<NewOrderAmount> {
    let on = (facts.purchase_orders.as_slice(), facts.prepayments.as_slice());
    store::order_amounts(&case.id, &case.invoice, result, on)
}

/// The invoice that a credit or debit memo cites.
async fn cited(process: &Process, case: &Case) -> Result<Option<Cited>> {
    let Some(number) = &case.invoice.cited_invoice_number else { return Ok(None) };
    let alike = process.store().invoices_alike(case.group.as_str(), &number.normalised()).await?;
    // a credit that happens to carry the number is not what a credit cites
    let invoices = alike.into_iter().filter(|it| !it.kind.is_credit()).map(|it| it.id).collect();
    Ok(Some(Cited { number: number.to_string(), invoices }))
}

fn order_lines(facts: &Facts) -> Vec<OrderLine> {
    let mut lines = Vec::new();
    for order in &facts.purchase_orders {
        let number = &order.number;
        let own = order.lines.iter();
        lines.extend(own.map(|it| OrderLine { number: number.clone(), line: it.line_number }));
    }
    lines
}

/// An invoice's gross as money.
pub(crate) fn amount(head: &InvoiceHead) -> Result<Money> {
    Money::written(&head.gross_amount, head.currency)
        .map_err(|detail| Error::internal(format!("invoice {}: {detail}", head.id)))
}

/// Stores the decision.
pub(crate) async fn save(
    process: &Process,
    case: &Case,
    decision: Decision<'_>,
    claim: Option<&Claim>,
) -> Result<Saved> {
    let Decision { evidence, facts, before, asked_at, result } = decision;
    let now = process.now();
    let body = answer(&case.id, &case.correlation_id, &result)?;
    let mut batch = Batch::new();
    asked_at.iter().for_each(|it| batch.check_guard(it));
    before.guards.iter().for_each(|it| batch.bump_guard(it));
    add_document(&mut batch, case, evidence, now);
    let head = head(case, evidence, &result, now);
    batch.insert_invoice(&head, &case.invoice)?;
    batch.insert_duplicate_keys(&head, &alike::keys(case, facts));
    for it in claims::of(case, before.cited_turn, &result) {
        batch.insert_claim(&it);
    }
    for it in taken(case, facts, &result) {
        batch.insert_order_amount(&it);
    }
    note_orders(&mut batch, case, &head);
    events::append(&mut batch, case, evidence, &result, now)?;
    add_holds(process, &mut batch, case, (&head, facts, &result))?;
    if wants_booking(&result) {
        batch.enqueue_work(booking_work(&head, now));
    }
    if case.invoice.kind.is_credit() && head.state.is_booked() {
        // what a credit takes back moves what it cites, and what was billed after that
        let evaluated = event::id(&case.id, event::MATCH_EVALUATED, "1");
        for order in &case.orders {
            batch.enqueue_work(rematch_work(order, &evaluated, now));
        }
    } else if !wants_booking(&result) {
        // ok: with one that is booked they are looked at then
        let evaluated = event::id(&case.id, event::MATCH_EVALUATED, "1");
        process.observe_orders(&mut batch, &case.orders, &evaluated).await?;
    }
    batch.insert_match_run(NewMatchRun {
        facts_json: serde_json::to_string(facts)
            .map_err(|error| Error::internal("facts have no JSON form").because(error))?,
        run: MatchRun {
            invoice_id: case.id.clone(),
            run_no: 1,
            cause: "invoice.received".to_owned(),
            policy_version: result.policy.tolerances.clone(),
            evaluated_at: now,
            result,
        },
    })?;
    if let Some(claim) = claim {
        batch.insert_answer(process.kept_answer(claim, 202, &body));
    }
    Ok(match process.store().commit(batch).await? {
        Committed::Done => Saved::Done(body),
        Committed::Stale { guard } => {
            tracing::debug!(guard, invoice.id = %case.id, "a fact moved: deciding again");
            Saved::Stale
        }
    })
}

/// Notes the orders that the invoice is about, and what it cites.
pub(super) fn note_orders(batch: &mut Batch, case: &Case, head: &InvoiceHead) {
    for order in &case.orders {
        batch.insert_invoice_order(&case.id, order);
    }
    if let Some(cited) = case.invoice.cited_invoice_number.as_ref() {
        batch.insert_citation(head, &cited.normalised());
    }
}

fn answer(id: &InvoiceId, correlation_id: &str, result: &MatchResult) -> Result<Bytes> {
    let submitted = SubmittedInvoice {
        id: id.clone(),
        state: decide::state(result.outcome),
        outcome: result.outcome,
        reasons: result.reasons.clone(),
        flags: result.flags.clone(),
        match_run: 1,
        policy: result.policy.clone(),
        correlation_id: correlation_id.to_owned(),
        links: Links::of(id),
    };
    serde_json::to_vec(&submitted)
        .map(Bytes::from)
        .map_err(|error| Error::internal("an answer has no JSON form").because(error))
}

const fn wants_booking(result: &MatchResult) -> bool {
    matches!(result.outcome, Outcome::Matched | Outcome::MatchedWithinTolerance)
}

pub(super) fn document_id(case: &Case) -> String {
    case.id.as_str().replacen("inv_", "doc_", 1)
}

fn add_document(batch: &mut Batch, case: &Case, evidence: &Evidence, now: Timestamp) {
    batch.insert_document(Document {
        id: document_id(case),
        sha256: evidence.payload_sha256.clone(),
        content_type: evidence.format.content_type().to_owned(),
        channel: evidence.channel.clone(),
        received_at: now,
        bytes: evidence.bytes.to_vec(),
    });
}

fn head(case: &Case, evidence: &Evidence, result: &MatchResult, now: Timestamp) -> InvoiceHead {
    let invoice = &case.invoice;
    let state = decide::state(result.outcome);
    let codes: std::collections::BTreeSet<Code> = result.reasons.iter().map(|it| it.code).collect();
    let waits = matches!(state, InvoiceState::Blocked | InvoiceState::Exception);
    InvoiceHead {
        id: case.id.clone(),
        version: 1,
        state,
        outcome: result.outcome,
        kind: invoice.kind,
        supplier_id: invoice.supplier_id.clone(),
        supplier_group: case.group.to_string(),
        supplier_invoice_number: invoice.supplier_invoice_number.clone(),
        normalised_number: case.normalised(),
        currency: invoice.currency,
        gross_amount: invoice.gross_amount,
        at_stake: if waits { invoice.gross_amount } else { canonical::Decimal::ZERO },
        invoice_date: invoice.invoice_date,
        facility_id: invoice.facility_id.clone(),
        document_id: document_id(case),
        payload_sha256: evidence.payload_sha256.clone(),
        channel: evidence.channel.clone(),
        submitted_by: evidence.submitted_by.clone(),
        correlation_id: case.correlation_id.clone(),
        run_no: 1,
        codes: codes.into_iter().collect(),
        erp: wants_booking(result).then_some(Erp {
            status: ErpStatus::Pending,
            id: None,
            document_number: None,
            detail: None,
            attempts: 0,
        }),
        waiting_since: waits.then_some(now),
        created_at: now,
        updated_at: now,
    }
}

fn add_holds(
    process: &Process,
    batch: &mut Batch,
    case: &Case,
    (head, facts, result): (&InvoiceHead, &Facts, &MatchResult),
) -> Result<()> {
    let now = head.created_at;
    let mut holds = Vec::new();
    for reason in result.reasons.iter().filter(|it| it.code.outcome().is_some()) {
        let hold = holding::open(process.new_text_id("hold"), &case.id, reason, now)?;
        batch.insert_hold(&hold);
        holds.push(hold);
    }
    let followed = Followed {
        head,
        invoice: &case.invoice,
        matched: Some((facts, result)),
        orders: &case.orders,
        holds: &holds,
        letter: None,
        cases: Vec::new(),
        ended: Ended::Facts(&event::id(&case.id, event::MATCH_EVALUATED, "1")),
        now,
    };
    process.follow_cases(batch, followed).map(drop)
}
