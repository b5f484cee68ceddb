//! Credit and debit memos as documents of their own: what they take back or add, held against what
//! the invoice they cite claims (`domain.md` A11).

use super::associate::cited;
use super::bill::{Billed, Ground, Share};
use super::index::{OrderLine, Place};
use super::key::Key;
use super::measure::Measure;
use super::number::Number;
use super::quantity::Groups;
use super::report::{Asked, Report, Terms};
use super::request::Claim;
use super::stand::{Stand, claimed_by, money};
use super::unit::View;
use canonical::{Code, InvoiceKind, KnownLine, Money};
use std::collections::HashSet;

/// What was billed on an order line by the invoice that is cited; uncited, by all.
struct Before {
    quantity: Number,
    amount: Money,
    /// What one base unit was billed at.
    price: Number,
}

/// One order line and what the memo says of it.
struct Corrected<'g, 'a> {
    ground: &'g Ground<'a>,
    terms: &'g Terms<'g>,
    line: &'g OrderLine<'a>,
    stand: &'g Stand,
    shares: Vec<&'g Share<'a>>,
    before: Before,
}

/// Asks every order line; what is found stands on the lowest line of the memo that cites it.
pub(super) fn check<'a>(
    ground: &Ground<'a>,
    terms: &Terms<'_>,
    billed: &[Billed<'a>],
    groups: &Groups,
    reports: &mut [Report],
) {
    let names = names(ground);
    for (place, numbers) in groups.iter() {
        let Some((_place, line, stand)) = ground.at(place) else { continue };
        let Some(report) = numbers.first().and_then(|it| reports.get_mut(it.1)) else { continue };
        let lines = numbers.iter().filter_map(|it| billed.get(it.1));
        let shares = lines.flat_map(|it| &it.shares).filter(|it| it.place == place).collect();
        let before = before(ground, line, stand, names.as_ref());
        let corrected = Corrected { ground, terms, line, stand, shares, before };
        corrected.judge(report);
    }
}

/// What the cited invoice is called among the claims; `None` where none is cited.
fn names(ground: &Ground<'_>) -> Option<HashSet<String>> {
    let number = ground.invoice.cited_invoice_number.as_ref()?;
    let known = cited(ground.invoice, ground.index).map(|it| it.id.clone());
    Some(known.chain([number.to_string()]).collect())
}

fn before<'a>(
    ground: &Ground<'a>,
    line: &OrderLine<'a>,
    stand: &Stand,
    names: Option<&HashSet<String>>,
) -> Before {
    let currency = stand.amount.currency();
    let is_meant = |it: &&&Claim| {
        names.is_none_or(|names| {
            names.contains(&it.invoice) || it.cites.as_ref().is_some_and(|it| names.contains(it))
        })
    };
    let (mut quantity, mut minor) = (Number::ZERO, 0i128);
    // what was billed, without what earlier credits took back
    let (mut billed, mut paid) = (Number::ZERO, 0i128);
    for claim in line.claims.iter().filter(is_meant) {
        // a line by amount may have claims in units that do not convert
        let of = claimed_by(line, claim, ground.units).unwrap_or(Number::ZERO);
        let amount = claim.amount.map_or_else(
            || (&of * &stand.price).round(currency).minor(),
            |it| money(it, currency).minor(),
        );
        quantity = &quantity + &of;
        minor = minor.saturating_add(amount);
        if of.is_positive() {
            billed = &billed + &of;
            paid = paid.saturating_add(amount);
        }
    }
    let stated = Number::from(Money::from_minor(paid, currency)).per(&billed);
    let price = known_price(ground, line).or(stated).unwrap_or_else(|| stand.price.clone());
    Before {
        quantity: quantity.min(stand.claimed.clone()).at_least_zero(),
        amount: Money::from_minor(minor.min(stand.claimed_amount.minor()).max(0), currency),
        price,
    }
}

/// What one base unit cost on the cited invoice, where it is known.
fn known_price<'a>(ground: &Ground<'a>, line: &OrderLine<'a>) -> Option<Number> {
    let is_mine = |it: &&'a KnownLine| {
        it.purchase_order_number.as_ref() == Some(&line.order.number)
            && it.purchase_order_line == Some(line.line.line_number)
    };
    let (mut quantity, mut net) = (Number::ZERO, Number::ZERO);
    for it in cited(ground.invoice, ground.index).flat_map(|it| &it.lines).filter(is_mine) {
        let factor = ground.units.factor(line.of(), &it.quantity.uom, View::Suppliers).ok()?;
        quantity = &quantity + &(&Number::from(it.quantity.value) * &factor.value);
        net = &net + &Number::from(it.net_amount);
    }
    net.per(&quantity).filter(|_| quantity.is_positive())
}

