//! What was found: checks, reasons and flags of a line or of the document, and the one place where
//! a variance is held against a limit.

use super::key::Key;
use super::number::Number;
use super::policy::{OnBreach, Policy, Row, Side};
use canonical::{
    Check, CheckResult, Code, Combine, Currency, Flag, Limit, Money, Outcome, Reason, Variance,
};
use jiff::civil::Date;
use std::fmt::Write as _;

/// What every comparison needs to know: the policy, and whether its amounts are in the invoice's
/// currency.
pub(super) struct Terms<'a> {
    pub(super) policy: &'a Policy,
    pub(super) invoice_date: Date,
    pub(super) currency: Currency,
}

/// By how much something differs, exactly.
pub(super) struct Measure {
    /// Signed, in the invoice's currency.
    pub(super) amount: Money,
    /// Signed; `None` where what it is held against is not above zero.
    pub(super) percent: Option<Number>,
    /// In base units, for a variance of quantity.
    pub(super) quantity: Option<Number>,
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
    pub(super) fn row(&self, key: Key) -> &'a Row {
        self.policy.row(key, self.invoice_date)
    }

    /// Holds an absolute difference against one side of a row. A limit is breached only by more
    /// than it; a percentage of nothing is beyond every percentage.
    pub(super) fn verdict(&self, row: &Row, side: &Side, measure: &Measure) -> Verdict {
        if measure.is_nothing() {
            return Verdict::Inside;
        }
        let of = |inside| if inside { Verdict::Inside } else { Verdict::Beyond };
        let abs = side.abs.as_ref().map(|limit| {
            let amount = Number::from(measure.amount).abs();
            if self.policy.currency() != self.currency && !limit.is_zero() && !amount.is_zero() {
                return Verdict::Unknown;
            }
            of(amount <= *limit)
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
        let percent = percent_of(&Number::from(amount), &Number::from(base));
        Self { amount, percent, quantity: None }
    }

    pub(super) fn of_quantity(
        quantity: Number,
        base: &Number,
        price: &Number,
        c: Currency,
    ) -> Self {
        let amount = (&quantity * price).round(c);
        Self { amount, percent: percent_of(&quantity, base), quantity: Some(quantity) }
    }

    fn is_nothing(&self) -> bool {
        self.amount.minor() == 0 && self.quantity.as_ref().is_none_or(Number::is_zero)
    }

    fn is_below(&self) -> bool {
        self.amount.minor() < 0
    }

    pub(super) fn shown(&self) -> Variance {
        Variance {
            amount: Some(self.amount.into()),
            percent: self.percent.as_ref().map(|it| it.numeral(4)),
            quantity: self.quantity.as_ref().map(Number::exact_numeral),
        }
    }

    /// `30.00 USD (2.4000 %)`, without the sign.
    pub(super) fn words(&self) -> String {
        let amount = Money::from_minor(self.amount.minor().abs(), self.amount.currency());
        match &self.percent {
            Some(percent) => format!("{amount} ({} %)", percent.abs().show(4)),
            None => amount.to_string(),
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
    pub(super) const fn new(invoice_line: Option<u32>) -> Self {
        Self {
            invoice_line,
            checks: Vec::new(),
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
        let row = terms.row(key);
        let below = measure.is_below();
        let side = if below { &row.lower } else { &row.upper };
        let verdict = ruled.unwrap_or_else(|| terms.verdict(row, side, &measure));
        let result = match verdict {
            Verdict::Inside if measure.is_nothing() => CheckResult::Pass,
            Verdict::Inside => CheckResult::PassWithin,
            Verdict::Beyond => CheckResult::Breach,
            Verdict::Unknown => CheckResult::NotEvaluated,
        };
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
        let variance = (verdict != Verdict::Unknown).then_some(variance);
        let limit = Some(side.shown.clone());
        let key = key.as_str().into();
        self.checks.push(Check { key, result, variance, limit, because });
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

    /// A stage that failed: the reason, and a check that says so.
    pub(super) fn fail(&mut self, code: Code, detail: String) {
        self.checks.push(Check {
            key: code.as_str().into(),
            result: CheckResult::Breach,
            variance: None,
            limit: None,
            because: None,
        });
        self.reason(code, detail);
    }

    pub(super) fn flag(&mut self, code: &'static str, detail: String) {
        let invoice_line = self.invoice_line;
        self.flags.push(Flag { code: code.into(), invoice_line, detail });
    }

    pub(super) fn not_evaluated(&mut self, key: Key, because: Code) {
        self.checks.push(Check {
            key: key.as_str().into(),
            result: CheckResult::NotEvaluated,
            variance: None,
            limit: None,
            because: Some(because),
        });
    }

    pub(super) fn raise(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(outcome);
    }
}

/// Adds what would have been tolerated.
fn tolerated(mut sentence: String, limit: &Limit, terms: &Terms<'_>) -> String {
    let currency = terms.policy.currency();
    let joint = if limit.combine == Combine::Strictest { "and" } else { "or" };
    // ok: writing to a string cannot fail
    let _written = match (&limit.amount, &limit.percent) {
        (Some(amount), Some(percent)) => {
            write!(sentence, "; tolerated: {amount} {currency} {joint} {percent} %")
        }
        (Some(amount), None) => write!(sentence, "; tolerated: {amount} {currency}"),
        (None, Some(percent)) => write!(sentence, "; tolerated: {percent} %"),
        (None, None) => Ok(()),
    };
    if currency != terms.currency && limit.amount.is_some() {
        let _written = write!(sentence, ", and there is no rate to {}", terms.currency);
    }
    sentence
}
