//! Lines without an order: coded, small enough, and approved by a person (`domain.md` A5, F6).

use super::bill::{Basis, Billed};
use super::key::Key;
use super::price::ceiling;
use super::report::{Report, Terms};
use canonical::Code;

/// Asks one line, where it has no order by its kind.
pub(super) fn check(terms: &Terms<'_>, billed: &Billed<'_>, report: &mut Report) {
    if !matches!(billed.basis, Basis::Nothing) {
        return;
    }
    let (line, net) = (billed.line, billed.net);
    if line.cost_center_id.is_none() {
        let detail = "a line without an order names no cost centre; say who is charged";
        report.fail(Code::Inv01, detail.to_owned());
    }
    ceiling(terms, (Key::AmountNoPo, Code::Amt02), net, report, || {
        format!("{net} is billed without an order; somebody has to answer for it")
    });
}

/// Says that a person has to approve what nobody ordered.
pub(super) fn approval(billed: &[Billed<'_>], report: &mut Report) {
    if billed.iter().any(|it| matches!(it.basis, Basis::Nothing)) {
        let detail = "nobody ordered it: it is payable once the cost centre's owner approves it";
        report.flag("APPROVAL_REQUIRED", detail.to_owned());
    }
}
