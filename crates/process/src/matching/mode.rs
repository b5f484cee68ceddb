//! Which flow an order line follows, and what its invoices are held against (`domain.md` A5).

use super::index::OrderLine;
use super::policy::{Entities, LineContext, Policy};
use super::request::Facts;
use canonical::{
    Invoice, InvoiceKind, Item, MatchMode, ModeResolved, OrderKind, PurchaseOrder,
    PurchaseOrderLine, PurchaseOrderNumber,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The source of a mode that goes on because a hold stands.
const EARLIER_RUN: &str = "earlier_run";

/// What an order line is held against, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) mode: MatchMode,
    pub(super) source: Cow<'static, str>,
}

impl Mode {
    /// What is to be said of goods that are missing under it.
    pub(super) fn words(&self) -> &'static str {
        if self.source == EARLIER_RUN {
            "; the order line asks for less than when the invoice was held, which needs the \
             approval of a release: until then receipts count as before"
        } else {
            ""
        }
    }
}

/// Who says what an order line is held against: a hold that stands, the line itself, else the
/// policy.
pub(super) struct Modes<'a> {
    held: BTreeMap<(&'a PurchaseOrderNumber, u32), MatchMode>,
    policy: &'a Policy,
    invoice: &'a Invoice,
    entities: Entities<'a>,
}

impl<'a> Modes<'a> {
    pub(super) fn new(policy: &'a Policy, invoice: &'a Invoice, facts: &'a Facts) -> Self {
        let held = facts.held_modes.iter();
        let held = held
            .map(|it| ((&it.purchase_order_number, it.purchase_order_line), it.match_mode))
            .collect();
        Self { held, policy, invoice, entities: Entities::new(&facts.facilities) }
    }

    pub(super) fn of(
        &self,
        order: &'a PurchaseOrder,
        line: &'a PurchaseOrderLine,
        item: Option<&'a Item>,
    ) -> Mode {
        let now = self.resolved(order, line, item);
        match self.held.get(&(&order.number, line.line_number)) {
            Some(held) if *held > now.mode => {
                Mode { mode: *held, source: Cow::Borrowed(EARLIER_RUN) }
            }
            _ => now,
        }
    }

    fn resolved(
        &self,
        order: &'a PurchaseOrder,
        line: &'a PurchaseOrderLine,
        item: Option<&'a Item>,
    ) -> Mode {
        if let Some(mode) = line.match_mode {
            return Mode { mode, source: Cow::Borrowed("purchase_order_line") };
        }
        if !self.policy.has_scoped_modes() {
            return self.found(&LineContext::default());
        }
        let own = LineContext::of_order(order, line, item, &self.entities);
        let (supplier, facility) = (&self.invoice.supplier_id, self.invoice.facility_id.as_ref());
        let stated = LineContext::of_document(supplier, facility, &self.entities);
        let context = LineContext {
            facility: own.facility.or(stated.facility),
            legal_entity: own.legal_entity.or(stated.legal_entity),
            ..own
        };
        self.found(&context)
    }

    fn found(&self, context: &LineContext<'_>) -> Mode {
        let (mode, source) = self.policy.mode(context, self.invoice.invoice_date);
        let source = if source == "default" {
            Cow::Borrowed("default")
        } else {
            Cow::Owned(source.to_owned())
        };
        Mode { mode, source }
    }
}

/// The mode of an order line as an answer shows it.
pub(super) fn shown(line: &OrderLine<'_>, kind: InvoiceKind) -> ModeResolved {
    ModeResolved {
        match_mode: line.mode(),
        source: line.mode.source.clone(),
        flow: Cow::Borrowed(flow(line, kind)),
    }
}

/// The mode of what was billed without an order line.
pub(super) const fn without_order(source: &'static str, flow: &'static str) -> ModeResolved {
    let match_mode = match flow.as_bytes() {
        b"F6" => MatchMode::ZeroWay,
        _ => MatchMode::ThreeWay,
    };
    ModeResolved { match_mode, source: Cow::Borrowed(source), flow: Cow::Borrowed(flow) }
}

fn flow(line: &OrderLine<'_>, kind: InvoiceKind) -> &'static str {
    match line.order.kind {
        OrderKind::BillOnly => return "F5",
        OrderKind::ConsignmentFill => return "F4",
        OrderKind::Blanket | OrderKind::Standing => return "F8",
        OrderKind::Ers => return "F7",
        OrderKind::Standard | OrderKind::Service | OrderKind::Capital => {}
    }
    if line.is_by_usage() {
        return "F4";
    }
    if kind == InvoiceKind::SelfBilled {
        return "F7";
    }
    if line.order.limit_amount.is_some() {
        return "F8";
    }
    match line.mode() {
        MatchMode::ZeroWay => "F6",
        MatchMode::TwoWay => "F3",
        MatchMode::ThreeWay | MatchMode::FourWay if line.line.receipt_based_invoice => "F1",
        MatchMode::ThreeWay | MatchMode::FourWay => "F2",
    }
}
