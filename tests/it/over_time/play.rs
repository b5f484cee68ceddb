//! A play: one order line, and what happens to it, step by step.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tests::{Answer, Caller, TestGateway, demo};

const SUPPLIER: &str = "SUP-1001";
const ORDER: &str = "PO-PLAY";

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An order, or the next version of it.
    Order { version: u32, quantity: &'static str, price: &'static str },
    /// The order in its next version, held against something else.
    Mode { version: u32, mode: &'static str },
    /// Goods arrive.
    Receive { number: &'static str, quantity: &'static str },
    /// Goods go back.
    Return { number: &'static str, quantity: &'static str, replace: bool },
    /// The supplier bills.
    Bill { name: &'static str, quantity: &'static str, price: &'static str },
    /// The supplier takes a quantity back.
    QuantityCredit {
        name: &'static str,
        cites: &'static str,
        quantity: &'static str,
        price: &'static str,
    },
    /// The supplier takes a part of the price back.
    PriceCredit { name: &'static str, cites: &'static str, amount: &'static str },
    /// We pay, in full.
    Pay { name: &'static str },
}

pub(crate) fn order(quantity: &'static str, price: &'static str) -> Step {
    Step::Order { version: 1, quantity, price }
}

pub(crate) fn receive(number: &'static str, quantity: &'static str) -> Step {
    Step::Receive { number, quantity }
}

pub(crate) fn return_goods(number: &'static str, quantity: &'static str, replace: bool) -> Step {
    Step::Return { number, quantity, replace }
}

pub(crate) fn bill(name: &'static str, quantity: &'static str, price: &'static str) -> Step {
    Step::Bill { name, quantity, price }
}

pub(crate) fn quantity_credit(
    name: &'static str,
    cites: &'static str,
    quantity: &'static str,
    price: &'static str,
) -> Step {
    Step::QuantityCredit { name, cites, quantity, price }
}

pub(crate) fn price_credit(name: &'static str, cites: &'static str, amount: &'static str) -> Step {
    Step::PriceCredit { name, cites, amount }
}

pub(crate) fn pay(name: &'static str) -> Step {
    Step::Pay { name }
}

/// An invoice as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Stands {
    pub(crate) state: String,
    pub(crate) outcome: String,
    /// The codes of its open holds.
    pub(crate) open: Vec<String>,
    pub(crate) flags: Vec<String>,
    pub(crate) runs: usize,
    pub(crate) erp: Option<String>,
    holds: Vec<Value>,
}

impl Stands {
    /// The code of its hold in this state.
    pub(crate) fn hold(&self, state: &str) -> String {
        let hold = self.holds.iter().find(|it| it["state"] == state).unwrap();
        hold["code"].as_str().unwrap().to_owned()
    }

    /// The hold of this code, whole.
    pub(crate) fn of(&self, code: &str) -> &Value {
        self.holds.iter().rfind(|it| it["code"] == code).unwrap()
    }

    /// Since when it waits.
    pub(crate) fn since(&self) -> String {
        let hold = self.holds.iter().find(|it| it["state"] == "open").unwrap();
        hold["opened_at"].as_str().unwrap().to_owned()
    }

    /// What must not depend on the order in which facts come.
    pub(crate) fn ends(&self) -> (String, String, Vec<String>, Vec<String>) {
        let (mut open, mut flags) = (self.open.clone(), self.flags.clone());
        open.sort();
        flags.sort();
        (self.state.clone(), self.outcome.clone(), open, flags)
    }
}

pub(crate) struct Play {
    gateway: TestGateway,
    ids: Mutex<BTreeMap<&'static str, String>>,
}

impl Play {
    /// A play that has come so far.
    pub(crate) async fn of(steps: &[Step]) -> Self {
        let play = Self::with(&[]).await;
        for step in steps {
            play.step(step).await;
        }
        play
    }

    /// A play that has not begun, with another configuration.
    pub(crate) async fn with(environment: &[(&str, &str)]) -> Self {
        Self { gateway: TestGateway::with(environment).await, ids: Mutex::default() }
    }

    /// The same, after a restart with another configuration.
    pub(crate) async fn again(self, environment: &[(&str, &str)]) -> Self {
        Self { gateway: self.gateway.again(environment).await, ids: self.ids }
    }

    /// One step, and all that follows from it.
    pub(crate) async fn step(&self, step: &Step) {
        self.happen(step).await;
        self.gateway.settle().await;
    }

    /// One step; what follows from it waits.
    pub(crate) async fn happen(&self, step: &Step) {
        let at = "2026-10-12T10:00:00Z";
        let quantity = |value: &str| json!({ "value": value, "uom": "EA" });
        let of = json!({ "purchase_order_number": ORDER, "purchase_order_line": 10 });
        match step {
            Step::Order { version, quantity: value, price } => {
                let order = json!({
                    "number": ORDER, "version": version, "supplier_id": SUPPLIER,
                    "currency": "USD", "status": "dispatched", "order_date": "2026-10-01",
                    "lines": [{
                        "line_number": 10, "description": "gauze", "quantity": quantity(value),
                        "unit_price": price, "match_mode": "three_way",
                    }],
                });
                self.put(&order).await;
            }
            Step::Mode { version, mode } => {
                let path = format!("/system/v1/purchase-orders/{ORDER}");
                let mut order = self.gateway.admin().get(&path).await.json;
                order["version"] = json!(version);
                order["lines"][0]["match_mode"] = json!(mode);
                self.put(&order).await;
            }
            Step::Receive { number, quantity: value } => {
                let body = json!({
                    "number": number, "quantity": quantity(value), "effective_at": at,
                });
                self.record("/system/v1/receipts", with(body, &of)).await;
            }
            Step::Return { number, quantity: value, replace } => {
                let body = json!({
                    "number": number, "quantity": quantity(value), "replace": replace,
                    "effective_at": at,
                });
                self.record("/system/v1/returns", with(body, &of)).await;
            }
            Step::Pay { name } => {
                let payable = self.payable(name).await;
                let body = json!({
                    "number": format!("CHK-{name}"), "payable_id": payable["id"],
                    "amount": payable["total"], "paid_at": at,
                });
                self.record("/system/v1/payments", body).await;
            }
            _ => self.submit(step).await,
        }
    }

    async fn put(&self, order: &Value) {
        let path = format!("/system/v1/purchase-orders/{ORDER}");
        let answer = self.gateway.admin().put(&path, order).await;
        assert_eq!(answer.status, 200, "{}", answer.words());
    }

    async fn submit(&self, step: &Step) {
        let numbered = |name: &str| format!("PLAY-{}", number(name));
        let (name, mut body) = match step {
            Step::Bill { name, quantity, price } => {
                let net = product(quantity, price);
                let quantity = format!("{quantity} EA");
                let of = (ORDER, 10);
                (name, demo::bill(&numbered(name), SUPPLIER, of, &quantity, (price, &net)))
            }
            Step::QuantityCredit { name, cites, quantity, price } => {
                let net = product(quantity, price);
                let quantity = format!("{quantity} EA");
                let of = (ORDER, 10);
                let mut body = demo::bill(&numbered(name), SUPPLIER, of, &quantity, (price, &net));
                body["invoice"]["kind"] = json!("quantity_credit");
                body["invoice"]["cited_invoice_number"] = json!(numbered(cites));
                (name, body)
            }
            Step::PriceCredit { name, cites, amount } => {
                let of = (ORDER, 10);
                let mut body = demo::bill(&numbered(name), SUPPLIER, of, "1 EA", (amount, amount));
                body["invoice"]["kind"] = json!("price_credit");
                body["invoice"]["cited_invoice_number"] = json!(numbered(cites));
                (name, body)
            }
            _ => unreachable!("a step that submits nothing"),
        };
        body["invoice"]["invoice_date"] = json!("2026-10-20");
        let answer = self.gateway.ap().submit(&body).await;
        assert_eq!(answer.status, 202, "{}", answer.words());
        let id = answer.json["id"].as_str().unwrap().to_owned();
        self.ids.lock().unwrap().insert(name, id);
    }

    async fn record(&self, path: &str, body: Value) {
        let answer = self.gateway.admin().post(path, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.words());
    }

    async fn payable(&self, name: &str) -> Value {
        let id = self.id(name);
        let invoice = self.gateway.ap().get(&format!("/process/v1/invoices/{id}")).await.json;
        let payable = invoice["erp_document"]["id"].as_str().unwrap().to_owned();
        self.gateway.ap().get(&format!("/system/v1/payables/{payable}")).await.json
    }

    /// Asks to release holds of an invoice; all that are open where none is named.
    pub(crate) async fn release(&self, who: &Caller, name: &str, holds: &[&str]) -> Answer {
        let path = format!("/process/v1/invoices/{}/releases", self.id(name));
        who.post(&path, &json!({ "holds": holds, "reason": "agreed by phone" })).await
    }

    /// What the finance system has booked of an invoice.
    pub(crate) async fn booked(&self, name: &str) -> usize {
        self.gateway.payables(SUPPLIER, &format!("PLAY-{}", number(name))).await.len()
    }

    pub(crate) const fn gateway(&self) -> &TestGateway {
        &self.gateway
    }

    pub(crate) fn id(&self, name: &str) -> String {
        self.ids.lock().unwrap()[name].clone()
    }

    /// An invoice as it stands now.
    pub(crate) async fn invoice(&self, name: &str) -> Stands {
        let id = self.id(name);
        let it = self.gateway.ap().get(&format!("/process/v1/invoices/{id}")).await.json;
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let holds = it["holds"].as_array().unwrap().clone();
        let open = holds.iter().filter(|it| it["state"] == "open").map(|it| text(&it["code"]));
        Stands {
            state: text(&it["state"]),
            outcome: text(&it["outcome"]),
            open: open.collect(),
            flags: it["flags"].as_array().unwrap().iter().map(|it| text(&it["code"])).collect(),
            runs: it["runs"].as_array().unwrap().len(),
            erp: it["erp_document"]["status"].as_str().map(str::to_owned),
            holds,
        }
    }

    /// An invoice on an order of the demo.
    pub(crate) async fn other_invoice(&self) -> String {
        let body = demo::bill("OTHER-1", SUPPLIER, ("PO-1001", 10), "1 BX", ("12.50", "12.50"));
        let answer = self.gateway.ap().submit(&body).await;
        answer.json["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn runs_of(&self, id: &str) -> usize {
        let it = self.gateway.ap().get(&format!("/process/v1/invoices/{id}")).await.json;
        it["runs"].as_array().unwrap().len()
    }

    pub(crate) async fn event_position(&self) -> i64 {
        self.gateway.event_position().await
    }

    pub(crate) async fn timeline(&self) -> Value {
        let path = format!("/consumption/v1/timeline?purchase_order={ORDER}");
        self.gateway.ap().get(&path).await.json
    }
}

fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// Numbers that no slip makes alike.
fn number(name: &str) -> &'static str {
    match name {
        "A" => "77120",
        "B" => "30489",
        "C" => "51966",
        _ => "98234",
    }
}

/// Quantities of the play are whole and prices have two places.
fn product(quantity: &str, price: &str) -> String {
    let quantity: i64 = quantity.parse().unwrap();
    let cents: i64 = price.replace('.', "").parse().unwrap();
    let total = quantity * cents;
    format!("{}.{:02}", total / 100, total % 100)
}
