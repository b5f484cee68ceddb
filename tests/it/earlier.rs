//! What earlier invoices took of an order is not there for later ones: money paid ahead, and
//! charges that the order planned. And the day on which an invoice is decided.

use canonical::Principal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tests::{Answer, INVOICES, TestGateway, demo, top};

const ORDER: (&str, u32) = ("PO-1023", 20);

/// Asks for money ahead on the order, for no goods.
fn prepayment(number: &str, amount: &str) -> Value {
    let mut bill = demo::bill(number, "SUP-1001", ORDER, "1 EA", (amount, amount));
    bill["invoice"]["kind"] = json!("prepayment");
    bill["invoice"]["lines"][0].as_object_mut().unwrap().remove("purchase_order_line");
    bill
}

async fn submitted(gateway: &TestGateway, bill: &Value) -> (Answer, Value) {
    let answer = gateway.ap().submit(bill).await;
    let id = answer.expect(202)["id"].as_str().unwrap().to_owned();
    let record = gateway.ap().get(&format!("{INVOICES}/{id}")).await;
    let settlement = record.expect(200)["settlement"].clone();
    (answer, settlement)
}

#[tokio::test]
async fn what_is_paid_ahead_is_set_off_once() {
    let gateway = TestGateway::start().await;
    for (number, amount) in [("PRE-1", "1000.00"), ("PRE-2", "500.00")] {
        let (answer, settlement) = submitted(&gateway, &prepayment(number, amount)).await;
        assert_eq!(answer.json["outcome"], "matched", "{}", answer.words());
        assert!(settlement.is_null(), "{settlement}");
    }
    let bills = [
        (20, "6 CS", ("201.60", "1209.60"), json!([["PRE-1", "1000.00"], ["PRE-2", "209.60"]])),
        (30, "10 CS", ("155.00", "1550.00"), json!([["PRE-2", "290.40"]])),
        (10, "30 CS", ("90.00", "2700.00"), json!([])),
    ];
    let payable = ["0.00", "1259.60", "2700.00"];
    for ((line, quantity, money, set_off), payable) in bills.into_iter().zip(payable) {
        let number = format!("FIN-{line}");
        let bill = demo::bill(&number, "SUP-1001", (ORDER.0, line), quantity, money);
        let (answer, settlement) = submitted(&gateway, &bill).await;
        assert_eq!(answer.json["outcome"], "matched", "{}", answer.words());
        let applied = settlement["prepayments"].as_array().unwrap().iter();
        let applied: Vec<_> = applied.map(|it| json!([it["invoice"], it["amount"]])).collect();
        assert_eq!(json!(applied), set_off, "{number}: {settlement}");
        assert_eq!(settlement["payable"], payable, "{number}: {settlement}");
    }
}

#[tokio::test]
async fn no_more_is_paid_ahead_than_is_ordered() {
    let gateway = TestGateway::start().await;
    let (first, _) = submitted(&gateway, &prepayment("PRE-1", "6000.00")).await;
    assert_eq!(first.json["outcome"], "matched", "{}", first.words());
    let (second, _) = submitted(&gateway, &prepayment("PRE-2", "700.00")).await;
    assert_eq!(second.reasons(), ["AMT-01"], "{}", second.words());
    // it could not be booked, so that it is there for no invoice
    let bill = demo::bill("FIN-1", "SUP-1001", (ORDER.0, 10), "30 CS", ("90.00", "2700.00"));
    let (_, settlement) = submitted(&gateway, &bill).await;
    assert_eq!(settlement["prepayments"].as_array().unwrap().len(), 1, "{settlement}");
}

/// Bills plates of the order that planned 50.00 of freight, with freight.
fn with_freight(number: &str, quantity: &str, net: &str, freight: &str, gross: &str) -> Value {
    let order = ("PO-1034", 10);
    let mut bill = demo::bill(number, "SUP-1006", order, quantity, ("685.00", net));
    bill["invoice"]["charges"] = json!([{ "type": "freight", "amount": freight }]);
    bill["invoice"]["gross_amount"] = json!(gross);
    bill
}

