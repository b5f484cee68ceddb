//! Earlier invoices that may be the one submitted, found through the store's index. Who is a
//! duplicate, the match decides.

use super::decide;
use super::save::Case;
use crate::Process;
use crate::matching::{DuplicatePolicy, Facts};
use canonical::{Invoice, KnownInvoice, KnownLine, LineResult, MatchResult, Result, Supplier};
use store::{Alike, DuplicateKey, DuplicateKind, DuplicateSearch, Party};

/// A sender with more accounts and tax ids than this is compared by the first of them.
const PARTIES_MAX: usize = 8;

/// The senders that the invoice counts as coming from.
fn parties(case: &Case, facts: &Facts) -> Vec<Party> {
    let id = &case.invoice.supplier_id;
    let supplier = facts.suppliers.iter().find(|it| it.id == *id);
    let stated = case.invoice.remit_to.as_deref().map(account);
    let names = stated.into_iter().chain(supplier.into_iter().flat_map(names));
    let mut parties = vec![Party::Group(case.group.to_string())];
    for name in names {
        if parties.len() < PARTIES_MAX && !parties.contains(&name) {
            parties.push(name);
        }
    }
    parties
}

fn names(supplier: &Supplier) -> impl Iterator<Item = Party> {
    let accounts = supplier.remit_to.iter().map(|it| account(it));
    let taxes = supplier.external_ids.iter().filter(|it| it.system == "tax");
    accounts.chain(taxes.map(|it| Party::Tax(plain(&it.key))))
}

fn account(fingerprint: &str) -> Party {
    Party::Account(fingerprint.to_ascii_lowercase())
}

fn plain(id: &str) -> String {
    id.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The keys by which the invoice is found from now on.
pub(super) fn keys(case: &Case, facts: &Facts) -> Vec<DuplicateKey> {
    store::duplicate_keys(&case.invoice, &parties(case, facts))
}

/// On what no two invoices of a supplier group are decided at the same moment: the same amount (D4)
/// or serial number (D6). The same number and the same order lines have guards of their own.
pub(super) fn guard_keys(case: &Case) -> impl Iterator<Item = String> {
    let group = [Party::Group(case.group.to_string())];
    let keys = store::duplicate_keys(&case.invoice, &group).into_iter();
    let guarded =
        keys.filter(|it| matches!(it.kind(), DuplicateKind::Amount | DuplicateKind::Serial));
    guarded.map(|it| it.guard())
}

/// On what invoices are decided one after the other: what is guarded, and what they share with
/// those who only have the account or the tax id in common.
pub(super) fn turn_keys(case: &Case, facts: &Facts) -> Vec<String> {
    let mut turns = case.guard_keys();
    turns.extend(keys(case, facts).iter().map(DuplicateKey::guard));
    turns
}

/// The invoices in the store that share one of its keys, the nearest first.
pub(super) async fn known(
    process: &Process,
    case: &Case,
    facts: &Facts,
) -> Result<Vec<KnownInvoice>> {
    let policy = process.policy().duplicates();
    let mut keys = keys(case, facts);
    keys.retain(|it| it.kind() != DuplicateKind::SelfBilled);
    keys.extend(store::self_billed_keys(&case.invoice));
    let searches: Vec<DuplicateSearch> = keys
        .into_iter()
        .map(|key| DuplicateSearch { days: days(key.kind(), policy), key })
        .collect();
    let found = process.store().alike(&searches, case.invoice.invoice_date).await?;
    let earlier = found.into_iter().filter(|it| case.is_later_than(&it.head));
    Ok(earlier.map(one).collect())
}

fn days(kind: DuplicateKind, policy: &DuplicatePolicy) -> Option<u32> {
    match kind {
        DuplicateKind::Amount => Some(policy.near_days()),
        DuplicateKind::Lines => Some(policy.lines_days()),
        DuplicateKind::Number | DuplicateKind::Serial | DuplicateKind::SelfBilled => None,
    }
}

fn one(Alike { head, lines, parties }: Alike) -> KnownInvoice {
    let (mut remit_to, mut tax_id) = (None, None);
    for party in parties {
        match party {
            Party::Account(it) => remit_to = Some(it),
            Party::Tax(it) => tax_id = Some(it),
            Party::Group(_) => {}
        }
    }
    KnownInvoice {
        id: head.id.to_string(),
        supplier_group: head.supplier_group.parse().ok(),
        supplier_id: head.supplier_id,
        supplier_invoice_number: head.supplier_invoice_number,
        kind: head.kind,
        state: head.state,
        currency: head.currency,
        gross_amount: head.gross_amount,
        invoice_date: head.invoice_date,
        remit_to,
        tax_id,
        lines: lines.map(|(invoice, result)| billed(invoice, &result)).unwrap_or_default(),
    }
}

/// An invoice that is not stored, as those after it know it: by its own number.
pub(super) fn as_known(case: &Case, result: &MatchResult) -> KnownInvoice {
    let invoice = &case.invoice;
    KnownInvoice {
        id: invoice.supplier_invoice_number.to_string(),
        supplier_group: Some(case.group.clone()),
        supplier_id: invoice.supplier_id.clone(),
        supplier_invoice_number: invoice.supplier_invoice_number.clone(),
        kind: invoice.kind,
        state: decide::state(result.outcome),
        currency: invoice.currency,
        gross_amount: invoice.gross_amount,
        invoice_date: invoice.invoice_date,
        remit_to: invoice.remit_to.clone(),
        tax_id: None,
        lines: billed(invoice.clone(), result),
    }
}

/// What it billed, of the order lines that the match found.
fn billed(invoice: Invoice, result: &MatchResult) -> Vec<KnownLine> {
    let matched = |number| result.lines.iter().find(|it| it.invoice_line == number);
    let lines = invoice.lines.into_iter().map(|it| {
        let matched: Option<&LineResult> = matched(it.line_number);
        let order = matched.and_then(|it| it.purchase_order_number.clone());
        KnownLine {
            purchase_order_number: order.or(it.purchase_order_number),
            purchase_order_line: matched
                .and_then(|it| it.purchase_order_line)
                .or(it.purchase_order_line),
            receipt_number: it.receipt_number,
            item_id: it.item_id,
            quantity: it.quantity,
            net_amount: it.net_amount,
            serial_numbers: it.serial_numbers,
        }
    });
    lines.collect()
}
