//! The start: from nothing to the first answer, and the memory of a gateway that waits.

use crate::wire::Connection;
use std::time::{Duration, Instant};
use tests::binary::{Running, say};

const PATH: &str = "/system/v1/purchase-orders/PO-1001";

/// What a request for the order of the demo looks like.
pub(crate) fn request(gateway: &Running) -> Vec<u8> {
    let token = gateway.token("admin");
    let head = format!("GET {PATH} HTTP/1.1\r\nhost: localhost\r\n");
    format!("{head}authorization: Bearer {token}\r\n\r\n").into_bytes()
}

pub(crate) async fn measure(times: usize) {
    say("start of the demo, with its store made new");
    let (mut milliseconds, mut megabytes) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let home = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let gateway = Running::demo(home.path(), &[], &[]);
        let mut connection = Connection::open(&gateway.base).await;
        let status = connection.ask(&request(&gateway)).await.status;
        milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(status, 200);
        tokio::time::sleep(Duration::from_millis(500)).await;
        megabytes.push(gateway.resident_kb() as f64 / 1e3);
    }
    for (what, unit, mut values) in
        [("to the first answer", "ms", milliseconds), ("idle memory", "MB", megabytes)]
    {
        values.sort_by(f64::total_cmp);
        let (median, most) = (values[times / 2], values[times - 1]);
        say(&format!("  {what}: {median:.1} {unit}, at most {most:.1} {unit} of {times} starts"));
    }
    say("");
}
