//! Sentences for people.

use std::fmt::{self, Write as _};

/// So long most sentences are, with what would have been tolerated.
const USUAL: usize = 224;

/// A sentence in one piece of memory, with room for what is said after it.
pub(super) fn said(words: fmt::Arguments<'_>) -> String {
    let mut text = String::with_capacity(USUAL);
    // ok: writing to a string cannot fail
    let _written = text.write_fmt(words);
    text
}

/// The same, written as one does for `format!`.
macro_rules! spoken {
    ($($words:tt)*) => { $crate::matching::spoken::said(format_args!($($words)*)) };
}

pub(super) use spoken;
