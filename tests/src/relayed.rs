//! What the gateways of a test relay: a stream of their own at the broker that `THREEWAY_TEST_NATS`
//! names, which has every event of their log once and in order when the test is over.

use crate::broker::assert_stream;
use canonical::Clock;
use gateway::Gateway;
use gateway::relay;
use std::env;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use store::Store;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The variable: the URL of a NATS server with JetStream.
pub const BROKER: &str = "THREEWAY_TEST_NATS";

/// Relays run beside the tests: a test's own runtime stands still when it ends.
static BESIDE: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime")
});

/// A stream, and the relays that fill it.
#[derive(Debug)]
pub struct Relayed {
    url: String,
    stream: String,
    stop: watch::Sender<bool>,
    relays: JoinSet<()>,
    store: Option<Store>,
}

impl Relayed {
    /// A stream of a test's own, where a broker is named.
    #[must_use]
    pub fn where_asked() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let url = env::var_os(BROKER)?.into_string().expect("a URL");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let stream = format!("it-{}-{number}", std::process::id());
        let (stop, _none_waits) = watch::channel(false);
        Some(Self { url, stream, stop, relays: JoinSet::new(), store: None })
    }

    /// What makes a gateway relay there.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let of = |name: &str, value: String| (format!("THREEWAY__RELAY__{name}"), value);
        vec![
            of("SERVERS", format!("[\"{}\"]", self.url)),
            of("STREAM", self.stream.clone()),
            of("SUBJECT_PREFIX", self.stream.clone()),
        ]
    }

    /// Relays the events of a gateway, or lets another one do it.
    pub fn add(&mut self, gateway: &Gateway, clock: Clock) {
        let (store, options) = (gateway.store.clone(), gateway.relay.clone());
        self.store = Some(store.clone());
        let relaying = relay::run((store, clock), options, self.stop.subscribe());
        let relaying = async { relaying.await.expect("it tries again") };
        self.relays.spawn_on(relaying, BESIDE.handle());
    }
}

impl Drop for Relayed {
    /// Waits until the stream has all, looks at it, and ends the relays.
    fn drop(&mut self) {
        let Some(store) = self.store.take().filter(|_| !std::thread::panicking()) else { return };
        let (url, stream) = (self.url.clone(), self.stream.clone());
        let looking = move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(look(&url, &stream, &store));
        };
        let is_same = std::thread::spawn(looking).join().is_ok();
        self.stop.send_replace(true);
        let (relays, (ended, end)) = (std::mem::take(&mut self.relays), channel());
        BESIDE.spawn(async move { ended.send(relays.join_all().await).ok() });
        assert!(end.recv().is_ok() && is_same, "the stream of the test is not what its log is");
    }
}

/// That the stream has what the log has; then it goes.
async fn look(url: &str, stream: &str, store: &Store) {
    let client = async_nats::connect(url).await.expect("the broker is there");
    let context = async_nats::jetstream::new(client);
    if assert_stream(&context, stream, store).await > 0 {
        context.delete_stream(stream).await.expect("it is there");
    }
}
