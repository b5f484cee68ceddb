//! What comes in wrong: each a problem with a stable code and the place at fault, or an exception
//! with a reason; never a fault of ours, never a partial write, never late.

mod http;
mod json;
mod large;
mod mutation;
mod x12;
mod xml;

use axum::body::Body;
use std::time::{Duration, Instant};
use tests::{Answer, INVOICES, TestGateway};

const EVALUATIONS: &str = "/process/v1/match-evaluations";

/// What a bad input comes to.
#[derive(Clone, Copy, Debug)]
enum Comes {
    /// A 400 whose first pointer begins so; where this is empty, there need be none.
    At(&'static str),
    /// It is taken in, with this outcome and this reason among others.
    Taken(&'static str, &'static str),
}

use Comes::{At, Taken};

/// Sends it, and checks what must hold for any input: in time, no fault of ours, whole problems,
/// and nothing kept of what was refused.
async fn send(
    gateway: &TestGateway,
    media_type: &str,
    path: &str,
    body: impl Into<Body>,
) -> Answer {
    let before = gateway.event_position().await;
    let began = Instant::now();
    let answer = gateway.admin().post_as(media_type, path, body).await;
    assert!(began.elapsed() < Duration::from_secs(10), "late: {}", answer.words());
    assert!(answer.status < 500, "{}", answer.words());
    if answer.status >= 400 {
        answer.is_problem();
        assert_eq!(gateway.event_position().await, before, "kept: {}", answer.words());
    }
    if path == EVALUATIONS {
        assert_eq!(gateway.event_position().await, before, "stored: {}", answer.words());
    }
    answer
}

/// Why the answer is not what the input should come to.
fn fault(what: &str, answer: &Answer, comes: Comes) -> Option<String> {
    let fine = match comes {
        At(pointer) => {
            let first = answer.pointers().first().copied().unwrap_or_default();
            answer.status == 400 && answer.json["code"] == "invalid" && first.starts_with(pointer)
        }
        Taken(outcome, reason) => {
            let is_reason = reason.is_empty() || answer.reasons().contains(&reason);
            matches!(answer.status, 200 | 202) && answer.json["outcome"] == outcome && is_reason
        }
    };
    (!fine).then(|| format!("{what}: {comes:?}: {}", answer.words()))
}

/// Submits every row, and fails with all that came out otherwise.
async fn check(media_type: &str, rows: Vec<(&str, Vec<u8>, Comes)>) {
    let gateway = TestGateway::start().await;
    let mut faults = Vec::new();
    for (what, body, comes) in rows {
        let answer = send(&gateway, media_type, INVOICES, body).await;
        faults.extend(fault(what, &answer, comes));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
