//! The decision about one invoice: the match, joined with what is known of earlier invoices.
//! Pure: the same facts decide the same.

use crate::duplicate::{self, Earlier};
use crate::matching::{self, Facts, Policy};
use canonical::{Code, Invoice, InvoiceState, MatchResult, Money, Outcome, Reason};

/// Decides. `facts` hold the claims of earlier booked invoices, in booking order.
pub(crate) fn decide(
    invoice: &Invoice,
    facts: &Facts,
    earlier: &[Earlier],
    policy: &Policy,
) -> MatchResult {
    let mut result = matching::evaluate(invoice, facts, policy);
    let mut more: Vec<Reason> = Vec::new();
    if let Ok(gross) = Money::written(&invoice.gross_amount, invoice.currency) {
        let (reasons, flags) = duplicate::judge(invoice, gross, earlier);
        more.extend(reasons);
        result.flags.extend(flags);
    }
    // how severe the engine's own reasons are, the policy has said
    let worst = more.iter().filter_map(|it| it.code.outcome()).max();
    result.outcome = worst.map_or(result.outcome, |it| it.max(result.outcome));
    result.reasons.extend(more);
    result.reasons.sort_by_key(|it| (it.invoice_line, it.code));
    result.flags.sort();
    result
}

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
