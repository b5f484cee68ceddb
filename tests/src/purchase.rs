//! Purchases for load and for crashes: each goes from requisition to payment over the public API,
//! one step at a time, under keys of its own, so that a step may be sent again whatever became of
//! the answer.

use crate::Caller;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use std::future::Future;

const SUPPLIER: &str = "SUP-1001";
const ITEM: &str = "GLV-NIT-M";
const FACILITY: &str = "ALDERMOOR-DC";
/// In cents.
const PRICE: u64 = 1_250;

/// Somebody who may ask a gateway.
pub trait Asks {
    /// Asks, under a key where it writes; `None` where no answer came.
    fn ask(
        &self,
        method: Method,
        path: &str,
        write: Option<(&str, &Value)>,
    ) -> impl Future<Output = Option<(u16, Value)>> + Send;
}

impl Asks for Caller {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        write: Option<(&str, &Value)>,
    ) -> Option<(u16, Value)> {
        let mut request = Request::builder().method(method).uri(path);
        let mut body = Body::empty();
        if let Some((key, value)) = write {
            request = request.header(header::CONTENT_TYPE, "application/json");
            request = request.header("idempotency-key", key);
            body = Body::from(value.to_string());
        }
        let answer = self.send(request.body(body).unwrap()).await;
        Some((answer.status, answer.json))
    }
}

/// Somebody who asks a gateway over the network.
#[derive(Clone, Debug)]
pub struct Remote {
    /// How it is called.
    pub client: reqwest::Client,
    /// Where it is, as in `http://127.0.0.1:8080`.
    pub base: String,
    /// The token that is shown.
    pub token: String,
}

impl Remote {
    /// Every entry of a list.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let asked = format!("{path}?limit=200{cursor}");
            let (status, mut page) = self.ask(Method::GET, &asked, None).await.expect("an answer");
            assert_eq!(status, 200, "{asked}: {page}");
            match page["items"].take() {
                Value::Array(items) => all.extend(items),
                other => panic!("{asked}: {other}"),
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

impl Asks for Remote {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        write: Option<(&str, &Value)>,
    ) -> Option<(u16, Value)> {
        let mut asked = self.client.request(method, format!("{}{path}", self.base));
        if let Some((key, value)) = write {
            asked = asked.header("idempotency-key", key).json(value);
        }
        let answer = asked.bearer_auth(&self.token).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }
}

/// Who takes part: who asks for goods, and an administrator for all else.
#[derive(Clone, Debug)]
pub struct People<A> {
    /// Writes and submits.
    pub planner: A,
    /// Approves, receives, bills and pays.
    pub admin: A,
}

/// How far a purchase has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing was sent.
    New,
    /// It is a draft.
    Written,
    /// It waits for approval.
    Submitted,
    /// It is approved, and being ordered.
    Approved,
    /// The order is there.
    Ordered,
    /// The order was delivered to the supplier.
    Dispatched,
    /// The supplier accepted it.
    Acknowledged,
    /// The goods are there.
    Received,
    /// The supplier billed them, and the bill is being booked.
    Billed,
    /// The bill is booked.
    Booked,
    /// It was paid, and the gateway is learning of it.
    Paying,
    /// It is over.
    Paid,
}

/// One purchase.
#[derive(Clone, Debug)]
pub struct Purchase {
    name: String,
    /// Its number among those of its name.
    pub number: u64,
    /// How far it has come.
    pub stage: Stage,
    /// The id of its requisition; empty before that is known.
    pub requisition: String,
    /// The number of its order.
    pub order: String,
    /// The id of its invoice.
    pub invoice: String,
    payable: Value,
}

impl Purchase {
    /// The purchase of this number among those of a name; no two bills of them look alike.
    #[must_use]
    pub fn new(name: &str, number: u64) -> Self {
        let empty = String::new;
        let (requisition, order, invoice) = (empty(), empty(), empty());
        let (stage, name, payable) = (Stage::New, name.to_owned(), Value::Null);
        Self { name, number, stage, requisition, order, invoice, payable }
    }

    /// How many boxes are bought.
    const fn boxes(&self) -> u64 {
        self.number % 37 + 1
    }

    fn amount(&self) -> String {
        let cents = self.boxes() * PRICE;
        format!("{}.{:02}", cents / 100, cents % 100)
    }

