//! What might clear a reason: one list of families for each code. What is named here need not help;
//! the engine says whether it does.

use super::super::policy::Policy;
use super::super::request::Facts;
use super::cure::Cure;
use canonical::{
    Code, Exact, Invoice, InvoiceLine, LineResult, MatchResult, Money, Outcome, PurchaseOrder,
    PurchaseOrderLine, Reason,
};

mod document;
mod master;
mod order;
mod price;
mod quantity;
mod unit;

/// A reason and everything around it.
pub(super) struct Case<'c> {
    pub(super) invoice: &'c Invoice,
    pub(super) facts: &'c Facts,
    pub(super) policy: &'c Policy,
    pub(super) result: &'c MatchResult,
    pub(super) reason: &'c Reason,
    /// The invoice line that is looked at, which is the reason's.
    pub(super) about: Option<u32>,
}

/// Adds what might help.
pub(super) type Family = fn(&Case<'_>, &mut Vec<Cure>);

/// What might clear the reason, in no order but that of the families.
pub(super) fn candidates(case: &Case<'_>) -> Vec<Cure> {
    let mut found = Vec::new();
    for family in families(case.reason.code) {
        family(case, &mut found);
    }
    let Reason { code, invoice_line, .. } = *case.reason;
    if may_be_released(code) || found.is_empty() {
        found.push(Cure::Release { code, invoice_line, owner: code.owner() });
    }
    found
}

/// Whether a person may accept what a check found: a variance, not a danger and not missing data.
const fn may_be_released(code: Code) -> bool {
    matches!(code.outcome(), Some(Outcome::Blocked))
        && !matches!(code, Code::Sup03 | Code::Sup04 | Code::Rcl01)
}

/// The families of a code; none for a companion, and for what only a person can decide.
pub(super) const fn families(code: Code) -> &'static [Family] {
    match code {
        Code::Qty01 | Code::Qty02 => &[quantity::receive, quantity::credit, quantity::correct],
        Code::Qty03 => &[quantity::order, quantity::credit, quantity::correct],
        Code::Qty04 => &[quantity::accept, quantity::receive, quantity::credit, quantity::correct],
        Code::Qty05 => &[quantity::usage, quantity::credit, quantity::correct],
        Code::Prc01 | Code::Prc03 => {
            &[price::credit, price::order, price::correct, unit::packaging, unit::correct]
        }
        Code::Prc02 => &[price::order, price::correct, unit::packaging, unit::correct],
        Code::Con01 => &[price::credit, price::contract, price::correct_by_variance],
        Code::Con02 => &[price::contract],
        Code::Amt01 => &[price::credit, price::amount],
        Code::Uom01 => &[unit::from_price, unit::correct],
        Code::Uom02 => &[unit::settle, unit::correct],
        Code::Uom03 => &[unit::whole, unit::correct],
        Code::Po01 | Code::Po05 | Code::Asc02 => &[order::reference],
        Code::Po02 => &[order::provide, order::reference],
        Code::Po03 => &[order::approve, order::reference],
        Code::Po04 => &[order::reopen, order::reference],
        Code::Asc01 => &[order::add_line, order::reference],
        Code::Sup02 => &[order::link, order::reference],
        Code::Cur01 => &[order::currency],
        Code::Chg01 | Code::Chg02 => &[document::charges],
        Code::Tax01 | Code::Tax02 => &[document::tax],
        Code::Tot01 => &[document::total],
        Code::Tot02 => &[document::line_total],
        Code::Crd01 => &[document::over_credit],
        Code::Inv01 => &[document::cited],
        Code::Inv03 | Code::Inv04 => &[document::date],
        Code::Dat01 => &[document::early],
        Code::Lim01 => &[order::limit, price::credit],
        Code::Lim02 => &[order::validity],
        Code::Per01 => &[master::period],
        Code::Sup01 | Code::Sup03 | Code::Sup04 => &[master::supplier],
        Code::Cur02 => &[master::rate],
        Code::Rcl01 => &[master::recall],
        Code::Ers01 => &[master::self_billing],
        Code::Dup01 | Code::Dup02 | Code::Dup03 | Code::Dup04 | Code::Dup05 | Code::Dup06 => {
            &[master::duplicate]
        }
        Code::Int03
        | Code::Int04
        | Code::Amt02
        | Code::Amt03
        | Code::Ctl01
        | Code::Uom04
        | Code::Con03
        | Code::Con04
        | Code::Crd02
        | Code::Lot01
        | Code::Lot02 => &[],
    }
}

impl<'c> Case<'c> {
    /// The invoice line it is about.
    pub(super) fn line(&self) -> Option<&'c InvoiceLine> {
        let number = self.about?;
        self.invoice.lines.iter().find(|it| it.line_number == number)
    }

    /// What became of that line.
    pub(super) fn line_result(&self) -> Option<&'c LineResult> {
        let number = self.about?;
        let lines = &self.result.lines;
        let place = lines.binary_search_by_key(&number, |it| it.invoice_line).ok()?;
        lines.get(place)
    }

    /// The order lines it bills; where no share was computed, the one that was found.
    pub(super) fn order_lines(&self) -> Vec<(&'c PurchaseOrder, &'c PurchaseOrderLine)> {
        const MOST: usize = 8;
        let Some(result) = self.line_result() else { return Vec::new() };
        let shares = result.allocations.iter().take(MOST);
        let mut names: Vec<_> =
            shares.map(|it| (&it.purchase_order_number, it.purchase_order_line)).collect();
        if names.is_empty() {
            names.extend(result.purchase_order_number.as_ref().zip(result.purchase_order_line));
        }
        let found = names.into_iter().filter_map(|(number, line)| {
            let order = self.facts.purchase_orders.iter().find(|it| it.number == *number)?;
            Some((order, order.lines.iter().find(|it| it.line_number == line)?))
        });
        found.collect()
    }

    /// By how much money it is off, signed.
    pub(super) fn off(&self) -> Option<Money> {
        let variance = self.reason.variance.as_ref().filter(|it| it.unit.is_money())?;
        let amount = variance.amount.as_ref()?.decimal().ok()?;
        Money::written(&amount, self.invoice.currency).ok().filter(|it| it.minor() != 0)
    }

    /// By how much money it is over.
    pub(super) fn over(&self) -> Option<Money> {
        self.off().filter(|it| it.minor() > 0)
    }

    /// By how many base units it is over.
    pub(super) fn units_over(&self) -> Option<Exact> {
        self.reason.variance.as_ref()?.quantity.as_ref()?.exact()
    }

    /// How many base units one unit of the order line is.
    pub(super) fn unit_of(&self, line: &PurchaseOrderLine) -> Option<Exact> {
        let item = line.item_id.as_ref();
        let item = item.and_then(|id| self.facts.items.iter().find(|it| it.id == *id));
        match item {
            None => Some(Exact::from_integer(1.into())),
            Some(it) => super::super::unit::factor_to_base(
                it,
                &self.invoice.supplier_id,
                &line.quantity.uom,
            ),
        }
    }

    /// How many base units the invoice line bills in all.
    pub(super) fn units_billed(&self) -> Option<Exact> {
        let shares = self.line_result()?.allocations.iter();
        let sum: Option<Exact> = shares.map(|it| it.quantity.exact()).sum();
        sum.filter(|it| *it > Exact::from_integer(0.into()))
    }
}
