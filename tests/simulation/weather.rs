//! What becomes of each question to the store and to the back end: chance, until it is calm.

use canonical::{Error, Result};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Fate;
use tests::Dice;
use tokio::task::yield_now;
use tokio::time::sleep;

/// Longer than anybody waits for a back end here.
const LATE_MS: u64 = 4_000;

#[derive(Clone, Debug)]
pub(crate) struct Weather(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    dice: Dice,
    is_calm: bool,
    faults: u64,
}

impl Weather {
    pub(crate) fn stormy(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { dice: Dice::new(seed), is_calm: false, faults: 0 })))
    }

    pub(crate) fn calm() -> Self {
        let it = Self::stormy(0);
        it.calm_down();
        it
    }

    pub(crate) fn calm_down(&self) {
        self.0.lock().unwrap().is_calm = true;
    }

    /// How many questions had no good answer.
    pub(crate) fn faults(&self) -> u64 {
        self.0.lock().unwrap().faults
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.0.lock().unwrap().dice.below(end)
    }

    /// Of a question to the store.
    pub(crate) fn of_store(&self) -> Fate {
        let state = &mut *self.0.lock().unwrap();
        if state.is_calm {
            return Fate::Answered(Duration::ZERO);
        }
        let time = Duration::from_millis(state.dice.below(4));
        let fate = match state.dice.below(200) {
            0..=1 => Fate::Refused(time),
            2..=3 => Fate::Lost(time),
            _ => return Fate::Answered(time),
        };
        state.faults += 1;
        fate
    }

    /// Of a call to the back end, at most 4 s long in all.
    fn of_call(&self) -> Fate {
        let state = &mut *self.0.lock().unwrap();
        if state.is_calm {
            return Fate::Answered(Duration::ZERO);
        }
        let soon = Duration::from_millis(state.dice.below(30));
        let late = Duration::from_millis(state.dice.below(LATE_MS));
        let fate = match state.dice.below(40) {
            0 => Fate::Answered(late),
            1 => Fate::Refused(soon),
            2 => Fate::Refused(late),
            3 => Fate::Lost(soon),
            4 => Fate::Lost(late),
            _ => return Fate::Answered(soon),
        };
        state.faults += 1;
        fate
    }

    /// Makes a call, half of its time before it takes effect and half after.
    pub(crate) async fn through<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let fate = self.of_call();
        let (Fate::Answered(time) | Fate::Refused(time) | Fate::Lost(time)) = fate;
        pass(time / 2).await;
        if matches!(fate, Fate::Refused(_)) {
            return Err(self.error());
        }
        let answer = call.await;
        pass(time / 2).await;
        if matches!(fate, Fate::Lost(_)) { Err(self.error()) } else { answer }
    }

    fn error(&self) -> Error {
        match self.below(4) {
            0 => Error::timed_out("the back end did not answer in time"),
            1 => Error::upstream("the back end answered nonsense"),
            2 => Error::unavailable("the back end is busy").retry_after(1),
            _ => Error::unavailable("the connection to the back end broke off"),
        }
    }
}

async fn pass(time: Duration) {
    if time == Duration::ZERO { yield_now().await } else { sleep(time).await }
}