#[tokio::test]
async fn a_planned_charge_is_used_up_once() {
    let gateway = TestGateway::start().await;
    // less than planned is a difference, which is tolerated; the second uses up the rest
    for (number, freight, gross, outcome) in [
        ("F-1", "30.00", "715.00", "matched_within_tolerance"),
        ("F-2", "20.00", "705.00", "matched"),
    ] {
        let bill = with_freight(number, "1 EA", "685.00", freight, gross);
        let (answer, _) = submitted(&gateway, &bill).await;
        assert_eq!(answer.json["outcome"], outcome, "{}", answer.words());
    }
    let third = with_freight("F-3", "2 EA", "1370.00", "50.00", "1420.00");
    let (answer, _) = submitted(&gateway, &third).await;
    assert_eq!(answer.reasons(), ["CHG-01"], "{}", answer.words());
    assert_eq!(answer.json["reasons"][0]["variance"]["amount"], "50.00", "{}", answer.words());
}

#[tokio::test]
async fn a_look_ahead_uses_up_what_the_files_before_used() {
    let gateway = TestGateway::start().await;
    let mut preview = gateway.parts().process.preview();
    let admin =
        Principal { id: "test".to_owned(), role: None, scopes: BTreeSet::new(), supplier_id: None };
    let mut outcomes = Vec::new();
    for number in ["F-1", "F-2"] {
        let bill = with_freight(number, "2 EA", "1370.00", "50.00", "1420.00");
        let submission = process::Submission {
            format: process::documents::Format::Json,
            bytes: bill.to_string().into(),
            facility_id: None,
        };
        let rows = preview.file(&admin, submission).await.unwrap();
        let codes = rows[0].as_ref().unwrap().codes.iter();
        outcomes.push(codes.map(ToString::to_string).collect::<Vec<_>>());
    }
    assert!(!outcomes[0].contains(&"CHG-01".to_owned()), "{outcomes:?}");
    assert!(outcomes[1].contains(&"CHG-01".to_owned()), "{outcomes:?}");
}

/// The demo's data with other fiscal periods.
fn data(folder: &Path, periods: &Value) -> String {
    for file in fs::read_dir(top().join("config/demo")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|it| it == "json") {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::write(folder.join("periods.json"), periods.to_string()).unwrap();
    folder.display().to_string()
}

#[tokio::test]
async fn a_closed_period_is_one_on_the_business_day_of_the_zone() {
    let folder = tempfile::tempdir().unwrap();
    let periods = json!([
        { "from": "2026-11-01", "to": "2026-11-30", "state": "open" },
        { "legal_entity": "ALDERMOOR-HEALTH", "from": "2026-12-01", "to": "2026-12-31",
            "state": "closed" },
        { "from": "2026-12-01", "to": "2026-12-31", "state": "open" },
    ]);
    let data = data(folder.path(), &periods);
    let bill = demo::bill("T-1", "SUP-1001", ("PO-1023", 30), "10 CS", ("155.00", "1550.00"));
    for (zone, expected) in [("UTC", vec![]), ("Pacific/Auckland", vec!["PER-01"])] {
        let environment =
            [("THREEWAY__BACKENDS__DEMO__DATA", &*data), ("THREEWAY__PROCESS__TIME_ZONE", zone)];
        let gateway = TestGateway::with(&environment).await;
        let midday = "2026-11-30T12:30:00Z".parse::<jiff::Timestamp>().unwrap();
        let wait = midday.duration_since(gateway.clock().now()).as_secs();
        gateway.clock().advance(Duration::from_secs(wait.try_into().unwrap()));
        let answer = gateway.ap().submit(&bill).await;
        answer.expect(202);
        assert_eq!(answer.reasons(), expected, "{zone}: {}", answer.words());
    }
}
