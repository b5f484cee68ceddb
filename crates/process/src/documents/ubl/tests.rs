use super::*;
use canonical::{ChargeKind, ExternalId};

const INVOICE: &str = include_str!("../fixtures/invoice.ubl.xml");
const CREDIT: &str = include_str!("../fixtures/credit.ubl.xml");

fn read(bytes: &[u8]) -> Result<Parsed> {
    super::read(bytes, &UblMapping::default_shipped().unwrap())
}

#[track_caller]
fn invoice(text: &str) -> ParsedInvoice {
    match read(text.as_bytes()).unwrap() {
        Parsed::Invoice(invoice) => *invoice,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(text: &str, expected: &[&str]) {
    let error = read(text.as_bytes()).unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, expected, "{error:?}");
}

#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(INVOICE.contains(from), "{from}");
    INVOICE.replacen(from, to, 1)
}

fn external(system: &str, entity: &str, key: &str) -> ExternalId {
    ExternalId { system: system.into(), entity: entity.into(), key: key.into() }
}

#[test]
fn an_invoice_has_everything_that_its_document_says() {
    let parsed = invoice(INVOICE);
    let it = &parsed.invoice;
    assert_eq!(it.supplier_invoice_number.as_str(), "NL-2026-118");
    assert_eq!(
        (it.kind, it.invoice_date.to_string()),
        (InvoiceKind::Standard, "2026-05-04".into())
    );
    assert_eq!((it.supplier_id.as_str(), it.currency.code()), ("SUP-7", "EUR"));
    assert_eq!(
        it.charges,
        [Charge { kind: ChargeKind::Freight, amount: "12.00".parse().unwrap() }]
    );
    assert_eq!(it.discount_amount.to_string(), "2.00");
    assert_eq!(it.tax_amount.to_string(), "20.90");
    assert_eq!(it.gross_amount.to_string(), "130.90");
    assert_eq!(parsed.difference(), Exact::default());
    assert_eq!(parsed.stated.prepaid.unwrap().to_string(), "30.00");
    assert_eq!(parsed.stated.rounding.unwrap().to_string(), "0.10");
    assert_eq!(parsed.stated.payable.unwrap().to_string(), "101.00");
    let ids = [
        external("ubl:account", "supplier", "SUP-7"),
        external("duns", "supplier", "081234567"),
        external("gln", "supplier", "4006381333931"),
        external("tax", "supplier", "DE123456789"),
    ];
    assert_eq!(parsed.supplier.ids, ids);
    assert_eq!(parsed.supplier.name.as_deref(), Some("Nordlicht Medizin & Labor"));
    let places = [
        external("gln", "facility", "0614141000005"),
        external("name", "facility", "Lakeside Health"),
    ];
    assert_eq!(parsed.buyer_facility, places);
}

#[test]
fn a_line_names_its_order_its_receipt_and_its_item() {
    let lines = invoice(INVOICE).invoice.lines;
    let first = &lines[0];
    assert_eq!(first.purchase_order_number.as_ref().unwrap().as_str(), "PO-31");
    assert_eq!(first.purchase_order_line, Some(10));
    assert_eq!(first.receipt_number.as_ref().unwrap().as_str(), "R-55");
    assert_eq!(first.item_id.as_ref().unwrap().as_str(), "DRS-10");
    assert_eq!(first.gtin.as_ref().unwrap().as_str(), "00614141007349");
    assert_eq!(first.description, "Wound dressing 10 x 10 <cm>");
    assert_eq!((first.quantity.uom.as_str(), first.price_base.to_string()), ("BX", "10".into()));
    assert_eq!(
        (first.discount_amount.to_string(), first.net_amount.to_string()),
        ("10.00".into(), "90.00".into())
    );
    let second = &lines[1];
    assert_eq!(second.purchase_order_number.as_ref().unwrap().as_str(), "PO-32");
    assert_eq!((second.purchase_order_line, second.gtin.as_ref()), (None, None));
    assert_eq!(second.quantity.uom.as_str(), "HR");
}

