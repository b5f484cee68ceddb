//! Segments and their elements, by the delimiters that the interchange header declares. Nothing is
//! copied: a segment is a slice of the file.

use crate::documents::fault::{ElementCode, Fault, Place};
use memchr::{memchr, memchr_iter};

/// A segment may not be longer, so that no single element can be huge either.
const SEGMENT_BYTES_MAX: usize = 10_000;
/// The most segments of one file.
const SEGMENTS_MAX: u32 = 1_000_000;
/// The most elements of one segment: the standard's longest has fewer.
const ELEMENTS_MAX: usize = 120;
/// An interchange header is 106 characters long, and never much longer.
const HEADER_BYTES_MAX: usize = 200;
/// How much of a wrong element is told.
const VALUE_CHARS_MAX: usize = 35;

/// One segment: its place in the file, counted from 1, and its text without the terminator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'t> {
    pub(super) number: u32,
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
        self.elements().nth(number).unwrap_or_default()
    }

    /// The id and the elements after it, without blanks at their ends.
    pub(super) fn elements(&self) -> Elements<'t> {
        Elements { rest: Some(self.text), separator: self.separator }
    }

    /// Pairs of a qualifier and a value, from this element on, with the element of the value.
    pub(super) fn pairs(
        &self,
        from: usize,
    ) -> impl Iterator<Item = (&'t str, &'t str, usize)> + use<'t> {
        let mut elements = self.elements().skip(from);
        let mut number = from;
        std::iter::from_fn(move || {
            let pair = (elements.next()?, elements.next()?, number + 1);
            number += 2;
            Some(pair)
        })
    }

    /// How many elements it has.
    fn count(&self) -> usize {
        match u8::try_from(self.separator) {
            Ok(byte) if byte.is_ascii() => memchr_iter(byte, self.text.as_bytes()).count(),
            _ => self.text.matches(self.separator).count(),
        }
    }

    /// `segment 12 (SE)`.
    pub(super) fn place(&self) -> Place {
        Place::Segment { number: self.number, id: self.shown() }
    }

    /// `segment 12 (SE) element 01`.
    pub(super) fn at(&self, element: usize) -> Place {
        let value = self.element(element);
        let code = if value.is_empty() { ElementCode::Missing } else { ElementCode::Character };
        Place::Element {
            number: self.number,
            id: self.shown(),
            element: u8::try_from(element).unwrap_or(u8::MAX),
            code,
            value: value.chars().take(VALUE_CHARS_MAX).collect(),
        }
    }

    fn shown(&self) -> Box<str> {
        self.id().chars().take(3).filter(|it| !it.is_control()).collect()
    }
}

/// The elements of a segment, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Elements<'t> {
    rest: Option<&'t str>,
    separator: char,
}

impl<'t> Iterator for Elements<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest?;
        let found = find(rest, self.separator);
        let (element, after) = match found {
            Some(at) => (rest.get(..at), rest.get(at + self.separator.len_utf8()..)),
            None => (Some(rest), None),
        };
        self.rest = after;
        element.map(trimmed)
    }
}

fn find(text: &str, mark: char) -> Option<usize> {
    match u8::try_from(mark) {
        Ok(byte) if byte.is_ascii() => memchr(byte, text.as_bytes()),
        _ => text.find(mark),
    }
}

/// Without blanks at its ends; most elements have none.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] | [first @ last]
            if first.is_ascii_graphic() && last.is_ascii_graphic() =>
        {
            text
        }
        _ => text.trim(),
    }
}

/// The marks between components, elements and segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiters {
    pub(super) element: char,
    pub(super) component: char,
    pub(super) terminator: char,
}

/// Cuts a file into segments. Blanks and line ends between segments do not matter, nor does a
/// missing last terminator.
#[derive(Clone, Debug)]
pub(super) struct Segments<'t> {
    rest: &'t str,
    number: u32,
    delimiters: Option<Delimiters>,
    /// Whether a character stands for one byte of the file: how long binary data is.
    is_latin: bool,
}

impl<'t> Segments<'t> {
    pub(super) fn new(text: &'t str, is_latin: bool) -> Self {
        let rest = text.trim_matches(between);
        Self { rest, number: 0, delimiters: None, is_latin }
    }

    /// The delimiters of the interchange that was entered last.
    pub(super) fn delimiters(&self) -> Option<Delimiters> {
        self.delimiters
    }

