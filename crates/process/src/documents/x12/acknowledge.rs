//! The 997 that answers an interchange, and the TA1 that answers its envelope: what was taken, what
//! was not, and where the fault is. In the delimiters of the interchange, its sender the receiver.

use super::envelope::{EnvelopeFault, Group, Interchange, Set};
use super::segment::{Delimiters, Segment};
use super::write::{Header, Writer};
use crate::documents::fault::{ElementCode, Fault, Faults, Place};
use jiff::civil::DateTime;

/// The most codes of one trailer.
const CODES_MAX: usize = 5;
/// The functional group of acknowledgements, which nobody acknowledges.
const ACKNOWLEDGEMENTS: &str = "FA";

/// Of element 720: elements of the segment are wrong.
const ELEMENTS: &str = "8";

/// The answer to one interchange, in the making.
#[derive(Debug)]
pub(super) struct Acknowledging<'t> {
    header: Segment<'t>,
    delimiters: Delimiters,
    is_latin: bool,
    now: DateTime,
    damage: Vec<EnvelopeFault>,
    /// Of the 997s, between the envelopes.
    body: Writer,
    addressee: Option<Addressee<'t>>,
    sets: usize,
    /// Of the group in hand.
    is_damaged: bool,
    received: usize,
    accepted: usize,
    has_errors: bool,
}

/// Who is answered: the group header of the first group.
#[derive(Clone, Copy, Debug)]
struct Addressee<'t> {
    sender: &'t str,
    receiver: &'t str,
    version: &'t str,
}

impl<'t> Acknowledging<'t> {
    pub(super) fn new(interchange: &Interchange<'t>, is_latin: bool, now: DateTime) -> Self {
        Self {
            header: interchange.header,
            delimiters: interchange.delimiters,
            is_latin,
            now,
            damage: interchange.damage.faults().to_vec(),
            body: Writer::new(interchange.delimiters),
            addressee: None,
            sets: 0,
            is_damaged: false,
            received: 0,
            accepted: 0,
            has_errors: false,
        }
    }

    /// Starts the answer to a group.
    pub(super) fn open(&mut self, group: &Group<'t>) {
        if !self.is_answered(group) {
            return;
        }
        let header = &group.header;
        self.addressee = self.addressee.or(Some(Addressee {
            sender: header.element(2),
            receiver: header.element(3),
            version: header.element(8),
        }));
        (self.received, self.accepted, self.has_errors) = (0, 0, false);
        self.is_damaged = !group.damage.faults().is_empty();
        self.sets += 1;
        self.body.set("997", &format!("{:04}", self.sets));
        self.body.segment("AK1", &[header.element(1), header.element(6)]);
    }