    /// The supplier's number of its bill.
    #[must_use]
    pub fn bill_number(&self) -> String {
        // ok: spread over the whole range, so that neighbours have no digits in common
        let spread = (self.number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{}-{spread:016X}", self.name)
    }

    /// Sends the next step, or looks whether it is done; says whether anything moved. Where it did
    /// not, the gateway has work to do, or did not answer.
    ///
    /// # Panics
    /// Where a step is refused.
    pub async fn advance<A: Asks>(&mut self, people: &People<A>) -> bool {
        let People { planner, admin } = people;
        let before = self.stage;
        match self.stage {
            Stage::New => self.write(planner).await,
            Stage::Written => {
                self.act(planner, json!({ "action": "submit" }), Stage::Submitted).await;
            }
            Stage::Submitted => {
                self.act(admin, json!({ "action": "approve" }), Stage::Approved).await;
            }
            Stage::Approved => self.look_for_order(planner).await,
            Stage::Ordered => self.dispatch(admin).await,
            Stage::Dispatched => self.acknowledge(admin).await,
            Stage::Acknowledged => self.receive(admin).await,
            Stage::Received => self.bill(admin).await,
            Stage::Billed => self.look_for_payable(admin).await,
            Stage::Booked => self.pay(admin).await,
            Stage::Paying => self.look_for_end(admin).await,
            Stage::Paid => {}
        }
        self.stage != before
    }

    async fn write<A: Asks>(&mut self, who: &A) {
        let body = json!({
            "supplier_id": SUPPLIER, "currency": "USD", "facility_id": FACILITY,
            "needed_by": "2027-01-15",
            "lines": [{
                "line_number": 10, "item_id": ITEM,
                "quantity": { "value": self.boxes().to_string(), "uom": "BX" },
                "unit_price": "12.50",
            }],
        });
        if let Some(told) = self.post(who, "/process/v1/requisitions", "write", &body).await {
            self.requisition = text(&told["id"]);
            self.stage = Stage::Written;
        }
    }

    async fn act<A: Asks>(&mut self, who: &A, action: Value, then: Stage) {
        let path = format!("/process/v1/requisitions/{}/actions", self.requisition);
        let step = text(&action["action"]);
        if self.post(who, &path, &step, &action).await.is_some() {
            self.stage = then;
        }
    }

    async fn look_for_order<A: Asks>(&mut self, who: &A) {
        let path = format!("/process/v1/requisitions/{}", self.requisition);
        let Some(it) = get(who, &path).await else { return };
        if it["state"] == "ordered" {
            self.order = text(&it["purchase_order_number"]);
            self.stage = Stage::Ordered;
        }
    }

    async fn dispatch<A: Asks>(&mut self, who: &A) {
        let path = format!("/process/v1/purchase-orders/{}/dispatches", self.order);
        let body = json!({ "transport": "as2", "delivered_at": "2026-11-28T09:00:00Z" });
        if self.post(who, &path, "dispatch", &body).await.is_some() {
            self.stage = Stage::Dispatched;
        }
    }

    async fn acknowledge<A: Asks>(&mut self, who: &A) {
        let body = json!({ "acknowledgement": {
            "purchase_order_number": self.order, "supplier_id": SUPPLIER, "status": "accepted",
            "acknowledged_on": "2026-11-28", "currency": "USD",
        } });
        let path = "/process/v1/acknowledgements";
        if self.post(who, path, "acknowledge", &body).await.is_some() {
            self.stage = Stage::Acknowledged;
        }
    }

    async fn receive<A: Asks>(&mut self, who: &A) {
        let body = json!({
            "number": format!("R-{}-{}", self.name, self.number),
            "purchase_order_number": self.order, "purchase_order_line": 10,
            "quantity": { "value": self.boxes().to_string(), "uom": "BX" },
            "effective_at": "2026-11-28T10:00:00Z",
        });
        if self.post(who, "/system/v1/receipts", "receive", &body).await.is_some() {
            self.stage = Stage::Received;
        }
    }

    async fn bill<A: Asks>(&mut self, who: &A) {
        let quantity = format!("{} BX", self.boxes());
        let amount = self.amount();
        let of = (self.order.as_str(), 10);
        let number = self.bill_number();
        let body = crate::demo::bill(&number, SUPPLIER, of, &quantity, ("12.50", &amount));
        if let Some(told) = self.post(who, crate::INVOICES, "bill", &body).await {
            assert_eq!(told["state"], "matched", "{told}");
            self.invoice = text(&told["id"]);
            self.stage = Stage::Billed;
        }
    }

    async fn look_for_payable<A: Asks>(&mut self, who: &A) {
        let path = format!("/system/v1/payables?invoice_id={}", self.invoice);
        let Some(found) = get(who, &path).await else { return };
        let invoice = get(who, &format!("{}/{}", crate::INVOICES, self.invoice)).await;
        let is_booked = invoice.is_some_and(|it| it["erp_document"]["status"] == "posted");
        if let (true, Some(payable)) = (is_booked, found["items"].get(0)) {
            self.payable = payable.clone();
            self.stage = Stage::Booked;
        }
    }

    async fn pay<A: Asks>(&mut self, who: &A) {
        let body = json!({
            "number": format!("CHK-{}-{}", self.name, self.number),
            "payable_id": self.payable["id"], "amount": self.payable["total"],
            "paid_at": "2026-11-28T11:00:00Z",
        });
        if self.post(who, "/system/v1/payments", "pay", &body).await.is_some() {
            self.stage = Stage::Paying;
        }
    }

    async fn look_for_end<A: Asks>(&mut self, who: &A) {
        let path = format!("{}/{}", crate::INVOICES, self.invoice);
        if get(who, &path).await.is_some_and(|it| it["state"] == "paid") {
            self.stage = Stage::Paid;
        }
    }

    /// Posts a step; `None` where it is to be sent again.
    async fn post<A: Asks>(&self, who: &A, path: &str, step: &str, body: &Value) -> Option<Value> {
        let key = format!("{}-{}-{step}", self.name, self.number);
        let (status, told) = who.ask(Method::POST, path, Some((&key, body))).await?;
        match status {
            200..=202 => Some(told),
            // a request that is being answered, or a gateway or back end that is not there now
            409 if told["detail"].to_string().contains("still running") => None,
            429 | 502..=504 => None,
            _ => panic!("{path} under {key}: {status} {told}"),
        }
    }
}

/// Reads; `None` where it is to be asked again.
async fn get<A: Asks>(who: &A, path: &str) -> Option<Value> {
    let (status, told) = who.ask(Method::GET, path, None).await?;
    match status {
        200 => Some(told),
        429 | 502..=504 => None,
        _ => panic!("{path}: {status} {told}"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
