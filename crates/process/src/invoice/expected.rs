//! Credits that are expected for an invoice: what was charged back, and what was asked for. Whether
//! they came is told by the credits that cite it.

use super::holding::Detail;
use super::{ExpectedCredit, ExpectedCreditKind, InvoiceRecord};
use crate::event::payload::CreditExpected;
use crate::event::{self, About};
use crate::matching::Association;
use crate::{Process, facts};
use canonical::{Error, Money, Principal, Result};
use store::{Batch, EventKey};

impl Process {
    /// Notes what was not paid when the invoice was booked, and tells of it.
    pub(crate) fn charge_back(
        &self,
        batch: &mut Batch,
        kept: &store::InvoiceRecord,
        holds: &[store::Hold],
    ) -> Result<()> {
        let (head, now) = (&kept.head, self.now());
        for hold in holds.iter().filter(|it| it.state == store::HoldState::Released) {
            let release = Detail::of(hold)?.release;
            let Some((payment, by, because)) =
                release.and_then(|it| Some((it.short_payment?, it.by, it.because)))
            else {
                continue;
            };
            let amount = payment.chargeback.amount_text();
            batch.insert_expected_credit(&store::ExpectedCredit {
                id: self.new_text_id("credit"),
                invoice_id: head.id.clone(),
                kind: store::ExpectedCreditKind::Chargeback,
                amount: amount
                    .parse()
                    .map_err(|_error| Error::internal("an amount has no plain text"))?,
                currency: head.currency,
                reason: because.clone(),
                asked_by: by.clone(),
                asked_at: now,
            });
            let orders = facts::order_numbers(&kept.invoice);
            let about = About {
                invoice_id: &head.id,
                supplier_id: &head.supplier_id,
                facility: head.facility_id.as_ref().map(canonical::FacilityId::as_str),
                orders: &orders,
                correlation_id: &head.correlation_id,
                now,
                traceparent: stack::context::current().map(|it| it.traceparent),
            };
            let data = CreditExpected {
                kind: ExpectedCreditKind::Chargeback,
                amount,
                currency: head.currency,
                part: Some(payment.part),
                by: Some(&by),
                because: Some(&because),
            };
            let mut told = about.event(event::CREDIT_EXPECTED, &hold.id, &data)?;
            let run = head.run_no.to_string();
            told.causationid = Some(event::id(&head.id, event::MATCH_EVALUATED, &run));
            let keys: Vec<EventKey> = orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
            batch.append_event(&told, &keys)?;
        }
        Ok(())
    }

    /// Adds what people stated and what is expected to one invoice that is shown whole.
    pub(super) async fn with_undertakings(
        &self,
        principal: &Principal,
        mut record: InvoiceRecord,
    ) -> Result<InvoiceRecord> {
        let stated = self.store().associations(&record.id).await?;
        record.associations = stated.into_iter().map(stated_as).collect();
        let expected = self.store().expected_credits(&record.id).await?;
        if expected.is_empty() {
            return Ok(record);
        }
        let mut left = self.credited(&record).await?;
        let is_inside = principal.supplier_id.is_none();
        for it in expected {
            let amount = Money::written(&it.amount, it.currency)
                .map_err(|detail| Error::internal(format!("{}: {detail}", it.id)))?;
            let received = left >= amount.minor();
            left = left.saturating_sub(amount.minor()).max(0);
            record.expected_credits.push(ExpectedCredit {
                id: it.id,
                kind: match it.kind {
                    store::ExpectedCreditKind::Credit => ExpectedCreditKind::Credit,
                    store::ExpectedCreditKind::Chargeback => ExpectedCreditKind::Chargeback,
                },
                amount,
                received,
                asked_at: it.asked_at,
                reason: is_inside.then_some(it.reason),
                asked_by: is_inside.then_some(it.asked_by),
            });
        }
        Ok(record)
    }

    /// What credits that cite the invoice take back in all, in the smallest unit.
    async fn credited(&self, record: &InvoiceRecord) -> Result<i128> {
        let kept = self.store().invoice(&record.id).await?;
        let head = &kept.head;
        let citing =
            self.store().credits_citing(&head.supplier_group, &head.normalised_number).await?;
        let mut sum = 0_i128;
        let booked = citing.iter().filter(|it| it.head.state.is_booked());
        for it in booked.filter(|it| it.head.currency == head.currency) {
            sum = sum.saturating_add(super::save::amount(&it.head)?.minor());
        }
        Ok(sum)
    }
}

/// What a person stated, as the match takes it.
pub(super) fn stated_as(it: store::Association) -> Association {
    Association {
        invoice_line: it.invoice_line,
        purchase_order_number: it.purchase_order_number,
        purchase_order_line: it.purchase_order_line,
    }
}
