//! The life of an order and how far it has come, computed from facts: what was ordered, what moved,
//! what was billed, what was sent and answered. Pure.

use crate::event::{self, Type, payload::OrderMoved};
use canonical::{Exact, MatchBasis, MatchMode, OrderStatus, PurchaseOrderLine};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order stands (`domain.md` A4.2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Being written.
    Draft,
    /// Waiting for approval.
    PendingApproval,
    /// Approved, not yet with the supplier.
    Approved,
    /// With the supplier.
    Dispatched,
    /// With the supplier, who answered otherwise than was ordered.
    AckException,
    /// Received and billed in full, and nothing holds a bill.
    Completed,
    /// Called off.
    Cancelled,
    /// Closed for good.
    FinallyClosed,
}

impl Lifecycle {
    /// What the back end alone makes of it.
    #[must_use]
    pub const fn of(status: OrderStatus) -> Self {
        match status {
            OrderStatus::Draft => Self::Draft,
            OrderStatus::PendingApproval => Self::PendingApproval,
            OrderStatus::Approved => Self::Approved,
            OrderStatus::Dispatched => Self::Dispatched,
            OrderStatus::Cancelled => Self::Cancelled,
            OrderStatus::Completed => Self::Completed,
            OrderStatus::FinallyClosed => Self::FinallyClosed,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingApproval => "pending_approval",
            Self::Approved => "approved",
            Self::Dispatched => "dispatched",
            Self::AckException => "ack_exception",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::FinallyClosed => "finally_closed",
        }
    }

    /// The events that tell that an order came from one to the other, where it is we who see it.
    #[must_use]
    pub(super) const fn events(self, before: Self) -> &'static [Type<OrderMoved<'static>>] {
        match (before, self) {
            (Self::Completed, Self::Dispatched) => &[event::ORDER_REOPENED],
            (Self::Completed, Self::AckException) => {
                &[event::ORDER_REOPENED, event::ORDER_ANSWERED_OTHERWISE]
            }
            (Self::Approved, Self::Dispatched) => &[event::ORDER_DISPATCHED],
            (Self::Approved, Self::AckException) => {
                &[event::ORDER_DISPATCHED, event::ORDER_ANSWERED_OTHERWISE]
            }
            (Self::Dispatched, Self::AckException) => &[event::ORDER_ANSWERED_OTHERWISE],
            (Self::Approved, Self::Completed) => &[event::ORDER_DISPATCHED, event::ORDER_COMPLETED],
            (Self::Dispatched | Self::AckException, Self::Completed) => &[event::ORDER_COMPLETED],
            (_, Self::FinallyClosed) => &[event::ORDER_FINALLY_CLOSED],
            // approved, changed and cancelled is what the back end tells
            _ => &[],
        }
    }
}

/// How much of a line has happened; the worst last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// All.
    Full,
    /// Something.
    Partial,
    /// Nothing.
    None,
    /// More than all.
    Over,
}

/// How receipts and invoices of a line stand to each other; the worst last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// What is billed is what came.
    InStep,
    /// More came than is billed.
    ReceivedNotInvoiced,
    /// More is billed than came.
    InvoicedNotReceived,
}

/// What is known of a line, in one unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts {
    pub(super) ordered: Exact,
    /// Received, less what went back.
    pub(super) received: Exact,
    pub(super) invoiced: Exact,
}

/// How far a line has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineLife {
    pub(super) receipt: Progress,
    pub(super) invoice: Progress,
    pub(super) coverage: Coverage,
    /// Whether nothing more is to come and all of it is billed.
    pub(super) is_complete: bool,
}

impl LineLife {
    pub(super) fn of(line: &PurchaseOrderLine, amounts: &Amounts) -> Self {
        let Amounts { ordered, received, invoiced } = amounts;
        let receipt = progress(received, ordered);
        let invoice = progress(invoiced, ordered);
        let is_received = !needs_receipts(line)
            || line.closed
            || matches!(receipt, Progress::Full | Progress::Over);
        // what was short-closed is owed as far as it came
        let owed = if line.closed && needs_receipts(line) { received } else { ordered };
        let is_billed = invoiced >= owed || line.closed && !needs_receipts(line);
        let coverage = match received.cmp(invoiced) {
            _ if !needs_receipts(line) => Coverage::InStep,
            std::cmp::Ordering::Equal => Coverage::InStep,
            std::cmp::Ordering::Greater => Coverage::ReceivedNotInvoiced,
            std::cmp::Ordering::Less => Coverage::InvoicedNotReceived,
        };
        Self { receipt, invoice, coverage, is_complete: is_received && is_billed }
    }
}

/// Whether goods must come before a line is done.
pub(super) fn needs_receipts(line: &PurchaseOrderLine) -> bool {
    let without = matches!(line.match_mode, Some(MatchMode::ZeroWay | MatchMode::TwoWay));
    !without && line.match_basis == MatchBasis::Quantity
}

fn progress(done: &Exact, of: &Exact) -> Progress {
    let nothing = Exact::default();
    match done {
        it if *it <= nothing => Progress::None,
        it if it < of => Progress::Partial,
        it if it == of => Progress::Full,
        _ => Progress::Over,
    }
}

