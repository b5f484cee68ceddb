//! The three envelopes of X12: interchange, functional group, transaction set.
//!
//! Counts and control numbers must agree: they are how a damaged transmission shows. A fault of a
//! set refuses that set, one of a group the sets of the group, one of an interchange all of it: the
//! sender sends again what was refused, and nothing of it may have been taken before.

use super::segment::{Delimiters, Segment, Segments};
use crate::documents::fault::{ElementCode, Fault, Place};
use canonical::FieldError;
use std::collections::HashSet;

/// The most envelopes of one file.
const ENVELOPES_MAX: usize = 50_000;
/// The faults of one envelope that are kept.
const FAULTS_MAX: usize = 10;

/// A fault of an envelope, with the code by which an acknowledgement tells it.
#[derive(Clone, Debug)]
pub(super) struct EnvelopeFault {
    pub(super) fault: Fault,
    /// Of element 718 (a set), 716 (a group) or I18 (an interchange).
    pub(super) code: u8,
}

/// The faults of one envelope.
#[derive(Clone, Debug, Default)]
pub(super) struct Damage(Vec<EnvelopeFault>);

impl Damage {
    pub(super) fn faults(&self) -> &[EnvelopeFault] {
        &self.0
    }

    pub(super) fn fields(&self) -> Vec<FieldError> {
        self.0.iter().map(|it| it.fault.field()).collect()
    }

    fn add(&mut self, code: u8, place: Place, detail: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(EnvelopeFault { fault: Fault { place, detail: detail.into() }, code });
        }
    }
}

/// A transaction set, `ST` to `SE`.
#[derive(Debug)]
pub(super) struct Set<'t> {
    pub(super) header: Segment<'t>,
    pub(super) damage: Damage,
    segments: Segments<'t>,
    held: usize,
}

impl<'t> Set<'t> {
    /// Its segments, `ST` and `SE` among them.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment<'t>> + use<'t> {
        // ok: each was read before, when the envelopes were
        self.segments.clone().take(self.held).filter_map(Result::ok)
    }
}

/// A functional group, `GS` to `GE`.
#[derive(Debug)]
pub(super) struct Group<'t> {
    pub(super) header: Segment<'t>,
    pub(super) sets: Vec<Set<'t>>,
    pub(super) damage: Damage,
    /// How many sets its trailer states.
    pub(super) stated: Option<usize>,
}

/// An interchange, `ISA` to `IEA`.
#[derive(Debug)]
pub(super) struct Interchange<'t> {
    pub(super) header: Segment<'t>,
    pub(super) delimiters: Delimiters,
    pub(super) groups: Vec<Group<'t>>,
    pub(super) damage: Damage,
}

/// The envelopes of a file.
#[derive(Debug, Default)]
pub(super) struct Envelopes<'t> {
    pub(super) interchanges: Vec<Interchange<'t>>,
    /// What belongs to no interchange.
    pub(super) damage: Damage,
}

/// Reads the envelopes of a file, and nothing of what they hold.
pub(super) fn read<'t>(text: &'t str, is_latin: bool) -> Envelopes<'t> {
    let mut walk = Walk::default();
    let mut segments = Segments::new(text, is_latin);
    let mut last = None;
    loop {
        let before = segments.clone();
        match segments.next() {
            None => break,
            Some(Ok(segment)) => {
                walk.take(segment, &before, &segments);
                last = Some(segment);
            }
            Some(Err(fault)) => walk.broken(fault),
        }
        if walk.count > ENVELOPES_MAX {
            let place = last.as_ref().map_or_else(|| "segment 1".into(), Segment::place);
            let detail = format!("a file has at most {ENVELOPES_MAX} envelopes");
            walk.damage().add(22, place, detail);
            break;
        }
    }
    walk.finish(last)
}

