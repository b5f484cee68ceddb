//! One exchange over HTTP: how it is connected, what it carries, what its failures are called.

use super::{Answer, Options};
use crate::{context, random};
use bytes::{Bytes, BytesMut};
use canonical::{Error, Result};
use http::HeaderName;
use reqwest::{Certificate, Client, RequestBuilder, Response, redirect};
use std::time::Duration;
use tokio::time::Instant;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A client that follows no redirect and uses no proxy that the configuration does not name: where
/// a call goes is decided in one place.
pub(super) fn open(name: &str, options: &Options) -> Result<Client> {
    let mut builder = Client::builder()
        .user_agent(concat!("threeway/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_millis(options.connect_timeout_ms))
        .pool_max_idle_per_host(options.concurrency + options.bulk_concurrency);
    for file in &options.certificate_files {
        let unusable = |cause: Box<dyn std::error::Error + Send + Sync>| {
            let message = format!("{name} cannot use the certificates in {}", file.display());
            Error::invalid(message).because(cause)
        };
        let pem = std::fs::read(file).map_err(|it| unusable(it.into()))?;
        let bundle = Certificate::from_pem_bundle(&pem).map_err(|it| unusable(it.into()))?;
        builder = builder.tls_certs_merge(bundle);
    }
    builder.build().map_err(|it| {
        Error::internal(format!("the client of {name} could not be made")).because(it)
    })
}

/// Sends one request and reads the whole answer, up to `bytes_max`.
pub(super) async fn exchange(
    name: &str,
    request: RequestBuilder,
    bytes_max: usize,
) -> Result<Answer> {
    let mut request = request;
    if let Some(context) = context::current() {
        request = request
            .header(REQUEST_ID, context.request_id)
            .header(TRACEPARENT, child(&context.traceparent));
    }
    let mut response = request.send().await.map_err(|it| failure(name, it))?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = read(name, response, bytes_max).await?;
    Ok(Answer { status, headers, body })
}

/// Counts one attempt.
pub(super) fn measure(name: &str, started: Instant, result: &Result<Answer>) {
    let outcome = match result {
        Ok(answer) => answer.status.as_str().to_owned(),
        Err(error) => error.kind().code().to_owned(),
    };
    let name = name.to_owned();
    metrics::counter!(
        "threeway_upstream_calls_total", "upstream" => name.clone(), "outcome" => outcome
    )
    .increment(1);
    metrics::histogram!("threeway_upstream_call_seconds", "upstream" => name)
        .record(started.elapsed());
}

async fn read(name: &str, mut response: Response, bytes_max: usize) -> Result<Bytes> {
    let too_large = || Error::upstream(format!("{name} answered with more than is taken"));
    let length = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if length > bytes_max {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(length);
    while let Some(chunk) = response.chunk().await.map_err(|it| failure(name, it))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A failed exchange in our words. The address stays in the cause, for the log.
fn failure(name: &str, error: reqwest::Error) -> Error {
    let error_in_words = if error.is_builder() {
        Error::internal(format!("the request to {name} could not be made"))
    } else if error.is_timeout() {
        Error::timed_out(format!("{name} did not answer in time"))
    } else if error.is_connect() {
        Error::unavailable(format!("{name} cannot be reached"))
    } else if error.is_decode() {
        Error::upstream(format!("{name} sent an answer that cannot be unpacked"))
    } else {
        Error::unavailable(format!("the connection to {name} broke off"))
    };
    error_in_words.because(error)
}

/// The `traceparent` of a call made within a span: the same trace, a new span.
fn child(traceparent: &str) -> String {
    match traceparent.rsplitn(3, '-').collect::<Vec<_>>().as_slice() {
        [flags, _, trace] => {
            let span = (random::bits() >> 64) | 1;
            format!("{trace}-{span:016x}-{flags}")
        }
        _ => traceparent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_continues_the_trace_with_a_span_of_its_own() {
        let ours = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let child = child(ours);
        assert_eq!(child.len(), ours.len());
        assert!(child.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
        assert!(child.ends_with("-01") && child != ours);
    }
}
