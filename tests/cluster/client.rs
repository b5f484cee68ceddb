//! Who buys: each purchase goes from requisition to payment, every request at the next gateway, and
//! again wherever no answer came.

use http::Method;
use reqwest::Client;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::purchase::{Asks, People, Purchase, Stage};
use tests::{INVOICES, demo};
use tokio::sync::watch;
use tokio::time::sleep;

/// What all purchases are called.
pub(crate) const NAME: &str = "CLUSTER";
/// Of so many purchases one is billed a second time.
pub(crate) const OVERBILLED_EVERY: u64 = 8;
/// So many writes make a purchase.
pub(crate) const WRITES: u64 = 8;
/// Between two looks at work that the gateways do.
const PAUSE: Duration = Duration::from_millis(100);
/// So many of the last acknowledgements can be asked for again.
const RECENT: usize = 40;

/// A write that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    path: String,
    key: String,
    body: Value,
    answer: Value,
    by: Asker,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Writes that no answer came to.
    pub(crate) cut_off: AtomicU64,
    /// Answers that were kept and that nobody had heard.
    pub(crate) unheard: AtomicU64,
}

/// The gateways, and what was asked of them.
#[derive(Debug)]
pub(crate) struct Desk {
    http: Client,
    bases: Vec<String>,
    turn: AtomicUsize,
    recent: Mutex<VecDeque<Acknowledged>>,
    /// How many writes were answered.
    pub(crate) acknowledged: watch::Sender<u64>,
    pub(crate) counts: Counts,
}

/// Somebody who asks one gateway after the other.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    desk: Arc<Desk>,
    token: String,
}

/// An answer: status, body, and whether it said that it was given before.
type Answer = (u16, Value, bool);

impl Asker {
    /// Asks the next gateway; `None` where no answer came.
    async fn send(
        &self,
        method: Method,
        path: &str,
        write: Option<(&str, &Value)>,
    ) -> Option<Answer> {
        let desk = &self.desk;
        let base = &desk.bases[desk.turn.fetch_add(1, Ordering::Relaxed) % desk.bases.len()];
        let mut asked = desk.http.request(method, format!("{base}{path}"));
        if let Some((key, value)) = write {
            asked = asked.header("idempotency-key", key).json(value);
        }
        let answer = asked.bearer_auth(&self.token).send().await.ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let told = answer.json().await.ok()?;
        Some((status, told, headers.get("idempotency-replayed").is_some_and(|it| it == "true")))
    }
}

impl Asks for Asker {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        write: Option<(&str, &Value)>,
    ) -> Option<(u16, Value)> {
        let answer = self.send(method, path, write).await;
        let Some((key, body)) = write else { return answer.map(|it| (it.0, it.1)) };
        let Some((status, told, is_replay)) = answer else {
            self.desk.counts.cut_off.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        if (200..=202).contains(&status) {
            self.desk.counts.unheard.fetch_add(u64::from(is_replay), Ordering::Relaxed);
            let (path, key, answer) = (path.to_owned(), key.to_owned(), told.clone());
            let (by, body) = (self.clone(), body.clone());
            self.desk.remember(Acknowledged { by, path, key, body, answer });
        }
        Some((status, told))
    }
}

impl Desk {
    pub(crate) fn new(bases: Vec<String>) -> Arc<Self> {
        let http = Client::builder().build().unwrap();
        let (acknowledged, _none_waits) = watch::channel(0);
        let (turn, recent, counts) = (AtomicUsize::new(0), Mutex::default(), Counts::default());
        Arc::new(Self { http, bases, turn, recent, acknowledged, counts })
    }

    fn remember(&self, it: Acknowledged) {
        let mut recent = self.recent.lock().unwrap();
        recent.push_back(it);
        if recent.len() > RECENT {
            recent.pop_front();
        }
        self.acknowledged.send_modify(|it| *it += 1);
    }

    /// What was acknowledged last; it is forgotten here.
    pub(crate) fn take_recent(&self) -> VecDeque<Acknowledged> {
        std::mem::take(&mut self.recent.lock().unwrap())
    }
}

/// Those who ask at a desk, by their tokens.
pub(crate) fn people(desk: &Arc<Desk>, planner: &str, admin: &str) -> People<Asker> {
    let someone = |token: &str| Asker { desk: Arc::clone(desk), token: token.to_owned() };
    People { planner: someone(planner), admin: someone(admin) }
}

/// The same write again gets the same answer again, from whichever gateway.
pub(crate) async fn repeat(it: &Acknowledged) {
    loop {
        match it.by.send(Method::POST, &it.path, Some((&it.key, &it.body))).await {
            Some((200..=202, told, is_replay)) => {
                assert!(is_replay, "{}: done twice", it.key);
                assert_eq!(told, it.answer, "{}: another answer", it.key);
                return;
            }
            None | Some((409 | 429 | 502..=504, ..)) => sleep(PAUSE).await,
            Some(other) => panic!("{}: acknowledged, and now {other:?}", it.key),
        }
    }
}

/// The number of the second bill of a purchase.
pub(crate) fn second_bill(number: u64) -> String {
    let spread = (number + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    format!("{NAME}-AGAIN-{spread:016X}")
}

/// Makes purchases until there are enough of them; gives what was made.
pub(crate) async fn buy(people: People<Asker>, next: Arc<AtomicU64>, flows: u64) -> Vec<Purchase> {
    let mut made = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= flows {
            return made;
        }
        let mut purchase = Purchase::new(NAME, number);
        while purchase.stage != Stage::Paid {
            if !purchase.advance(&people).await {
                sleep(PAUSE).await;
            }
        }
        if number.is_multiple_of(OVERBILLED_EVERY) {
            bill_again(&people.admin, number, &purchase.order).await;
        }
        made.push(purchase);
    }
}

/// Bills what is billed in full: that is held, and comes before a person.
async fn bill_again(who: &Asker, number: u64, order: &str) {
    let bill = second_bill(number);
    let body = demo::bill(&bill, "SUP-1001", (order, 10), "40 BX", ("12.50", "500.00"));
    loop {
        match who.ask(Method::POST, INVOICES, Some((&bill, &body))).await {
            Some((202, told)) => {
                assert!(!told["outcome"].as_str().unwrap().starts_with("matched"), "{told}");
                return;
            }
            None | Some((409 | 429 | 502..=504, _)) => sleep(PAUSE).await,
            Some(other) => panic!("{bill}: {other:?}"),
        }
    }
}
