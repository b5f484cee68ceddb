//! Sentences for people.

use std::fmt::{self, Write as _};

/// So long most sentences are, with what would have been tolerated.
const USUAL: usize = 224;

/// A sentence in one piece of memory.
pub(super) fn spoken(words: fmt::Arguments<'_>) -> String {
    let mut text = String::with_capacity(USUAL);
    // ok: writing to a string cannot fail
    let _written = text.write_fmt(words);
    text
}
