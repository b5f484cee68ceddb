//! The lines of an invoice with what was found for them: order lines, quantities in base units and
//! shares of the amount. What this leaves is what the checks read.

mod taken;

use super::associate::{Found, Ladder};
use super::credit;
use super::few::{Few, HashMap};
use super::index::{Index, OrderLine, Place};
use super::number::Number;
use super::report::Report;
use super::request::Credit;
use super::spoken::spoken;
use super::stand::{Stand, Stands, money};
use super::unit::{Factor, Fault, Units};
use canonical::{
    Code, Invoice, InvoiceKind, InvoiceLine, Money, OrderStatus, PurchaseOrder, Uom, UsageEvent,
    allocate,
};
use taken::by_line;

/// One invoice line and what it was matched to.
pub(super) struct Billed<'a> {
    pub(super) line: &'a InvoiceLine,
    pub(super) net: Money,
    /// The order lines it bills, in the order in which they are filled.
    pub(super) shares: Few<Share<'a>>,
    pub(super) rung: u8,
    /// The order, where one was found and may be billed.
    pub(super) order: Option<&'a PurchaseOrder>,
    /// The first order line, also where no share of it could be computed.
    pub(super) first: Option<&'a OrderLine<'a>>,
    /// What keeps the line from later stages.
    pub(super) stopped: Option<Code>,
    /// How its unit converts, where it does.
    pub(super) factor: Option<Factor>,
    pub(super) price_credit: Money,
    pub(super) basis: Basis<'a>,
}

/// What a line is billed on.
pub(super) enum Basis<'a> {
    /// An order, or what should have been one.
    Order,
    /// Nothing, by the kind of the invoice.
    Nothing,
    /// Usages that there is no order for yet.
    Usage(Vec<&'a UsageEvent>),
}

/// What an invoice line asks for of one order line.
pub(super) struct Share<'a> {
    pub(super) place: Place,
    pub(super) line: &'a OrderLine<'a>,
    pub(super) stand: &'a Stand,
    /// In base units.
    pub(super) quantity: Number,
    pub(super) credited: Number,
    pub(super) uom: &'a Uom,
    /// What the quantity costs at the order's price, not rounded.
    pub(super) worth: Number,
    pub(super) amount: Money,
    pub(super) credited_amount: Money,
}

/// Everything that is looked up while the lines are matched.
pub(super) struct Ground<'a> {
    pub(super) invoice: &'a Invoice,
    pub(super) index: &'a Index<'a>,
    pub(super) units: &'a Units<'a>,
    pub(super) stands: &'a Stands<'a>,
}

/// An order line, its place, and where it stands.
type At<'a> = (Place, &'a OrderLine<'a>, &'a Stand);

/// What earlier invoice lines took of an order line.
type Assigned = HashMap<Place, Number>;

impl<'a> Ground<'a> {
    /// Stages 3 to 6: orders, association, units, currency. Lines that name their order line go
    /// first, so that what is left open is shared by those that do not.
    pub(super) fn bill(
        &self,
        lines: &[&'a InvoiceLine],
        credits: &'a [Credit],
        reports: &mut [Report],
    ) -> Few<Billed<'a>> {
        let ladder = Ladder::new(self.invoice, self.index, self.units, self.stands);
        let credits = by_line(credits);
        let mut billed: Few<Billed<'a>> = Few::with_capacity(lines.len());
        let mut found: Few<Few<Place>> = Few::with_capacity(lines.len());
        for (line, report) in lines.iter().zip(reports.iter_mut()) {
            let mut it = Billed::new(line, self.invoice);
            found.push(match self.find(&ladder, line) {
                Found::Nothing(code, detail) => {
                    it.stop(report, code, detail);
                    Few::new()
                }
                Found::Free => {
                    it.basis = Basis::Nothing;
                    Few::new()
                }
                Found::Used(usages) => {
                    it.basis = Basis::Usage(usages);
                    Few::new()
                }
                Found::Order(order) => {
                    it.order = Some(order);
                    closed(order, report);
                    Few::new()
                }
                Found::Lines(places, rung) => {
                    it.rung = rung;
                    self.place(&mut it, &places, report);
                    places
                }
            });
            billed.push(it);
        }
        // without several to choose from, nobody asks what is left of a line
        let several = found.iter().any(|it| it.len() > 1);
        let mut assigned = several.then(HashMap::default);
        for single in [true, false] {
            let these = billed
                .as_mut_slice()
                .iter_mut()
                .zip(&found)
                .filter(|(_it, it)| (it.len() == 1) == single);
            for (it, places) in these.filter(|(it, _places)| it.stopped.is_none()) {
                self.share(it, places, &mut assigned);
            }
        }
        for (it, report) in billed.as_mut_slice().iter_mut().zip(reports) {
            self.credit(it, &credits, report);
            self.currency(it, report);
        }
        billed
    }

