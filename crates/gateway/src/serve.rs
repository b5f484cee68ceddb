//! Serving: the listeners, the long-lived tasks, and how they end. Nothing else in the product
//! starts a task that outlives a request.

use crate::{Gateway, admin, archive, relay};
use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum_server::Handle;
use canonical::Lane;
use jiff::Timestamp;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use store::{Batch, Committed};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
/// After nothing could be done of what is due; news come sooner.
const BLOCKED: Duration = Duration::from_secs(1);
/// Every queue is looked at this often even if nobody calls.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// A caller that has not sent its headers by then is hung up on; so is one that keeps a connection
/// without a request.
const HEADERS: Duration = Duration::from_secs(30);
const REFRESH_KEYS: Duration = Duration::from_secs(300);
const UPKEEP: Duration = Duration::from_secs(5);
const FORGET: Duration = Duration::from_secs(600);
const ARCHIVE: Duration = Duration::from_secs(3_600);
const FORGET_MAX: u32 = 10_000;

/// The two listeners, bound: from here on callers can connect.
#[derive(Debug)]
pub struct Listeners {
    public: TcpListener,
    admin: TcpListener,
}

impl Listeners {
    /// Binds both addresses; port 0 takes a free one.
    ///
    /// # Errors
    /// Where an address is taken or not ours.
    pub fn bind(public: SocketAddr, admin: SocketAddr) -> Result<Self> {
        let bind = |what: &str, address: SocketAddr| {
            TcpListener::bind(address).with_context(|| {
                format!("the {what} listener cannot use {address}; name another address")
            })
        };
        Ok(Self { public: bind("public", public)?, admin: bind("admin", admin)? })
    }

    /// The addresses that were bound: public, admin.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn addresses(&self) -> Result<(SocketAddr, SocketAddr)> {
        Ok((self.public.local_addr()?, self.admin.local_addr()?))
    }
}

/// Serves until SIGTERM or SIGINT, then drains: new connections are refused, requests that are
/// being served get `drain` to end, and what was accepted is on the disk.
///
/// # Errors
/// Where a listener or a task ends by itself.
pub async fn serve(gateway: Gateway, listeners: Listeners, drain: Duration) -> Result<()> {
    let metrics = PrometheusBuilder::new().install_recorder().context("metrics")?;
    let (stop, stopped) = watch::channel(false);
    let (public, private) = (Handle::new(), Handle::new());
    let mut tasks = JoinSet::new();
    let admin = admin::routes(gateway.clone(), metrics.clone());
    tasks.spawn(listen("public", listeners.public, gateway.public.clone(), public.clone()));
    tasks.spawn(listen("admin", listeners.admin, admin, private.clone()));
    for lane in [Lane::Critical, Lane::Bulk] {
        tasks.spawn(work(gateway.clone(), lane, stopped.clone()));
    }
    tasks.spawn(follow(gateway.clone(), stopped.clone()));
    tasks.spawn(escalate(gateway.clone(), stopped.clone()));
    tasks.spawn(keep_up(gateway.clone(), metrics, stopped.clone()));
    tasks.spawn(refresh_keys(gateway.clone(), stopped.clone()));
    if gateway.relay.is_on() {
        let log = (gateway.store.clone(), gateway.clock.clone());
        tasks.spawn(relay::run(log, gateway.relay.clone(), stopped.clone()));
    }
    if gateway.retention.is_on() {
        tasks.spawn(archive_events(gateway.clone(), stopped.clone()));
    }
    tasks.spawn(forget_answers(gateway.clone(), stopped));
    let ended = tokio::select! {
        () = asked_to_stop()? => Ok(()),
        Some(ended) = tasks.join_next() => Err(match ended {
            Ok(Ok(())) => anyhow!("a task ended by itself"),
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        }),
    };
    tracing::info!("stopping");
    stop.send_replace(true);
    public.graceful_shutdown(Some(drain));
    private.graceful_shutdown(Some(drain));
    let all = async { while tasks.join_next().await.is_some() {} };
    // the listeners keep to the drain; a try to book ends at its own time-out, or comes again
    let in_time = timeout(drain + Duration::from_secs(1), all).await;
    tasks.abort_all();
    gateway.store.close().await;
    tracing::info!(complete = in_time.is_ok(), "stopped");
    ended
}

async fn listen(
    name: &'static str,
    listener: TcpListener,
    routes: Router,
    handle: Handle<SocketAddr>,
) -> Result<()> {
    let mut server = axum_server::from_tcp(listener)?;
    server.http_builder().http1().header_read_timeout(HEADERS);
    server
        .handle(handle)
        .serve(routes.into_make_service())
        .await
        .with_context(|| format!("the {name} listener"))
}

fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _asked = terminate.recv() => {}
            _asked = interrupt.recv() => {}
        }
    })
}