#[test]
fn a_credit_note_stays_positive_and_numbers_its_lines_by_position() {
    let it = invoice(CREDIT).invoice;
    assert_eq!((it.kind, it.supplier_id.as_str()), (InvoiceKind::QuantityCredit, "Sakura KK"));
    assert_eq!(it.gross_amount.to_string(), "302.00");
    assert_eq!(it.lines[0].line_number, 1);
    let without =
        CREDIT.replace(r#"<cbc:CreditedQuantity unitCode="C62">2</cbc:CreditedQuantity>"#, "");
    assert_eq!(invoice(&without).invoice.kind, InvoiceKind::PriceCredit);
    let finer = CREDIT.replace("302.00", "302.50");
    refused(&finer, &["/CreditNote/LegalMonetaryTotal/TaxInclusiveAmount"]);
}

#[test]
fn the_type_code_says_what_kind_it_is() {
    for (code, kind) in [
        ("380", InvoiceKind::Standard),
        ("384", InvoiceKind::Standard),
        ("381", InvoiceKind::QuantityCredit),
        ("383", InvoiceKind::Debit),
        ("386", InvoiceKind::Prepayment),
        ("389", InvoiceKind::SelfBilled),
        ("780", InvoiceKind::FreightOnly),
    ] {
        assert_eq!(invoice(&changed(">380<", &format!(">{code}<"))).invoice.kind, kind);
    }
}

#[test]
fn every_fault_is_named_by_its_path() {
    let line = "/Invoice/InvoiceLine[2]";
    for (from, to, pointer) in [
        (">20.000000<", ">1e400<", format!("{line}/Price/PriceAmount")),
        (">20.000000<", ">NaN<", format!("{line}/Price/PriceAmount")),
        (">20.000000<", ">0.0000001<", format!("{line}/Price/PriceAmount")),
        ("<b:ID>2</b:ID>", "<b:ID>1</b:ID>", format!("{line}/ID")),
        (">0.5<", "><", format!("{line}/InvoicedQuantity")),
        ("unitCode=\"HUR\"", "", format!("{line}/InvoicedQuantity")),
        (">10.00</b:LineE", ">10.001</b:LineE", format!("{line}/LineExtensionAmount")),
        ("unitCode=\"BX\"", "unitCode=\"CS\"", "/Invoice/InvoiceLine[1]/Price/BaseQuantity".into()),
        ("BX\">10<", "BX\">0<", "/Invoice/InvoiceLine[1]/Price/BaseQuantity".into()),
        ("2026-05-04+02:00", "04.05.2026", "/Invoice/IssueDate".into()),
        (">EUR<", ">EURO<", "/Invoice/DocumentCurrencyCode".into()),
        (">false<", ">no<", "/Invoice/AllowanceCharge[2]/ChargeIndicator".into()),
        ("\"EUR\">2.00", "\"USD\">2.00", "/Invoice/AllowanceCharge[2]/Amount".into()),
        ("<b:ID>NL-2026-118</b:ID>", "", "/Invoice/ID".into()),
        ("<b:IssueDate>2026-05-04+02:00</b:IssueDate>", "", "/Invoice/IssueDate".into()),
    ] {
        let error = read(changed(from, to).as_bytes()).unwrap_err();
        assert_eq!(error.fields()[0].pointer, pointer, "{from} → {to}: {error:?}");
    }
}

#[test]
fn faults_are_collected() {
    let text = changed(">20.000000<", ">x<").replace(">0.5<", ">y<").replace(">50.00<", ">z<");
    let expected = [
        "/Invoice/InvoiceLine[1]/Price/PriceAmount",
        "/Invoice/InvoiceLine[2]/InvoicedQuantity",
        "/Invoice/InvoiceLine[2]/Price/PriceAmount",
    ];
    refused(&text, &expected);
}

#[test]
fn the_tax_must_be_stated_in_the_documents_currency() {
    let text =
        changed("<b:TaxAmount currencyID=\"EUR\">20.90", "<b:TaxAmount currencyID=\"NOK\">20.90");
    refused(&text, &["/Invoice/TaxTotal[1]/TaxAmount"]);
}

#[test]
fn what_is_no_ubl_is_refused_by_its_root() {
    refused("<cXML version=\"1.2\"/>", &["/cXML"]);
    refused("<Invoice/>", &["/Invoice"]);
    refused("<Invoice xmlns=\"urn:example\"/>", &["/Invoice"]);
    refused("", &["/"]);
    refused("<!-- nothing -->", &["/"]);
}

#[test]
fn document_types_and_their_entities_are_refused() {
    let root = "<i:Invoice";
    for declaration in [
        "<!DOCTYPE i:Invoice>",
        "<!DOCTYPE i:Invoice SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE i:Invoice [<!ENTITY x SYSTEM \"http://localhost/x\">]>",
        "<!DOCTYPE i:Invoice [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY c \"&b;&b;\">]>",
    ] {
        refused(&changed(root, &format!("{declaration}{root}")), &["/"]);
    }
    refused(&changed("NL-2026-118", "&a;"), &["/Invoice/ID"]);
    refused(&changed("NL-2026-118", "&#0;"), &["/Invoice/ID"]);
    assert_eq!(
        invoice(&changed("NL-2026-118", "A&#x42;&lt;")).invoice.supplier_invoice_number.as_str(),
        "AB<"
    );
}

#[test]
fn other_character_sets_are_refused_politely() {
    refused(&changed("UTF-8", "ISO-8859-1"), &["byte 0"]);
    let mut bytes = INVOICE.as_bytes().to_vec();
    bytes[100] = 0xe4;
    let error = read(&bytes).unwrap_err();
    assert_eq!(error.fields()[0].pointer, "byte 100");
    let wide: Vec<u8> = INVOICE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide).unwrap_err().fields().len(), 1);
}

