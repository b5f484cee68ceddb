//! A keep-alive client that costs little: one connection, one request after the other.

use std::fs;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Ticks per second in `/proc/PID/stat`: Linux has shown 100 to programs since 2.6.
const TICKS_PER_SECOND: u64 = 100;

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(base: &str) -> Self {
        let stream = TcpStream::connect(host(base)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(16_384) }
    }

    pub(crate) async fn ask(&mut self, request: &[u8]) -> Answer<'_> {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        let mut whole = None;
        while whole.is_none_or(|(_, end)| self.buffer.len() < end) {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the connection was closed");
            whole = whole.or_else(|| extent(&self.buffer));
        }
        let (head, end) = whole.unwrap();
        let text = std::str::from_utf8(&self.buffer[..head]).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: text, body: &self.buffer[head..end] }
    }
}

/// Where the head ends and where the body ends, once the head is whole.
fn extent(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    let length = text.lines().find_map(|it| it.strip_prefix("content-length: "));
    Some((head, head + length.map_or(0, |it| it.parse().unwrap())))
}

/// The host and port of a base URL.
pub(crate) fn host(base: &str) -> &str {
    base.rsplit('/').next().unwrap()
}

/// The processor time that a process has used so far, in user and system mode, in microseconds.
pub(crate) fn cpu_microseconds(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // the name may hold blanks; after it come the fields from the third on
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|it| it.parse::<u64>().unwrap()).sum();
    ticks * (1_000_000 / TICKS_PER_SECOND)
}
