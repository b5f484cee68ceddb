//! Policy 14: reads carry an `ETag`, and who has the same already gets 304 and no body.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// Longer answers, and those that are made while they are sent, get no tag: it would cost memory.
const BYTES_MAX: u64 = 4 << 20;

pub(super) async fn compare(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let known =
        request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let response = next.run(request).await;
    if !is_whole_json(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = crate::extract::read(body).await else {
        // A body in memory does not break off.
        return Response::from_parts(head, Body::empty());
    };
    let tag = tag(&head.headers, &bytes);
    let same = tag.as_ref().is_some_and(|tag| known.iter().any(|it| names(it, tag)));
    if let Some(tag) = tag {
        head.headers.insert(header::ETAG, tag);
    }
    let private = HeaderValue::from_static("private, no-cache");
    head.headers.entry(header::CACHE_CONTROL).or_insert(private);
    if !same {
        return Response::from_parts(head, Body::from(bytes));
    }
    head.status = StatusCode::NOT_MODIFIED;
    head.headers.remove(header::CONTENT_TYPE);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::empty())
}

fn is_whole_json(response: &Response) -> bool {
    response.status() == StatusCode::OK
        && crate::extract::media_type(response.headers()) == "application/json"
        && response.body().size_hint().exact().is_some_and(|it| it <= BYTES_MAX)
}

/// The handler's own tag, else one made from the body.
fn tag(headers: &HeaderMap, bytes: &[u8]) -> Option<HeaderValue> {
    if let Some(own) = headers.get(header::ETAG) {
        return Some(own.clone());
    }
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes).as_ref().get(..16)?);
    HeaderValue::from_str(&format!("W/\"{hash}\"")).ok()
}

/// Whether an `If-None-Match` names the tag; tags are compared weakly (RFC 9110 13.1.2).
fn names(if_none_match: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(list), Ok(tag)) = (if_none_match.to_str(), tag.to_str()) else { return false };
    let opaque = |it: &str| it.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|it| opaque(it) == opaque(tag))
}
