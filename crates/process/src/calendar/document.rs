//! Calendars as a person writes them, and what is wrong with them.

use canonical::{FacilityId, FieldError};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Calendars as a person writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDocument {
    /// The name; cases cite it as `id@version`.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// For how many days after it was resolved a case is opened again.
    pub reopen_days: u32,
    /// For how many business days a case may wait for somebody outside.
    pub pause_days_max: u32,
    /// The one for everybody, and those of facilities.
    pub calendars: Vec<CalendarRow>,
    /// Who is away, and who stands in.
    #[serde(default)]
    pub absences: Vec<Absence>,
}

/// Somebody is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Who, as tokens name people.
    pub person: String,
    /// Who stands in.
    pub delegate: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Absence {
    pub(super) fn is_on(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.person.trim().is_empty() {
            return Some(("person", "name a person as tokens do"));
        }
        if self.delegate.trim().is_empty() || self.delegate == self.person {
            return Some(("delegate", "name somebody else, as tokens do"));
        }
        (self.to < self.from).then_some(("to", "it lies before the first day"))
    }
}

/// When people work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarRow {
    /// The facility it is for; for everybody else where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// Its time zone, by its IANA name, where it is not that of the process layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// On which days.
    pub days: Weekdays,
    /// From when, local time.
    #[serde(with = "clock_time")]
    pub from: Time,
    /// To when, local time.
    #[serde(with = "clock_time")]
    pub to: Time,
    /// Days on which nobody works.
    #[serde(default)]
    pub holidays: Vec<Date>,
}

/// Days of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weekdays(Vec<Day>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekdays {
    pub(super) fn has(&self, day: Weekday) -> bool {
        let day = match day {
            Weekday::Monday => Day::Mon,
            Weekday::Tuesday => Day::Tue,
            Weekday::Wednesday => Day::Wed,
            Weekday::Thursday => Day::Thu,
            Weekday::Friday => Day::Fri,
            Weekday::Saturday => Day::Sat,
            Weekday::Sunday => Day::Sun,
        };
        self.0.contains(&day)
    }
}

/// Hours and minutes, as in `08:00`.
mod clock_time {
    use super::{Deserialize, Deserializer, Serializer, Time};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.strftime("%H:%M"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(it: D) -> Result<Time, D::Error> {
        let text = String::deserialize(it)?;
        let wrong = |_error| D::Error::custom(format!("{text:?} is not a time as \"08:00\""));
        Time::strptime("%H:%M", &text).map_err(wrong)
    }
}

impl CalendarRow {
    pub(super) fn zone(&self) -> Option<TimeZone> {
        self.time_zone.as_deref().and_then(|it| TimeZone::get(it).ok())
    }

    fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.days.0.is_empty() {
            return Some(("days", "name at least one day, as \"mon\": else nothing is ever due"));
        }
        if self.from >= self.to {
            return Some(("to", "work has to end later on the day than it begins"));
        }
        if self.time_zone.is_some() && self.zone().is_none() {
            return Some(("time_zone", "use an IANA name, as \"America/Chicago\""));
        }
        None
    }
}

impl CalendarDocument {
    /// The row of a facility, or the one for everybody.
    pub(super) fn row(&self, facility: Option<&FacilityId>) -> &CalendarRow {
        let own = |it: &&CalendarRow| facility.is_some() && it.facility.as_ref() == facility;
        let rows = &self.calendars;
        rows.iter()
            .find(own)
            .or_else(|| rows.iter().find(|it| it.facility.is_none()))
            .unwrap_or(&EVERYBODY)
    }

    pub(super) fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut add = |pointer: String, detail: &str| {
            faults.push(FieldError { pointer, detail: detail.to_owned() });
        };
        if self.id.trim().is_empty() {
            add("/id".to_owned(), "give it a name: cases cite it");
        }
        if self.calendars.iter().filter(|it| it.facility.is_none()).count() != 1 {
            let detail = "exactly one calendar names no facility: it is for everybody else";
            add("/calendars".to_owned(), detail);
        }
        for (place, row) in self.calendars.iter().enumerate() {
            if let Some((key, detail)) = row.fault() {
                add(format!("/calendars/{place}/{key}"), detail);
            }
            let earlier = self.calendars.iter().take(place);
            if row.facility.is_some() && earlier.clone().any(|it| it.facility == row.facility) {
                add(format!("/calendars/{place}/facility"), "it has a calendar already");
            }
        }
        for (place, absence) in self.absences.iter().enumerate() {
            let meets = |it: &&Absence| {
                it.person == absence.person && it.from <= absence.to && absence.from <= it.to
            };
            if let Some((key, detail)) = absence.fault() {
                add(format!("/absences/{place}/{key}"), detail);
            } else if self.absences.iter().take(place).any(|it| meets(&it)) {
                add(format!("/absences/{place}/from"), "they are away already on one of the days");
            }
        }
        faults
    }
}

static EVERYBODY: CalendarRow = CalendarRow {
    facility: None,
    time_zone: None,
    days: Weekdays(Vec::new()),
    from: Time::midnight(),
    to: Time::midnight(),
    holidays: Vec::new(),
};
