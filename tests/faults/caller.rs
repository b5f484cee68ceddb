//! Faults between a caller and the gateway: the real binary, and requests that come in pieces or
//! not whole. What was not whole is not kept; what was is kept once.

use serde_json::Value;
use std::time::{Duration, Instant};
use tests::binary::{Running, say};
use tests::{INVOICES, demo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// `inbound.timeout_ms` here, and the time in which an answer must be there.
const TIMEOUT_MS: &str = "1500";
const DEADLINE: Duration = Duration::from_secs(4);

/// A gateway, and whoever asks it.
struct Asked {
    gateway: Running,
    host: String,
    http: reqwest::Client,
}

impl Asked {
    fn request(&self, key: &str, body: &str) -> String {
        let (host, token, length) = (&self.host, self.gateway.token("admin"), body.len());
        format!(
            "POST {INVOICES} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\nidempotency-key: {key}\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
    }

    async fn open(&self) -> TcpStream {
        TcpStream::connect(&self.host).await.unwrap()
    }

    /// How many invoices are kept.
    async fn kept(&self) -> usize {
        let url = format!("{}{INVOICES}?limit=200", self.gateway.base);
        let answer = self.http.get(url).bearer_auth(self.gateway.token("admin")).send().await;
        let list: Value = answer.unwrap().json().await.unwrap();
        list["items"].as_array().unwrap().len()
    }

    /// The whole request, sent by somebody with whom nothing is wrong.
    async fn whole(&self, key: &str, body: &str) -> (u16, String) {
        let request = self.http.post(format!("{}{INVOICES}", self.gateway.base));
        let request = request.bearer_auth(self.gateway.token("admin"));
        let request = request.header("content-type", "application/json");
        let answer = request.header("idempotency-key", key).body(body.to_owned()).send().await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// The status that comes on a connection; 0 where it is closed without one.
async fn status(stream: &mut TcpStream) -> u16 {
    let mut text = Vec::new();
    let mut buffer = [0; 4_096];
    while !text.windows(4).any(|it| it == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(length @ 1..) => text.extend_from_slice(&buffer[..length]),
            _closed => break,
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// A way in which a request does not come as it should.
#[derive(Clone, Copy, Debug)]
enum Way {
    SlowDrip,
    HalfOpen,
    ResetMidBody,
    ClosedMidBody,
    Garbage,
    AnswerUnread,
}

const WAYS: [Way; 6] = [
    Way::SlowDrip,
    Way::HalfOpen,
    Way::ResetMidBody,
    Way::ClosedMidBody,
    Way::Garbage,
    Way::AnswerUnread,
];

/// Sends bytes one by one until something comes back; its status.
async fn dripped(stream: TcpStream, bytes: &[u8]) -> u16 {
    let (mut reading, mut writing) = stream.into_split();
    let drip = async {
        let mut left = bytes.iter();
        while let Some(byte) = left.next()
            && writing.write_all(&[*byte]).await.is_ok()
        {
            sleep(Duration::from_millis(50)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut buffer = [0; 4_096];
    let read = tokio::select! {
        read = reading.read(&mut buffer) => read.unwrap_or_default(),
        () = drip => 0,
    };
    let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
    text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// Sends the request in that way; the status that came back.
async fn send(asked: &Asked, way: Way, request: &str) -> u16 {
    let mut stream = asked.open().await;
    let half = &request.as_bytes()[..request.len() - 200];
    match way {
        Way::SlowDrip => {
            stream.write_all(half).await.unwrap();
            dripped(stream, &request.as_bytes()[half.len()..]).await
        }
        Way::HalfOpen => {
            stream.write_all(half).await.unwrap();
            status(&mut stream).await
        }
        Way::ResetMidBody => {
            stream.write_all(half).await.unwrap();
            sleep(Duration::from_millis(100)).await;
            stream.set_zero_linger().unwrap();
            0
        }
        Way::ClosedMidBody => {
            stream.write_all(half).await.unwrap();
            stream.shutdown().await.unwrap();
            status(&mut stream).await
        }
        Way::Garbage => {
            stream.write_all(&[0x15, 0xFF, 0x00, 0x7B].repeat(64)).await.unwrap();
            status(&mut stream).await
        }
        Way::AnswerUnread => {
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.set_zero_linger().unwrap();
            0
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_not_whole_is_not_kept_and_a_whole_one_is_kept_once() {
    let home = tempfile::tempdir().unwrap();
    let environment = [("THREEWAY__INBOUND__TIMEOUT_MS", TIMEOUT_MS)];
    let gateway = Running::demo(home.path(), &[], &environment);
    let host = gateway.base.rsplit('/').next().unwrap().to_owned();
    let asked = Asked { gateway, host, http: reqwest::Client::builder().build().unwrap() };
    let mut text = "\nfaults between a caller and the gateway\n".to_owned();
    for (number, way) in WAYS.into_iter().enumerate() {
        let money = ("12.50", "12.50");
        let name = format!("CALLER{}", ["AAAA", "CDCD", "EFEF", "HJHJ", "KMKM", "PRPR"][number]);
        let body = demo::bill(&name, "SUP-1001", ("PO-1001", 10), "1 BX", money).to_string();
        let (key, before, began) = (format!("way-{number}"), asked.kept().await, Instant::now());
        let sent = timeout(DEADLINE, send(&asked, way, &asked.request(&key, &body))).await;
        let status = sent.unwrap_or_else(|_late| panic!("{way:?}: the deadline has passed"));
        let took = began.elapsed();
        assert!(matches!(status, 0 | 400 | 408 | 504), "{way:?}: {status}");
        // until what may be under way is done
        sleep(Duration::from_millis(300)).await;
        let kept = asked.kept().await - before;
        let is_whole = matches!(way, Way::AnswerUnread);
        assert!(kept <= usize::from(is_whole), "{way:?}: a request that was not whole is kept");
        let (again, answer) = asked.whole(&key, &body).await;
        assert_eq!(again, 202, "{way:?}: {answer}");
        assert_eq!(asked.kept().await, before + 1, "{way:?}: lost, or kept twice");
        let (repeated, same) = asked.whole(&key, &body).await;
        assert_eq!((repeated, same), (202, answer), "{way:?}: another answer");
        let way = format!("{way:?}");
        let seconds = took.as_secs_f64();
        text +=
            &format!("{way:<16} status {status:>3} after {seconds:.1} s; kept once after all\n");
    }
    say(&text);
}
