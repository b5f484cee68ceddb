//! The suite that every adapter must pass, over the procurement database and over one that keeps
//! everything. A finance database alone has no orders to show; the whole road tests that one.

use crate::{TRYTON_IS_UP, seeded};
use serde_json::{Value, json};
use std::sync::Arc;
use system::backends::{self, Backend, Options};
use system::conformance::{Expected, run};

fn open(database: &str) -> Arc<dyn Backend> {
    let seeded = seeded();
    let options: Options = serde_json::from_value(json!({
        "kind": "tryton",
        "base_url": seeded["base_url"],
        "database": seeded["databases"][database],
        "login": seeded["login"],
        "password": seeded["password"],
        "default_expense_account": seeded["expense_account"],
        "supplier_category": seeded["supplier_category"],

    }))
    .unwrap();
    backends::open(database, &options, &(Arc::new(jiff::Timestamp::now) as canonical::Clock))
        .unwrap()
}

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

async fn check(database: &str, expected: impl FnOnce(&Value) -> Value) {
    let _up = TRYTON_IS_UP.read().await;
    let seeded = seeded();
    let payable = expected(&seeded);
    let backend = open(database);
    let orders = &seeded["orders"];
    let number = |name: &str| Some(text(&orders[name]["number"]));
    let mut expected = Expected {
        supplier: Some("SUP-1001".parse().unwrap()),
        item: Some("GLV-NIT-M".parse().unwrap()),
        facility: Some(text(&seeded["facilities"][0])),
        cost_center: Some(text(&seeded["cost_centers"][0])),
        order: number("received"),
        returned: number("received_returned"),
        payable: Some(serde_json::from_value(payable).unwrap()),
        ..Expected::default()
    };
    if let Some(order) = number("received_2") {
        let receipts = Arc::clone(&backend).receipts().unwrap();
        let moved = receipts.of_orders(std::slice::from_ref(&order)).await.unwrap();
        expected.received = Some((order, moved.receipts[0].number.clone()));
    }
    let faults = run(&backend, &expected).await;
    assert!(faults.is_empty(), "{database}:\n{}", faults.join("\n"));
}

fn payable(seeded: &Value, order: &str, number: &str) -> Value {
    let bought = &seeded["orders"][order];
    json!({
        "invoice_id": format!("inv_{number}"),
        "reference": number,
        "supplier_id": "SUP-1001",
        "invoice_date": "2026-06-01",
        "currency": "USD",
        "lines": [{
            "purchase_order_number": bought["number"],
            "purchase_order_line": bought["lines"][0]["line_number"],
            "item_id": bought["lines"][0]["item"],
            "description": "conformance",
            "quantity": { "value": "10", "uom": "EA" },
            "unit_price": "1.15",
            "net_amount": "11.50",
        }],
        "gross_amount": "11.50",
    })
}

#[tokio::test]
async fn one_database_for_everything_conforms() {
    check("all", |seeded| payable(seeded, "received_4", "CONF-ALL")).await;
}

#[tokio::test]
async fn the_procurement_database_conforms() {
    check("orders", |seeded| payable(seeded, "received_4", "CONF-ORDERS")).await;
}
