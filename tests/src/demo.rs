//! The demo's data: what the gateway under test knows, and invoices with what they come to.

use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;

/// One invoice of `config/demo/invoices.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct DemoInvoice {
    /// What it shows.
    pub name: String,
    /// What it comes to.
    pub expect: Expected,
    /// The body that submits it.
    pub request: Value,
}

/// What a demo invoice comes to.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// The outcome.
    pub outcome: String,
    /// The codes of its reasons.
    pub reasons: Vec<String>,
}

/// A JSON file under `config/demo/`.
///
/// # Panics
/// Where there is no such file.
#[must_use]
pub fn file(name: &str) -> Value {
    let path = crate::top().join("config/demo").join(name);
    let text = fs::read_to_string(&path).expect("a file of the demo");
    serde_json::from_str(&text).expect("JSON")
}

/// A document under `config/demo/documents/`, as a supplier sends it.
///
/// # Panics
/// Where there is no such file.
#[must_use]
pub fn document(name: &str) -> Vec<u8> {
    fs::read(crate::top().join("config/demo/documents").join(name)).expect("a document of the demo")
}

/// Every demo invoice, in the order in which they are to be submitted.
///
/// # Panics
/// Where the file is not what it should be.
#[must_use]
pub fn invoices() -> Vec<DemoInvoice> {
    serde_json::from_value(file("invoices.json")).expect("demo invoices")
}

/// The body that submits the demo invoice of this name.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn invoice(name: &str) -> Value {
    let found = invoices().into_iter().find(|it| it.name == name);
    found.unwrap_or_else(|| panic!("there is no demo invoice {name:?}")).request
}

/// A submission with one line of one order line, priced as said: `quantity` is `"12 BX"`.
///
/// # Panics
/// Where the quantity has no unit.
#[must_use]
pub fn bill(
    number: &str,
    supplier: &str,
    order: (&str, u32),
    quantity: &str,
    money: (&str, &str),
) -> Value {
    let (value, uom) = quantity.split_once(' ').expect("a quantity with a unit");
    let (price, net) = money;
    json!({ "invoice": {
        "supplier_invoice_number": number, "supplier_id": supplier, "kind": "standard",
        "invoice_date": "2026-10-20", "currency": "USD",
        "lines": [{
            "line_number": 1, "purchase_order_number": order.0, "purchase_order_line": order.1,
            "quantity": { "value": value, "uom": uom },
            "unit_price": price, "price_base": "1", "net_amount": net,
        }],
        "charges": [], "tax_amount": "0.00", "gross_amount": net,
    } })
}
