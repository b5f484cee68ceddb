//! A game: rounds of start, look, stream and kill over one store, and the whole looked at in
//! between and at the end.

use crate::client::{Acknowledged, Client, Done};
use crate::image;
use crate::invoices::{self, Stream};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tests::Dice;
use tests::behind::{Behind, DATA};
use tests::binary::{self, FREE, Running};
use tokio::task::JoinSet;

const CLIENTS: usize = 6;
/// The latest moment of a kill after the stream began, in microseconds.
const STREAM_MICROSECONDS: u64 = 350_000;
/// The same over a back end that is killed, where everything takes longer.
const FEDERATED_MICROSECONDS: u64 = 2_500_000;
/// The latest moment of a kill after the start, where the start itself is killed.
const START_MICROSECONDS: u64 = 120_000;
/// Every so many rounds a start is killed, too.
const START_KILLED_EVERY: u64 = 8;
/// Every so many rounds the whole store is looked at.
const IMAGE_EVERY: u64 = 10;
/// A killed try to book comes again after twice this.
const POSTING: (&str, &str) = ("THREEWAY__PROCESS__POSTING__TIMEOUT_MS", "1000");
/// The longest that a killed back end is away, in microseconds.
const AWAY_MICROSECONDS: u64 = 300_000;

/// Who may be killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Gateway,
    BackEnd,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    kills: u64,
    kills_behind: u64,
    kills_of_a_start: u64,
    acknowledged: u64,
    cut_off: u64,
    kept_unseen: u64,
    outcomes: BTreeMap<String, u64>,
}

/// One store and what is known about it.
#[derive(Debug)]
pub(crate) struct Game {
    dice: Dice,
    home: TempDir,
    /// Killed in its turn, where there is one.
    behind: Option<Behind>,
    stream: Arc<Mutex<Stream>>,
    acknowledged: Vec<Acknowledged>,
    /// Those before were found after a kill.
    found: usize,
    pub(crate) tally: Tally,
}

impl Game {
    pub(crate) fn new(seed: u64, is_federated: bool) -> Self {
        let mut dice = Dice::new(seed);
        let stream = Stream::new(dice.roll());
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        invoices::data(&data);
        let behind = is_federated.then(|| Behind::start(home.path(), data.to_str().unwrap()));
        Self {
            behind,
            dice,
            home,
            stream: Arc::new(Mutex::new(stream)),
            acknowledged: Vec::new(),
            found: 0,
            tally: Tally::default(),
        }
    }

