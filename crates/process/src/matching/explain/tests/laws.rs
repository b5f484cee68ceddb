//! The laws of cure sets, on random cases: applying any listed set clears the invoice, removing any
//! element of it, or taking a step less of one, does not. A failing case prints its seed.

use super::*;

/// How many random invoices are explained.
const CASES: u64 = 10_000;

/// Numbers that repeat: the same seed, the same case.
struct Dice {
    state: u64,
    /// Most invoices are simple, and have one thing wrong with them or none.
    is_wild: bool,
}

impl Dice {
    fn new(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self { state, is_wild: seed.is_multiple_of(100) }
    }

    /// Below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(if self.is_wild { sides } else { sides * 2 }) == 0
    }

    /// The most lines, less one.
    const fn most(&self) -> u64 {
        if self.is_wild { 3 } else { 1 }
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

fn cents(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

fn quantity(value: u64, uom: &str) -> Value {
    json!({ "value": value.to_string(), "uom": uom })
}

/// Order lines that are mostly as billed, each with its price in cents and its unit.
fn order_lines(dice: &mut Dice, ordered: &[(u64, u64, &str)]) -> Vec<Value> {
    let lines = ordered.iter().enumerate();
    lines
        .map(|(place, (count, price, uom))| {
            let mut line = json!({ "line_number": (place + 1) * 10, "unit_price": cents(*price),
                "quantity": quantity(*count, uom), "item_id": "GLV" });
            let modes = ["three_way", "three_way", "three_way", "two_way", "four_way"];
            line["match_mode"] = json!(dice.pick(&modes));
            if dice.one_in(12) {
                line["match_basis"] = json!("amount");
                line["match_mode"] = json!("two_way");
            }
            line["receipt_based_invoice"] = json!(dice.one_in(6));
            line["closed"] = json!(dice.one_in(25));
            line["price_is_estimated"] = json!(dice.one_in(15));
            line
        })
        .collect()
}

/// Invoice lines near what was ordered, and the sum of their amounts.
fn invoice_lines(dice: &mut Dice, ordered: &[(u64, u64, &str)]) -> (Vec<Value>, u64) {
    let mut sum = 0;
    let mut lines = Vec::new();
    let most = dice.most();
    for number in 1..=1 + dice.roll(most) {
        let place = usize::try_from(dice.roll(ordered.len() as u64)).unwrap();
        let (count, price, uom) = ordered[place];
        let count = if dice.one_in(3) { count + dice.roll(12) } else { 1 + dice.roll(count) };
        let price = if dice.one_in(3) { price * (80 + dice.roll(60)) / 100 } else { price };
        let mut net = count * price;
        let units = ["EA", "BX", "CS", "PK"];
        let uom = if dice.one_in(12) { dice.pick(&units) } else { uom };
        if dice.one_in(25) {
            net += 1 + dice.roll(400);
        }
        sum += net;
        let mut line = json!({ "line_number": number, "item_id": "GLV", "unit_price": cents(price),
            "quantity": quantity(count, uom), "net_amount": cents(net) });
        if !dice.one_in(25) {
            line["purchase_order_number"] = json!(if dice.one_in(25) { "PO-8" } else { "PO-9" });
        }
        if !dice.one_in(8) {
            line["purchase_order_line"] = json!((place + 1) * 10);
        }
        if dice.one_in(8) {
            line["receipt_number"] = json!("R-0");
        }
        lines.push(line);
    }
    (lines, sum)
}

/// What moved on the order lines before.
fn moved(dice: &mut Dice, ordered: &[(u64, u64, &str)], request: &mut Value) {
    let (mut receipts, mut claims, mut returns) = (vec![], vec![], vec![]);
    for (place, (count, _price, uom)) in ordered.iter().enumerate() {
        let at = json!({ "purchase_order_number": "PO-9", "purchase_order_line": (place + 1) * 10,
            "quantity": quantity(*count, uom) });
        for number in 0..dice.roll(3) {
            let mut it = at.clone();
            it["number"] = json!(format!("R-{}", place as u64 * 4 + number));
            it["effective_at"] = json!("2026-05-01T10:00:00Z");
            if dice.one_in(3) {
                it["quantity"] = quantity(1 + dice.roll(*count), uom);
            }
            if dice.one_in(2) {
                it["accepted"] = it["quantity"].clone();
            }
            receipts.push(it);
        }
        if dice.one_in(5) {
            let mut it = at.clone();
            it["invoice"] = json!("INV-70");
            it["quantity"] = quantity(1 + dice.roll(*count), uom);
            claims.push(it);
        }
        if dice.one_in(12) {
            let mut it = at;
            it["number"] = json!(format!("RT-{place}"));
            it["effective_at"] = json!("2026-05-02T10:00:00Z");
            it["quantity"] = quantity(1 + dice.roll(5), uom);
            returns.push(it);
        }
    }
    request["receipts"] = json!(receipts);
    request["claims"] = json!(claims);
    request["returns"] = json!(returns);
}

fn request(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let units = ["EA", "EA", "BX", "CS"];
    let most = dice.most();
    let ordered: Vec<(u64, u64, &str)> = (0..1 + dice.roll(most))
        .map(|_| (1 + dice.roll(120), 1 + dice.roll(9_000), dice.pick(&units)))
        .collect();
    let order_lines = order_lines(&mut dice, &ordered);
    let (lines, sum) = invoice_lines(&mut dice, &ordered);
    let freight = if dice.one_in(4) { 1 + dice.roll(9_000) } else { 0 };
    let tax = if dice.one_in(15) { 1 + dice.roll(5_000) } else { 0 };
    let off = if dice.one_in(12) { dice.roll(500) } else { 0 };
    let mut order = json!({ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
        "status": "dispatched", "order_date": "2026-04-20", "lines": order_lines });
    if dice.one_in(12) {
        let states = ["completed", "pending_approval", "cancelled", "finally_closed"];
        order["status"] = json!(dice.pick(&states));
    }
    if dice.one_in(3) {
        order["freight_terms"] = json!(dice.pick(&["prepaid_no_charge", "prepaid_and_add"]));
    }
    if dice.one_in(4) {
        order["planned_charges"] =
            json!([{ "type": "freight", "amount": cents(dice.roll(5_000)) }]);
    }
    if dice.one_in(8) {
        order["limit_amount"] = json!(cents(dice.roll(sum * 2)));
        order["released_amount"] = json!(cents(dice.roll(sum)));
        order["valid_to"] = json!(dice.pick(&["2026-04-25", "2026-05-02", "2026-06-01"]));
    }
    if dice.one_in(20) {
        order["currency"] = json!("EUR");
    }
    if dice.one_in(20) {
        order["supplier_id"] = json!("SUP-2");
    }
    let bx = dice.pick(&["10", "10", "12"]);
    let mut packaging = vec![
        json!({ "uom": "BX", "numerator": "10", "denominator": "1" }),
        json!({ "uom": "CS", "numerator": "120", "denominator": "1" }),
    ];
    if dice.one_in(6) {
        packaging.push(json!({ "uom": "BX", "numerator": bx, "denominator": "1",
            "supplier_id": if dice.one_in(2) { json!("SUP-1") } else { json!(null) } }));
    }
    let mut request = json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "lines": lines,
            "charges": [{ "type": "freight", "amount": cents(freight) }],
            "tax_amount": cents(tax), "gross_amount": cents(sum + freight + tax + off) },
        "purchase_orders": [order],
        "items": [{ "id": "GLV", "base_uom": "EA", "indivisible": dice.one_in(2),
            "packaging": packaging }],
    });
    moved(&mut dice, &ordered, &mut request);
    request
}

