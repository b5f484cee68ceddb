//! The relay: publishes the event log to NATS JetStream, in its order. Of several processes on one
//! store one relays at a time. Nothing waits for it: where the broker is away, the log grows and
//! the lag tells.
//!
//! What was relayed is known from the stream itself: its newest event is found again in the log.
//! The place in the store is for a stream that holds none any more.

mod broker;
mod message;
mod options;

pub use options::Options;

use broker::{Broker, Newest};
use canonical::Clock;
use futures_util::future::join;
use jiff::SignedDuration;
use std::fmt;
use std::time::Duration;
use store::{Batch, Committed, LoggedEvent, Store};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use ulid::Ulid;

/// Who relays says so again within this, or another takes over.
const LEASE: SignedDuration = SignedDuration::from_secs(5);
/// So often at most it says so, and keeps its place.
const RENEW: Duration = Duration::from_secs(1);
/// So often it says so at least, while nothing happens.
const RENEW_IDLE: Duration = Duration::from_secs(2);
/// How often another looks whether it may.
const LOOK: Duration = Duration::from_secs(1);
const BACKOFF: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(15);
/// How often the lag is measured.
const MEASURE: Duration = Duration::from_secs(2);

/// Why the relay stopped for now.
#[derive(Debug)]
struct Failure {
    cause: Cause,
    error: anyhow::Error,
}

/// The sorts of reasons, as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The broker is not reached, or does not answer.
    Connection,
    /// The stream is missing, or cannot be looked at.
    Stream,
    /// The stream does not take an event.
    Refused,
    /// Somebody else wrote to the stream.
    Rival,
    /// Our own store does not answer.
    Store,
    /// Another process relays now.
    Lease,
}

impl Cause {
    const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Stream => "stream",
            Self::Refused => "refused",
            Self::Rival => "rival",
            Self::Store => "store",
            Self::Lease => "lease",
        }
    }
}

impl Failure {
    fn new(cause: Cause, error: impl Into<anyhow::Error>) -> Self {
        Self { cause, error: error.into() }
    }
}

impl From<canonical::Error> for Failure {
    fn from(error: canonical::Error) -> Self {
        Self::new(Cause::Store, error)
    }
}

/// Relays until it is told to stop.
///
/// # Errors
/// None: it tries again.
pub async fn run(
    (store, clock): (Store, Clock),
    options: Options,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut relay = Relay::new(store, clock, options);
    let measuring = measure(relay.store.clone(), relay.clock.clone(), relay.name.clone());
    tokio::select! {
        _never = join(relay.relay(), measuring) => {}
        _stop = stopped.wait_for(|it| *it) => {}
    }
    relay.leave().await;
    Ok(())
}

