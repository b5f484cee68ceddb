//! What is derived from the event log, made again from the log alone and held against what the
//! gateways kept: where each requisition, order and invoice stands, what holds an invoice and in
//! which case it lies, what is found under an order and under the root of a flow, and the timeline.

use crate::client::Asker;
use crate::image::{invoices, requisitions};
use canonical::{Event, InvoiceId, PurchaseOrderNumber};
use http::Method;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::{EventKey, HoldState, LoggedEvent, Store};
use tests::purchase::{Asks as _, Purchase};

/// Of so many flows at most the timeline and the standing are asked for.
const ASKED_MAX: usize = 300;

/// An invoice as far as its events tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Standing {
    number: String,
    run: u64,
    outcome: String,
    state: String,
    /// The payable that it became.
    payable: Option<String>,
    /// The codes that hold it, with the line that each is about.
    holds: BTreeSet<(String, Option<u64>)>,
    /// Its cases with their states.
    cases: BTreeMap<String, String>,
}

/// Everything that is derived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Derived {
    /// State and order of each requisition.
    requisitions: BTreeMap<String, (String, Option<String>)>,
    /// Where each order stands.
    orders: BTreeMap<String, String>,
    invoices: BTreeMap<String, Standing>,
}

/// The positions of events by what they are found under.
#[derive(Debug, Default)]
struct Index {
    orders: BTreeMap<String, BTreeSet<i64>>,
    roots: BTreeMap<String, BTreeSet<i64>>,
    /// How far each source has counted under each key.
    sequences: BTreeMap<(String, String), u64>,
}

