//! Policy 7: refuses what is more than can be done at once; nobody waits in a queue.

use crate::Problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::Error;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Lets so many in at once.
#[derive(Clone)]
pub(super) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(super) fn new(concurrency: usize) -> Self {
        Self(Arc::new(Semaphore::new(concurrency)))
    }
}

pub(super) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match gate.0.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(error) => {
            metrics::counter!("threeway_requests_shed_total").increment(1);
            let error = Error::unavailable("too many requests at once").because(error);
            Problem(error.retry_after(1)).into_response()
        }
    }
}
