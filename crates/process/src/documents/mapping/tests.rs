use super::*;

const SMALL: &str = "id = \"m\"\nversion = 2\nown = { interchange = \"ZZ:US\", group = \"US\" }\n";

#[track_caller]
fn faults(text: &str) -> Vec<String> {
    let error = Mappings::parse_toml(&format!("{SMALL}{text}")).unwrap_err();
    error.fields().iter().map(|it| it.pointer.clone()).collect()
}

#[test]
fn the_shipped_mappings_are_whole() {
    let shipped = Mappings::default_shipped().unwrap();
    assert_eq!(shipped.cited(), "x12@1");
    assert_eq!(Mappings::parse_toml(SMALL).unwrap().cited(), "m@2");
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
    assert!(Mappings::parse_toml("id = 1").is_err());
    assert!(Mappings::parse_toml("not toml").is_err());
}

#[test]
fn a_partners_group_is_meant_more_closely_than_its_interchange() {
    let text = format!(
        "{SMALL}units = {{ EA = \"EA\" }}\n\
         [[partners]]\nname = \"P\"\ninterchange = \"01:1\"\nunits = {{ PK = \"CT\" }}\n\
         [[partners]]\nname = \"P/G\"\ninterchange = \"01:1\"\ngroup = \"G\"\n\
         units = {{ PK = \"BX\" }}\n"
    );
    let mappings = Mappings::parse_toml(&text).unwrap();
    let unit = |id: &str, group: &str| mappings.table("01", id, group).unit("pk");
    assert_eq!(unit("1", "G").unwrap().as_str(), "BX");
    assert_eq!(unit("1", "H").unwrap().as_str(), "CT");
    assert!(unit("2", "G").unwrap_err().contains("INT-02"));
    assert_eq!(mappings.table("01", "1", "G").unit("EA").unwrap().as_str(), "EA");
}
