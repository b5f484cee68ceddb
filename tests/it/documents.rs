//! Documents of trading partners over HTTP: read without submitting, and orders sent out.

use serde_json::{Value, json};
use tests::{TestGateway, demo};

const READINGS: &str = "/process/v1/document-readings";
const X12: &str = "application/edi-x12";

#[tokio::test]
async fn a_document_is_read_and_nothing_is_submitted() {
    let gateway = TestGateway::start().await;
    let answer = gateway.ap().post_as(X12, READINGS, demo::document("invoice.810")).await;
    let reading = answer.expect(200);
    assert_eq!(reading["mapping"], "x12@1");
    let document = &reading["documents"][0];
    assert_eq!((&document["kind"], &document["is_read"]), (&json!("810"), &json!(true)));
    assert_eq!(document["invoice"]["supplier_invoice_number"], "NW-261016-23");
    assert_eq!(document["totals"]["difference"], "0");
    let acknowledgement = reading["acknowledgements"][0].as_str().unwrap();
    assert!(acknowledgement.contains("AK9*A*1*1*1"), "{acknowledgement}");
    assert_eq!(gateway.event_position().await, 0, "nothing was kept");
    for (name, media_type) in
        [("invoice.ubl.xml", "application/xml"), ("invoice.810", "application/json")]
    {
        let answer = gateway.ap().post_as(media_type, READINGS, demo::document(name)).await;
        let is_read = &answer.expect(200)["documents"][0]["is_read"];
        assert_eq!(*is_read, json!(name != "invoice.810"), "{name}");
    }
}

#[tokio::test]
async fn a_fault_of_a_document_has_its_place() {
    let gateway = TestGateway::start().await;
    let text = String::from_utf8(demo::document("invoice.810")).unwrap();
    let answer = gateway.ap().post_as(X12, READINGS, text.replace("TDS*", "TDS*x")).await;
    let document = &answer.expect(200)["documents"][0];
    assert_eq!(document["is_read"], json!(false));
    let pointer = document["faults"][0]["pointer"].as_str().unwrap();
    assert!(pointer.ends_with("(TDS) element 01"), "{pointer}");
    let acknowledgement = answer.json["acknowledgements"][0].as_str().unwrap();
    assert!(acknowledgement.contains("AK9*R*1*1*0"), "{acknowledgement}");
    gateway.ap().post_as(X12, READINGS, "no X12").await.refused(400, "invalid");
    let answer = gateway.ap().post_as("text/csv", READINGS, "a;b").await;
    answer.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn an_order_is_sent_to_its_supplier_and_to_nobody_else() {
    let gateway = TestGateway::start().await;
    let path = "/process/v1/purchase-orders/PO-1001/document";
    let answer = gateway.supplier("SUP-1001").get(path).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, X12));
    let sent = answer.bytes.clone();
    let own = gateway.ap().get("/system/v1/purchase-orders/PO-1001").await;
    let own = own.expect(200).clone();
    let read = gateway.supplier("SUP-1001").post_as(X12, READINGS, sent).await;
    let order = &read.expect(200)["documents"][0]["purchase_order"];
    assert_eq!(order["number"], own["number"]);
    assert_eq!(order["supplier_id"], own["supplier_id"]);
    let quantities = |order: &Value| -> Vec<Value> {
        order["lines"].as_array().unwrap().iter().map(|it| it["quantity"].clone()).collect()
    };
    assert_eq!(quantities(order), quantities(&own));
    gateway.supplier("SUP-1002").get(path).await.refused(404, "not_found");
    let missing = "/process/v1/purchase-orders/PO-NONE/document";
    gateway.ap().get(missing).await.refused(404, "not_found");
}
