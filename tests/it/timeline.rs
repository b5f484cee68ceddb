//! What users see: the whole story of a flow, whatever it is looked up by, and what waits.

use canonical::Principal;
use process::FlowKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tests::{Answer, TestGateway, demo};
use tokio::runtime::Runtime;

const TIMELINE: &str = "/consumption/v1/timeline";
const EXCEPTIONS: &str = "/consumption/v1/exceptions";

async fn submit(gateway: &TestGateway, name: &str) -> Answer {
    gateway.clock().advance(Duration::from_secs(60));
    let answer = gateway.ap().submit(&demo::invoice(name)).await;
    assert_eq!(answer.status, 202, "{}", answer.words());
    answer
}

async fn timeline(gateway: &TestGateway, query: &str) -> Value {
    let answer = gateway.ap().get(&format!("{TIMELINE}?{query}")).await;
    answer.expect(200).clone()
}

#[tokio::test]
async fn every_document_of_a_flow_leads_to_the_same_story() {
    let gateway = TestGateway::start().await;
    let answer = submit(&gateway, "matched").await;
    gateway.work().await;
    let id = answer.json["id"].as_str().unwrap();
    let payable = gateway.payables("SUP-1001", "NW-260915-01").await[0].id.to_string();
    let story = timeline(&gateway, "purchase_order=PO-1001").await;
    assert_eq!(story["correlation_id"], "PO-1001");
    assert_eq!(
        story["refs"],
        json!({
            "purchase_orders": ["PO-1001"], "receipts": ["GR-70001"], "returns": [],
            "invoices": [id], "supplier_invoice_numbers": ["NW-260915-01"],
            "payables": [payable], "suppliers": ["SUP-1001"], "facilities": ["ALDERMOOR-DC"],
        })
    );
    for query in [
        format!("invoice={id}"),
        "invoice=NW-260915-01".to_owned(),
        "receipt=GR-70001".to_owned(),
        format!("payment={payable}"),
        "correlation_id=PO-1001".to_owned(),
    ] {
        assert_eq!(timeline(&gateway, &query).await, story, "{query}");
    }
}

#[tokio::test]
async fn every_part_says_that_it_is_here_and_since_when() {
    let gateway = TestGateway::start().await;
    submit(&gateway, "matched").await;
    let story = timeline(&gateway, "purchase_order=PO-1001").await;
    let parts = story["parts"].as_array().unwrap();
    let names: Vec<&str> = parts.iter().map(|it| it["name"].as_str().unwrap()).collect();
    let expected = ["purchase_orders", "receipts", "invoices", "payables", "items", "events"];
    assert_eq!(names, expected);
    for part in parts {
        assert_eq!(part["status"], "ok", "{part}");
        assert_eq!(part["as_of"], gateway.clock().now().to_string(), "{part}");
    }
}

/// A line's figure as `"value uom amount"`; empty where there is none.
fn figure(line: &Value, name: &str) -> String {
    let figure = &line[name];
    if figure.is_null() {
        return String::new();
    }
    let text = |it: &Value| it.as_str().unwrap_or("?").to_owned();
    let (value, uom) = (text(&figure["value"]), text(&figure["uom"]));
    format!("{value} {uom} {}", text(&figure["amount"]["amount"]))
}

/// What one line of the order's story says: ordered, received, accepted, returned, invoiced.
async fn check_figures(invoice: Option<&str>, order: &str, expected: [&str; 5]) -> Value {
    let gateway = TestGateway::start().await;
    if let Some(invoice) = invoice {
        submit(&gateway, invoice).await;
    }
    let story = timeline(&gateway, &format!("purchase_order={order}")).await;
    let line = story["lines"][0].clone();
    let names = ["ordered", "received", "accepted", "returned", "invoiced"];
    let got = names.map(|it| figure(&line, it));
    assert_eq!(got, expected, "{order}: {line}");
    assert_eq!(line["consumed"], Value::Null);
    line
}

