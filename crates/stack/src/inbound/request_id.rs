//! Policy 2: gives the request a name, the caller's if it is plain, and the answer the same.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use canonical::Clock;
use http::{HeaderName, HeaderValue};
use ulid::Ulid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LENGTH_MAX: usize = 64;

/// The name of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

pub(super) async fn name(State(clock): State<Clock>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|it| it.to_str().ok());
    let id = match given {
        Some(it) if is_plain(it) => it.to_owned(),
        _ => fresh(&clock),
    };
    let value = HeaderValue::from_str(&id);
    request.extensions_mut().insert(RequestId(id));
    let mut response = next.run(request).await;
    if let Ok(value) = value {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// Nothing that could forge a log line or a header.
fn is_plain(text: &str) -> bool {
    (1..=LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.:".contains(&it))
}

fn fresh(clock: &Clock) -> String {
    let milliseconds = u64::try_from(clock().as_millisecond()).unwrap_or_default();
    Ulid::from_parts(milliseconds, crate::random::bits()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        assert!(is_plain("01K5S1V6Z6C4M7Y2Q8N3T0B9XA"));
        assert!(is_plain("a-b_c.d:7"));
        for text in ["", "a b", "a\"b", "a\u{e9}", &"x".repeat(65)] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
