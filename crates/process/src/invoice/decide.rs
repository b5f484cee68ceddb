//! What a decision makes of an invoice.

use canonical::{Code, Decimal, InvoiceState, Outcome, Reason};
use std::collections::BTreeSet;
use store::{Erp, ErpStatus, InvoiceHead};

/// Where an outcome puts the invoice (`domain.md` A4.4).
pub(crate) const fn state(outcome: Outcome) -> InvoiceState {
    match outcome {
        Outcome::Matched | Outcome::MatchedWithinTolerance => InvoiceState::Matched,
        Outcome::Blocked => InvoiceState::Blocked,
        Outcome::Exception => InvoiceState::Exception,
        Outcome::Rejected => InvoiceState::Rejected,
    }
}

/// Puts an invoice where the reasons that still hold it put it: what is free is to be booked.
pub(crate) fn stand(head: &mut InvoiceHead, open: &[Reason]) {
    head.state = state_after(head.state, open);
    let codes: BTreeSet<Code> = open.iter().map(|it| it.code).collect();
    head.codes = codes.into_iter().collect();
    let waits = matches!(head.state, InvoiceState::Blocked | InvoiceState::Exception);
    head.at_stake = if waits { head.gross_amount } else { Decimal::ZERO };
    if head.state == InvoiceState::Matched && head.erp.is_none() {
        head.erp = Some(Erp {
            status: ErpStatus::Pending,
            id: None,
            document_number: None,
            detail: None,
            attempts: 0,
        });
    }
}

/// Where the reasons that still hold an invoice put it (`domain.md` A4.4): what is booked stays
/// booked.
fn state_after(was: InvoiceState, open: &[Reason]) -> InvoiceState {
    let worst = open.iter().filter_map(|it| it.code.outcome()).max();
    match (worst, was.is_booked()) {
        _ if is_frozen(was) => was,
        (None, _) if matches!(was, InvoiceState::ApprovedForPayment) => was,
        (None, _) => InvoiceState::Matched,
        (Some(_), _) if matches!(was, InvoiceState::Disputed) => was,
        (Some(_), true) => InvoiceState::Blocked,
        (Some(worst), false) => state(worst),
    }
}

/// Whether a payment has begun: nothing holds it any more.
pub(crate) const fn is_frozen(state: InvoiceState) -> bool {
    matches!(state, InvoiceState::InPaymentRun | InvoiceState::PartiallyPaid | InvoiceState::Paid)
}

/// A reason of the document, without a tolerance.
pub(crate) fn reason(code: Code, detail: String) -> Reason {
    Reason {
        code,
        key: None,
        invoice_line: None,
        variance: None,
        limit: None,
        clears_on: code.into(),
        detail: detail.into(),
    }
}
