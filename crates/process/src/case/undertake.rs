//! What a person does about an invoice through its case, beside the match: sends it back, takes it
//! out, disputes it, asks for a credit, or states what a line bills (`domain.md` A4.4, A10.4).

use super::act::{answered, may_release};
use super::{Ended, Followed, Resolution};
use crate::Process;
use crate::event::payload::{AssociationCorrected, CreditExpected, InvoiceDecided};
use crate::event::{self, About};
use crate::invoice::ExpectedCreditKind as Told;
use crate::invoice::{Answer, cleared, given, rematch_invoice_work, rematch_work, replace};
use canonical::{
    Decimal, Error, Event, InvoiceState, Kind, Money, Principal, PurchaseOrderNumber, Result,
};
use stack::idempotency::Claim;
use store::{
    Association, Batch, Case, Committed, ErpStatus, EventKey, ExpectedCredit, ExpectedCreditKind,
    Hold, HoldState, InvoiceHead, InvoiceRecord,
};

/// How often it is tried again because something changed before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// What a person undertakes, as it was read and checked.
#[derive(Clone, Debug)]
pub(super) enum Undertaking<'a> {
    /// It goes back: it was never owed, and its number is free again.
    Reject,
    /// It is taken out before it is in the finance system.
    Cancel,
    /// It is owed, and we do not agree with the supplier on it.
    Dispute,
    /// We agree again.
    WithdrawDispute,
    /// The supplier is to send a credit.
    RequestCredit { amount: Decimal },
    /// That line bills this line of that order.
    CorrectAssociation { invoice_line: u32, order: (&'a PurchaseOrderNumber, u32) },
}

/// An invoice and its case before and after.
struct Stand {
    case: Case,
    kept: InvoiceRecord,
    holds: Vec<Hold>,
    cases: Vec<Case>,
    /// Those of its number, which may be free when it ends.
    alike: Vec<InvoiceHead>,
}

impl Process {
    /// Undertakes something about the invoice of a case. Where this returns an answer, it is
    /// durable.
    pub(super) async fn undertake(
        &self,
        principal: &Principal,
        id: &str,
        (what, reason): (&Undertaking<'_>, &str),
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        given("/reason", reason)?;
        for _ in 0..ATTEMPTS_MAX {
            let case = self.live(id).await?;
            let kept = self.store().invoice(&case.invoice_id).await?;
            if matches!(what, Undertaking::Cancel) {
                may_release(principal)?;
                self.may_decide(principal, &kept)?;
            }
            self.is_ready(what, &kept).await?;
            let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
            let cases = self.store().cases_of(&case.invoice_id).await?;
            let alike = self.alike_after(what, &kept).await?;
            let stand = Stand { case, kept, holds, cases, alike };
            let mut batch = Batch::new();
            let body = self.undertaken(&mut batch, stand, (what, reason.trim()), principal)?;
            if let Some(claim) = claim {
                batch.insert_answer(self.kept_answer(claim, 200, &body));
            }
            if self.store().commit(batch).await? == Committed::Done {
                return Ok(Answer { body, replayed: false, kept: claim.is_some() });
            }
        }
        Err(Error::unavailable(format!("{id} keeps changing; send it again with the same key")))
    }

    /// The other invoices of its number, where what is undertaken ends it.
    async fn alike_after(
        &self,
        what: &Undertaking<'_>,
        kept: &InvoiceRecord,
    ) -> Result<Vec<InvoiceHead>> {
        if !matches!(what, Undertaking::Reject | Undertaking::Cancel) {
            return Ok(Vec::new());
        }
        let head = &kept.head;
        let store = self.store();
        let mut alike = store.invoices_alike(&head.supplier_group, &head.normalised_number).await?;
        alike.retain(|it| it.id != head.id);
        Ok(alike)
    }

    /// Refuses what the invoice does not stand for, and what is not there.
    async fn is_ready(&self, what: &Undertaking<'_>, kept: &InvoiceRecord) -> Result<()> {
        stands_for(what, kept)?;
        match what {
            Undertaking::RequestCredit { amount } => self.may_credit(*amount, kept).await,
            Undertaking::CorrectAssociation { invoice_line, order: (number, line) } => {
                let lines = &kept.invoice.lines;
                if !lines.iter().any(|it| it.line_number == *invoice_line) {
                    let detail = format!("the invoice has no line {invoice_line}");
                    return Err(Error::invalid_field("/invoice_line", detail));
                }
                self.is_ordered(number, *line).await
            }
            _ => Ok(()),
        }
    }

    /// Refuses more than is billed, of all that is expected for the invoice.
    async fn may_credit(&self, amount: Decimal, kept: &InvoiceRecord) -> Result<()> {
        let head = &kept.head;
        let money = |it: &Decimal| {
            Money::written(it, head.currency)
                .map_err(|detail| Error::invalid_field("/amount", detail))
        };
        let mut whole = money(&amount)?.minor();
        if whole <= 0 {
            return Err(Error::invalid_field("/amount", "ask for more than nothing"));
        }
        for it in self.store().expected_credits(&head.id).await? {
            whole = whole.saturating_add(money(&it.amount)?.minor());
        }
        if whole > money(&head.gross_amount)?.minor() {
            let detail = "with what is expected already it is more than the invoice bills";
            return Err(Error::invalid_field("/amount", detail));
        }
        Ok(())
    }

    /// Refuses an order line that nobody knows.
    async fn is_ordered(&self, number: &PurchaseOrderNumber, line: u32) -> Result<()> {
        let order = match self.system().purchase_orders().get(number).await {
            Err(error) if error.kind() == Kind::NotFound => {
                let detail = format!("there is no order {number}");
                return Err(Error::invalid_field("/purchase_order_number", detail));
            }
            found => found?,
        };
        if order.lines.iter().any(|it| it.line_number == line) {
            return Ok(());
        }
        let detail = format!("the order {number} has no line {line}");
        Err(Error::invalid_field("/purchase_order_line", detail))
    }

    /// Writes it; gives the case as it is shown then.
    fn undertaken(
        &self,
        batch: &mut Batch,
        mut stand: Stand,
        (what, reason): (&Undertaking<'_>, &str),
        principal: &Principal,
    ) -> Result<bytes::Bytes> {
        let now = self.now();
        let event = told(&stand.kept, (what, reason, stand.case.version), principal, now)?;
        let orders = crate::facts::order_numbers(&stand.kept.invoice);
        let keys: Vec<EventKey> = orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
        batch.append_event(&event, &keys)?;
        let mut ended = Resolution::Accepted;
        match what {
            Undertaking::Reject | Undertaking::Cancel => {
                let is_cancelled = matches!(what, Undertaking::Cancel);
                ended = if is_cancelled { Resolution::Cancelled } else { Resolution::Rejected };
                self.end(batch, &mut stand, (is_cancelled, &event.id))?;
                for order in &orders {
                    batch.enqueue_work(rematch_work(order, &event.id, now));
                }
                for other in &stand.alike {
                    batch.enqueue_work(rematch_invoice_work(other, &event.id, now));
                }
            }
            Undertaking::Dispute => stand.kept.head.state = InvoiceState::Disputed,
            Undertaking::WithdrawDispute => stand.kept.head.state = InvoiceState::Blocked,
            Undertaking::RequestCredit { amount } => {
                batch.insert_expected_credit(&ExpectedCredit {
                    id: self.new_text_id("credit"),
                    invoice_id: stand.kept.head.id.clone(),
                    kind: ExpectedCreditKind::Credit,
                    amount: *amount,
                    currency: stand.kept.head.currency,
                    reason: reason.to_owned(),
                    asked_by: principal.id.clone(),
                    asked_at: now,
                });
            }
            Undertaking::CorrectAssociation { invoice_line, order: (number, line) } => {
                batch.put_association(&Association {
                    invoice_id: stand.kept.head.id.clone(),
                    invoice_line: *invoice_line,
                    purchase_order_number: (*number).clone(),
                    purchase_order_line: *line,
                    decided_by: principal.id.clone(),
                    reason: reason.to_owned(),
                    decided_at: now,
                });
                let head = &stand.kept.head;
                batch.enqueue_work(rematch_invoice_work(head, &event.id, now));
            }
        }
        stand.kept.head.updated_at = now;
        batch.update_invoice(&stand.kept.head)?;
        let followed = Followed {
            head: &stand.kept.head,
            invoice: &stand.kept.invoice,
            matched: None,
            orders: &orders,
            holds: &stand.holds,
            letter: None,
            cases: stand.cases,
            ended: Ended::Person(&principal.id, ended),
            now,
        };
        let moved = self.follow_cases(batch, followed)?;
        let after = moved.iter().find(|it| it.id == stand.case.id).unwrap_or(&stand.case);
        answered(&self.show(after, &stand.kept.head, &stand.holds)?)
    }

    /// Ends the invoice: nothing holds what nobody owes.
    fn end(
        &self,
        batch: &mut Batch,
        stand: &mut Stand,
        (is_cancelled, because): (bool, &str),
    ) -> Result<()> {
        let mut ended = Vec::new();
        for hold in stand.holds.iter().filter(|it| it.state == HoldState::Open) {
            let hold = cleared(hold, because, self.now())?;
            batch.move_hold(&hold, HoldState::Open);
            ended.push(hold);
        }
        replace(&mut stand.holds, &ended);
        let head = &mut stand.kept.head;
        head.state = if is_cancelled { InvoiceState::Cancelled } else { InvoiceState::Rejected };
        head.codes = Vec::new();
        head.at_stake = Decimal::ZERO;
        Ok(())
    }
}

/// Refuses what is not legal from where the invoice stands (`domain.md` A4.4).
fn stands_for(what: &Undertaking<'_>, kept: &InvoiceRecord) -> Result<()> {
    let head = &kept.head;
    let (fine, instead) = match what {
        Undertaking::Reject => (
            head.state == InvoiceState::Exception,
            "only what is not owed goes back to the supplier; what is owed is cancelled",
        ),
        Undertaking::Cancel => (
            matches!(head.state, InvoiceState::Blocked | InvoiceState::Disputed),
            "only what is owed and waits is cancelled; what is not owed goes back to the supplier",
        ),
        Undertaking::Dispute => {
            (head.state == InvoiceState::Blocked, "only what is owed and waits is disputed")
        }
        Undertaking::WithdrawDispute => {
            (head.state == InvoiceState::Disputed, "nobody disputes the invoice")
        }
        Undertaking::RequestCredit { .. } => (
            head.state.is_booked() && !head.kind.is_credit(),
            "only an invoice that is owed is credited",
        ),
        Undertaking::CorrectAssociation { .. } => (
            matches!(head.state, InvoiceState::Exception | InvoiceState::Blocked),
            "what does not wait is not matched otherwise",
        ),
    };
    if !fine {
        let word = head.state.name().replace('_', " ");
        return Err(Error::conflict(format!("the invoice is {word}: {instead}")));
    }
    let must_not_be_posted =
        matches!(what, Undertaking::Cancel | Undertaking::CorrectAssociation { .. });
    let posted = head.erp.as_ref().filter(|it| it.status != ErpStatus::Rejected);
    match posted.filter(|_| must_not_be_posted) {
        None => Ok(()),
        Some(erp) => {
            let number = erp.document_number.as_deref().unwrap_or("no number yet");
            Err(Error::conflict(format!(
                "the finance system has it, or may have it ({number}), and takes no reversal from \
                 here: reverse it there"
            )))
        }
    }
}

/// The event that tells of it.
fn told(
    kept: &InvoiceRecord,
    (what, reason, version): (&Undertaking<'_>, &str, i64),
    principal: &Principal,
    now: jiff::Timestamp,
) -> Result<Event> {
    let (by, because) = (Some(principal.id.as_str()), Some(reason));
    let about = about(kept, now);
    let version = format!("{}.{version}", kept.head.version);
    let decided = |of| about.event(of, &version, &InvoiceDecided { by, because });
    match what {
        Undertaking::Reject => decided(event::INVOICE_REJECTED),
        Undertaking::Cancel => decided(event::INVOICE_CANCELLED),
        Undertaking::Dispute => decided(event::INVOICE_DISPUTED),
        Undertaking::WithdrawDispute => decided(event::DISPUTE_WITHDRAWN),
        Undertaking::RequestCredit { amount } => {
            let (kind, currency) = (Told::Credit, kept.head.currency);
            let amount = amount.to_string();
            let data = CreditExpected { kind, amount, currency, part: None, by, because };
            about.event(event::CREDIT_EXPECTED, &version, &data)
        }
        Undertaking::CorrectAssociation { invoice_line, order: (number, line) } => {
            let data = AssociationCorrected {
                invoice_line: *invoice_line,
                purchase_order_number: number,
                purchase_order_line: *line,
                by,
                because,
            };
            about.event(event::ASSOCIATION_CORRECTED, &version, &data)
        }
    }
}

/// What events of the invoice are about.
pub(super) fn about(kept: &InvoiceRecord, now: jiff::Timestamp) -> About<'_> {
    About {
        invoice_id: &kept.head.id,
        supplier_id: &kept.head.supplier_id,
        facility: kept.head.facility_id.as_ref().map(canonical::FacilityId::as_str),
        orders: &[],
        correlation_id: &kept.head.correlation_id,
        now,
        traceparent: stack::context::current().map(|it| it.traceparent),
    }
}
