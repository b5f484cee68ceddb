//! Matching again: a fact changed, and what rests on it is decided anew, in the order in which the
//! invoices claim (`domain.md` A10). Decided on equal facts, nothing changes.

mod queue;

pub(crate) use queue::{
    REMATCH, REMATCH_INVOICE, rematch_invoice_work, rematch_work, work_invoices,
};

use super::expected::stated_as;
use super::holding::{self, Holding, Moved, Turn};
use super::order_amounts::Plans;
use super::save::{self, Again, Before, Case};
use super::{alike, claims, decide, events, submit};
use crate::booking::booking_work;
use crate::case::{Ended, Followed};
use crate::documents::ParsedInvoice;
use crate::facts::Gathered;
use crate::matching::{self, Credit, CreditKind, HeldMode};
use crate::{Process, event};
use canonical::{
    Code, Error, InvoiceId, InvoiceKind, InvoiceState, MatchResult, PaymentState, Principal,
    PurchaseOrderNumber, ReceiptNumber, Result,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::{Batch, Committed, Hold, HoldState, InvoiceHead, InvoiceRecord, MatchRun, NewMatchRun};

/// How often a decision is made again because a fact moved before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// An invoice as it stands before it is matched again.
#[derive(Debug)]
struct Standing {
    kept: InvoiceRecord,
    last: NewMatchRun,
    holds: Vec<Hold>,
    claims: Vec<store::Claim>,
    cases: Vec<store::Case>,
}

/// What became of one try.
enum Tried {
    Done,
    /// A fact moved meanwhile.
    Stale,
}

impl Process {
    /// Decides on one invoice anew, because of an event.
    pub(crate) async fn match_again(&self, id: &InvoiceId, trigger: &str) -> Result<()> {
        for _ in 0..ATTEMPTS_MAX {
            let standing = self.standing(id).await?;
            if standing.last.run.cause == trigger || standing.is_over() {
                return Ok(());
            }
            if matches!(self.decide_again(standing, trigger).await?, Tried::Done) {
                return Ok(());
            }
        }
        Err(Error::unavailable(format!("the facts of {id} keep moving")))
    }

    async fn standing(&self, id: &InvoiceId) -> Result<Standing> {
        let kept = self.store().invoice(id).await?;
        let last = self.store().match_run(id, kept.head.run_no).await?;
        let holds = self.store().holds(std::slice::from_ref(id)).await?;
        let claims = self.store().claims_of(id).await?;
        let cases = self.store().cases_of(id).await?;
        Ok(Standing { kept, last, holds, claims, cases })
    }

    async fn decide_again(&self, standing: Standing, trigger: &str) -> Result<Tried> {
        let mut gathered = self.gather_again(&standing).await?;
        let case = standing.case(&gathered)?;
        let _turns = self.turns().take(case.guard_keys()).await;
        let plans = Plans::of(&gathered.facts);
        let before = save::before(self, &case, case.guard_keys(), &gathered).await?;
        gathered.facts.claims = before.claims.clone();
        gathered.facts.known_invoices = before.known.clone();
        plans.note(&mut gathered.facts, &before.taken)?;
        gathered.facts.held_modes = standing.held_modes();
        gathered.facts.credits = self.credits(&case, &standing.last.run.result).await?;
        let result = matching::evaluate(&case.invoice, &gathered.facts, self.policy());
        let next = standing.next(self, &case, result, (&gathered, trigger))?;
        if next.is_as_before(&standing) {
            return Ok(Tried::Done);
        }
        let evaluated = next.evaluated_id(&case);
        // ok: after a credit the orders are matched again, and then looked at
        let is_looked_at = !next.holding.moved.is_empty() && !case.invoice.kind.is_credit();
        let mut batch = self.batch_again(&case, &standing, next, (&before, &gathered))?;
        if is_looked_at {
            self.observe_orders(&mut batch, &case.orders, &evaluated).await?;
        }
        Ok(match self.store().commit(batch).await? {
            Committed::Done => Tried::Done,
            Committed::Stale { guard } => {
                tracing::debug!(guard, invoice.id = %case.id, "a fact moved: deciding again");
                Tried::Stale
            }
        })
    }

    async fn gather_again(&self, standing: &Standing) -> Result<Gathered> {
        let kept = &standing.kept;
        let stated = self.store().associations(&kept.head.id).await?;
        let stated: Vec<_> = stated.into_iter().map(stated_as).collect();
        let parsed = ParsedInvoice::of(matching::as_stated(&kept.invoice, &stated).into_owned());
        let mut gathered = self.gather(&Principal::local("threeway"), &parsed).await?;
        self.add_own_facts(&mut gathered.facts);
        gathered.facts.associations = stated;
        Ok(gathered)
    }

    /// What credits that cite the invoice take back of its lines.
    async fn credits(&self, case: &Case, last: &MatchResult) -> Result<Vec<Credit>> {
        let number = case.invoice.supplier_invoice_number.normalised();
        let citing = self.store().credits_citing(case.group.as_str(), &number).await?;
        let mut credits = Vec::new();
        for it in citing.iter().filter(|it| it.head.state.is_booked()) {
            let run = self.store().match_run(&it.head.id, it.head.run_no).await?;
            credits.extend(credits_of(it, &run.run.result, last));
        }
        Ok(credits)
    }

    /// Everything that the new decision writes.
    fn batch_again(
        &self,
        case: &Case,
        standing: &Standing,
        next: Next,
        (before, gathered): (&Before, &Gathered),
    ) -> Result<Batch> {
        let mut batch = Batch::new();
        before.guards.iter().for_each(|it| batch.bump_guard(it));
        let was = &standing.kept.head;
        batch.update_invoice(&next.head)?;
        batch.insert_duplicate_keys(&next.head, &alike::keys(case, &gathered.facts));
        save::note_orders(&mut batch, case, &next.head);
        for Moved { turn, from, hold, .. } in &next.holding.moved {
            match turn {
                Turn::Opened => batch.insert_hold(hold),
                _ => batch.move_hold(hold, *from),
            }
        }
        if next.head.state.is_booked() && !standing.claims_as(&next.result) {
            batch.remove_claims(&case.id);
            for it in claims::booked(case, before.cited_turn, &next.result) {
                batch.insert_claim(&it);
            }
        }
        if next.head.state.is_booked() && !was.state.is_booked() {
            for it in save::taken_by(case, &gathered.facts, &next.result) {
                batch.insert_order_amount(&it);
            }
        }
        events::append_again(&mut batch, case, &next, was)?;
        let followed = Followed {
            head: &next.head,
            invoice: &case.invoice,
            matched: Some((&gathered.facts, &next.result)),
            orders: &case.orders,
            holds: &next.holding.after(&standing.holds),
            letter: None,
            cases: standing.cases.clone(),
            ended: Ended::Facts(&next.evaluated_id(case)),
            now: next.now,
        };
        self.follow_cases(&mut batch, followed)?;
        if next.head.erp.is_some() && was.erp.is_none() {
            batch.enqueue_work(booking_work(&next.head, next.now));
        }
        // ok: what a credit takes back moves what it cites, and those after it
        if case.invoice.kind.is_credit() && was.state != next.head.state {
            let evaluated = next.evaluated_id(case);
            for order in &case.orders {
                batch.enqueue_work(rematch_work(order, &evaluated, next.now));
            }
        }
        batch.insert_match_run(NewMatchRun {
            facts_json: serde_json::to_string(&gathered.facts)
                .map_err(|error| Error::internal("facts have no JSON form").because(error))?,
            run: MatchRun {
                invoice_id: case.id.clone(),
                run_no: next.run_no,
                cause: next.trigger,
                policy_version: next.result.policy.tolerances.clone(),
                evaluated_at: next.now,
                result: next.result,
            },
        })?;
        Ok(batch)
    }
}

impl Standing {
    /// Whether nothing may change it any more.
    const fn is_over(&self) -> bool {
        matches!(self.kept.head.state, InvoiceState::Rejected | InvoiceState::Cancelled)
    }

    /// What the order lines are held against that a hold for missing goods stands on.
    fn held_modes(&self) -> Vec<HeldMode> {
        let is_of_goods = |it: &&Hold| {
            it.state == HoldState::Open
                && matches!(it.code, Code::Qty01 | Code::Qty02 | Code::Qty04)
        };
        let holds: Vec<&Hold> = self.holds.iter().filter(is_of_goods).collect();
        let mut held = BTreeMap::new();
        for line in &self.last.run.result.lines {
            let is_held = |it: &&Hold| it.invoice_line.is_none_or(|it| it == line.invoice_line);
            let (Some(mode), true) = (&line.mode, holds.iter().any(is_held)) else { continue };
            let (number, of) = (line.purchase_order_number.clone(), line.purchase_order_line);
            let allocated = line.allocations.iter();
            let allocated =
                allocated.map(|it| (it.purchase_order_number.clone(), it.purchase_order_line));
            for key in number.zip(of).into_iter().chain(allocated) {
                held.insert(key, mode.match_mode);
            }
        }
        let held = held.into_iter();
        held.map(|((purchase_order_number, purchase_order_line), match_mode)| HeldMode {
            purchase_order_number,
            purchase_order_line,
            match_mode,
        })
        .collect()
    }

    fn case(&self, gathered: &Gathered) -> Result<Case> {
        let InvoiceRecord { head, invoice } = &self.kept;
        let mut orders = submit::orders(invoice, &gathered.facts);
        orders.extend(self.claims.iter().map(|it| it.claim.order_line.number.clone()));
        orders.sort();
        orders.dedup();
        let unread = |_detail| Error::internal("an invoice is kept that cannot be read");
        Ok(Case {
            id: head.id.clone(),
            invoice: invoice.clone(),
            gross: save::amount(head)?,
            group: head.supplier_group.parse().map_err(unread)?,
            orders,
            correlation_id: head.correlation_id.clone(),
            again: Some(Again {
                received_at: head.created_at,
                turn: self.claims.iter().filter_map(|it| it.claim.turn).min(),
            }),
        })
    }

    /// Whether the claims that are booked are of the order lines that the match says.
    fn claims_as(&self, result: &MatchResult) -> bool {
        let line = |number: &PurchaseOrderNumber, line, receipt: Option<&str>| {
            (number.clone(), line, receipt.map(str::to_owned))
        };
        let booked: BTreeSet<_> = self
            .claims
            .iter()
            .map(|it| {
                let of = &it.claim.order_line;
                let receipt = it.claim.receipt_number.as_ref().map(ReceiptNumber::as_str);
                line(&of.number, of.line, receipt)
            })
            .collect();
        let matched: BTreeSet<_> = result
            .lines
            .iter()
            .flat_map(|it| &it.allocations)
            .map(|it| {
                let receipt = it.receipt_number.as_ref().map(ReceiptNumber::as_str);
                line(&it.purchase_order_number, it.purchase_order_line, receipt)
            })
            .collect();
        booked == matched
    }

    /// What the run makes of the invoice.
    fn next(
        &self,
        process: &Process,
        case: &Case,
        result: MatchResult,
        (gathered, trigger): (&Gathered, &str),
    ) -> Result<Next> {
        let was = &self.kept.head;
        let (now, run_no) = (process.now(), was.run_no + 1);
        let paid = paid(&case.id, gathered);
        let is_frozen = paid.is_some() || decide::is_frozen(was.state);
        let holding = if is_frozen {
            // paid is paid: what changed afterwards is worth a flag and a credit, never a hold
            Holding::default()
        } else {
            let run = holding::Run { invoice_id: &case.id, reasons: &result.reasons, trigger, now };
            run.against(self.holds.clone(), || process.new_text_id("hold"))?
        };
        let mut head = was.clone();
        head.run_no = run_no;
        head.outcome = result.outcome;
        head.state = paid.unwrap_or(was.state);
        decide::stand(&mut head, &holding.open);
        head.updated_at = now;
        Ok(Next { head, holding, result, run_no, now, trigger: trigger.to_owned() })
    }
}

/// A new decision.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) head: InvoiceHead,
    pub(super) holding: Holding,
    pub(super) result: MatchResult,
    pub(super) run_no: u32,
    pub(super) now: Timestamp,
    pub(super) trigger: String,
}

