//! Writing segments, and the envelopes around them.

use super::segment::Delimiters;
use jiff::civil::DateTime;
use std::fmt::Write as _;

/// What an interchange header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub(super) sender: (&'a str, &'a str),
    pub(super) receiver: (&'a str, &'a str),
    pub(super) at: DateTime,
    /// ISA11: the repetition separator, or `U`.
    pub(super) repetition: &'a str,
    /// ISA12.
    pub(super) version: &'a str,
    pub(super) control: &'a str,
    /// ISA15: `P`, or `T` for a test.
    pub(super) usage: &'a str,
}

/// Segments as text, by these delimiters.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    delimiters: Delimiters,
    written: usize,
}

impl Writer {
    pub(super) fn new(delimiters: Delimiters) -> Self {
        Self { text: String::new(), delimiters, written: 0 }
    }

    /// One segment; empty elements at its end are left out.
    pub(super) fn segment(&mut self, id: &str, elements: &[&str]) {
        let used = elements.iter().rposition(|it| !it.is_empty()).map_or(0, |it| it + 1);
        self.text.push_str(id);
        for element in elements.iter().take(used) {
            self.text.push(self.delimiters.element);
            self.text.push_str(element);
        }
        self.text.push(self.delimiters.terminator);
        self.written += 1;
    }

    /// The header of an interchange, whose elements have a fixed width.
    pub(super) fn interchange(&mut self, header: &Header<'_>) {
        let ((from, sender), (to, receiver)) = (header.sender, header.receiver);
        let (date, time) = (header.at.strftime("%y%m%d"), header.at.strftime("%H%M"));
        let fields = [
            "00".to_owned(),
            format!("{:10}", ""),
            "00".to_owned(),
            format!("{:10}", ""),
            format!("{from:2}"),
            format!("{sender:15}"),
            format!("{to:2}"),
            format!("{receiver:15}"),
            date.to_string(),
            time.to_string(),
            header.repetition.to_owned(),
            format!("{:5}", header.version),
            format!("{:0>9}", header.control),
            "0".to_owned(),
            header.usage.to_owned(),
            self.delimiters.component.to_string(),
        ];
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.segment("ISA", &fields);
    }

    pub(super) fn end_interchange(&mut self, groups: usize, control: &str) {
        self.segment("IEA", &[&groups.to_string(), &format!("{control:0>9}")]);
    }

    /// Opens a group: kind, sender, receiver, number and version.
    pub(super) fn group(
        &mut self,
        [kind, sender, receiver, number, version]: [&str; 5],
        at: DateTime,
    ) {
        let (date, time) = (at.strftime("%Y%m%d").to_string(), at.strftime("%H%M").to_string());
        self.segment("GS", &[kind, sender, receiver, &date, &time, number, "X", version]);
    }

    /// Opens a transaction set.
    pub(super) fn set(&mut self, kind: &str, number: &str) {
        self.written = 0;
        self.segment("ST", &[kind, number]);
    }

    /// Ends the transaction set.
    pub(super) fn end_set(&mut self, number: &str) {
        let count = self.written + 1;
        self.segment("SE", &[&count.to_string(), number]);
    }

    /// What was written: UTF-8, or a byte per character where that is how the partner writes.
    pub(super) fn finish(self, is_latin: bool) -> Vec<u8> {
        if is_latin {
            return self.text.chars().map(|it| u8::try_from(it).unwrap_or(b'?')).collect();
        }
        self.text.into_bytes()
    }

    /// Joins what was written apart.
    pub(super) fn join(&mut self, other: &Self) {
        // ok: writing to a string cannot fail
        write!(self.text, "{}", other.text).unwrap_or_default();
        self.written += other.written;
    }
}