    fn step(&mut self) -> Result<Segment<'t>, Fault> {
        self.number += 1;
        if self.number > SEGMENTS_MAX {
            let detail = format!("a file has at most {SEGMENTS_MAX} segments");
            return Err(broken(self.number, "too many", &detail));
        }
        let (text, after, delimiters) = self.cut()?;
        self.delimiters = Some(delimiters);
        self.rest = skipped(after);
        let text = text.trim_end_matches(['\r', '\n']);
        let segment = Segment { number: self.number, separator: delimiters.element, text };
        if text.len() > SEGMENT_BYTES_MAX && !is_binary(&segment) {
            let detail = format!("a segment has at most {SEGMENT_BYTES_MAX} bytes");
            return Err(broken(self.number, "too long", &detail));
        }
        // a separator is at least a byte
        let may_be_many = text.len() > ELEMENTS_MAX;
        if may_be_many && segment.count() > ELEMENTS_MAX && !is_binary(&segment) {
            let detail = format!("a segment has at most {ELEMENTS_MAX} elements");
            return Err(broken(self.number, "too many elements", &detail));
        }
        Ok(segment)
    }

    fn cut(&self) -> Result<(&'t str, &'t str, Delimiters), Fault> {
        let rest = self.rest;
        let is_header = rest.starts_with("ISA")
            && !rest.as_bytes().get(3).is_some_and(u8::is_ascii_alphanumeric);
        if is_header {
            return header(rest).map_err(|detail| broken(self.number, "ISA", detail));
        }
        let Some(delimiters) = self.delimiters else {
            let detail = "an X12 file starts with an interchange header, \"ISA\"";
            return Err(broken(1, "ISA", detail));
        };
        let from = self.binary(delimiters);
        let end = rest.get(from..).and_then(|it| find(it, delimiters.terminator));
        let Some(end) = end else {
            return Ok((rest, "", delimiters));
        };
        let (segment, after) = rest.split_at_checked(from + end).unwrap_or((rest, ""));
        let after = after.get(delimiters.terminator.len_utf8()..).unwrap_or_default();
        Ok((segment, after, delimiters))
    }

    /// How far binary data goes, in which a terminator is none: `BIN*length*data`,
    /// `BDS*filter*length*data`.
    fn binary(&self, delimiters: Delimiters) -> usize {
        let at = match self.rest.get(..3) {
            Some("BIN") => 1,
            Some("BDS") => 2,
            _ => return 0,
        };
        let separator = delimiters.element;
        let mut elements = self.rest.splitn(at + 2, separator).skip(at);
        let (Some(length), Some(data)) = (elements.next(), elements.next()) else { return 0 };
        let Ok(length) = length.trim().parse::<usize>() else { return 0 };
        let start = self.rest.len() - data.len();
        let end = match self.is_latin {
            true => data.char_indices().nth(length).map(|(at, _)| at),
            false => Some(length).filter(|it| data.is_char_boundary(*it)),
        };
        end.map_or(0, |end| start + end)
    }
}

impl<'t> Iterator for Segments<'t> {
    type Item = Result<Segment<'t>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match self.step() {
                Ok(segment) if trimmed(segment.text).is_empty() => self.number -= 1,
                Ok(segment) => return Some(Ok(segment)),
                Err(fault) => {
                    self.rest = "";
                    return Some(Err(fault));
                }
            }
        }
        None
    }
}

fn is_binary(segment: &Segment<'_>) -> bool {
    matches!(segment.id(), "BIN" | "BDS")
}

/// What may stand between segments; NUL and Ctrl-Z are how old systems fill and end a file.
fn between(it: char) -> bool {
    it.is_whitespace() || matches!(it, '\0' | '\u{1a}' | '\u{feff}')
}

fn skipped(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(first) if first.is_ascii_graphic() => text,
        _ => text.trim_start_matches(between),
    }
}

/// The header declares the delimiters: the fourth character, and the two after the 16th separator.
fn header(rest: &str) -> Result<(&str, &str, Delimiters), &'static str> {
    const SHORT: &str = "the interchange header breaks off: it has 16 elements";
    let element = rest.chars().nth(3).ok_or(SHORT)?;
    let start = rest.char_indices().take(HEADER_BYTES_MAX);
    let separator = start.filter(|(_at, it)| *it == element).nth(15).ok_or(SHORT)?.0;
    let mut tail = rest.get(separator..).ok_or(SHORT)?.char_indices().skip(1);
    let (_at, component) = tail.next().ok_or(SHORT)?;
    let (end, declared) = tail.next().ok_or(SHORT)?;
    let (segment, after) = rest.split_at_checked(separator + end).ok_or(SHORT)?;
    let terminator = match declared {
        ' ' | '\t' => line_end(after)?,
        plain => plain,
    };
    let alike = element == component || element == terminator || component == terminator;
    if alike || [element, component, terminator].into_iter().any(char::is_alphanumeric) {
        return Err("the element, component and segment delimiters must be three different marks");
    }
    if element.is_whitespace() && element != '\t' {
        return Err("the elements are separated by a mark, not by blanks");
    }
    let after = after.strip_prefix(declared).unwrap_or(after);
    Ok((segment, after, Delimiters { element, component, terminator }))
}

/// Where a blank stands in the place of the terminator, the line end after it is the terminator.
fn line_end(after: &str) -> Result<char, &'static str> {
    let mark = after.trim_start_matches([' ', '\t']).chars().next();
    mark.filter(|it| matches!(it, '\r' | '\n'))
        .ok_or("a blank cannot end segments: it stands inside of names")
}

/// What is no X12 at all, or breaks off.
pub(super) fn broken(number: u32, id: &str, detail: &str) -> Fault {
    let place = Place::Segment { number, id: id.into() };
    Fault { place, detail: detail.to_owned() }
}
