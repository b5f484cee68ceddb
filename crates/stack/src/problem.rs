//! An error on the wire: `application/problem+json` (RFC 9457). The only place that knows statuses.

use crate::context;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use canonical::{Error, FieldError, Kind};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The media type of every refusal.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error as an answer. Handlers return it; `?` makes it from a [`canonical::Error`].
#[derive(Debug)]
pub struct Problem(pub Error);

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A name for this sort of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:threeway:problem:invalid")]
    pub kind: String,
    /// The sort of problem in words.
    #[schema(example = "The request is not valid")]
    pub title: &'static str,
    /// The HTTP status, again.
    #[schema(example = 400)]
    pub status: u16,
    /// The stable code: decide by this.
    #[schema(example = "invalid")]
    pub code: &'static str,
    /// What is wrong this time and what would be right.
    pub detail: String,
    /// Name this to whoever runs the gateway.
    #[schema(example = "01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub request_id: String,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// The error behind an answer, for the access event; it never leaves the process.
#[derive(Clone, Debug)]
pub(crate) struct Origin(pub(crate) Arc<Error>);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = self.0;
        let status = status(error.kind());
        let mut response = Response::new(Body::from(body(&error)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = error.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.kind() == Kind::Unauthenticated {
            let challenge = HeaderValue::from_static("Bearer realm=\"threeway\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(Origin(Arc::new(error)));
        response
    }
}

/// The status of a kind of error.
#[must_use]
pub const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Limited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Upstream => StatusCode::BAD_GATEWAY,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
    }
}

const fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "The request is not valid",
        Kind::Unauthenticated => "A valid token is needed",
        Kind::Forbidden => "The token does not allow this",
        Kind::NotFound => "There is no such thing",
        Kind::MethodNotAllowed => "The method does not exist here",
        Kind::Conflict => "The state of things does not allow it",
        Kind::TooLarge => "The request is too large",
        Kind::Unsupported => "The media type is not supported",
        Kind::KeyReused => "The idempotency key was used for another request",
        Kind::Limited => "Too many requests",
        Kind::Internal => "A fault of this gateway",
        Kind::Upstream => "A back end answered in a way that cannot be understood",
        Kind::Unavailable => "Not available now",
        Kind::TimedOut => "No answer within the deadline",
    }
}

fn body(error: &Error) -> Vec<u8> {
    let kind = error.kind();
    let body = ProblemBody {
        kind: format!("urn:threeway:problem:{}", kind.code()),
        title: title(kind),
        status: status(kind).as_u16(),
        code: kind.code(),
        detail: error.message().to_owned(),
        request_id: context::request_id(),
        errors: error.fields().to_vec(),
    };
    // A struct of texts and one number always has a JSON form.
    serde_json::to_vec(&body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_of_its_own() {
        let statuses: std::collections::BTreeSet<_> =
            Kind::ALL.iter().map(|it| status(*it).as_u16()).collect();
        assert_eq!(statuses.len(), Kind::ALL.len());
    }

    #[tokio::test]
    async fn a_cause_never_reaches_the_body() {
        let error = Error::upstream("the finance system answered oddly")
            .because("password=hunter2 at 10.0.0.7")
            .retry_after(9);
        let response = Problem(error).into_response();
        assert_eq!(response.status(), 502);
        assert_eq!(response.headers()[header::RETRY_AFTER], "9");
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains(r#""code":"upstream""#), "{text}");
    }

    #[tokio::test]
    async fn fields_are_named_and_absent_where_there_are_none() {
        let error = Error::invalid_field("/lines/0/quantity", "is not a decimal");
        let bytes = body(&error);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["errors"][0]["pointer"], "/lines/0/quantity");
        assert_eq!(value["type"], "urn:threeway:problem:invalid");
        let value: serde_json::Value =
            serde_json::from_slice(&body(&Error::conflict("no"))).unwrap();
        assert!(value.get("errors").is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_body_holds_any_part_of_a_cause(kind in 0_usize..4, cause in "[A-Z0-9]{12,40}") {
            let error = match kind {
                0 => Error::internal("m"),
                1 => Error::unavailable("m"),
                2 => Error::invalid_field("/a", "m"),
                _ => Error::unauthenticated("m"),
            };
            let text = String::from_utf8(body(&error.because(cause.clone()))).unwrap();
            proptest::prop_assert!(!text.contains(&cause), "{}", text);
        }
    }
}
