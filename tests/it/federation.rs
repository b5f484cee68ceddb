//! A gateway over another gateway: the adapter conforms against a real one, decisions are those of
//! a gateway over the systems themselves, and what is recorded there is followed here.

use canonical::Role;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use system::backends::{self, Backend};
use system::conformance;
use tests::other::Other;
use tests::purchase::{People, Purchase, Stage};
use tests::{Answer, INVOICES, TestClock, TestGateway, demo};

const DAY: Duration = Duration::from_secs(86_400);

/// The adapter alone.
fn adapter(other: &Other) -> Arc<dyn Backend> {
    let options = json!({
        "kind": "threeway", "url": other.url, "token_file": other.token_file(),
        // in a test nobody waits for a busy machine
        "outbound": { "timeout_ms": 30_000 },
    });
    let options: backends::Options = serde_json::from_value(options).unwrap();
    backends::open("other", &options, &TestClock::default().handle()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_against_a_real_gateway() {
    let other = Other::start().await;
    let faults = conformance::run(&adapter(&other), &conformance::demo()).await;
    assert_eq!(faults, Vec::<String>::new());
}

/// What an invoice came to, without the ids that differ from run to run; they are in details.
fn decided(answer: &Answer) -> Value {
    let mut it = answer.json.clone();
    for list in ["reasons", "flags"] {
        for entry in it[list].as_array_mut().unwrap() {
            entry["detail"] = Value::Null;
        }
    }
    json!([answer.status, it["outcome"], it["state"], it["reasons"], it["flags"], it["policy"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_over_another_gateway_are_those_over_the_systems() {
    let other = Other::start().await;
    let (over, own) = (other.followed(&other.url, &[]).await, TestGateway::start().await);
    let mut matched = 0;
    for invoice in demo::invoices() {
        let (there, here) =
            (over.ap().submit(&invoice.request).await, own.ap().submit(&invoice.request).await);
        assert_eq!(decided(&there), decided(&here), "{}", invoice.name);
        assert_eq!(there.json["outcome"], invoice.expect.outcome, "{}", invoice.name);
        matched += usize::from(there.json["state"] == "matched");
        over.settle().await;
        own.settle().await;
    }
    assert!(matched > 3);
    let list = async |of: &TestGateway| {
        let page = of.admin().get("/system/v1/payables?limit=200").await.expect(200).clone();
        let items = page["items"].as_array().unwrap().clone();
        let what = |it: &Value| json!([it["reference"], it["total"], it["lines"], it["payment"]]);
        items.iter().map(what).collect::<Vec<_>>()
    };
    let there = list(&other.gateway).await;
    assert_eq!(there, list(&own).await, "the same was booked");
    assert_eq!(there, list(&over).await, "and is seen from here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_is_recorded_there_clears_a_hold_here() {
    let other = Other::start().await;
    let over = other.followed(&other.url, &[]).await;
    let order = json!({
        "number": "PO-FED", "version": 1, "supplier_id": "SUP-1001", "currency": "USD",
        "status": "dispatched", "order_date": "2026-10-01",
        "lines": [{
            "line_number": 10, "description": "gauze", "unit_price": "10.00",
            "quantity": { "value": "100", "uom": "EA" }, "match_mode": "three_way",
        }],
    });
    over.admin().put("/system/v1/purchase-orders/PO-FED", &order).await.expect(200);
    let body = demo::bill("FED-1", "SUP-1001", ("PO-FED", 10), "100 EA", ("10.00", "1000.00"));
    let submitted = over.ap().submit(&body).await;
    assert_eq!(submitted.expect(202)["state"], "blocked", "{}", submitted.words());
    assert_eq!(submitted.reasons(), ["QTY-01"]);
    let receipt = json!({
        "number": "GR-FED", "purchase_order_number": "PO-FED", "purchase_order_line": 10,
        "quantity": { "value": "100", "uom": "EA" }, "effective_at": "2026-10-12T10:00:00Z",
    });
    other.gateway.admin().post("/system/v1/receipts", &receipt).await.expect(201);
    over.settle().await;
    let id = submitted.json["id"].as_str().unwrap();
    let after = over.ap().get(&format!("{INVOICES}/{id}")).await;
    assert_eq!(after.expect(200)["state"], "matched", "{}", after.words());
    assert_eq!(after.json["erp_document"]["status"], "posted", "{}", after.words());
    let there = other.gateway.payables("SUP-1001", "FED-1").await;
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].invoice_id.as_ref().unwrap().as_str(), id);
    assert_eq!(over.payables("SUP-1001", "FED-1").await, there);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_created_again_stands_once_there() {
    let other = Other::start().await;
    let payables = adapter(&other).payables().unwrap();
    let new = conformance::demo().payable.unwrap();
    let first = payables.create(&new).await.unwrap();
    assert_eq!(payables.create(&new).await.unwrap(), first);
    // a second adapter knows nothing of the first, and the request says more than before
    let mut more = new.clone();
    more.lines[0].description = "gloves".to_owned();
    let again = adapter(&other).payables().unwrap().create(&more).await.unwrap();
    assert_eq!(again, first);
    let there = other.gateway.payables("SUP-1001", new.reference.as_str()).await;
    assert_eq!(there, [first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_be_replaced_while_the_gateway_runs() {
    let other = Other::start().await;
    let items = adapter(&other).items().unwrap();
    let id = "GLV-NIT-M".parse().unwrap();
    items.get(&id).await.unwrap();
    other.gateway.clock().advance(2 * DAY);
    let error = items.get(&id).await.unwrap_err();
    assert_eq!(error.kind(), canonical::Kind::Upstream, "{error:?}");
    let token = other.gateway.token(Role::Admin, DAY);
    fs::write(other.token_file(), token).unwrap();
    items.get(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_side_gone_is_unavailable() {
    let mut other = Other::start().await;
    let over = other.followed(&other.url, &[]).await;
    over.admin().get("/system/v1/purchase-orders/PO-1001").await.expect(200);
    other.stop().await;
    over.admin().get("/system/v1/purchase-orders/PO-1001").await.refused(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_go_from_requisition_to_payment_over_another_gateway() {
    let other = Other::start().await;
    let over = other.followed(&other.url, &[]).await;
    let people = People { planner: over.role(Role::Planner), admin: over.admin() };
    let mut purchases: Vec<Purchase> = (0..8).map(|it| Purchase::new("OVER", it)).collect();
    for _ in 0..40 {
        for purchase in &mut purchases {
            purchase.advance(&people).await;
        }
        over.settle().await;
    }
    for purchase in &purchases {
        assert_eq!(purchase.stage, Stage::Paid, "{purchase:?}");
        let paid = over.payables("SUP-1001", &purchase.bill_number()).await;
        assert_eq!(paid.len(), 1, "{purchase:?}");
        let path = format!("/process/v1/flows/{}", purchase.requisition);
        let flow = over.admin().get(&path).await;
        let steps = flow.expect(200)["steps"].as_array().unwrap();
        assert!(steps.iter().all(|it| it["state"] == "done"), "{steps:?}");
    }
}
