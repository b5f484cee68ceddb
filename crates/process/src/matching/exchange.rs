//! Exchange rates, as they were quoted: a rate in the other direction is used by dividing exactly,
//! never by rounding its inverse (`domain.md` A1.1).

pub(super) mod split;

use super::number::Number;
use super::request::Facts;
use canonical::{Currency, CurrencyRate, Decimal, Invoice, RateKind};
use jiff::civil::Date;

/// What amounts are worth in the functional currency, which is the policy's.
#[derive(Clone, Copy)]
pub(super) struct Rates<'a> {
    functional: Currency,
    published: &'a [CurrencyRate],
    /// The currency and the date of the invoice, and the rate at which it is booked where that is
    /// settled.
    invoice: (Currency, Date, Option<Decimal>),
}

impl<'a> Rates<'a> {
    pub(super) fn new(invoice: &Invoice, facts: &'a Facts, functional: Currency) -> Self {
        let settled = invoice.exchange_rate.filter(|it| Number::from(*it).is_positive());
        let invoice = (invoice.currency, invoice.invoice_date, settled);
        Self { functional, published: &facts.rates, invoice }
    }

    /// The functional currency.
    pub(super) const fn functional(&self) -> Currency {
        self.functional
    }

    /// How much of the functional currency one unit of the invoice's is: the rate at which it is
    /// booked, else the published one of the invoice date.
    pub(super) fn of_invoice(&self) -> Option<Number> {
        let (currency, date, settled) = self.invoice;
        match settled.filter(|_| currency != self.functional) {
            Some(rate) => Some(Number::from(rate)),
            None => self.to_functional(currency, date),
        }
    }

    /// How much of the functional currency one unit of another was on a day: the last spot rate
    /// published until then. Of two of one day, the one quoted in this direction counts.
    pub(super) fn to_functional(self, currency: Currency, date: Date) -> Option<Number> {
        self.quoted((currency, self.functional), RateKind::Spot, date)
    }

    /// How much of `to` one unit of `from` is on the invoice date, where a contract lets an order
    /// in the one be billed in the other: as agreed, else as published, else through the
    /// functional currency.
    pub(super) fn between(self, from: Currency, to: Currency) -> Option<Number> {
        let (_currency, date, _settled) = self.invoice;
        let agreed = self.quoted((from, to), RateKind::Contract, date);
        agreed.or_else(|| self.quoted((from, to), RateKind::Spot, date)).or_else(|| {
            let whole =
                if to == self.invoice.0 { self.of_invoice() } else { self.to_functional(to, date) };
            self.to_functional(from, date)?.per(&whole?)
        })
    }

    /// The last rate of a kind that was published until a day.
    fn quoted(
        self,
        (from, to): (Currency, Currency),
        kind: RateKind,
        date: Date,
    ) -> Option<Number> {
        if from == to {
            return Some(Number::ONE);
        }
        let direct = |it: &CurrencyRate| it.base == from && it.quote == to;
        let inverse = |it: &CurrencyRate| it.base == to && it.quote == from;
        let published = self.published.iter().filter(|it| {
            it.kind == kind
                && it.as_of <= date
                && (direct(it) || inverse(it))
                && Number::from(it.rate).is_positive()
        });
        let latest = published.max_by_key(|it| (it.as_of, direct(it), it.rate))?;
        let rate = Number::from(latest.rate);
        if direct(latest) { Some(rate) } else { Number::ONE.per(&rate) }
    }
}

#[cfg(test)]
mod tests;