    /// Whether the document takes back what another one billed.
    pub(super) const fn is_credit(&self) -> bool {
        self.invoice.kind.is_credit()
    }

    /// Whether the document corrects what another one billed.
    pub(super) const fn corrects(&self) -> bool {
        self.is_credit() || matches!(self.invoice.kind, InvoiceKind::Debit)
    }

    fn find(&self, ladder: &Ladder<'a>, line: &'a InvoiceLine) -> Found<'a> {
        let what = match self.invoice.kind {
            InvoiceKind::NonPo if line.purchase_order_number.is_none() => return Found::Free,
            InvoiceKind::Prepayment => return ladder.order(line),
            InvoiceKind::FreightOnly => "what it is paid against",
            InvoiceKind::Standard
            | InvoiceKind::SelfBilled
            | InvoiceKind::NonPo
            | InvoiceKind::QuantityCredit
            | InvoiceKind::PriceCredit
            | InvoiceKind::Debit => return ladder.climb(line),
        };
        Found::Nothing(Code::Inv01, spoken!("the document does not say {what}"))
    }

    /// Notes the order and converts; every line of `places` must have figures.
    fn place(&self, it: &mut Billed<'a>, places: &[Place], report: &mut Report) {
        it.first = places.first().and_then(|it| self.index.line(*it));
        let Some(first) = it.first else { return };
        it.order = Some(first.order);
        // money may come back on an order that is done with
        if !self.is_credit() {
            completed(first, report);
        }
        let by_amount = first.is_by_amount();
        let fault = places.iter().find_map(|it| self.stands.get(*it)?.err());
        if let Some(Fault { code, detail }) = fault {
            it.stop(report, *code, detail.clone());
            return;
        }
        let of = first.of();
        match self.units.stated(of, it.line) {
            Ok(factor) => self.whole(it, factor, report),
            // money is compared: the unit billed counts as the one ordered
            Err(_fault) if by_amount || self.is_of_money() => {}
            Err(Fault { code, detail }) => it.stop(report, code, detail),
        }
    }

    /// Whether the document is about money alone.
    const fn is_of_money(&self) -> bool {
        matches!(self.invoice.kind, InvoiceKind::PriceCredit | InvoiceKind::Debit)
    }

    fn whole(&self, it: &mut Billed<'a>, factor: Factor, report: &mut Report) {
        let Some(first) = it.first else { return };
        let quantity = Units::converted(first.of(), &it.line.quantity, &factor.value);
        if let Err(Fault { code, detail }) = quantity
            && !first.is_by_amount()
            && !self.is_of_money()
        {
            it.stop(report, code, detail);
            return;
        }
        if let Some(ours) = &factor.ours {
            let (uom, base) = (&it.line.quantity.uom, first.of().base);
            report.flag(
                Code::Uom02.as_str(),
                spoken!(
                    "the supplier's {uom} is {} {base}, ours is {}; the supplier's was taken, \
                     one of them is wrong",
                    factor.value.text(),
                    ours.text()
                ),
            );
        }
        it.factor = Some(factor);
    }

    /// Fills the lines in their order as far as they are open; the last takes what is left.
    fn share(&self, it: &mut Billed<'a>, places: &[Place], assigned: &mut Option<Assigned>) {
        if self.is_of_money() {
            return credit::share(self, it, places);
        }
        if let ([only], None) = (places, &assigned) {
            if let Some(at) = self.at(*only) {
                let quantity = it.stated();
                it.shares.push(self.one_share(it, at, quantity));
            }
            return it.split_amount();
        }
        let assigned = assigned.get_or_insert_default();
        let takes_back = self.is_credit();
        // what is taken back, the latest line gives first
        let mut in_turn = places.to_vec();
        if takes_back {
            in_turn.reverse();
        }
        let places = in_turn.as_slice();
        let mut left = it.stated();
        let last = places.last().copied();
        for &place in places {
            let Some(at @ (_place, _line, stand)) = self.at(place) else { continue };
            let taken = assigned.entry(place).or_insert(Number::ZERO);
            let open = if takes_back { stand.claimed.clone() } else { stand.open() };
            let open = (&open - taken).at_least_zero();
            let quantity = if Some(place) == last || left <= open { left.clone() } else { open };
            left = &left - &quantity;
            if quantity.is_zero() && (Some(place) != last || !it.shares.is_empty()) {
                continue;
            }
            *taken = &*taken + &quantity;
            it.shares.push(self.one_share(it, at, quantity));
            if left.is_zero() {
                break;
            }
        }
        it.split_amount();
    }

    /// An order line whose figures convert.
    pub(super) fn at(&self, place: Place) -> Option<At<'a>> {
        Some((place, self.index.line(place)?, self.stands.fine(place)?))
    }

    pub(super) fn one_share(
        &self,
        billed: &Billed<'a>,
        (place, line, stand): At<'a>,
        quantity: Number,
    ) -> Share<'a> {
        let is_first = billed.first.is_some_and(|it| std::ptr::eq(it, line));
        let is_known = is_first && billed.factor.is_some();
        let converts = is_known || self.units.stated(line.of(), billed.line).is_ok();
        Share {
            place,
            line,
            stand,
            worth: &quantity * &stand.price,
            quantity,
            credited: Number::ZERO,
            uom: if converts { line.of().base } else { &billed.line.quantity.uom },
            amount: Money::zero(self.invoice.currency),
            credited_amount: Money::zero(self.invoice.currency),
        }
    }

    fn currency(&self, it: &mut Billed<'a>, report: &mut Report) {
        let Some(order) = it.order.filter(|_| it.stopped.is_none()) else { return };
        let (ours, theirs) = (order.currency, self.invoice.currency);
        if ours == theirs {
            return;
        }
        let number = &order.number;
        match self.stands.rate(order) {
            None => {
                let detail = spoken!("order {number} is in {ours}, the invoice in {theirs}");
                it.stop(report, Code::Cur01, detail);
            }
            Some(None) => {
                let detail = spoken!(
                    "order {number} is in {ours} and may be billed in {theirs}, and there is no \
                     rate"
                );
                it.stop(report, Code::Cur02, detail);
            }
            Some(Some(_rate)) => {}
        }
    }
}

