//! A supplier's own user: sees what is its own, and of everything else not even that it exists.

use serde_json::{Value, json};
use tests::{INVOICES, TestGateway, demo};

const TIMELINE: &str = "/consumption/v1/timeline";

#[tokio::test]
async fn a_supplier_submits_and_reads_its_own_invoices() {
    let gateway = TestGateway::start().await;
    let supplier = gateway.supplier("SUP-1001");
    let answer = supplier.submit(&demo::invoice("matched")).await;
    assert_eq!(answer.expect(202)["outcome"], "matched", "{}", answer.words());
    gateway.work().await;
    let id = answer.json["id"].as_str().unwrap();
    let record = supplier.get(&format!("{INVOICES}/{id}")).await;
    assert_eq!(record.expect(200)["erp_document"]["status"], "posted");
    let story = supplier.get(&format!("{TIMELINE}?invoice={id}")).await;
    assert_eq!(story.expect(200)["refs"]["purchase_orders"], json!(["PO-1001"]));
    assert_eq!(story.json["refs"]["receipts"], json!(["GR-70001"]));
}

#[tokio::test]
async fn a_supplier_submits_for_nobody_else() {
    let gateway = TestGateway::start().await;
    let supplier = gateway.supplier("SUP-1001");
    for name in ["price above", "unknown supplier", "inactive supplier"] {
        supplier.submit(&demo::invoice(name)).await.refused(403, "forbidden");
    }
    let bytes = demo::document("invoice.ubl.xml");
    let answer = supplier.post_as("application/xml", INVOICES, bytes.clone()).await;
    answer.refused(403, "forbidden");
    assert_eq!(gateway.event_position().await, 0, "nothing was kept");
    let own = gateway.supplier("SUP-1002").post_as("application/xml", INVOICES, bytes).await;
    assert_eq!(own.status, 202, "{}", own.words());
}

#[tokio::test]
async fn a_list_holds_a_suppliers_own_invoices_whatever_it_asks_for() {
    let gateway = TestGateway::start().await;
    for invoice in demo::invoices() {
        gateway.admin().submit(&invoice.request).await.expect(202);
    }
    let supplier = gateway.supplier("SUP-1008");
    let admin = gateway.admin().get(&format!("{INVOICES}?supplier=SUP-1008&limit=200")).await;
    let own = admin.expect(200)["items"].as_array().unwrap();
    assert!(own.len() >= 2);
    for query in ["", "&supplier=SUP-1008"] {
        let list = supplier.get(&format!("{INVOICES}?limit=200{query}")).await;
        assert_eq!(list.expect(200)["items"].as_array().unwrap(), own, "{query}");
    }
    for query in ["supplier=SUP-1001", "supplier=SUP-1001&reason=PRC-01", "state=paid"] {
        let list = supplier.get(&format!("{INVOICES}?{query}")).await;
        assert_eq!(list.expect(200)["items"], json!([]), "{query}");
    }
    // the cursor of somebody else's list opens nothing either
    let page = gateway.admin().get(&format!("{INVOICES}?limit=1")).await;
    let cursor = page.expect(200)["next_cursor"].as_str().unwrap();
    let list = supplier.get(&format!("{INVOICES}?limit=200&cursor={cursor}")).await;
    for item in list.expect(200)["items"].as_array().unwrap() {
        assert_eq!(item["supplier_id"], "SUP-1008");
    }
}

