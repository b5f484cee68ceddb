//! Policy 12: tells callers that an operation is on its way out: `Deprecation` (RFC 9745), `Sunset`
//! (RFC 8594) and a link to what to do about it.

use super::trace::Asked;
use crate::operations::Table;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use canonical::{Error, Result};
use http::header::InvalidHeaderValue;
use http::{HeaderName, HeaderValue, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// An operation, or a whole version of an API, that is on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deprecated {
    /// An operation id, or the beginning of paths, as in `/process/v1/`.
    pub what: String,
    /// Since when nobody should start to use it; may lie ahead (UTC).
    pub deprecated_at: Timestamp,
    /// From when on it may be gone (UTC).
    pub sunset_at: Option<Timestamp>,
    /// Where it says what to use instead.
    pub link: String,
}

/// What to say, by operation id.
#[derive(Debug)]
pub(super) struct Register(HashMap<Arc<str>, Vec<(HeaderName, HeaderValue)>>);

impl Register {
    pub(super) fn open(options: &[Deprecated], operations: &Table) -> Result<Self> {
        let mut register = HashMap::new();
        for entry in options {
            let wrong = |why: &str| {
                Error::invalid_field("/inbound/deprecated", format!("{:?}: {why}", entry.what))
            };
            let headers = entry.headers().map_err(|it| wrong("not a link").because(it))?;
            let mut found = false;
            for operation in operations.iter().filter(|it| {
                *it.id == *entry.what
                    || (entry.what.starts_with('/') && it.path.starts_with(&entry.what))
            }) {
                found = true;
                register.insert(Arc::clone(&operation.id), headers.clone());
            }
            if !found {
                return Err(wrong("there is no such operation or path"));
            }
        }
        Ok(Self(register))
    }
}

impl Deprecated {
    fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, InvalidHeaderValue> {
        let since = format!("@{}", self.deprecated_at.as_second());
        let link = format!("<{}>; rel=\"deprecation\"; type=\"text/html\"", self.link);
        let mut headers = vec![(DEPRECATION, since.parse()?), (header::LINK, link.parse()?)];
        if let Some(at) = self.sunset_at {
            headers.push((SUNSET, http_date(at).parse()?));
        }
        Ok(headers)
    }
}

/// An HTTP date (RFC 9110 5.6.7).
fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub(super) async fn announce(
    State(register): State<Arc<Register>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.extensions().get::<Asked>();
    let headers = asked.and_then(|it| register.0.get(&it.0.id)).cloned();
    let mut response = next.run(request).await;
    for (name, value) in headers.unwrap_or_default() {
        response.headers_mut().append(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_have_their_forms() {
        let entry = Deprecated {
            what: "get_item".to_owned(),
            deprecated_at: "2023-06-30T23:59:59Z".parse().unwrap(),
            sunset_at: Some("2024-02-09T08:00:00Z".parse().unwrap()),
            link: "https://example.org/moving".to_owned(),
        };
        let headers: HashMap<_, _> = entry.headers().unwrap().into_iter().collect();
        assert_eq!(headers[&DEPRECATION], "@1688169599");
        assert_eq!(headers[&SUNSET], "Fri, 09 Feb 2024 08:00:00 GMT");
        let link = "<https://example.org/moving>; rel=\"deprecation\"; type=\"text/html\"";
        assert_eq!(headers[&header::LINK], link);
    }

    #[test]
    fn what_does_not_exist_cannot_be_deprecated() {
        let entry = Deprecated {
            what: "/nowhere/v0/".to_owned(),
            deprecated_at: Timestamp::UNIX_EPOCH,
            sunset_at: None,
            link: String::new(),
        };
        let error = Register::open(&[entry], &Table::default()).unwrap_err();
        assert!(error.message().contains("/nowhere/v0/"));
    }
}
