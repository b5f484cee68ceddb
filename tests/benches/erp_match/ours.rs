//! The same invoice with us: the engine alone, and a whole submission whose answer is on the disk
//! before it is given.

use crate::Took;
use canonical::{Invoice, Outcome};
use process::matching::{Facts, Policy, evaluate};
use serde_json::{Value, json};
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use tests::binary::Running;
use tests::{INVOICES, demo};

/// As in `native.py`: twenty of each, and the two prices in turn.
const GOODS: [(&str, u64); 2] = [("GLV-NIT-M", 1_250), ("MSK-N95", 115)];
const EACH: u64 = 20;
/// Linux has shown 100 ticks per second to programs since 2.6.
const TICK_MS: f64 = 10.0;

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn order(name: &str, lines: usize) -> Value {
    let line = |place: usize| {
        let (item, cents) = GOODS[place % GOODS.len()];
        json!({
            "line_number": place + 1, "item_id": item, "unit_price": money(cents),
            "quantity": { "value": EACH.to_string(), "uom": "EA" },
            "match_mode": "three_way", "receipt_based_invoice": true,
        })
    };
    json!({
        "number": name, "supplier_id": "SUP-1001", "currency": "USD", "status": "dispatched",
        "order_date": "2026-10-01", "lines": (0..lines).map(line).collect::<Vec<_>>(),
    })
}

fn receipts(order: &str, lines: usize) -> impl Iterator<Item = Value> {
    (1..=lines).map(move |line| {
        json!({
            "number": format!("GR-{order}-{line}"), "purchase_order_number": order,
            "purchase_order_line": line, "effective_at": "2026-10-09T14:30:00Z",
            "quantity": { "value": EACH.to_string(), "uom": "EA" },
        })
    })
}

fn invoice(number: &str, order: &str, lines: usize) -> Value {
    let line = |place: usize| {
        let (item, cents) = GOODS[place % GOODS.len()];
        json!({
            "line_number": place + 1, "purchase_order_number": order,
            "purchase_order_line": place + 1, "item_id": item, "unit_price": money(cents),
            "quantity": { "value": EACH.to_string(), "uom": "EA" },
            "net_amount": money(cents * EACH),
        })
    };
    let gross: u64 = (0..lines).map(|it| GOODS[it % GOODS.len()].1 * EACH).sum();
    json!({
        "supplier_invoice_number": number, "supplier_id": "SUP-1001", "currency": "USD",
        "invoice_date": "2026-10-20", "gross_amount": money(gross),
        "lines": (0..lines).map(line).collect::<Vec<_>>(),
    })
}

/// The items with an `EA` that both sides know.
fn items() -> Vec<Value> {
    let item = |(id, _cents): &(&str, u64)| json!({ "id": id, "base_uom": "EA" });
    GOODS.iter().map(item).collect()
}

/// The pure engine on one core; what the processor worked is what passed.
pub(crate) fn engine(lines: usize, repeats: usize) -> Took {
    let policy = Policy::default_shipped().unwrap();
    let facts = json!({
        "purchase_orders": [order("PO-1", lines)], "items": items(),
        "receipts": receipts("PO-1", lines).collect::<Vec<_>>(),
    });
    let facts: Facts = serde_json::from_value(facts).unwrap();
    let invoice: Invoice = serde_json::from_value(invoice("B-1", "PO-1", lines)).unwrap();
    let result = evaluate(&invoice, &facts, &policy);
    assert_eq!(result.outcome, Outcome::Matched, "{:?}", result.reasons.first());
    let rounds = 2_000 / lines;
    let one = || {
        let began = Instant::now();
        for _ in 0..rounds {
            black_box(evaluate(black_box(&invoice), black_box(&facts), &policy));
        }
        let wall = began.elapsed().as_secs_f64() * 1e3 / rounds as f64;
        Took { wall, cpu: wall }
    };
    Took::median(&(0..repeats).map(|_| one()).collect::<Vec<_>>())
}

/// One invoice after the other over HTTP, each for an order of its own.
pub(crate) async fn submitted(lines: usize, repeats: usize) -> Took {
    // below the target folder: a temporary folder may be in memory
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let data = home.path().join("data");
    write_data(&data, lines, repeats + 1);
    let store = format!("sqlite:{}", home.path().join("bench.sqlite").display());
    let data = data.display().to_string();
    let from = [("THREEWAY__BACKENDS__DEMO__DATA", data.as_str())];
    let gateway = Running::demo(home.path(), &["--store", &store], &from);
    let client = reqwest::Client::new();
    let (mut walls, mut worked) = (Vec::new(), 0.0);
    for number in 0..=repeats {
        let body = json!({ "invoice": invoice(&format!("B{number}"), &name(number), lines) });
        if number == 1 {
            worked = cpu_ms(gateway.pid());
        }
        let began = Instant::now();
        let answer = client
            .post(gateway.base.clone() + INVOICES)
            .bearer_auth(gateway.token("admin"))
            .header("idempotency-key", format!("b-{number}"))
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        // the first opens the connection and is not counted
        if number > 0 {
            walls.push(began.elapsed().as_secs_f64() * 1e3);
        }
        assert_eq!(status.as_u16(), 202, "{text}");
        assert!(text.contains(r#""outcome":"matched""#), "{text}");
    }
    // with the booking of the payable into the back end that the demo has
    let cpu = (cpu_ms(gateway.pid()) - worked) / repeats as f64;
    let walls: Vec<Took> = walls.into_iter().map(|wall| Took { wall, cpu }).collect();
    Took::median(&walls)
}

fn name(number: usize) -> String {
    format!("BPO-{number}")
}

/// The demo's data with other orders, received in full.
fn write_data(folder: &Path, lines: usize, orders: usize) {
    fs::create_dir(folder).unwrap();
    for noun in ["suppliers", "facilities", "cost_centers"] {
        let file = format!("{noun}.json");
        fs::write(folder.join(&file), demo::file(&file).to_string()).unwrap();
    }
    let all = || (0..orders).map(name);
    for (noun, entries) in [
        ("items", items()),
        ("purchase_orders", all().map(|it| order(&it, lines)).collect()),
        ("receipts", all().flat_map(|it| receipts(&it, lines).collect::<Vec<_>>()).collect()),
    ] {
        let text = Value::Array(entries).to_string();
        fs::write(folder.join(format!("{noun}.json")), text).unwrap();
    }
}

/// The processor time that a process has used so far, in user and system mode.
fn cpu_ms(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // the name may hold blanks; after it come the fields from the third on
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|it| it.parse::<u64>().unwrap()).sum();
    ticks as f64 * TICK_MS
}
