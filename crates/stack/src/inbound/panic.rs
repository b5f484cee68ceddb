//! Policy 5: a bug below is a 500 problem, not a lost connection. What the panic said is for the
//! log.

use crate::Problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::Error;
use futures_util::FutureExt as _;
use std::any::Any;
use std::panic::AssertUnwindSafe;

pub(super) async fn catch(request: Request, next: Next) -> Response {
    // What the panic leaves half done is dropped with the request.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => {
            let error = Error::internal("a fault of this gateway; its log knows more");
            Problem(error.because(words(&*payload))).into_response()
        }
    }
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without words"))
}