#[derive(Debug, Default)]
struct Walk<'t> {
    envelopes: Envelopes<'t>,
    in_interchange: bool,
    in_group: bool,
    in_set: bool,
    count: usize,
    /// Sender and number of the interchanges.
    interchanges: HashSet<[&'t str; 3]>,
    /// Numbers of the groups of the interchange.
    groups: HashSet<&'t str>,
    /// Numbers of the sets of the group.
    sets: HashSet<&'t str>,
}

impl<'t> Walk<'t> {
    fn take(&mut self, segment: Segment<'t>, before: &Segments<'t>, after: &Segments<'t>) {
        match segment.id() {
            "ISA" => self.open_interchange(segment, after),
            "GS" => self.open_group(segment),
            "ST" => self.open_set(segment, before),
            "SE" => self.close_set(&segment),
            "GE" => self.close_group(&segment),
            "IEA" => self.close_interchange(&segment),
            "TA1" if !self.in_set => {}
            _ => match self.set() {
                Some(set) => set.held += 1,
                None => self.misplaced(&segment, "a transaction set (ST)"),
            },
        }
    }

    fn open_interchange(&mut self, segment: Segment<'t>, after: &Segments<'t>) {
        self.end_interchange(&segment);
        let Some(delimiters) = after.delimiters() else { return };
        let mut damage = Damage::default();
        let number = segment.element(13);
        if !self.interchanges.insert([segment.element(5), segment.element(6), number]) {
            let detail = format!("the interchange \"{number}\" of this sender comes twice");
            damage.add(25, segment.at(13), detail);
        }
        let interchange = Interchange { header: segment, delimiters, groups: Vec::new(), damage };
        self.envelopes.interchanges.push(interchange);
        self.groups.clear();
        self.in_interchange = true;
        self.count += 1;
    }

    fn open_group(&mut self, segment: Segment<'t>) {
        self.end_group(&segment);
        if !self.in_interchange {
            return self.misplaced(&segment, "an interchange (ISA)");
        }
        let mut damage = Damage::default();
        if !self.groups.insert(segment.element(6)) {
            let detail = format!("the group \"{}\" comes twice", segment.element(6));
            damage.add(6, segment.at(6), detail);
        }
        self.sets.clear();
        let group = Group { header: segment, sets: Vec::new(), damage, stated: None };
        if let Some(interchange) = self.envelopes.interchanges.last_mut() {
            interchange.groups.push(group);
            self.in_group = true;
            self.count += 1;
        }
    }

    fn open_set(&mut self, segment: Segment<'t>, before: &Segments<'t>) {
        self.end_set(&segment);
        if !self.in_group {
            return self.misplaced(&segment, "a functional group (GS)");
        }
        let mut damage = Damage::default();
        let number = segment.element(2);
        if number.is_empty() {
            damage.add(7, segment.at(2), "a transaction set has a control number");
        } else if !self.sets.insert(number) {
            let detail = format!("the transaction set \"{number}\" comes twice in its group");
            damage.add(23, segment.at(2), detail);
        }
        let set = Set { header: segment, damage, segments: before.clone(), held: 1 };
        if let Some(group) = self.group() {
            group.sets.push(set);
            self.in_set = true;
            self.count += 1;
        }
    }

    fn close_set(&mut self, segment: &Segment<'t>) {
        let Some(set) = self.set() else {
            return self.misplaced(segment, "a transaction set (ST)");
        };
        set.held += 1;
        let (number, held) = (set.header.element(2), set.held);
        count(&mut set.damage, segment, "segments", held, 4);
        control(&mut set.damage, segment, number, &set.header.at(2), 3);
        self.in_set = false;
    }

    fn close_group(&mut self, segment: &Segment<'t>) {
        self.end_set(segment);
        let Some(group) = self.group() else {
            return self.misplaced(segment, "a functional group (GS)");
        };
        let (number, held) = (group.header.element(6), group.sets.len());
        group.stated = segment.element(1).parse().ok();
        count(&mut group.damage, segment, "transaction sets", held, 5);
        control(&mut group.damage, segment, number, &group.header.at(6), 4);
        self.in_group = false;
    }