#[test]
fn malformed_xml_is_refused_where_it_breaks() {
    refused(&changed("</i:Invoice>", ""), &["/Invoice"]);
    refused(&changed("</i:Invoice>", "</i:Bill>"), &["/Invoice"]);
    refused(&changed("</i:Invoice>", "</i:Invoice>x"), &["/"]);
    refused(&changed("</i:Invoice>", "</i:Invoice><i:Invoice/>"), &["/"]);
    refused(&changed("<b:ID>2</b:ID>", "<q:ID>2</q:ID>"), &["/Invoice/InvoiceLine[2]"]);
    refused(&changed("unitCode=\"HUR\"", "unitCode=HUR"), &["/Invoice/InvoiceLine[2]"]);
    refused(
        &changed("unitCode=\"HUR\"", "unitCode=\"a\" unitCode=\"b\""),
        &["/Invoice/InvoiceLine[2]"],
    );
}

#[test]
fn a_million_nested_elements_are_refused_quickly() {
    let (head, tail) = INVOICE.split_once("<a:OrderReference>").unwrap();
    let nested = "<b:X>".repeat(1_000_000);
    refused(&format!("{head}{nested}<a:OrderReference>{tail}"), &["/Invoice"]);
    refused(
        &format!("{head}{}", "<a:Party>".repeat(1_000_000)),
        &[&format!("/Invoice{}", "/Party".repeat(31))],
    );
}

#[test]
fn floods_are_refused() {
    let (head, tail) = INVOICE.split_once("<a:OrderReference>").unwrap();
    let with = |more: &str| format!("{head}{more}<a:OrderReference>{tail}");
    refused(&with(&"<b:ID/>".repeat(600_000)), &["/Invoice"]);
    refused(&with(&"<b:X/>".repeat(2_100_000)), &["/Invoice"]);
    refused(&with(&"<a:InvoiceLine/>".repeat(100_000)), &["/Invoice/InvoiceLine[10001]"]);
    refused(&changed("NL-2026-118", &"9".repeat(20_000)), &["/Invoice/ID"]);
    refused(
        &changed("unitCode=\"HUR\"", &format!("unitCode=\"{}\"", "H".repeat(20_000))),
        &["/Invoice/InvoiceLine[2]"],
    );
    let charge = "<a:AllowanceCharge><b:ChargeIndicator>true</b:ChargeIndicator>\
                  <b:Amount>0</b:Amount></a:AllowanceCharge>";
    refused(&with(&charge.repeat(1_001)), &["/Invoice/AllowanceCharge[1001]"]);
    // what is not read may be long: an attachment
    let attachment = format!("<b:Attachment>{}</b:Attachment>", "QUJD".repeat(100_000));
    assert_eq!(invoice(&with(&attachment)).invoice.lines.len(), 2);
}

