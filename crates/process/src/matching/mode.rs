//! Which flow an order line follows, and what its invoices are held against (`domain.md` A5).

use super::index::OrderLine;
use canonical::{InvoiceKind, MatchMode, ModeResolved, OrderKind};
use std::borrow::Cow;

/// What an order line is held against, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) mode: MatchMode,
    pub(super) source: Cow<'static, str>,
}

impl Mode {
    /// What the order line itself says, or else the default.
    pub(super) fn of(stated: Option<MatchMode>) -> Self {
        let source = if stated.is_some() { "purchase_order_line" } else { "default" };
        Self { mode: stated.unwrap_or_default(), source: Cow::Borrowed(source) }
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