    /// Answers a transaction set.
    pub(super) fn set(&mut self, set: &Set<'t>, faults: &Faults, is_read: bool) {
        self.received += 1;
        // a group that is refused whole is answered whole
        if !self.damage.is_empty() || self.is_damaged || self.addressee.is_none() {
            return;
        }
        self.body.segment("AK2", &[set.header.element(1), set.header.element(2)]);
        let all = faults.faults().iter().chain(faults.notes());
        let found: Vec<&Fault> = all.collect();
        for (index, fault) in found.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|it| found.get(it));
            self.fault(fault, before.copied(), set.header.number);
        }
        let mut codes: Vec<u8> = set.damage.faults().iter().map(|it| it.code).collect();
        if !found.is_empty() {
            codes.push(5);
        }
        let is_unknown = faults.faults().iter().any(|it| is_kind(&it.place));
        if is_unknown {
            codes = vec![1];
        }
        self.accepted += usize::from(is_read);
        self.has_errors |= is_read && !found.is_empty();
        let verdict = match (is_read, found.is_empty()) {
            (true, true) => "A",
            (true, false) => "E",
            (false, _) => "R",
        };
        self.trailer("AK5", vec![verdict.to_owned()], &codes);
    }

    /// Ends the answer to a group.
    pub(super) fn close(&mut self, group: &Group<'t>) {
        if !self.is_answered(group) {
            return;
        }
        let codes: Vec<u8> = group.damage.faults().iter().map(|it| it.code).collect();
        let verdict = match self.accepted {
            0 => "R",
            some if some < self.received => "P",
            _ if self.has_errors => "E",
            _ => "A",
        };
        let stated = group.stated.unwrap_or(self.received);
        let numbers = [stated, self.received, self.accepted].map(|it| it.to_string());
        let mut elements = vec![verdict.to_owned()];
        elements.extend(numbers);
        self.trailer("AK9", elements, &codes);
        self.body.end_set(&format!("{:04}", self.sets));
    }

    /// The whole answer; nothing where nothing asks for one.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        let header = &self.header;
        let control = header.element(13);
        let wants_receipt = header.element(14) == "1";
        let has_groups = self.sets > 0 && self.damage.is_empty();
        if !has_groups && !wants_receipt && self.damage.is_empty() {
            return None;
        }
        let mut writer = Writer::new(self.delimiters);
        writer.interchange(&Header {
            sender: (header.element(7), header.element(8)),
            receiver: (header.element(5), header.element(6)),
            at: self.now,
            repetition: or(header.element(11), "U"),
            version: or(header.element(12), "00401"),
            control,
            usage: or(header.element(15), "P"),
        });
        if wants_receipt || !self.damage.is_empty() {
            let code = self.damage.first().map_or(0, |it| it.code);
            let verdict = if self.damage.is_empty() { "A" } else { "R" };
            let (date, time) = (header.element(9), header.element(10));
            writer.segment("TA1", &[control, date, time, verdict, &format!("{code:03}")]);
        }
        if let Some(it) = self.addressee.filter(|_| has_groups) {
            let version = or(it.version, "004010");
            let names = [ACKNOWLEDGEMENTS, it.receiver, it.sender, "1", version];
            writer.group(names, self.now);
            writer.join(&self.body);
            writer.segment("GE", &[&self.sets.to_string(), "1"]);
        }
        writer.end_interchange(usize::from(has_groups), control);
        Some(writer.finish(self.is_latin))
    }

    fn is_answered(&self, group: &Group<'t>) -> bool {
        self.damage.is_empty() && group.header.element(1) != ACKNOWLEDGEMENTS
    }

    fn trailer(&mut self, id: &str, mut elements: Vec<String>, codes: &[u8]) {
        elements.extend(codes.iter().take(CODES_MAX).map(u8::to_string));
        let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
        self.body.segment(id, &elements);
    }

    /// AK3 for the segment, where it is another than before, and AK4 for the element.
    fn fault(&mut self, fault: &Fault, before: Option<&Fault>, first: u32) {
        // codes of element 720
        let (number, id, code) = match &fault.place {
            Place::Path(_) => return,
            Place::Segment { number, id } => (*number, id.as_ref(), "2"),
            Place::Missing { number, missing, .. } => (*number, *missing, "3"),
            Place::Element { number, id, .. } => (*number, id.as_ref(), ELEMENTS),
        };
        let is_element = |it: &Fault| match &it.place {
            Place::Element { number: other, .. } => *other == number,
            _ => false,
        };
        if code != ELEMENTS || !before.is_some_and(is_element) {
            let place = (number.saturating_sub(first) + 1).to_string();
            self.body.segment("AK3", &[id, &place, "", code]);
        }
        if let Place::Element { element, code, value, .. } = &fault.place {
            let told = if self.may_tell(value) { value.as_ref() } else { "" };
            let element = element.to_string();
            self.body.segment("AK4", &[&element, "", element_code(*code), told]);
        }
    }

    /// Whether the text can stand in an element.
    fn may_tell(&self, value: &str) -> bool {
        let Delimiters { element, component, terminator } = self.delimiters;
        !value.chars().any(|it| it.is_control() || [element, component, terminator].contains(&it))
    }
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

/// Whether the kind of the transaction set is what is wrong.
fn is_kind(place: &Place) -> bool {
    matches!(place, Place::Element { id, element: 1, .. } if id.as_ref() == "ST")
}

/// Of element 723.
const fn element_code(code: ElementCode) -> &'static str {
    match code {
        ElementCode::Missing => "1",
        ElementCode::Character => "6",
        ElementCode::Code => "7",
        ElementCode::Date => "8",
    }
}
