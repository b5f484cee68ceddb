//! One case replayed: each fact in its order, every open invoice asked again after each.
//!
//! What the log says and what it does not decides how a case becomes documents:
//!
//! - Each event carries the value of the whole item, not its own: an item of 17,414 with six
//!   receipts and six invoices has 17,414 at each of them. So the parts are unknown, and an item
//!   that was received n times in all is an order of n parts at value / n, each receipt and each
//!   invoice being one. An item received once, as most are, is one part at its value. What is
//!   invented is only that the parts are equal; which came first, and how many, is the log's.
//! - Two invoices are recorded at twice the value of their item. They bill their part at twice the
//!   price.
//! - A service is received by an entry sheet and a goods receipt at the same moment; both are one
//!   receipt, and the sheet alone changes nothing.
//! - "Vendor creates invoice" is the date on the paper. What is not recorded is not here.
//! - "Clear Invoice" does not say which: it is the oldest that is recorded and not yet cleared.
//!   One by the person who has just cancelled an invoice clears that one with its reversal.
//! - "Cancel Invoice Receipt" takes back the latest, "Cancel Goods Receipt" too.
//! - The final invoice indicator keeps later invoices out; what is booked stays booked.

use super::log::{Case, Event, Flow, What};
use canonical::{Exact, Money, Outcome};
use serde_json::{Value, json};
use tests::Caller;

const EVALUATIONS: &str = "/process/v1/match-evaluations";

/// Where an invoice of the replay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Recorded; booked where its outcome says so.
    Open,
    /// A person lifted its block in the log.
    Released,
    Cleared,
    Cancelled,
}

/// An invoice and what was said about it each time it was asked.
#[derive(Clone, Debug)]
pub(super) struct Billed {
    pub(super) recorded_at: String,
    /// In cents.
    pub(super) amount: i128,
    pub(super) state: State,
    /// Recorded after the final invoice indicator.
    too_late: bool,
    /// The last question about it.
    asked: Option<Value>,
    /// The event, and the answer after it; the first is that of its recording.
    pub(super) answers: Vec<(What, Value)>,
}

impl Billed {
    pub(super) fn first(&self) -> &Value {
        &self.answers[0].1
    }

    pub(super) fn last(&self) -> &Value {
        &self.answers[self.answers.len() - 1].1
    }

    /// Whether we held it first and do not any more.
    fn waited(&self) -> bool {
        outcome(self.first()) > Outcome::MatchedWithinTolerance
    }

    fn is_live(&self) -> bool {
        matches!(self.state, State::Open | State::Released)
    }
}

/// How a clearing of the log stands to what we had said.
#[derive(Clone, Debug)]
pub(super) enum Clearing {
    /// We had released it, too.
    Agreed,
    /// We held it, and so did they until a person lifted the block.
    Released(Value),
    /// We held it.
    Held(Value),
    /// An invoice that was cancelled, with its reversal.
    Reversal,
    /// Nothing was recorded that it could clear.
    Nothing,
}

/// One case while it is replayed, and what is left at its end.
pub(super) struct Replay<'a> {
    pub(super) case: &'a Case,
    /// The flow it is replayed as: its own, or another to see what would change.
    pub(super) flow: Flow,
    pub(super) invoices: Vec<Billed>,
    pub(super) clearings: Vec<(String, Option<usize>, Clearing)>,
    pub(super) asked: usize,
    /// Blocks that the log lifts by hand where a receipt had lifted ours already.
    pub(super) lifted_after_us: usize,
    receipts: Vec<Value>,
    version: u32,
    value: i128,
    deleted: bool,
    finally_invoiced: bool,
}

pub(super) fn outcome(answer: &Value) -> Outcome {
    serde_json::from_value(answer["outcome"].clone()).unwrap()
}

impl<'a> Replay<'a> {
    pub(super) fn new(case: &'a Case, flow: Flow) -> Self {
        Self {
            case,
            flow,
            invoices: Vec::new(),
            clearings: Vec::new(),
            asked: 0,
            lifted_after_us: 0,
            receipts: Vec::new(),
            version: 0,
            value: 0,
            deleted: false,
            finally_invoiced: false,
        }
    }

