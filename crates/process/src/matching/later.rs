//! The stages after quantity and price: tax, dates, contract and compliance. Each is asked only
//! where its facts are there; whether they are is looked at once for the whole invoice.

use super::bill::{Billed, Ground};
use super::exchange::{Rates, split};
use super::few::{HashMap, HashSet};
use super::index::{Index, OrderLine};
use super::report::{Report, Terms};
use super::request::Facts;
use super::stand::Adjusted;
use super::{catch_weight, contract, early, period, recall, sampling, shelf_life, tax, valuation};
use canonical::{Contract, ExchangeSplit, Invoice, PurchaseOrder, Receipt, TaxDue};
use jiff::civil::Date;

/// What the later stages look at.
pub(super) struct Case<'c, 'a> {
    pub(super) ground: &'c Ground<'a>,
    pub(super) terms: &'c Terms<'a>,
    pub(super) facts: &'a Facts,
}

/// What they answer beside checks, reasons and flags.
#[derive(Default)]
pub(super) struct Later {
    pub(super) tax: Option<TaxDue>,
    pub(super) exchange: Option<ExchangeSplit>,
}

impl<'a> Case<'_, 'a> {
    /// The day on which it is decided: the posting date, else the invoice's own.
    pub(super) fn today(&self) -> Date {
        today(self.ground.invoice, self.facts)
    }

    /// What the invoice's amounts are worth.
    pub(super) fn rates(&self) -> Rates<'a> {
        Rates::new(self.ground.invoice, self.facts, self.terms.policy.currency())
    }

    /// The receipts of the order lines that are billed, each once, with the invoice line that bills
    /// it first.
    pub(super) fn receipts(
        &self,
        billed: &[Billed<'a>],
    ) -> Vec<(usize, &OrderLine<'a>, &'a Receipt)> {
        let mut places = HashSet::default();
        let shares = billed.iter().enumerate();
        let shares = shares.flat_map(|(at, it)| it.shares.iter().map(move |it| (at, it.place)));
        shares
            .filter(|(_at, place)| places.insert(*place))
            .filter_map(|(at, place)| Some((at, self.ground.index.line(place)?)))
            .flat_map(|(at, line)| line.receipts.iter().map(move |it| (at, line, *it)))
            .filter(|(_at, _line, it)| it.reversal_of.is_none())
            .collect()
    }

    /// Stages 8 to 10 of `domain.md` A9.1.
    pub(super) fn check(
        &self,
        billed: &[Billed<'a>],
        reports: &mut [Report],
        document: &mut Report,
    ) -> Later {
        let tax = tax::check(self, billed, document);
        period::age(self, document);
        period::open(self, billed, document);
        // what corrects another invoice brings no goods, and gives none too early
        if !self.ground.corrects() {
            early::check(self, billed, reports);
            contract::check(self, billed, reports);
            catch_weight::check(self, billed, reports);
            valuation::check(self, billed, reports);
            recall::check(self, billed, reports);
            recall::marked(self, billed, reports);
            shelf_life::check(self, billed, reports);
        }
        sampling::check(self, document);
        Later { tax, exchange: split::check(self, billed, reports) }
    }
}

impl<'a> Adjusted<'a> {
    pub(super) fn new(
        terms: &Terms<'a>,
        invoice: &Invoice,
        facts: &'a Facts,
        index: &Index<'a>,
    ) -> Self {
        let today = today(invoice, facts);
        let billable = |order: &&PurchaseOrder| {
            order.currency != invoice.currency
                && facts.contracts.iter().any(|it| lets(it, order, (invoice, index)))
        };
        let quarantined = recall::quarantined(terms, facts, index, today);
        let mut adjusted =
            Self { quarantined, rates: HashMap::default(), currency: Some(invoice.currency) };
        if !facts.contracts.is_empty() {
            let rates = Rates::new(invoice, facts, terms.policy.currency());
            let other = facts.purchase_orders.iter().filter(billable);
            let rate = |it: &PurchaseOrder| rates.between(it.currency, invoice.currency);
            adjusted.rates.extend(other.map(|it| (&it.number, rate(it))));
        }
        adjusted
    }
}

/// Whether a contract lets an order be billed in the invoice's currency.
fn lets(
    contract: &Contract,
    order: &PurchaseOrder,
    (invoice, index): (&Invoice, &Index<'_>),
) -> bool {
    let cited = order.contract_number.as_ref();
    let listed = &contract.alternative_currencies;
    (contract.currency == invoice.currency || listed.contains(&invoice.currency))
        && cited.is_none_or(|it| *it == contract.number)
        && index.same_group(&contract.supplier_id, &order.supplier_id)
        && contract.valid_from <= order.order_date
        && contract.valid_to.is_none_or(|it| order.order_date <= it)
}

fn today(invoice: &Invoice, facts: &Facts) -> Date {
    facts.as_of.unwrap_or(invoice.invoice_date)
}
