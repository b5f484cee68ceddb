//! Paying the part that nobody disputes (`domain.md` A10.4): the rest is charged back, and a credit
//! is expected for it.

use super::{Body, Print};
use crate::Process;
use crate::invoice::{Answer, Release, ShortPayment, given};
use crate::matching::{self, Facts, Part};
use canonical::{Code, Error, InvoiceState, Money, Principal, Reason, Result};
use stack::idempotency::Claim;
use store::{Hold, HoldState, InvoiceRecord};

/// What is disputed of a reason, where it is a part that can be left out.
pub(super) const fn parts(code: Code) -> &'static [Part] {
    match code {
        Code::Tax01 => &[Part::Tax],
        Code::Chg01 => &[Part::Freight, Part::Charges],
        Code::Chg02 => &[Part::Freight],
        _ => &[],
    }
}

impl Process {
    /// Pays the invoice of a case without what is disputed of a part.
    pub(super) async fn short_pay(
        &self,
        principal: &Principal,
        id: &str,
        (part, reason, match_run): (Part, &str, Option<u32>),
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        super::act::may_release(principal)?;
        given("/reason", reason)?;
        let case = self.live(id).await?;
        let kept = self.store().invoice(&case.invoice_id).await?;
        is_payable(&kept)?;
        let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
        let body = Body::of(&case)?;
        let disputed = |it: &&Hold| {
            it.state == HoldState::Open
                && body.is_about(&Print::of(it))
                && parts(it.code).contains(&part)
        };
        let hold = holds.iter().find(disputed).ok_or_else(|| {
            Error::conflict("nothing of that part is disputed in this case: see what holds it")
        })?;
        let run = self.store().match_run(&case.invoice_id, kept.head.run_no).await?;
        let facts: Facts = serde_json::from_str(&run.facts_json)
            .map_err(|error| Error::internal("facts cannot be read").because(error))?;
        let disputed: Reason = serde_json::from_str(&hold.detail_json)
            .map_err(|error| Error::internal("a hold cannot be read").because(error))?;
        let payment = self.payment(&kept, (&facts, &disputed), part)?;
        let asked = Release {
            holds: vec![hold.id.clone()],
            reason: reason.to_owned(),
            match_run: Some(match_run.unwrap_or(kept.head.run_no)),
            short_payment: Some(payment),
        };
        let answer = |next: &crate::invoice::Released| {
            let after = next.cases.iter().find(|it| it.id == case.id).unwrap_or(&case);
            super::act::answered(&self.show(after, &next.kept.head, &next.holds)?)
        };
        self.release_as((principal, claim), &case.invoice_id, &asked, &answer).await
    }

    /// What is charged back: the engine says that nothing of it is disputed any more then.
    fn payment(
        &self,
        kept: &InvoiceRecord,
        (facts, disputed): (&Facts, &Reason),
        part: Part,
    ) -> Result<ShortPayment> {
        let payment = short_payment(disputed, part, kept.head.currency)
            .ok_or_else(|| Error::conflict("it is not known how much of it is disputed"))?;
        let mut invoice = kept.invoice.clone();
        let is_taken = matching::short_pay(part, payment.chargeback, &mut invoice);
        let left = matching::evaluate(&invoice, facts, self.policy()).reasons;
        if !is_taken || left.iter().any(|it| it.code == disputed.code && it.key == disputed.key) {
            return Err(Error::conflict(format!(
                "{} {} less of it would not do: look at what the explanation of the invoice lists",
                payment.chargeback.amount_text(),
                payment.chargeback.currency().code()
            )));
        }
        Ok(payment)
    }
}

/// What would be charged back of a part.
pub(super) fn short_payment(
    disputed: &Reason,
    part: Part,
    currency: canonical::Currency,
) -> Option<ShortPayment> {
    let off = disputed.variance.as_ref()?.amount.as_ref()?.decimal().ok()?;
    let chargeback = Money::written(&off, currency).ok().filter(|it| it.minor() > 0)?;
    Some(ShortPayment { part, chargeback })
}

/// Refuses what is in the finance system already, or never owed.
fn is_payable(kept: &InvoiceRecord) -> Result<()> {
    let head = &kept.head;
    if head.erp.is_some() {
        return Err(Error::conflict(
            "the finance system has the whole invoice: ask for a credit (request_credit)",
        ));
    }
    if matches!(head.state, InvoiceState::Blocked | InvoiceState::Disputed) {
        return Ok(());
    }
    Err(Error::conflict("only what is owed and waits is paid in part"))
}
