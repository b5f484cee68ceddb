use super::*;

const INVOICE: &str = include_str!("../fixtures/invoice.json");

#[track_caller]
fn refused_at(body: &str, pointer: &str) {
    let error = read(body.as_bytes()).unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, [pointer], "{error:?}");
}

#[test]
fn an_invoice_in_json_is_taken_as_it_is() {
    let Parsed::Invoice(parsed) = read(INVOICE.as_bytes()).unwrap() else { panic!("no invoice") };
    assert_eq!(parsed.invoice.supplier_id.as_str(), "SUP-1");
    assert_eq!(parsed.invoice.lines.len(), 1);
    assert!(parsed.supplier.ids.is_empty());
    assert_eq!(parsed.difference(), canonical::Exact::default());
}

#[test]
fn a_fault_is_named_by_its_pointer() {
    for (from, to, pointer) in [
        ("\"unit_price\"", "\"unit/price~\"", "/invoice/lines/0/unit~1price~0"),
        ("\"invoice\"", "\"bill\"", "/bill"),
        ("\"12.80\"", "12.80", "/invoice/lines/0/unit_price"),
        ("\"12.80\"", "\"1e400\"", "/invoice/lines/0/unit_price"),
        ("\"12.80\"", "\"NaN\"", "/invoice/lines/0/unit_price"),
        ("\"12.80\"", "1e400", "/invoice/lines/0/unit_price"),
        ("\"EA\"", "\"\"", "/invoice/lines/0/quantity/uom"),
        ("\"USD\"", "\"USB\"", "/invoice/currency"),
        ("\"2026-05-04\"", "\"2026-02-30\"", "/invoice/invoice_date"),
        ("\"freight\"", "\"fright\"", "/invoice/charges/0/type"),
        ("\"gross_amount\": \"1285.00\"", "\"lines\": []", "/invoice/lines"),
        ("\"currency\": \"USD\",", "", "/invoice/currency"),
    ] {
        assert!(INVOICE.contains(from), "{from}");
        refused_at(&INVOICE.replace(from, to), pointer);
    }
}

#[test]
fn what_is_no_json_is_refused_at_every_length() {
    for end in 0..INVOICE.trim_end().len() {
        read(&INVOICE.as_bytes()[..end]).unwrap_err();
    }
    for body in ["", "null", "[]", "{}", "NaN", "\u{0}", "{\"invoice\":NaN}"] {
        read(body.as_bytes()).unwrap_err();
    }
    read(format!("{INVOICE} x").as_bytes()).unwrap_err();
    read("[".repeat(1_000_000).as_bytes()).unwrap_err();
}
