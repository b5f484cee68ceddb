//! What was found: checks, reasons and flags of a line or of the document, and the one place where
//! a variance is held against a limit.

use super::bill::{Billed, Ground};
use super::context::Contexts;
use super::exchange::Rates;
use super::key::Key;
use super::number::Number;
use super::policy::{OnBreach, Policy, Row, Side};
use super::request::Facts;
use canonical::{
    AmountUnit, Check, CheckResult, Code, Combine, Currency, Flag, Invoice, Limit, Money, Numeral,
    Outcome, Reason, Variance,
};
use jiff::civil::Date;
use std::fmt::Write as _;

/// What every comparison needs to know: the policy, what the document and its lines are about as
/// far as its rows depend on it, and what the invoice's amounts are worth in the policy's currency.
pub(super) struct Terms<'a> {
    pub(super) policy: &'a Policy,
    pub(super) invoice_date: Date,
    pub(super) currency: Currency,
    /// How much of the policy's currency one unit of the invoice's is.
    rate: Option<Number>,
    contexts: Contexts<'a>,
}

/// By how much something differs, exactly.
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

/// A question: is this difference tolerable?
pub(super) struct Asked {
    pub(super) key: Key,
    /// The code of a breach above, and of one below.
    pub(super) codes: (Code, Code),
    pub(super) measure: Measure,
    /// What another rule already says about it.
    pub(super) ruled: Option<Verdict>,
}

/// So many checks most lines have.
const CHECKS_USUAL: usize = 5;

/// How a difference stands to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Inside,
    Beyond,
    /// The limit is in another currency and there is no rate.
    Unknown,
}

/// Checks, reasons and flags of one line, or of the document.
pub(super) struct Report {
    pub(super) invoice_line: Option<u32>,
    pub(super) checks: Vec<Check>,
    pub(super) reasons: Vec<Reason>,
    pub(super) flags: Vec<Flag>,
    pub(super) outcome: Outcome,
}

impl<'a> Terms<'a> {
    pub(super) fn new(policy: &'a Policy, invoice: &'a Invoice, facts: &'a Facts) -> Self {
        Self {
            policy,
            invoice_date: invoice.invoice_date,
            currency: invoice.currency,
            rate: Rates::new(invoice, facts, policy.currency()).of_invoice(),
            contexts: Contexts::default(),
        }
    }

    /// Notes what the document and its lines are about, where rows of the policy depend on it.
    pub(super) fn note(&mut self, ground: &Ground<'a>, billed: &[Billed<'a>], facts: &'a Facts) {
        if self.policy.is_scoped() {
            self.contexts = Contexts::new(ground, billed, facts);
        }
    }

    /// The row for the document.
    pub(super) fn row(&self, key: Key) -> &'a Row {
        self.row_for(key, None)
    }

    /// The row for a line of the invoice, or for the document.
    pub(super) fn row_for(&self, key: Key, invoice_line: Option<u32>) -> &'a Row {
        self.policy.only(key).unwrap_or_else(|| {
            self.policy.row(key, self.contexts.of(invoice_line), self.invoice_date)
        })
    }

    /// Holds an absolute difference against one side of a row. A limit is breached only by more
    /// than it; a percentage of nothing is beyond every percentage.
    #[inline]
    pub(super) fn verdict(&self, row: &Row, side: &Side, measure: &Measure) -> Verdict {
        if measure.is_nothing() { Verdict::Inside } else { self.held(row, side, measure) }
    }

    fn held(&self, row: &Row, side: &Side, measure: &Measure) -> Verdict {
        let of = |inside| if inside { Verdict::Inside } else { Verdict::Beyond };
        let abs = side.abs.as_ref().map(|limit| {
            let counted = measure.counted().abs();
            if let Some(Span::Days(_)) = measure.span {
                return of(counted <= *limit);
            }
            match &self.rate {
                Some(rate) => of(&counted * rate <= *limit),
                None if counted.is_zero() => Verdict::Inside,
                None if limit.is_zero() => Verdict::Beyond,
                None => Verdict::Unknown,
            }
        });
        let pct = side.pct.as_ref().map(|limit| {
            of(measure.percent.as_ref().is_some_and(|percent| percent.abs() <= *limit))
        });
        let both = [abs, pct];
        let said = |verdict| both.contains(&Some(verdict));
        let order = match row.combine {
            Combine::Strictest => [Verdict::Beyond, Verdict::Unknown],
            Combine::Lenient if said(Verdict::Inside) => return Verdict::Inside,
            Combine::Lenient => [Verdict::Unknown, Verdict::Beyond],
        };
        order.into_iter().find(|&it| said(it)).unwrap_or(Verdict::Inside)
    }
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

    fn is_below(&self) -> bool {
        self.amount.minor() < 0 || matches!(self.span, Some(Span::Days(days)) if days < 0)
    }

    /// What an absolute limit is compared with.
    fn counted(&self) -> Number {
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
            percent: self.percent.as_ref().map(|it| it.numeral(4)),
            quantity: self
                .quantity
                .as_ref()
                .map(|it| if it.is_zero() { Numeral::short(0, 0) } else { it.exact_numeral() }),
            unit,
        }
    }

    /// `30.00 USD (2.4000 %)`, `3 days`, `600.00 USD for 12 days`, without the sign.
    pub(super) fn words(&self) -> String {
        if let Some(Span::Days(days)) = self.span {
            return format!("{} days", days.unsigned_abs());
        }
        let amount = Money::from_minor(self.amount.minor().abs(), self.amount.currency());
        match (&self.percent, self.span) {
            (_, Some(Span::ValueDays(days))) => format!("{amount} for {days} days"),
            (Some(percent), _) => format!("{amount} ({} %)", percent.abs().show(4)),
            (None, _) => amount.to_string(),
        }
    }
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

