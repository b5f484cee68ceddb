//! By how much something differs, and how an answer shows it.

use super::number::Number;
use canonical::{AmountUnit, Counts, Currency, Money, Numeral, Variance};
use std::fmt;

/// A percentage is shown with so many places.
const PERCENT_PLACES: u8 = 4;

/// By how much something differs, exactly.
#[derive(Clone)]
pub(super) struct Measure {
    /// Signed, in the invoice's currency.
    pub(super) amount: Money,
    /// Signed; `None` where what it is held against is not above zero.
    pub(super) percent: Option<Number>,
    /// In base units, for a variance of quantity.
    pub(super) quantity: Option<Number>,
    /// For a variance of time.
    pub(super) span: Option<Span>,
}

/// A variance of time, in days.
#[derive(Clone, Copy)]
pub(super) enum Span {
    /// Days alone; the amount does not count.
    Days(i64),
    /// Days of the amount.
    ValueDays(i64),
}

impl Measure {
    /// A difference of an amount, held against `base`.
    pub(super) fn of_amount(amount: Money, base: Money) -> Self {
        let percent = if amount.minor() == 0 {
            (base.minor() > 0).then_some(Number::ZERO)
        } else {
            percent_of(&Number::from(amount), &Number::from(base))
        };
        Self { amount, percent, quantity: None, span: None }
    }

    /// An amount alone.
    pub(super) const fn of_money(amount: Money) -> Self {
        Self { amount, percent: None, quantity: None, span: None }
    }

    /// A difference of days; below zero for days before.
    pub(super) fn of_days(days: i64, currency: Currency) -> Self {
        Self { span: Some(Span::Days(days)), ..Self::of_money(Money::zero(currency)) }
    }

    /// An amount times the days that it is early; nothing where it is not.
    pub(super) fn of_value_days(amount: Money, days: i64) -> Self {
        let days = days.max(0);
        let amount = if days == 0 { Money::zero(amount.currency()) } else { amount };
        Self { span: Some(Span::ValueDays(days)), ..Self::of_money(amount) }
    }

    pub(super) fn of_quantity(
        quantity: Number,
        base: &Number,
        price: &Number,
        c: Currency,
    ) -> Self {
        let amount = if quantity.is_zero() { Money::zero(c) } else { (&quantity * price).round(c) };
        Self { amount, percent: percent_of(&quantity, base), quantity: Some(quantity), span: None }
    }

    pub(super) fn is_nothing(&self) -> bool {
        let no_days = !matches!(self.span, Some(Span::Days(days)) if days != 0);
        self.amount.minor() == 0 && no_days && self.quantity.as_ref().is_none_or(Number::is_zero)
    }

    pub(super) fn is_below(&self) -> bool {
        self.amount.minor() < 0 || matches!(self.span, Some(Span::Days(days)) if days < 0)
    }

    /// What an absolute limit is compared with.
    pub(super) fn counted(&self) -> Number {
        match self.span {
            None => Number::from(self.amount),
            Some(Span::Days(days)) => Number::whole(days.into()),
            Some(Span::ValueDays(days)) => &Number::from(self.amount) * &Number::whole(days.into()),
        }
    }

    pub(super) fn shown(&self) -> Variance {
        let (amount, unit) = match self.span {
            None => (self.amount.into(), AmountUnit::Money),
            Some(Span::Days(days)) => (Numeral::new(days.into(), 0), AmountUnit::Days),
            Some(Span::ValueDays(_)) => (self.counted().exact_numeral(), AmountUnit::ValueDays),
        };
        Variance {
            amount: Some(amount),
            percent: self.percent.as_ref().map(|it| it.numeral(PERCENT_PLACES.into())),
            quantity: self
                .quantity
                .as_ref()
                .map(|it| if it.is_zero() { Numeral::short(0, 0) } else { it.exact_numeral() }),
            unit,
        }
    }

    /// The same where it is one of plain counts, as nearly all are.
    #[inline]
    pub(super) fn counts(&self) -> Option<Counts> {
        if self.span.is_some() {
            return None;
        }
        let amount = i64::try_from(self.amount.minor()).ok()?;
        let places = u8::try_from(self.amount.currency().exponent()).ok()?;
        let percent = match &self.percent {
            None => None,
            Some(it) if it.is_zero() => Some((0, PERCENT_PLACES)),
            Some(it) => Some((percent_count(it)?, PERCENT_PLACES)),
        };
        let quantity = match &self.quantity {
            None => None,
            Some(it) if it.is_zero() => Some((0, 0)),
            Some(it) => Some(it.decimal()?),
        };
        Some(Counts { amount: (amount, places), percent, quantity })
    }

    /// `30.00 USD (2.4000 %)`, `3 days`, `600.00 USD for 12 days`, without the sign.
    pub(super) const fn words(&self) -> Words<'_> {
        Words(self)
    }
}

/// A difference, for people.
pub(super) struct Words<'m>(&'m Measure);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measure { amount, percent, span, .. } = self.0;
        if let Some(Span::Days(days)) = span {
            return write!(f, "{} days", days.unsigned_abs());
        }
        let amount = Money::from_minor(amount.minor().abs(), amount.currency());
        match (percent, span) {
            (_, Some(Span::ValueDays(days))) => write!(f, "{amount} for {days} days"),
            (Some(it), _) => {
                amount.fmt(f)?;
                f.write_str(" (")?;
                it.abs().numeral(PERCENT_PLACES.into()).fmt(f)?;
                f.write_str(" %)")
            }
            (None, _) => amount.fmt(f),
        }
    }
}

/// A percentage as it is shown, which most are not: nothing differs.
#[inline(never)]
fn percent_count(percent: &Number) -> Option<i32> {
    i32::try_from(percent.rounded(PERCENT_PLACES.into())?).ok()
}

fn percent_of(part: &Number, whole: &Number) -> Option<Number> {
    if !whole.is_positive() {
        return None;
    }
    if part.is_zero() {
        return Some(Number::ZERO);
    }
    (part * &Number::whole(100)).per(whole)
}
