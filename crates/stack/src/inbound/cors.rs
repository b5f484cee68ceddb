//! Policy 4: which web pages of other origins may read answers. None, unless configured.

use canonical::{Error, Result};
use http::{HeaderName, HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

const ACCEPTED: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("x-request-id"),
];

const EXPOSED: [HeaderName; 10] = [
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("deprecation"),
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("sunset"),
    HeaderName::from_static("x-request-id"),
];

/// Which web pages of other origins may read answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Origins as browsers send them, as in `https://portal.example`; `*` alone for all.
    pub origins: Vec<String>,
    /// How long a browser may remember the permission.
    pub max_age_seconds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { origins: Vec::new(), max_age_seconds: 600 }
    }
}

pub(super) fn layer(options: &Options) -> Result<CorsLayer> {
    let origin = |it: &String| {
        let plain = it.starts_with("https://") || it.starts_with("http://");
        HeaderValue::from_str(it).ok().filter(|_| plain).ok_or_else(|| {
            Error::invalid_field("/inbound/cors/origins", format!("{it:?} is not an origin"))
        })
    };
    let origins: AllowOrigin = match options.origins.as_slice() {
        [all] if all == "*" => Any.into(),
        some => AllowOrigin::list(some.iter().map(origin).collect::<Result<Vec<_>>>()?),
    };
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(ACCEPTED)
        .expose_headers(EXPOSED)
        .max_age(Duration::from_secs(options.max_age_seconds.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_that_is_none_is_refused_by_name() {
        for text in ["*.example", "portal.example", "https://a\n"] {
            let origins = vec!["https://a.example".to_owned(), text.to_owned()];
            assert!(layer(&Options { origins, ..Options::default() }).is_err(), "{text}");
        }
        let origins = vec!["*".to_owned()];
        assert!(layer(&Options { origins, ..Options::default() }).is_ok());
    }
}
