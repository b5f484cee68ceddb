//! The cases of the specification.

use super::*;

/// Every case of the fixtures, by its id.
fn fixtures() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/matching");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    let read = |path| -> Vec<Value> {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let cases = files.into_iter().flat_map(read);
    cases.map(|it| (it["id"].as_str().unwrap().to_owned(), it["request"].clone())).collect()
}

#[track_caller]
fn assert_offers(id: &str, wanted: &str) {
    // an id may stand in several files, with the same facts told in other units
    let cases = fixtures().into_iter().filter(|it| it.0 == id);
    let offers: Vec<String> = cases
        .flat_map(|it| ask(it.1, &shipped()).explanation.cures)
        .map(|it| it.sentence)
        .collect();
    assert!(offers.iter().any(|it| it == wanted), "{id}: no {wanted:?} in {offers:#?}");
}

#[test]
fn every_case_of_the_specification_has_cures_that_keep_the_laws() {
    let shipped = shipped();
    for (_id, request) in fixtures() {
        let own = request["policy"].clone();
        let policy = serde_json::from_value(own).ok().and_then(|it| Policy::new(it).ok());
        let policy = policy.as_ref().unwrap_or(&shipped);
        let asked = ask(request, policy);
        assert_laws(&asked, policy);
    }
}

#[test]
fn the_cheapest_cures_are_named_as_specified() {
    assert_offers("M03", "a price credit of 50.00 USD on line 1");
    assert_offers("M13", "98 more EA received on line 10 of order PO-9");
    assert_offers("M14", "38 more EA received on line 10 of order PO-9");
    assert_offers(
        "M26",
        "a packaging row BX = 100 base units of GLV-M for supplier SUP-1 and 5 more BX received \
         on line 10 of order PO-9",
    );
    assert_offers("M30", "a price credit of 20.00 USD on line 1");
    assert_offers(
        "M35",
        "a short payment: 0.00 USD of the freight paid and 18.00 USD charged back",
    );
    assert_offers("M08", "a corrected invoice on which the price of line 1 is 100.00");
}

#[test]
fn every_code_has_a_cure_or_is_a_decision_or_a_companion() {
    use canonical::Code;
    // what only a person can decide, or the finance system
    let decided = [Code::Int03, Code::Int04, Code::Amt02, Code::Amt03, Code::Ctl01];
    for code in Code::ALL {
        let named = !candidate::families(*code).is_empty();
        let alone = decided.contains(code) || code.outcome().is_none();
        assert!(named != alone, "{code}");
    }
}
