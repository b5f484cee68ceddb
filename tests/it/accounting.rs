//! From goods to the ledger: accruals at the cut-off with their documents, posted once and taken
//! back, landed cost, and what a closed period does (`domain.md` A15, A19 M68 to M70).

use canonical::Role;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Answer, Caller, TestGateway, demo};

const RUNS: &str = "/process/v1/accrual-runs";
const FACILITY: &str = "FERN-STREET";
const SUPPLIER: &str = "SUP-1001";

/// Something that happens on an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    Receipt(&'static str, &'static str),
    Return(&'static str, &'static str),
    Invoice(&'static str),
    Credit(&'static str),
}
use Happens::{Credit, Invoice, Receipt, Return};

/// The six documents of M70.
const M70: [Happens; 6] = [
    Receipt("A", "8"),
    Receipt("B", "1"),
    Receipt("C", "1"),
    Return("V", "5"),
    Invoice("5"),
    Credit("1"),
];

/// An order for one item of no stock, and what its invoice is called.
async fn order(gateway: &TestGateway, number: &str) {
    let order = json!({
        "number": number, "version": 1, "supplier_id": SUPPLIER, "currency": "USD",
        "status": "dispatched", "order_date": "2026-10-01", "facility_id": FACILITY,
        "lines": [{
            "line_number": 10, "description": "gauze", "quantity": { "value": "10", "uom": "EA" },
            "unit_price": "25.00", "match_mode": "three_way", "cost_center_id": "CC-1010",
        }],
    });
    let path = format!("/system/v1/purchase-orders/{number}");
    let answer = gateway.admin().put(&path, &order).await;
    assert_eq!(answer.status, 200, "{}", answer.words());
}

async fn happen(gateway: &TestGateway, order: &str, name: &str, what: Happens) {
    let moved = |number: &str, quantity: &str| {
        json!({
            "number": format!("{order}-{number}"), "purchase_order_number": order,
            "purchase_order_line": 10, "quantity": { "value": quantity, "uom": "EA" },
            "effective_at": "2026-11-05T10:00:00Z",
        })
    };
    let billed = |number: &str, quantity: &str| {
        let cents = quantity.parse::<u32>().unwrap() * 2_500;
        let net = format!("{}.{:02}", cents / 100, cents % 100);
        let quantity = format!("{quantity} EA");
        demo::bill(number, SUPPLIER, (order, 10), &quantity, ("25.00", &net))
    };
    let admin = gateway.admin();
    let answer = match what {
        Receipt(number, quantity) => {
            admin.post("/system/v1/receipts", &moved(number, quantity)).await
        }
        Return(number, quantity) => {
            admin.post("/system/v1/returns", &moved(number, quantity)).await
        }
        Invoice(quantity) => gateway.ap().submit(&billed(name, quantity)).await,
        Credit(quantity) => {
            let mut credit = billed(&format!("{name}-CR"), quantity);
            credit["invoice"]["kind"] = json!("quantity_credit");
            credit["invoice"]["cited_invoice_number"] = json!(name);
            gateway.ap().submit(&credit).await
        }
    };
    assert!(matches!(answer.status, 201 | 202), "{what:?}: {}", answer.words());
    gateway.settle().await;
}

async fn m70(gateway: &TestGateway) {
    order(gateway, "PO-M70").await;
    for it in M70 {
        happen(gateway, "PO-M70", "GAUZE-70112", it).await;
    }
}

async fn run(who: &Caller, dry_run: bool) -> Answer {
    let asked = json!({ "period": "2026-11", "facility_id": FACILITY, "dry_run": dry_run });
    who.post(RUNS, &asked).await
}

fn line<'a>(run: &'a Value, order: &str) -> Option<&'a Value> {
    let items = run["items"].as_array().unwrap();
    items.iter().find(|it| it["purchase_order_number"] == order)
}

/// What a journal says of an order: `debit expense 25.00`.
fn sides(journal: &Value, order: &str) -> Vec<String> {
    let lines = journal["intent"]["lines"].as_array().unwrap().iter();
    let lines = lines.filter(|it| it["purchase_order_number"] == order);
    let word = |it: &Value| it.as_str().unwrap().to_owned();
    lines
        .map(|it| {
            let (side, role) = (word(&it["side"]), word(&it["role"]));
            format!("{side} {role} {}", word(&it["amount"]["amount"]))
        })
        .collect()
}

