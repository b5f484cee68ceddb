//! Policy 9: who is asking. Nothing below runs for an operation without a good token, or without a
//! good signature where the operation takes webhooks.

use super::trace::Asked;
use crate::operations::Operation;
use crate::token::Authenticator;
use crate::webhook::{self, Senders};
use crate::{Problem, extract};
use axum::body::Body;
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::{Clock, Error, Kind, Principal, Result};
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;

/// What the policy works with.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) senders: Arc<Senders>,
    pub(super) clock: Clock,
}

pub(super) async fn authenticate(
    State(door): State<Door>,
    request: Request,
    next: Next,
) -> Response {
    let Some(Asked(operation)) = request.extensions().get::<Asked>().cloned() else {
        // There is nothing to protect: policy 10 says so.
        return next.run(request).await;
    };
    let had_token = request.headers().contains_key(header::AUTHORIZATION);
    let is_webhook = operation.takes_webhooks && !had_token;
    let known = if is_webhook && request.headers().contains_key(webhook::SIGNATURE) {
        door.sender(&operation, request).await
    } else {
        door.bearer(request).await
    };
    match known {
        Ok((principal, mut request)) => {
            tracing::Span::current().record("principal.id", principal.id.as_str());
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(error) => refuse(error, had_token),
    }
}

impl Door {
    async fn bearer(&self, request: Request) -> Result<(Principal, Request)> {
        let principal = match bearer(request.headers())? {
            Some(token) => self.authenticator.authenticate(token).await?,
            None => return Err(Error::unauthenticated("a bearer token is needed")),
        };
        Ok((Principal::clone(&principal), request))
    }

    /// Who signed a webhook: the one whom the first name in the path says. It may call this
    /// operation and no other.
    async fn sender(
        &self,
        operation: &Operation,
        request: Request,
    ) -> Result<(Principal, Request)> {
        let (mut head, body) = request.into_parts();
        let body = extract::read(body).await?;
        let names = RawPathParams::from_request_parts(&mut head, &()).await;
        let names = names.map_err(|it| Error::unauthenticated("nobody is named").because(it))?;
        let name = names.iter().next().map(|(_parameter, name)| name).unwrap_or_default();
        self.senders.verify(name, &head.headers, &body, (self.clock)())?;
        let scopes = operation.scopes.iter().flatten().cloned().collect();
        let id = format!("webhook:{name}");
        let principal = Principal { id, role: None, scopes, supplier_id: None };
        Ok((principal, Request::from_parts(head, Body::from(body))))
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