impl Next {
    fn is_as_before(&self, standing: &Standing) -> bool {
        self.holding.moved.is_empty()
            && self.head.state == standing.kept.head.state
            && self.result == standing.last.run.result
    }

    /// The id of the event that tells of the run.
    pub(super) fn evaluated_id(&self, case: &Case) -> String {
        event::id(&case.id, event::MATCH_EVALUATED, &self.run_no.to_string())
    }
}

/// How far the invoice is paid, where the finance system says that it is.
fn paid(id: &InvoiceId, gathered: &Gathered) -> Option<InvoiceState> {
    let own = gathered.payables.iter().find(|it| it.invoice_id.as_ref() == Some(id))?;
    match own.payment.state {
        PaymentState::Unpaid => None,
        PaymentState::PartiallyPaid => Some(InvoiceState::PartiallyPaid),
        PaymentState::Paid => Some(InvoiceState::Paid),
    }
}

/// What one credit takes back of the lines of the invoice that it cites: matched by order line.
fn credits_of(credit: &InvoiceRecord, of_credit: &MatchResult, cited: &MatchResult) -> Vec<Credit> {
    type OrderLine = (PurchaseOrderNumber, u32);
    let order_line = |result: &MatchResult, line: u32| -> Option<OrderLine> {
        let it = result.lines.iter().find(|it| it.invoice_line == line)?;
        Some((it.purchase_order_number.clone()?, it.purchase_order_line?))
    };
    let lines = cited.lines.iter().rev();
    let of_line: BTreeMap<OrderLine, u32> = lines
        .filter_map(|it| Some((order_line(cited, it.invoice_line)?, it.invoice_line)))
        .collect();
    let only = match cited.lines.as_slice() {
        [one] => Some(one.invoice_line),
        _ => None,
    };
    let kind = match credit.head.kind {
        InvoiceKind::QuantityCredit => CreditKind::Quantity,
        InvoiceKind::PriceCredit => CreditKind::Price,
        _ => return Vec::new(),
    };
    let lines = credit.invoice.lines.iter();
    let taken = lines.filter_map(|it| {
        let named = order_line(of_credit, it.line_number);
        let invoice_line = named.and_then(|it| of_line.get(&it).copied()).or(only)?;
        Some(Credit {
            invoice_line,
            kind,
            amount: matches!(kind, CreditKind::Price).then_some(it.net_amount),
            quantity: matches!(kind, CreditKind::Quantity).then(|| it.quantity.clone()),
        })
    });
    taken.collect()
}
