//! The faults of one document, collected, so that a sender can mend them all at once.

use canonical::{Error, FieldError, Result};
use std::fmt::Display;

const FAULTS_MAX: usize = 50;

/// The faults found so far; the first 50 are kept.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    pub(super) fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        }
    }

    /// The value, or nothing and a fault.
    pub(super) fn keep<T, E: Display>(
        &mut self,
        result: Result<T, E>,
        pointer: impl FnOnce() -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(pointer(), error.to_string());
                None
            }
        }
    }

    /// The value, or a fault because it is missing.
    pub(super) fn need<T>(
        &mut self,
        value: Option<T>,
        pointer: impl FnOnce() -> String,
        what: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.add(pointer(), format!("{what} is missing"));
        }
        value
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value where there was no fault.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            // ok: nothing is left out without a fault, see `keep` and `need`
            _ if self.0.is_empty() => Err(Error::internal("a document was lost without a fault")),
            _ => Err(Error::invalid_fields(self.0)),
        }
    }
}
