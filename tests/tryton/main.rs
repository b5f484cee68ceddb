//! The whole road against real Tryton 8.0 servers: orders and receipts in one database (the
//! procurement platform), payables in another (the finance ERP). `tests/run tryton` starts them.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test says what is wrong by failing"
)]

mod conformance;
mod gateway;
mod outage;
mod rpc;

use gateway::Gateway;
use rpc::Tryton;
use serde_json::{Value, json};
use tokio::sync::RwLock;

/// Who reads it needs Tryton to be there; who writes it takes Tryton away.
static TRYTON_IS_UP: RwLock<()> = RwLock::const_new(());

/// What `tests/tryton/serve` started and seeded.
fn seeded() -> Value {
    let path = std::env::var("THREEWAY_TRYTON").expect("run this by `tests/run tryton`");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The first line of a seeded order: number, line number.
fn order(name: &str) -> (String, u64) {
    let order = &seeded()["orders"][name];
    let line = order["lines"][0]["line_number"].as_u64().unwrap();
    (order["number"].as_str().unwrap().to_owned(), line)
}

/// An X12 810 of one line, in USD, with the segment count it needs.
fn x12(number: &str, order: &(String, u64), quantity: u32, price: &str, total: &str) -> String {
    let cents = total.replace('.', "");
    let body = [
        "ST*810*0001".to_owned(),
        format!("BIG*20260510*{number}**{}***DI", order.0),
        "CUR*SE*USD".to_owned(),
        "REF*PO*".to_owned() + &order.0,
        "N1*SE*MedSurg Supply Co*92*SUP-1001".to_owned(),
        format!("IT1*1*{quantity}*EA*{price}**BP*GLV-NIT-M*PL*{}", order.1),
        format!("TDS*{cents}"),
        "CTT*1".to_owned(),
    ];
    let count = body.len() + 1;
    format!(
        "ISA*00*{blank}*00*{blank}*ZZ*MEDSURG        *ZZ*LAKESIDE       *260510*1200*U*00401*\
         000000007*0*P*>~GS*IN*MEDSURG*LAKESIDE*20260510*1200*7*X*004010~{}~SE*{count}*0001~\
         GE*1*7~IEA*1*000000007~",
        body.join("~"),
        blank = " ".repeat(10),
    )
}

/// A UBL 2.1 invoice of one line, in USD.
fn ubl(number: &str, order: &(String, u64), quantity: u32, price: &str, total: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-05-11</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>USD</cbc:DocumentCurrencyCode>
  <cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyIdentification><cbc:ID>SUP-1001</cbc:ID></cac:PartyIdentification>
    <cac:PartyLegalEntity><cbc:RegistrationName>MedSurg Supply Co</cbc:RegistrationName>
    </cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="USD">{total}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="USD">{total}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="USD">{total}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="USD">{total}</cbc:PayableAmount></cac:LegalMonetaryTotal>
  <cac:InvoiceLine><cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="EA">{quantity}</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="USD">{total}</cbc:LineExtensionAmount>
    <cac:OrderLineReference><cbc:LineID>{line}</cbc:LineID></cac:OrderLineReference>
    <cac:Item><cbc:Name>Gloves</cbc:Name><cac:BuyersItemIdentification>
      <cbc:ID>GLV-NIT-M</cbc:ID></cac:BuyersItemIdentification></cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="USD">{price}</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
</Invoice>"#,
        order = order.0,
        line = order.1,
    )
}

