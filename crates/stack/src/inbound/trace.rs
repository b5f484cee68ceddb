//! Policy 3: one span, one access event and one count per request, also for refused and abandoned
//! ones; continues the caller's W3C trace and sets the request's context.

use super::request_id::RequestId;
use crate::context::{self, Context};
use crate::operations::{Operation, Table};
use crate::problem::Origin;
use crate::random;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use canonical::Fault;
use http::{HeaderMap, Method};
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

/// What the policy works with.
#[derive(Clone)]
pub(super) struct Observer {
    pub(super) operations: Arc<Table>,
    pub(super) timeout: Duration,
}

/// The operation that a request asks for; set for those that exist.
#[derive(Clone)]
pub(super) struct Asked(pub(super) Arc<Operation>);

pub(super) async fn observe(
    State(observer): State<Observer>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|it| it.as_str().to_owned());
    let asked = path.as_deref().and_then(|it| observer.operations.find(it, request.method()));
    let operation = match (&asked, path) {
        (Some(it), _) => it.id.to_string(),
        (None, path) => path.unwrap_or_else(|| "none".to_owned()),
    };
    if let Some(it) = asked {
        request.extensions_mut().insert(Asked(it));
    }
    let started = Instant::now();
    let context = Context {
        request_id: request
            .extensions()
            .get::<RequestId>()
            .map(|it| it.0.clone())
            .unwrap_or_default(),
        traceparent: traceparent(request.headers()),
        deadline: started + observer.timeout,
    };
    let span = span(&request, &context, &operation);
    let mut access = Access {
        operation,
        method: method(request.method()),
        started,
        span: span.clone(),
        status: None,
    };
    metrics::gauge!("threeway_requests_in_flight").increment(1.0);
    let response = context::scope(context, next.run(request)).instrument(span).await;
    access.answered(&response);
    response
}

fn span(request: &Request, context: &Context, operation: &str) -> tracing::Span {
    tracing::info_span!(
        "request",
        request.id = %context.request_id,
        trace.id = context.traceparent.split('-').nth(1).unwrap_or_default(),
        operation,
        http.method = %request.method(),
        url.path = request.uri().path(),
        principal.id = tracing::field::Empty,
    )
}

/// Only known methods become a metric's label: others are the caller's text.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// What is told about a request when it ends, however it ends.
struct Access {
    operation: String,
    method: &'static str,
    started: Instant,
    span: tracing::Span,
    status: Option<u16>,
}

impl Access {
    fn answered(&mut self, response: &Response) {
        let status = response.status().as_u16();
        self.status = Some(status);
        let _in_span = self.span.enter();
        let duration_us = duration_us(self.started);
        let error = response.extensions().get::<Origin>().map(|it| &it.0);
        match error.map(|it| (it.kind().fault(), chain(&**it))) {
            Some((Fault::Us, error)) => {
                tracing::error!(status, duration_us, error, "request failed");
            }
            Some((Fault::Backend, error)) => {
                tracing::warn!(status, duration_us, error, "request failed");
            }
            Some((Fault::Caller, error)) => {
                tracing::info!(status, duration_us, error, "request refused");
            }
            None => tracing::info!(status, duration_us, "request answered"),
        }
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        metrics::gauge!("threeway_requests_in_flight").decrement(1.0);
        if self.status.is_none() {
            let duration_us = duration_us(self.started);
            self.span.in_scope(|| tracing::info!(duration_us, "request abandoned by its caller"));
        }
        let status = self.status.map_or_else(|| "abandoned".to_owned(), |it| it.to_string());
        let operation = std::mem::take(&mut self.operation);
        metrics::counter!(
            "threeway_requests_total",
            "operation" => operation.clone(), "method" => self.method, "status" => status
        )
        .increment(1);
        metrics::histogram!("threeway_request_seconds", "operation" => operation)
            .record(self.started.elapsed());
    }
}

fn duration_us(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// The `traceparent` of our span: the caller's trace with a span of ours, or a trace of ours.
fn traceparent(headers: &HeaderMap) -> String {
    let given = headers.get("traceparent").and_then(|it| it.to_str().ok()).and_then(parse);
    let span = (random::bits() >> 64) | 1;
    match given {
        Some((trace, flags)) => format!("00-{trace}-{span:016x}-{flags}"),
        None => format!("00-{:032x}-{span:016x}-01", random::bits() | 1),
    }
}

/// Trace id and flags of a `traceparent`, where it is one. A later version may have more parts.
fn parse(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |it: &str, length: usize| {
        it.len() == length && it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    };
    let some = |it: &str| it.bytes().any(|it| it != b'0');
    let sized = hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
    let known = version != "ff" && (version != "00" || parts.next().is_none());
    (sized && known && some(trace) && some(span)).then_some((trace, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_good_traceparent_is_continued() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", format!("00-{TRACE}-b7ad6b7169203331-00").parse().unwrap());
        let ours = traceparent(&headers);
        assert!(ours.starts_with(&format!("00-{TRACE}-")) && ours.ends_with("-00"), "{ours}");
        assert!(parse(&ours).is_some());
        assert!(parse(&format!("01-{TRACE}-b7ad6b7169203331-01-more")).is_some());
    }

    #[test]
    fn a_bad_traceparent_starts_a_new_trace() {
        for text in [
            "",
            "00",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse(&traceparent(&HeaderMap::new())).is_some());
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_caller_sends_our_own_is_well_formed(given in "[ -~]{0,80}") {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", given.parse().unwrap());
            proptest::prop_assert!(parse(&traceparent(&headers)).is_some());
        }
    }
}
