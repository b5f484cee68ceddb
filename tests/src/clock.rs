//! Time as an input.

use canonical::Clock;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The noon that every test begins at: after the demo's last invoice.
const START_MILLISECOND: i64 = 1_794_225_600_000;

/// A clock that a test sets (UTC).
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START_MILLISECOND)))
    }
}

impl TestClock {
    /// The clock as the gateway takes it.
    #[must_use]
    pub fn handle(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or_default();
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}