async fn work(gateway: Gateway, lane: Lane, mut stopped: watch::Receiver<bool>) -> Result<()> {
    let mut news = gateway.process.news();
    while !*stopped.borrow() {
        news.mark_unchanged();
        let began = Instant::now();
        let due = gateway.process.next_work_at(lane).await;
        let wait = match until(&gateway, due) {
            Ok(Duration::ZERO) => match gateway.process.work(lane).await {
                // ok: what is due waits for another of its key, which somebody else has
                Ok(0) => BLOCKED,
                Ok(_done) => {
                    rest(gateway.process.rest(lane, began.elapsed()), &mut stopped).await;
                    continue;
                }
                Err(error) => trouble(&error),
            },
            Ok(wait) => wait,
            Err(error) => trouble(&error),
        };
        tokio::select! {
            () = sleep(wait) => {}
            changed = news.changed() => changed.context("the store is gone")?,
            _stop = stopped.changed() => {}
        }
    }
    Ok(())
}

/// Asks the back ends what changed, again and again; at once where there is more.
async fn follow(gateway: Gateway, mut stopped: watch::Receiver<bool>) -> Result<()> {
    let pause = Duration::from_millis(gateway.process.follow_interval_ms());
    while !*stopped.borrow() {
        let wait = match gateway.process.follow().await {
            Ok(true) => continue,
            Ok(false) => pause,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "what changed elsewhere cannot be kept");
                pause.max(Duration::from_secs(1))
            }
        };
        rest(wait, &mut stopped).await;
    }
    Ok(())
}

/// Escalates cases when they are due for it. The instant is kept with the case, so that one which
/// passed while nobody served is noticed at once.
async fn escalate(gateway: Gateway, mut stopped: watch::Receiver<bool>) -> Result<()> {
    while !*stopped.borrow() {
        let due = gateway.process.next_escalation_at().await;
        let wait = match until(&gateway, due) {
            Ok(Duration::ZERO) => match gateway.process.escalate().await {
                Ok(_done) => BLOCKED,
                Err(error) => trouble(&error),
            },
            Ok(wait) => wait,
            Err(error) => trouble(&error),
        };
        rest(wait, &mut stopped).await;
    }
    Ok(())
}

/// Waits; not when it is asked to stop.
async fn rest(wait: Duration, stopped: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = sleep(wait) => {}
        _stop = stopped.changed() => {}
    }
}

/// How long to wait for what is due then, as far as one waits at all before looking again.
fn until(
    gateway: &Gateway,
    due: canonical::Result<Option<Timestamp>>,
) -> canonical::Result<Duration> {
    let Some(due) = due? else { return Ok(LOOK_AGAIN) };
    let wait = due.duration_since((gateway.clock)());
    Ok(Duration::try_from(wait).unwrap_or(Duration::ZERO).min(LOOK_AGAIN))
}

fn trouble(error: &canonical::Error) -> Duration {
    tracing::error!(error = error as &dyn std::error::Error, "what is due cannot be done");
    Duration::from_secs(1)
}

async fn keep_up(
    gateway: Gateway,
    metrics: PrometheusHandle,
    stopped: watch::Receiver<bool>,
) -> Result<()> {
    every(UPKEEP, stopped, || async {
        metrics.run_upkeep();
        gateway.limiter.retain_recent();
    })
    .await
}

async fn refresh_keys(gateway: Gateway, stopped: watch::Receiver<bool>) -> Result<()> {
    every(REFRESH_KEYS, stopped, || async {
        if let Err(error) = gateway.authenticator.refresh().await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "an issuer's keys were not refreshed; the last ones stay in use");
        }
    })
    .await
}

async fn forget_answers(gateway: Gateway, stopped: watch::Receiver<bool>) -> Result<()> {
    every(FORGET, stopped, || async {
        let mut batch = Batch::new();
        batch.purge_answers((gateway.clock)(), FORGET_MAX);
        match gateway.store.commit(batch).await {
            Ok(Committed::Done | Committed::Stale { .. }) => {}
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "expired answers were not forgotten");
            }
        }
    })
    .await
}

async fn archive_events(gateway: Gateway, stopped: watch::Receiver<bool>) -> Result<()> {
    let relayed = gateway.relay.is_on().then(|| gateway.relay.place());
    every(ARCHIVE, stopped, || async {
        let Gateway { store, clock, retention, .. } = &gateway;
        match archive::archive(store, clock, retention, relayed.as_deref()).await {
            Ok(0) => {}
            Ok(count) => {
                let events = u64::try_from(count).unwrap_or(u64::MAX);
                metrics::counter!("threeway_archived_events_total").increment(events);
                tracing::info!(events, "events have left the log for the archive");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "events cannot be archived; they stay in the log");
            }
        }
    })
    .await
}

async fn every<F: Future<Output = ()>>(
    period: Duration,
    mut stopped: watch::Receiver<bool>,
    mut what: impl FnMut() -> F,
) -> Result<()> {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stopped.borrow() {
        tokio::select! {
            _tick = ticks.tick() => what().await,
            _stop = stopped.changed() => {}
        }
    }
    Ok(())
}