#[tokio::test]
async fn a_line_says_what_was_ordered_received_accepted_returned_and_billed() {
    check_figures(None, "PO-1047", ["9000 EA 990.00", "", "", "", ""]).await;
    let line = check_figures(
        Some("more billed than received"),
        "PO-1006",
        ["1000 EA 4600.00", "600 EA 2760.00", "", "", "1000 EA 4600.00"],
    )
    .await;
    assert_eq!(line["variances"][0]["code"], "QTY-02");
    assert_eq!(line["variances"][0]["variance"]["amount"], "1840.00");
    check_figures(
        Some("more billed than accepted"),
        "PO-1008",
        ["50 EA 1080.00", "50 EA 1080.00", "45 EA 972.00", "", "50 EA 1080.00"],
    )
    .await;
    check_figures(
        Some("billed although returned"),
        "PO-1032",
        ["100 EA 3850.00", "100 EA 3850.00", "", "20 EA 770.00", "100 EA 3850.00"],
    )
    .await;
    let line = check_figures(
        Some("counted again"),
        "PO-1033",
        ["1000 EA 1100.00", "960 EA 1056.00", "", "", "960 EA 1056.00"],
    )
    .await;
    assert_eq!(line["variances"], json!([]));
    // an exception is not owed: it is not counted as billed
    check_figures(
        Some("another currency"),
        "PO-1015",
        ["1000 EA 750.00", "1000 EA 750.00", "", "", ""],
    )
    .await;
}

#[tokio::test]
async fn what_was_paid_is_said_where_the_payment_is_asked_for() {
    let gateway = TestGateway::start().await;
    let story = timeline(&gateway, "payment=PAY-00000001").await;
    assert_eq!(story["refs"]["payables"], json!(["PAY-00000001"]));
    assert_eq!(story["refs"]["purchase_orders"], json!(["PO-1050"]));
    let paid: Vec<String> =
        story["lines"].as_array().unwrap().iter().map(|it| figure(it, "paid")).collect();
    assert_eq!(paid, ["? EA 4050.00", "? EA 1152.00"]);
    let part = timeline(&gateway, "payment=PAY-00000006").await;
    assert_eq!(part["lines"][0]["paid"]["amount"]["amount"], "8400.00");
}

