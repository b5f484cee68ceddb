//! What happens after the decision: matched invoices are booked in the finance system, once; nobody
//! bills the same goods twice.

use canonical::PayableState;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Answer, INVOICES, TestGateway, demo};
use tokio::task::JoinSet;

async fn record(gateway: &TestGateway, submitted: &Answer) -> Value {
    let id = submitted.expect(202)["id"].as_str().unwrap();
    gateway.admin().get(&format!("{INVOICES}/{id}")).await.expect(200).clone()
}

#[tokio::test]
async fn a_matched_invoice_is_booked_once_with_its_lines() {
    let gateway = TestGateway::start().await;
    let submitted = gateway.ap().submit(&demo::invoice("matched")).await;
    let before = record(&gateway, &submitted).await;
    assert_eq!(before["erp_document"]["status"], "pending");
    assert_eq!(before["erp_document"]["id"], Value::Null);
    assert!(gateway.payables("SUP-1001", "NW-260915-01").await.is_empty());

    assert_eq!(gateway.work().await, 1);
    let after = record(&gateway, &submitted).await;
    let document = &after["erp_document"];
    assert_eq!(document["status"], "posted");
    assert_eq!(document["attempts"], 1);
    assert_eq!(document["detail"], Value::Null);
    assert_eq!(after["state"], "matched");

    let payables = gateway.payables("SUP-1001", "NW-260915-01").await;
    let [payable] = payables.as_slice() else { panic!("{payables:?}") };
    assert_eq!(payable.id.as_str(), document["id"]);
    assert_eq!(payable.document_number.as_deref(), document["document_number"].as_str());
    assert_eq!(payable.invoice_id.as_ref().unwrap().as_str(), after["id"]);
    assert_eq!(payable.total.to_string(), "750.00 USD");
    assert_eq!(payable.state, PayableState::Posted);
    let lines: Vec<_> = payable
        .lines
        .iter()
        .map(|it| (it.purchase_order_line, it.quantity.value.to_string(), it.net.amount_text()))
        .collect();
    let expected = [
        (Some(10), "40".to_owned(), "500.00".to_owned()),
        (Some(20), "20".into(), "250.00".into()),
    ];
    assert_eq!(lines, expected);
    let read = gateway.admin().get(&format!("/system/v1/payables/{}", payable.id)).await;
    assert_eq!(read.expect(200)["reference"], "NW-260915-01");

    assert_eq!(gateway.work().await, 0, "there is nothing left to do");
    gateway.clock().advance(Duration::from_secs(86_400));
    assert_eq!(gateway.work().await, 0, "and nothing comes back");
}

#[tokio::test]
async fn every_matched_demo_invoice_is_booked_and_no_other() {
    let gateway = TestGateway::start().await;
    let mut submitted = Vec::new();
    for invoice in demo::invoices() {
        submitted.push((invoice.clone(), gateway.admin().submit(&invoice.request).await));
    }
    let matched = submitted.iter().filter(|(_, it)| it.json["state"] == "matched").count();
    assert_eq!(gateway.work().await, matched);
    for (invoice, answer) in &submitted {
        let sent = &invoice.request["invoice"];
        let after = record(&gateway, answer).await;
        let payables = gateway
            .payables(
                after["invoice"]["supplier_id"].as_str().unwrap(),
                sent["supplier_invoice_number"].as_str().unwrap(),
            )
            .await;
        let ours: Vec<_> = payables
            .iter()
            .filter(|it| it.invoice_id.as_ref().is_some_and(|id| id.as_str() == after["id"]))
            .collect();
        if answer.json["state"] == "matched" {
            assert_eq!(after["erp_document"]["status"], "posted", "{}: {after}", invoice.name);
            assert_eq!(ours.len(), 1, "{}", invoice.name);
            assert_eq!(ours[0].total.amount_text(), sent["gross_amount"], "{}", invoice.name);
        } else {
            assert_eq!(after["erp_document"], Value::Null, "{}", invoice.name);
            assert!(ours.is_empty(), "{}", invoice.name);
        }
    }
}

