//! Many at once, most of them wrong: for every seed, each answer comes in time and is whole, and
//! what is kept afterwards holds together.

use canonical::Lane;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use store::EventKey;
use tests::{Answer, Caller, INVOICES, TestGateway, demo};
use tokio::task::JoinSet;

/// Seeds that always run: a failing one is added here.
const SEEDS: [u8; 6] = [1, 2, 3, 5, 8, 13];
const REQUESTS: usize = 120;

/// What nobody outside should read: words of causes, paths, and code.
const PRIVATE: [&str; 8] =
    ["sqlite", "rusqlite", "panicked", "src/", ".rs:", "SELECT ", "Backtrace", "/tmp/"];

/// The next number below `most`.
fn below(rng: &mut TestRng, most: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap() % most
}

/// One request that chance chooses.
#[derive(Debug)]
enum Ask {
    Submit { key: String, body: Value },
    Raw { media_type: &'static str, bytes: Vec<u8> },
    Get(String),
}

fn choose(rng: &mut TestRng, invoices: &[demo::DemoInvoice]) -> Ask {
    let invoice = &invoices[below(rng, invoices.len())];
    let key = format!("storm-{}", below(rng, 40));
    let order = format!("PO-10{:02}", below(rng, 60));
    match below(rng, 10) {
        0..=2 => Ask::Submit { key, body: invoice.request.clone() },
        3..=4 => {
            // rivals for the 30 cases of one order line
            let number = format!("RIVAL-{}", below(rng, 12));
            let line = ("PO-1023", 10);
            let body = demo::bill(&number, "SUP-1001", line, "20 CS", ("90.00", "1800.00"));
            Ask::Submit { key: number, body }
        }
        5 => {
            let mut body = invoice.request.clone();
            body["invoice"]["lines"][0]["unit_price"] = json!("NaN");
            Ask::Submit { key, body }
        }
        6 => {
            let mut bytes = invoice.request.to_string().into_bytes();
            let at = below(rng, bytes.len());
            bytes[at] ^= 0x15;
            Ask::Raw { media_type: "application/json", bytes }
        }
        7 => {
            let bytes = demo::document("invoice.810");
            let end = bytes.len() - below(rng, 300);
            Ask::Raw { media_type: "application/edi-x12", bytes: bytes[..end].to_vec() }
        }
        8 => Ask::Get(format!("/consumption/v1/timeline?purchase_order={order}")),
        _ => Ask::Get(format!("{INVOICES}?limit=5&supplier=SUP-1001")),
    }
}

async fn ask(caller: Caller, ask: Ask) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = match ask {
        Ask::Submit { key, body } => caller.submit_under(&key, &body).await,
        Ask::Raw { media_type, bytes } => caller.post_as(media_type, INVOICES, bytes).await,
        Ask::Get(path) => caller.get(&path).await,
    };
    (answer, began.elapsed())
}

#[track_caller]
fn check_answer(seed: u8, answer: &Answer, took: Duration) {
    let words = format!("seed {seed}: {}", answer.words());
    assert!(took < Duration::from_secs(10), "late: {words}");
    assert!(answer.status < 500, "{words}");
    assert!(!answer.header("x-request-id").is_empty(), "{words}");
    assert!(!answer.json.is_null(), "{words}");
    if answer.status >= 400 {
        answer.is_problem();
        let text = answer.json.to_string();
        let leak = PRIVATE.iter().find(|it| text.contains(**it));
        assert!(leak.is_none(), "{leak:?} leaked: {words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_comes_at_once_what_is_kept_holds_together() {
    for seed in SEEDS {
        let gateway = TestGateway::start().await;
        let taken = blow(&gateway, seed).await;
        check_store(&gateway, seed, &taken).await;
    }
}

/// Sends everything at once while two workers book; the ids that were answered with 202.
async fn blow(gateway: &TestGateway, seed: u8) -> BTreeSet<String> {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let invoices = demo::invoices();
    let mut tasks = JoinSet::new();
    for number in 0..REQUESTS {
        let caller = if number % 3 == 0 { gateway.admin() } else { gateway.ap() };
        tasks.spawn(ask(caller, choose(&mut rng, &invoices)));
    }
    let mut workers = JoinSet::new();
    for _ in 0..2 {
        let process = gateway.parts().process.clone();
        workers.spawn(async move {
            for _ in 0..20 {
                process.work(Lane::Critical).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    let mut taken = BTreeSet::new();
    while let Some(answered) = tasks.join_next().await {
        let (answer, took) = answered.unwrap();
        check_answer(seed, &answer, took);
        if answer.status == 202 {
            taken.insert(answer.json["id"].as_str().unwrap().to_owned());
        }
    }
    workers.join_all().await;
    gateway.work().await;
    taken
}

async fn check_store(gateway: &TestGateway, seed: u8, taken: &BTreeSet<String>) {
    let list = gateway.admin().get(&format!("{INVOICES}?limit=200")).await;
    let kept: Vec<&Value> = list.expect(200)["items"].as_array().unwrap().iter().collect();
    let ids: BTreeSet<String> =
        kept.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(&ids, taken, "seed {seed}: what was answered is what is kept");

    let payables = gateway.admin().get("/system/v1/payables?limit=200").await;
    let mut booked: BTreeMap<&str, usize> = BTreeMap::new();
    for payable in payables.expect(200)["items"].as_array().unwrap() {
        if let Some(id) = payable["invoice_id"].as_str() {
            *booked.entry(id).or_default() += 1;
        }
    }
    let mut cases = 0;
    for invoice in kept {
        let id = invoice["id"].as_str().unwrap();
        let is_matched = invoice["state"] == "matched";
        let times = booked.get(id).copied().unwrap_or_default();
        assert_eq!(times, usize::from(is_matched), "seed {seed}: {invoice}");
        let number = invoice["supplier_invoice_number"].as_str().unwrap();
        cases += if is_matched && number.starts_with("RIVAL") { 20 } else { 0 };
        let events = gateway.events(&EventKey::Invoice(id.parse().unwrap())).await;
        let mut counted: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for event in &events {
            let count = counted.entry((&event.source, &event.partitionkey)).or_default();
            *count += 1;
            assert_eq!(event.sequence, format!("{count:020}"), "seed {seed}: {event:?}");
        }
        assert!(events.len() >= 2, "seed {seed}: {id}");
    }
    assert!(cases <= 30, "seed {seed}: {cases} cases matched of 30 that came");
}

#[test]
fn a_seed_chooses_the_same_requests() {
    let chosen = || {
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let invoices = demo::invoices();
        (0..REQUESTS).map(|_| format!("{:?}", choose(&mut rng, &invoices))).collect::<Vec<_>>()
    };
    assert_eq!(chosen(), chosen());
}
