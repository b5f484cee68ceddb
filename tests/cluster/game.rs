//! A game: purchases on the one side, kills on the other, and a look at the whole at its end.

use crate::client::{self, Asker, Desk, WRITES};
use crate::image::{self, Seen};
use crate::parts::{Parts, Victim};
use crate::rebuild;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::Store;
use tests::Dice;
use tests::binary::say;
use tests::broker::{assert_same, until};
use tests::purchase::{People, Purchase};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// So many purchases are under way at once.
const CLIENTS: u64 = 48;
/// The longest that a victim is away, in milliseconds.
const AWAY_MS: u64 = 400;
/// The latest moment of a kill after the purchases came so far, in milliseconds.
const MOMENT_MS: u64 = 300;
/// A purchase that has not ended so long after everything is back is stuck.
const STUCK: Duration = Duration::from_secs(180);
/// So many of the last writes are sent again after a kill.
const REPEATED: usize = 5;
/// How often it is said how far the game is.
const SAY_EVERY: Duration = Duration::from_secs(60);

pub(crate) struct Game {
    parts: Parts,
    dice: Dice,
    desk: Arc<Desk>,
    people: People<Asker>,
    kills: u64,
    flows: u64,
    began: Instant,
    buyers: JoinSet<Vec<Purchase>>,
    /// What ended, of buyers who have nothing left to buy.
    purchases: Vec<Purchase>,
    killed: BTreeMap<Victim, u64>,
}

/// What happened.
#[derive(Debug)]
pub(crate) struct Tally {
    killed: BTreeMap<Victim, u64>,
    flows: usize,
    took: Duration,
    desk: Arc<Desk>,
    events: usize,
    seen: Seen,
}

impl Game {
    pub(crate) async fn start(seed: u64, kills: u64, flows: u64) -> Self {
        let parts = Parts::start().await;
        let first = &parts.gateways[0];
        let desk = Desk::new(parts.gateways.iter().map(|it| it.base.clone()).collect());
        let people = client::people(&desk, first.token("planner"), first.token("admin"));
        let (next, mut buyers) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
        for _ in 0..CLIENTS {
            buyers.spawn(client::buy(people.clone(), Arc::clone(&next), flows));
        }
        let (dice, began, killed) = (Dice::new(seed), Instant::now(), BTreeMap::new());
        let purchases = Vec::new();
        Self { parts, dice, desk, people, kills, flows, began, buyers, purchases, killed }
    }

    /// Kills one after the other, evenly over the purchases.
    pub(crate) async fn play(&mut self) {
        let mut said = Instant::now();
        let mut victims = Vec::new();
        for number in 1..=self.kills {
            self.come_to(number * self.flows * WRITES / (self.kills + 1)).await;
            if victims.is_empty() {
                victims = self.shuffled();
            }
            let victim = victims.pop().unwrap();
            let which = usize::try_from(self.dice.below(self.parts.gateways.len() as u64)).unwrap();
            sleep(Duration::from_millis(self.dice.below(MOMENT_MS))).await;
            let away = Duration::from_millis(self.dice.below(AWAY_MS));
            let recent = self.desk.take_recent();
            self.parts.strike(victim, which, away).await;
            *self.killed.entry(victim).or_default() += 1;
            for it in recent.iter().rev().take(REPEATED) {
                self.soon("a repeat is answered", client::repeat(it)).await;
            }
            if said.elapsed() > SAY_EVERY {
                said = Instant::now();
                let (so_far, seconds) = (self.acknowledged(), self.began.elapsed().as_secs());
                say(&format!(
                    "so far: {number} kills, {so_far} writes acknowledged, after {seconds} s"
                ));
            }
        }
    }

    fn acknowledged(&self) -> u64 {
        *self.desk.acknowledged.borrow()
    }

    /// Every victim in its turn.
    fn shuffled(&mut self) -> Vec<Victim> {
        let mut rest = Victim::ALL.to_vec();
        let mut turns = Vec::new();
        while !rest.is_empty() {
            let some = self.dice.below(rest.len() as u64);
            turns.push(rest.remove(usize::try_from(some).unwrap()));
        }
        turns
    }

