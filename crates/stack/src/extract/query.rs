//! What stands behind the question mark.

use crate::Problem;
use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use canonical::{Error, Result};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::error::Error as StdError;

/// The query of a request. Types that deny unknown fields refuse unknown parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(it) => Ok(Self(it.0)),
            Err(rejection) => Err(refusal(rejection).into()),
        }
    }
}

fn refusal(rejection: QueryRejection) -> Error {
    // The source prints `parameter: what is wrong`, or what is wrong alone.
    let text = rejection.source().map(ToString::to_string).unwrap_or_default();
    let named = text.split_once(": ").filter(|(name, _)| !name.contains([' ', '`']));
    let refused = match super::unplaced(&text).or(named) {
        Some((name, detail)) => super::at(&format!("?{name}"), detail),
        None if text.is_empty() => Error::invalid("the query could not be read"),
        None => Error::invalid(super::shorten(&text)),
    };
    refused.because(rejection)
}
