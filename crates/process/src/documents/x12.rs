//! ASC X12: segments by the delimiters that each interchange declares, and its three envelopes.
//!
//! Several interchanges in one file are all read, each with its own delimiters. The file is walked
//! twice: once for its envelopes, once for what they hold, a transaction set at a time; no more
//! than one is ever in memory beside the file.

mod acknowledge;
mod acknowledgement;
mod charge;
mod envelope;
mod invoice;
mod item;
mod order;
mod order_out;
mod party;
mod segment;
mod ship_notice;
mod write;

use super::fault::Faults;
use super::mapping::{Table, X12Mapping};
use super::{Control, Document, Parsed};
use acknowledge::Acknowledging;
use canonical::{Error, FieldError, Result};
use envelope::{Group, Interchange, Set};
use jiff::civil::DateTime;
pub(super) use order_out::write_order;
use segment::Segment;
use std::borrow::Cow;

/// Reads each document of a file by itself, and gives the acknowledgement of each interchange where
/// a time for it is given.
///
/// # Errors
/// `invalid` where the file is no X12 or belongs to no interchange.
pub(super) fn each(
    bytes: &[u8],
    mapping: &X12Mapping,
    now: Option<DateTime>,
    take: &mut dyn FnMut(Document),
) -> Result<Vec<Vec<u8>>> {
    let text = text(bytes);
    let is_latin = matches!(text, Cow::Owned(_));
    let envelopes = envelope::read(&text, is_latin);
    let mut faults = envelopes.damage.fields();
    let mut is_empty = true;
    let mut acknowledgements = Vec::new();
    for interchange in &envelopes.interchanges {
        let mut answer = now.map(|now| Acknowledging::new(interchange, is_latin, now));
        for group in &interchange.groups {
            if let Some(answer) = &mut answer {
                answer.open(group);
            }
            for set in &group.sets {
                is_empty = false;
                take(Envelope { mapping, interchange, group, set }.document(answer.as_mut()));
            }
            if let Some(answer) = &mut answer {
                answer.close(group);
            }
        }
        acknowledgements.extend(answer.and_then(Acknowledging::finish));
        // what refuses documents is told there
        if interchange.groups.iter().all(|it| it.sets.is_empty()) {
            faults.extend(interchange.damage.fields());
            faults.extend(interchange.groups.iter().flat_map(|it| it.damage.fields()));
        }
    }
    if is_empty && faults.is_empty() {
        let detail = "the file holds no transaction set";
        faults.push(FieldError { pointer: "segment 1 (ISA)".into(), detail: detail.into() });
    }
    if faults.is_empty() { Ok(acknowledgements) } else { Err(Error::invalid_fields(faults)) }
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

/// What is around a transaction set.
#[derive(Clone, Copy, Debug)]
struct Envelope<'e, 't> {
    mapping: &'e X12Mapping,
    interchange: &'e Interchange<'t>,
    group: &'e Group<'t>,
    set: &'e Set<'t>,
}

/// What the readers of transaction sets know of what is around theirs.
#[derive(Clone, Copy, Debug)]
struct Context<'e, 't> {
    sender: Partner<'t>,
    receiver: Partner<'t>,
    table: &'e Table,
    control: &'e Control,
}

impl<'t> Envelope<'_, 't> {
    fn document(&self, answer: Option<&mut Acknowledging<'t>>) -> Document {
        let control = self.control();
        let kind = self.set.header.element(1).chars().take(3).collect();
        let mut faults = Faults::default();
        let outcome = match self.damage() {
            Some(error) => Err(error),
            None => {
                let parsed = self.read(&control, &mut faults);
                faults.finish(parsed)
            }
        };
        if let Some(answer) = answer {
            answer.set(self.set, &faults, outcome.is_ok());
        }
        let notes = faults.notes().iter().map(super::fault::Fault::field).collect();
        Document { kind, control, outcome, notes }
    }

    /// A damaged transmission is not looked into: its faults would only be echoes.
    fn damage(&self) -> Option<Error> {
        let damages = [&self.interchange.damage, &self.group.damage, &self.set.damage];
        let fields: Vec<FieldError> = damages.iter().flat_map(|it| it.fields()).collect();
        (!fields.is_empty()).then(|| Error::invalid_fields(fields))
    }

    fn control(&self) -> Control {
        let number = |header: &Segment<'t>, at| Some(header.element(at).to_owned());
        Control {
            interchange: number(&self.interchange.header, 13),
            group: number(&self.group.header, 6),
            transaction: number(&self.set.header, 2),
        }
    }

    fn read(&self, control: &Control, faults: &mut Faults) -> Option<Parsed> {
        let partner = |at: usize| Partner {
            qualifier: self.interchange.header.element(at),
            id: self.interchange.header.element(at + 1),
        };
        let (sender, receiver) = (partner(5), partner(7));
        // of an order that we sent, the partner is the receiver
        let known = self.mapping.knows(sender.qualifier, sender.id);
        let (of, group) = if known { (sender, 2) } else { (receiver, 3) };
        let table = self.mapping.table(of.qualifier, of.id, self.group.header.element(group));
        let context = Context { sender, receiver, table, control };
        let header = &self.set.header;
        let segments = self.set.segments();
        match header.element(1) {
            "810" => {
                invoice::read(&context, segments, faults).map(|it| Parsed::Invoice(Box::new(it)))
            }
            "850" => order::read(&context, segments, faults).map(|it| Parsed::Order(Box::new(it))),
            "855" => acknowledgement::read(&context, segments, faults)
                .map(|it| Parsed::Acknowledgement(Box::new(it))),
            "856" => ship_notice::read(&context, segments, faults)
                .map(|it| Parsed::ShipNotice(Box::new(it))),
            other => {
                let other: String = other.chars().take(3).filter(|it| !it.is_control()).collect();
                faults.add(header.at(1).code(super::fault::ElementCode::Code), unread(&other));
                None
            }
        }
    }
}

/// Reads one kind of transaction set, a segment at a time.
trait Reader<'t> {
    /// What becomes of it.
    type Read;

    fn take(&mut self, segment: &Segment<'t>);

    /// What there is too much of, so that no more is read.
    fn excess(&self) -> Option<String>;

    fn faults(&mut self) -> &mut Faults;

    /// What was read; the trailer is where it says that something is missing.
    fn finish(self, trailer: &Segment<'t>) -> Option<Self::Read>;
}

/// Takes a transaction set through its reader.
fn walk<'t, R: Reader<'t>>(
    mut reader: R,
    segments: impl Iterator<Item = Segment<'t>>,
) -> Option<R::Read> {
    let mut last = None;
    for segment in segments {
        reader.take(&segment);
        if let Some(excess) = reader.excess() {
            reader.faults().add(segment.place(), excess);
            return None;
        }
        last = Some(segment);
    }
    reader.finish(&last?)
}

/// Why a kind of transaction set is not read, and what to do instead.
fn unread(kind: &str) -> String {
    let why = match kind {
        "832" => "a price catalogue (832) is not read: prices count as the order states them",
        "997" | "999" => "an acknowledgement of ours (997) asks for nothing",
        "860" => "a change of an order (860) is not read: send the whole order as an 850",
        _ => return format!("a transaction set \"{kind}\" is not read: 810, 850, 855, 856 are"),
    };
    why.to_owned()
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

#[cfg(test)]
mod tests;