async fn posted(gateway: &TestGateway) -> Vec<Value> {
    let answer = gateway.ap().get("/system/v1/journal-intents").await;
    answer.json["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn m70_one_unit_is_accrued_and_all_six_documents_say_why() {
    let gateway = TestGateway::start().await;
    m70(&gateway).await;
    let before = gateway.event_position().await;
    let answer = run(&gateway.ap(), true).await;
    assert_eq!(answer.status, 200, "{}", answer.words());
    let line = line(&answer.json, "PO-M70").unwrap();
    assert_eq!((&line["received"]["value"], &line["billed"]["value"]), (&json!("5"), &json!("4")));
    assert_eq!(line["accrue"], json!({ "amount": "25.00", "currency": "USD" }));
    let documents = line["explanation"].as_array().unwrap().iter();
    let mut told: Vec<String> =
        documents.map(|it| format!("{} {}", it["type"], it["quantity"]["value"])).collect();
    told.sort();
    let expected = [
        r#""credit" "-1""#,
        r#""invoice" "5""#,
        r#""receipt" "1""#,
        r#""receipt" "1""#,
        r#""receipt" "8""#,
        r#""return" "-5""#,
    ];
    assert_eq!(told, expected);
    assert_eq!(answer.json["id"], Value::Null);
    assert_eq!(gateway.event_position().await, before, "a dry run stores nothing");
    assert!(posted(&gateway).await.is_empty());
}

#[tokio::test]
async fn a_confirmed_run_is_posted_once_and_taken_back_on_the_first_of_the_next_month() {
    let gateway = TestGateway::start().await;
    m70(&gateway).await;
    let confirmed = run(&gateway.ap(), false).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.words());
    gateway.settle().await;
    let path = format!("{RUNS}/{}", confirmed.json["id"].as_str().unwrap());
    let stands = gateway.ap().get(&path).await.json;
    assert_eq!(stands["journals"][0]["state"], "posted", "{stands:#}");
    assert_eq!(stands["journals"][1]["state"], "accepted");
    let accrued = sides(&stands["journals"][0], "PO-M70");
    assert_eq!(accrued, ["debit expense 25.00", "credit accrued_liability 25.00"]);
    assert_eq!(posted(&gateway).await.len(), 1);
    gateway.clock().advance(Duration::from_secs(30 * 86_400));
    gateway.settle().await;
    gateway.settle().await;
    let stands = gateway.ap().get(&path).await.json;
    let back = &stands["journals"][1];
    assert_eq!(
        (&back["state"], &back["intent"]["posting_date"]),
        (&json!("posted"), &json!("2026-12-01"))
    );
    assert_eq!(sides(back, "PO-M70"), ["credit expense 25.00", "debit accrued_liability 25.00"]);
    let journals = posted(&gateway).await;
    assert_eq!(journals.len(), 2, "each is posted once");
    assert_eq!(journals[0]["accounts"]["accrued_liability"], "2140");
    let key = store::EventKey::Correlation(confirmed.json["id"].as_str().unwrap().to_owned());
    let told = gateway.events(&key).await;
    let count = |kind: &str| told.iter().filter(|it| it.kind.contains(kind)).count();
    let kinds = ["accrual.proposed", "accrual.posted", "accrual.reversed", "intent.posted"];
    assert_eq!(kinds.map(count), [1, 1, 1, 2]);
}

#[tokio::test]
async fn a_late_document_makes_a_difference_and_nothing_new_makes_none() {
    let gateway = TestGateway::start().await;
    m70(&gateway).await;
    run(&gateway.ap(), false).await.expect(200);
    let again = run(&gateway.ap(), false).await;
    assert!(again.json["journals"].as_array().unwrap().is_empty(), "{}", again.json);
    happen(&gateway, "PO-M70", "", Receipt("D", "2")).await;
    let late = run(&gateway.ap(), false).await;
    let line = line(&late.json, "PO-M70").unwrap();
    assert_eq!(
        (&line["accrue"]["amount"], &line["accrue_delta"]["amount"]),
        (&json!("75.00"), &json!("50.00"))
    );
    happen(&gateway, "PO-M70", "", Return("W", "3")).await;
    let less = run(&gateway.ap(), false).await;
    let back = sides(&less.json["journals"][0], "PO-M70");
    assert_eq!(back, ["credit expense 75.00", "debit accrued_liability 75.00"]);
}

/// Every order of the documents; the credit comes after the invoice that it cites, and receipts of
/// one quantity are one.
fn permutations(chosen: &[Happens], left: &[Happens], all: &mut Vec<Vec<Happens>>) {
    if left.is_empty() {
        all.push(chosen.to_vec());
    }
    let mut tried = Vec::new();
    for (place, it) in left.iter().enumerate() {
        let quantity = match it {
            Receipt(_, quantity) => format!("receipt {quantity}"),
            other => format!("{other:?}"),
        };
        let is_early = matches!(it, Credit(_)) && !chosen.iter().any(|it| matches!(it, Invoice(_)));
        if is_early || tried.contains(&quantity) {
            continue;
        }
        tried.push(quantity);
        let mut rest = left.to_vec();
        rest.remove(place);
        permutations(&[chosen, &[*it]].concat(), &rest, all);
    }
}

#[tokio::test]
async fn m70_in_every_order() {
    let gateway = TestGateway::start().await;
    let mut all = Vec::new();
    permutations(&[], &M70, &mut all);
    assert_eq!(all.len(), 180);
    for (place, documents) in all.iter().enumerate() {
        let number = format!("PO-M70-{place}");
        order(&gateway, &number).await;
        // numbers that no slip makes alike
        let name = store::sha256_hex(number.as_bytes())
            .chars()
            .take(12)
            .collect::<String>()
            .to_uppercase();
        for it in documents {
            happen(&gateway, &number, &name, *it).await;
        }
    }
    let run = run(&gateway.ap(), true).await.json;
    for (place, documents) in all.iter().enumerate() {
        let line = line(&run, &format!("PO-M70-{place}")).unwrap();
        assert_eq!(line["accrue"]["amount"], "25.00", "{documents:?}: {line:#}");
        assert_eq!(line["explanation"].as_array().unwrap().len(), 6, "{documents:?}");
    }
}

