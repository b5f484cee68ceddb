//! Part of policy 5: what refuses in a way of its own, as the router does, answers as a problem
//! too.

use crate::Problem;
use crate::extract::media_type;
use crate::problem::MEDIA_TYPE;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::Error;
use http::{StatusCode, header};

pub(super) async fn reword(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    if !refused || media_type(response.headers()) == MEDIA_TYPE {
        return response;
    }
    let mut problem = Problem(error(status, method.as_str(), &path)).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

fn error(status: StatusCode, method: &str, path: &str) -> Error {
    match status {
        StatusCode::UNAUTHORIZED => Error::unauthenticated("a token is needed"),
        StatusCode::FORBIDDEN => Error::forbidden("this is not allowed"),
        StatusCode::NOT_FOUND | StatusCode::GONE => Error::no_route(path),
        StatusCode::METHOD_NOT_ALLOWED => Error::method_not_allowed(method, path),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
            Error::conflict("the state of things does not allow it")
        }
        StatusCode::PAYLOAD_TOO_LARGE => crate::extract::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::unsupported("this media type is not read"),
        StatusCode::TOO_MANY_REQUESTS => Error::limited("too many requests", 1),
        StatusCode::BAD_GATEWAY => Error::upstream("a back end answered oddly"),
        StatusCode::SERVICE_UNAVAILABLE => Error::unavailable("not available now"),
        StatusCode::GATEWAY_TIMEOUT => Error::timed_out("no answer within the deadline"),
        it if it.is_client_error() => Error::invalid("the request is not valid"),
        it => Error::internal("a fault of this gateway").because(format!("bare status {it}")),
    }
}
