//! What every call to a back end passes through. The list, outermost first:
//!
//! 1. deadline: what is left of the request's, less a margin in which the answer is made
//! 2. trace: the back end continues our `traceparent` and logs our request id
//! 3. retry: only what is safe to repeat, only within a budget, never past the deadline
//! 4. breaker: a back end that fails is left alone for a while
//! 5. concurrency: no more calls at once than the back end bears, of bulk work fewer; waiting ends
//!    at the deadline
//! 6. send: connect, write, read; the answer has a bounded size
//!
//! A status is never an error here: what it means is for the adapter to say.

mod breaker;
mod client;
mod retry;
#[cfg(test)]
mod tests;

pub use breaker::{BreakerState, Options as BreakerOptions};
pub use retry::{Options as RetryOptions, Retry};

use crate::{context, random};
use breaker::Breaker;
use bytes::Bytes;
use canonical::{Error, Kind, Lane, Result};
use http::{HeaderMap, StatusCode};
use reqwest::{Client, RequestBuilder};
use retry::Budget;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// The part of a request's time that is kept back to make an answer from what a call brought.
const MARGIN_PARTS: u32 = 10;
const MARGIN_MAX: Duration = Duration::from_millis(250);

/// How one back end is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The longest one attempt may take, from connecting to the last byte of the answer.
    pub timeout_ms: u64,
    /// The longest that connecting may take.
    pub connect_timeout_ms: u64,
    /// The most calls at once; further ones wait until their deadline.
    pub concurrency: usize,
    /// The most calls at once for bulk work, beside those: neither lane waits for the other.
    pub bulk_concurrency: usize,
    /// The longest answer that is read, unpacked.
    pub answer_bytes_max: usize,
    /// PEM files with certificate authorities to trust besides those of the system.
    pub certificate_files: Vec<PathBuf>,
    /// When a call is repeated.
    pub retry: RetryOptions,
    /// When the back end is left alone.
    pub breaker: BreakerOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout_ms: 5_000,
            connect_timeout_ms: 1_000,
            concurrency: 32,
            bulk_concurrency: 8,
            answer_bytes_max: 16 << 20,
            certificate_files: Vec::new(),
            retry: RetryOptions::default(),
            breaker: BreakerOptions::default(),
        }
    }
}

/// What a back end answered: any status, the whole body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked, at most `answer_bytes_max` long.
    pub body: Bytes,
}

/// How a back end fares, for the health page and the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The back end's name in the configuration.
    pub name: String,
    /// Whether it is called at all now.
    pub breaker: BreakerState,
    /// Calls under way.
    pub in_flight: usize,
    /// Repeats that the budget allows now.
    pub retries_left: u32,
}

/// A back end to call over HTTP. Cheap to clone; clones share limits and breaker.
#[derive(Clone, Debug)]
pub struct Upstream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    options: Options,
    client: Client,
    budget: Budget,
    breaker: Breaker,
    permits: Semaphore,
    bulk_permits: Semaphore,
}

