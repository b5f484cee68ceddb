//! What happens in a game: which orders there are, what is received on them, and what is billed.

use canonical::Receipt;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use std::{fs, iter};
use tests::{Dice, demo};

const SUPPLIER: &str = "SUP-1001";
const ORDERS: u64 = 3;
/// None of them is taken for another, or for a digit.
const LETTERS: &[u8; 16] = b"ACDEFHJKMPRTUVWX";
/// Everything happens within so many milliseconds.
const SCRIPT_MS: u64 = 8_000;

#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) bills: Vec<Bill>,
    pub(crate) receipts: Vec<(Duration, Receipt)>,
}

/// An invoice that is sent again until it is answered, always the same.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub(crate) at: Duration,
    pub(crate) number: String,
    pub(crate) body: String,
}

impl Facts {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x5EED);
        let (mut bills, mut receipts) = (Vec::new(), Vec::new());
        for order in 1..=ORDERS {
            for place in 0..=dice.below(3) {
                bills.push(bill(&mut dice, order, place));
            }
            for number in 0..dice.below(4) {
                receipts.push(receipt(&mut dice, order, number));
            }
        }
        receipts.sort_by_key(|(at, _)| *at);
        Self { bills, receipts }
    }
}

fn moment(dice: &mut Dice) -> Duration {
    Duration::from_millis(dice.below(SCRIPT_MS))
}

/// No two of an order bill the same: they would be one bill sent twice.
fn bill(dice: &mut Dice, order: u64, place: u64) -> Bill {
    let quantity = 20 + 10 * dice.below(5) + place;
    // one of six is above the limit
    let price = if dice.below(6) == 0 { 12 } else { 10 };
    let letters = iter::repeat_with(|| LETTERS[usize::try_from(dice.roll() % 16).unwrap()]);
    let number: String = letters.take(12).map(char::from).collect();
    let (quantity_text, price_text) = (format!("{quantity} EA"), format!("{price}.00"));
    let money = (price_text.as_str(), &*format!("{}.00", quantity * price));
    let order = format!("SIM-{order}");
    let body = demo::bill(&number, SUPPLIER, (&order, 10), &quantity_text, money);
    Bill { at: moment(dice), number, body: body.to_string() }
}

fn receipt(dice: &mut Dice, order: u64, number: u64) -> (Duration, Receipt) {
    let receipt = json!({
        "number": format!("GR-{order}-{number}"), "purchase_order_number": format!("SIM-{order}"),
        "purchase_order_line": 10, "effective_at": "2026-10-12T10:00:00Z",
        "quantity": { "value": (20 + 10 * dice.below(5)).to_string(), "uom": "EA" },
    });
    (moment(dice), serde_json::from_value(receipt).unwrap())
}

/// Writes what is there before a game: the orders, and whose they are.
pub(crate) fn data(folder: &Path) {
    let order = |number: u64| {
        json!({
            "number": format!("SIM-{number}"), "supplier_id": SUPPLIER, "currency": "USD",
            "status": "dispatched", "order_date": "2026-10-01",
            "lines": [{
                "line_number": 10, "description": "gauze", "unit_price": "10.00",
                "quantity": { "value": "100", "uom": "EA" }, "match_mode": "three_way",
            }],
        })
    };
    let suppliers = demo::file("suppliers.json");
    let own = suppliers.as_array().unwrap().iter().filter(|it| it["id"] == SUPPLIER);
    for (name, entries) in [
        ("suppliers", own.cloned().collect::<Vec<Value>>()),
        ("purchase_orders", (1..=ORDERS).map(order).collect()),
    ] {
        fs::write(folder.join(format!("{name}.json")), json!(entries).to_string()).unwrap();
    }
}
