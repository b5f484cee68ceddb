use super::*;

fn variance(amount: &str, percent: Option<&str>, quantity: Option<&str>) -> Variance {
    Variance {
        amount: Some(amount.into()),
        percent: percent.map(Numeral::from),
        quantity: quantity.map(Numeral::from),
        unit: AmountUnit::Money,
    }
}

fn limit(amount: Option<&str>, percent: Option<&str>) -> Limit {
    Limit {
        amount: amount.map(Numeral::from),
        percent: percent.map(Numeral::from),
        combine: Combine::Strictest,
        unit: AmountUnit::Money,
        row: None,
    }
}

/// What goes in comes out, is what was written, and is read again as the same.
#[track_caller]
fn check(variance: Option<&Variance>, limit: Option<&Limit>, is_short: bool) {
    for because in [None, Some(Code::Cur02)] {
        let result = CheckResult::Breach;
        let it = Check::new(&"PRICE_UNIT", result, variance, limit, because);
        assert_eq!(matches!(it.0, Kept::Short(_)), is_short, "{it:?}");
        assert_eq!((it.key(), it.result(), it.because()), ("PRICE_UNIT", result, because));
        assert_eq!((it.variance().as_ref(), it.limit().as_ref()), (variance, limit));
        let (variance, limit) = (variance.cloned(), limit.cloned());
        let whole = Written { key: "PRICE_UNIT".into(), result, variance, limit, because };
        let text = serde_json::to_string(&it).unwrap();
        assert_eq!(text, serde_json::to_string(&whole).unwrap());
        assert_eq!(serde_json::from_str::<Check>(&text).unwrap(), it);
        assert_ne!(Check::new(&"PRICE_UNIT", CheckResult::Pass, None, None, None), it);
    }
}

#[test]
fn plain_counts_are_the_numbers_they_stand_for() {
    let (result, key) = (CheckResult::PassWithin, &"PRICE_UNIT");
    let counts = Counts { amount: (3_000, 2), percent: Some((-24_000, 4)), quantity: Some((7, 0)) };
    let whole = variance("30.00", Some("-2.4000"), Some("7"));
    let limit = limit(Some("50.00"), Some("3"));
    let of_counts = Check::counted(key, result, counts, LimitCounts::new(&limit).as_ref());
    assert_eq!(of_counts, Check::new(key, result, Some(&whole), Some(&limit), None));
    let counts = Counts { percent: None, quantity: None, ..counts };
    let bare = variance("30.00", None, None);
    let of_counts = Check::counted(key, result, counts, None);
    assert_eq!(of_counts, Check::new(key, result, Some(&bare), None, None));
}

#[test]
fn a_check_is_what_was_said_of_it_however_it_is_kept() {
    let plain = variance("30.00", Some("-2.4000"), Some("7"));
    check(None, None, true);
    check(Some(&plain), None, true);
    check(None, Some(&limit(None, None)), true);
    check(Some(&plain), Some(&limit(Some("50.00"), Some("3"))), true);
    check(Some(&variance("1", None, None)), Some(&limit(None, Some("2.5"))), true);
    for unit in [AmountUnit::Days, AmountUnit::ValueDays] {
        let combine = Combine::Lenient;
        let limit = Limit { unit, combine, ..limit(Some("3"), None) };
        check(Some(&Variance { unit, ..plain.clone() }), Some(&limit), true);
    }
    check(Some(&variance("1", Some("214748.3648"), None)), None, false);
    check(Some(&variance("1.00", None, Some("7/12"))), None, false);
    check(Some(&Variance { amount: None, ..plain.clone() }), None, false);
    check(Some(&variance("123456789012345678901.00", None, None)), None, false);
    let row = Some("PRICE_UNIT[item=GLV-M]".into());
    check(Some(&plain), Some(&Limit { row, ..limit(Some("50.00"), None) }), false);
}

#[test]
fn the_usual_check_is_six_words() {
    assert_eq!(size_of::<Check>(), 48);
}
