//! Data with as many orders as a benchmark bills: each of one line, received in full.

use crate::{Dice, demo};
use serde_json::{Value, json};
use std::path::Path;
use std::{fs, iter};

/// None of them is taken for another, or for a digit.
const LETTERS: &[u8; 16] = b"ACDEFHJKMPRTUVWX";

/// Writes the demo's data with so many other orders to a folder, which it makes.
///
/// # Panics
/// Where it cannot be written.
pub fn data(folder: &Path, orders: u64) {
    fs::create_dir(folder).unwrap();
    for noun in ["suppliers", "items", "facilities", "cost_centers"] {
        let name = format!("{noun}.json");
        fs::write(folder.join(&name), demo::file(&name).to_string()).unwrap();
    }
    for (noun, entries) in [
        ("purchase_orders", (0..orders).map(order).collect::<Vec<_>>()),
        ("receipts", (0..orders).map(receipt).collect()),
    ] {
        let text = Value::Array(entries).to_string();
        fs::write(folder.join(format!("{noun}.json")), text).unwrap();
    }
}

/// The number of an order.
#[must_use]
pub fn order_number(number: u64) -> String {
    format!("BPO-{number}")
}

/// The number of the invoice of an order: far from all others, since bills of one amount under
/// numbers that are one slip apart would be suspected to be duplicates (D4).
#[must_use]
pub fn invoice_number(number: u64) -> String {
    let mut dice = Dice::new(number);
    let letters = iter::repeat_with(|| LETTERS[(dice.roll() % 16) as usize]);
    letters.take(12).map(char::from).collect()
}

/// The body that submits the invoice of an order, which matches.
#[must_use]
pub fn bill(number: u64) -> Value {
    let (order, money) = (order_number(number), ("12.50", "250.00"));
    demo::bill(&invoice_number(number), "SUP-1001", (&order, 10), "20 BX", money)
}

fn order(number: u64) -> Value {
    json!({
        "number": order_number(number), "supplier_id": "SUP-1001", "currency": "USD",
        "status": "dispatched", "order_date": "2026-09-01",
        "lines": [{
            "line_number": 10, "item_id": "GLV-NIT-M", "quantity": { "value": "20", "uom": "BX" },
            "unit_price": "12.50", "match_mode": "three_way", "receipt_based_invoice": true,
        }],
    })
}

fn receipt(number: u64) -> Value {
    json!({
        "number": format!("BGR-{number}"), "purchase_order_number": order_number(number),
        "purchase_order_line": 10, "quantity": { "value": "20", "uom": "BX" },
        "effective_at": "2026-09-09T14:30:00Z",
    })
}