struct Relay {
    store: Store,
    clock: Clock,
    options: Options,
    /// Of the lease and of the place.
    name: String,
    /// This process, among others on the store.
    holder: String,
    /// Everything up to here is in the stream.
    position: i64,
    /// What of that the store knows.
    kept: i64,
    /// When the lease was taken or renewed; none where we do not hold it.
    renewed: Option<Instant>,
    /// How often it failed since it last got on.
    failures: u32,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Relay {
    fn new(store: Store, clock: Clock, options: Options) -> Self {
        let name = options.place();
        let holder = Ulid::generate().to_string();
        Self {
            store,
            clock,
            options,
            name,
            holder,
            position: 0,
            kept: 0,
            renewed: None,
            failures: 0,
        }
    }

    async fn relay(&mut self) {
        loop {
            let wait = match self.session().await {
                Ok(()) => LOOK,
                Err(failure) => self.failed(&failure),
            };
            self.leave().await;
            sleep(wait).await;
        }
    }

    /// Relays for as long as we may and can; ends where another does.
    async fn session(&mut self) -> Result<(), Failure> {
        if !self.hold().await? {
            return Ok(());
        }
        let options = self.options.clone();
        let mut broker = Broker::open(&options).await?;
        self.begin(broker.newest()).await?;
        tracing::info!(stream = options.stream, position = self.position, "relaying events");
        let mut news = self.store.commits();
        let mut page = self.read(self.position).await?;
        loop {
            self.renew().await?;
            let Some(last) = page.last() else {
                page = self.read_news(&mut news).await?;
                continue;
            };
            let next = self.store.events_after(last.position, options.window);
            let ((reached, failure), next) = join(broker.publish(&page), next).await;
            self.got_on(&page, reached);
            if let Some(failure) = failure {
                return Err(failure);
            }
            page = next?;
        }
    }

    /// Reads on, and waits for news where there is nothing.
    async fn read_news(
        &self,
        news: &mut watch::Receiver<u64>,
    ) -> Result<Vec<LoggedEvent>, Failure> {
        news.mark_unchanged();
        let page = self.read(self.position).await?;
        if page.is_empty() {
            self.idle(news).await?;
        }
        Ok(page)
    }

    async fn read(&self, after: i64) -> Result<Vec<LoggedEvent>, Failure> {
        Ok(self.store.events_after(after, self.options.window).await?)
    }

    /// Finds where the stream stands in our log.
    async fn begin(&mut self, newest: Option<&Newest>) -> Result<(), Failure> {
        self.kept = self.store.position_kept(&self.name).await?;
        let found = match newest {
            Some(it) => self.store.position_of(&it.event_id).await?,
            None => None,
        };
        self.position = match (newest, found) {
            (Some(Newest { is_last: true, .. }), Some(found)) => {
                if found < self.kept {
                    let lost = self.kept - found;
                    tracing::warn!(lost, "the stream lost events; they are published again");
                }
                found
            }
            (Some(_), Some(found)) => found.max(self.kept),
            (Some(it), None) => {
                let id = &it.event_id;
                tracing::warn!(id, "the newest event of the stream is not in this log");
                self.kept
            }
            (None, _) => self.kept,
        };
        Ok(())
    }

    fn got_on(&mut self, page: &[LoggedEvent], reached: Option<i64>) {
        let Some(reached) = reached else { return };
        let count = page.iter().filter(|it| it.position <= reached).count();
        metrics::counter!("threeway_relay_events_total")
            .increment(u64::try_from(count).unwrap_or(u64::MAX));
        self.position = reached;
        self.failures = 0;
    }

    /// Waits for news.
    async fn idle(&self, news: &mut watch::Receiver<u64>) -> Result<(), Failure> {
        let wait = if self.position == self.kept { RENEW_IDLE } else { RENEW };
        tokio::select! {
            () = sleep(wait) => Ok(()),
            changed = news.changed() => {
                changed.map_err(|error| Failure::new(Cause::Store, error))
            }
        }
    }

    /// Says that we still relay, and how far we are, where that is due.
    async fn renew(&mut self) -> Result<(), Failure> {
        let due = if self.position == self.kept { RENEW_IDLE } else { RENEW };
        if self.renewed.is_some_and(|it| it.elapsed() < due) || self.hold().await? {
            return Ok(());
        }
        Err(Failure::new(Cause::Lease, anyhow::anyhow!("another process relays now")))
    }

    /// Takes or keeps the lease, and keeps the place with it; says whether we hold it.
    async fn hold(&mut self) -> Result<bool, Failure> {
        let now = (self.clock)();
        let mut batch = Batch::new();
        batch.hold_lease(&self.name, &self.holder, now, now.saturating_add(LEASE).unwrap_or(now));
        if self.renewed.is_some() && self.position != self.kept {
            batch.put_place(&self.name, &self.position.to_string());
        }
        let held = self.store.commit(batch).await?.is_done();
        if held && self.renewed.is_some() {
            self.kept = self.position;
        }
        self.renewed = held.then(Instant::now);
        metrics::gauge!("threeway_relay_active").set(if held { 1.0 } else { 0.0 });
        Ok(held)
    }

    /// Lets another relay.
    async fn leave(&mut self) {
        if self.renewed.take().is_none() {
            return;
        }
        metrics::gauge!("threeway_relay_active").set(0.0);
        let now = (self.clock)();
        let mut batch = Batch::new();
        // the place is for who holds the lease to keep: it is taken once more, and given back
        batch.hold_lease(&self.name, &self.holder, now, now);
        if self.position != self.kept {
            batch.put_place(&self.name, &self.position.to_string());
        }
        batch.release_lease(&self.name, &self.holder);
        self.kept = self.position;
        match self.store.commit(batch).await {
            Ok(Committed::Done | Committed::Stale { .. }) => {}
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the relay's lease was not given back; it ends by itself");
            }
        }
    }

    /// Tells of it; gives the pause until the next try.
    fn failed(&mut self, failure: &Failure) -> Duration {
        let cause = failure.cause.name();
        if failure.cause == Cause::Lease {
            tracing::info!("another process relays now");
            return LOOK;
        }
        metrics::counter!("threeway_relay_failures_total", "cause" => cause).increment(1);
        let pause = BACKOFF.saturating_mul(1 << self.failures.min(10)).min(BACKOFF_MAX);
        self.failures = self.failures.saturating_add(1);
        let error = format!("{:#}", failure.error);
        tracing::warn!(
            cause,
            error,
            again_ms = pause.as_millis(),
            "events are not relayed; they wait in the log"
        );
        pause
    }
}

/// How far the stream is behind the log: the same answer in every process.
async fn measure(store: Store, clock: Clock, name: String) {
    loop {
        match lag(&store, &clock, &name).await {
            Ok((events, seconds)) => {
                metrics::gauge!("threeway_relay_lag_events").set(events);
                metrics::gauge!("threeway_relay_lag_seconds").set(seconds);
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the relay's lag cannot be measured");
            }
        }
        sleep(MEASURE).await;
    }
}

async fn lag(store: &Store, clock: &Clock, name: &str) -> canonical::Result<(f64, f64)> {
    let place = store.position_kept(name).await?;
    let Some(oldest) = store.events_after(place, 1).await?.pop() else { return Ok((0.0, 0.0)) };
    let newest = store.event_position().await?;
    let waits = clock().duration_since(oldest.event.recordedtime);
    let events = u32::try_from(newest - place).unwrap_or(u32::MAX);
    Ok((events.into(), waits.as_secs_f64().max(0.0)))
}
