//! X12 that is damaged, foreign, or says what cannot be.

use super::{At, Comes, Taken, check};
use std::fs;
use tests::top;

const X12: &str = "application/edi-x12";

/// The demo's 810: three lines of PO-1023, fully received.
pub(super) fn document() -> String {
    fs::read_to_string(top().join("config/demo/documents/invoice.810")).unwrap()
}

/// The document with one thing said otherwise.
fn with(from: &str, to: &str) -> Vec<u8> {
    let document = document();
    assert!(document.contains(from), "{from} is not in the document");
    document.replace(from, to).into_bytes()
}

/// The same document with other delimiters between elements, parts and segments.
fn delimited(element: char, part: char, segment: &str) -> Vec<u8> {
    let number = format!("{element}NW-{}{element}", u32::from(element));
    let flat: String = document().lines().collect();
    let other = |it: char| match it {
        '*' => element.to_string(),
        '>' => part.to_string(),
        '~' => segment.to_owned(),
        same => same.to_string(),
    };
    let text: String = flat.chars().map(other).collect();
    text.replace(&format!("{element}NW-261016-23{element}"), &number).into_bytes()
}

#[tokio::test]
async fn a_document_says_itself_how_it_is_delimited() {
    for (what, element, part, segment) in [
        ("pipes and line feeds", '|', ':', "\n"),
        ("carets and apostrophes", '^', '<', "'"),
        ("control characters", '\u{1d}', '\u{1f}', "\u{1c}"),
        ("tildes with returns", '*', '>', "~\r\n"),
        ("plus signs", '+', ':', "!"),
    ] {
        let rows = vec![(what, delimited(element, part, segment), Taken("matched", ""))];
        check(X12, rows).await;
    }
}

#[tokio::test]
async fn a_damaged_transmission_is_refused_at_its_segment() {
    let document = document();
    let twice = format!("{document}{document}").into_bytes();
    let without = |segment: &str| {
        let lines = document.lines().filter(|it| !it.starts_with(segment));
        lines.map(|it| format!("{it}\n")).collect::<String>().into_bytes()
    };
    let rows: Vec<(&str, Vec<u8>, Comes)> = vec![
        ("segments counted wrong", with("SE*15*", "SE*16*"), At("segment 17 (SE) element 01")),
        ("segments not counted", with("SE*15*", "SE*x*"), At("segment 17 (SE) element 01")),
        ("sets counted wrong", with("GE*1*", "GE*2*"), At("segment 18 (GE) element 01")),
        ("groups counted wrong", with("IEA*1*", "IEA*9*"), At("segment 19 (IEA) element 01")),
        (
            "a set of another number",
            with("SE*15*0001", "SE*15*0002"),
            At("segment 17 (SE) element 02"),
        ),
        ("a group of another number", with("GE*1*2611", "GE*1*2612"), At("segment 18 (GE)")),
        ("an interchange of another number", with("IEA*1*000002611", "IEA*1*7"), At("segment 19")),
        ("no trailer of the set", without("SE*"), At("segment")),
        ("no trailer of the group", without("GE*"), At("segment")),
        ("no trailer of the interchange", without("IEA*"), At("segment")),
        ("no group", without("GS*"), At("segment")),
        ("no set", without("ST*"), At("segment")),
        ("no header", without("ISA*"), At("")),
        ("no beginning of the invoice", without("BIG*"), At("segment")),
        ("no total", without("TDS*"), At("segment")),
        ("two interchanges", twice, At("")),
        ("lines counted wrong", with("CTT*3", "CTT*4"), At("segment 16 (CTT) element 01")),
        ("a set that is not read", with("ST*810*", "ST*997*"), At("segment 3 (ST) element 01")),
        ("nothing but a header", document.as_bytes()[..106].to_vec(), At("segment")),
        ("half a header", document.as_bytes()[..60].to_vec(), At("")),
        ("nothing", Vec::new(), At("")),
        ("a header and rubbish", with("BIG*", "\u{0}\u{7}*"), At("segment")),
    ];
    check(X12, rows).await;
}

#[tokio::test]
async fn an_element_that_cannot_be_read_is_named() {
    let quantity = |text: &str| with("IT1*1*30*CA", &format!("IT1*1*{text}*CA"));
    let price = |text: &str| with("*CA*90.00*", &format!("*CA*{text}*"));
    let mut rows: Vec<(&str, Vec<u8>, Comes)> = Vec::new();
    for text in ["3O", "1e400", "NaN", "1E2", "0x1E", "", "٣٠", "9999999999999999999", "--3"] {
        rows.push(("a quantity", quantity(text), At("segment 9 (IT1) element 02")));
    }
    for text in ["ninety", "1e400", "Infinity", "9999999999999999999.99"] {
        rows.push(("a price", price(text), At("segment 9 (IT1) element 04")));
    }
    rows.push(("an absurd quantity", quantity("999999999999999"), At("segment 9 (IT1)")));
    rows.push(("a negative quantity", quantity("-30"), At("")));
    rows.push(("a negative price", price("-90.00"), At("")));
    for date in ["20261399", "20260230", "261399", "tomorrow", ""] {
        let text = format!("BIG*{date}*NW");
        rows.push(("a date", with("BIG*20261016*NW", &text), At("segment 4 (BIG) element 01")));
    }
    rows.push(("no number", with("*NW-261016-23*", "**"), At("segment 4 (BIG) element 02")));
    rows.push(("no unit", with("*30*CA*", "*30**"), At("segment 9 (IT1) element 03")));
    rows.push(("a currency", with("CUR*SE*USD", "CUR*SE*DOL"), At("segment 5 (CUR) element 02")));
    rows.push(("a total", with("TDS*666920", "TDS*6669.20"), At("segment 15 (TDS) element 01")));
    rows.push(("a line number twice", with("IT1*2*", "IT1*1*"), At("")));
    check(X12, rows).await;
}

#[tokio::test]
async fn what_can_be_read_and_is_wrong_is_an_exception_with_a_reason() {
    let unknown = document().replace("990010017", "111111111");
    let unknown = unknown.replace("NORTHWAYMED", "SOUTHWAYMED").into_bytes();
    for row in [
        ("unknown order", with("PO-1023", "PO-0"), Taken("exception", "PO-02")),
        ("unknown supplier", unknown, Taken("exception", "SUP-01")),
        ("unknown unit", with("*30*CA*", "*30*QQ*"), At("segment 9 (IT1) element 03")),
        ("another currency", with("CUR*SE*USD", "CUR*SE*EUR"), Taken("exception", "CUR-01")),
        ("an absurd total", with("TDS*666920", "TDS*99999999999999"), Taken("exception", "TOT-01")),
        ("an absurd quantity", with("IT1*1*30*", "IT1*1*99999999*"), Taken("exception", "TOT-01")),
    ] {
        check(X12, vec![row]).await;
    }
}

#[tokio::test]
async fn a_document_that_breaks_off_is_refused_wherever_it_does() {
    let document = document();
    // what ends after the last trailer is whole
    let whole = document.rfind("IEA").unwrap() + "IEA*1*000002611".len();
    let ends = (0..whole).step_by(13);
    let rows = ends.map(|it| ("a part", document.as_bytes()[..it].to_vec(), At("")));
    check(X12, rows.collect()).await;
}

#[tokio::test]
async fn an_order_is_not_taken_for_an_invoice() {
    let path = top().join("crates/process/src/documents/fixtures/order.850");
    check(X12, vec![("an 850", fs::read(path).unwrap(), At(""))]).await;
}
