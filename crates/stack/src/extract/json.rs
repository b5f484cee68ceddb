//! JSON in and out. A wrong field is named by its JSON pointer (RFC 6901).

mod strict;

use crate::Problem;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use canonical::{Error, Result};
use http::{HeaderValue, header};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// A JSON body: of a request, or of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media_type = super::media_type(request.headers());
        if !is_json(&media_type) {
            let message = format!("this operation reads application/json, not {media_type:?}");
            return Err(Error::unsupported(super::shorten(&message)).into());
        }
        Ok(Self(from_slice(&super::read(request.into_body()).await?)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], bytes).into_response()
            }
            Err(error) => {
                let error = Error::internal("the answer could not be written").because(error);
                Problem(error).into_response()
            }
        }
    }
}

/// Reads one JSON value from a whole body.
///
/// # Errors
/// `invalid`: with line and column where it is not JSON, with the field's pointer where it is not
/// what was expected.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::invalid("the body is empty; this operation needs a JSON body"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(strict::Strict(&mut json)).map_err(|it| {
        let pointer = pointer(it.path());
        refusal(bytes, &pointer, it.into_inner())
    })?;
    json.end().map_err(|it| refusal(bytes, "", it))?;
    Ok(value)
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

fn refusal(bytes: &[u8], pointer: &str, error: serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let message = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let refused = match (error.classify(), super::unplaced(message)) {
        (Category::Data, Some((name, detail))) => {
            super::at(&format!("{pointer}/{}", escape(name)), detail)
        }
        (Category::Data, None) => super::at(pointer, message),
        // to an enum, `null` is a fault of syntax; to its sender, it is a wrong value
        (Category::Syntax, _) if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => {
            super::at(pointer, "a value of this kind is not taken here")
        }
        (Category::Syntax | Category::Eof | Category::Io, _) => Error::invalid(format!(
            "the body is not JSON: {message} at line {line}, column {column}"
        )),
    };
    refused.because(error)
}

fn pointer(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } => text.push_str(&format!("/{}", escape(key))),
            Segment::Enum { variant } => text.push_str(&format!("/{}", escape(variant))),
            Segment::Unknown => break,
        }
    }
    text
}

fn escape(key: &str) -> String {
    super::shorten(key).replace('~', "~0").replace('/', "~1")
}
