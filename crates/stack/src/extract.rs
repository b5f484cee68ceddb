//! What a handler takes from a request: body, query and path, each failing as a problem that names
//! the field.
//!
//! Pointers: `/invoice/lines/0/quantity` for a body, `?limit` for a query, `{number}` for a path.

mod json;
mod page;
mod path;
mod query;
#[cfg(test)]
mod tests;

pub use json::{Json, from_slice};
pub use page::{PageQuery, page};
pub use path::Path;
pub use query::Query;

use crate::Problem;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use canonical::{Error, Result};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError};
use std::error::Error as StdError;

const DETAIL_CHARS_MAX: usize = 300;

/// A body as it was sent, for operations that read more than JSON.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The media type in lower case without parameters, as in `application/edi-x12`; empty where
    /// the request names none.
    pub media_type: String,
    /// The body, byte for byte, at most as long as the stack lets through.
    pub bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media_type = media_type(request.headers());
        Ok(Self { media_type, bytes: read(request.into_body()).await? })
    }
}

/// The media type of a message in lower case without its parameters; empty where it names none.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Reads a body whole. The limit is the stack's: a longer body fails here as `too_large`.
pub(crate) async fn read(body: Body) -> Result<Bytes> {
    match body.collect().await {
        Ok(it) => Ok(it.to_bytes()),
        Err(error) if is_length_limit(&error) => Err(too_large().because(error)),
        Err(error) => Err(Error::invalid("the body broke off").because(error)),
    }
}

pub(crate) fn too_large() -> Error {
    Error::too_large("the body is larger than this gateway takes; send less at once")
}

fn is_length_limit(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<LengthLimitError>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// The field at fault with a detail of bounded length; at the root there is no field to name.
fn at(pointer: &str, detail: &str) -> Error {
    let detail = shorten(detail);
    if pointer.is_empty() { Error::invalid(detail) } else { Error::invalid_field(pointer, detail) }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= DETAIL_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(DETAIL_CHARS_MAX).chain("…".chars()).collect()
}

/// What serde says about a field that it does not place: one that is not there, or is there twice.
fn unplaced(message: &str) -> Option<(&str, &'static str)> {
    let name = |rest: &'_ str| rest.split('`').next().unwrap_or_default().len();
    if let Some(rest) = message.strip_prefix("missing field `") {
        return Some((rest.get(..name(rest))?, "is missing and required"));
    }
    let rest = message.strip_prefix("duplicate field `")?;
    Some((rest.get(..name(rest))?, "is there twice"))
}
