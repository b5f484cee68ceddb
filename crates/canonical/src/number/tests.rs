//! What the numbers promise.

use super::*;
use proptest::prelude::*;

fn exact(text: &str) -> Exact {
    text.parse::<Decimal>().unwrap().exact()
}

#[test]
fn halves_round_away_from_zero() {
    assert_eq!(show(&exact("103.125"), 2), "103.13");
    assert_eq!(show(&exact("-1.005"), 2), "-1.01");
    assert_eq!(show(&exact("301.5"), 0), "302");
    assert_eq!(show(&exact("-0.004"), 2), "0.00");
}

#[test]
fn hostile_decimals_are_refused() {
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "1e400",
        "NaN",
        "inf",
        "+1",
        "1,000",
        "0x1",
        " 1",
        "1 ",
        "1234567890123456",
        "1.1234567",
        "--1",
        "1.2.3",
        "٣",
    ] {
        assert!(text.parse::<Decimal>().is_err(), "{text:?}");
    }
    assert!(serde_json::from_str::<Decimal>("12.5").is_err(), "a bare number is not a decimal");
}

#[test]
fn a_decimal_keeps_its_places() {
    assert_eq!("12.80".parse::<Decimal>().unwrap().to_string(), "12.80");
}

#[test]
fn exact_text_never_lies() {
    assert_eq!(exact_text(&exact("40.000")), "40");
    assert_eq!(exact_text(&Exact::new(7.into(), 12.into())), "7/12");
    assert_eq!(read_exact("7/12"), Some(Exact::new(7.into(), 12.into())));
    assert_eq!(read_exact("40"), Some(exact("40")));
    assert_eq!(read_exact("-0.05"), Some(exact("-0.05")));
    let large = exact("999999999999999") * exact("1000.5");
    assert_eq!(read_exact(&exact_text(&large)), Some(large));
    assert_eq!(read_exact("1e9"), None);
    assert_eq!(read_exact("7/0"), None);
}

#[test]
fn leftovers_go_to_the_largest_remainder_then_the_earlier_line() {
    let weights = |it: &[&str]| it.iter().map(|it| exact(it)).collect::<Vec<_>>();
    assert_eq!(allocate(10_000, &weights(&["1", "1", "1"])), [3334, 3333, 3333]);
    assert_eq!(allocate(10_000, &weights(&["250.00", "125.50", "74.50"])), [5556, 2789, 1655]);
    assert_eq!(allocate(5, &weights(&["0", "0"])), [3, 2]);
    assert!(allocate(5, &[]).is_empty());
}

proptest! {
    #[test]
    fn shares_add_up(
        total in -1_000_000i128..1_000_000,
        weights in proptest::collection::vec(0u32..5_000, 1..20),
    ) {
        let exact = |it: u32| Exact::from_integer(it.into());
        let weights: Vec<Exact> = weights.into_iter().map(exact).collect();
        prop_assert_eq!(allocate(total, &weights).iter().sum::<i128>(), total);
    }

    #[test]
    fn what_is_written_is_read_back(
        mantissa in -999_999_999_999_999i128..999_999_999_999_999,
        scale in 0u32..7,
    ) {
        let decimal = Decimal::new(mantissa, scale).unwrap();
        prop_assert_eq!(decimal.to_string().parse::<Decimal>().unwrap(), decimal);
    }

    #[test]
    fn rounding_is_symmetric(
        numerator in any::<i64>(),
        denominator in 1i64..1_000_000,
        places in 0u32..6,
    ) {
        let value = Exact::new(numerator.into(), denominator.into());
        prop_assert_eq!(round_half_away(&-value.clone(), places), -round_half_away(&value, places));
    }
}