/// What is known of an order beside its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrderFacts {
    pub(super) status: OrderStatus,
    /// Whether the supplier is known to have it: it was delivered, answered, or goods came.
    pub(super) is_with_supplier: bool,
    /// Whether the supplier's last answer differs from the order.
    pub(super) is_answered_otherwise: bool,
    /// Whether a bill of it is held.
    pub(super) is_held: bool,
}

/// Where an order stands.
pub(super) fn lifecycle(facts: OrderFacts, lines: &[LineLife]) -> Lifecycle {
    let is_open = matches!(facts.status, OrderStatus::Approved | OrderStatus::Dispatched);
    let is_complete = !lines.is_empty() && lines.iter().all(|it| it.is_complete);
    match Lifecycle::of(facts.status) {
        other if !is_open => other,
        _ if is_complete && !facts.is_held => Lifecycle::Completed,
        _ if facts.is_answered_otherwise => Lifecycle::AckException,
        Lifecycle::Approved if facts.is_with_supplier => Lifecycle::Dispatched,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canonical::Decimal;
    use serde_json::json;

    fn line(mode: &str, closed: bool) -> PurchaseOrderLine {
        serde_json::from_value(json!({
            "line_number": 1, "quantity": { "value": "10", "uom": "EA" }, "unit_price": "1",
            "match_mode": mode, "closed": closed,
        }))
        .unwrap()
    }

    fn exact(value: i64) -> Exact {
        Decimal::new(value.into(), 0).unwrap().exact()
    }

    fn life(mode: &str, closed: bool, received: i64, invoiced: i64) -> LineLife {
        let amounts =
            Amounts { ordered: exact(10), received: exact(received), invoiced: exact(invoiced) };
        LineLife::of(&line(mode, closed), &amounts)
    }

    #[test]
    fn a_line_is_as_far_as_its_facts() {
        use Coverage as C;
        use Progress as P;
        for (mode, closed, received, invoiced, receipt, invoice, coverage, is_complete) in [
            ("three_way", false, 0, 0, P::None, P::None, C::InStep, false),
            ("three_way", false, 4, 0, P::Partial, P::None, C::ReceivedNotInvoiced, false),
            ("three_way", false, 4, 6, P::Partial, P::Partial, C::InvoicedNotReceived, false),
            ("three_way", false, 10, 4, P::Full, P::Partial, C::ReceivedNotInvoiced, false),
            ("three_way", false, 10, 10, P::Full, P::Full, C::InStep, true),
            ("three_way", false, 12, 12, P::Over, P::Over, C::InStep, true),
            ("three_way", false, 4, 10, P::Partial, P::Full, C::InvoicedNotReceived, false),
            // short-closed: what came is owed
            ("three_way", true, 4, 0, P::Partial, P::None, C::ReceivedNotInvoiced, false),
            ("three_way", true, 4, 4, P::Partial, P::Partial, C::InStep, true),
            ("three_way", true, 0, 0, P::None, P::None, C::InStep, true),
            // no goods are waited for
            ("two_way", false, 0, 10, P::None, P::Full, C::InStep, true),
            ("two_way", false, 0, 4, P::None, P::Partial, C::InStep, false),
            ("two_way", true, 0, 4, P::None, P::Partial, C::InStep, true),
        ] {
            let expected = LineLife { receipt, invoice, coverage, is_complete };
            assert_eq!(
                life(mode, closed, received, invoiced),
                expected,
                "{mode} {received} {invoiced}"
            );
        }
    }

    const FACTS: OrderFacts = OrderFacts {
        status: OrderStatus::Approved,
        is_with_supplier: false,
        is_answered_otherwise: false,
        is_held: false,
    };

    #[test]
    fn an_order_stands_where_its_facts_put_it() {
        let (open, done) = (life("three_way", false, 4, 4), life("three_way", false, 10, 10));
        let with = OrderFacts { is_with_supplier: true, ..FACTS };
        let otherwise = OrderFacts { is_answered_otherwise: true, ..with };
        let held = OrderFacts { is_held: true, ..with };
        let cancelled = OrderFacts { status: OrderStatus::Cancelled, ..with };
        for (facts, lines, expected) in [
            (FACTS, vec![open], Lifecycle::Approved),
            (with, vec![open, done], Lifecycle::Dispatched),
            (otherwise, vec![open], Lifecycle::AckException),
            (otherwise, vec![done], Lifecycle::Completed),
            (with, vec![done, done], Lifecycle::Completed),
            (held, vec![done], Lifecycle::Dispatched),
            (cancelled, vec![done], Lifecycle::Cancelled),
        ] {
            assert_eq!(lifecycle(facts, &lines), expected, "{facts:?}");
        }
    }

    #[test]
    fn what_is_seen_is_told_once() {
        for state in [Lifecycle::Approved, Lifecycle::Dispatched, Lifecycle::Completed] {
            assert!(state.events(state).is_empty());
        }
        let kinds = |now: Lifecycle, before| -> Vec<String> {
            now.events(before).iter().map(|it| it.kind()).collect()
        };
        let one = kinds(Lifecycle::Dispatched, Lifecycle::Completed);
        assert_eq!(one, ["threeway.purchasing.po.reopened.v1"]);
        let both = ["threeway.purchasing.po.dispatched.v1", "threeway.purchasing.po.completed.v1"];
        assert_eq!(kinds(Lifecycle::Completed, Lifecycle::Approved), both);
    }
}
