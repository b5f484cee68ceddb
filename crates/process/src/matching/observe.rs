//! Checks whose breach is not simply a matter of the row: held against a limit here, decided by
//! their own module.

use super::key::Key;
use super::measure::Measure;
use super::policy::OnBreach;
use super::report::{Report, Terms, Verdict};
use canonical::{CheckResult, Code, Reason};

/// Which side of a row a difference is held against, whatever its sign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    Upper,
    Lower,
}

/// How a difference went, and what the row makes of a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) result: CheckResult,
    pub(super) on_breach: OnBreach,
}

/// A breach with a reason of its own.
pub(super) struct Blame<'m> {
    pub(super) code: Code,
    pub(super) key: Key,
    pub(super) measure: &'m Measure,
    pub(super) on_breach: OnBreach,
    pub(super) detail: String,
}

impl Verdict {
    /// The verdict as the check of that difference says it.
    pub(super) fn result(self, measure: &Measure) -> CheckResult {
        match self {
            Self::Inside if measure.is_nothing() => CheckResult::Pass,
            Self::Inside => CheckResult::PassWithin,
            Self::Beyond => CheckResult::Breach,
            Self::Unknown => CheckResult::NotEvaluated,
        }
    }
}

impl Report {
    /// Notes how a difference stands to one side of its row, and raises nothing.
    pub(super) fn observe(
        &mut self,
        terms: &Terms<'_>,
        (key, against): (Key, Against),
        measure: &Measure,
    ) -> Observed {
        let row = terms.row_for(key, self.invoice_line);
        let side = if against == Against::Upper { &row.upper } else { &row.lower };
        let verdict = terms.verdict(row, side, measure);
        let result = verdict.result(measure);
        if result == CheckResult::NotEvaluated {
            self.not_evaluated(key, Code::Cur02);
            return Observed { result, on_breach: row.on_breach };
        }
        self.checked(key.word(), result, measure, Some(side));
        Observed { result, on_breach: row.on_breach }
    }

    /// A breach that [`Report::observe`] found, as severe as is said here.
    pub(super) fn blame(&mut self, terms: &Terms<'_>, blame: Blame<'_>) {
        let Blame { code, key, measure, on_breach, detail } = blame;
        let reason = Reason {
            code,
            key: Some(key.as_str().into()),
            invoice_line: self.invoice_line,
            variance: Some(measure.shown()),
            limit: Some(terms.row_for(key, self.invoice_line).upper.shown.clone()),
            clears_on: code.into(),
            detail: detail.into(),
        };
        self.breach(reason, on_breach);
    }
}
