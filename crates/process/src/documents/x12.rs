//! ASC X12: segments by the delimiters that each interchange declares, and its three envelopes.
//!
//! Several interchanges in one file are all read, each with its own delimiters. Counts and control
//! numbers must agree: they are how a damaged transmission shows.

mod charge;
mod invoice;
mod item;
mod order;
mod party;
mod segment;

use super::fault::Faults;
use super::{Control, Parsed};
use canonical::{Error, Result};
use segment::Segment;
use std::borrow::Cow;

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Parsed>> {
    let text = text(bytes);
    let segments = segment::split(&text)?;
    let mut envelope = Envelope::default();
    for (index, segment) in segments.iter().enumerate() {
        envelope.take(index, segment);
    }
    let (sets, mut faults) = envelope.finish(&segments);
    let mut parsed = Vec::with_capacity(sets.len());
    // a damaged transmission is not looked into: its faults would only be echoes
    if faults.is_empty() {
        parsed.extend(sets.iter().filter_map(|set| set.read(&segments, &mut faults)));
    }
    if sets.is_empty() && faults.is_empty() {
        faults.add("segment 1 (ISA)", "the file holds no transaction set");
    }
    faults.finish(Some(parsed))
}

/// The file as text: UTF-8, or else ISO 8859-1, in which old systems still send names.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_not_utf8) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// A trading partner as an interchange header names it.
#[derive(Clone, Copy, Debug, Default)]
struct Partner<'t> {
    qualifier: &'t str,
    id: &'t str,
}

/// Where one transaction set stands, and what its envelope says.
#[derive(Debug)]
struct Set<'t> {
    first: usize,
    last: usize,
    control: Control,
    sender: Partner<'t>,
    receiver: Partner<'t>,
}

impl<'t> Set<'t> {
    fn read(&self, segments: &[Segment<'t>], faults: &mut Faults) -> Option<Parsed> {
        let body = segments.get(self.first..=self.last)?;
        let header = body.first()?;
        match header.element(1) {
            "810" => invoice::read(self, body, faults).map(|it| Parsed::Invoice(Box::new(it))),
            "850" => order::read(self, body, faults).map(|it| Parsed::Order(Box::new(it))),
            other => {
                let detail = format!("a transaction set \"{other}\" is not read: 810 and 850 are");
                faults.add(header.at(1), detail);
                None
            }
        }
    }
}

/// An envelope that was opened: its header, and how much it holds so far.
#[derive(Clone, Copy, Debug)]
struct Open<'s, 't> {
    header: &'s Segment<'t>,
    index: usize,
    held: usize,
}

#[derive(Debug, Default)]
struct Envelope<'s, 't> {
    interchange: Option<Open<'s, 't>>,
    group: Option<Open<'s, 't>>,
    set: Option<Open<'s, 't>>,
    sets: Vec<Set<'t>>,
    faults: Faults,
}

impl<'s, 't> Envelope<'s, 't> {
    fn take(&mut self, index: usize, segment: &'s Segment<'t>) {
        let open = Some(Open { header: segment, index, held: 0 });
        match segment.id() {
            "ISA" => {
                self.nothing_is_open(segment);
                self.interchange = open;
                (self.group, self.set) = (None, None);
            }
            "GS" => {
                self.must_be_outside(segment, self.group.or(self.set));
                self.must_be_inside(segment, self.interchange, "an interchange (ISA)");
                self.group = open;
            }
            "ST" => {
                self.must_be_outside(segment, self.set);
                self.must_be_inside(segment, self.group, "a functional group (GS)");
                self.set = open;
            }
            "SE" => self.close_set(index, segment),
            "GE" => {
                self.must_be_outside(segment, self.set);
                let group = self.group.take();
                self.close(segment, group, &Trailer { control: 6, holds: "transaction sets" });
                self.interchange = self.interchange.map(one_more);
            }
            "IEA" => {
                self.must_be_outside(segment, self.group.or(self.set));
                let interchange = self.interchange.take();
                self.close(segment, interchange, &Trailer { control: 13, holds: "groups" });
            }
            "TA1" => {}
            _ => self.must_be_inside(segment, self.set, "a transaction set (ST)"),
        }
    }

