//! Payables that the finance system holds and this gateway did not make: they claim what they bill
//! of the orders, and a submitted invoice may be one of them.

use crate::Process;
use crate::matching::{Claim, Facts};
use canonical::{
    Exact, InvoiceId, InvoiceKind, InvoiceState, KnownInvoice, KnownLine, Payable, PayableLine,
    PayableState, PurchaseOrderNumber, Quantity, Result, Uom, exact_text, show,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The payables that are not in the store under their invoice, nor under their number.
pub(super) async fn only(
    process: &Process,
    payables: &[Payable],
    known: &[KnownInvoice],
) -> Result<Vec<Payable>> {
    let ids: Vec<InvoiceId> = payables.iter().filter_map(|it| it.invoice_id.clone()).collect();
    let ours = process.store().kept_invoices(&ids).await?;
    let is_ours = |it: &Payable| match &it.invoice_id {
        Some(id) => ours.contains(id),
        // entered by hand in place of the one that was booked from here
        None => known.iter().any(|known| {
            known.state.is_booked()
                && known.supplier_id == it.supplier_id
                && known.supplier_invoice_number.normalised() == it.reference.normalised()
        }),
    };
    Ok(payables.iter().filter(|it| !is_ours(it)).cloned().collect())
}

/// What they claim of the orders, summed per order line and unit.
pub(super) fn claims(payables: &[Payable], facts: &Facts) -> Vec<Claim> {
    let orders: BTreeMap<&PurchaseOrderNumber, _> =
        facts.purchase_orders.iter().map(|it| (&it.number, it.currency)).collect();
    let mut sums: BTreeMap<(&PurchaseOrderNumber, u32, &str), Sum<'_>> = BTreeMap::new();
    for payable in payables.iter().filter(|it| is_booked(it.state)) {
        for line in &payable.lines {
            let (Some(number), Some(of)) = (&line.purchase_order_number, line.purchase_order_line)
            else {
                continue;
            };
            let Some(currency) = orders.get(number) else { continue };
            let sum = sums.entry((number, of, line.quantity.uom.as_str())).or_default();
            sum.ids.insert(payable.id.as_str());
            sum.uom = Some(&line.quantity.uom);
            sum.quantity += line.quantity.value.exact();
            sum.amount += line.net.exact();
            sum.places = currency.exponent();
            sum.is_foreign |= line.net.currency() != *currency;
        }
    }
    sums.into_iter().filter_map(|((number, line, _uom), sum)| sum.claim(number, line)).collect()
}

#[derive(Default)]
struct Sum<'a> {
    ids: BTreeSet<&'a str>,
    uom: Option<&'a Uom>,
    quantity: Exact,
    amount: Exact,
    places: u32,
    is_foreign: bool,
}

impl Sum<'_> {
    fn claim(self, number: &PurchaseOrderNumber, line: u32) -> Option<Claim> {
        let first = self.ids.first()?;
        let others = if self.ids.len() > 1 { " and others" } else { "" };
        Some(Claim {
            invoice: format!("{first}{others}"),
            purchase_order_number: number.clone(),
            purchase_order_line: line,
            receipt_number: None,
            quantity: Quantity {
                value: exact_text(&self.quantity).parse().ok()?,
                uom: self.uom?.clone(),
            },
            amount: show(&self.amount, self.places).parse().ok().filter(|_| !self.is_foreign),
            cites: None,
            exact: None,
        })
    }
}

/// What is in the ledger; a draft may still go.
const fn is_booked(state: PayableState) -> bool {
    matches!(state, PayableState::Posted | PayableState::Paid)
}

/// They as invoices that this one may be.
pub(super) fn known(payables: &[Payable], date: Date) -> Vec<KnownInvoice> {
    payables.iter().filter_map(|it| one(it, date)).collect()
}

fn one(it: &Payable, date: Date) -> Option<KnownInvoice> {
    let is_credit = it.total.minor() < 0;
    Some(KnownInvoice {
        id: it.id.to_string(),
        supplier_id: it.supplier_id.clone(),
        supplier_group: None,
        supplier_invoice_number: it.reference.clone(),
        kind: if is_credit { InvoiceKind::QuantityCredit } else { InvoiceKind::Standard },
        state: match it.state {
            PayableState::Draft => InvoiceState::Received,
            PayableState::Posted => InvoiceState::ApprovedForPayment,
            PayableState::Paid => InvoiceState::Paid,
            PayableState::Cancelled => InvoiceState::Cancelled,
        },
        currency: it.total.currency(),
        gross_amount: it.total.amount_text().trim_start_matches('-').parse().ok()?,
        // one that was entered without its date may be of any
        invoice_date: it.invoice_date.unwrap_or(date),
        remit_to: None,
        tax_id: None,
        lines: it.lines.iter().filter_map(billed).collect(),
    })
}

fn billed(line: &PayableLine) -> Option<KnownLine> {
    Some(KnownLine {
        purchase_order_number: Some(line.purchase_order_number.clone()?),
        purchase_order_line: line.purchase_order_line,
        receipt_number: None,
        item_id: line.item_id.clone(),
        quantity: line.quantity.clone(),
        net_amount: line.net.amount_text().parse().ok()?,
        serial_numbers: Vec::new(),
    })
}
