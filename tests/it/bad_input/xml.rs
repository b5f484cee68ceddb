//! XML that is an attack, is not UBL, or says what cannot be.

use super::{At, Comes, Taken, check};
use std::fs;
use tests::top;

const XML: &str = "application/xml";
const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// The demo's UBL invoice: two lines of PO-1024, fully received, one 2 % over its price.
pub(super) fn document() -> String {
    fs::read_to_string(top().join("config/demo/documents/invoice.ubl.xml")).unwrap()
}

/// The document with one thing said otherwise.
fn with(from: &str, to: &str) -> Vec<u8> {
    let document = document();
    assert!(document.contains(from), "{from} is not in the document");
    document.replacen(from, to, 1).into_bytes()
}

/// The document with something before its root.
fn after_head(text: &str) -> Vec<u8> {
    with(HEAD, &format!("{HEAD}\n{text}"))
}

#[tokio::test]
async fn what_xml_can_be_abused_for_is_refused() {
    let mut laughs = String::from("<!DOCTYPE Invoice [<!ENTITY a0 \"ha\">");
    for level in 1..20 {
        let before = format!("&a{};", level - 1).repeat(10);
        laughs += &format!("<!ENTITY a{level} \"{before}\">");
    }
    laughs += "]>";
    let file = "<!DOCTYPE i [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let parameter = "<!DOCTYPE i [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/x\"> %x;]>";
    let id = ">CV-88301<";
    let deep = 1_000_000;
    let nested = format!("{HEAD}{}{}", "<a>".repeat(deep), "</a>".repeat(deep));
    let in_the_invoice = with("<cbc:ID>CV", &format!("{}<cbc:ID>CV", "<cbc:Note>".repeat(deep)));
    let attributes: String = (0..100_000).map(|it| format!(" a{it}=\"x\"")).collect();
    let rows: Vec<(&str, Vec<u8>, Comes)> = vec![
        ("a document type", after_head("<!DOCTYPE Invoice>"), At("")),
        (
            "an external document type",
            after_head("<!DOCTYPE i SYSTEM \"https://example.org/y.dtd\">"),
            At(""),
        ),
        ("an entity of a file", after_head(file), At("")),
        ("an entity of a parameter", after_head(parameter), At("")),
        ("a billion laughs", after_head(&laughs), At("")),
        ("an entity that nobody declared", with(id, ">&x;<"), At("")),
        ("a reference to no character", with(id, ">&#0;<"), At("")),
        ("a million nested elements", nested.into_bytes(), At("")),
        ("a million nested elements that never close", in_the_invoice, At("")),
        ("another character set", with("UTF-8", "UTF-7"), At("")),
        ("UTF-16", document().encode_utf16().flat_map(u16::to_be_bytes).collect(), At("")),
        (
            "bytes that are no text",
            with(id, ">\u{fffd}<")[..].iter().map(|it| it | 0x80).collect(),
            At(""),
        ),
        ("an element that does not close", with("</cbc:ID>", ""), At("")),
        ("another that closes", with("</cbc:ID>", "</cbc:Name>"), At("")),
        ("two roots", [document().into_bytes(), b"<a/>".to_vec()].concat(), At("")),
        ("text after the root", [document().into_bytes(), b"x".to_vec()].concat(), At("")),
        ("nothing", Vec::new(), At("")),
        ("a head alone", HEAD.as_bytes().to_vec(), At("")),
        ("a page", b"<html><body/></html>".to_vec(), At("")),
        (
            "no namespace",
            with("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "x"),
            At(""),
        ),
        ("an attribute twice", with("<cbc:ID>CV", "<cbc:ID a=\"1\" a=\"2\">CV"), At("")),
        ("an element of two roots", with("<Invoice ", "<Invoice><Invoice "), At("")),
        (
            "a hundred thousand attributes",
            with("<cbc:ID>CV", &format!("<cbc:ID{attributes}>CV")),
            At(""),
        ),
    ];
    let (last, rows) = {
        let mut rows = rows;
        let last = rows.pop().unwrap();
        (last, rows)
    };
    check(XML, rows).await;
    attributes_are_no_trouble(last.1).await;
}

/// Attributes that nobody reads may be skipped or refused, as long as it is quick.
async fn attributes_are_no_trouble(body: Vec<u8>) {
    let gateway = tests::TestGateway::start().await;
    let answer = super::send(&gateway, XML, tests::INVOICES, body).await;
    assert!(matches!(answer.status, 202 | 400), "{}", answer.words());
}

#[tokio::test]
async fn an_element_that_cannot_be_read_is_named() {
    const QUANTITY: &str = "/Invoice/InvoiceLine[1]/InvoicedQuantity";
    const PRICE: &str = "/Invoice/InvoiceLine[1]/Price/PriceAmount";
    let quantity = |text: &str| with(">200<", &format!(">{text}<"));
    let price = |text: &str| with(">1.887<", &format!(">{text}<"));
    let mut rows: Vec<(&str, Vec<u8>, Comes)> = Vec::new();
    for text in ["two", "1e400", "NaN", "INF", "1E2", "", "٢٠٠", "9999999999999999999"] {
        rows.push(("a quantity", quantity(text), At(QUANTITY)));
    }
    for text in ["cheap", "1e400", "-INF", "9999999999999999999.99"] {
        rows.push(("a price", price(text), At(PRICE)));
    }
    for date in ["2026-02-30", "2026-13-01", "tomorrow", ""] {
        rows.push(("a date", with(">2026-10-19<", &format!(">{date}<")), At("/Invoice/IssueDate")));
    }
    let without = |element: &str| {
        let document = document();
        let lines = document.lines().filter(|it| !it.contains(element));
        lines.collect::<Vec<_>>().join("\n").into_bytes()
    };
    rows.extend([
        ("a currency", with(">USD<", ">DOL<"), At("/Invoice/DocumentCurrencyCode")),
        ("no date", without("IssueDate"), At("/Invoice")),
        ("no currency", without("DocumentCurrencyCode"), At("/Invoice")),
        ("no quantity", without("InvoicedQuantity"), At("/Invoice/InvoiceLine[1]")),
        ("no amount of a line", without(">377.40<"), At("/Invoice/InvoiceLine[1]")),
        ("no unit", with(" unitCode=\"EA\"", ""), At(QUANTITY)),
        ("a number that is empty", with(">CV-88301<", "><"), At("/Invoice/ID")),
        (
            "an amount in another currency",
            with("currencyID=\"USD\">377.40", "currencyID=\"EUR\">377.40"),
            At("/Invoice/InvoiceLine[1]/LineExtensionAmount"),
        ),
        ("a negative quantity", quantity("-200"), At("")),
        ("a negative price", price("-1.887"), At("")),
        ("a line number twice", with("<cbc:ID>2</cbc:ID>", "<cbc:ID>1</cbc:ID>"), At("")),
    ]);
    check(XML, rows).await;
}

#[tokio::test]
async fn what_can_be_read_and_is_wrong_is_an_exception_with_a_reason() {
    let document = document();
    let all = |from: &str, to: &str| document.replace(from, to).into_bytes();
    let unknown = document.replace("0614141000203", "0614141999996");
    let unknown = unknown.replace("990010025", "111111111").into_bytes();
    for row in [
        ("unknown order", with("PO-1024", "PO-0"), Taken("exception", "PO-02")),
        ("unknown supplier", unknown, Taken("exception", "SUP-01")),
        ("unknown unit", with("unitCode=\"EA\"", "unitCode=\"QQ\""), Taken("exception", "UOM-01")),
        ("another currency", all("USD", "EUR"), Taken("exception", "CUR-01")),
        (
            "an absurd price",
            with(">1.887<", ">999999999999999.999999<"),
            Taken("exception", "TOT-02"),
        ),
        (
            "a total that does not add up",
            super::xml::document().replace("\"USD\">732.40<", "\"USD\">999.40<").into_bytes(),
            Taken("exception", "TOT-01"),
        ),
        (
            "two totals that contradict each other",
            with(
                "<cbc:TaxInclusiveAmount currencyID=\"USD\">732.40",
                "<cbc:TaxInclusiveAmount currencyID=\"USD\">999.40",
            ),
            At("/Invoice/LegalMonetaryTotal/PayableAmount"),
        ),
    ] {
        check(XML, vec![row]).await;
    }
}

#[tokio::test]
async fn a_document_that_breaks_off_is_refused_wherever_it_does() {
    let document = document();
    let whole = document.rfind("</Invoice>").unwrap() + "</Invoice".len();
    let parts = (0..whole).step_by(97).filter(|it| document.is_char_boundary(*it));
    let rows = parts.map(|it| ("a part", document.as_bytes()[..it].to_vec(), At("")));
    check(XML, rows.collect()).await;
}
