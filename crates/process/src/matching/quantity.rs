//! Quantities: what is billed on an order line, all its invoice lines together and all invoices
//! before it, against what was ordered, received and accepted (`domain.md` A7.2).

use super::bill::{Billed, Ground, Share};
use super::few::Few;
use super::index::{OrderLine, Place};
use super::key::Key;
use super::measure::Measure;
use super::number::Number;
use super::report::{Asked, Report, Terms, Verdict};
use super::spoken::spoken;
use super::stand::{Stand, by_receipt};
use super::usage::{self, Loose};
use canonical::{CheckResult, Code, MatchMode, Money};
use std::collections::BTreeMap;
use std::fmt;

/// Which invoice lines bill which order line.
pub(super) struct Groups(Few<(Place, usize)>);

impl Groups {
    /// Of the lines that nothing stands in the way of.
    pub(super) fn new(billed: &[Billed<'_>]) -> Self {
        let mut pairs = Few::with_capacity(billed.len());
        for (number, it) in billed.iter().enumerate().filter(|(_number, it)| it.stopped.is_none()) {
            it.shares.iter().for_each(|share| pairs.push((share.place, number)));
        }
        if !pairs.is_sorted() {
            pairs.as_mut_slice().sort_unstable();
        }
        Self(pairs)
    }

    /// Each order line with the invoice lines that bill it, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Place, &[(Place, usize)])> {
        let groups = self.0.chunk_by(|a, b| a.0 == b.0);
        groups.filter_map(|it| Some((it.first()?.0, it)))
    }
}

/// Asks every order line; what is found stands on the lowest invoice line that bills it.
pub(super) fn check<'a>(
    ground: &Ground<'a>,
    terms: &Terms<'_>,
    billed: &[Billed<'a>],
    groups: &Groups,
    reports: &mut [Report],
) {
    let mut loose = Loose::new(ground);
    for (place, numbers) in groups.iter() {
        let Some((_place, line, stand)) = ground.at(place) else { continue };
        let lines: Few<&Billed<'a>> = numbers.iter().filter_map(|it| billed.get(it.1)).collect();
        let Some(report) = numbers.first().and_then(|it| reports.get_mut(it.1)) else { continue };
        let claimed = claimed(place, stand, &lines);
        let group = Group { terms, place, line, stand, lines, claimed };
        if line.is_by_quantity() {
            if line.is_held_to_ordered() {
                group.ordered(report);
            }
            group.used(ground, &mut loose, report);
            let received = group.received(report);
            group.accepted(report);
            group.credit_expected(report);
            if received != Some(CheckResult::Breach) {
                group.receipts(ground, report);
            }
        } else if line.is_by_amount() && line.mode() != MatchMode::ZeroWay {
            group.amount(report);
        }
    }
}

struct Group<'g, 'a> {
    terms: &'g Terms<'g>,
    place: Place,
    line: &'g OrderLine<'a>,
    stand: &'g Stand,
    lines: Few<&'g Billed<'a>>,
    /// By this invoice and all before it.
    claimed: Number,
}

