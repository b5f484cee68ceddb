use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn due(class: ClockClass, opened: &str, waits: &[(&str, &str)]) -> String {
    let calendars = Calendars::default_shipped().unwrap();
    let waits: Vec<Still> =
        waits.iter().map(|it| Still { from: at(it.0), to: at_or_none(it.1) }).collect();
    calendars.of(None, &TimeZone::UTC).due(class, at(opened), &waits).to_string()
}

fn at_or_none(text: &str) -> Option<Timestamp> {
    (!text.is_empty()).then(|| at(text))
}

// 2026-10-16 is a Friday.

#[test]
fn business_days_end_at_the_same_hour_and_pass_over_weekends() {
    assert_eq!(due(ClockClass::T2, "2026-10-16T10:00:00Z", &[]), "2026-10-20T10:00:00Z");
    assert_eq!(due(ClockClass::T3, "2026-10-16T10:00:00Z", &[]), "2026-10-23T10:00:00Z");
}

#[test]
fn what_opens_at_night_or_on_a_weekend_starts_when_work_does() {
    assert_eq!(due(ClockClass::T2, "2026-10-17T03:00:00Z", &[]), "2026-10-20T17:00:00Z");
    assert_eq!(due(ClockClass::T2, "2026-10-15T23:00:00Z", &[]), "2026-10-19T17:00:00Z");
}

#[test]
fn what_is_urgent_runs_day_and_night() {
    assert_eq!(due(ClockClass::T0, "2026-10-16T23:00:00Z", &[]), "2026-10-17T03:00:00Z");
    assert_eq!(due(ClockClass::T1, "2026-10-16T23:00:00Z", &[]), "2026-10-17T07:00:00Z");
}

#[test]
fn the_clock_stands_still_while_others_are_waited_for_but_not_for_ever() {
    let day = ("2026-10-16T10:00:00Z", "2026-10-19T10:00:00Z");
    assert_eq!(due(ClockClass::T2, "2026-10-16T10:00:00Z", &[day]), "2026-10-21T10:00:00Z");
    let long = ("2026-10-16T10:00:00Z", "2027-10-16T10:00:00Z");
    let open = ("2026-10-16T10:00:00Z", "");
    let most = "2026-11-03T10:00:00Z";
    assert_eq!(due(ClockClass::T2, "2026-10-16T10:00:00Z", &[long]), most);
    assert_eq!(due(ClockClass::T2, "2026-10-16T10:00:00Z", &[open]), most);
    assert_eq!(due(ClockClass::T2, "2026-10-16T10:00:00Z", &[day, long]), most);
}