    /// Waits until so many writes were acknowledged.
    async fn come_to(&mut self, count: u64) {
        let mut acknowledged = self.desk.acknowledged.subscribe();
        let (what, mut ended) = (format!("{count} writes are acknowledged"), Vec::new());
        let mut buyers = std::mem::take(&mut self.buyers);
        let coming = async {
            loop {
                tokio::select! {
                    enough = acknowledged.wait_for(|it| *it >= count) => return drop(enough),
                    Some(made) = buyers.join_next() => ended.extend(made.unwrap()),
                }
            }
        };
        self.soon(&what, coming).await;
        self.purchases.extend(ended);
        self.buyers = buyers;
    }

    /// What must happen while nobody is away.
    async fn soon<T>(&self, what: &str, happening: impl Future<Output = T>) -> T {
        timeout(STUCK, happening).await.unwrap_or_else(|_elapsed| {
            panic!("not in time: {what}; {} were\n{}", self.acknowledged(), self.parts.logs())
        })
    }

    /// Waits until every purchase has ended and no work is left, and looks at the whole.
    pub(crate) async fn end(mut self) -> Tally {
        let buyers = std::mem::take(&mut self.buyers).join_all();
        let rest = self.soon("every purchase ends", buyers).await;
        let took = self.began.elapsed();
        let mut purchases = std::mem::take(&mut self.purchases);
        purchases.extend(rest.into_iter().flatten());
        assert_eq!(purchases.len() as u64, self.flows);
        for it in self.desk.take_recent() {
            self.soon("a repeat is answered", client::repeat(&it)).await;
        }
        self.soon("no work is left", self.idle()).await;
        let store = Store::open_existing(&self.parts.database.url()).await.unwrap();
        let events = assert_same(&self.parts.broker, &store).await;
        let seen = image::check(&store, &self.parts.behind, &purchases).await;
        rebuild::check(&store, &self.people.admin, &purchases).await;
        store.close().await;
        self.parts.all_live();
        self.parts.stop();
        let (killed, flows, desk) = (self.killed, purchases.len(), self.desk);
        let tally = Tally { killed, flows, took, desk, events, seen };
        tally.check(self.kills);
        tally
    }

    /// Until no gateway has anything to do; what failed for good counts as something.
    async fn idle(&self) {
        let http = reqwest::Client::builder().build().unwrap();
        let path = format!("{}/health/ready", self.parts.gateways[0].admin);
        let mut idle = 0;
        until("no work is left", async || {
            let ready: Value = http.get(&path).send().await.ok()?.json().await.ok()?;
            let is_idle = ready["work"].as_array().is_some_and(Vec::is_empty);
            // the back end may still tell of something
            idle = if is_idle { idle + 1 } else { 0 };
            (idle > 50).then_some(())
        })
        .await;
    }
}

impl Tally {
    /// The game was worth playing.
    fn check(&self, kills: u64) {
        assert_eq!(self.killed.values().sum::<u64>(), kills);
        let all = Victim::ALL.iter().all(|it| self.killed.contains_key(it));
        assert!(all || kills < 4, "somebody was never killed: {self}");
        let counts = &self.desk.counts;
        assert!(counts.cut_off.load(Ordering::Relaxed) > 0, "nothing was cut off: {self}");
        assert!(self.seen.held > 0, "nothing was held: {self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let killed: Vec<String> =
            self.killed.iter().map(|(who, often)| format!("{often} of {}", who.name())).collect();
        let counts = &self.desk.counts;
        let [cut_off, unheard] =
            [&counts.cut_off, &counts.unheard].map(|it| it.load(Ordering::Relaxed));
        let acknowledged = *self.desk.acknowledged.borrow();
        let Self { flows, took, events, seen, .. } = self;
        let seconds = took.as_secs_f64();
        let rate = f64::from(u32::try_from(*flows).unwrap_or(u32::MAX)) / seconds;
        write!(
            f,
            "{} kills ({}) under {flows} purchases from requisition to payment in {seconds:.0} s, \
             {rate:.1} per second; {acknowledged} writes acknowledged, {cut_off} cut off, \
             {unheard} of them had been kept; {} invoices, {} held; {events} events, each in the \
             stream once; 0 lost, 0 twice, 0 stuck",
            self.killed.values().sum::<u64>(),
            killed.join(", "),
            seen.invoices,
            seen.held,
        )
    }
}
