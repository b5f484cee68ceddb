//! Duplicates beyond a number: what the finance system booked past the gateway, order lines billed
//! twice, serial numbers, and where an answer says nothing about somebody else.

use serde_json::{Value, json};
use tests::{Answer, INVOICES, TestGateway, demo};
use tokio::task::JoinSet;

#[tokio::test]
async fn an_invoice_that_was_booked_past_the_gateway_is_a_duplicate() {
    let gateway = TestGateway::start().await;
    // PAY-00000001 in the ledger, entered there by hand
    let order = ("PO-1050", 10);
    let money = ("135.00", "4050.00");
    let mut bill = demo::bill("nw 260518 01", "SUP-1001", order, "30 CS", money);
    bill["invoice"]["invoice_date"] = json!("2026-05-18");
    let answer = gateway.ap().submit(&bill).await;
    assert_eq!(answer.expect(202)["outcome"], "exception", "{}", answer.words());
    assert!(answer.reasons().contains(&"DUP-02"), "{}", answer.words());
    let text = answer.json.to_string();
    assert!(text.contains("PAY-00000001"), "{text}");
}

#[tokio::test]
async fn what_was_booked_past_the_gateway_claims_its_goods() {
    let gateway = TestGateway::start().await;
    let order = ("PO-1051", 10);
    let bill = demo::bill("MER-0999", "SUP-1009", order, "4 EA", ("640.00", "2560.00"));
    let answer = gateway.ap().submit(&bill).await;
    let id = answer.expect(202)["id"].as_str().unwrap();
    let record = gateway.ap().get(&format!("{INVOICES}/{id}")).await;
    let position = &record.expect(200)["lines"][0]["allocations"][0]["position"];
    assert_eq!(position["claimed_before"], "4", "{}", record.words());
}

#[tokio::test]
async fn a_payable_of_our_own_is_counted_once() {
    let gateway = TestGateway::start().await;
    let bill = |number: &str, quantity: &str, net: &str| {
        demo::bill(number, "SUP-1001", ("PO-1041", 10), quantity, ("2.19", net))
    };
    let first = gateway.ap().submit(&bill("T-1", "10 BX", "21.90")).await;
    assert_eq!(first.expect(202)["outcome"], "matched");
    gateway.work().await;
    assert_eq!(gateway.payables("SUP-1001", "T-1").await.len(), 1, "it stands in the ledger");
    let second = gateway.ap().submit(&bill("ROLLS-2", "15 BX", "32.85")).await;
    assert_eq!(second.expect(202)["outcome"], "matched", "{}", second.words());
}

#[tokio::test]
async fn the_same_order_lines_under_another_number_are_a_suspect() {
    let gateway = TestGateway::start().await;
    let bill =
        |number: &str| demo::bill(number, "SUP-1001", ("PO-1041", 10), "25 BX", ("2.19", "54.75"));
    let first = gateway.ap().submit(&bill("T-1")).await;
    assert_eq!(first.expect(202)["outcome"], "matched");
    let second = gateway.ap().submit(&bill("OTHER-99")).await;
    assert!(second.reasons().contains(&"DUP-04"), "{}", second.words());
    let text = second.json.to_string();
    assert!(text.contains(first.json["id"].as_str().unwrap()), "{text}");
}

#[tokio::test]
async fn a_serial_number_is_billed_once() {
    let gateway = TestGateway::start().await;
    let bill = |number: &str, quantity: &str, net: &str| {
        let mut bill = demo::bill(number, "SUP-1001", ("PO-1041", 10), quantity, ("2.19", net));
        bill["invoice"]["lines"][0]["serial_numbers"] = json!(["SN-0001"]);
        bill
    };
    let first = gateway.ap().submit(&bill("T-1", "10 BX", "21.90")).await;
    assert_eq!(first.expect(202)["outcome"], "matched", "{}", first.words());
    let second = gateway.ap().submit(&bill("OTHER-99", "15 BX", "32.85")).await;
    assert_eq!(second.reasons(), ["DUP-05"], "{}", second.words());
}

/// A bill without an order, which no turn on an order keeps apart from another.
fn without_order(number: &str, net: &str, serials: &[String]) -> Value {
    json!({ "invoice": {
        "supplier_invoice_number": number, "supplier_id": "SUP-1001", "kind": "non_po",
        "invoice_date": "2026-10-20", "currency": "USD", "gross_amount": net,
        "lines": [{ "line_number": 1, "item_id": "GLV-NIT-M", "cost_center_id": "CC-5000",
            "quantity": { "value": "1", "uom": "BX" }, "unit_price": net, "net_amount": net,
            "serial_numbers": serials }],
    } })
}

/// Submits both at the same moment: one of them is an exception for this reason.
async fn one_is_the_duplicate(gateway: &TestGateway, code: &str, bills: [Value; 2]) {
    let mut tasks = JoinSet::new();
    for bill in bills {
        let caller = gateway.ap();
        tasks.spawn(async move { caller.submit(&bill).await });
    }
    let answers = tasks.join_all().await;
    let is_told = |it: &&Answer| it.expect(202)["outcome"] == "exception";
    let told: Vec<&Answer> = answers.iter().filter(is_told).collect();
    let words: Vec<String> = answers.iter().map(Answer::words).collect();
    assert_eq!(told.len(), 1, "{code}: {words:?}");
    assert_eq!(told[0].reasons(), [code], "{words:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_come_at_the_same_moment_one_is_the_duplicate() {
    let gateway = TestGateway::start().await;
    for round in 10..30 {
        let net = format!("{round}.00");
        let near = ["A", "B"].map(|it| without_order(&format!("NEAR-{it}-{round}"), &net, &[]));
        one_is_the_duplicate(&gateway, "DUP-03", near).await;
        let serial = [format!("SN-{round}")];
        let bills = [("ONE", "10"), ("QUITE-ANOTHER", "20")].map(|(number, cents)| {
            let net = format!("1{round}.{cents}");
            without_order(&format!("{number}-{round}"), &net, &serial)
        });
        one_is_the_duplicate(&gateway, "DUP-05", bills).await;
    }
}

#[tokio::test]
async fn a_facility_that_nobody_knows_is_refused() {
    let gateway = TestGateway::start().await;
    let request = http::Request::post(format!("{INVOICES}?facility=NOWHERE"))
        .header("content-type", "application/json")
        .header("idempotency-key", "k")
        .body(demo::invoice("matched").to_string().into())
        .unwrap();
    let answer = gateway.ap().send(request).await;
    answer.refused(400, "invalid");
    assert_eq!(answer.json["errors"][0]["pointer"], "?facility", "{}", answer.words());
}

#[tokio::test]
async fn an_array_is_no_object() {
    let gateway = TestGateway::start().await;
    let mut body = demo::invoice("matched");
    body["invoice"]["lines"][0]["quantity"] = json!(["100", "EA"]);
    let answer = gateway.ap().submit(&body).await;
    answer.refused(400, "invalid");
    let pointer = &answer.json["errors"][0]["pointer"];
    assert_eq!(pointer, "/invoice/lines/0/quantity", "{}", answer.words());
}
