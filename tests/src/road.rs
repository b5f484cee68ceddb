//! A road to a server on which things go wrong: a TCP proxy that injects faults.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Longer than anybody waits in a test.
const LONG: Duration = Duration::from_secs(60);
const DRIP: Duration = Duration::from_millis(100);
const THROTTLED: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// What goes wrong on a road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Nobody listens.
    Refuse,
    /// The connection is reset when the first bytes are there.
    Reset,
    /// Every answer comes after so long.
    Delay(Duration),
    /// The bytes are taken, and nothing ever comes back.
    HalfOpen,
    /// Bytes come back that mean nothing.
    Garbage,
    /// The answer comes back byte by byte.
    SlowDrip,
    /// Every request is answered with 429 and `Retry-After`, by the road.
    Throttled,
    /// The server does what it is asked, and the connection breaks before its answer arrives.
    AnswerLost,
}

impl Fault {
    /// Every fault; delays by so long.
    #[must_use]
    pub const fn all(delay: Duration) -> [Self; 8] {
        [
            Self::Refuse,
            Self::Reset,
            Self::Delay(delay),
            Self::HalfOpen,
            Self::Garbage,
            Self::SlowDrip,
            Self::Throttled,
            Self::AnswerLost,
        ]
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Refuse => "refuse",
            Self::Reset => "reset",
            Self::Delay(_) => "delay",
            Self::HalfOpen => "half-open",
            Self::Garbage => "garbage",
            Self::SlowDrip => "slow drip",
            Self::Throttled => "429, Retry-After",
            Self::AnswerLost => "answer lost",
        })
    }
}

/// A road to a server; it ends with this.
#[derive(Debug)]
pub struct Road {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    met: Arc<AtomicU64>,
    _serving: JoinSet<()>,
}

impl Road {
    /// A road to a server, `HOST:PORT`, on a free port of its own.
    ///
    /// # Panics
    /// Where there is no port.
    pub async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, faults) = watch::channel(Fault::None);
        let met = Arc::new(AtomicU64::new(0));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, server.to_owned(), faults, Arc::clone(&met)));
        Self { address, fault, met, _serving: serving }
    }

    /// Where it begins.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From here on this goes wrong; what is open is cut.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// How many connections met a fault.
    #[must_use]
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::SeqCst)
    }
}

async fn serve(
    listener: TcpListener,
    server: String,
    mut faults: watch::Receiver<Fault>,
    met: Arc<AtomicU64>,
) {
    let address = listener.local_addr().unwrap();
    let mut listening = Some(listener);
    loop {
        let fault = *faults.borrow_and_update();
        let mut passing = JoinSet::new();
        if fault == Fault::Refuse {
            listening = None;
            met.fetch_add(1, Ordering::SeqCst);
        } else if listening.is_none() {
            listening = Some(TcpListener::bind(address).await.unwrap());
        }
        loop {
            let accepted = async {
                match &listening {
                    Some(it) => it.accept().await.map(|(stream, _)| stream),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Ok(client) = accepted => {
                    if fault != Fault::None {
                        met.fetch_add(1, Ordering::SeqCst);
                    }
                    let server = server.clone();
                    passing.spawn(async move { pass(client, &server, fault).await });
                }
                changed = faults.changed() => match changed {
                    Ok(()) => break,
                    Err(_gone) => return,
                },
            }
        }
    }
}

/// One connection. What goes wrong with the road itself ends it, too.
#[expect(clippy::cognitive_complexity, reason = "one arm for each fault")]
async fn pass(mut client: TcpStream, server: &str, fault: Fault) -> Option<()> {
    client.set_nodelay(true).ok()?;
    match fault {
        Fault::None => {
            let mut server = open(server).await?;
            copy_bidirectional(&mut client, &mut server).await.ok()?;
        }
        // what is closed with bytes unread is reset
        Fault::Reset => client.readable().await.ok()?,
        Fault::Refuse => {}
        Fault::HalfOpen => {
            while read(&mut client, &mut Vec::new()).await.is_some() {}
            sleep(LONG).await;
        }
        Fault::Garbage => {
            read(&mut client, &mut Vec::new()).await?;
            client.write_all(&[0x15, 0xFF, 0x00, 0x7B].repeat(64)).await.ok()?;
        }
        Fault::Throttled => {
            // until the request is whole, or it would be reset
            let pause = Duration::from_millis(20);
            while timeout(pause, read(&mut client, &mut Vec::new())).await == Ok(Some(())) {}
            client.write_all(THROTTLED).await.ok()?;
        }
        Fault::Delay(time) => held(client, server, time, 65_536).await?,
        Fault::SlowDrip => held(client, server, DRIP, 1).await?,
        Fault::AnswerLost => lost(client, server).await?,
    }
    Some(())
}

/// Reads what is there; nothing where the other side has ended.
async fn read(client: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    bytes.resize(65_536, 0);
    let length = client.read(bytes).await.ok()?;
    bytes.truncate(length);
    (length > 0).then_some(())
}

/// The server does what it is asked, and is not heard: a handshake is answered, what was asked is
/// not.
async fn lost(mut client: TcpStream, server: &str) -> Option<()> {
    let mut server = open(server).await?;
    let mut bytes = Vec::new();
    loop {
        tokio::select! {
            asked = read(&mut client, &mut bytes) => {
                asked?;
                server.write_all(&bytes).await.ok()?;
            }
            _answered = server.readable() => return None,
        }
    }
}

async fn open(server: &str) -> Option<TcpStream> {
    let stream = TcpStream::connect(server).await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

/// What the server says arrives late, so many bytes at once.
async fn held(client: TcpStream, server: &str, wait: Duration, at_once: usize) -> Option<()> {
    let (mut from_server, mut to_server) = open(server).await?.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let there = tokio::io::copy(&mut from_client, &mut to_server);
    let back = async {
        let mut buffer = vec![0; at_once];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            sleep(wait).await;
            to_client.write_all(&buffer[..length]).await.ok()?;
        }
        Some(())
    };
    tokio::select! {
        _ended = there => {}
        _ended = back => {}
    }
    Some(())
}
