//! What a decision makes of an invoice.

use canonical::{Code, InvoiceState, Outcome, Reason};

/// Where an outcome puts the invoice (`domain.md` A4.4).
pub(crate) const fn state(outcome: Outcome) -> InvoiceState {
    match outcome {
        Outcome::Matched | Outcome::MatchedWithinTolerance => InvoiceState::Matched,
        Outcome::Blocked => InvoiceState::Blocked,
        Outcome::Exception => InvoiceState::Exception,
        Outcome::Rejected => InvoiceState::Rejected,
    }
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
        detail,
    }
}
