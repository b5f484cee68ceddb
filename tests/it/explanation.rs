//! Why an invoice waits and what would let it go, over HTTP.

use serde_json::{Value, json};
use tests::{INVOICES, TestGateway, demo};

fn sentences(explanation: &Value) -> Vec<&str> {
    let cures = explanation["cures"].as_array().unwrap();
    cures.iter().map(|it| it["sentence"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_demo_invoice_that_waits_is_told_what_would_let_it_go() {
    let gateway = TestGateway::start().await;
    for invoice in demo::invoices() {
        let answer = gateway.admin().submit(&invoice.request).await;
        let id = answer.expect(202)["id"].as_str().unwrap();
        let explanation = gateway.admin().get(&format!("{INVOICES}/{id}/explanation")).await;
        let body = explanation.expect(200);
        let waits = ["blocked", "exception"].contains(&invoice.expect.outcome.as_str());
        assert_eq!(body["outcome"], invoice.expect.outcome, "{}", invoice.name);
        let reasons = body["reasons"].as_array().unwrap();
        assert!(reasons.len() >= invoice.expect.reasons.len(), "{}", invoice.name);
        assert_eq!(sentences(body).is_empty(), !waits, "{}: {}", invoice.name, body["summary"]);
        assert_eq!(body["complete"], true, "{}", invoice.name);
        for reason in reasons {
            for field in ["owner", "books_liability", "auto_clear", "clears_on", "sentence"] {
                assert!(!reason[field].is_null(), "{}: {field}", invoice.name);
            }
        }
    }
}

#[tokio::test]
async fn the_cheapest_cure_comes_first_and_says_what_to_do() {
    let gateway = TestGateway::start().await;
    let answer = gateway.ap().submit(&demo::invoice("more billed than received")).await;
    let id = answer.expect(202)["id"].as_str().unwrap();
    let explanation = gateway.ap().get(&format!("{INVOICES}/{id}/explanation")).await;
    let body = explanation.expect(200);
    assert_eq!(body["cures"][0]["cost"]["effort"], "wait", "{body}");
    assert_eq!(body["cures"][0]["actions"][0]["action"], "receive", "{body}");
    assert_eq!(body["reasons"][0]["policy_row"], "T0@1/QTY_OVER_RECEIVED", "{body}");
    assert_eq!(body["reasons"][0]["owner"], "receiving", "{body}");
    let summary = body["summary"].as_str().unwrap();
    assert!(summary.contains(sentences(body)[0]), "{summary}");
}

#[tokio::test]
async fn a_supplier_is_told_about_its_own_and_not_about_others() {
    let gateway = TestGateway::start().await;
    let answer = gateway.admin().submit(&demo::invoice("more billed than received")).await;
    let id = answer.expect(202)["id"].as_str().unwrap().to_owned();
    let record = gateway.admin().get(&format!("{INVOICES}/{id}")).await;
    let owner = record.expect(200)["invoice"]["supplier_id"].as_str().unwrap().to_owned();
    let path = format!("{INVOICES}/{id}/explanation");
    let own = gateway.supplier(&owner).get(&path).await;
    assert!(!sentences(own.expect(200)).is_empty());
    let other = if owner == "SUP-1002" { "SUP-1001" } else { "SUP-1002" };
    gateway.supplier(other).get(&path).await.refused(404, "not_found");
    gateway
        .ap()
        .get(&format!("{INVOICES}/inv_nothing/explanation"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_question_is_explained_where_it_asks_for_it() {
    let gateway = TestGateway::start().await;
    let line = json!({ "line_number": 1, "purchase_order_number": "PO-9",
        "purchase_order_line": 10, "quantity": { "value": "100", "uom": "EA" },
        "unit_price": "10.50", "net_amount": "1050.00" });
    let mut request = json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "lines": [line],
            "gross_amount": "1050.00" },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "lines": [{ "line_number": 10,
                "quantity": { "value": "100", "uom": "EA" }, "unit_price": "10.00",
                "match_mode": "two_way" }] }],
    });
    let plain = gateway.ap().post("/process/v1/match-evaluations", &request).await;
    assert!(plain.expect(200).get("explanation").is_none());
    request["explain"] = json!(true);
    let explained = gateway.ap().post("/process/v1/match-evaluations", &request).await;
    let mut body = explained.expect(200).clone();
    let explanation = body.as_object_mut().unwrap().remove("explanation").unwrap();
    assert_eq!(body, plain.json, "the answer itself is the same");
    assert_eq!(sentences(&explanation)[0], "a price credit of 20.00 USD on line 1");
    let again = gateway.ap().post("/process/v1/match-evaluations", &request).await;
    assert_eq!(again.bytes, explained.bytes);
}
