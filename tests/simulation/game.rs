//! A game: the gateway's own loops over a store and a back end that outlive it, callers who ask
//! again until they are answered, and crashes.

use crate::backend::Outside;
use crate::ends::{self, End};
use crate::facts::{self, Bill, Facts};
use crate::weather::Weather;
use canonical::{Clock, Lane, Principal};
use futures_util::future::{FutureExt as _, LocalBoxFuture, join, join_all, join3};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use gateway::config::{self, Checked, Source};
use process::documents::Format;
use process::{DeadLetters, Process, Rules, Submission};
use stack::idempotency::Claim;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use store::{Disk, Store};
use system::System;
use system::backends::{self, Backend};
use tempfile::TempDir;
use tests::{Dice, TestClock};
use tokio::time::{Instant, sleep, sleep_until};

const OPERATION: &str = "submit_invoice";
const WHO: &str = "ap";
/// A life ends at the latest after so many steps, where it is to end before its time.
const STEPS_MAX: u64 = 1_200;
const CRASHES_MAX: u64 = 4;

/// What holds in every game.
#[derive(Debug)]
pub(crate) struct Rulebook {
    checked: Checked,
    data: TempDir,
}

impl Rulebook {
    pub(crate) fn read() -> Self {
        let data = tempfile::tempdir().unwrap();
        facts::data(data.path());
        let mut checked = config::read(Source::Demo, std::iter::empty()).unwrap();
        let options = &mut checked.config.process;
        options.facts_timeout_ms = 1_500;
        options.posting.timeout_ms = 1_000;
        options.posting.attempts_max = 3;
        options.posting.backoff_ms = 100;
        options.posting.backoff_max_ms = 1_000;
        options.follow.interval_ms = 300;
        Self { checked, data }
    }

    fn memory(&self, clock: &Clock) -> Arc<dyn Backend> {
        let options = serde_json::json!({ "kind": "memory", "data": self.data.path() });
        let options: backends::Options = serde_json::from_value(options).unwrap();
        backends::open("erp", &options, clock).unwrap()
    }
}

/// What happened, over all games.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) crashes: u64,
    pub(crate) faults: u64,
    pub(crate) repeats: u64,
    pub(crate) replays: u64,
    pub(crate) invoices: u64,
    pub(crate) matched_again: u64,
    pub(crate) booked: u64,
}

/// What outlives the gateway.
struct World<'a> {
    rules: &'a Rulebook,
    facts: &'a Facts,
    weather: Weather,
    clock: Clock,
    erp: Arc<dyn Backend>,
    disk: Disk,
    /// By number, what each caller was answered.
    answered: RefCell<BTreeMap<String, Vec<u8>>>,
    tally: RefCell<Tally>,
}

impl<'a> World<'a> {
    fn new(rules: &'a Rulebook, facts: &'a Facts, weather: Weather) -> Self {
        let (start, noon) = (Instant::now(), TestClock::default().now());
        let clock: Clock = Arc::new(move || noon + start.elapsed());
        let fate = weather.clone();
        Self {
            erp: rules.memory(&clock),
            disk: Disk::new(move || fate.of_store()).unwrap(),
            answered: RefCell::default(),
            tally: RefCell::default(),
            rules,
            facts,
            weather,
            clock,
        }
    }

    /// Opens the gateway on what is there.
    fn open(&self) -> Process {
        let backend = Outside { weather: self.weather.clone(), inner: Arc::clone(&self.erp) };
        let system = System::with(Arc::new(backend)).unwrap();
        let Checked { config, policy, mappings, calendars, routing, .. } = &self.rules.checked;
        let rules = Rules {
            policy: policy.clone(),
            mappings: mappings.clone(),
            calendars: calendars.clone(),
            routing: routing.clone(),
        };
        let (options, clock) = (config.process.clone(), Arc::clone(&self.clock));
        Process::new(system, Store::on(&self.disk), rules, options, clock)
    }

    /// Everybody outside, until each has what they came for.
    async fn outside(&self, process: &Process, began: Instant) {
        let bills = self.facts.bills.iter();
        let open = bills.filter(|it| !self.answered.borrow().contains_key(&it.number));
        let callers = open.map(|it| async move {
            sleep_until(began + it.at).await;
            while !self.submit(process, it).await {
                self.tally.borrow_mut().repeats += 1;
                sleep(Duration::from_millis(50 + self.weather.below(500))).await;
            }
        });
        join(join_all(callers), self.receive(began)).await;
    }

    /// As the stack does: what was answered before is answered again.
    async fn submit(&self, process: &Process, bill: &Bill) -> bool {
        let claim = Claim {
            principal: WHO.to_owned(),
            operation: OPERATION.to_owned(),
            key: bill.number.clone(),
            fingerprint: bill.number.clone(),
        };
        let store = Store::on(&self.disk);
        let now = (self.clock)();
        let body = match store.answer(WHO, OPERATION, &bill.number, now).await {
            Ok(Some(kept)) => kept.body,
            Ok(None) => {
                let bytes = bill.body.clone().into();
                let submission = Submission { format: Format::Json, bytes, facility_id: None };
                let answered =
                    process.submit_invoice(&Principal::local(WHO), submission, Some(claim)).await;
                match answered {
                    Ok(answer) => answer.body.to_vec(),
                    Err(error) => return gave_up(&error),
                }
            }
            Err(error) => return gave_up(&error),
        };
        self.answered.borrow_mut().insert(bill.number.clone(), body);
        true
    }

