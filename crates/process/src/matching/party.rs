//! The supplier: known, active, payable, and paid to an account that is its own (stage 3 of
//! `domain.md` A9.1). No match is so perfect that these do not count.

use super::report::Report;
use super::request::Facts;
use super::spoken::spoken;
use canonical::{Code, Invoice, Supplier, SupplierStatus};

/// Asks about the supplier of the invoice. A master that was not asked is no answer: without the
/// supplier among the facts, nothing is asked of it.
pub(super) fn check(invoice: &Invoice, facts: &Facts, report: &mut Report) {
    let id = &invoice.supplier_id;
    let Some(supplier) = facts.suppliers.iter().find(|it| it.id == *id) else {
        if facts.supplier_unknown {
            report.fail(Code::Sup01, spoken!("the supplier master does not know {id}"));
        }
        return;
    };
    let name = &supplier.name;
    if supplier.status == SupplierStatus::Inactive {
        let detail = spoken!("{name} ({id}) is inactive in the supplier master");
        report.fail(Code::Sup01, detail);
    }
    if let Some(account) = invoice.remit_to.as_deref().filter(|it| !is_own(supplier, it)) {
        let short: String = account.chars().take(12).collect();
        let detail = spoken!(
            "the account to pay to ({short}) is not one of {name}'s; call the supplier back on a \
             number that is already known before paying"
        );
        report.fail(Code::Sup03, detail);
    }
    if supplier.sanctioned {
        let detail = spoken!("{name} ({id}) is on a sanctions or exclusion list");
        report.fail(Code::Sup04, detail);
    }
}

/// Whether an account is the supplier's; any is, where the master names none.
fn is_own(supplier: &Supplier, account: &str) -> bool {
    supplier.remit_to.is_empty()
        || supplier.remit_to.iter().any(|it| it.eq_ignore_ascii_case(account))
}
