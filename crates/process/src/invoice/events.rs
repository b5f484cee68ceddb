//! The events of a decision: what came in, what the match said, and what holds it.

use super::decide;
use super::save::{Case, document_id};
use crate::event::About;
use canonical::{InvoiceLine, MatchResult, Result};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use store::{Batch, EventKey};

/// Appends what this decision says to the log.
pub(super) fn append(
    batch: &mut Batch,
    case: &Case,
    result: &MatchResult,
    now: Timestamp,
) -> Result<()> {
    let correlation_id = case.correlation_id();
    let about = About {
        invoice_id: &case.id,
        supplier_id: &case.invoice.supplier_id,
        facility: case.invoice.facility_id.as_ref().map(canonical::FacilityId::as_str),
        orders: &case.orders,
        correlation_id: &correlation_id,
        now,
        traceparent: stack::context::current().map(|it| it.traceparent),
    };
    let keys: Vec<EventKey> = case.orders.iter().cloned().map(EventKey::PurchaseOrder).collect();
    let received = about.event(
        "payables",
        "invoice.received",
        "1",
        json!({
            "supplier_invoice_number": case.invoice.supplier_invoice_number,
            "invoice_date": case.invoice.invoice_date,
            "gross": case.gross,
            "payload_sha256": case.payload_sha256,
            "format": case.format.name(),
            "document": document_id(case),
        }),
    );
    let mut evaluated = about.event(
        "matching",
        "match.evaluated",
        "1",
        json!({
            "invoice": case.id,
            "run": 1,
            "trigger": received.id,
            "outcome": result.outcome,
            "reasons": result.reasons,
            "flags": result.flags,
            "policy": result.policy,
            "books_liability": decide::state(result.outcome).is_booked(),
        }),
    );
    evaluated.causationid = Some(received.id.clone());
    batch.append_event(&received, &keys)?;
    batch.append_event(&evaluated, &keys)?;
    let of_lines = orders_of_lines(case);
    let holds = result.reasons.iter().filter(|it| it.code.outcome().is_some());
    for (number, reason) in holds.enumerate() {
        let version = format!("1.{}", number + 1);
        let mut opened = about.event("matching", "hold.opened", &version, json!(reason));
        opened.causationid = Some(evaluated.id.clone());
        // a hold of a line is found by the order of that line alone: an invoice of many lines and
        // orders would else be found under each order once per line
        let own = reason.invoice_line.map(|it| of_lines.get(&it).map(std::slice::from_ref));
        batch.append_event(&opened, own.map_or(keys.as_slice(), Option::unwrap_or_default))?;
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