    /// Net receipts so far.
    pub(super) fn received(&self) -> usize {
        let back = self.receipts.iter().filter(|it| !it["reversal_of"].is_null()).count();
        self.receipts.len() - 2 * back
    }

    /// What booked invoices claim before this one: those already cleared, then those before it.
    pub(super) fn claimed_before(&self, place: usize) -> usize {
        self.before(place).count()
    }

    fn before(&self, place: usize) -> impl Iterator<Item = usize> {
        let counts = move |other: &usize| {
            let it = &self.invoices[*other];
            let booked = it.state == State::Cleared || *other < place;
            *other != place && it.state != State::Cancelled && booked
        };
        (0..self.invoices.len()).filter(counts)
    }

    pub(super) async fn step(&mut self, event: &Event, caller: &Caller) {
        match event.what {
            What::Ordered | What::PriceChanged | What::QuantityChanged => {
                (self.value, self.version) = (event.value, self.version + 1);
            }
            What::Deleted => self.deleted = true,
            What::FinallyInvoiced => self.finally_invoiced = true,
            What::Received => self.receive(event, false),
            What::ReceiptCancelled => self.receive(event, true),
            What::Invoiced => self.record(event),
            What::InvoiceCancelled => self.cancel(),
            What::BlockRemoved => self.release(),
            What::Cleared => self.clear(event),
            What::DeliveryCompleted
            | What::ServiceEntered
            | What::InvoiceDated
            | What::DebitMemoDated => {}
        }
        for place in 0..self.invoices.len() {
            if self.invoices[place].is_live() {
                self.ask(place, event.what, caller).await;
            }
        }
    }

    /// The same question is not asked twice: that its answer is the same is tested elsewhere.
    async fn ask(&mut self, place: usize, after: What, caller: &Caller) {
        let request = self.request(place);
        let answer = if self.invoices[place].asked.as_ref() == Some(&request) {
            self.invoices[place].last().clone()
        } else {
            self.asked += 1;
            caller.post(EVALUATIONS, &request).await.expect(200).clone()
        };
        self.invoices[place].answers.push((after, answer));
        self.invoices[place].asked = Some(request);
    }

    fn receive(&mut self, event: &Event, back: bool) {
        let cancelled =
            |number: &Value| self.receipts.iter().any(|it| it["reversal_of"] == *number);
        let latest = self
            .receipts
            .iter()
            .rev()
            .find(|it| it["reversal_of"].is_null() && !cancelled(&it["number"]));
        let reversal_of = if back { latest.unwrap()["number"].clone() } else { Value::Null };
        let number = format!("GR-{}", self.receipts.len() + 1);
        let mut receipt = json!({
            "number": number, "purchase_order_number": self.case.order,
            "purchase_order_line": self.case.line, "effective_at": event.at,
            "quantity": { "value": if back { "-1" } else { "1" }, "uom": "EA" },
        });
        if back {
            receipt["reversal_of"] = reversal_of;
        }
        self.receipts.push(receipt);
    }

    fn record(&mut self, event: &Event) {
        let amount = self.part(event.value);
        let recorded_at = event.at.clone();
        let (too_late, answers) = (self.finally_invoiced, Vec::new());
        let state = State::Open;
        self.invoices.push(Billed { recorded_at, amount, state, too_late, asked: None, answers });
    }

    fn cancel(&mut self) {
        let latest = self.invoices.iter_mut().rev().find(|it| it.state != State::Cancelled);
        latest.expect("an invoice that can be cancelled").state = State::Cancelled;
    }

    fn release(&mut self) {
        let held = |it: &&mut Billed| {
            it.state == State::Open && outcome(it.last()) > Outcome::MatchedWithinTolerance
        };
        if let Some(it) = self.invoices.iter_mut().find(held) {
            it.state = State::Released;
        } else if self.invoices.iter().any(Billed::waited) {
            self.lifted_after_us += 1;
        }
    }

