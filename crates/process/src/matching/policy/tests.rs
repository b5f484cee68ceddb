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

fn scoped(key: &str, scope: serde_json::Value, dates: (Option<&str>, Option<&str>)) -> RowDocument {
    let mut row = shipped().rows.into_iter().find(|it| it.key == key).unwrap();
    row.scope = serde_json::from_value(scope).unwrap();
    let read = |it: Option<&str>| it.map(|it| it.parse().unwrap());
    row.effective = Effective { from: read(dates.0), to: read(dates.1) };
    row
}

#[test]
fn rows_for_less_stand_beside_the_one_for_everybody() {
    let item = || serde_json::json!({ "item": "GLV-M" });
    let rows = |rows: Vec<RowDocument>| {
        let mut document = shipped();
        document.rows.extend(rows);
        document
    };
    let at = shipped().rows.len();
    // the same dimensions with other values never fit the same line; other dimensions are ranked
    let other = serde_json::json!({ "item": "GLV-S" });
    let fine = [item(), other, serde_json::json!({ "supplier": "GLV-M" })];
    Policy::new(rows(fine.map(|it| scoped("PRICE_UNIT", it, (None, None))).into())).unwrap();
    let twice = (0..2).map(|_| scoped("PRICE_UNIT", item(), (Some("2026-06-01"), None)));
    let says =
        format!("PRICE_UNIT[item=GLV-M] has two rows that hold at the same time, /rows/{at}");
    check(rows(twice.collect()), &[(&format!("/rows/{at}"), &says)]);
    let gap = vec![
        scoped("PRICE_UNIT", item(), (None, Some("2026-05-31"))),
        scoped("PRICE_UNIT", item(), (Some("2026-06-02"), Some("2026-06-30"))),
    ];
    check(rows(gap), &[(&format!("/rows/{at}/effective/to"), "no row between this and the next")]);
    let ends = scoped("PRICE_UNIT", item(), (Some("2026-06-01"), Some("2026-06-30")));
    Policy::new(rows(vec![ends])).unwrap();
    let mut alone = rows(vec![scoped("PRICE_UNIT", item(), (None, None))]);
    alone.rows.retain(|it| it.key != "PRICE_UNIT");
    alone.rows.push(scoped("PRICE_UNIT", item(), (None, None)));
    check(alone, &[("/rows", "PRICE_UNIT has only rows with a scope")]);
}

#[test]
fn what_a_scope_binds_is_said_in_full() {
    let mut document = shipped();
    let at = document.rows.len();
    for scope in [
        serde_json::json!({ "item": "" }),
        serde_json::json!({ "supplier": " S" }),
        serde_json::json!({ "category": "421" }),
        serde_json::json!({ "category": "4X" }),
    ] {
        document.rows.push(scoped("PRICE_UNIT", scope, (None, None)));
    }
    document.match_modes = vec![
        serde_json::from_value(serde_json::json!({ "mode": "two_way" })).unwrap(),
        serde_json::from_value(serde_json::json!({ "mode": "zero_way" })).unwrap(),
    ];
    check(
        document,
        &[
            (&format!("/rows/{at}/scope/item"), "without blanks"),
            (&format!("/rows/{}/scope/supplier", at + 1), "without blanks"),
            (&format!("/rows/{}/scope/category", at + 2), "UNSPSC"),
            (&format!("/rows/{}/scope/category", at + 3), "UNSPSC"),
            ("/match_modes/0", "the match mode has two rows"),
        ],
    );
    let unknown = SHIPPED.replacen("\n[[rows]]", "\n[[rows]]\nscope = { ward = \"7\" }", 1);
    let error = Policy::parse_toml(&unknown).unwrap_err();
    assert!(error.to_string().contains("ward"), "{error}");
}

#[test]
fn limits_are_in_the_unit_of_their_key() {
    let place = |key: &str| shipped().rows.iter().position(|it| it.key == key).unwrap();
    let mut document = shipped();
    let (days, value_days) = (place("BLANKET_DATE"), place("DATE_EARLY"));
    document.rows[days].upper.abs = "2.5".to_owned();
    document.rows[value_days].upper.abs = "5000.125".to_owned();
    document.currency = "JPY".parse().unwrap();
    document.rows.retain(|it| Key::named(&it.key).unwrap().unit() != AmountUnit::Money);
    let faults = Policy::new(document).unwrap_err();
    let of_abs: Vec<_> = faults.iter().filter(|it| it.pointer.ends_with("abs")).collect();
    assert_eq!(of_abs.len(), 1, "{of_abs:?}");
    assert_eq!(of_abs[0].detail, "days are a whole number");
}

#[test]
fn the_mode_comes_from_the_most_specific_rule() {
    let rules = [
        (serde_json::json!({}), "zero_way"),
        (serde_json::json!({ "legal_entity": "L" }), "four_way"),
        (serde_json::json!({ "facility": "F" }), "two_way"),
        (serde_json::json!({ "category": "42" }), "four_way"),
        (serde_json::json!({ "supplier": "S" }), "three_way"),
        (serde_json::json!({ "item": "I" }), "four_way"),
        (serde_json::json!({ "item": "I", "supplier": "S" }), "two_way"),
    ];
    let whole = LineContext {
        item: Some("I"),
        contract: None,
        supplier: Some("S"),
        class: Some("42132203"),
        facility: Some("F"),
        legal_entity: Some("L"),
    };
    let date = "2026-05-04".parse().unwrap();
    let policy = Policy::default_shipped().unwrap();
    assert_eq!(policy.mode(&whole, date), (MatchMode::ThreeWay, "default"));
    let mut document = shipped();
    let sources = ["policy", "legal_entity", "facility", "category", "supplier", "item"];
    for ((scope, mode), source) in rules.iter().zip(sources.into_iter().chain(["item+supplier"])) {
        let rule = serde_json::json!({ "mode": mode, "scope": scope });
        let rule: ModeRuleDocument = serde_json::from_value(rule).unwrap();
        document.match_modes.push(rule.clone());
        let policy = Policy::new(document.clone()).unwrap();
        assert_eq!(policy.mode(&whole, date), (rule.mode, source));
        let (_mode, elsewhere) = policy.mode(&LineContext::default(), date);
        assert_eq!(elsewhere, "policy");
    }
}

#[test]
fn sampling_is_off_or_whole() {
    assert!(Policy::default_shipped().unwrap().sampling().is_none());
    let with = |percent: &str, minimum: &str, seed: &str| {
        let mut document = shipped();
        document.sampling = Some(SamplingDocument {
            percent: percent.to_owned(),
            minimum_amount: minimum.to_owned(),
            seed: seed.to_owned(),
        });
        document
    };
    let policy = Policy::new(with("0.5", "1000.00", "2026")).unwrap();
    assert_eq!(policy.sampling().unwrap().minimum.to_string(), "1000.00 USD");
    assert!(Policy::new(with("0", "0.00", "")).unwrap().sampling().is_none());
    check(
        with("100.1", "0.001", " "),
        &[
            ("/sampling/percent", "at most 100"),
            ("/sampling/minimum_amount", "decimal places"),
            ("/sampling/seed", "repeated"),
        ],
    );
}