/// A problem without what is different in each.
fn plain(mut problem: Value, name: &str) -> Value {
    problem.as_object_mut().unwrap().remove("request_id");
    let text = problem.to_string().replace(name, "IT");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn anothers_document_is_as_one_that_does_not_exist() {
    let gateway = TestGateway::start().await;
    let answer = gateway.ap().submit(&demo::invoice("matched")).await;
    gateway.work().await;
    let id = answer.expect(202)["id"].as_str().unwrap();
    let payable = gateway.payables("SUP-1001", "NW-260915-01").await[0].id.to_string();
    let stranger = gateway.supplier("SUP-1002");
    for (path, theirs, nothing) in [
        (format!("{INVOICES}/"), id, "inv_0"),
        (format!("{TIMELINE}?invoice="), id, "inv_0"),
        (format!("{TIMELINE}?invoice="), "NW-260915-01", "NW-0"),
        (format!("{TIMELINE}?purchase_order="), "PO-1001", "PO-9999"),
        (format!("{TIMELINE}?correlation_id="), "PO-1001", "PO-9999"),
        (format!("{TIMELINE}?receipt="), "GR-70001", "GR-0"),
        (format!("{TIMELINE}?payment="), payable.as_str(), "PAY-0"),
    ] {
        let hidden = stranger.get(&format!("{path}{theirs}")).await;
        let unknown = stranger.get(&format!("{path}{nothing}")).await;
        hidden.refused(404, "not_found");
        unknown.refused(404, "not_found");
        assert_eq!(
            plain(hidden.json.clone(), theirs),
            plain(unknown.json.clone(), nothing),
            "{path} tells that {theirs} is there"
        );
    }
}

#[tokio::test]
async fn anothers_order_on_an_invoice_is_as_one_that_does_not_exist() {
    let gateway = TestGateway::start().await;
    let supplier = gateway.supplier("SUP-1002");
    // PO-1017 went to SUP-1001, in this price and quantity
    let theirs = supplier.submit(&demo::invoice("another supplier's order")).await;
    assert_eq!(theirs.reasons(), ["PO-02"], "{}", theirs.words());
    let mut body = demo::invoice("another supplier's order");
    body["invoice"]["supplier_invoice_number"] = json!("CV-0");
    body["invoice"]["lines"][0]["purchase_order_number"] = json!("PO-9999");
    let unknown = supplier.submit(&body).await;
    assert_eq!(
        plain_decision(theirs.expect(202), "PO-1017"),
        plain_decision(unknown.expect(202), "PO-9999"),
    );
    let id = theirs.json["id"].as_str().unwrap();
    let record = supplier.get(&format!("{INVOICES}/{id}")).await;
    let text = String::from_utf8(record.bytes.to_vec()).unwrap();
    assert!(!text.contains("SUP-1001"), "{text}");
    assert!(!text.contains("ELM-PARK"), "the facility of the order: {text}");
    let story = supplier.get(&format!("{TIMELINE}?invoice={id}")).await;
    assert_eq!(story.expect(200)["lines"], json!([]));
    assert_eq!(story.json["refs"]["receipts"], json!([]));
    let seen = gateway.ap().submit(&body_for("OTHER-7")).await;
    assert_eq!(seen.reasons(), ["SUP-02"], "accounts payable is told");
}

fn body_for(number: &str) -> Value {
    let mut body = demo::invoice("another supplier's order");
    body["invoice"]["supplier_invoice_number"] = json!(number);
    body
}

fn plain_decision(answer: &Value, order: &str) -> Value {
    let mut answer = answer.clone();
    for field in ["id", "links"] {
        answer.as_object_mut().unwrap().remove(field);
    }
    serde_json::from_str(&answer.to_string().replace(order, "IT")).unwrap()
}

#[tokio::test]
async fn a_story_with_others_in_it_is_told_without_them() {
    let gateway = TestGateway::start().await;
    // somebody else bills SUP-1001's order: an invoice in the story of PO-1017
    let foreign = gateway.ap().submit(&demo::invoice("another supplier's order")).await;
    let foreign = foreign.expect(202)["id"].as_str().unwrap();
    let order = ("PO-1017", 10);
    let own = demo::bill("NW-1", "SUP-1001", order, "8 CS", ("390.00", "3120.00"));
    let own = gateway.ap().submit(&own).await;
    assert_eq!(own.expect(202)["outcome"], "matched", "{}", own.words());
    gateway.work().await;
    let path = format!("{TIMELINE}?purchase_order=PO-1017");
    let story = gateway.supplier("SUP-1001").get(&path).await;
    assert_eq!(story.expect(200)["refs"]["invoices"], json!([own.json["id"]]));
    assert_eq!(story.json["refs"]["suppliers"], json!(["SUP-1001"]));
    let text = story.json.to_string();
    assert!(!text.contains(foreign) && !text.contains("SUP-1002"), "{text}");
    assert!(!text.contains("CV-88177"), "{text}");
}

#[tokio::test]
async fn more_scopes_do_not_show_a_supplier_more_suppliers() {
    let gateway = TestGateway::start().await;
    for invoice in demo::invoices() {
        gateway.admin().submit(&invoice.request).await.expect(202);
    }
    gateway.work().await;
    let scopes = stack::sandbox::scopes(canonical::Role::Admin);
    let supplier = gateway.supplier_scoped("SUP-1001", &scopes);
    for (path, owner) in [
        ("/system/v1/suppliers", "id"),
        ("/system/v1/purchase-orders", "supplier_id"),
        ("/system/v1/payables", "supplier_id"),
        ("/process/v1/invoices", "supplier_id"),
        ("/consumption/v1/exceptions", "supplier_id"),
    ] {
        let list = supplier.get(&format!("{path}?limit=200")).await;
        let items = list.expect(200)["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{path}");
        for item in items {
            assert_eq!(item[owner], "SUP-1001", "{path}: {item}");
        }
    }
    let receipts = supplier.get("/system/v1/receipts?limit=200").await;
    let orders = supplier.get("/system/v1/purchase-orders?limit=200").await;
    let own: Vec<&Value> =
        orders.expect(200)["items"].as_array().unwrap().iter().map(|it| &it["number"]).collect();
    for receipt in receipts.expect(200)["items"].as_array().unwrap() {
        assert!(own.contains(&&receipt["purchase_order_number"]), "{receipt}");
    }
    for path in [
        "/system/v1/suppliers/SUP-1002",
        "/system/v1/purchase-orders/PO-1003",
        "/system/v1/receipts/GR-70003",
        "/system/v1/payables/PAY-00000002",
    ] {
        supplier.get(path).await.refused(404, "not_found");
    }
}