    fn clear(&mut self, event: &Event) {
        let here = self.case.events.iter().position(|it| std::ptr::eq(it, event)).unwrap();
        let before = &self.case.events[here - 1];
        let reverses = before.what == What::InvoiceCancelled && before.user == event.user;
        let place = self.invoices.iter().position(Billed::is_live);
        let (place, clearing) = match place {
            _ if reverses => (None, Clearing::Reversal),
            None => (None, Clearing::Nothing),
            Some(place) => {
                let it = &mut self.invoices[place];
                let answer = it.last().clone();
                let clearing = match (outcome(&answer) > Outcome::MatchedWithinTolerance, it.state)
                {
                    (false, _) => Clearing::Agreed,
                    (true, State::Released) => Clearing::Released(answer),
                    (true, _) => Clearing::Held(answer),
                };
                it.state = State::Cleared;
                (Some(place), clearing)
            }
        };
        self.clearings.push((event.at.clone(), place, clearing));
    }

    /// A part of a value, to the cent (R1).
    pub(super) fn part(&self, value: i128) -> i128 {
        let parts = i128::try_from(self.case.parts()).unwrap();
        Money::round(&Exact::new(value.into(), (100 * parts).into()), "EUR".parse().unwrap())
            .minor()
    }

    pub(super) const fn value(&self) -> i128 {
        self.value
    }

    pub(super) const fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// Whether it was recorded after the final invoice.
    pub(super) fn came_after_the_last(&self, place: usize) -> bool {
        self.invoices[place].too_late
    }

    fn order(&self, place: usize) -> Value {
        let (mode, after) = match self.flow {
            Flow::AfterReceipt => ("three_way", true),
            Flow::BeforeReceipt => ("three_way", false),
            Flow::TwoWay | Flow::Consignment => ("two_way", false),
        };
        let line = json!({
            "line_number": self.case.line, "description": "an item of the log",
            "quantity": { "value": self.case.parts().to_string(), "uom": "EA" },
            "unit_price": euros(self.value), "price_base": self.case.parts().to_string(),
            "match_mode": mode, "receipt_based_invoice": after,
            "closed": self.invoices[place].too_late,
        });
        let mut order = json!({
            "number": self.case.order, "version": self.version.max(1), "currency": "EUR",
            "supplier_id": self.case.supplier, "lines": [line],
            "status": if self.deleted { "cancelled" } else { "dispatched" },
            "order_date": day(&self.case.events[0].at),
        });
        if self.flow == Flow::Consignment {
            order["kind"] = json!("consignment_fill");
        }
        order
    }

    pub(super) fn request(&self, place: usize) -> Value {
        let it = &self.invoices[place];
        let at = json!({ "purchase_order_number": self.case.order,
            "purchase_order_line": self.case.line, "quantity": { "value": "1", "uom": "EA" } });
        let claim = |other: usize| {
            let mut claim = at.clone();
            claim["invoice"] = json!(format!("IR-{}", other + 1));
            claim["amount"] = json!(euros(self.invoices[other].amount));
            claim
        };
        // by number, so that the same facts are the same question
        let claims: Vec<Value> = self.before(place).map(claim).collect();
        let mut line = at.clone();
        line["line_number"] = json!(1);
        line["unit_price"] = json!(euros(it.amount));
        line["net_amount"] = json!(euros(it.amount));
        json!({
            "invoice": {
                "supplier_invoice_number": format!("IR-{}", place + 1), "currency": "EUR",
                "supplier_id": self.case.supplier, "invoice_date": day(&it.recorded_at),
                "lines": [line], "gross_amount": euros(it.amount),
            },
            "purchase_orders": [self.order(place)],
            "receipts": self.receipts, "claims": claims,
        })
    }
}

fn day(at: &str) -> &str {
    at.split('T').next().unwrap()
}

/// Cents as euros.
pub(super) fn euros(cents: i128) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