/// What is claimed of an order line by lines of this invoice and all invoices before it.
fn claimed(place: Place, stand: &Stand, lines: &[&Billed<'_>]) -> Number {
    let shares = lines.iter().flat_map(|it| &it.shares).filter(|it| it.place == place);
    shares.fold(stand.claimed.clone(), |sum, it| {
        if it.credited.is_zero() {
            &sum + &it.quantity
        } else {
            &sum + &(&it.quantity - &it.credited)
        }
    })
}

impl<'g, 'a> Group<'g, 'a> {
    fn shares(&self) -> impl Iterator<Item = &'g Share<'a>> {
        let place = self.place;
        self.lines.iter().flat_map(|it| &it.shares).filter(move |it| it.place == place)
    }

    fn over(&self, claimed: &Number, base: &Number) -> Measure {
        let over = (claimed - base).at_least_zero();
        Measure::of_quantity(over, base, &self.stand.price, self.terms.currency)
    }

    fn ordered(&self, report: &mut Report) {
        let claimed = &self.claimed;
        let measure = self.over(claimed, &self.stand.ordered);
        let asked = Asked {
            key: Key::QtyOverOrdered,
            codes: (Code::Qty03, Code::Qty03),
            measure,
            ruled: None,
        };
        report.judge(self.terms, asked, |it| {
            self.sentence((claimed, "ordered", &self.stand.ordered), it, "")
        });
    }

    /// Goods that are billed when they are used: the usage that is attested plays the receipt.
    fn used(&self, ground: &Ground<'a>, loose: &mut Loose<'a>, report: &mut Report) {
        if !self.line.is_by_usage() {
            return;
        }
        let used = usage::of_line(ground, self.line, &self.stand.used, loose, &self.lines);
        let claimed = &self.claimed;
        let measure = self.over(claimed, &used.quantity);
        let codes = (Code::Qty05, Code::Qty05);
        let asked = Asked { key: Key::QtyOverUsed, codes, measure, ruled: None };
        report.judge(self.terms, asked, |it| {
            self.sentence((claimed, "used", &used.quantity), it, used.words())
        });
    }

    fn received(&self, report: &mut Report) -> Option<CheckResult> {
        if !self.line.needs_receipt() {
            return None;
        }
        let (claimed, received) = (&self.claimed, &self.stand.received);
        let measure = self.over(claimed, received);
        let nothing = !received.is_positive();
        let (key, code) = if nothing {
            (Key::QtyNoReceipt, Code::Qty01)
        } else {
            (Key::QtyOverReceived, Code::Qty02)
        };
        // nothing over needs no tolerance
        let is_small = !measure.is_nothing() && self.is_small(claimed);
        let ruled = is_small.then_some(Verdict::Inside);
        let asked = Asked { key, codes: (code, code), measure, ruled };
        let sentence = |it: &Measure| {
            self.sentence((claimed, "received", received), it, self.line.mode.words())
        };
        Some(report.judge(self.terms, asked, sentence))
    }

    fn accepted(&self, report: &mut Report) {
        if self.line.mode() != MatchMode::FourWay || self.line.is_by_usage() {
            return;
        }
        let (claimed, accepted) = (&self.claimed, &self.stand.accepted);
        let measure = self.over(claimed, accepted);
        let asked = Asked {
            key: Key::QtyOverAccepted,
            codes: (Code::Qty04, Code::Qty04),
            measure,
            ruled: None,
        };
        report.judge(self.terms, asked, |it| {
            self.sentence((claimed, "accepted", accepted), it, self.line.mode.words())
        });
    }

    /// Goods that went back and are not replaced: what nothing stands behind any more is to come
    /// back as money (`domain.md` A11 rule 2).
    fn credit_expected(&self, report: &mut Report) {
        if !self.line.needs_receipt() || self.stand.returned.is_zero() {
            return;
        }
        let here = self.shares().fold(Number::ZERO, |sum, it| &sum + &it.credited);
        let open = &(&self.stand.returned - &self.stand.credited) - &here;
        let uncovered = (&self.claimed - &self.stand.received).at_least_zero();
        let expected = open.min(uncovered);
        if !expected.is_positive() {
            return;
        }
        let (quantity, amount) = self.shares().fold((Number::ZERO, 0i128), |sum, it| {
            (&sum.0 + &it.quantity, sum.1.saturating_add(it.amount.minor()))
        });
        let currency = self.terms.currency;
        let billed = Number::from(Money::from_minor(amount, currency)).per(&quantity);
        let price = billed.unwrap_or_else(|| self.stand.price.clone());
        let value = (&expected * &price).round(currency);
        let ((order, line), uom) = (self.names(), self.line.of().base);
        let detail = spoken!(
            "{value} is expected back: {} {uom} of line {line} of order {order} went back, and \
             neither a replacement nor a credit came",
            expected.text()
        );
        report.flag("CREDIT_EXPECTED", detail);
    }

    /// A claim that would be tolerated without any receipt is tolerated with some.
    fn is_small(&self, claimed: &Number) -> bool {
        let line = self.lines.first().map(|it| it.line.line_number);
        let row = self.terms.row_for(Key::QtyNoReceipt, line);
        let amount = (claimed * &self.stand.price).round(self.terms.currency);
        let measure =
            Measure { amount, percent: None, quantity: Some(claimed.clone()), span: None };
        self.terms.verdict(row, &row.upper, &measure) == Verdict::Inside
    }

    /// Where invoices follow receipts, a line that cites one is held against that one too.
    fn receipts(&self, ground: &Ground<'a>, report: &mut Report) {
        if !self.line.line.receipt_based_invoice || !self.line.needs_receipt() {
            return;
        }
        let mut cited: BTreeMap<&str, Number> = BTreeMap::new();
        for it in &self.lines {
            let Some(receipt) = &it.line.receipt_number else { continue };
            let sum = cited.entry(receipt.as_str()).or_insert(Number::ZERO);
            for share in it.shares.iter().filter(|it| it.place == self.place) {
                *sum = &*sum + &(&share.quantity - &share.credited);
            }
        }
        if cited.is_empty() {
            return;
        }
        let known = by_receipt(self.line, ground.units);
        let none = (Number::ZERO, Number::ZERO);
        for (receipt, billed) in cited {
            let (received, before) = known.get(receipt).unwrap_or(&none);
            self.one_receipt(receipt, &(&billed + before), received, report);
        }
    }

    fn one_receipt(&self, name: &str, claimed: &Number, received: &Number, report: &mut Report) {
        let (key, code) = if received.is_positive() {
            (Key::QtyOverReceived, Code::Qty02)
        } else {
            (Key::QtyNoReceipt, Code::Qty01)
        };
        let ruled = self.is_small(&self.claimed).then_some(Verdict::Inside);
        let measure = self.over(claimed, received);
        let asked = Asked { key, codes: (code, code), measure, ruled };
        report.judge(self.terms, asked, |it| {
            let what = format!("on receipt {name}");
            self.sentence((claimed, what, received), it, self.line.mode.words())
        });
    }

    /// Lines ordered by amount: everything billed against the line's amount.
    fn amount(&self, report: &mut Report) {
        let currency = self.terms.currency;
        let here = self.lines.iter().map(|it| it.price_credit.minor()).sum::<i128>();
        let asked: i128 =
            self.shares().map(|it| it.amount.minor() - it.credited_amount.minor()).sum();
        let before = self.stand.claimed_amount.minor();
        let billed = before.saturating_add(asked).saturating_sub(here);
        let over = billed.saturating_sub(self.stand.amount.minor()).max(0);
        let measure = Measure::of_amount(Money::from_minor(over, currency), self.stand.amount);
        let codes = (Code::Amt01, Code::Amt01);
        let asked = Asked { key: Key::AmountLine, codes, measure, ruled: None };
        report.judge(self.terms, asked, |it| {
            let billed = Money::from_minor(billed, currency);
            let (order, line) = self.names();
            spoken!(
                "{billed} is billed in all on line {line} of order {order}, \
                 which is for {}: {} over",
                self.stand.amount,
                it.words()
            )
        });
    }

    fn names(&self) -> (&str, u32) {
        (self.line.order.number.as_str(), self.line.line.line_number)
    }

    /// `120 EA billed in all on line 1 of order PO-9, 100 ordered: 20 EA over, 30.00 USD`.
    fn sentence<W: fmt::Display + Send + Sync, M: fmt::Display + Send + Sync>(
        &self,
        (claimed, what, base): (&Number, W, &Number),
        it: &Measure,
        more: M,
    ) -> impl fmt::Display + Send + Sync + use<W, M> {
        let (claimed, base, measure) = (claimed.clone(), base.clone(), it.clone());
        let (order, uom) = (self.line.order.number.clone(), self.line.of().base.clone());
        let line = self.line.line.line_number;
        fmt::from_fn(move |f| {
            let over = measure.quantity.as_ref().unwrap_or(&Number::ZERO).exact_numeral();
            write!(
                f,
                "{} {uom} billed in all on line {line} of order {order}, {} {what}: \
                 {over} {uom} over, {}{more}",
                claimed.exact_numeral(),
                base.exact_numeral(),
                measure.words()
            )
        })
    }
}