#[test]
fn what_stands_twice_and_may_stand_once_is_refused() {
    for (element, pointer) in [
        ("<b:ID>NL-2026-118</b:ID>", "/Invoice/ID"),
        ("<b:IssueDate>2026-05-04+02:00</b:IssueDate>", "/Invoice/IssueDate"),
    ] {
        assert!(INVOICE.contains(element), "{element}");
        refused(&INVOICE.replacen(element, &element.repeat(2), 1), &[pointer]);
    }
}

#[test]
fn what_is_left_to_pay_must_follow_from_the_other_totals() {
    let text = INVOICE.replace(">101.00</b:PayableAmount>", ">100.00</b:PayableAmount>");
    let error = read(text.as_bytes()).unwrap_err();
    assert_eq!(error.fields()[0].pointer, "/Invoice/LegalMonetaryTotal/PayableAmount");
}

#[test]
fn an_account_is_kept_as_its_fingerprint_and_a_tax_as_category_and_percent() {
    let with = |account: &str| {
        let means = format!(
            "<a:PaymentMeans><a:PayeeFinancialAccount><b:ID>{account}</b:ID>\
             </a:PayeeFinancialAccount></a:PaymentMeans><a:LegalMonetaryTotal>"
        );
        invoice(&INVOICE.replacen("<a:LegalMonetaryTotal>", &means, 1)).invoice
    };
    let one = with("NO99 9999 9999 999").remit_to.unwrap();
    assert_eq!((one.len(), Some(&one)), (64, with("no999999 9999999").remit_to.as_ref()));
    assert_ne!(with("NO98").remit_to.unwrap(), one);
    let category = "<a:ClassifiedTaxCategory><b:ID>S</b:ID><b:Percent>25.00</b:Percent>\
                    </a:ClassifiedTaxCategory></a:Item>";
    let taxed = invoice(&INVOICE.replacen("</a:Item>", category, 1)).invoice;
    assert_eq!(taxed.lines[0].tax_code.as_deref(), Some("S 25"));
}

const OWN_CODES: &str = include_str!("../fixtures/own_codes.ubl.xml");

#[test]
fn a_partners_own_codes_mean_what_its_mapping_says() {
    let shipped = include_str!("../../../../../config/mappings/ubl.toml");
    let partner = |own: &str| {
        let party = "party = { system = \"gln\", key = \"4006381333931\" }";
        let text = format!("{shipped}\n[[partners]]\nname = \"Nordlicht\"\n{party}\n{own}\n");
        super::read(OWN_CODES.as_bytes(), &UblMapping::parse_toml(&text).unwrap())
    };
    let own = partner("units = { KTN = \"BX\" }\ncharges = { VERSAND = \"freight\" }").unwrap();
    assert_eq!(own, read(INVOICE.as_bytes()).unwrap());
    // nobody's mapping: the match asks what the unit is
    let plain = invoice(OWN_CODES).invoice;
    assert_eq!(plain.lines[0].quantity.uom.as_str(), "KTN");
    assert_eq!(plain.charges[0].kind, ChargeKind::Other);
    let refusing = "habits = { unknown_units = \"refused\", unknown_charges = \"refused\" }";
    let error = partner(refusing).unwrap_err();
    let expected = [
        "/Invoice/InvoiceLine[1]/InvoicedQuantity",
        "/Invoice/AllowanceCharge[1]/AllowanceChargeReasonCode",
    ];
    for pointer in expected {
        let fault = error.fields().iter().find(|it| it.pointer == pointer);
        assert!(fault.is_some_and(|it| it.detail.contains("INT-02")), "{error:?}");
    }
    // another supplier's line is not this one's
    let other = OWN_CODES.replace("4006381333931", "4006381333948");
    assert_ne!(invoice(&other).invoice.lines[0].quantity.uom.as_str(), "BX");
}
