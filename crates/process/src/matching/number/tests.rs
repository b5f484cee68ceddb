//! Small and big numbers are one kind of number.

use super::*;
use proptest::prelude::*;

fn of(text: &str) -> Number {
    Number::from(canonical::read_exact(text).unwrap())
}

#[test]
fn what_overflows_goes_on_exactly() {
    let big = Number::whole(i128::MAX);
    let bigger = &big * &big;
    assert!(matches!(bigger, Number::Big(_)));
    assert_eq!(bigger.per(&big), Some(big.clone()), "and comes back where it fits");
    assert!(&bigger - &Number::ONE < bigger);
    assert_eq!((&bigger - &bigger), Number::ZERO);
    assert_eq!(Number::whole(i128::MIN).abs().text(), "170141183460469231731687303715884105728");
}

#[test]
fn text_reads_back() {
    for text in ["0", "40", "-7/12", "7/12", "1.5", "0.000001"] {
        assert_eq!(of(text).text(), text);
    }
}

#[test]
fn what_is_shown_is_rounded_half_away_from_zero() {
    assert_eq!(of("7/12").show(3), "0.583");
    assert_eq!(of("-1.005").show(2), "-1.01");
    assert_eq!(of("-0.004").show(2), "0.00");
    assert_eq!(of("301.5").show(0), "302");
}

#[test]
fn a_number_is_two_words() {
    assert_eq!(size_of::<Option<Number>>(), 2 * size_of::<u64>());
}

proptest! {
    #[test]
    fn a_decimal_is_its_exact_value(mantissa in -10i64.pow(15)..10i64.pow(15), scale in 0u32..7) {
        let decimal = Decimal::new(mantissa.into(), scale).unwrap();
        let number = Number::from(decimal);
        prop_assert_eq!(number.exact(), decimal.exact());
        prop_assert_eq!(number.text(), canonical::exact_text(&decimal.exact()));
        prop_assert_eq!(number.show(2), canonical::show(&decimal.exact(), 2));
        let money = number.round(Currency::USD);
        prop_assert_eq!(Number::from(money).exact(), money.exact());
    }

    #[test]
    fn a_fraction_is_equal_in_every_term(a in -999i64..999, b in 1u32..999, times in 1u32..999) {
        let long = Number::Small(a * i64::from(times), b * times);
        let short = Number::Small(a, b);
        prop_assert_eq!(&short, &long);
        prop_assert_eq!(short.text(), long.text());
        prop_assert_eq!(short.show(4), long.show(4));
    }

    #[test]
    fn arithmetic_agrees_with_the_slow_way(
        a in any::<i64>(), b in 1i64.., c in any::<i64>(), d in 1i64.., places in 0u32..6,
    ) {
        let (x, y) = (Number::ratio(a.into(), b.into()), Number::ratio(c.into(), d.into()));
        let (x, y) = (x.unwrap(), y.unwrap());
        prop_assert_eq!((&x + &y).exact(), x.exact() + y.exact());
        prop_assert_eq!((&x - &y).exact(), x.exact() - y.exact());
        prop_assert_eq!((&x * &y).exact(), x.exact() * y.exact());
        prop_assert_eq!(x.cmp(&y), x.exact().cmp(&y.exact()));
        prop_assert_eq!(x.show(places), canonical::show(&x.exact(), places));
        prop_assert_eq!(x.round(Currency::USD), Money::round(&x.exact(), Currency::USD));
        prop_assert_eq!(x.text(), canonical::exact_text(&x.exact()));
        prop_assert_eq!(of(&x.text()), x.clone());
        prop_assert_eq!(x.is_whole(), x.exact().is_integer());
        if let Some(quotient) = x.per(&y) {
            prop_assert_eq!(quotient.exact(), x.exact() / y.exact());
        }
    }
}
