//! Several gateways on one database, as more than one machine runs them. Only where a server of
//! PostgreSQL is named; a file is for one process.

use reqwest::{Client, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tests::binary::{self, Running};
use tests::database::Database;
use tests::purchase::{People, Purchase, Remote, Stage};
use tests::{INVOICES, demo};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

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

/// A gateway on the database, whose every noun is kept by another gateway.
fn over(home: &Path, database: &Database, other: &Running) -> Running {
    let token = home.join("token");
    fs::write(&token, other.token("admin")).unwrap();
    let token = token.display().to_string();
    let mut variables = vec![
        ("THREEWAY__SANDBOX__ENABLED", "true"),
        ("THREEWAY__BACKENDS__OTHER__KIND", "threeway"),
        ("THREEWAY__BACKENDS__OTHER__URL", &other.base),
        ("THREEWAY__BACKENDS__OTHER__TOKEN_FILE", &token),
        // what the dead one had leased is free after two of these
        ("THREEWAY__PROCESS__POSTING__TIMEOUT_MS", "1000"),
        ("THREEWAY__PROCESS__FOLLOW__INTERVAL_MS", "100"),
    ];
    variables.extend(
        [
            "THREEWAY__SYSTEM__SUPPLIERS",
            "THREEWAY__SYSTEM__ITEMS",
            "THREEWAY__SYSTEM__FACILITIES",
            "THREEWAY__SYSTEM__COST_CENTERS",
            "THREEWAY__SYSTEM__PURCHASE_ORDERS",
            "THREEWAY__SYSTEM__RECEIPTS",
            "THREEWAY__SYSTEM__PAYABLES",
            "THREEWAY__SYSTEM__PURCHASING",
            "THREEWAY__SYSTEM__RECEIVING",
            "THREEWAY__SYSTEM__PAYING",
        ]
        .map(|name| (name, "other")),
    );
    Running::serve(home, &["--store", &database.url], &variables)
}

/// Who asks a gateway that is not the demo.
fn people(home: &Path, gateway: &Running) -> People<Remote> {
    let someone = |role: &str| Remote {
        client: http(),
        base: gateway.base.clone(),
        token: binary::run(home, &["token", "--role", role]).out.trim().to_owned(),
    };
    People { planner: someone("planner"), admin: someone("admin") }
}

/// Brings a purchase as far as that.
async fn bring(purchase: &mut Purchase, people: &People<Remote>, stage: Stage) {
    while purchase.stage < stage {
        if !purchase.advance(people).await {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn what_one_gateway_began_another_finishes() {
    let Some(database) = Database::where_asked() else { return };
    let homes = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let other = Running::demo(homes[0].path(), &[], &[]);
    let mut first = over(homes[1].path(), &database, &other);
    let second = over(homes[2].path(), &database, &other);
    let (at_first, at_second) = (people(homes[1].path(), &first), people(homes[2].path(), &second));
    let stages = [
        Stage::Submitted,
        Stage::Approved,
        Stage::Ordered,
        Stage::Acknowledged,
        Stage::Received,
        Stage::Billed,
        Stage::Paying,
    ];
    let mut purchases: Vec<Purchase> = (0..7).map(|it| Purchase::new("MOVE", it)).collect();
    let limit = Duration::from_secs(120);
    for (purchase, stage) in purchases.iter_mut().zip(stages) {
        let begun = timeout(limit, bring(purchase, &at_first, stage)).await;
        begun.unwrap_or_else(|_| panic!("{purchase:?}: {}", first.log()));
    }
    first.kill();
    for purchase in &mut purchases {
        let ended = timeout(limit, bring(purchase, &at_second, Stage::Paid)).await;
        ended.unwrap_or_else(|_| panic!("{purchase:?}: {}", second.log()));
    }
    let orders: BTreeSet<&str> = purchases.iter().map(|it| it.order.as_str()).collect();
    assert_eq!(orders.len(), purchases.len());
    let list = format!("{}/system/v1/purchase-orders?limit=200", other.base);
    let list = http().get(list).bearer_auth(other.token("admin")).send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    let made = list["items"].as_array().unwrap().iter();
    let made = made.filter(|it| it["requisition_id"].is_string()).count();
    assert_eq!(made, purchases.len(), "one order of each requisition");
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
