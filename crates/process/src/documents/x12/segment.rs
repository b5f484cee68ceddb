//! Segments and their elements, by the delimiters that the interchange header declares.

use super::broken;
use canonical::Result;

/// A segment may not be longer, so that no single element can be huge either.
const SEGMENT_BYTES_MAX: usize = 10_000;
/// The most segments of one file.
const SEGMENTS_MAX: usize = 1_000_000;
/// An interchange header is 106 characters long, and never much longer.
const HEADER_BYTES_MAX: usize = 200;

/// One segment: its place in the file, counted from 1, and its text without the terminator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'t> {
    number: u32,
    separator: char,
    text: &'t str,
}

impl<'t> Segment<'t> {
    /// What kind of segment it is.
    pub(super) fn id(&self) -> &'t str {
        self.element(0)
    }

    /// An element without blanks at its ends, counted from 1; empty where it is not there.
    pub(super) fn element(&self, number: usize) -> &'t str {
        self.text.split(self.separator).nth(number).unwrap_or_default().trim()
    }

    /// Pairs of a qualifier and a value, from this element on, with the element of the value.
    pub(super) fn pairs(
        &self,
        from: usize,
    ) -> impl Iterator<Item = (&'t str, &'t str, usize)> + use<'t> {
        let mut elements = self.text.split(self.separator).map(str::trim).skip(from);
        let mut number = from;
        std::iter::from_fn(move || {
            let pair = (elements.next()?, elements.next()?, number + 1);
            number += 2;
            Some(pair)
        })
    }

    /// `segment 12 (SE)`.
    pub(super) fn place(&self) -> String {
        let id: String = self.id().chars().take(3).filter(|it| !it.is_control()).collect();
        format!("segment {} ({id})", self.number)
    }

    /// `segment 12 (SE) element 01`.
    pub(super) fn at(&self, element: usize) -> String {
        format!("{} element {element:02}", self.place())
    }
}

#[derive(Clone, Copy, Debug)]
struct Delimiters {
    element: char,
    terminator: char,
}

/// Cuts a file into segments. Blanks and line ends between segments do not matter, nor does a
/// missing last terminator.
pub(super) fn split(text: &str) -> Result<Vec<Segment<'_>>> {
    let mut segments = Vec::new();
    let mut delimiters = None;
    let mut rest = text.trim_matches(between);
    while !rest.is_empty() {
        let number = segments.len() + 1;
        let (segment, after, found) = next(rest, number, delimiters)?;
        delimiters = Some(found);
        rest = after.trim_start_matches(between);
        let text = segment.trim_end_matches(['\r', '\n']);
        if text.len() > SEGMENT_BYTES_MAX {
            let detail = format!("a segment has at most {SEGMENT_BYTES_MAX} bytes");
            return Err(broken(number, "too long", &detail));
        }
        if number > SEGMENTS_MAX {
            let detail = format!("a file has at most {SEGMENTS_MAX} segments");
            return Err(broken(number, "too many", &detail));
        }
        if !text.trim().is_empty() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            segments.push(Segment { number, separator: found.element, text });
        }
    }
    if segments.is_empty() {
        return Err(broken(1, "ISA", "the file is empty"));
    }
    Ok(segments)
}

/// What may stand between segments; NUL and Ctrl-Z are how old systems fill and end a file.
fn between(it: char) -> bool {
    it.is_whitespace() || matches!(it, '\0' | '\u{1a}' | '\u{feff}')
}

type Next<'t> = (&'t str, &'t str, Delimiters);

fn next(rest: &str, number: usize, delimiters: Option<Delimiters>) -> Result<Next<'_>> {
    if rest.starts_with("ISA") && !rest.chars().nth(3).is_some_and(char::is_alphanumeric) {
        return header(rest).map_err(|detail| broken(number, "ISA", detail));
    }
    let Some(delimiters) = delimiters else {
        return Err(broken(1, "ISA", "an X12 file starts with an interchange header, \"ISA\""));
    };
    let (segment, after) = rest.split_once(delimiters.terminator).unwrap_or((rest, ""));
    Ok((segment, after, delimiters))
}

/// The header declares the delimiters: the fourth character, and the two after the 16th separator.
fn header(rest: &str) -> Result<Next<'_>, &'static str> {
    const SHORT: &str = "the interchange header breaks off: it has 16 elements";
    let element = rest.chars().nth(3).ok_or(SHORT)?;
    let start = rest.char_indices().take(HEADER_BYTES_MAX);
    let separator = start.filter(|(_at, it)| *it == element).nth(15).ok_or(SHORT)?.0;
    let mut tail = rest.char_indices().filter(|(at, _it)| *at > separator);
    let (_at, component) = tail.next().ok_or(SHORT)?;
    let (end, declared) = tail.next().ok_or(SHORT)?;
    let (segment, after) = rest.split_at_checked(end).ok_or(SHORT)?;
    let terminator = match declared {
        ' ' | '\t' => line_end(after)?,
        plain => plain,
    };
    let alike = element == component || element == terminator || component == terminator;
    if alike || [element, component, terminator].into_iter().any(char::is_alphanumeric) {
        return Err("the element, component and segment delimiters must be three different marks");
    }
    if element.is_whitespace() {
        return Err("the elements are separated by a mark, not by blanks");
    }
    let after = after.strip_prefix(declared).unwrap_or(after);
    Ok((segment, after, Delimiters { element, terminator }))
}

/// Where a blank stands in the place of the terminator, the line end after it is the terminator.
fn line_end(after: &str) -> Result<char, &'static str> {
    let mark = after.trim_start_matches([' ', '\t']).chars().next();
    mark.filter(|it| matches!(it, '\r' | '\n'))
        .ok_or("a blank cannot end segments: it stands inside of names")
}
