//! Business time: when people work, and when a case is due (`domain.md` C3, C4). Pure: the time is
//! given, and a walk over days ends.

mod document;

pub use document::{Absence, CalendarDocument, CalendarRow};

use crate::policy_file;
use canonical::{ClockClass, FacilityId, FieldError, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// What ships with the gateway, as its file says it.
const SHIPPED: &str = include_str!("../../../config/policies/calendar.toml");

/// No wait is looked at for longer: with a day of work each week, 20 business days are 140.
const DAYS_MAX: usize = 1_000;

/// Calendars that were found whole.
#[derive(Clone, Debug)]
pub struct Calendars {
    document: CalendarDocument,
}

/// The calendar of one facility.
#[derive(Clone, Debug)]
pub(crate) struct Calendar<'a> {
    row: &'a CalendarRow,
    zone: TimeZone,
    pause_days_max: u32,
}

/// A wait for somebody outside, in which the clock stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Still {
    pub(crate) from: Timestamp,
    /// `None` while it lasts.
    pub(crate) to: Option<Timestamp>,
}

impl Calendars {
    /// Validates a document whole.
    ///
    /// # Errors
    /// Every fault of it, each with its place and what would be right.
    pub fn new(document: CalendarDocument) -> Result<Self, Vec<FieldError>> {
        let faults = document.faults();
        if faults.is_empty() { Ok(Self { document }) } else { Err(faults) }
    }

    /// Reads and validates a file.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        policy_file::read("calendar", text, Self::new)
    }

    /// The calendar that ships as the default: K0.
    ///
    /// # Errors
    /// `invalid` where the file in the binary has a fault, which a test excludes.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// `id@version`, as cases cite it.
    #[must_use]
    pub fn cited(&self) -> String {
        format!("{}@{}", self.document.id, self.document.version)
    }

    /// The calendar of a facility; the one for everybody where it has none.
    pub(crate) fn of(&self, facility: Option<&FacilityId>, zone: &TimeZone) -> Calendar<'_> {
        let row = self.document.row(facility);
        Calendar {
            row,
            zone: row.zone().unwrap_or_else(|| zone.clone()),
            pause_days_max: self.document.pause_days_max,
        }
    }

    /// Who does what that person would, on that day: whoever stands in for them while they are
    /// away, and for whoever that is.
    pub(crate) fn stand_in<'a>(&'a self, person: &'a str, on: Date) -> &'a str {
        let absences = &self.document.absences;
        let mut who = person;
        for _ in absences {
            let away = absences.iter().find(|it| it.person == who && it.is_on(on));
            match away {
                Some(it) if it.delegate != person => who = &it.delegate,
                // ok: where everybody is away, it is the one who was meant
                Some(_) => return person,
                None => return who,
            }
        }
        who
    }

    /// Until when a case that was resolved then is opened again.
    pub(crate) fn reopens_until(&self, resolved: Timestamp) -> Timestamp {
        let hours = i64::from(self.document.reopen_days) * 24;
        resolved.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
    }
}

