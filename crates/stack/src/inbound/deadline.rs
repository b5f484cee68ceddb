//! Policy 6: a request that takes too long ends, and everything it waits for with it.

use crate::{Problem, context};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::Error;
use tokio::time::timeout_at;

pub(super) async fn bound(request: Request, next: Next) -> Response {
    let Some(context) = context::current() else {
        return Problem(Error::internal("a request has no deadline")).into_response();
    };
    timeout_at(context.deadline, next.run(request)).await.unwrap_or_else(|error| {
        Problem(Error::timed_out("no answer within the deadline").because(error)).into_response()
    })
}
