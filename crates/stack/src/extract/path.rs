//! What stands in the path.

use crate::Problem;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, MatchedPath};
use canonical::{Error, Result};
use http::request::Parts;
use serde::de::DeserializeOwned;

/// What stands in the path, as `{number}` of `/purchase-orders/{number}`.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(it) => Ok(Self(it.0)),
            Err(rejection) => {
                let template = parts.extensions.get::<MatchedPath>();
                Err(refusal(rejection, template.map_or("", |it| it.as_str())).into())
            }
        }
    }
}

fn refusal(rejection: PathRejection, template: &str) -> Error {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return Error::internal("the path could not be read").because(rejection);
    };
    match error.kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            super::at(&format!("{{{key}}}"), &format!("is not a {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => {
            super::at(&format!("{{{key}}}"), message)
        }
        ErrorKind::InvalidUtf8InPathParam { key } => {
            super::at(&format!("{{{key}}}"), "is not UTF-8")
        }
        ErrorKind::ParseErrorAtIndex { index, expected_type, .. } => {
            super::at(&format!("{{{index}}}"), &format!("is not a {expected_type}"))
        }
        ErrorKind::ParseError { expected_type, .. } => {
            super::at(only(template), &format!("is not a {expected_type}"))
        }
        ErrorKind::Message(message) => super::at(only(template), message),
        _ => Error::internal("the path could not be read").because(error),
    }
}

/// The one `{name}` of a path template; empty where there are none or several.
fn only(template: &str) -> &str {
    let mut names = template.split('/').filter(|it| it.starts_with('{') && it.ends_with('}'));
    match (names.next(), names.next()) {
        (Some(name), None) => name,
        _ => "",
    }
}
