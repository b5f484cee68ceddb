//! What credits of an invoice line take back of it (`domain.md` A11).

use super::super::few::HashMap;
use super::super::number::Number;
use super::super::report::Report;
use super::super::request::{Credit, CreditKind};
use super::super::stand::money;
use super::super::unit::{Fault, View};
use super::{Billed, Ground};
use canonical::{Code, Money};

/// The credits of one invoice line.
pub(super) type Credits<'a> = HashMap<u32, Vec<&'a Credit>>;

impl<'a> Ground<'a> {
    pub(super) fn credit(&self, it: &mut Billed<'a>, credits: &Credits<'a>, report: &mut Report) {
        let Some(credits) = credits.get(&it.line.line_number).filter(|_| it.stopped.is_none())
        else {
            return;
        };
        let currency = self.invoice.currency;
        let (mut price, mut taken) = (0i128, Number::ZERO);
        for credit in credits {
            match credit.kind {
                CreditKind::Price => {
                    let amount = credit.amount.map(|it| money(it, currency).minor());
                    price = price.saturating_add(amount.unwrap_or_default());
                }
                CreditKind::Quantity => match self.taken_back(it, credit) {
                    Ok(quantity) => taken = &taken + &quantity,
                    Err(Fault { code, detail }) => return it.stop(report, code, detail),
                },
            }
        }
        it.price_credit = Money::from_minor(price, currency);
        let billed = it.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.quantity);
        if taken > billed {
            let (taken, billed) = (taken.text(), billed.text());
            let detail = format!("credits take back {taken} of {billed} billed; at most {billed}");
            report.fail(Code::Crd01, detail);
        }
        it.take_back(taken);
    }

    /// What a quantity credit takes back, in base units.
    fn taken_back(&self, it: &Billed<'a>, credit: &'a Credit) -> Result<Number, Fault> {
        if let (Some(quantity), Some(line)) = (&credit.quantity, it.first) {
            let factor = self.units.factor(line.of(), &quantity.uom, View::Suppliers)?;
            return Ok(&Number::from(quantity.value) * &factor.value);
        }
        let billed = it.shares.iter().fold(Number::ZERO, |sum, it| &sum + &it.quantity);
        let amount = credit.amount.map_or(Number::ZERO, Number::from);
        Ok((&billed * &amount).per(&Number::from(it.net)).unwrap_or(Number::ZERO))
    }
}

impl Billed<'_> {
    /// Credits reduce the latest claim first.
    fn take_back(&mut self, mut left: Number) {
        let currency = self.net.currency();
        for share in self.shares.as_mut_slice().iter_mut().rev() {
            let taken = left.clone().min(share.quantity.clone());
            left = &left - &taken;
            let value = &Number::from(share.amount) * &taken;
            share.credited_amount =
                value.per(&share.quantity).unwrap_or(Number::ZERO).round(currency);
            share.credited = taken;
        }
    }
}

pub(super) fn by_line(credits: &[Credit]) -> Credits<'_> {
    let mut found = Credits::default();
    for credit in credits {
        found.entry(credit.invoice_line).or_default().push(credit);
    }
    found
}
