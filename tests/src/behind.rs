//! A back end that is killed: another Threeway over a third one that keeps the books and lives as
//! long as the game.

use crate::binary::{FREE, Running};
use crate::other;
use crate::purchase::Remote;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Names the folder with the data.
pub const DATA: &str = "THREEWAY__BACKENDS__DEMO__DATA";

/// Both of them.
#[derive(Debug)]
pub struct Behind {
    books: Running,
    between: Running,
    /// Where it is, and listens whenever it lives.
    home: PathBuf,
    address: String,
    routed: Vec<(String, String)>,
}

type Variables<'a> = Vec<(&'a str, &'a str)>;

impl Behind {
    /// Both, in folders of their own below `home`; `data` is a folder, or `demo`.
    ///
    /// # Panics
    /// Where one of them does not come up.
    #[must_use]
    pub fn start(home: &Path, data: &str) -> Self {
        let (far, near) = (home.join("books"), home.join("between"));
        for folder in [&far, &near] {
            fs::create_dir(folder).unwrap();
        }
        let books = Running::demo(&far, &[], &[(DATA, data)]);
        let token = far.join("token");
        fs::write(&token, books.token("admin")).unwrap();
        let routed = other::variables(&books.base, token.to_str().unwrap());
        let between = start(FREE, &near, &routed);
        let address = between.base.rsplit('/').next().unwrap().to_owned();
        fs::write(near.join("token"), between.token("admin")).unwrap();
        Self { books, between, home: near, address, routed }
    }

    /// Ends the one that is asked, at once; its books stay.
    pub fn kill(&mut self) {
        self.between.kill();
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        self.between = start(&self.address, &self.home, &self.routed);
    }

    /// What makes a gateway keep everything there, and try again soon.
    ///
    /// # Panics
    /// Where the folder's name is no text.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let token = self.home.join("token");
        let url = ["http", "://", &self.address].concat();
        let mut variables = other::variables(&url, token.to_str().unwrap());
        for (name, value) in [
            ("BACKENDS__OTHER__OUTBOUND__BREAKER__COOL_DOWN_MS", "200"),
            ("PROCESS__POSTING__BACKOFF_MS", "200"),
            ("PROCESS__POSTING__BACKOFF_MAX_MS", "1000"),
            ("PROCESS__POSTING__ATTEMPTS_MAX", "1000"),
        ] {
            variables.push((format!("THREEWAY__{name}"), value.to_owned()));
        }
        variables
    }

    /// Everything of a noun in the books, past the one that is killed.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub async fn books(&self, noun: &str) -> Vec<Value> {
        let reader = Remote {
            client: reqwest::Client::builder().build().unwrap(),
            base: self.books.base.clone(),
            token: self.books.token("admin").to_owned(),
        };
        reader.list(&format!("/system/v1/{noun}")).await
    }
}

fn start(listen: &str, home: &Path, routed: &[(String, String)]) -> Running {
    let store = format!("sqlite:{}", home.join("between.sqlite").display());
    let variables: Variables<'_> = routed.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    Running::demo_at(listen, home, &["--store", &store], &variables)
}