#[tokio::test]
async fn m68_landed_cost_of_a_closed_period_goes_into_the_open_one() {
    let gateway = TestGateway::start().await;
    let asked = json!({
        "reference": "FRT-889", "cost": { "amount": "200.00", "currency": "USD" },
        "posting_date": "2026-06-20", "facility_id": FACILITY, "dry_run": false,
        "lines": [{
            "purchase_order_number": "PO-1001", "purchase_order_line": 10, "quantity": "20",
            "on_hand": "8", "value": "600.00",
        }],
    });
    let path = "/process/v1/landed-cost-allocations";
    let answer = gateway.ap().post(path, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.words());
    assert_eq!(answer.json["items"][0]["inventory"]["amount"], "80.00");
    assert_eq!(answer.json["items"][0]["expense"]["amount"], "120.00");
    gateway.settle().await;
    let journals = posted(&gateway).await;
    assert_eq!(journals.len(), 1);
    assert_eq!(journals[0]["intent"]["posting_date"], "2026-07-01", "the closed one is untouched");
    assert_eq!(journals[0]["state"], "posted");
}

#[tokio::test]
async fn a_refused_journal_leaves_nothing_behind() {
    let gateway = TestGateway::start().await;
    // the demo's second quarter is closed
    let dollar = json!({ "amount": "1.00", "currency": "USD" });
    let journal = json!({
        "key": "J-1", "period": "2026-05", "posting_date": "2026-05-31", "description": "late",
        "source": "test", "lines": [
            { "role": "expense", "side": "debit", "amount": dollar },
            { "role": "ap", "side": "credit", "amount": dollar },
        ],
    });
    let path = "/system/v1/journal-intents/J-1";
    let refused = gateway.admin().put(path, &journal).await;
    assert_eq!((refused.status, &refused.json["state"]), (200, &json!("rejected")));
    assert_eq!(refused.json["refusal"]["code"], "PER-01");
    assert_eq!(gateway.admin().get(path).await.status, 404, "nothing is left behind");
    let mut odd = journal.clone();
    odd["lines"][0]["amount"]["amount"] = json!("2.00");
    let odd = gateway.admin().put(path, &odd).await;
    assert_eq!((odd.status, &odd.json["errors"][0]["pointer"]), (400, &json!("/lines")));
    let mut open = journal;
    (open["period"], open["posting_date"]) = (json!("2026-10"), json!("2026-10-31"));
    let first = gateway.admin().put(path, &open).await;
    let second = gateway.admin().put(path, &open).await;
    assert_eq!((first.status, &first.json), (200, &second.json));
    open["description"] = json!("another");
    assert_eq!(gateway.admin().put(path, &open).await.status, 409);
}

#[tokio::test]
async fn a_period_that_is_closed_leaves_the_accrual_to_a_person() {
    let gateway = TestGateway::start().await;
    order(&gateway, "PO-OLD").await;
    let receipt = json!({
        "number": "OLD-1", "purchase_order_number": "PO-OLD", "purchase_order_line": 10,
        "quantity": { "value": "2", "uom": "EA" }, "effective_at": "2026-05-05T10:00:00Z",
    });
    gateway.admin().post("/system/v1/receipts", &receipt).await.expect(201);
    let asked = json!({ "period": "2026-05", "facility_id": FACILITY, "dry_run": false });
    let confirmed = gateway.ap().post(RUNS, &asked).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.words());
    gateway.settle().await;
    let path = format!("{RUNS}/{}", confirmed.json["id"].as_str().unwrap());
    let stands = gateway.ap().get(&path).await.json;
    assert_eq!(stands["journals"][0]["state"], "rejected", "{stands:#}");
    assert_eq!(stands["journals"][1]["state"], "accepted", "none is taken back before it is there");
    let letters = "/process/v1/dead-letters?kind=post_journal";
    let letters = gateway.role(Role::Operator).get(letters).await.json;
    assert_eq!(letters["items"].as_array().unwrap().len(), 1);
    assert_eq!(letters["items"][0]["waiting"], 1);
}

#[tokio::test]
async fn the_books_are_not_for_everybody() {
    let gateway = TestGateway::start().await;
    let supplier = gateway.supplier(SUPPLIER);
    assert_eq!(run(&supplier, true).await.status, 403);
    assert_eq!(run(&gateway.role(Role::Analyst), true).await.status, 403);
    let none = gateway.ap().post(RUNS, &json!({ "period": "2026-11" })).await;
    assert_eq!((none.status, &none.json["errors"][0]["pointer"]), (400, &json!("/facility_id")));
    let month = json!({ "period": "2026-13", "facility_id": FACILITY });
    assert_eq!(gateway.ap().post(RUNS, &month).await.status, 400);
}
