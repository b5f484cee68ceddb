use super::*;
use crate::backends::memory::{Memory, Options};
use axum::body::Body;
use axum::http::Request;
use axum::{Extension, Router};
use canonical::{Clock, Principal};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

fn router(supplier: Option<&str>) -> Router {
    let clock: Clock = Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
    let memory = Memory::open(&Options::default(), &clock).unwrap();
    let system = System::with(Arc::new(memory)).unwrap();
    let principal = Principal {
        id: "test".into(),
        role: None,
        scopes: Default::default(),
        supplier_id: supplier.map(|it| it.parse().unwrap()),
    };
    api().split_for_parts().0.with_state(system).layer(Extension(principal))
}

async fn call(router: &Router, request: Request<Body>) -> (u16, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn get(router: &Router, path: &str) -> (u16, Value) {
    let path = format!("/system/v1/{path}");
    call(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(router: &Router, body: &Value) -> (u16, Value) {
    let request = Request::post("/system/v1/payables").header("content-type", "application/json");
    call(router, request.body(Body::from(body.to_string())).unwrap()).await
}

fn new_payable(invoice: &str) -> Value {
    json!({
        "invoice_id": invoice, "reference": "NW-1", "supplier_id": "SUP-1001",
        "invoice_date": "2026-11-01", "currency": "USD", "gross_amount": "25.00",
        "lines": [{"quantity": {"value": "2", "uom": "BX"}, "unit_price": "12.50",
                   "net_amount": "25.00"}]
    })
}

#[tokio::test]
async fn every_noun_is_listed_and_read() {
    let router = router(None);
    for (noun, key) in [
        ("suppliers", "id"),
        ("items", "id"),
        ("facilities", "id"),
        ("cost-centers", "id"),
        ("purchase-orders", "number"),
        ("receipts", "number"),
        ("payables", "id"),
    ] {
        let (status, page) = get(&router, &format!("{noun}?limit=1")).await;
        assert_eq!(status, 200, "{noun}: {page}");
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert!(page["next_cursor"].is_string(), "{noun}");
        let id = page["items"][0][key].as_str().unwrap();
        let (status, one) = get(&router, &format!("{noun}/{id}")).await;
        assert_eq!((status, one[key].as_str()), (200, Some(id)), "{noun}");
        let (status, problem) = get(&router, &format!("{noun}/NOBODY")).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")), "{noun}");
        let (status, problem) = get(&router, &format!("{noun}?limit=0")).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("?limit")), "{noun}");
        let (status, problem) = get(&router, &format!("{noun}?cursor=abc")).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("?cursor")));
        let (status, _) = get(&router, &format!("{noun}?colour=red")).await;
        assert_eq!(status, 400, "{noun}");
    }
}

#[tokio::test]
async fn what_a_match_needs_besides_is_listed_for_staff_alone() {
    let (staff, supplier) = (router(None), router(Some("SUP-1001")));
    for noun in ["contracts", "usages", "rates", "recalls", "inventory-balances", "fiscal-periods"]
    {
        let (status, page) = get(&staff, &format!("{noun}?limit=1")).await;
        assert_eq!((status, page["items"].as_array().unwrap().len()), (200, 1), "{noun}: {page}");
        let (status, problem) = get(&supplier, noun).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")), "{noun}");
        let (status, problem) = get(&staff, &format!("{noun}?cursor=abc")).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("?cursor")));
    }
}

#[tokio::test]
async fn lists_keep_to_their_filters() {
    let router = router(None);
    let (_, page) = get(&router, "purchase-orders?supplier=SUP-1001&status=dispatched").await;
    let orders = page["items"].as_array().unwrap();
    assert!(orders.len() > 5);
    for it in orders {
        assert_eq!((&it["supplier_id"], &it["status"]), (&json!("SUP-1001"), &json!("dispatched")));
    }
    let (_, page) = get(&router, "receipts?purchase_order=PO-1033").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    let (_, page) = get(&router, "payables?supplier=SUP-1010").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    let (status, problem) = get(&router, "purchase-orders?status=lost").await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("?status")));
}

#[tokio::test]
async fn a_payable_is_booked_once() {
    let router = router(None);
    let (status, first) = post(&router, &new_payable("inv_1")).await;
    assert_eq!((status, first["state"].as_str()), (201, Some("posted")), "{first}");
    let (status, again) = post(&router, &new_payable("inv_1")).await;
    assert_eq!((status, &again), (201, &first));
    let (status, problem) = post(&router, &new_payable("inv_2")).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("conflict")));
    let mut wrong = new_payable("inv_3");
    wrong["reference"] = json!("NW-3");
    wrong["gross_amount"] = json!("25.001");
    let (status, problem) = post(&router, &wrong).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("/gross_amount")));
    wrong["colour"] = json!("red");
    let (status, problem) = post(&router, &wrong).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("/colour")));
}

#[tokio::test]
async fn a_supplier_sees_its_own_and_nothing_else() {
    let router = router(Some("SUP-1002"));
    let (_, page) = get(&router, "suppliers").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    for (noun, own) in [("purchase-orders", "PO-1003"), ("receipts", "PO-1003")] {
        let (_, page) = get(&router, &format!("{noun}?limit=200")).await;
        let text = page.to_string();
        assert!(text.contains(own) && !text.contains("SUP-1001"), "{noun}: {text}");
        assert!(!text.contains("PO-1001"), "{noun}: {text}");
    }
    let (_, page) = get(&router, "purchase-orders?supplier=SUP-1001").await;
    assert_eq!(page, json!({"items": [], "next_cursor": null}));
    let (_, page) = get(&router, "payables").await;
    assert_eq!(page, json!({"items": [], "next_cursor": null}));
    for path in ["suppliers/SUP-1001", "purchase-orders/PO-1001", "payables/PAY-00000001"] {
        assert_eq!(get(&router, path).await.0, 404, "{path}");
    }
    let (_, page) = get(&router, "receipts?purchase_order=PO-1001").await;
    assert_eq!(page, json!({"items": [], "next_cursor": null}));
    let (_, problem) = get(&router, "receipts/GR-70001").await;
    assert_eq!(problem["code"], "not_found");
    assert_eq!(post(&router, &new_payable("inv_1")).await.0, 403);
}

