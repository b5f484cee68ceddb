//! The events of a decision: what came in, what the match said, and what holds it.

use super::decide;
use super::holding::Detail;
use super::rematch::Next;
use super::save::{Case, Evidence, document_id};
use crate::event::payload::{InvoiceReceived, MatchEvaluated, ReleasedHold};
use crate::event::{self, About};
use crate::facts;
use canonical::{InvoiceLine, MatchResult, Reason, Result};
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{Batch, EventKey, Hold, InvoiceHead, InvoiceRecord};

/// Appends what this decision says to the log.
pub(super) fn append(
    batch: &mut Batch,
    case: &Case,
    evidence: &Evidence,
    result: &MatchResult,
    now: Timestamp,
) -> Result<()> {
    let about = About {
        invoice_id: &case.id,
        supplier_id: &case.invoice.supplier_id,
        facility: case.invoice.facility_id.as_ref().map(canonical::FacilityId::as_str),
        orders: &case.orders,
        correlation_id: &case.correlation_id,
        now,
        traceparent: stack::context::current().map(|it| it.traceparent),
    };
    let keys: Vec<EventKey> = case.orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
    let received = about.event(
        event::INVOICE_RECEIVED,
        "1",
        &InvoiceReceived {
            supplier_invoice_number: &case.invoice.supplier_invoice_number,
            invoice_date: case.invoice.invoice_date,
            gross: case.gross,
            payload_sha256: &evidence.payload_sha256,
            format: evidence.format.name(),
            document: document_id(case),
        },
    )?;
    let mut evaluated = about.event(
        event::MATCH_EVALUATED,
        "1",
        &MatchEvaluated {
            invoice: &case.id,
            run: 1,
            trigger: &received.id,
            supersedes_run: None,
            outcome: result.outcome,
            state: None,
            reasons: &result.reasons,
            flags: &result.flags,
            policy: &result.policy,
            books_liability: decide::state(result.outcome).is_booked(),
        },
    )?;
    evaluated.causationid = Some(received.id.clone());
    batch.append_event(&received, &keys)?;
    batch.append_event(&evaluated, &keys)?;
    let holds = result.reasons.iter().filter(|it| it.code.outcome().is_some());
    let opened = holds.map(|it| (event::HOLD_OPENED, it));
    append_holds(batch, case, (&about, 1, &evaluated.id), opened)
}

/// Appends what a later run says: that it ran, and what became of holds and of the invoice.
pub(super) fn append_again(
    batch: &mut Batch,
    case: &Case,
    next: &Next,
    was: &InvoiceHead,
) -> Result<()> {
    let about = About {
        invoice_id: &case.id,
        supplier_id: &case.invoice.supplier_id,
        facility: case.invoice.facility_id.as_ref().map(canonical::FacilityId::as_str),
        orders: &case.orders,
        correlation_id: &case.correlation_id,
        now: next.now,
        traceparent: None,
    };
    let keys: Vec<EventKey> = case.orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
    let result = &next.result;
    let mut evaluated = about.event(
        event::MATCH_EVALUATED,
        &next.run_no.to_string(),
        &MatchEvaluated {
            invoice: &case.id,
            run: next.run_no,
            trigger: &next.trigger,
            supersedes_run: Some(was.run_no),
            outcome: result.outcome,
            state: Some(next.head.state),
            reasons: &result.reasons,
            flags: &result.flags,
            policy: &result.policy,
            books_liability: next.head.state.is_booked(),
        },
    )?;
    evaluated.causationid = Some(next.trigger.clone());
    batch.append_event(&evaluated, &keys)?;
    let moved = next.holding.moved.iter();
    let moved = moved.filter_map(|it| Some((it.turn.event()?, &it.reason)));
    append_holds(batch, case, (&about, next.run_no, &evaluated.id), moved)
}

/// A hold that was reopened may be released again, and it was a run that reopened it.
fn release_version(head: &InvoiceHead, hold: &Hold) -> String {
    format!("{}.{}", hold.id, head.run_no)
}

/// The id of the event that tells of a release.
pub(crate) fn released_id(head: &InvoiceHead, hold: &Hold) -> String {
    event::id(&head.id, event::HOLD_RELEASED, &release_version(head, hold))
}

/// Appends that a person released holds.
pub(crate) fn append_released(
    batch: &mut Batch,
    kept: &InvoiceRecord,
    holds: &[Hold],
    now: Timestamp,
) -> Result<()> {
    let head = &kept.head;
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
    let keys: Vec<EventKey> = orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
    let evaluated = event::id(&head.id, event::MATCH_EVALUATED, &head.run_no.to_string());
    for hold in holds {
        let Detail { reason, release, .. } = Detail::of(hold)?;
        let data = ReleasedHold {
            reason,
            hold: hold.id.clone(),
            by: release.as_ref().map(|it| it.by.clone()),
            because: release.as_ref().map(|it| it.because.clone()),
            at: release.as_ref().map(|it| it.at),
            accepted: release.and_then(|it| it.accepted),
        };
        let version = release_version(head, hold);
        let mut event = about.event(event::HOLD_RELEASED, &version, &data)?;
        event.causationid = Some(evaluated.clone());
        batch.append_event(&event, &keys)?;
    }
    Ok(())
}

/// Appends what became of holds in a run.
fn append_holds<'a>(
    batch: &mut Batch,
    case: &Case,
    (about, run_no, cause): (&About<'_>, u32, &str),
    holds: impl Iterator<Item = (event::Type<Reason>, &'a Reason)>,
) -> Result<()> {
    let keys: Vec<EventKey> = case.orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
    let of_lines = orders_of_lines(case);
    for (number, (what, reason)) in holds.enumerate() {
        let version = format!("{run_no}.{}", number + 1);
        let mut event = about.event(what, &version, reason)?;
        event.causationid = Some(cause.to_owned());
        // a hold of a line is found by the order of that line alone: an invoice of many lines and
        // orders would else be found under each order once per line
        let own = reason.invoice_line.map(|it| of_lines.get(&it).map(std::slice::from_ref));
        batch.append_event(&event, own.map_or(keys.as_slice(), Option::unwrap_or_default))?;
    }
    Ok(())
}

fn orders_of_lines(case: &Case) -> BTreeMap<u32, EventKey> {
    let order = |line: &InvoiceLine| {
        let number = line.purchase_order_number.clone()?;
        Some((line.line_number, EventKey::PurchaseOrder(number)))
    };
    case.invoice.lines.iter().filter_map(order).collect()
}
