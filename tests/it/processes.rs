//! Several gateways on one database, as more than one machine runs them. Only where a server of
//! PostgreSQL is named; a file is for one process.

use reqwest::{Client, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use tests::binary::{self, Running};
use tests::database::Database;
use tests::{INVOICES, demo};
use tokio::task::JoinSet;

fn http() -> Client {
    Client::builder().build().unwrap()
}

async fn submit(base: String, token: String, key: String, body: Value) -> (StatusCode, Value) {
    let asked = http()
        .post(format!("{base}{INVOICES}"))
        .bearer_auth(token)
        .header("idempotency-key", key)
        .json(&body);
    let answer = asked.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn gateways_on_one_database_take_an_invoice_once_and_both_know_it() {
    let Some(database) = Database::where_asked() else { return };
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let started =
        |it: &tempfile::TempDir| Running::demo(it.path(), &["--store", &database.url], &[]);
    let gateways = homes.each_ref().map(started);
    for round in 0..5 {
        let mut body = demo::invoice("matched");
        body["invoice"]["supplier_invoice_number"] = format!("MANY-{round}").into();
        let mut sent = JoinSet::new();
        for gateway in gateways.iter().cycle().take(6) {
            let token = gateway.token("ap").to_owned();
            let key = format!("many-{round}");
            sent.spawn(submit(gateway.base.clone(), token, key, body.clone()));
        }
        let answers = sent.join_all().await;
        let taken = answers.iter().filter(|(status, _)| *status == StatusCode::ACCEPTED);
        let ids: BTreeSet<String> = taken.map(|(_, body)| body["id"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{answers:?}");
        for (status, body) in &answers {
            let is_told = [StatusCode::ACCEPTED, StatusCode::CONFLICT].contains(status);
            assert!(is_told, "taken, or still being taken: {status} {body}");
        }
        for gateway in &gateways {
            let path =
                format!("{}{INVOICES}/{}", gateway.base, ids.first().unwrap().trim_matches('"'));
            let found = http().get(path).bearer_auth(gateway.token("ap")).send().await;
            assert_eq!(found.unwrap().status(), StatusCode::OK, "{}", gateway.log());
        }
    }
}

#[test]
fn a_password_in_the_place_of_the_store_is_not_shown() {
    let home = tempfile::tempdir().unwrap();
    let url = "postgres://me:hidden-word@127.0.0.1:9/nothing";
    for arguments in [&["serve"][..], &["simulate"], &["import", "nothing.json"]] {
        let said = binary::run(home.path(), &[arguments, &["--store", url]].concat());
        assert_ne!(said.code, 0, "{said:?}");
        assert!(!format!("{said:?}").contains("hidden-word"), "{said:?}");
    }
    let mut help = binary::command(home.path());
    let help = help.args(["serve", "--help"]).env("THREEWAY_STORE", url).output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("hidden-word"));
}
