//! A history of decisions: a thousand seeded cases, each told a hundred times, so that what a
//! change of the policy does to it can be counted without the engine.

use canonical::{Decimal, Invoice, InvoiceKind, InvoiceState, MatchResult, Outcome};
use jiff::Timestamp;
use process::matching::{Facts, Policy, PolicyDocument, evaluate};
use process::{Simulation, SimulationReport};
use serde_json::{Value, json};
use store::{Batch, Committed, InvoiceHead, MatchRun, NewMatchRun, RunWindow, Store};
use tests::Dice;

/// So many runs are stored.
pub(super) const RUNS: u64 = 100_000;
/// In so many of them a change is looked for.
pub(super) const PLANTED: u64 = 20_000;
pub(super) const SUPPLIERS: u64 = 12;
const CASES: u64 = 1_000;
const PER_COMMIT: u64 = 500;

/// One line: so many pieces, ordered at so many cents and billed dearer.
#[derive(Debug)]
pub(super) struct Case {
    number: u64,
    quantity: u64,
    price: u64,
    dearer: u64,
    received: u64,
}

impl Case {
    fn new(number: u64, dice: &mut Dice) -> Self {
        let quantity = 1 + dice.below(100);
        // some over by about the limit, some by nothing
        let dearer = [0, dice.below(20), 5_000 / quantity, 5_500 / quantity, 6_000 / quantity];
        let dearer = dearer[usize::try_from(dice.below(5)).unwrap()] + dice.below(2);
        let price = dearer * (20 + dice.below(30)) + 1 + dice.below(300);
        let missing = if dice.below(4) == 0 { quantity / 2 } else { 0 };
        Self { number, quantity, price, dearer, received: quantity - missing }
    }

    /// How much too much is billed, in cents.
    pub(super) const fn over(&self) -> u64 {
        self.quantity * self.dearer
    }

    pub(super) const fn is_within_percent(&self) -> bool {
        self.dearer * 100 <= self.price * 3
    }

    pub(super) const fn is_received(&self) -> bool {
        self.received == self.quantity
    }

    pub(super) const fn net(&self) -> u64 {
        self.quantity * (self.price + self.dearer)
    }

    pub(super) fn supplier(&self) -> String {
        format!("SUP-{}", self.number % SUPPLIERS)
    }

    fn invoice(&self) -> Invoice {
        let net = money(self.net());
        serde_json::from_value(json!({
            "supplier_invoice_number": format!("INV-{}", self.number),
            "supplier_id": self.supplier(), "invoice_date": "2026-05-04", "currency": "USD",
            "lines": [{ "line_number": 1, "purchase_order_number": "PO-9",
                "purchase_order_line": 10, "net_amount": net,
                "unit_price": money(self.price + self.dearer),
                "quantity": { "value": self.quantity.to_string(), "uom": "EA" } }],
            "gross_amount": net,
        }))
        .unwrap()
    }

    fn facts(&self) -> Facts {
        let quantity = |value: u64| json!({ "value": value.to_string(), "uom": "EA" });
        serde_json::from_value(json!({
            "purchase_orders": [{ "number": "PO-9", "supplier_id": self.supplier(),
                "currency": "USD", "status": "dispatched", "order_date": "2026-04-20",
                "lines": [{ "line_number": 10, "quantity": quantity(self.quantity),
                    "unit_price": money(self.price), "match_mode": "three_way" }] }],
            "receipts": [{ "number": "R-1", "purchase_order_number": "PO-9",
                "purchase_order_line": 10, "quantity": quantity(self.received),
                "effective_at": "2026-05-01T10:00:00Z" }],
        }))
        .unwrap()
    }
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A case with what was decided about it.
struct Told {
    invoice: Invoice,
    facts_json: String,
    result: MatchResult,
}

pub(super) async fn write(url: &str) -> Vec<Case> {
    write_some(url, RUNS).await
}

/// Stores so many runs, a second apart, and gives the cases that they tell.
pub(super) async fn write_some(url: &str, runs: u64) -> Vec<Case> {
    let seed = Dice::seed(20_260_504);
    let mut dice = Dice::new(seed);
    let cases: Vec<Case> = (0..CASES).map(|it| Case::new(it, &mut dice)).collect();
    let policy = Policy::default_shipped().unwrap();
    let tell = |case: &Case| {
        let (invoice, facts) = (case.invoice(), case.facts());
        let result = evaluate(&invoice, &facts, &policy);
        Told { facts_json: serde_json::to_string(&facts).unwrap(), invoice, result }
    };
    let told: Vec<Told> = cases.iter().map(tell).collect();
    let store = Store::open(url).await.unwrap();
    let mut numbers = (0..runs).peekable();
    while numbers.peek().is_some() {
        let mut batch = Batch::new();
        for number in numbers.by_ref().take(usize::try_from(PER_COMMIT).unwrap()) {
            add(&mut batch, number, &told[usize::try_from(number % CASES).unwrap()]);
        }
        assert_eq!(store.commit(batch).await.unwrap(), Committed::Done);
    }
    store.close().await;
    cases
}

fn add(batch: &mut Batch, number: u64, told: &Told) {
    let Told { invoice, facts_json, result } = told;
    let head = head(number, invoice, result.outcome);
    batch.insert_invoice(&head, invoice).unwrap();
    let run = MatchRun {
        invoice_id: head.id,
        run_no: 1,
        cause: "invoice.received".to_owned(),
        policy_version: result.policy.tolerances.clone(),
        evaluated_at: head.created_at,
        result: result.clone(),
    };
    batch.insert_match_run(NewMatchRun { run, facts_json: facts_json.clone() }).unwrap();
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + i64::try_from(number).unwrap()).unwrap()
}

fn head(number: u64, invoice: &Invoice, outcome: Outcome) -> InvoiceHead {
    let time = at(number);
    InvoiceHead {
        id: format!("inv_{number:026}").parse().unwrap(),
        version: 1,
        state: InvoiceState::Matched,
        outcome,
        kind: InvoiceKind::Standard,
        supplier_id: invoice.supplier_id.clone(),
        supplier_group: invoice.supplier_id.to_string(),
        supplier_invoice_number: invoice.supplier_invoice_number.clone(),
        normalised_number: number.to_string(),
        currency: invoice.currency,
        gross_amount: invoice.gross_amount,
        at_stake: Decimal::ZERO,
        invoice_date: invoice.invoice_date,
        facility_id: None,
        document_id: format!("doc_{number}"),
        payload_sha256: number.to_string(),
        channel: "test".to_owned(),
        submitted_by: "test".to_owned(),
        correlation_id: number.to_string(),
        run_no: 1,
        codes: Vec::new(),
        erp: None,
        waiting_since: None,
        created_at: time,
        updated_at: time,
    }
}

/// Replays a policy over the first `runs` of it.
pub(super) async fn simulate(url: &str, proposed: Option<Value>, runs: u64) -> SimulationReport {
    let store = Store::open_existing(url).await.unwrap();
    let document: Option<PolicyDocument> = proposed.map(|it| serde_json::from_value(it).unwrap());
    let policy = document.map_or_else(
        || Policy::default_shipped().unwrap(),
        |document| Policy::new(document).unwrap(),
    );
    let to = at(runs);
    let window = RunWindow { from: None, to, supplier_id: None, facility_id: None };
    let simulation = Simulation::begin(store.clone(), policy, window).await.unwrap();
    let report = simulation.finish().await.unwrap();
    store.close().await;
    report
}
