//! What X12 is read as.

mod flow;
mod habit;

use super::*;
use crate::documents::{Format, Mappings, ParsedInvoice, ParsedOrder};
use canonical::{ChargeKind, ExternalId, FreightTerms, InvoiceKind};

const INVOICE: &str = include_str!("../fixtures/invoice.810");
const CREDIT: &str = include_str!("../fixtures/credit.810");
const ORDER: &str = include_str!("../fixtures/order.850");

fn read(bytes: &[u8]) -> Result<Vec<Parsed>> {
    crate::documents::read(Format::X12, bytes)
}

fn under(x12: &str) -> Mappings {
    Mappings { x12: X12Mapping::parse_toml(x12).unwrap(), ..Mappings::shipped().unwrap().clone() }
}

#[track_caller]
fn invoice(text: &str) -> ParsedInvoice {
    match read(text.as_bytes()).unwrap().remove(0) {
        Parsed::Invoice(invoice) => *invoice,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn order(text: &str) -> ParsedOrder {
    match read(text.as_bytes()).unwrap().remove(0) {
        Parsed::Order(order) => *order,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn pointers(text: &str) -> Vec<String> {
    let error = read(text.as_bytes()).unwrap_err();
    error.fields().iter().map(|it| it.pointer.clone()).collect()
}

#[track_caller]
fn refused(text: &str, expected: &[&str]) {
    assert_eq!(pointers(text), expected);
}

/// An 810 of these lines and summary, its counts right.
fn wrapped(body: &[&str]) -> String {
    let head = "ISA*00*          *00*          *01*081234567      *ZZ*LAKESIDE       *260504*0915*\
                U*00401*000000001*0*P*>~GS*IN*081234567*LAKESIDE*20260504*0915*1*X*004010~ST*810*1~\
                BIG*20260504*INV-1**PO-9~N1*SE*MedSurg*92*SUP-1~";
    let count = body.len() + 4;
    format!("{head}{}~SE*{count}*1~GE*1*1~IEA*1*000000001~", body.join("~"))
}

fn external(system: &str, entity: &str, key: &str) -> ExternalId {
    ExternalId { system: system.into(), entity: entity.into(), key: key.into() }
}

#[test]
fn an_invoice_has_everything_that_its_document_says() {
    let parsed = invoice(INVOICE);
    let it = &parsed.invoice;
    assert_eq!(it.supplier_invoice_number.as_str(), "INV-20417");
    assert_eq!(it.supplier_id.as_str(), "SUP-1");
    assert_eq!(
        (it.kind, it.invoice_date.to_string()),
        (InvoiceKind::Standard, "2026-05-04".into())
    );
    assert_eq!(it.facility_id.as_ref().unwrap().as_str(), "LAKESIDE");
    let charges: Vec<_> = it.charges.iter().map(|it| (it.kind, it.amount.to_string())).collect();
    let expected =
        [(ChargeKind::Freight, "15.00".to_owned()), (ChargeKind::Handling, "4.00".to_owned())];
    assert_eq!(charges, expected);
    assert_eq!(
        (it.tax_amount.to_string(), it.gross_amount.to_string()),
        ("2.00".into(), "1311.00".into())
    );
    assert_eq!(parsed.difference(), canonical::Exact::default());
    let ids = [
        external("x12:92", "supplier", "SUP-1"),
        external("duns", "supplier", "081234567"),
        external("tax", "supplier", "311234567"),
    ];
    assert_eq!(parsed.supplier.ids, ids);
    assert_eq!(parsed.supplier.name.as_deref(), Some("MedSurg Supply Co"));
    assert_eq!(parsed.buyer_facility[0], external("x12:92", "facility", "LAKESIDE"));
    assert_eq!(parsed.control.interchange.as_deref(), Some("000000417"));
    assert_eq!(parsed.control.transaction.as_deref(), Some("0001"));
}

#[test]
fn a_line_names_its_order_its_item_and_its_price_per_hundred() {
    let lines = invoice(INVOICE).invoice.lines;
    let first = &lines[0];
    assert_eq!(first.purchase_order_number.as_ref().unwrap().as_str(), "PO-9");
    assert_eq!(first.purchase_order_line, Some(10));
    assert_eq!(first.item_id.as_ref().unwrap().as_str(), "GLV-M");
    assert_eq!(first.gtin.as_ref().unwrap().as_str(), "00614141007349");
    assert_eq!(first.net_amount.to_string(), "1250.00");
    let second = &lines[1];
    assert_eq!(second.purchase_order_number.as_ref().unwrap().as_str(), "PO-11");
    assert_eq!((second.line_number, second.purchase_order_line), (2, Some(20)));
    assert_eq!((second.quantity.uom.as_str(), second.price_base.to_string()), ("CS", "100".into()));
    assert_eq!(second.gtin, None, "the check digit is wrong");
    assert_eq!(second.manufacturer_part_number.as_deref(), Some("BD-309604"));
    assert_eq!(second.supplier_item_number.as_deref(), Some("MS-7702"));
    assert_eq!(second.description, "Syringe 10 mL luer lock");
    assert_eq!(second.discount_amount.to_string(), "6.00");
    assert_eq!(second.net_amount.to_string(), "40.00");
}

#[test]
fn a_credit_with_other_delimiters_and_habits_is_read() {
    let parsed = invoice(CREDIT);
    let it = &parsed.invoice;
    assert_eq!((it.kind, it.supplier_id.as_str()), (InvoiceKind::QuantityCredit, "MEDSURG"));
    assert_eq!(it.lines.iter().map(|it| it.line_number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(it.gross_amount.to_string(), "249.99");
    assert_eq!(parsed.difference(), canonical::Exact::default());
    let price = CREDIT.replace("|12|EA", "|0|EA").replace("|1|BX", "|0|BX");
    assert_eq!(invoice(&price).invoice.kind, InvoiceKind::PriceCredit);
}

#[test]
fn an_order_is_read_and_its_total_is_held_against_its_lines() {
    let parsed = order(ORDER);
    let it = &parsed.order;
    assert_eq!((it.number.as_str(), it.supplier_id.as_str()), ("PO-9", "SUP-1"));
    assert_eq!(it.freight_terms, Some(FreightTerms::PrepaidAndAdd));
    assert_eq!(it.planned_charges[0].amount.to_string(), "15.00");
    assert_eq!(it.lines[0].requested_date.unwrap().to_string(), "2026-05-06");
    assert_eq!(it.lines[1].requested_date.unwrap().to_string(), "2026-05-10");
    assert_eq!((it.lines[1].line_number, it.lines[1].price_base.to_string()), (20, "100".into()));
    assert_eq!(parsed.buyer_facility[0], external("gln", "facility", "0614141000005"));
    assert_eq!(parsed.supplier.ids[1], external("duns", "supplier", "081234567"));
    assert_eq!(parsed.stated.gross.unwrap().to_string(), "1311");
    refused(&ORDER.replace("TT~1311", "TT~12"), &["segment 18 (AMT) element 02"]);
}

#[test]
fn tax_of_the_lines_counts_only_without_tax_of_the_document() {
    let line = "IT1*1*1*EA*10**BP*A";
    let tax = |body: &[&str]| invoice(&wrapped(body)).invoice.tax_amount.to_string();
    assert_eq!(tax(&[line, "TXI*ST*.8", "TDS*1080"]), "0.80");
    assert_eq!(tax(&[line, "TXI*ST*.8", "TDS*1080", "TXI*ST*0.81"]), "0.81");
    assert_eq!(tax(&[line, "TDS*1080", "TXI*ST*0.80*****O"]), "0.00");
    assert_eq!(tax(&[line, "TDS*1080", "SAC*C*H750***80"]), "0.80");
}

#[test]
fn negative_amounts_stay_as_stated() {
    let parsed =
        invoice(&wrapped(&["IT1*1*-1*EA*10.005**BP*A", "PAM****1*-10", "TDS*-1000", "CTT*1"]));
    assert_eq!(parsed.invoice.gross_amount.to_string(), "-10.00");
    assert_eq!(parsed.invoice.lines[0].net_amount.to_string(), "-10");
    assert_eq!(parsed.invoice.lines[0].quantity.value.to_string(), "-1");
}

#[test]
fn a_document_that_does_not_add_up_is_still_read() {
    let parsed = invoice(&wrapped(&["IT1*1*2*EA*10**BP*A", "TDS*1234"]));
    assert_eq!(canonical::exact_text(&parsed.difference()), "-7.66");
}

#[test]
fn counts_and_control_numbers_must_agree() {
    refused(&INVOICE.replace("SE*29*", "SE*28*"), &["segment 31 (SE) element 01"]);
    refused(&INVOICE.replace("SE*29*0001", "SE*29*0002"), &["segment 31 (SE) element 02"]);
    refused(&INVOICE.replace("GE*1*417", "GE*2*417"), &["segment 32 (GE) element 01"]);
    refused(&INVOICE.replace("GE*1*417", "GE*1*"), &["segment 32 (GE) element 02"]);
    refused(&INVOICE.replace("IEA*1*", "IEA*3*"), &["segment 33 (IEA) element 01"]);
    refused(&INVOICE.replace("IEA*1*000000417", "IEA*1*9"), &["segment 33 (IEA) element 02"]);
    refused(&INVOICE.replace("CTT*2*104", "CTT*3*104"), &["segment 30 (CTT) element 01"]);
    refused(&INVOICE.replace("CTT*2*104", "CTT*2*105"), &["segment 30 (CTT) element 02"]);
    // leading zeros are not another number
    invoice(&INVOICE.replace("IEA*1*000000417", "IEA*1*417"));
}

#[test]
fn envelopes_must_be_whole() {
    let without = |part: &str| INVOICE.replace(part, "");
    refused(&without("IEA*1*000000417~\r\n"), &["segment 32 (GE)"]);
    assert_eq!(pointers(&without("GE*1*417~\r\n"))[0], "segment 32 (IEA)");
    assert_eq!(pointers(&without("SE*29*0001~\r\n"))[0], "segment 31 (GE)");
    assert_eq!(pointers(&without("ST*810*0001~\r\n"))[0], "segment 3 (BIG)");
    let bare = wrapped(&[]).replace("BIG*20260504*INV-1**PO-9~", "").replace("SE*4", "SE*3");
    refused(&bare, &["segment 5 (SE)", "segment 5 (SE)"]);
    refused("GS*IN*A*B~", &["segment 1 (ISA)"]);
    refused("", &["segment 1 (ISA)"]);
    refused(&INVOICE.replace("ST*810", "ST*832"), &["segment 3 (ST) element 01"]);
    refused(&format!("{INVOICE}BIG*20260504*X~"), &["segment 34 (BIG)"]);
}

#[test]
fn two_interchanges_with_their_own_delimiters_are_both_read() {
    let both = format!("{INVOICE}{}\n", CREDIT.trim_start_matches('\u{feff}'));
    let parsed = read(both.as_bytes()).unwrap();
    let number = |it: &Parsed| match it {
        Parsed::Invoice(it) => it.invoice.supplier_invoice_number.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(parsed.iter().map(number).collect::<Vec<_>>(), ["INV-20417", "CM-88"]);
    // the second starts before the first has ended
    let (cut, _rest) = INVOICE.split_once("IEA").unwrap();
    let overlapping = format!("{cut}{}", CREDIT.trim_start_matches('\u{feff}'));
    refused(&overlapping, &["segment 33 (ISA)"]);
}

#[test]
fn every_fault_is_named_by_segment_and_element() {
    let text = wrapped(&[
        "IT1*1*1e400*EA*NaN",
        "IT1*2*1*EA*",
        "IT1*2*1**5",
        "SAC*C*D240",
        "TDS*10.00",
        "TXI*ST*1.005",
        "AMT*1*x",
    ]);
    let expected = [
        "segment 6 (IT1) element 02",
        "segment 6 (IT1) element 04",
        "segment 7 (IT1) element 04",
        "segment 8 (IT1) element 03",
        "segment 9 (SAC) element 05",
        "segment 10 (TDS) element 01",
        "segment 11 (TXI) element 02",
        "segment 12 (AMT) element 02",
        "segment 8 (IT1) element 01",
    ];
    refused(&text, &expected);
    let lines = vec!["IT1*1*x*EA*1"; 200];
    assert_eq!(pointers(&wrapped(&lines)).len(), 50);
}

#[test]
fn amounts_have_no_more_places_than_their_currency() {
    let yen = |tds: &str| wrapped(&["CUR*SE*JPY", "IT1*1*2*EA*151", &format!("TDS*{tds}")]);
    assert_eq!(invoice(&yen("30200")).invoice.gross_amount.to_string(), "302.00");
    refused(&yen("30250"), &["segment 8 (TDS) element 01"]);
}

#[test]
fn sums_beyond_fifteen_digits_are_refused() {
    let huge = "999999999999999";
    let text = wrapped(&[&format!("IT1*1*{huge}*EA*{huge}"), "TDS*100"]);
    refused(&text, &["segment 6 (IT1) element 04"]);
}

#[test]
fn delimiters_that_cannot_be_told_apart_are_refused() {
    let isa = |sep: &str, tail: &str| format!("ISA{}{tail}", format!("{sep}0").repeat(15) + sep);
    for (sep, tail) in [("*", "*~"), ("*", ">>"), ("*", ">*"), (" ", ">~"), ("*", ">A"), ("*", "")]
    {
        refused(&isa(sep, tail), &["segment 1 (ISA)"]);
    }
    // a blank ends segments only where the line ends after it
    refused(&isa("*", "> GS*IN"), &["segment 1 (ISA)"]);
    let blank = INVOICE.replace("~\r\n", " \r\n");
    assert_eq!(invoice(&blank).invoice.lines.len(), 2);
}

#[test]
fn dates_have_two_or_four_digits_of_year() {
    assert_eq!(date("20260504").unwrap().to_string(), "2026-05-04");
    assert_eq!(date("260504").unwrap().to_string(), "2026-05-04");
    assert_eq!(date("981231").unwrap().to_string(), "1998-12-31");
    for text in ["", "2026-05-04", "20260230", "2605041", "99999999", "+60504"] {
        assert!(date(text).is_err(), "{text}");
    }
}

#[test]
fn latin_letters_of_old_systems_are_read() {
    let mut bytes = INVOICE.replace("Dayton", "Dayt@n").into_bytes();
    let place = bytes.iter().position(|it| *it == b'@').unwrap();
    bytes[place] = 0xf6;
    assert_eq!(read(&bytes).unwrap().len(), 1);
}

#[test]
fn ten_thousand_lines_are_read() {
    let mut body: Vec<String> = (0..10_000).map(|it| format!("IT1*{it}*1*EA*1.25")).collect();
    body.push("TDS*1250000".into());
    // a trailer that comes again and again is checked once
    body.extend(vec!["CTT*10000*10000".to_owned(); 10_000]);
    let body: Vec<&str> = body.iter().map(String::as_str).collect();
    let parsed = invoice(&wrapped(&body));
    assert_eq!(parsed.invoice.lines.len(), 10_000);
    assert_eq!(parsed.difference(), canonical::Exact::default());
}

#[test]
fn charges_without_end_are_refused() {
    let mut body = vec!["TDS*0"];
    body.extend(vec!["SAC*C*D240***1"; 1_002]);
    refused(&wrapped(&body), &["segment 1007 (SAC)", "segment 1008 (SAC)"]);
}

#[test]
fn a_hundred_thousand_lines_are_refused_quickly() {
    let lines: Vec<String> = (0..100_000).map(|it| format!("IT1*{it}*1*EA*1")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    refused(&wrapped(&lines), &["segment 10006 (IT1)"]);
    let flood = format!("{}{}", INVOICE.split_once("ST*").unwrap().0, "A~".repeat(1_100_000));
    assert_eq!(pointers(&flood)[0], "segment 1000001 (too many)");
    let long = format!("{}{}", INVOICE.split_once("ST*").unwrap().0, "A".repeat(1_000_000));
    refused(&long, &["segment 3 (too long)"]);
}

#[test]
fn of_identifiers_without_end_the_first_are_kept() {
    let tax: Vec<String> = (0..60).map(|it| format!("REF*TJ*{it}")).collect();
    let party: Vec<&str> = tax.iter().map(String::as_str).collect();
    let mut body = vec![];
    for _party in 0..150 {
        body.push("N1*VN*MedSurg");
        body.extend(&party);
    }
    body.extend(["IT1*1*1*EA*1", "TDS*100"]);
    let parsed = invoice(&wrapped(&body));
    assert_eq!(parsed.supplier.ids.len(), 50);
    assert_eq!(parsed.supplier.ids[0], external("x12:92", "supplier", "SUP-1"));
}