    /// Starts, looks for what the last round acknowledged, streams, and kills.
    pub(crate) async fn round(&mut self, number: u64) {
        if number % START_KILLED_EVERY == 1 {
            self.kill_a_start().await;
        }
        let mut gateway = self.start();
        let client = Client::new(&gateway, self.behind.is_some());
        self.find_latest(&client).await;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(client.clone().stream(Arc::clone(&self.stream)));
        }
        let most = match self.behind {
            Some(_) => FEDERATED_MICROSECONDS,
            None => STREAM_MICROSECONDS,
        };
        loop {
            self.wait(most).await;
            match self.victim() {
                Victim::Gateway => break gateway.kill(),
                Victim::BackEnd => self.kill_behind().await,
            }
        }
        self.tally.kills += 1;
        for done in clients.join_all().await {
            self.take(done);
        }
        if number.is_multiple_of(IMAGE_EVERY) {
            let numbers = self.stream.lock().unwrap().numbers.clone();
            image::check(&self.store(), &self.acknowledged, &numbers, false).await;
        }
    }

    async fn wait(&mut self, most: u64) {
        let moment = self.dice.below(most);
        tokio::time::sleep(Duration::from_micros(moment)).await;
    }

    /// Whose turn it is: with the gateway's, the round ends.
    fn victim(&mut self) -> Victim {
        let all: &[Victim] = match self.behind {
            Some(_) => &[Victim::Gateway, Victim::BackEnd],
            None => &[Victim::Gateway],
        };
        let some = self.dice.below(u64::try_from(all.len()).unwrap());
        all[usize::try_from(some).unwrap()]
    }

    /// Kills the back end while requests are under way, and starts it again after a while.
    async fn kill_behind(&mut self) {
        self.behind.as_mut().unwrap().kill();
        self.wait(AWAY_MICROSECONDS).await;
        self.behind.as_mut().unwrap().start_again();
        self.tally.kills_behind += 1;
    }

    /// Sends what is still cut off, waits until everything is booked, and looks at the whole.
    pub(crate) async fn end(&mut self) {
        let mut gateway = self.start();
        let client = Client::new(&gateway, self.behind.is_some());
        self.find_latest(&client).await;
        loop {
            let next = self.stream.lock().unwrap().take_cut_off();
            let Some(request) = next else { break };
            let done = client.submit(request).await.expect("nobody kills it now");
            self.take(Done { acknowledged: vec![done], cut_off: Vec::new() });
        }
        self.find_latest(&client).await;
        for _ in 0..100 {
            let some = self.dice.below(u64::try_from(self.acknowledged.len()).unwrap());
            client.repeat(&self.acknowledged[usize::try_from(some).unwrap()]).await;
        }
        wait_until_booked(&gateway).await;
        gateway.terminate();
        assert!(gateway.wait().success(), "{}", gateway.log());
        let numbers = self.stream.lock().unwrap().numbers.clone();
        image::check(&self.store(), &self.acknowledged, &numbers, true).await;
        if let Some(behind) = &self.behind {
            self.check_books(behind).await;
        }
        for it in &self.acknowledged {
            let outcome = it.json()["outcome"].as_str().unwrap().to_owned();
            *self.tally.outcomes.entry(outcome).or_default() += 1;
        }
    }

    /// What matched is in the books once, and nothing else is.
    async fn check_books(&self, behind: &Behind) {
        let (mut booked, mut expected) = (BTreeMap::new(), BTreeMap::new());
        let payables = behind.books("payables").await;
        for payable in payables.iter().filter(|it| it["invoice_id"].is_string()) {
            let number = payable["reference"].as_str().unwrap().to_owned();
            *booked.entry(number).or_default() += 1;
        }
        for it in &self.acknowledged {
            let answer = it.json();
            if answer["outcome"].as_str().unwrap().starts_with("matched") {
                expected.insert(it.request.number.clone(), 1);
            }
        }
        assert_eq!(booked, expected, "the books");
    }

    /// The variables of the gateway.
    fn variables(&self) -> Vec<(String, String)> {
        match &self.behind {
            Some(behind) => {
                let follow = ("THREEWAY__BACKENDS__OTHER__FOLLOW".to_owned(), "false".to_owned());
                [behind.variables(), vec![follow]].concat()
            }
            None => vec![(DATA.to_owned(), self.data().display().to_string())],
        }
    }

    fn start(&self) -> Running {
        let variables = self.variables();
        let own = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let environment: Vec<(&str, &str)> = own.chain([POSTING]).collect();
        Running::demo(self.home.path(), &["--store", &self.url()], &environment)
    }

    /// Starts, and kills before anybody could ask: opening the store is cut off, too.
    async fn kill_a_start(&mut self) {
        let mut command = binary::command(self.home.path());
        command.args(["demo", "--listen", FREE, "--admin-listen", FREE, "--store", &self.url()]);
        command.envs(self.variables()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let moment = self.dice.below(START_MICROSECONDS);
        tokio::time::sleep(Duration::from_micros(moment)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        self.tally.kills_of_a_start += 1;
    }

    async fn find_latest(&mut self, client: &Client) {
        let latest = &self.acknowledged[self.found..];
        join_all(latest.iter().map(|it| client.find(it))).await;
        join_all(latest.iter().rev().take(2).map(|it| client.repeat(it))).await;
        self.found = self.acknowledged.len();
    }

    fn take(&mut self, done: Done) {
        let mut stream = self.stream.lock().unwrap();
        self.tally.cut_off += u64::try_from(done.cut_off.len()).unwrap();
        done.cut_off.into_iter().for_each(|it| stream.put_back(it));
        self.tally.acknowledged += u64::try_from(done.acknowledged.len()).unwrap();
        // answered before, and nobody heard it: the kill fell between the commit and the answer
        let unseen = done.acknowledged.iter().filter(|it| it.was_replayed);
        self.tally.kept_unseen += u64::try_from(unseen.count()).unwrap();
        self.acknowledged.extend(done.acknowledged);
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn store(&self) -> PathBuf {
        self.home.path().join("crash.sqlite")
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.store().display())
    }
}

async fn wait_until_booked(gateway: &Running) {
    let http = reqwest::Client::builder().build().unwrap();
    let waiting = async {
        loop {
            let ready = http.get(format!("{}/health/ready", gateway.admin)).send().await.unwrap();
            let ready: serde_json::Value = ready.json().await.unwrap();
            if ready["work"].as_array().is_some_and(Vec::is_empty) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let booked = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(booked.is_ok(), "the queue is never empty: {}", gateway.log());
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.kills_behind += other.kills_behind;
        self.kills_of_a_start += other.kills_of_a_start;
        self.acknowledged += other.acknowledged;
        self.cut_off += other.cut_off;
        self.kept_unseen += other.kept_unseen;
        for (outcome, count) in &other.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += count;
        }
    }

    /// The game was worth playing.
    pub(crate) fn check(&self, kills: u64) {
        assert_eq!(self.kills, kills);
        assert!(self.acknowledged > kills && self.cut_off > kills, "{self}");
        assert!(self.kept_unseen > 0, "no kill fell between a commit and its answer: {self}");
        assert!(self.kills_behind * 10 > kills, "the back end was hardly killed: {self}");
        for outcome in ["matched", "blocked", "exception"] {
            let share = self.outcomes.get(outcome).copied().unwrap_or_default();
            assert!(share * 20 > self.acknowledged, "hardly any {outcome}: {self}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, kills_of_a_start, acknowledged, cut_off, kept_unseen, .. } = self;
        let Self { kills_behind, outcomes, .. } = self;
        write!(
            f,
            "{kills} kills under load, {kills_behind} of the back end, {kills_of_a_start} during a \
             start; {acknowledged} \
             invoices acknowledged, {cut_off} requests cut off and sent again, {kept_unseen} of \
             them had been kept; outcomes {outcomes:?}"
        )
    }
}
