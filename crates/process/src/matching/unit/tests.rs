//! Where a factor comes from, and when there is none.

use super::*;
use serde_json::json;

#[track_caller]
fn check(
    packaging: &serde_json::Value,
    uom: &str,
    view: View,
    expected: Result<(&str, bool), Code>,
) {
    let item = json!({ "id": "I", "base_uom": "EA", "packaging": packaging });
    let item: Item = serde_json::from_value(item).unwrap();
    let supplier: SupplierId = "SUP-1".parse().unwrap();
    let uom: Uom = uom.parse().unwrap();
    let of = Of { item: Some((0, &item)), base: &item.base_uom, on: None };
    let units = Units::new(&supplier);
    let found = units.factor(of, &uom, view);
    assert_eq!(found, units.factor(of, &uom, view), "what is remembered is what was found");
    let got = found.map(|it| (it.value.text(), it.ours.is_some())).map_err(|it| it.code);
    assert_eq!(got, expected.map(|(text, differs)| (text.to_owned(), differs)));
}

#[test]
fn each_side_asks_its_own_rows_first() {
    let rows = json!([
        { "uom": "BX", "numerator": "100", "denominator": "1" },
        { "uom": "BX", "numerator": "50", "denominator": "1", "supplier_id": "SUP-1" },
        { "uom": "BX", "numerator": "7", "denominator": "1", "supplier_id": "SUP-2" },
        { "uom": "CS", "numerator": "12", "denominator": "1", "supplier_id": "SUP-1" },
        { "uom": "PK", "numerator": "12", "denominator": "1", "supplier_id": "SUP-2" },
    ]);
    check(&rows, "BX", View::Ours, Ok(("100", false)));
    check(&rows, "BX", View::Suppliers, Ok(("50", true)));
    check(&rows, "CS", View::Ours, Ok(("12", false)));
    check(&rows, "EA", View::Suppliers, Ok(("1", false)));
    check(&rows, "PK", View::Suppliers, Err(Code::Uom01));
}

#[test]
fn rows_that_disagree_are_a_conflict() {
    let twice = json!([
        { "uom": "BX", "numerator": "100", "denominator": "1" },
        { "uom": "BX", "numerator": "50", "denominator": "1" },
    ]);
    check(&twice, "BX", View::Suppliers, Err(Code::Uom02));
    let same = json!([
        { "uom": "BX", "numerator": "100", "denominator": "1" },
        { "uom": "BX", "numerator": "200", "denominator": "2" },
    ]);
    check(&same, "BX", View::Ours, Ok(("100", false)));
    let of_base = json!([{ "uom": "EA", "numerator": "2", "denominator": "1" }]);
    check(&of_base, "EA", View::Ours, Err(Code::Uom02));
}

#[test]
fn only_one_dimension_converts_without_an_item() {
    let factor = |from: &str, to: &str| between(from, &to.parse().unwrap()).map(|it| it.text());
    assert_eq!(factor("LB", "KG").as_deref(), Some("45359237/100000000"));
    assert_eq!(factor("IN", "CM").as_deref(), Some("2.54"));
    assert_eq!(factor("L", "ML").as_deref(), Some("1000"));
    assert_eq!(factor("GA", "PT").as_deref(), Some("8"));
    assert_eq!(factor("L", "KG"), None);
    assert_eq!(factor("BX", "EA"), None);
    assert_eq!(factor("BX", "BX").as_deref(), Some("1"));
}

#[test]
fn every_code_begins_as_codes_do() {
    assert!(CODES.iter().all(|it| known(it).is_some()));
}