    fn nothing_is_open(&mut self, segment: &Segment<'t>) {
        self.must_be_outside(segment, self.interchange.or(self.group).or(self.set));
    }

    fn must_be_inside(&mut self, segment: &Segment<'t>, open: Option<Open<'s, 't>>, what: &str) {
        if open.is_none() {
            self.faults.add(segment.place(), format!("this segment belongs inside {what}"));
        }
    }

    fn must_be_outside(&mut self, segment: &Segment<'t>, open: Option<Open<'s, 't>>) {
        if let Some(open) = open {
            let detail =
                format!("{} is still open here: its trailer is missing", open.header.place());
            self.faults.add(segment.place(), detail);
        }
    }

    fn close_set(&mut self, index: usize, segment: &'s Segment<'t>) {
        let set = self.set.take().map(|it| Open { held: index + 1 - it.index, ..it });
        self.close(segment, set, &Trailer { control: 2, holds: "segments" });
        self.group = self.group.map(one_more);
        let (Some(set), Some(group), Some(interchange)) = (set, self.group, self.interchange)
        else {
            return;
        };
        let number = |header: &Segment<'t>, element| Some(header.element(element).to_owned());
        let partner = |element: usize| Partner {
            qualifier: interchange.header.element(element),
            id: interchange.header.element(element + 1),
        };
        self.sets.push(Set {
            first: set.index,
            last: index,
            control: Control {
                interchange: number(interchange.header, 13),
                group: number(group.header, 6),
                transaction: number(set.header, 2),
            },
            sender: partner(5),
            receiver: partner(7),
        });
    }

    fn close(&mut self, trailer: &Segment<'t>, open: Option<Open<'s, 't>>, rule: &Trailer) {
        let Some(open) = open else {
            self.faults.add(trailer.place(), "there is nothing here that this trailer could end");
            return;
        };
        let stated = trailer.element(1);
        if stated.parse() != Ok(open.held) {
            let detail = format!("\"{stated}\" {} are stated, {} are there", rule.holds, open.held);
            self.faults.add(trailer.at(1), detail);
        }
        let (header, control) = (open.header.element(rule.control), trailer.element(2));
        let bare = |text: &'t str| text.trim_start_matches('0');
        if control.is_empty() || bare(control) != bare(header) {
            let detail = format!(
                "the control number \"{control}\" is not \"{header}\" of {}",
                open.header.at(rule.control)
            );
            self.faults.add(trailer.at(2), detail);
        }
    }

    fn finish(mut self, segments: &[Segment<'t>]) -> (Vec<Set<'t>>, Faults) {
        if let Some(last) = segments.last()
            && let Some(open) = self.set.or(self.group).or(self.interchange)
        {
            let detail = format!("the file ends while {} is open", open.header.place());
            self.faults.add(last.place(), detail);
        }
        (self.sets, self.faults)
    }
}

/// Which element of the header carries the control number, and what the trailer counts.
struct Trailer {
    control: usize,
    holds: &'static str,
}

fn one_more<'s, 't>(open: Open<'s, 't>) -> Open<'s, 't> {
    Open { held: open.held + 1, ..open }
}

/// A date as X12 writes it: CCYYMMDD, or YYMMDD where 70 and later are of the last century.
fn date(text: &str) -> Result<jiff::civil::Date, &'static str> {
    const WRONG: &str = "a date is written CCYYMMDD or YYMMDD";
    if !text.bytes().all(|it| it.is_ascii_digit()) || !matches!(text.len(), 6 | 8) {
        return Err(WRONG);
    }
    let number: i32 = text.parse().map_err(|_not_digits| WRONG)?;
    let year = match number / 10_000 {
        year if text.len() == 8 => year,
        year if year >= 70 => 1900 + year,
        year => 2000 + year,
    };
    let part = |value: i32| i8::try_from(value % 100).unwrap_or_default();
    let year = i16::try_from(year).unwrap_or_default();
    jiff::civil::Date::new(year, part(number / 100), part(number)).map_err(|_no_such_day| WRONG)
}

/// The refusal of a file that is no X12 at all, or that breaks off.
fn broken(number: usize, id: &str, detail: &str) -> Error {
    Error::invalid_field(format!("segment {number} ({id})"), detail)
}

#[cfg(test)]
mod tests;
