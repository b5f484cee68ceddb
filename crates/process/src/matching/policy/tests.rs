//! A policy is whole or it is refused with every fault.

use super::*;

fn shipped() -> PolicyDocument {
    Policy::default_shipped().unwrap().document().clone()
}

#[track_caller]
fn check(document: PolicyDocument, expected: &[(&str, &str)]) {
    let faults = Policy::new(document).unwrap_err();
    let got: Vec<(&str, &str)> =
        faults.iter().map(|it| (it.pointer.as_str(), it.detail.as_str())).collect();
    assert_eq!(got.len(), expected.len(), "{got:?}");
    for ((pointer, detail), (at, says)) in got.iter().zip(expected) {
        assert_eq!(pointer, at, "{detail}");
        assert!(detail.contains(says), "{pointer}: {detail}");
    }
}

#[test]
fn what_ships_is_whole() {
    let policy = Policy::default_shipped().unwrap();
    assert_eq!(policy.cited().tolerances, "T0@1");
    assert_eq!(policy.document().rows.len(), Key::ALL.len());
    let today = "2026-05-04".parse().unwrap();
    assert!(policy.auto_clear(Key::PriceUnit, today));
    assert!(!policy.auto_clear(Key::ChargePlanned, today));
}

#[test]
fn every_fault_is_named() {
    let mut document = shipped();
    document.approved_by = " ".to_owned();
    document.rows[0].upper.abs = "-1".to_owned();
    document.rows[1].key = "PRICE_GUESSED".to_owned();
    document.rows[2].lower.pct = "five".to_owned();
    document.rows[3].upper.abs = "0.005".to_owned();
    let again = document.rows[4].clone();
    document.rows.push(again);
    check(
        document,
        &[
            ("/approved_by", "cites"),
            ("/rows/0/upper/abs", "not negative"),
            ("/rows/1/key", "PRICE_GUESSED is no key"),
            ("/rows/2/lower/pct", "unchecked"),
            ("/rows/3/upper/abs", "decimal places"),
            ("/rows/4", "QTY_OVER_ORDERED has two rows"),
            ("/rows", "PRICE_ESTIMATED has no row"),
        ],
    );
}

#[test]
fn rows_follow_each_other_in_time() {
    let mut document = shipped();
    let mut later = document.rows[0].clone();
    document.rows[0].effective.to = Some("2026-06-30".parse().unwrap());
    later.effective.from = Some("2026-07-01".parse().unwrap());
    later.upper.pct = "4".to_owned();
    document.rows.push(later);
    let policy = Policy::new(document.clone()).unwrap();
    let pct = |date: &str| {
        let row = policy.row(Key::PriceUnit, &LineContext::default(), date.parse().unwrap());
        row.upper.shown.percent.clone().unwrap()
    };
    assert_eq!(pct("2019-01-01"), "3", "older than the first row");
    assert_eq!(pct("2026-06-30"), "3");
    assert_eq!(pct("2026-07-01"), "4");

    let last = document.rows.len() - 1;
    let mut gap = document.clone();
    gap.rows[last].effective.from = Some("2026-07-03".parse().unwrap());
    check(gap, &[("/rows/0/effective/to", "between this and the next")]);
    let mut ends = document.clone();
    ends.rows[last].effective.to = Some("2027-01-01".parse().unwrap());
    check(ends, &[("/rows/23/effective/to", "no row after this date")]);
    document.rows[last].effective.to = Some("2026-01-01".parse().unwrap());
    check(document, &[("/rows/23/effective/to", "before it begins")]);
}

#[test]
fn a_file_that_is_no_policy_says_where() {
    let error = Policy::parse_toml("id = \"T9\"\nversion = 1\ncolour = \"red\"").unwrap_err();
    assert!(error.to_string().contains("colour"), "{error}");
    let error = Policy::parse_toml(&SHIPPED.replace("\"lenient\"", "\"strict\"")).unwrap_err();
    assert!(error.to_string().contains("strict"), "{error}");
}

#[test]
fn json_is_the_same_form() {
    let text = serde_json::to_string(&shipped()).unwrap();
    let policy: Policy = serde_json::from_str(&text).unwrap();
    assert_eq!(policy, Policy::default_shipped().unwrap());
    let error = serde_json::from_str::<Policy>(&text.replace("\"50.00\"", "\"-50.00\""));
    assert!(error.unwrap_err().to_string().contains("/rows/0/upper/abs"));
}