/// Makes everything again and compares.
pub(crate) async fn check(store: &Store, reader: &Asker, purchases: &[Purchase]) {
    let (mut made, mut index) = (Derived::default(), Index::default());
    let (mut after, mut ids) = (0, BTreeMap::new());
    loop {
        let page = store.events_after(after, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.position;
        for LoggedEvent { position, event } in page {
            index.add(position, &event);
            made.add(&event);
            ids.insert(position, event.id);
        }
    }
    let kept = kept(store, &made).await;
    assert_eq!(kept.requisitions, made.requisitions, "requisitions, kept and made again");
    assert_eq!(kept.orders, made.orders, "orders, kept and made again");
    assert_eq!(kept.invoices, made.invoices, "invoices, kept and made again");
    for it in purchases {
        index.is_as_kept(store, it).await;
    }
    for it in purchases.iter().step_by(purchases.len().div_ceil(ASKED_MAX)) {
        let path = format!("/process/v1/purchase-orders/{}", it.order);
        let standing = get(reader, &path).await;
        assert_eq!(standing["lifecycle"], made.orders[&it.order].as_str(), "{it:?}");
        let of_flow = index.orders[&it.order].union(&index.roots[&it.requisition]);
        let mut expected: Vec<&str> = of_flow.map(|it| ids[it].as_str()).collect();
        expected.sort_unstable();
        assert_eq!(timeline(reader, it).await, expected, "{it:?}: its timeline");
    }
}

/// The ids of the events that a timeline shows, sorted: it shows them by their time.
async fn timeline(reader: &Asker, it: &Purchase) -> Vec<String> {
    let path = format!("/consumption/v1/timeline?correlation_id={}", it.requisition);
    let timeline = get(reader, &path).await;
    let parts = timeline["parts"].as_array().unwrap();
    assert!(parts.iter().all(|it| it["status"] == "ok"), "{it:?}: {parts:?}");
    let shown = timeline["events"].as_array().unwrap().iter();
    let mut shown: Vec<String> = shown.map(|it| text(&it["id"])).collect();
    shown.sort_unstable();
    shown
}

impl Index {
    /// That the same is found under the purchase's order, and under the root of its flow.
    async fn is_as_kept(&self, store: &Store, it: &Purchase) {
        let order = EventKey::PurchaseOrder(it.order.parse().unwrap());
        let root = EventKey::Correlation(it.requisition.clone());
        for (key, made) in
            [(order, self.orders.get(&it.order)), (root, self.roots.get(&it.requisition))]
        {
            let found = positions(store, &key).await;
            assert_eq!(Some(&found), made, "{it:?}: under {key:?}");
        }
    }

    fn add(&mut self, position: i64, event: &Event) {
        if let Some(order) = &event.bizpo {
            self.orders.entry(order.clone()).or_default().insert(position);
        }
        self.roots.entry(event.correlationid.clone()).or_default().insert(position);
        let key = (event.source.clone(), event.partitionkey.clone());
        let last = self.sequences.entry(key).or_default();
        *last += 1;
        assert_eq!(event.sequence.parse(), Ok(*last), "a gap before {event:?}");
    }
}

impl Derived {
    fn add(&mut self, event: &Event) {
        let (data, subject) = (&event.data, &event.subject);
        let kind = event.kind.strip_prefix("threeway.").unwrap();
        let (context, what) = kind.strip_suffix(".v1").unwrap().split_once('.').unwrap();
        match (context, what) {
            ("requisitions", _) => {
                let order = data["purchase_order_number"].as_str().map(str::to_owned);
                if let Some(order) = &order {
                    self.orders.entry(order.clone()).or_insert_with(|| "approved".to_owned());
                }
                self.requisitions.insert(subject.clone(), (text(&data["state"]), order));
            }
            ("purchasing", _) if data["lifecycle"].is_string() => {
                self.orders.insert(subject.clone(), text(&data["lifecycle"]));
            }
            _ => {
                if let Some(invoice) = &event.bizinvoice {
                    self.invoices.entry(invoice.clone()).or_default().add((context, what), data);
                }
            }
        }
    }
}

impl Standing {
    fn add(&mut self, of: (&str, &str), data: &Value) {
        match of {
            ("payables", "invoice.received") => {
                self.number = text(&data["supplier_invoice_number"]);
            }
            ("matching", "match.evaluated") => {
                self.run = data["run"].as_u64().unwrap();
                self.outcome = text(&data["outcome"]);
                let first =
                    || if self.outcome.starts_with("matched") { "matched" } else { &self.outcome };
                self.state = data["state"].as_str().unwrap_or_else(first).to_owned();
            }
            ("matching", "hold.opened" | "hold.reopened") => drop(self.holds.insert(hold(data))),
            ("matching", "hold.cleared" | "hold.released" | "hold.superseded") => {
                assert!(self.holds.remove(&hold(data)), "{data}: not held");
            }
            ("accounting", "invoice.booked") => {
                let earlier = self.payable.replace(text(&data["payable"]));
                assert_eq!(earlier, None, "booked twice: {data}");
            }
            ("exceptions", _) => {
                self.cases.insert(text(&data["case"]), text(&data["state"]));
            }
            other => panic!("an event that is not looked at: {other:?}"),
        }
    }
}

fn hold(data: &Value) -> (String, Option<u64>) {
    (text(&data["code"]), data["invoice_line"].as_u64())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What the gateways kept.
async fn kept(store: &Store, made: &Derived) -> Derived {
    let mut kept = Derived::default();
    for it in requisitions(store).await {
        let order = it.purchase_order_number.map(|it| it.to_string());
        kept.requisitions.insert(it.id.to_string(), (it.state.name().to_owned(), order));
    }
    let numbers: Vec<PurchaseOrderNumber> =
        made.orders.keys().map(|it| it.parse().unwrap()).collect();
    for it in store.followed_orders(&numbers).await.unwrap().into_values() {
        kept.orders.insert(it.number.to_string(), it.lifecycle);
    }
    for head in invoices(store).await {
        let standing = Standing {
            number: head.supplier_invoice_number.to_string(),
            run: head.run_no.into(),
            outcome: head.outcome.name().to_owned(),
            state: head.state.name().to_owned(),
            payable: head.erp.and_then(|it| it.id),
            holds: open_holds(store, &head.id).await,
            cases: cases(store, &head.id).await,
        };
        kept.invoices.insert(head.id.to_string(), standing);
    }
    kept
}

async fn open_holds(store: &Store, invoice: &InvoiceId) -> BTreeSet<(String, Option<u64>)> {
    let holds = store.holds(std::slice::from_ref(invoice)).await.unwrap().into_iter();
    let open = holds.filter(|it| it.state == HoldState::Open);
    open.map(|it| (it.code.to_string(), it.invoice_line.map(u64::from))).collect()
}

async fn cases(store: &Store, invoice: &InvoiceId) -> BTreeMap<String, String> {
    let cases = store.cases_of(invoice).await.unwrap().into_iter();
    cases.map(|it| (it.id, it.state.name().to_owned())).collect()
}

async fn positions(store: &Store, key: &EventKey) -> BTreeSet<i64> {
    let events = store.events_of(key, 0, 1_000).await.unwrap();
    events.into_iter().map(|it| it.position).collect()
}

async fn get(reader: &Asker, path: &str) -> Value {
    match reader.ask(Method::GET, path, None).await {
        Some((200, told)) => told,
        other => panic!("{path}: {other:?}"),
    }
}