impl Report {
    pub(super) fn new(invoice_line: Option<u32>) -> Self {
        Self {
            invoice_line,
            checks: Vec::with_capacity(if invoice_line.is_some() { CHECKS_USUAL } else { 1 }),
            reasons: Vec::new(),
            flags: Vec::new(),
            outcome: Outcome::Matched,
        }
    }

    /// Holds a difference against the policy; `sentence` says what differs, for people.
    pub(super) fn judge(
        &mut self,
        terms: &Terms<'_>,
        asked: Asked,
        sentence: impl FnOnce(&Measure) -> String,
    ) -> CheckResult {
        let Asked { key, codes, measure, ruled } = asked;
        let row = terms.row_for(key, self.invoice_line);
        let below = measure.is_below();
        let side = if below { &row.lower } else { &row.upper };
        let verdict = ruled.unwrap_or_else(|| terms.verdict(row, side, &measure));
        let result = verdict.result(&measure);
        if result == CheckResult::PassWithin {
            self.raise(Outcome::MatchedWithinTolerance);
        }
        let variance = measure.shown();
        if let Verdict::Unknown | Verdict::Beyond = verdict {
            let code = match verdict {
                Verdict::Unknown => Code::Cur02,
                _ if below => codes.1,
                _ => codes.0,
            };
            let detail = tolerated(sentence(&measure), &side.shown, terms);
            let reason = Reason {
                code,
                key: Some(key.as_str().into()),
                invoice_line: self.invoice_line,
                variance: Some(variance.clone()),
                limit: Some(side.shown.clone()),
                clears_on: code.into(),
                detail,
            };
            let on_breach = if code == Code::Cur02 { OnBreach::Exception } else { row.on_breach };
            self.breach(reason, on_breach);
        }
        let because = (verdict == Verdict::Unknown).then_some(Code::Cur02);
        let variance = (verdict != Verdict::Unknown).then_some(&variance);
        self.checks.push(Check::new(key.word(), result, variance, Some(&side.shown), because));
        result
    }

    /// A breach of a tolerance, as severe as the policy says it is.
    pub(super) fn breach(&mut self, reason: Reason, on_breach: OnBreach) {
        match on_breach {
            OnBreach::Block => self.raise(Outcome::Blocked),
            OnBreach::Exception => self.raise(Outcome::Exception),
            OnBreach::Flag => {
                self.raise(Outcome::MatchedWithinTolerance);
                self.flag(reason.code.as_str(), reason.detail);
                return;
            }
        }
        self.reasons.push(reason);
    }

    /// A reason that no tolerance softens.
    pub(super) fn reason(&mut self, code: Code, detail: String) {
        self.raise(code.outcome().unwrap_or(Outcome::Matched));
        self.reasons.push(Reason {
            code,
            key: None,
            invoice_line: self.invoice_line,
            variance: None,
            limit: None,
            clears_on: code.into(),
            detail,
        });
    }

    /// A difference that no tolerance softens.
    pub(super) fn strict(
        &mut self,
        code: Code,
        measure: &Measure,
        sentence: impl FnOnce(&Measure) -> String,
    ) {
        let variance = measure.shown();
        let result = if measure.is_nothing() { CheckResult::Pass } else { CheckResult::Breach };
        self.checks.push(Check::new(code.word(), result, Some(&variance), None, None));
        if result == CheckResult::Breach {
            self.reason(code, sentence(measure));
            if let Some(reason) = self.reasons.last_mut() {
                reason.variance = Some(variance);
            }
        }
    }

    /// A stage that failed: the reason, and a check that says so.
    pub(super) fn fail(&mut self, code: Code, detail: String) {
        self.checks.push(Check::new(code.word(), CheckResult::Breach, None, None, None));
        self.reason(code, detail);
    }

    pub(super) fn flag(&mut self, code: &'static str, detail: String) {
        let invoice_line = self.invoice_line;
        self.flags.push(Flag { code: code.into(), invoice_line, detail });
    }

    pub(super) fn not_evaluated(&mut self, key: Key, because: Code) {
        self.not_asked(key.word(), because);
    }

    /// The same of a check without a tolerance.
    pub(super) fn not_asked(&mut self, key: &'static &'static str, because: Code) {
        let (result, because) = (CheckResult::NotEvaluated, Some(because));
        self.checks.push(Check::new(key, result, None, None, because));
    }

    pub(super) fn raise(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(outcome);
    }
}

/// Adds what would have been tolerated.
fn tolerated(mut sentence: String, limit: &Limit, terms: &Terms<'_>) -> String {
    let currency = terms.policy.currency();
    let amount = limit.amount.as_ref().map(|it| match limit.unit {
        AmountUnit::Money => format!("{it} {currency}"),
        AmountUnit::Days => format!("{it} days"),
        AmountUnit::ValueDays => format!("{it} {currency} times days"),
    });
    let joint = if limit.combine == Combine::Strictest { "and" } else { "or" };
    // ok: writing to a string cannot fail
    let _written = match (&amount, &limit.percent) {
        (Some(amount), Some(percent)) => {
            write!(sentence, "; tolerated: {amount} {joint} {percent} %")
        }
        (Some(amount), None) => write!(sentence, "; tolerated: {amount}"),
        (None, Some(percent)) => write!(sentence, "; tolerated: {percent} %"),
        (None, None) => Ok(()),
    };
    if currency == terms.currency || amount.is_none() || limit.unit == AmountUnit::Days {
        return sentence;
    }
    let _written = match &terms.rate {
        Some(rate) => write!(sentence, ", at {} {currency} for 1 {}", rate.text(), terms.currency),
        None => write!(sentence, ", and there is no rate to {}", terms.currency),
    };
    sentence
}
