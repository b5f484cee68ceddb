//! What stands in the path.

use crate::Problem;
use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
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
            Err(rejection) => Err(refusal(rejection).into()),
        }
    }
}

fn refusal(rejection: PathRejection) -> Error {
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
            Error::invalid(format!("the path holds no {expected_type}"))
        }
        ErrorKind::Message(message) => Error::invalid(super::shorten(message)),
        _ => return Error::internal("the path could not be read").because(error),
    }
}