impl Upstream {
    /// Makes ready to call the back end of this name; connects to nothing yet.
    ///
    /// # Errors
    /// `invalid` for options that make no sense, `internal` where TLS cannot be set up.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        options.check(name)?;
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            client: client::open(name, options)?,
            budget: Budget::new(&options.retry),
            breaker: Breaker::new(name, &options.breaker),
            permits: Semaphore::new(options.concurrency),
            bulk_permits: Semaphore::new(options.bulk_concurrency),
            options: options.clone(),
        })))
    }

    /// The back end's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How the back end fares now.
    #[must_use]
    pub fn health(&self) -> Health {
        let free = self.0.permits.available_permits() + self.0.bulk_permits.available_permits();
        let all = self.0.options.concurrency + self.0.options.bulk_concurrency;
        Health {
            name: self.0.name.clone(),
            breaker: self.0.breaker.state(),
            in_flight: all.saturating_sub(free),
            retries_left: self.0.budget.left(),
        }
    }

    /// Sends what `request` makes of the client, again if need be, and returns the answer whatever
    /// its status.
    ///
    /// # Errors
    /// `unavailable` where the back end cannot be reached or is left alone, `timed_out` where it
    /// did not answer in time, `upstream` where the answer is too large or broken, `internal` where
    /// the request cannot be made.
    pub async fn send(
        &self,
        retry: Retry,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Answer> {
        let deadline = self.deadline();
        self.0.budget.deposit();
        let mut repeats = 0;
        loop {
            let result = self.attempt(deadline, request(&self.0.client)).await;
            let Some(pause) = self.pause(retry, repeats, &result) else { return result };
            if Instant::now() + pause >= deadline || !self.0.budget.withdraw() {
                return result;
            }
            metrics::counter!("threeway_upstream_retries_total", "upstream" => self.0.name.clone())
                .increment(1);
            sleep(pause).await;
            repeats += 1;
        }
    }

    fn deadline(&self) -> Instant {
        let attempts = self.0.options.retry.attempts.saturating_add(1);
        let alone = Duration::from_millis(self.0.options.timeout_ms).saturating_mul(attempts);
        let left = context::remaining(alone);
        Instant::now() + left.saturating_sub((left / MARGIN_PARTS).min(MARGIN_MAX))
    }

    async fn attempt(&self, deadline: Instant, request: RequestBuilder) -> Result<Answer> {
        let Inner { name, options, breaker, .. } = &*self.0;
        let permits = match context::lane() {
            Lane::Critical => &self.0.permits,
            Lane::Bulk => &self.0.bulk_permits,
        };
        let pass = breaker.enter()?;
        let Ok(permit) = timeout_at(deadline, permits.acquire()).await else {
            let message = format!("{name} has too many calls under way");
            return Err(Error::unavailable(message).retry_after(1));
        };
        let _permit = permit.map_err(|it| Error::internal("the gateway is ending").because(it))?;
        let started = Instant::now();
        let until = deadline.min(started + Duration::from_millis(options.timeout_ms));
        let exchange = client::exchange(name, request, options.answer_bytes_max);
        let result = match timeout_at(until, exchange).await {
            Ok(it) => it,
            Err(error) => {
                Err(Error::timed_out(format!("{name} did not answer in time")).because(error))
            }
        };
        pass.report(!is_failure(&result));
        client::measure(name, started, &result);
        result
    }

    /// How long to wait before the next attempt; `None` where there is to be none.
    fn pause(&self, retry: Retry, repeats: u32, result: &Result<Answer>) -> Option<Duration> {
        let options = &self.0.options.retry;
        if retry == Retry::Never || repeats >= options.attempts || !is_failure(result) {
            return None;
        }
        if self.0.breaker.state() == BreakerState::Open {
            return None;
        }
        let most = options.pause_ms.saturating_mul(1 << repeats.min(20)).min(options.pause_ms_max);
        let jitter = Duration::from_millis(most / 2 + random::up_to(most / 2));
        Some(jitter.max(result.as_ref().ok().and_then(retry_after).unwrap_or_default()))
    }
}

impl Options {
    fn check(&self, name: &str) -> Result<()> {
        let numbers = [
            ("timeout_ms", self.timeout_ms == 0),
            ("connect_timeout_ms", self.connect_timeout_ms == 0),
            ("concurrency", is_no_number_of_calls(self.concurrency)),
            ("bulk_concurrency", is_no_number_of_calls(self.bulk_concurrency)),
            ("answer_bytes_max", self.answer_bytes_max == 0),
            ("breaker.window_seconds", self.breaker.window_seconds == 0),
            ("breaker.failures_percent", !(1..=100).contains(&self.breaker.failures_percent)),
        ];
        match numbers.iter().find(|(_, wrong)| *wrong) {
            Some((key, _)) => Err(Error::invalid(format!("{key} of {name} is out of its range"))),
            None => Ok(()),
        }
    }
}

const fn is_no_number_of_calls(it: usize) -> bool {
    it == 0 || it > Semaphore::MAX_PERMITS / 2
}

/// Whether a result counts against the back end and may be different next time.
fn is_failure(result: &Result<Answer>) -> bool {
    match result {
        Ok(answer) => matches!(answer.status.as_u16(), 429 | 502 | 503 | 504),
        Err(error) => {
            matches!(error.kind(), Kind::Unavailable | Kind::TimedOut | Kind::Upstream)
        }
    }
}

/// When the back end wants to be asked again. Dates are not read: they need its clock to be ours.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let value = answer.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
