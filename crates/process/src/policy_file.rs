//! Reading what a person wrote down for the gateway to follow: TOML, validated whole before it
//! decides anything.

use canonical::{Error, FieldError, Result};
use serde::de::DeserializeOwned;

/// Reads a file and validates it with `new`; `what` names it in the refusal.
pub(crate) fn read<D: DeserializeOwned, P>(
    what: &str,
    text: &str,
    new: impl FnOnce(D) -> Result<P, Vec<FieldError>>,
) -> Result<P> {
    let document: D = toml::from_str(text).map_err(|error| {
        Error::invalid(format!("the {what} is not readable: {}", error.message())).because(error)
    })?;
    new(document).map_err(Error::invalid_fields)
}