#[test]
fn applying_a_set_clears_and_leaving_anything_out_does_not() {
    let policy = shipped();
    let threads = 4;
    let share = |first: u64| {
        let policy = policy.clone();
        move || {
            let seeds = (first..CASES).step_by(threads);
            seeds.filter(|seed| judged(*seed, &policy)).count()
        }
    };
    let workers: Vec<_> = (0..threads as u64).map(|it| std::thread::spawn(share(it))).collect();
    let waits: usize = workers.into_iter().map(|it| it.join().unwrap()).sum();
    assert!(waits as u64 > CASES / 2, "only {waits} of {CASES} invoices wait");
}

/// Judges one case; whether its invoice waits.
fn judged(seed: u64, policy: &Policy) -> bool {
    let told = std::panic::catch_unwind(|| {
        let asked = ask(request(seed), policy);
        assert_laws(&asked, policy);
        asked.result.outcome > Outcome::MatchedWithinTolerance
    });
    told.unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>();
        panic!("seed {seed}: {}: {}", text.map_or("", String::as_str), request(seed))
    })
}

#[test]
fn what_does_not_wait_needs_nothing() {
    let line = json!({ "line_number": 1, "purchase_order_number": "PO-9",
        "purchase_order_line": 10, "quantity": quantity(2, "EA"), "unit_price": "1.00",
        "net_amount": "2.00" });
    let asked = ask(
        json!({ "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "lines": [line],
            "gross_amount": "2.00" },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "lines": [{ "line_number": 10,
                "quantity": quantity(2, "EA"), "unit_price": "1.00",
                "match_mode": "two_way" }] }] }),
        &shipped(),
    );
    assert_eq!(asked.explanation.cures, []);
    assert!(asked.explanation.complete);
    assert_eq!(asked.explanation.summary, "It matches; nothing is open.");
}