impl<'a> Billed<'a> {
    fn new(line: &'a InvoiceLine, invoice: &'a Invoice) -> Self {
        Self {
            line,
            net: money(line.net_amount, invoice.currency),
            shares: Few::new(),
            rung: 0,
            order: None,
            first: None,
            stopped: None,
            factor: None,
            price_credit: Money::zero(invoice.currency),
            basis: Basis::Order,
        }
    }

    /// The quantity in base units, or as stated where its unit does not convert.
    fn stated(&self) -> Number {
        let stated = Number::from(self.line.quantity.value);
        self.factor.as_ref().map_or(stated.clone(), |factor| &stated * &factor.value)
    }

    fn stop(&mut self, report: &mut Report, code: Code, detail: String) {
        self.stopped = Some(code);
        report.fail(code, detail);
    }

    /// Each share gets its part of the amount by what it is worth (R3): they add up to the line.
    pub(super) fn split_amount(&mut self) {
        match self.shares.as_mut_slice() {
            [] => return,
            [only] => {
                only.amount = self.net;
                return;
            }
            _several => {}
        }
        let worth: Vec<_> = self.shares.iter().map(|it| it.worth.exact()).collect();
        let amounts = allocate(self.net.minor(), &worth);
        for (share, minor) in self.shares.as_mut_slice().iter_mut().zip(amounts) {
            share.amount = Money::from_minor(minor, self.net.currency());
        }
    }
}

/// An order, or a line of it, that is done with.
fn completed(first: &OrderLine<'_>, report: &mut Report) {
    closed(first.order, report);
    let is_live = matches!(first.order.status, OrderStatus::Approved | OrderStatus::Dispatched);
    if first.line.closed && is_live {
        let (order, line) = (&first.order.number, first.line.line_number);
        report.reason(
            Code::Po04,
            spoken!("line {line} of order {order} is completed; reopen it or send it back"),
        );
    }
}

/// An order on which nothing more is expected.
fn closed(order: &PurchaseOrder, report: &mut Report) {
    match order.status {
        OrderStatus::Completed => report.reason(
            Code::Po04,
            spoken!("order {} is completed; reopen it or send the invoice back", order.number),
        ),
        OrderStatus::FinallyClosed => report.reason(
            Code::Po05,
            spoken!("order {} is closed for good; send the invoice back", order.number),
        ),
        OrderStatus::Draft
        | OrderStatus::PendingApproval
        | OrderStatus::Approved
        | OrderStatus::Dispatched
        | OrderStatus::Cancelled => {}
    }
}
