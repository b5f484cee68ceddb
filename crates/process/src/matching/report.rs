//! What was found: checks, reasons and flags of a line or of the document, and the one place where
//! a variance is held against a limit.

use super::bill::{Billed, Ground};
use super::context::Contexts;
use super::exchange::Rates;
use super::key::Key;
use super::measure::{Measure, Span};
use super::number::Number;
use super::policy::{OnBreach, Policy, Row, Side};
use super::request::Facts;
use canonical::{
    AmountUnit, Check, CheckResult, Code, Combine, Currency, Flag, Invoice, Limit, Outcome, Reason,
    Sentence,
};
use jiff::civil::Date;
use std::fmt;
use std::sync::Arc;

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
const CHECKS_USUAL: usize = 6;

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

impl Report {
    pub(super) fn new(invoice_line: Option<u32>) -> Self {
        Self {
            invoice_line,
            checks: Vec::with_capacity(if invoice_line.is_some() { CHECKS_USUAL } else { 3 }),
            reasons: Vec::new(),
            flags: Vec::new(),
            outcome: Outcome::Matched,
        }
    }

    /// Holds a difference against the policy; `sentence` says what differs, for people.
    pub(super) fn judge<W: fmt::Display + Send + Sync + 'static>(
        &mut self,
        terms: &Terms<'_>,
        asked: Asked,
        sentence: impl FnOnce(&Measure) -> W,
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
        if let Verdict::Unknown | Verdict::Beyond = verdict {
            let code = match verdict {
                Verdict::Unknown => Code::Cur02,
                _ if below => codes.1,
                _ => codes.0,
            };
            let detail = Sentence::new(Tolerated::new(sentence(&measure), side, terms));
            let reason = Reason {
                code,
                key: Some(key.as_str().into()),
                invoice_line: self.invoice_line,
                variance: Some(measure.shown()),
                limit: Some(side.shown.clone()),
                clears_on: code.into(),
                detail,
            };
            let on_breach = if code == Code::Cur02 { OnBreach::Exception } else { row.on_breach };
            self.breach(reason, on_breach);
        }
        if verdict == Verdict::Unknown {
            let because = Some(Code::Cur02);
            self.checks.push(Check::new(key.word(), result, None, Some(&side.shown), because));
        } else {
            self.checked(key.word(), result, &measure, Some(side));
        }
        result
    }

    /// Notes a check of a difference, and what it was held against.
    #[inline]
    pub(super) fn checked(
        &mut self,
        key: &'static &'static str,
        result: CheckResult,
        measure: &Measure,
        side: Option<&Side>,
    ) {
        let is_plain = side.is_none_or(|it| it.counts.is_some());
        let check = match measure.counts().filter(|_| is_plain) {
            Some(counts) => {
                let limit = side.and_then(|it| it.counts.as_ref());
                Check::counted(key, result, counts, limit)
            }
            None => {
                let limit = side.map(|it| &it.shown);
                Check::new(key, result, Some(&measure.shown()), limit, None)
            }
        };
        self.checks.push(check);
    }

    /// A breach of a tolerance, as severe as the policy says it is.
    pub(super) fn breach(&mut self, reason: Reason, on_breach: OnBreach) {
        match on_breach {
            OnBreach::Block => self.raise(Outcome::Blocked),
            OnBreach::Exception => self.raise(Outcome::Exception),
            OnBreach::Flag => {
                self.raise(Outcome::MatchedWithinTolerance);
                self.flag(reason.code.as_str(), reason.detail.to_string());
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
            detail: detail.into(),
        });
    }

    /// A difference that no tolerance softens.
    pub(super) fn strict(
        &mut self,
        code: Code,
        measure: &Measure,
        sentence: impl FnOnce(&Measure) -> String,
    ) {
        let result = if measure.is_nothing() { CheckResult::Pass } else { CheckResult::Breach };
        self.checked(code.word(), result, measure, None);
        if result == CheckResult::Breach {
            self.reason(code, sentence(measure));
            if let Some(reason) = self.reasons.last_mut() {
                reason.variance = Some(measure.shown());
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

/// What differs, and what would have been tolerated.
struct Tolerated<W> {
    what: W,
    limit: Arc<str>,
    /// What the limit is in the invoice's currency, where it is in another.
    rate: Option<String>,
}

impl<W: fmt::Display> Tolerated<W> {
    fn new(what: W, side: &Side, terms: &Terms<'_>) -> Self {
        let (currency, of) = (terms.policy.currency(), terms.currency);
        let Limit { amount, unit, .. } = &side.shown;
        let is_other = currency != of && amount.is_some() && *unit != AmountUnit::Days;
        let rate = is_other.then(|| match &terms.rate {
            Some(rate) => format!(", at {} {currency} for 1 {of}", rate.text()),
            None => format!(", and there is no rate to {of}"),
        });
        Self { what, limit: Arc::clone(&side.words), rate }
    }
}

impl<W: fmt::Display> fmt::Display for Tolerated<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)?;
        f.write_str(&self.limit)?;
        f.write_str(self.rate.as_deref().unwrap_or_default())
    }
}