    /// Goods arrive at the back end, whatever the gateway does.
    async fn receive(&self, began: Instant) {
        let receiving = Arc::clone(&self.erp).receiving().unwrap();
        for (at, receipt) in &self.facts.receipts {
            sleep_until(began + *at).await;
            receiving.record_receipt(receipt).await.unwrap();
        }
    }

    /// Does everything that is left to do, in good weather.
    async fn settle(&self) {
        let (process, store) = (self.open(), Store::on(&self.disk));
        for _ in 0..200 {
            while process.follow().await.unwrap() {}
            while process.work(Lane::Critical).await.unwrap() > 0 {}
            while process.work(Lane::Bulk).await.unwrap() > 0 {}
            let dead = DeadLetters::default();
            let replayed = process.replay(&Principal::local("operator"), &dead, false).await;
            self.tally.borrow_mut().replays += replayed.unwrap().items.len() as u64;
            if store.work_counts().await.unwrap().is_empty() {
                return;
            }
            sleep(Duration::from_millis(250)).await;
        }
        panic!("stuck: {:?}", store.work_counts().await);
    }

    async fn end(self) -> End {
        let mut tally = self.tally.into_inner();
        tally.faults = self.weather.faults();
        let (bills, answered) = (&self.facts.bills, self.answered.into_inner());
        ends::look(&Store::on(&self.disk), &self.erp, (bills, &answered), tally).await
    }
}

/// A caller asks again; but never because of something that they did.
fn gave_up(error: &canonical::Error) -> bool {
    assert!(error.kind().is_retryable(), "{error:?}");
    false
}

/// The gateway's own loops, as `gateway::serve` runs them.
async fn serve(process: &Process) {
    let work = |lane| async move {
        loop {
            let done = process.work(lane).await.unwrap_or_default();
            let pause = if done == 0 { 50 } else { 1 };
            sleep(Duration::from_millis(pause)).await;
        }
    };
    let follow = async {
        loop {
            if !process.follow().await.unwrap_or_default() {
                sleep(Duration::from_millis(process.follow_interval_ms())).await;
            }
        }
    };
    join3(work(Lane::Critical), work(Lane::Bulk), follow).await;
}

/// Lives until all callers are content; or drops everything at the step that is named, in the
/// middle of whatever it is.
async fn live(world: &World<'_>, began: Instant, steps: Option<u64>) -> bool {
    let process = world.open();
    let mut parts: FuturesUnordered<LocalBoxFuture<'_, ()>> = FuturesUnordered::new();
    parts.push(serve(&process).boxed_local());
    parts.push(world.outside(&process, began).boxed_local());
    let mut left = steps;
    poll_fn(|context| {
        if let Some(left) = &mut left {
            if *left == 0 {
                return Poll::Ready(false);
            }
            *left -= 1;
        }
        parts.poll_next_unpin(context).map(|_content| true)
    })
    .await
}

pub(crate) async fn stormy(rules: &Rulebook, facts: &Facts, seed: u64) -> End {
    stack::random::seed(seed);
    let mut dice = Dice::new(seed ^ 0xC4A5);
    let (world, began) = (World::new(rules, facts, Weather::stormy(seed)), Instant::now());
    for _ in 0..dice.below(CRASHES_MAX + 1) {
        if live(&world, began, Some(dice.below(STEPS_MAX))).await {
            break;
        }
        world.tally.borrow_mut().crashes += 1;
        sleep(Duration::from_millis(dice.below(1_500))).await;
    }
    // whoever has not been answered yet is, and what is under way is cut off once more
    live(&world, began, None).await;
    live(&world, began, Some(dice.below(STEPS_MAX))).await;
    world.weather.calm_down();
    world.settle().await;
    world.end().await
}

/// The same facts, all goods first, the invoices in the order in which they were accepted.
pub(crate) async fn calm(rules: &Rulebook, facts: &Facts, accepted: &[String]) -> End {
    let (world, process);
    world = World::new(rules, facts, Weather::calm());
    process = world.open();
    world.receive(Instant::now()).await;
    for number in accepted {
        let bill = facts.bills.iter().find(|it| it.number == *number).unwrap();
        assert!(world.submit(&process, bill).await);
    }
    world.settle().await;
    world.end().await
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.faults += other.faults;
        self.repeats += other.repeats;
        self.replays += other.replays;
        self.invoices += other.invoices;
        self.matched_again += other.matched_again;
        self.booked += other.booked;
    }

    /// The games were worth playing.
    pub(crate) fn check(&self, games: u64) {
        assert!(self.crashes > games && self.faults > 10 * games, "{self}");
        assert!(self.repeats > games && self.replays > games / 10, "{self}");
        assert!(self.booked > games && self.matched_again > games, "{self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { crashes, faults, repeats, replays, invoices, matched_again, booked } = self;
        write!(
            f,
            "{crashes} crashes, {faults} faults; {invoices} invoices, {repeats} requests repeated, \
             {matched_again} matched again, {booked} booked, {replays} dead letters put back"
        )
    }
}
