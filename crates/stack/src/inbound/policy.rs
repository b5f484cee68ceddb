//! Policy 10: may this principal call this operation? The OpenAPI document says so.

use super::trace::Asked;
use crate::Problem;
use crate::operations::{Operation, Table};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::{Error, Principal};
use http::{HeaderValue, Uri, header};
use std::sync::Arc;

pub(super) async fn authorize(
    State(operations): State<Arc<Table>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(Asked(operation)) = request.extensions().get::<Asked>() else {
        return unknown(&operations, &request);
    };
    match request.extensions().get::<Principal>() {
        Some(principal) if operation.allows(principal) => next.run(request).await,
        Some(_) => forbid(operation),
        None => Problem(Error::unauthenticated("a bearer token is needed")).into_response(),
    }
}

/// The router's own answer to unknown paths; the policy answers before it.
pub(super) async fn nothing_here(uri: Uri) -> Problem {
    Problem(Error::no_route(uri.path()))
}

fn forbid(operation: &Operation) -> Response {
    let scopes = operation.scopes.first().into_iter().flatten();
    let scopes = scopes.map(String::as_str).collect::<Vec<_>>().join(" ");
    let message = format!("the token lacks the scope {scopes}");
    let mut response = Problem(Error::forbidden(message)).into_response();
    let challenge =
        format!("Bearer realm=\"threeway\", error=\"insufficient_scope\", scope=\"{scopes}\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn unknown(operations: &Table, request: &Request) -> Response {
    let path = request.uri().path();
    let template = request.extensions().get::<MatchedPath>();
    let methods = template.map(|it| operations.methods(it.as_str())).unwrap_or_default();
    if methods.is_empty() {
        return Problem(Error::no_route(path)).into_response();
    }
    let error = Error::method_not_allowed(request.method().as_str(), path);
    let mut response = Problem(error).into_response();
    if let Ok(allow) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
