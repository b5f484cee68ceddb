//! A NATS server of a test's own, with JetStream: started, killed and started again as a broker in
//! the field may be.

use crate::binary::Running;
use async_nats::Client;
use async_nats::jetstream::{self, Context, stream::Stream};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use store::Store;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// The stream that the default configuration names.
pub const STREAM: &str = "threeway";

/// However slow the machine is: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many messages are asked for before the first one came.
const ASKED_AT_ONCE: usize = 16;

/// The variable: the program of a NATS server.
pub const PROGRAM: &str = "THREEWAY_NATS_SERVER";

/// The server; it goes away with the test.
#[derive(Debug)]
pub struct Broker {
    child: Child,
    port: u16,
    folder: TempDir,
    options: Vec<String>,
}

impl Broker {
    /// A broker with an empty store, and these options beside ours.
    ///
    /// # Panics
    /// Where it does not come up.
    pub async fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let options: Vec<String> = options.iter().map(|it| (*it).to_owned()).collect();
        let child = spawn(port, &folder, &options);
        let it = Self { child, port, folder, options };
        it.is_there().await;
        it
    }

    /// Ends it at once; what it acknowledged stays in its folder.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, on the same port and folder.
    ///
    /// # Panics
    /// Where it does not come up.
    pub async fn again(&mut self) {
        self.child = spawn(self.port, &self.folder, &self.options);
        self.is_there().await;
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        ["nats", "://127.0.0.1:", &self.port.to_string()].concat()
    }

    /// The environment of a gateway that relays to it.
    #[must_use]
    pub fn servers(&self) -> String {
        format!("[\"{}\"]", self.url())
    }

    /// A connection to it.
    ///
    /// # Panics
    /// Where it does not answer.
    pub async fn jetstream(&self) -> Context {
        jetstream::new(self.client().await)
    }

    async fn client(&self) -> Client {
        async_nats::connect(self.url()).await.unwrap()
    }

    async fn is_there(&self) {
        until("the broker answers", async || {
            let client = async_nats::connect(self.url()).await.ok()?;
            jetstream::new(client).query_account().await.ok().map(drop)
        })
        .await;
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // ok: it may have ended by itself
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(port: u16, folder: &TempDir, options: &[String]) -> Child {
    let program = std::env::var_os(PROGRAM).expect("run this by `tests/run`");
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let state = folder.path().join("state");
    Command::new(PathBuf::from(program))
        .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"])
        .arg(state)
        .args(options)
        .stdin(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the server starts")
}

/// Waits for what must come.
///
/// # Panics
/// Where it does not come within a minute.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            match look().await {
                Some(it) => return it,
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_elapsed| panic!("not in time: {what}"))
}

/// A message as the stream has it.
#[derive(Debug)]
pub struct Stored {
    /// Its subject.
    pub subject: String,
    /// The id by which the broker knows it again.
    pub id: String,
    /// What its body is.
    pub content_type: String,
    /// Its body.
    pub body: Value,
}

/// Everything in the stream, oldest first.
///
/// # Panics
/// Where it cannot be read.
pub async fn stored(stream: &Stream) -> Vec<Stored> {
    let last = stream.get_info().await.unwrap().state.last_sequence;
    messages(stream, 1..=last).await
}

/// The messages of these numbers.
async fn messages(stream: &Stream, numbers: RangeInclusive<u64>) -> Vec<Stored> {
    let asked = numbers.map(async |number| {
        let message = stream.get_raw_message(number).await.unwrap();
        let header = |name: &str| message.headers.get(name).unwrap().as_str().to_owned();
        Stored {
            subject: message.subject.to_string(),
            id: header("Nats-Msg-Id"),
            content_type: header("Content-Type"),
            body: serde_json::from_slice(&message.payload).unwrap(),
        }
    });
    stream::iter(asked).buffered(ASKED_AT_ONCE).collect().await
}

/// That the stream has what the log has: each event once, in the same order. Tells how many.
///
/// # Panics
/// Where it has not.
pub async fn assert_same(broker: &Broker, store: &Store) -> usize {
    assert_stream(&broker.jetstream().await, STREAM, store).await
}

/// The same of a stream of any name; it need not be there where there are no events.
///
/// # Panics
/// Where it has not.
pub async fn assert_stream(context: &Context, name: &str, store: &Store) -> usize {
    let (mut position, mut count) = (0, 0);
    loop {
        let page = store.events_after(position, 1000).await.unwrap();
        let Some(last) = page.last() else { break };
        position = last.position;
        let first = count + 1;
        count += u64::try_from(page.len()).unwrap();
        let stream = until("the stream has as many events as the log", async || {
            let stream = context.get_stream(name).await.ok()?;
            (stream.cached_info().state.last_sequence >= count).then_some(stream)
        })
        .await;
        let stored = messages(&stream, first..=count).await;
        for (message, logged) in stored.iter().zip(&page) {
            let event = serde_json::to_value(&logged.event).unwrap();
            assert_eq!(message.body, event);
            assert_eq!(message.id, event["id"]);
        }
    }
    if count > 0 {
        let stream = context.get_stream(name).await.unwrap();
        assert_eq!(stream.cached_info().state.last_sequence, count, "nothing twice");
    }
    usize::try_from(count).unwrap()
}

/// The events of a log, in its order.
///
/// # Panics
/// Where it cannot be read.
pub async fn log(store: &Store) -> Vec<Value> {
    let mut log = Vec::new();
    let mut position = 0;
    loop {
        let page = store.events_after(position, 1000).await.unwrap();
        let Some(last) = page.last() else { return log };
        position = last.position;
        log.extend(page.iter().map(|it| serde_json::to_value(&it.event).unwrap()));
    }
}

/// A line of a gateway's metrics, by its name with labels.
///
/// # Panics
/// Where the gateway does not answer.
pub async fn metric(gateway: &Running, name: &str) -> Option<f64> {
    let http = reqwest::Client::builder().build().unwrap();
    let answer = http.get(format!("{}/metrics", gateway.admin)).send().await.unwrap();
    let text = answer.text().await.unwrap();
    let line = text.lines().find_map(|it| it.strip_prefix(name))?;
    line.trim().parse().ok()
}
