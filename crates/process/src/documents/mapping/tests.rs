use super::*;
use canonical::ChargeKind;

const SMALL: &str = "id = \"m\"\nversion = 2\nown = { interchange = \"ZZ:US\", group = \"US\" }\n";

#[track_caller]
fn faults(text: &str) -> Vec<String> {
    let error = X12Mapping::parse_toml(&format!("{SMALL}{text}")).unwrap_err();
    error.fields().iter().map(|it| it.pointer.clone()).collect()
}

#[test]
fn the_shipped_mappings_are_whole() {
    let shipped = Mappings::default_shipped().unwrap();
    assert_eq!(shipped.cited(Format::X12), "x12@1");
    assert_eq!(shipped.cited(Format::Ubl), "ubl@1");
    assert_eq!(X12Mapping::parse_toml(SMALL).unwrap().cited(), "m@2");
}

#[test]
fn every_fault_is_told_at_once() {
    let text = "units = { EA = \"\", BX = \"THIRTEENCHARS\" }\n\
                price_bases = { HP = { count = 0 } }\n\
                habits = { decimal_mark = \";\" }\n\
                [[partners]]\nname = \"\"\ninterchange = \"01\"\n\
                [[partners]]\nname = \"P\"\ninterchange = \"01:1\"\n\
                [[partners]]\nname = \"Q\"\ninterchange = \"01:1\"\nunits = { X = \"\" }\n";
    let expected = [
        "/habits/decimal_mark",
        "/units/BX",
        "/units/EA",
        "/price_bases/HP/count",
        "/partners/0/name",
        "/partners/0/interchange",
        "/partners/2/interchange",
        "/partners/2/units/X",
    ];
    assert_eq!(faults(text), expected);
}

#[test]
fn keys_and_words_that_are_not_known_are_refused() {
    assert_eq!(faults("unit = { EA = \"EA\" }\n"), ["(the file)"]);
    assert_eq!(faults("charges = { D240 = \"carriage\" }\n"), ["(the file)"]);
    assert_eq!(
        faults("[[partners]]\nname = \"P\"\ninterchange = \"01:1\"\nunit = { A = \"B\" }\n"),
        ["/partners/0"]
    );
    assert!(X12Mapping::parse_toml("id = 1").is_err());
    assert!(X12Mapping::parse_toml("not toml").is_err());
}

#[test]
fn a_partners_group_is_meant_more_closely_than_its_interchange() {
    let text = format!(
        "{SMALL}units = {{ EA = \"EA\" }}\n\
         [[partners]]\nname = \"P\"\ninterchange = \"01:1\"\nunits = {{ PK = \"CT\" }}\n\
         [[partners]]\nname = \"P/G\"\ninterchange = \"01:1\"\ngroup = \"G\"\n\
         units = {{ PK = \"BX\" }}\n"
    );
    let mappings = X12Mapping::parse_toml(&text).unwrap();
    let unit = |id: &str, group: &str| mappings.table("01", id, group).unit("pk");
    assert_eq!(unit("1", "G").unwrap().as_str(), "BX");
    assert_eq!(unit("1", "H").unwrap().as_str(), "CT");
    assert!(unit("2", "G").unwrap_err().contains("INT-02"));
    assert_eq!(mappings.table("01", "1", "G").unit("EA").unwrap().as_str(), "EA");
}

#[track_caller]
fn ubl_faults(text: &str) -> Vec<String> {
    let error = UblMapping::parse_toml(&format!("id = \"u\"\nversion = 1\n{text}")).unwrap_err();
    error.fields().iter().map(|it| it.pointer.clone()).collect()
}

#[test]
fn a_mapping_has_only_the_keys_of_its_format() {
    let habits = "habits = { unknown_units = \"kept\", totals = \"written\" }\n";
    assert_eq!(faults(habits), ["/habits/unknown_units"]);
    let tables = "dates = { 002 = \"requested\" }\n";
    assert_eq!(ubl_faults(&format!("{habits}{tables}")), ["/dates", "/habits/totals"]);
    assert_eq!(ubl_faults("unit = { C62 = \"EA\" }\n"), ["(the file)"]);
}

#[test]
fn every_fault_of_a_mapping_of_ubl_is_told_at_once() {
    let text = "charges = { TAX = \"tax\" }\n\
                [[partners]]\nname = \"\"\nparty = { system = \"gln\", key = \"\" }\n\
                [[partners]]\nname = \"P\"\nparty = { system = \"gln\", key = \"1\" }\n\
                [[partners]]\nname = \"Q\"\nparty = { system = \"gln\", key = \"1\" }\n\
                units = { X = \"\" }\n";
    let expected = [
        "/charges",
        "/partners/0/name",
        "/partners/0/party",
        "/partners/2/party",
        "/partners/2/units/X",
    ];
    assert_eq!(ubl_faults(text), expected);
}

#[test]
fn what_ubl_says_is_looked_up_and_kept_where_the_mapping_says_so() {
    let shipped = UblMapping::default_shipped().unwrap();
    let table = shipped.table(&[]);
    for (code, ours) in [("C62", "EA"), ("xbx", "BX"), ("CS", "CS"), ("HUR", "HR"), ("q9", "Q9")] {
        assert_eq!(table.unit(code).unwrap().as_str(), ours);
    }
    assert!(table.unit("THIRTEENCHARS").is_err());
    let kind = |code, words| table.charge(code, words).unwrap().kind().unwrap();
    assert_eq!(kind("FC", "Packaging"), ChargeKind::Freight);
    assert_eq!(kind("ABL", "Packaging"), ChargeKind::Other);
    assert_eq!(kind("ABL", "Fuel surcharge"), ChargeKind::Fuel);
    assert_eq!(kind("", "Freight charge"), ChargeKind::Freight);
}