#[tokio::test]
async fn a_price_within_tolerance_is_booked_as_billed() {
    let gateway = TestGateway::start().await;
    gateway.ap().submit(&demo::invoice("within tolerance: price")).await.expect(202);
    gateway.ap().submit(&demo::invoice("within tolerance: freight")).await.expect(202);
    gateway.work().await;
    let price = gateway.payables("SUP-1001", "NW-260916-02").await;
    assert_eq!(price[0].total.to_string(), "979.20 USD");
    let freight = gateway.payables("SUP-1006", "KO-61240").await;
    assert_eq!(freight[0].total.to_string(), "4144.00 USD");
    assert_eq!(freight[0].lines.len(), 3, "freight is a line of its own");
}

#[tokio::test]
async fn what_the_finance_system_refuses_waits_for_a_person() {
    let gateway = TestGateway::start().await;
    let order = ("PO-1018", 10);
    let bill = demo::bill("NW-REFUSED-1", "SUP-1001", order, "10 BX", ("59.50", "595.00"));
    let submitted = gateway.ap().submit(&bill).await;
    assert_eq!(submitted.expect(202)["outcome"], "matched", "{}", submitted.words());
    // somebody enters the number of this supplier by hand before it is booked
    let by_hand = serde_json::from_value(json!({
        "invoice_id": "by-hand", "reference": "NW-REFUSED-1", "supplier_id": "SUP-1001",
        "invoice_date": "2026-10-20", "currency": "USD", "gross_amount": "59.50",
        "lines": [{ "quantity": { "value": "1", "uom": "BX" }, "unit_price": "59.50",
            "net_amount": "59.50" }],
    }));
    let payables = gateway.parts().process.system().payables();
    payables.create(&by_hand.unwrap()).await.unwrap();
    assert_eq!(gateway.work().await, 1);
    let after = record(&gateway, &submitted).await;
    assert_eq!(after["state"], "blocked");
    assert_eq!(after["erp_document"]["status"], "rejected");
    assert_eq!(after["holds"][0]["code"], "INT-03");
    assert_eq!(after["reasons"][0]["code"], "INT-03");
    assert_eq!(after["runs"].as_array().unwrap().len(), 1);
    assert_eq!(gateway.payables("SUP-1001", "NW-REFUSED-1").await.len(), 1, "the one by hand");
    let waiting = gateway.ap().get("/consumption/v1/exceptions?reason=INT-03").await;
    assert_eq!(waiting.expect(200)["items"][0]["invoice_id"], after["id"]);
    assert_eq!(gateway.work().await, 0, "it is not tried again by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_invoices_racing_for_the_same_goods_never_both_match() {
    for (line, quantity, price, net) in
        [(10, "30 CS", "90.00", "2700.00"), (20, "12 CS", "201.60", "2419.20")]
    {
        for round in 0..6 {
            let gateway = TestGateway::start().await;
            let mut tasks = JoinSet::new();
            for rival in 0..4 {
                let number = format!("RIVAL-{round}-{rival}");
                let order = ("PO-1023", line);
                let bill = demo::bill(&number, "SUP-1001", order, quantity, (price, net));
                let caller = if rival % 2 == 0 { gateway.ap() } else { gateway.admin() };
                tasks.spawn(async move { caller.submit(&bill).await });
            }
            let answers = tasks.join_all().await;
            let matched = answers.iter().filter(|it| it.expect(202)["outcome"] == "matched");
            assert_eq!(matched.count(), 1, "line {line}, round {round}");
            for loser in answers.iter().filter(|it| it.json["outcome"] != "matched") {
                // the same goods under a number of its own: a suspected duplicate, too
                assert_eq!(loser.json["outcome"], "exception", "{}", loser.words());
                assert!(loser.reasons().contains(&"DUP-04"), "{}", loser.words());
                assert!(loser.reasons().contains(&"QTY-02"), "{}", loser.words());
            }
            assert_eq!(gateway.work().await, 1);
        }
    }
}

#[tokio::test]
async fn goods_that_were_billed_are_not_there_to_be_billed_again() {
    let gateway = TestGateway::start().await;
    let bill = |number: &str, quantity: &str, net: &str| {
        demo::bill(number, "SUP-1001", ("PO-1041", 10), quantity, ("2.19", net))
    };
    // 25 boxes came; 10 and 15 are billed, then one more
    for (number, quantity, net, outcome) in [
        ("T-1", "10 BX", "21.90", "matched"),
        ("T-2", "15 BX", "32.85", "matched"),
        ("T-3", "20 BX", "43.80", "blocked"),
    ] {
        let answer = gateway.ap().submit(&bill(number, quantity, net)).await;
        assert_eq!(answer.expect(202)["outcome"], outcome, "{number}: {}", answer.words());
    }
}

#[tokio::test]
async fn an_exception_claims_nothing() {
    let gateway = TestGateway::start().await;
    let order = ("PO-1041", 10);
    let mut wrong = demo::bill("T-1", "SUP-1001", order, "24 BX", ("2.19", "52.56"));
    wrong["invoice"]["gross_amount"] = json!("64.75");
    let first = gateway.ap().submit(&wrong).await;
    assert_eq!(first.expect(202)["outcome"], "exception");
    let right = demo::bill("T-2", "SUP-1001", order, "25 BX", ("2.19", "54.75"));
    let second = gateway.ap().submit(&right).await;
    assert_eq!(second.expect(202)["outcome"], "matched", "{}", second.words());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_workers_book_each_invoice_once() {
    let gateway = TestGateway::start().await;
    for invoice in demo::invoices() {
        gateway.admin().submit(&invoice.request).await.expect(202);
    }
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let process = gateway.parts().process.clone();
        workers.spawn(async move {
            let mut done = 0;
            loop {
                match process.work(canonical::Lane::Critical).await.unwrap() {
                    0 => return done,
                    some => done += some,
                }
            }
        });
    }
    let done: usize = workers.join_all().await.into_iter().sum();
    let matched = gateway.admin().get(&format!("{INVOICES}?state=matched&limit=200")).await;
    let matched = matched.expect(200)["items"].as_array().unwrap();
    assert_eq!(done, matched.len());
    let payables = gateway.admin().get("/system/v1/payables?limit=200").await;
    let payables = payables.expect(200)["items"].as_array().unwrap();
    let ours = payables.iter().filter(|it| !it["invoice_id"].is_null()).count();
    assert_eq!(ours, matched.len());
}

#[tokio::test]
async fn a_payable_booked_directly_is_booked_once_as_well() {
    const PAYABLES: &str = "/system/v1/payables";
    let gateway = TestGateway::start().await;
    let payable = |invoice: &str, reference: &str| {
        json!({
            "invoice_id": invoice, "reference": reference, "supplier_id": "SUP-1001",
            "invoice_date": "2026-10-20", "currency": "USD", "gross_amount": "59.50",
            "lines": [{ "quantity": { "value": "1", "uom": "BX" }, "unit_price": "59.50",
                "net_amount": "59.50" }],
        })
    };
    let post = async |key: &str, body: &Value| {
        let request = http::Request::post(PAYABLES)
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        gateway.admin().send(request.body(body.to_string().into()).unwrap()).await
    };
    let first = post("one", &payable("inv_A", "R-A")).await;
    first.expect(201);
    let again = post("one", &payable("inv_A", "R-A")).await;
    assert_eq!(again.expect(201), &first.json);
    let other_key = post("two", &payable("inv_A", "R-A")).await;
    assert_eq!(other_key.expect(201), &first.json, "the invoice's id finds the first");
    post("one", &payable("inv_B", "R-B")).await.refused(422, "idempotency_key_reused");
    post("three", &payable("inv_C", "R-A")).await.refused(409, "conflict");
    assert_eq!(gateway.payables("SUP-1001", "R-A").await.len(), 1);
    assert!(gateway.payables("SUP-1001", "R-B").await.is_empty());
}