const TWO: &str = r#"
id = "K1"
version = 2
reopen_days = 14
pause_days_max = 10
[[calendars]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "17:00"
[[calendars]]
facility = "FAC-2"
time_zone = "America/Chicago"
days = ["mon", "sat"]
from = "06:30"
to = "14:30"
holidays = ["2026-10-19"]
"#;

#[test]
fn a_facility_has_its_own_days_hours_zone_and_holidays() {
    let calendars = Calendars::parse_toml(TWO).unwrap();
    let own = calendars.of(Some(&"FAC-2".parse().unwrap()), &TimeZone::UTC);
    let due = own.due(ClockClass::T2, at("2026-10-16T10:00:00Z"), &[]);
    // Saturday 17 and, Monday 19 being a holiday, Saturday 24: until 14:30 in Chicago
    assert_eq!(due.to_string(), "2026-10-24T19:30:00Z");
    assert_eq!(calendars.cited(), "K1@2");
}

#[test]
fn a_shift_over_a_change_of_the_clocks_ends_by_the_clock_on_the_wall() {
    let text = TWO.replace("\"mon\", \"sat\"", "\"sun\"").replace("06:30", "00:00");
    let calendars = Calendars::parse_toml(&text).unwrap();
    let own = calendars.of(Some(&"FAC-2".parse().unwrap()), &TimeZone::UTC);
    let due = own.due(ClockClass::T2, at("2026-10-31T10:00:00Z"), &[]);
    // 2026-11-01 has an hour more
    assert_eq!(due.to_string(), "2026-11-08T19:30:00Z");
}

#[test]
fn faults_are_named_with_their_place() {
    let text = TWO
        .replace("America/Chicago", "Chicago")
        .replace("days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]", "days = []");
    let error = Calendars::parse_toml(&text).unwrap_err();
    let places: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(places, ["/calendars/0/days", "/calendars/1/time_zone"]);
    let error = Calendars::parse_toml(&TWO.replace("facility =", "# facility =")).unwrap_err();
    assert_eq!(error.fields()[0].pointer, "/calendars");
    assert!(Calendars::parse_toml(&TWO.replace("08:00", "8 am")).is_err());
}

fn escalates(class: ClockClass, level: u8, opened: &str, waits: &[(&str, &str)]) -> String {
    let calendars = Calendars::default_shipped().unwrap();
    let waits: Vec<Still> =
        waits.iter().map(|it| Still { from: at(it.0), to: at_or_none(it.1) }).collect();
    let next = calendars.of(None, &TimeZone::UTC).escalates(class, level, at(opened), &waits);
    next.map(|it| it.to_string()).unwrap_or_default()
}

#[test]
fn what_takes_too_long_goes_up_in_the_time_of_its_clock() {
    let friday = "2026-10-16T10:00:00Z";
    for (class, second, third) in [
        (ClockClass::T0, "2026-10-16T10:30:00Z", "2026-10-16T11:00:00Z"),
        (ClockClass::T1, "2026-10-16T14:00:00Z", "2026-10-16T18:00:00Z"),
        (ClockClass::T2, "2026-10-19T10:00:00Z", "2026-10-20T10:00:00Z"),
        (ClockClass::T3, "2026-10-21T10:00:00Z", "2026-10-23T10:00:00Z"),
        (ClockClass::T4, "2026-11-06T10:00:00Z", "2026-11-13T10:00:00Z"),
    ] {
        assert_eq!(escalates(class, 1, friday, &[]), second, "{class:?}");
        assert_eq!(escalates(class, 2, friday, &[]), third, "{class:?}");
        assert_eq!(escalates(class, 3, friday, &[]), "", "{class:?}");
    }
    let day = [("2026-10-16T10:00:00Z", "2026-10-19T10:00:00Z")];
    assert_eq!(escalates(ClockClass::T2, 1, friday, &day), "2026-10-20T10:00:00Z");
}

#[test]
fn a_wait_makes_a_case_younger_by_no_more_than_the_cap() {
    let calendars = Calendars::default_shipped().unwrap();
    let calendar = calendars.of(None, &TimeZone::UTC);
    let waited = |from: &str, to: &str, until: &str| {
        let wait = Still { from: at(from), to: at_or_none(to) };
        calendar.waited(&[wait], at(until)).as_hours()
    };
    let friday = "2026-10-16T10:00:00Z";
    assert_eq!(waited(friday, "2026-10-19T10:00:00Z", "2026-12-01T00:00:00Z"), 72);
    assert_eq!(waited(friday, "", "2026-10-17T10:00:00Z"), 24);
    // ten business days are two weeks
    assert_eq!(waited(friday, "", "2026-12-01T00:00:00Z"), 14 * 24);
}

fn away(absences: &str) -> Result<Calendars> {
    Calendars::parse_toml(&format!("{SHIPPED}{absences}"))
}

fn absence(person: &str, delegate: &str, from: &str, to: &str) -> String {
    format!(
        "[[absences]]\nperson = \"{person}\"\ndelegate = \"{delegate}\"\nfrom = \"{from}\"\n\
         to = \"{to}\"\n"
    )
}

#[test]
fn who_is_away_has_somebody_who_stands_in() {
    let text = absence("kim", "lee", "2026-12-21", "2026-12-24")
        + &absence("lee", "sam", "2026-12-24", "2026-12-31")
        + &absence("sam", "lee", "2026-12-28", "2026-12-28");
    let calendars = away(&text).unwrap();
    let who = |person: &str, day: &str| calendars.stand_in(person, day.parse().unwrap()).to_owned();
    assert_eq!(who("kim", "2026-12-20"), "kim");
    assert_eq!(who("kim", "2026-12-21"), "lee");
    assert_eq!(who("kim", "2026-12-24"), "sam");
    assert_eq!(who("kim", "2026-12-25"), "kim");
    assert_eq!(who("lee", "2026-12-28"), "lee", "both are away: whoever was meant");
    for (wrong, pointer) in [
        (absence("kim", "kim", "2026-12-21", "2026-12-24"), "/absences/0/delegate"),
        (absence(" ", "kim", "2026-12-21", "2026-12-24"), "/absences/0/person"),
        (absence("kim", "lee", "2026-12-21", "2026-12-20"), "/absences/0/to"),
        (absence("kim", "lee", "2026-12-21", "2026-12-24").repeat(2), "/absences/1/from"),
    ] {
        assert_eq!(away(&wrong).unwrap_err().fields()[0].pointer, pointer);
    }
}