#[tokio::test]
async fn events_are_told_in_the_order_of_their_causes() {
    for (name, order, kinds) in [
        (
            "matched",
            "PO-1001",
            vec![
                "payables.invoice.received",
                "matching.match.evaluated",
                "accounting.invoice.booked",
            ],
        ),
        (
            "the price of a box for each",
            "PO-1011",
            vec![
                "payables.invoice.received",
                "matching.match.evaluated",
                "exceptions.case.opened",
                "matching.hold.opened",
            ],
        ),
    ] {
        let gateway = TestGateway::start().await;
        submit(&gateway, name).await;
        gateway.work().await;
        let story = timeline(&gateway, &format!("purchase_order={order}")).await;
        let told: Vec<&str> = story["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["type"].as_str().unwrap())
            .collect();
        let kinds: Vec<String> = kinds.iter().map(|it| format!("threeway.{it}.v1")).collect();
        assert_eq!(told, kinds, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_not_found_and_an_unclear_one_is_refused() {
    let gateway = TestGateway::start().await;
    for query in [
        "purchase_order=PO-0",
        "invoice=NOTHING",
        "invoice=inv_0",
        "receipt=GR-0",
        "payment=PAY-0",
        "correlation_id=nothing",
    ] {
        gateway.ap().get(&format!("{TIMELINE}?{query}")).await.refused(404, "not_found");
    }
    for query in ["", "?", "?purchase_order=A&receipt=B", "?purchase_order=", "?colour=red"] {
        gateway.ap().get(&format!("{TIMELINE}{query}")).await.refused(400, "invalid");
    }
}

#[tokio::test]
async fn what_waits_says_why_since_when_for_whom_and_how_much() {
    let gateway = TestGateway::start().await;
    let answer = submit(&gateway, "more billed than received").await;
    let since = gateway.clock().now();
    gateway.clock().advance(Duration::from_secs(26 * 3_600 + 59 * 60));
    let list = gateway.ap().get(EXCEPTIONS).await;
    let id = answer.json["id"].as_str().unwrap();
    let reason = &answer.json["reasons"][0];
    let expected = json!({
        "items": [{
            "invoice_id": id, "supplier_invoice_number": "QW-7741", "supplier_id": "SUP-1008",
            "facility_id": "CEDAR-RIDGE", "state": "blocked",
            "reasons": [{ "code": "QTY-02", "owner": "receiving", "invoice_line": 1,
                "detail": reason["detail"], "clears_on": reason["clears_on"] }],
            "waiting_since": since.to_string(), "age_hours": 26,
            "amount": { "amount": "4600.00", "currency": "USD" }, "correlation_id": "PO-1006",
            "timeline": format!("{TIMELINE}?invoice={id}"),
        }],
        "next_cursor": null,
    });
    assert_eq!(list.expect(200), &expected);
}

#[tokio::test]
async fn what_waits_is_listed_longest_first_page_by_page() {
    let gateway = TestGateway::start().await;
    let mut waiting = Vec::new();
    for invoice in demo::invoices() {
        gateway.clock().advance(Duration::from_secs(60));
        let answer = gateway.admin().submit(&invoice.request).await;
        if matches!(answer.expect(202)["state"].as_str(), Some("blocked" | "exception")) {
            waiting.push(answer.json["id"].as_str().unwrap().to_owned());
        }
    }
    let ids = |answer: &Answer| -> Vec<String> {
        let items = answer.expect(200)["items"].as_array().unwrap();
        items.iter().map(|it| it["invoice_id"].as_str().unwrap().to_owned()).collect()
    };
    let all = gateway.admin().get(&format!("{EXCEPTIONS}?limit=200")).await;
    assert_eq!(ids(&all), waiting);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = gateway.admin().get(&format!("{EXCEPTIONS}?limit=4{cursor}")).await;
        paged.extend(ids(&page));
        let Some(next) = page.json["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, waiting);
    for (query, field, value) in [
        ("supplier=SUP-1008", "supplier_id", "SUP-1008"),
        ("facility=ELM-PARK", "facility_id", "ELM-PARK"),
    ] {
        let some = gateway.admin().get(&format!("{EXCEPTIONS}?limit=200&{query}")).await;
        let items = some.expect(200)["items"].as_array().unwrap();
        let expected = all.json["items"].as_array().unwrap().iter();
        let expected: Vec<&Value> = expected.filter(|it| it[field] == value).collect();
        assert!(!expected.is_empty(), "{query}");
        assert_eq!(items.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let reason = gateway.admin().get(&format!("{EXCEPTIONS}?reason=PRC-01")).await;
    for item in reason.expect(200)["items"].as_array().unwrap() {
        let codes: BTreeSet<&str> = item["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["code"].as_str())
            .collect();
        assert!(codes.contains("PRC-01"), "{item}");
    }
}

#[test]
fn the_same_facts_in_any_order_tell_the_same_story() {
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(TestGateway::start());
    let everybody =
        Principal { id: "test".to_owned(), role: None, scopes: BTreeSet::new(), supplier_id: None };
    let flow = runtime.block_on(async {
        for round in 1..=4 {
            let number = format!("TAPE-{round}");
            let order = ("PO-1041", 10);
            let bill = demo::bill(&number, "SUP-1001", order, "8 BX", ("2.19", "17.52"));
            gateway.ap().submit(&bill).await.expect(202);
        }
        gateway.work().await;
        let key = FlowKey::PurchaseOrder("PO-1041".parse().unwrap());
        gateway.parts().process.flow(&everybody, &key).await.unwrap()
    });
    assert_eq!(flow.invoices.value.len(), 4);
    let straight = consumption::project(flow.clone());
    assert!(straight.events.len() >= 11, "{:#?}", straight.events);
    let orders = (0..flow.invoices.value.len(), 0..flow.events.value.len());
    proptest!(|(turns in proptest::collection::vec(orders, 1..30))| {
        let mut turned = flow.clone();
        for (invoice, event) in turns {
            turned.invoices.value.rotate_left(invoice);
            turned.invoices.value.swap(0, invoice);
            turned.events.value.rotate_left(event);
            turned.events.value.swap(0, event);
            turned.payables.value.reverse();
            turned.movements.value.0.reverse();
            turned.items.value.reverse();
        }
        prop_assert_eq!(&consumption::project(turned), &straight);
    });
}
