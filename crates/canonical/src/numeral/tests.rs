use super::*;
use proptest::prelude::*;

#[test]
fn what_was_written_is_what_is_shown() {
    let texts = [
        "0",
        "40",
        "-1",
        "12.50",
        "-0.05",
        "0.000001",
        "0.0000",
        "007",
        "+1",
        "-0",
        "-0.00",
        "1.",
        ".5",
        "",
        "-",
        "7/12",
        "-7/12",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "92233720368547758.08",
        "0.123456789012345678",
        "0.1234567890123456789",
        "1e5",
        "n/a",
        "1.-5",
    ];
    for text in texts {
        let numeral = Numeral::from(text);
        assert_eq!(numeral.to_string(), text);
        assert_eq!(numeral, text);
        let json = serde_json::to_string(&numeral).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert_eq!(serde_json::from_str::<Numeral>(&json).unwrap(), numeral);
    }
}

#[test]
fn a_numeral_is_small() {
    assert_eq!(size_of::<Option<Numeral>>(), 16);
}

#[test]
fn only_a_number_has_a_value() {
    let exact = |text: &str| Numeral::from(text).exact();
    assert_eq!(exact("12.50"), read_exact("25/2"));
    assert_eq!(exact("7/12"), read_exact("7/12"));
    assert_eq!(exact("seven"), None);
    assert_eq!(Numeral::from("12.50").decimal(), "12.50".parse());
    assert!(Numeral::from("7/12").decimal().is_err());
}

proptest! {
    #[test]
    fn a_count_is_the_text_of_its_digits(count: i128, places in 0u32..30) {
        let text = digits(&BigInt::from(count), places);
        let numeral = Numeral::new(count, places);
        prop_assert_eq!(numeral.to_string(), text.as_str());
        prop_assert_eq!(&numeral, &Numeral::from(text.as_str()));
        let short = count.rem_euclid(1_000_000_007);
        prop_assert_eq!(
            Numeral::new(short, places).to_string(),
            digits(&BigInt::from(short), places)
        );
    }

    #[test]
    fn any_text_is_kept(text: String) {
        prop_assert_eq!(Numeral::from(text.as_str()).to_string(), text);
    }
}
