//! What stands behind the question mark.

mod form;

use crate::Problem;
use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use canonical::{Error, Result};
use form::Form;
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::error::Error as StdError;

/// The query of a request. Types that deny unknown fields refuse unknown parameters. A parameter
/// may be repeated where its field is a `Vec`, and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(unreadable)?;
        Ok(Self(read(pairs.0)?))
    }
}

fn unreadable(rejection: QueryRejection) -> Error {
    let text = rejection.source().map(ToString::to_string).unwrap_or_default();
    if text.is_empty() {
        return Error::invalid("the query could not be read").because(rejection);
    }
    Error::invalid(super::shorten(&text)).because(rejection)
}

fn read<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T> {
    serde_path_to_error::deserialize(Form::new(pairs)).map_err(|error| {
        let text = error.inner().to_string();
        let name = error.path().iter().next().map(ToString::to_string);
        let refused = match super::unplaced(&text) {
            Some((name, detail)) => super::at(&format!("?{name}"), detail),
            None => match name {
                Some(name) => super::at(&format!("?{name}"), &text),
                None => Error::invalid(super::shorten(&text)),
            },
        };
        refused.because(error)
    })
}