#[tokio::test]
async fn an_810_for_a_received_order_is_matched_and_booked_once() {
    let _up = TRYTON_IS_UP.read().await;
    let gateway = Gateway::start().await;
    let finance = Tryton::login("payables").await;
    let document = x12("MS-810-1", &order("received"), 100, "12.50", "1250.00");
    let first = gateway.submit("k-1", "application/edi-x12", &document).await;
    assert_eq!((first.status, &first.body["outcome"]), (202, &json!("matched")), "{first:?}");
    let id = first.body["id"].as_str().unwrap();
    let record = gateway.booked(id).await;
    assert_eq!(record["erp_document"]["status"], "posted", "{record:#}");

    for key in ["k-1", "k-2"] {
        let again = gateway.submit(key, "application/edi-x12", &document).await;
        assert_eq!((again.status, &again.body), (202, &first.body));
        assert_eq!(again.replayed.as_deref(), Some("true"));
    }
    gateway.is_idle().await;

    let invoices = finance.invoices("MS-810-1").await;
    assert_eq!(invoices.len(), 1, "{invoices:#?}");
    let posted = &invoices[0];
    assert_eq!((&posted["state"], &posted["type"]), (&json!("posted"), &json!("in")));
    assert_eq!(posted["total_amount"]["decimal"], "1250.00");
    let lines = posted["lines."].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["quantity"], json!(100.0));
    assert_eq!(rpc::decimal(&lines[0]["unit_price"]), "12.5");
    assert_eq!(record["erp_document"]["document_number"], posted["number"]);

    let timeline = gateway.get(&format!("/consumption/v1/timeline?invoice={id}")).await;
    let parts = timeline["parts"].as_array().unwrap();
    assert!(parts.iter().all(|it| it["status"] == "ok"), "{parts:#?}");
    assert_eq!(timeline["lines"][0]["ordered"]["value"], "100");
    assert_eq!(timeline["lines"][0]["received"]["value"], "100");
    assert_eq!(timeline["lines"][0]["invoiced"]["amount"]["amount"], "1250.00");
}

#[tokio::test]
async fn an_810_over_the_received_quantity_is_blocked_and_nothing_is_booked() {
    let _up = TRYTON_IS_UP.read().await;
    let gateway = Gateway::start().await;
    let document = x12("MS-810-2", &order("partial"), 100, "12.50", "1250.00");
    let answer = gateway.submit("k-1", "application/edi-x12", &document).await;
    assert_eq!((answer.status, &answer.body["outcome"]), (202, &json!("blocked")), "{answer:?}");
    let codes: Vec<&Value> =
        answer.body["reasons"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["QTY-02"]);
    gateway.is_idle().await;
    assert!(Tryton::login("payables").await.invoices("MS-810-2").await.is_empty());
}

#[tokio::test]
async fn a_ubl_invoice_two_percent_over_is_within_tolerance_and_booked() {
    let _up = TRYTON_IS_UP.read().await;
    let gateway = Gateway::start().await;
    let document = ubl("MS-UBL-1", &order("received_2"), 100, "12.75", "1275.00");
    let answer = gateway.submit("k-1", "application/xml", &document).await;
    assert_eq!(answer.body["outcome"], "matched_within_tolerance", "{answer:?}");
    let record = gateway.booked(answer.body["id"].as_str().unwrap()).await;
    assert_eq!(record["erp_document"]["status"], "posted", "{record:#}");
    let invoices = Tryton::login("payables").await.invoices("MS-UBL-1").await;
    assert_eq!(invoices.len(), 1);
    assert_eq!(invoices[0]["total_amount"]["decimal"], "1275.00");
}

#[tokio::test]
async fn two_invoices_at_once_for_the_same_goods_are_never_both_matched() {
    let _up = TRYTON_IS_UP.read().await;
    let gateway = Gateway::start().await;
    let order = order("received_3");
    let one = x12("MS-810-3A", &order, 100, "12.50", "1250.00");
    let other = x12("MS-810-3B", &order, 100, "12.50", "1250.00");
    let (one, other) = tokio::join!(
        gateway.submit("k-1", "application/edi-x12", &one),
        gateway.submit("k-2", "application/edi-x12", &other),
    );
    let mut outcomes = [&one.body["outcome"], &other.body["outcome"]];
    outcomes.sort_by_key(|it| it.as_str());
    // nearly the same number, amount and lines, and nothing left to receive: a suspect besides
    assert_eq!(outcomes, ["exception", "matched"], "{one:?} {other:?}");
    let second = if one.body["outcome"] == "matched" { &other } else { &one };
    let reasons = second.body["reasons"].as_array().unwrap();
    for code in ["DUP-03", "DUP-04", "QTY-02"] {
        assert!(reasons.iter().any(|it| it["code"] == code), "{code}: {second:?}");
    }
}
