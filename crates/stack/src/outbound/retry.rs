//! When a call is repeated: what is safe to repeat, and a budget, so that repeats cannot become the
//! load that keeps a back end down.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const REPEAT: u64 = 100;

/// Whether a call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A second call does no harm: a read, or a write that the back end recognises.
    Safe,
    /// A second call might act twice.
    Never,
}

/// When a call is repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// How often a call is repeated at most; 0 turns repeats off.
    pub attempts: u32,
    /// The pause before the first repeat; each further one doubles it. Half of a pause is random.
    pub pause_ms: u64,
    /// The longest pause, unless the back end asks for a longer one.
    pub pause_ms_max: u64,
    /// Repeats in percent of calls.
    pub budget_percent: u32,
    /// Repeats that a quiet time saves up at most.
    pub budget_max: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { attempts: 2, pause_ms: 50, pause_ms_max: 1_000, budget_percent: 20, budget_max: 10 }
    }
}

/// A bucket into which each call puts a part of a repeat, and from which each repeat takes one.
#[derive(Debug)]
pub(super) struct Budget {
    hundredths: AtomicU64,
    deposit: u64,
    most: u64,
}

impl Budget {
    pub(super) fn new(options: &Options) -> Self {
        let most = u64::from(options.budget_max) * REPEAT;
        Self { hundredths: AtomicU64::new(most), deposit: u64::from(options.budget_percent), most }
    }

    pub(super) fn deposit(&self) {
        self.change(|it| Some((it + self.deposit).min(self.most)));
    }

    /// Takes one repeat; `false` where none is left.
    pub(super) fn withdraw(&self) -> bool {
        self.change(|it| it.checked_sub(REPEAT))
    }

    pub(super) fn left(&self) -> u32 {
        u32::try_from(self.hundredths.load(Relaxed) / REPEAT).unwrap_or(u32::MAX)
    }

    fn change(&self, to: impl FnMut(u64) -> Option<u64>) -> bool {
        self.hundredths.fetch_update(Relaxed, Relaxed, to).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_calls_earn_one_repeat() {
        let budget = Budget::new(&Options { budget_max: 1, ..Options::default() });
        assert!(budget.withdraw());
        for _ in 0..4 {
            budget.deposit();
            assert!(!budget.withdraw());
        }
        budget.deposit();
        assert!(budget.withdraw());
    }

    #[test]
    fn a_quiet_time_saves_up_no_more_than_the_most() {
        let budget = Budget::new(&Options { budget_max: 3, ..Options::default() });
        (0..1_000).for_each(|_| budget.deposit());
        assert_eq!(budget.left(), 3);
    }
}
