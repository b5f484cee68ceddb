//! Policy 9: who is asking. Nothing below runs for an operation without a good token.

use super::trace::Asked;
use crate::Problem;
use crate::token::Authenticator;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::{Error, Kind, Principal, Result};
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;

pub(super) async fn authenticate(
    State(authenticator): State<Arc<Authenticator>>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.extensions().get::<Asked>().is_none() {
        // There is nothing to protect: policy 10 says so.
        return next.run(request).await;
    }
    let principal = match bearer(request.headers()) {
        Ok(Some(token)) => authenticator.authenticate(token).await,
        Ok(None) => Err(Error::unauthenticated("a bearer token is needed")),
        Err(error) => Err(error),
    };
    match principal {
        Ok(principal) => {
            tracing::Span::current().record("principal.id", principal.id.as_str());
            request.extensions_mut().insert(Principal::clone(&principal));
            next.run(request).await
        }
        Err(error) => refuse(error, request.headers().contains_key(header::AUTHORIZATION)),
    }
}

/// RFC 6750: a challenge says that a token was bad only where there was one.
fn refuse(error: Error, had_token: bool) -> Response {
    let bad = had_token && error.kind() == Kind::Unauthenticated;
    let mut response = Problem(error).into_response();
    if bad {
        let challenge =
            HeaderValue::from_static("Bearer realm=\"threeway\", error=\"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bad = || Error::unauthenticated("the Authorization header is not one bearer token");
    if values.next().is_some() {
        return Err(bad());
    }
    let text = value.to_str().map_err(|it| bad().because(it))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_bearer_token_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers).unwrap(), None);
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("bearer abc"));
        assert_eq!(bearer(&headers).unwrap(), Some("abc"));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer def"));
        assert!(bearer(&headers).is_err());
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic abc"));
        assert!(bearer(&headers).is_err());
    }
}
