//! The habits of senders: delimiters, line ends, versions, binary data, and mappings of their own.

use super::*;
use crate::documents::read_all;

/// The invoice with other marks.
fn with(element: char, component: char, terminator: &str) -> String {
    let text = INVOICE.replace("\r\n", "").replace('\n', "");
    let text = text.replace("*P*>", &format!("*P*{component}"));
    text.replace('~', terminator).replace('*', &element.to_string())
}

#[test]
fn any_mark_that_the_header_declares_delimits() {
    let expected = read(INVOICE.as_bytes()).unwrap();
    let elements = ['*', '|', '^', '~', '\t', '\u{1d}', '!', '§', '+'];
    let terminators = ["\n", "\r", "\r\n", "\u{1c}", "'", "\u{85}", "~\r\n", "~\n\n", "?", "~ "];
    for element in elements {
        for terminator in terminators.iter().filter(|it| !it.contains(element)) {
            let text = with(element, ':', terminator);
            let parsed = read(text.as_bytes()).unwrap_or_else(|it| panic!("{text}: {it:?}"));
            assert_eq!(parsed, expected, "{element:?} {terminator:?}");
            // in ISO 8859-1, with a byte that is no UTF-8
            let bytes: Vec<u8> = text.chars().map(|it| u8::try_from(it).unwrap()).collect();
            assert_eq!(read(&bytes).unwrap(), expected, "{element:?} {terminator:?}");
        }
    }
}

#[test]
fn what_stands_around_an_interchange_does_not_matter() {
    let expected = read(INVOICE.as_bytes()).unwrap();
    for (before, after) in
        [("\u{feff}", ""), (" \r\n\t", "\u{1a}"), ("\n\n", "\0\0\0"), ("", "~~~")]
    {
        let text = format!("{before}{INVOICE}{after}");
        assert_eq!(read(text.as_bytes()).unwrap(), expected, "{before:?} {after:?}");
    }
    for version in ["00200", "00304", "00402", "00501", "00801"] {
        let text = INVOICE.replace("*U*00401*", &format!("*^*{version}*"));
        assert_eq!(read(text.as_bytes()).unwrap(), expected, "{version}");
    }
    for envelope in ["IEA*1*000000417", "IEA*01*417", "IEA* 1 *0417"] {
        let text = INVOICE.replace("IEA*1*000000417", envelope);
        assert_eq!(read(text.as_bytes()).unwrap(), expected, "{envelope}");
    }
}

#[test]
fn binary_data_may_hold_what_ends_segments() {
    let data = "~ISA*GS*ST*810~SE*";
    let binary = format!("BIN*{}*{data}~", data.len());
    let text = INVOICE.replace("CAD*M****RDWY~\r\n", &binary).replace("CAD*M****RDWY~\n", &binary);
    assert!(text.contains("BIN"));
    assert_eq!(read(text.as_bytes()).unwrap(), read(INVOICE.as_bytes()).unwrap());
    // a length that goes beyond the file is none
    let wrong = text.replace(&format!("BIN*{}", data.len()), "BIN*99999999999999999999");
    assert!(read(wrong.as_bytes()).is_err());
}

#[test]
fn groups_of_several_kinds_in_one_interchange_are_all_read() {
    let between = |text: &str| {
        let text = text.replace("\r\n", "").replace('\n', "");
        let (_head, rest) = text.split_once("~GS*").unwrap();
        let (groups, _tail) = rest.split_once("~IEA*").unwrap();
        format!("~GS*{groups}")
    };
    let answer = include_str!("../../fixtures/acknowledgement.855");
    let notice = include_str!("../../fixtures/notice.856");
    let (head, _rest) = INVOICE.split_once("~").unwrap();
    let groups = [INVOICE, answer, notice].map(between).join("");
    let text = format!("{head}{groups}~IEA*3*000000417~");
    let kinds: Vec<&str> = read(text.as_bytes()).unwrap().iter().map(Parsed::kind).collect();
    assert_eq!(kinds, ["invoice", "acknowledgement", "ship notice"]);
}

#[test]
fn what_is_too_long_or_too_much_is_refused() {
    let many = INVOICE.replace("TDS*131100", &format!("TDS*131100{}", "*".repeat(200)));
    assert_eq!(pointers(&many)[0], "segment 24 (too many elements)");
    let (head, rest) = INVOICE.split_once("ST*").unwrap();
    let (_set, tail) = rest.split_once("GE*").unwrap();
    let sets = "ST*810*1~SE*2*1~".repeat(60_000);
    let error = read(format!("{head}{sets}GE*{tail}").as_bytes()).unwrap_err();
    assert!(error.fields()[0].detail.contains("50000 envelopes"), "{error:?}");
}

#[test]
fn a_code_without_a_line_is_refused_and_a_partners_own_line_reads_it() {
    let text = INVOICE.replace("*4*CA*", "*4*QX*").replace("*D500*", "*Q999*");
    let error = read(text.as_bytes()).unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["segment 18 (IT1) element 03", "segment 28 (SAC) element 02"]);
    assert!(error.fields().iter().all(|it| it.detail.contains("INT-02")));
    let shipped = include_str!("../../../../../../config/mappings/x12.toml");
    let own = format!(
        "{shipped}\n[[partners]]\nname = \"MedSurg\"\ninterchange = \"01:081234567\"\n\
         units = {{ QX = \"CS\" }}\ncharges = {{ \"*\" = \"handling\" }}\n"
    );
    let own = under(&own);
    let documents = read_all(Format::X12, text.as_bytes(), &own).unwrap();
    assert_eq!(documents, read(INVOICE.as_bytes()).unwrap());
    // another partner's line is not ours
    let other = text.replace("*01*081234567 ", "*01*081234568 ");
    assert!(read_all(Format::X12, other.as_bytes(), &own).is_err());
}

#[test]
fn habits_of_numbers_are_mapping() {
    let shipped = include_str!("../../../../../../config/mappings/x12.toml");
    let with = |habits: &str| {
        let toml = format!(
            "{shipped}\n[[partners]]\nname = \"P\"\ninterchange = \"01:081234567\"\n\
             habits = {{ {habits} }}\n"
        );
        under(&toml)
    };
    let text = wrapped(&["IT1*1*2*EA*10,5**BP*A", "TDS*21,00"]);
    assert_eq!(pointers(&text).len(), 2);
    let own = with("decimal_mark = \",\", totals = \"written\"");
    let parsed = read_all(Format::X12, text.as_bytes(), &own).unwrap().remove(0);
    let Parsed::Invoice(parsed) = parsed else { panic!("{parsed:?}") };
    assert_eq!(parsed.difference(), canonical::Exact::default());
    let order = ORDER.replace("TT~1311", "TT~2");
    refused(&order, &["segment 18 (AMT) element 02"]);
    for (stated, habits) in [
        ("2", "order_total = \"lines\""),
        ("104", "order_total = \"units\""),
        ("7", "order_total = \"ignored\""),
    ] {
        let order = ORDER.replace("TT~1311", &format!("TT~{stated}"));
        assert_eq!(read_all(Format::X12, order.as_bytes(), &with(habits)).unwrap().len(), 1);
    }
}