impl Calendar<'_> {
    /// When what was opened then is to be resolved, with the waits for others in it.
    pub(crate) fn due(&self, class: ClockClass, opened: Timestamp, waits: &[Still]) -> Timestamp {
        let target = match class {
            ClockClass::T0 => SignedDuration::from_hours(4),
            ClockClass::T1 => SignedDuration::from_hours(8),
            ClockClass::T2 => self.days(2),
            ClockClass::T3 => self.days(5),
            ClockClass::T4 => self.days(20),
        };
        self.ends(class, target, (opened, waits))
    }

    /// When what stands at this level is to be looked at by the next; `None` after the last.
    pub(crate) fn escalates(
        &self,
        class: ClockClass,
        level: u8,
        opened: Timestamp,
        waits: &[Still],
    ) -> Option<Timestamp> {
        let (second, third) = match class {
            ClockClass::T0 => (SignedDuration::from_mins(30), SignedDuration::from_hours(1)),
            ClockClass::T1 => (SignedDuration::from_hours(4), SignedDuration::from_hours(8)),
            ClockClass::T2 => (self.days(1), self.days(2)),
            ClockClass::T3 => (self.days(3), self.days(5)),
            ClockClass::T4 => (self.days(15), self.days(20)),
        };
        let target = match level {
            0 | 1 => second,
            2 => third,
            _ => return None,
        };
        Some(self.ends(class, target, (opened, waits)))
    }

    /// For how long others were waited for until then, as far as that stops a clock.
    pub(crate) fn waited(&self, waits: &[Still], until: Timestamp) -> SignedDuration {
        let mut left = self.days(self.pause_days_max);
        let mut sum = SignedDuration::ZERO;
        for wait in waits {
            let to = wait.to.unwrap_or(until).min(until);
            let worked = self.between(wait.from, to, left);
            let to = if worked < left { to } else { self.after(wait.from, left).min(to) };
            left = left.saturating_sub(worked);
            sum = sum.saturating_add(to.duration_since(wait.from).max(SignedDuration::ZERO));
        }
        sum
    }

    fn ends(
        &self,
        class: ClockClass,
        target: SignedDuration,
        (opened, waits): (Timestamp, &[Still]),
    ) -> Timestamp {
        let is_business = !matches!(class, ClockClass::T0 | ClockClass::T1);
        let most = self.days(self.pause_days_max);
        let mut still = SignedDuration::ZERO;
        for wait in waits {
            let length = match wait.to {
                Some(to) if is_business => self.between(wait.from, to, most),
                Some(to) => to.duration_since(wait.from),
                // ok: how long it will last is not known, and it counts for no longer than this
                None => most,
            };
            still = still.saturating_add(length).min(most);
        }
        let whole = target.saturating_add(still);
        if is_business {
            self.after(opened, whole)
        } else {
            opened.checked_add(whole).unwrap_or(Timestamp::MAX)
        }
    }

    fn days(&self, days: u32) -> SignedDuration {
        let length = self.row.to.duration_since(self.row.from);
        length.checked_mul(i32::try_from(days).unwrap_or(i32::MAX)).unwrap_or(SignedDuration::MAX)
    }

    /// The instant after so much business time.
    fn after(&self, from: Timestamp, mut left: SignedDuration) -> Timestamp {
        let mut end = from;
        for (opens, closes) in self.shifts(from) {
            let opens = opens.max(from);
            end = closes;
            let length = closes.duration_since(opens);
            if left <= length {
                return opens.checked_add(left).unwrap_or(Timestamp::MAX);
            }
            left = left.saturating_sub(length);
        }
        end
    }

    /// The business time between two instants; no more than `most`.
    fn between(&self, from: Timestamp, to: Timestamp, most: SignedDuration) -> SignedDuration {
        let mut sum = SignedDuration::ZERO;
        for (opens, closes) in self.shifts(from) {
            if opens >= to || sum >= most {
                break;
            }
            sum = sum.saturating_add(closes.min(to).duration_since(opens.max(from)));
        }
        sum.min(most)
    }

    /// When work begins and ends on each day of work, from an instant on.
    fn shifts(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = from.to_zoned(self.zone.clone()).date();
        let days = std::iter::successors(Some(first), |it| it.checked_add(1.day()).ok());
        let shifts = days.take(DAYS_MAX).filter(|it| self.is_worked(*it)).filter_map(|it| {
            let at = |time| it.to_datetime(time).to_zoned(self.zone.clone()).ok();
            Some((at(self.row.from)?.timestamp(), at(self.row.to)?.timestamp()))
        });
        shifts.filter(move |(_opens, closes)| *closes > from)
    }

    fn is_worked(&self, day: Date) -> bool {
        self.row.days.has(day.weekday()) && !self.row.holidays.contains(&day)
    }
}

#[cfg(test)]
mod tests;
