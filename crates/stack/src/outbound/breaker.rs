//! A back end that fails is left alone for a while, then tried with one call.

use canonical::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const BUCKETS: u32 = 10;

/// When a back end is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The time over which calls are counted.
    pub window_seconds: u64,
    /// Fewer calls than this in the window say nothing about the back end.
    pub calls_min: u32,
    /// So many failures in percent of the calls open the breaker.
    pub failures_percent: u32,
    /// How long the back end is left alone before one call tries it.
    pub cool_down_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { window_seconds: 10, calls_min: 10, failures_percent: 50, cool_down_ms: 5_000 }
    }
}

/// Whether a back end is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// One call at a time tries whether the back end is well again.
    HalfOpen,
    /// No call passes.
    Open,
}

#[derive(Debug)]
pub(super) struct Breaker {
    name: String,
    options: Options,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    Open { until: Instant },
    HalfOpen { trying: bool },
}

/// The right to make one call. Dropped without a report, as when the caller goes away, it says
/// nothing about the back end.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    trial: bool,
}

impl Breaker {
    pub(super) fn new(name: &str, options: &Options) -> Self {
        let state = Mutex::new(State::Closed(Window::default()));
        Self { name: name.to_owned(), options: options.clone(), state }
    }

    pub(super) fn state(&self) -> BreakerState {
        match &*self.lock() {
            State::Closed(_) => BreakerState::Closed,
            State::Open { until } if Instant::now() < *until => BreakerState::Open,
            State::Open { .. } | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Asks to make one call.
    ///
    /// # Errors
    /// `unavailable` with the time to come back, while the back end is left alone.
    pub(super) fn enter(&self) -> Result<Pass<'_>> {
        let mut state = self.lock();
        let wait = match &mut *state {
            State::Closed(_) => return Ok(Pass { breaker: self, trial: false }),
            State::Open { until } => until.saturating_duration_since(Instant::now()),
            State::HalfOpen { trying: true } => Duration::from_millis(self.options.cool_down_ms),
            State::HalfOpen { trying: false } => Duration::ZERO,
        };
        if wait.is_zero() {
            *state = State::HalfOpen { trying: true };
            return Ok(Pass { breaker: self, trial: true });
        }
        let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        let message = format!("{} fails and is left alone for now", self.name);
        Err(Error::unavailable(message).retry_after(seconds.max(1)))
    }

    fn report(&self, trial: bool, good: bool) {
        let now = Instant::now();
        let mut state = self.lock();
        let opens = match &mut *state {
            State::Closed(window) => window.count(now, good, &self.options),
            State::HalfOpen { .. } if trial => !good,
            // A call from before the breaker opened says nothing about now.
            State::HalfOpen { .. } | State::Open { .. } => return,
        };
        if opens {
            let cool_down = Duration::from_millis(self.options.cool_down_ms);
            tracing::warn!(upstream = %self.name, ?cool_down, "breaker opens");
            *state = State::Open { until: now + cool_down };
        } else if trial {
            tracing::info!(upstream = %self.name, "breaker closes");
            *state = State::Closed(Window::default());
        }
    }

    fn release(&self) {
        if let State::HalfOpen { trying } = &mut *self.lock() {
            *trying = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Says how the call went.
    pub(super) fn report(mut self, good: bool) {
        self.breaker.report(self.trial, good);
        self.trial = false;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.trial {
            self.breaker.release();
        }
    }
}

/// Calls of the last while, in buckets that fall out one by one.
#[derive(Debug, Default)]
struct Window(VecDeque<Bucket>);

#[derive(Debug)]
struct Bucket {
    started: Instant,
    good: u32,
    bad: u32,
}

impl Window {
    /// Counts one call and says whether there are too many failures now.
    fn count(&mut self, now: Instant, good: bool, options: &Options) -> bool {
        let window = Duration::from_secs(options.window_seconds);
        while self.0.front().is_some_and(|it| now.duration_since(it.started) >= window) {
            self.0.pop_front();
        }
        let fresh = |it: &Bucket| now.duration_since(it.started) < window / BUCKETS;
        if !self.0.back().is_some_and(fresh) {
            self.0.push_back(Bucket { started: now, good: 0, bad: 0 });
        }
        if let Some(bucket) = self.0.back_mut() {
            bucket.good += u32::from(good);
            bucket.bad += u32::from(!good);
        }
        let good: u64 = self.0.iter().map(|it| u64::from(it.good)).sum();
        let bad: u64 = self.0.iter().map(|it| u64::from(it.bad)).sum();
        good + bad >= u64::from(options.calls_min)
            && bad * 100 >= (good + bad) * u64::from(options.failures_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn breaker() -> Breaker {
        Breaker::new("erp", &Options { calls_min: 4, ..Options::default() })
    }

    fn call(breaker: &Breaker, good: bool) {
        breaker.enter().unwrap().report(good);
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_the_calls_failing_opens_it_and_a_good_trial_closes_it() {
        let breaker = breaker();
        for good in [true, true, false, false] {
            assert_eq!(breaker.state(), BreakerState::Closed);
            call(&breaker, good);
        }
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.enter().unwrap_err().retry_after_seconds(), Some(5));
        advance(Duration::from_secs(5)).await;
        let trial = breaker.enter().unwrap();
        assert!(breaker.enter().is_err(), "one trial at a time");
        trial.report(true);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bad_trial_opens_it_again_and_an_abandoned_one_makes_room() {
        let breaker = breaker();
        (0..4).for_each(|_| call(&breaker, false));
        advance(Duration::from_secs(5)).await;
        drop(breaker.enter().unwrap());
        call(&breaker, false);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(breaker.enter().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_spread_over_a_long_time_do_not_open_it() {
        let breaker = breaker();
        for _ in 0..20 {
            call(&breaker, false);
            advance(Duration::from_secs(4)).await;
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_report_from_before_changes_nothing() {
        let breaker = breaker();
        let late = breaker.enter().unwrap();
        (0..4).for_each(|_| call(&breaker, false));
        late.report(true);
        assert_eq!(breaker.state(), BreakerState::Open);
    }
}
