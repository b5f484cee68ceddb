//! What is known about the request at hand, wherever in a layer one stands.
//!
//! Inbound sets it, outbound reads it. It is task-local, so that a layer's functions need no extra
//! argument for what they only hand on; a task that is spawned starts without one.

use canonical::Lane;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

tokio::task_local! {
    static CURRENT: Context;
    static LANE: Lane;
}

/// The request at hand.
#[derive(Clone, Debug)]
pub struct Context {
    /// The id that the answer, the log and the back ends carry.
    pub request_id: String,
    /// The W3C `traceparent` of our span; what we call continues it.
    pub traceparent: String,
    /// When an answer is no longer of use.
    pub deadline: Instant,
}

/// The context of the request that this task serves; `None` outside of any.
#[must_use]
pub fn current() -> Option<Context> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs `future` with `context` as its context.
pub async fn scope<F: Future>(context: Context, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// The lane of what this task does; critical unless it was told otherwise.
#[must_use]
pub fn lane() -> Lane {
    LANE.try_with(|it| *it).unwrap_or(Lane::Critical)
}

/// Runs `future` in a lane: with its connections to the store and its calls of back ends.
pub async fn in_lane<F: Future>(lane: Lane, future: F) -> F::Output {
    LANE.scope(lane, future).await
}

/// How much time is left until the deadline; `default` outside of any request.
#[must_use]
pub fn remaining(default: Duration) -> Duration {
    CURRENT.try_with(|it| it.deadline.saturating_duration_since(Instant::now())).unwrap_or(default)
}

/// The id of the request at hand; empty outside of any.
#[must_use]
pub fn request_id() -> String {
    CURRENT.try_with(|it| it.request_id.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_context_is_there_inside_and_gone_outside() {
        assert!(current().is_none());
        assert_eq!(remaining(Duration::from_secs(7)), Duration::from_secs(7));
        let context = Context {
            request_id: "r-1".to_owned(),
            traceparent: String::new(),
            deadline: Instant::now() + Duration::from_secs(3),
        };
        scope(context, async {
            assert_eq!(request_id(), "r-1");
            assert!(remaining(Duration::from_secs(7)) <= Duration::from_secs(3));
        })
        .await;
        assert_eq!(request_id(), "");
    }
}