    fn close_interchange(&mut self, segment: &Segment<'t>) {
        self.end_group(segment);
        let Some(interchange) = self.interchange() else {
            return self.misplaced(segment, "an interchange (ISA)");
        };
        let (number, held) = (interchange.header.element(13), interchange.groups.len());
        count(&mut interchange.damage, segment, "groups", held, 21);
        control(&mut interchange.damage, segment, number, &interchange.header.at(13), 1);
        self.in_interchange = false;
    }

    /// The set that is open ends here, without its trailer.
    fn end_set(&mut self, segment: &Segment<'t>) {
        if let Some(set) = self.set() {
            let detail = still_open(&set.header);
            set.damage.add(2, segment.place(), detail);
        }
        self.in_set = false;
    }

    fn end_group(&mut self, segment: &Segment<'t>) {
        self.end_set(segment);
        if let Some(group) = self.group() {
            let detail = still_open(&group.header);
            group.damage.add(3, segment.place(), detail);
        }
        self.in_group = false;
    }

    fn end_interchange(&mut self, segment: &Segment<'t>) {
        self.end_group(segment);
        if let Some(interchange) = self.interchange() {
            let detail = still_open(&interchange.header);
            interchange.damage.add(23, segment.place(), detail);
        }
        self.in_interchange = false;
    }

    fn finish(mut self, last: Option<Segment<'t>>) -> Envelopes<'t> {
        if let Some(last) = last {
            self.end_interchange(&last);
        }
        self.envelopes
    }

    /// Nothing after this can be read, so that nothing of the interchange is whole.
    fn broken(&mut self, fault: Fault) {
        self.damage().0.insert(0, EnvelopeFault { fault, code: 22 });
        (self.in_interchange, self.in_group, self.in_set) = (false, false, false);
    }

    fn misplaced(&mut self, segment: &Segment<'t>, what: &str) {
        let code = if self.in_interchange { 22 } else { 24 };
        let detail = format!("this segment belongs inside {what}");
        self.damage().add(code, segment.place(), detail);
    }

    /// Of what is open, the interchange or the file.
    fn damage(&mut self) -> &mut Damage {
        match self.envelopes.interchanges.last_mut() {
            Some(interchange) if self.in_interchange => &mut interchange.damage,
            _ => &mut self.envelopes.damage,
        }
    }

    fn interchange(&mut self) -> Option<&mut Interchange<'t>> {
        let is_open = self.in_interchange;
        self.envelopes.interchanges.last_mut().filter(|_| is_open)
    }

    fn group(&mut self) -> Option<&mut Group<'t>> {
        let is_open = self.in_group;
        self.interchange()?.groups.last_mut().filter(|_| is_open)
    }

    fn set(&mut self) -> Option<&mut Set<'t>> {
        let is_open = self.in_set;
        self.group()?.sets.last_mut().filter(|_| is_open)
    }
}

fn still_open(header: &Segment<'_>) -> String {
    format!("{} is still open here: its trailer is missing", header.place())
}

fn count(damage: &mut Damage, trailer: &Segment<'_>, what: &str, held: usize, code: u8) {
    let stated = trailer.element(1);
    if stated.parse() != Ok(held) {
        let detail = format!("\"{stated}\" {what} are stated, {held} are there");
        damage.add(code, trailer.at(1), detail);
    }
}

/// Leading zeros do not make another number.
fn control(damage: &mut Damage, trailer: &Segment<'_>, number: &str, at: &Place, code: u8) {
    let stated = trailer.element(2);
    let bare = |it: &str| it.trim_start_matches('0').to_owned();
    if stated.is_empty() || bare(stated) != bare(number) {
        let detail = format!("the control number \"{stated}\" is not \"{number}\" of {at}");
        damage.add(code, trailer.at(2).code(ElementCode::Code), detail);
    }
}
