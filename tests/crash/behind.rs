//! The back end: another Threeway, which is killed in its turn, over a third one that keeps the
//! books and lives as long as the game.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tests::binary::{FREE, Running};
use tests::other;

/// Names the folder with the data.
pub(crate) const DATA: &str = "THREEWAY__BACKENDS__DEMO__DATA";

#[derive(Debug)]
pub(crate) struct Behind {
    books: Running,
    between: Running,
    /// Where it is, and listens whenever it lives.
    home: PathBuf,
    address: String,
    routed: Vec<(String, String)>,
}

type Variables<'a> = Vec<(&'a str, &'a str)>;

impl Behind {
    /// Both, in folders of their own below `home`.
    pub(crate) fn start(home: &Path, data: &Path) -> Self {
        let (far, near) = (home.join("books"), home.join("between"));
        for folder in [&far, &near] {
            fs::create_dir(folder).unwrap();
        }
        let books = Running::demo(&far, &[], &[(DATA, data.to_str().unwrap())]);
        let token = far.join("token");
        fs::write(&token, books.token("admin")).unwrap();
        let routed = other::variables(&books.base, token.to_str().unwrap());
        let between = start(FREE, &near, &routed);
        let address = between.base.rsplit('/').next().unwrap().to_owned();
        fs::write(near.join("token"), between.token("admin")).unwrap();
        Self { books, between, home: near, address, routed }
    }

    pub(crate) fn kill(&mut self) {
        self.between.kill();
    }

    pub(crate) fn start_again(&mut self) {
        self.between = start(&self.address, &self.home, &self.routed);
    }

    /// What makes a gateway keep everything there.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let token = self.home.join("token");
        let url = ["http", "://", &self.address].concat();
        let mut variables = other::variables(&url, token.to_str().unwrap());
        for (name, value) in [
            ("BACKENDS__OTHER__FOLLOW", "false"),
            ("BACKENDS__OTHER__OUTBOUND__BREAKER__COOL_DOWN_MS", "200"),
            ("PROCESS__POSTING__BACKOFF_MS", "200"),
            ("PROCESS__POSTING__BACKOFF_MAX_MS", "1000"),
            ("PROCESS__POSTING__ATTEMPTS_MAX", "1000"),
        ] {
            variables.push((format!("THREEWAY__{name}"), value.to_owned()));
        }
        variables
    }

    /// How often each of our invoices is in the books, by the number its supplier gave it.
    pub(crate) async fn booked(&self) -> BTreeMap<String, u64> {
        let http = reqwest::Client::builder().build().unwrap();
        let (mut booked, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            let url = format!("{}/system/v1/payables?limit=200{cursor}", self.books.base);
            let answer = http.get(url).bearer_auth(self.books.token("admin")).send().await;
            let page: Value = answer.unwrap().json().await.unwrap();
            let ours = page["items"].as_array().unwrap().iter();
            for payable in ours.filter(|it| it["invoice_id"].is_string()) {
                let number = payable["reference"].as_str().unwrap().to_owned();
                *booked.entry(number).or_default() += 1;
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return booked,
            }
        }
    }
}

fn start(listen: &str, home: &Path, routed: &[(String, String)]) -> Running {
    let store = format!("sqlite:{}", home.join("between.sqlite").display());
    let variables: Variables<'_> = routed.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    Running::demo_at(listen, home, &["--store", &store], &variables)
}