#[test]
fn the_contract_declares_scopes_and_the_key() {
    let document = serde_json::to_value(api().into_openapi()).unwrap();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            operations += 1;
            let scope = operation["security"][0]["token"][0].as_str().unwrap();
            assert!(scope.starts_with("system."), "{path}");
            for response in operation["responses"].as_object().unwrap().values() {
                assert!(response["description"].is_string(), "{path}");
            }
        }
    }
    assert_eq!(operations, 32);
    let parameters = |path: &str| -> Vec<String> {
        let listed = &document["paths"][format!("/system/v1/{path}")]["get"]["parameters"];
        listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().into()).collect()
    };
    let orders = ["number", "requisition", "supplier", "facility", "status", "limit", "cursor"];
    assert_eq!(parameters("purchase-orders"), orders);
    assert_eq!(parameters("receipts"), ["purchase_order", "limit", "cursor"]);
    let payables = ["supplier", "reference", "invoice_id", "purchase_order", "limit", "cursor"];
    assert_eq!(parameters("payables"), payables);
    assert_eq!(parameters("items"), ["id", "limit", "cursor"]);
    assert_eq!(parameters("movements"), ["purchase_order"]);
    let key = &document["paths"]["/system/v1/payables"]["post"]["parameters"][0];
    assert_eq!((&key["name"], &key["required"]), (&json!("Idempotency-Key"), &json!(true)));
}

#[tokio::test]
async fn keys_are_answered_whole_and_once() {
    let staff = router(None);
    for (path, key, expected) in [
        ("suppliers?external_id=duns:990010017", "id", json!(["SUP-1001"])),
        ("suppliers?external_id=d%253Auns:990010017", "id", json!([])),
        ("items?id=GLV-NIT-M&id=NOBODY&id=GLV-NIT-M", "id", json!(["GLV-NIT-M"])),
        ("purchase-orders?number=PO-1002&number=PO-1001", "number", json!(["PO-1001", "PO-1002"])),
        ("purchase-orders?number=PO-1001&supplier=SUP-1002", "number", json!([])),
        ("payables?invoice_id=inv_none", "id", json!([])),
        ("payables?supplier=SUP-1001&reference=NOBODY", "id", json!([])),
    ] {
        let (status, page) = get(&staff, path).await;
        assert_eq!(status, 200, "{path}: {page}");
        let keys: Vec<_> = page["items"].as_array().unwrap().iter().map(|it| &it[key]).collect();
        assert_eq!((json!(keys), &page["next_cursor"]), (expected, &Value::Null), "{path}");
    }
    for (noun, query) in [
        ("contracts", "supplier=SUP-1001"),
        ("rates", "currency=EUR&on=2026-11-01"),
        ("fiscal-periods", "around=2026-11-01"),
    ] {
        let (status, page) = get(&staff, &format!("{noun}?{query}")).await;
        assert_eq!(status, 200, "{noun}: {page}");
        assert!(!page["items"].as_array().unwrap().is_empty(), "{noun}");
    }
    let (_, moved) = get(&staff, "movements?purchase_order=PO-1032&purchase_order=PO-1001").await;
    assert!(moved["receipts"].as_array().unwrap().len() > 1, "{moved}");
    assert_eq!(moved["returns"][0]["purchase_order_number"], "PO-1032");
}

#[tokio::test]
async fn keys_that_make_no_sense_are_named() {
    let staff = router(None);
    let many: String = (0..51).map(|it| format!("id=I-{it}&")).collect();
    for (path, pointer) in [
        (format!("items?{many}id=I-51"), "?id"),
        ("items?id=A&limit=3".to_owned(), "?limit"),
        ("purchase-orders?number=A&cursor=x".to_owned(), "?cursor"),
        ("suppliers?external_id=duns".to_owned(), "?external_id"),
        ("suppliers?external_entity=party".to_owned(), "?external_entity"),
        ("payables?reference=A".to_owned(), "?reference"),
        ("payables?invoice_id=A&purchase_order=B".to_owned(), "?purchase_order"),
        ("rates?currency=EUR".to_owned(), "?on"),
        ("rates?on=2026-11-01".to_owned(), "?on"),
        ("movements".to_owned(), "?purchase_order"),
    ] {
        let (status, problem) = get(&staff, &path).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!(pointer)), "{path}");
    }
}

#[tokio::test]
async fn keys_show_a_supplier_nothing_of_others() {
    let router = router(Some("SUP-1002"));
    for path in [
        "suppliers?external_id=duns:990010017",
        "purchase-orders?number=PO-1001",
        "payables?purchase_order=PO-1001",
        "payables?supplier=SUP-1001&reference=X",
    ] {
        let (status, page) = get(&router, path).await;
        assert_eq!((status, &page["items"]), (200, &json!([])), "{path}");
    }
    let (_, moved) = get(&router, "movements?purchase_order=PO-1001&purchase_order=PO-1032").await;
    for it in moved["receipts"].as_array().unwrap() {
        assert_ne!(it["purchase_order_number"], "PO-1001");
    }
}