impl Corrected<'_, '_> {
    fn judge(&self, report: &mut Report) {
        let nothing = self.before.quantity.is_zero() && self.before.amount.minor() == 0;
        let kind = self.ground.invoice.kind;
        let uncited = self.ground.invoice.cited_invoice_number.is_none();
        if nothing && (uncited || kind == InvoiceKind::Debit) {
            let what = if kind == InvoiceKind::Debit { "corrects" } else { "credits" };
            let (order, line) = self.names();
            report.fail(
                Code::Inv01,
                format!(
                    "the document does not say the invoice it {what}, and {} claims nothing on \
                     line {line} of order {order}",
                    self.cited()
                ),
            );
            return;
        }
        match kind {
            InvoiceKind::QuantityCredit if self.line.is_by_amount() => self.amount(report),
            InvoiceKind::QuantityCredit => {
                self.quantity(report);
                self.price(report);
            }
            InvoiceKind::PriceCredit => self.amount(report),
            _debit => self.debit(report),
        }
    }

    fn total(&self) -> Money {
        let minor = self.shares.iter().map(|it| it.amount.minor()).fold(0, i128::saturating_add);
        Money::from_minor(minor, self.terms.currency)
    }

    fn taken(&self) -> Number {
        self.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.quantity)
    }

    /// At most what is claimed is taken back.
    fn quantity(&self, report: &mut Report) {
        let (taken, claimed) = (self.taken(), &self.before.quantity);
        let over = (&taken - claimed).at_least_zero();
        let measure = Measure::of_quantity(over, claimed, &self.before.price, self.terms.currency);
        report.strict(Code::Crd01, &measure, |it| {
            let ((order, line), uom) = (self.names(), self.line.of().base);
            let over = it.quantity.as_ref().map(Number::text).unwrap_or_default();
            format!(
                "{} {uom} credited on line {line} of order {order}, {} {uom} claimed by {}: \
                 {over} {uom} too many",
                taken.text(),
                claimed.text(),
                self.cited()
            )
        });
    }

    /// What is taken back comes at the price it was billed at.
    fn price(&self, report: &mut Report) {
        if !self.line.is_by_quantity() {
            return;
        }
        let worth = (&self.taken() * &self.before.price).round(self.terms.currency);
        let total = self.total();
        let short = Money::from_minor(worth.minor() - total.minor(), self.terms.currency);
        let codes = (Code::Prc01, Code::Prc02);
        let measure = Measure::of_amount(short, worth);
        let asked = Asked { key: Key::PriceUnit, codes, measure, ruled: None };
        report.judge(self.terms, asked, |it| {
            let side = if short.minor() < 0 { "too much" } else { "too little" };
            let words = it.words();
            format!("{total} is credited for what was billed at {worth}: {words} {side}")
        });
    }

    /// At most what was billed is given back.
    fn amount(&self, report: &mut Report) {
        let (total, billed) = (self.total(), self.before.amount);
        let over = total.minor().saturating_sub(billed.minor()).max(0);
        let over = Money::from_minor(over, self.terms.currency);
        report.strict(Code::Crd01, &Measure::of_amount(over, billed), |it| {
            let (order, line) = self.names();
            format!(
                "{total} credited on line {line} of order {order}, {billed} billed by {}: {} too \
                 much",
                self.cited(),
                it.words()
            )
        });
    }

    /// What was billed before and what is added now are held together against the order.
    fn debit(&self, report: &mut Report) {
        let currency = self.terms.currency;
        let of = |minor| Money::from_minor(minor, currency);
        let (added, before) = (self.total(), self.before.amount);
        let (key, codes, worth, before) = if self.line.is_by_amount() {
            let codes = (Code::Amt01, Code::Amt01);
            (Key::AmountLine, codes, self.stand.amount, self.stand.claimed_amount)
        } else {
            let worth = (&self.before.quantity * &self.stand.price).round(currency);
            let codes = (Code::Prc01, Code::Prc02);
            (Key::PriceUnit, codes, worth, before)
        };
        if !self.line.is_by_quantity() && !self.line.is_by_amount() {
            return;
        }
        let sum = of(before.minor().saturating_add(added.minor()));
        let over = sum.minor().saturating_sub(worth.minor());
        // a service that is not used up is no difference
        let over = if self.line.is_by_amount() { over.max(0) } else { over };
        let measure = Measure::of_amount(of(over), worth);
        report.judge(self.terms, Asked { key, codes, measure, ruled: None }, |it| {
            let ((order, line), words) = (self.names(), it.words());
            let side = if over < 0 { "under" } else { "over" };
            format!(
                "{added} more on line {line} of order {order} makes {sum} with what {} billed; \
                 {worth} is ordered: {words} {side}",
                self.cited()
            )
        });
    }

    fn names(&self) -> (&str, u32) {
        (self.line.order.number.as_str(), self.line.line.line_number)
    }

    fn cited(&self) -> String {
        let number = self.ground.invoice.cited_invoice_number.as_ref();
        number.map_or_else(|| "earlier invoices".to_owned(), ToString::to_string)
    }
}

/// Spreads a memo of money alone over the order lines it cites, by what is claimed of them.
pub(super) fn share<'a>(ground: &Ground<'a>, it: &mut Billed<'a>, places: &[Place]) {
    for &place in places {
        let Some(at @ (_place, _line, stand)) = ground.at(place) else { continue };
        if stand.claimed_amount.minor() <= 0 && Some(&place) != places.first() {
            continue;
        }
        let mut share = ground.one_share(it, at, Number::ZERO);
        share.worth = Number::from(stand.claimed_amount).at_least_zero();
        it.shares.push(share);
    }
    it.split_amount();
}
