//! A row as it comes back: values taken in the order of the columns.

use crate::batch::Val;
use canonical::{Error, Result};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::Error as WordError;
use std::fmt;
use std::str::FromStr;

/// A row; each call takes the next column.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Val>);

fn unreadable(cause: impl fmt::Display) -> Error {
    Error::internal("the store holds a record that this version cannot read")
        .because(cause.to_string())
}

impl Row {
    pub(crate) fn new(values: Vec<Val>) -> Self {
        Self(values.into_iter())
    }

    fn next(&mut self) -> Result<Val> {
        self.0.next().ok_or_else(|| unreadable("a row has too few columns"))
    }

    pub(crate) fn int_or_null(&mut self) -> Result<Option<i64>> {
        match self.next()? {
            Val::Int(value) => Ok(Some(value)),
            Val::Null => Ok(None),
            Val::Text(_) | Val::Blob(_) => Err(unreadable("not an integer")),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64> {
        self.int_or_null()?.ok_or_else(|| unreadable("an integer is missing"))
    }

    /// An integer of a narrower type.
    pub(crate) fn count<T: TryFrom<i64>>(&mut self) -> Result<T> {
        self.count_or_null()?.ok_or_else(|| unreadable("an integer is missing"))
    }

    pub(crate) fn count_or_null<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        let narrow = |value: i64| {
            value.try_into().map_err(|_range| unreadable(format!("{value} is out of range")))
        };
        self.int_or_null()?.map(narrow).transpose()
    }

    pub(crate) fn text_or_null(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Val::Text(value) => Ok(Some(value)),
            Val::Null => Ok(None),
            Val::Int(_) | Val::Blob(_) => Err(unreadable("not a text")),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        self.text_or_null()?.ok_or_else(|| unreadable("a text is missing"))
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>> {
        match self.next()? {
            Val::Blob(value) => Ok(value),
            Val::Int(_) | Val::Text(_) | Val::Null => Err(unreadable("not bytes")),
        }
    }

    pub(crate) fn time_or_null(&mut self) -> Result<Option<Timestamp>> {
        let time = self.int_or_null()?.map(Timestamp::from_microsecond);
        time.transpose().map_err(unreadable)
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        self.time_or_null()?.ok_or_else(|| unreadable("an instant is missing"))
    }

    /// An identifier, decimal or date from its text.
    pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(&mut self) -> Result<T> {
        self.text()?.parse().map_err(unreadable)
    }

    pub(crate) fn parsed_or_null<T: FromStr<Err: fmt::Display>>(&mut self) -> Result<Option<T>> {
        self.text_or_null()?.map(|it| it.parse()).transpose().map_err(unreadable)
    }

    /// A variant of an enum from its word on the wire.
    pub(crate) fn word<T: DeserializeOwned>(&mut self) -> Result<T> {
        let text = self.text()?;
        T::deserialize(IntoDeserializer::<WordError>::into_deserializer(text.as_str()))
            .map_err(unreadable)
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        serde_json::from_str(&self.text()?).map_err(unreadable)
    }

    pub(crate) fn json_or_null<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        self.text_or_null()?.map(|it| serde_json::from_str(&it)).transpose().map_err(unreadable)
    }
}

/// JSON as it is kept.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<Val> {
    serde_json::to_string(value)
        .map(Val::Text)
        .map_err(|cause| Error::internal("a record cannot be written as JSON").because(cause))
}
