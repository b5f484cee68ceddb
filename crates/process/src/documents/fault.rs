//! The faults of one document, collected, so that a sender can mend them all at once.

use canonical::{Error, FieldError, Result};
use std::fmt::{self, Display};

const FAULTS_MAX: usize = 50;

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A path in the words of the format.
    Path(String),
    /// A segment of X12: its number in the file, from 1, and its kind.
    Segment { number: u32, id: Box<str> },
    /// Before that segment, one of the kind `missing` is missing.
    Missing { number: u32, id: Box<str>, missing: &'static str },
    /// An element of a segment, what stands there, and what is wrong by the codes of X12.
    Element { number: u32, id: Box<str>, element: u8, code: ElementCode, value: Box<str> },
}

/// What is wrong with an element (X12 element 723).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ElementCode {
    /// 1: it is missing.
    Missing,
    /// 6: it holds what it may not hold.
    Character,
    /// 7: a code that is not known.
    Code,
    /// 8: it is no date.
    Date,
}

impl Place {
    /// The same place with another reason.
    pub(super) fn code(mut self, is: ElementCode) -> Self {
        if let Self::Element { code, .. } = &mut self
            && *code != ElementCode::Missing
        {
            *code = is;
        }
        self
    }

    /// The same place: this kind of segment is missing before it.
    pub(super) fn missing(self, missing: &'static str) -> Self {
        match self {
            Self::Segment { number, id } => Self::Missing { number, id, missing },
            other => other,
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Segment { number, id } | Self::Missing { number, id, .. } => {
                write!(f, "segment {number} ({id})")
            }
            Self::Element { number, id, element, .. } => {
                write!(f, "segment {number} ({id}) element {element:02}")
            }
        }
    }
}

impl From<String> for Place {
    fn from(path: String) -> Self {
        Self::Path(path)
    }
}

impl From<&str> for Place {
    fn from(path: &str) -> Self {
        Self::Path(path.to_owned())
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) detail: String,
}

impl Fault {
    /// As a caller sees it.
    pub(super) fn field(&self) -> FieldError {
        FieldError { pointer: self.place.to_string(), detail: self.detail.clone() }
    }
}

/// The faults found so far; the first 50 are kept.
#[derive(Debug, Default)]
pub(super) struct Faults {
    faults: Vec<Fault>,
    /// What is wrong and still lets the document be read.
    notes: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, place: impl Into<Place>, detail: impl Into<String>) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { place: place.into(), detail: detail.into() });
        }
    }

    /// Notes what is wrong, and lets the document be read.
    pub(super) fn note(&mut self, place: impl Into<Place>, detail: impl Into<String>) {
        if self.notes.len() < FAULTS_MAX {
            self.notes.push(Fault { place: place.into(), detail: detail.into() });
        }
    }

    /// The value, or nothing and a fault.
    pub(super) fn keep<T, E: Display, P: Into<Place>>(
        &mut self,
        result: Result<T, E>,
        place: impl FnOnce() -> P,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(place(), error.to_string());
                None
            }
        }
    }

    /// The value, or a fault because it is missing.
    pub(super) fn need<T, P: Into<Place>>(
        &mut self,
        value: Option<T>,
        place: impl FnOnce() -> P,
        what: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.add(place(), format!("{what} is missing"));
        }
        value
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub(super) fn notes(&self) -> &[Fault] {
        &self.notes
    }

    /// The value where there was no fault.
    pub(super) fn finish<T>(&self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            // ok: nothing is left out without a fault, see `keep` and `need`
            _ if self.faults.is_empty() => {
                Err(Error::internal("a document was lost without a fault"))
            }
            _ => Err(Error::invalid_fields(self.faults.iter().map(Fault::field).collect())),
        }
    }
}
