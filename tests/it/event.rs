//! Events: each is as its contract says, and the contract never breaks those who read it.

mod compatible;
mod envelope;

use canonical::Event;
use compatible::{Change, compare};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use tests::{INVOICES, TestGateway, demo, schema, top};

/// All events of a gateway, in the order of the log.
async fn log(gateway: &TestGateway) -> Vec<Event> {
    let logged = gateway.parts().store.events_after(0, 1000).await.unwrap();
    logged.into_iter().map(|it| it.event).collect()
}

/// An invoice that waits for goods, which come; one that a person releases; a case in somebody's
/// hands; an order that changes; money that leaves.
async fn whole_life() -> TestGateway {
    let gateway = TestGateway::start().await;
    for it in demo::invoices() {
        let answer = gateway.admin().submit(&it.request).await;
        assert!([202, 400].contains(&answer.status), "{}: {}", it.name, answer.words());
    }
    gateway.settle().await;
    let cases = gateway.admin().get("/process/v1/cases?limit=200").await;
    let cases = cases.expect(200)["items"].as_array().unwrap().clone();
    let path = |it: &Value| format!("/process/v1/cases/{}/actions", it["id"].as_str().unwrap());
    let first = path(&cases[0]);
    for action in [
        json!({ "action": "assign", "assignee": "somebody" }),
        json!({ "action": "take" }),
        json!({ "action": "pause", "waiting_for": "supplier", "reason": "asked for it" }),
        json!({ "action": "resume" }),
    ] {
        gateway.admin().post(&first, &action).await.expect(200);
    }
    let releaser = gateway.ap();
    for case in &cases {
        let invoice = case["invoice_id"].as_str().unwrap();
        let body = json!({ "holds": [], "reason": "it is fine" });
        drop(releaser.post(&format!("{INVOICES}/{invoice}/releases"), &body).await);
    }
    gateway.settle().await;
    gateway
}

#[tokio::test]
async fn every_event_is_as_the_contract_says() {
    let gateway = whole_life().await;
    let events = log(&gateway).await;
    let mut seen = BTreeSet::new();
    for event in &events {
        schema::check(event);
        seen.insert(event.kind.clone());
    }
    for what in [
        "payables.invoice.received",
        "matching.match.evaluated",
        "matching.hold.opened",
        "accounting.invoice.booked",
        "exceptions.case.opened",
        "exceptions.case.assigned",
        "exceptions.case.paused",
        "exceptions.case.resumed",
    ] {
        assert!(seen.contains(&format!("threeway.{what}.v1")), "no {what} among {seen:#?}");
    }
}

#[tokio::test]
async fn an_event_that_is_not_as_the_contract_says_is_found() {
    let gateway = TestGateway::start().await;
    gateway.admin().submit(&demo::invoice("matched")).await.expect(202);
    let event = log(&gateway).await.remove(0);
    schema::check(&event);
    let spoiled = |spoil: &dyn Fn(&mut Event)| {
        let mut it = event.clone();
        spoil(&mut it);
        std::panic::catch_unwind(|| schema::check(&it)).is_err()
    };
    assert!(spoiled(&|it| it.data["more"] = 1.into()), "a field that nobody knows");
    assert!(spoiled(&|it| it.data["gross"] = "1.00".into()), "another type");
    assert!(spoiled(&|it| drop(it.data.as_object_mut().unwrap().remove("format"))), "a field less");
    assert!(spoiled(&|it| it.dataschema = Some("urn:other".to_owned())), "another schema");
    assert!(spoiled(&|it| it.kind += "x"), "a type that nobody knows");
}

/// The contracts that were released, oldest first.
fn released() -> Vec<(String, Value)> {
    let folder = top().join("openapi/released");
    let mut found: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("events-"))
        .map(|it| {
            let text = fs::read_to_string(&it).unwrap();
            (it.display().to_string(), serde_json::from_str(&text).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn whoever_reads_a_released_contract_can_read_what_is_said_now() {
    let (now, all) = (schema::events(), released());
    assert!(!all.is_empty(), "no contract was released");
    for (file, was) in all {
        for kind in schema::kinds(&was) {
            let faults = faults_of(&was, &now, &kind);
            assert!(
                faults.is_empty(),
                "{kind} was released in {file} and would break who reads it. Give the change a new \
                 type with the next major version:\n{}",
                faults.join("\n")
            );
        }
    }
}

/// What would break who reads this type, either way; and a change that its minor version hides.
fn faults_of(was: &Value, now: &Value, kind: &str) -> Vec<String> {
    let of = |it: &Value| it["components"]["messages"].get(kind).map(|it| it["payload"].clone());
    let (Some(old), Some(new)) = (of(was), of(now)) else {
        return vec!["it is not made any more".to_owned()];
    };
    let parts = |it: &Value| {
        let data = &it["allOf"][1]["properties"];
        (data["data"].clone(), data["dataschema"]["const"].as_str().unwrap().to_owned())
    };
    let ((old_data, old_name), (new_data, new_name)) = (parts(&old), parts(&new));
    let mut faults = Vec::new();
    let mut is_wider = false;
    let envelope = json!({ "$ref": "#/components/schemas/Event" });
    let changes = compare((was, &envelope), (now, &envelope)).into_iter();
    faults.extend(changes.filter_map(Change::fault));
    for change in compare((was, &old_data), (now, &new_data)) {
        is_wider |= matches!(change, Change::Added(_));
        faults.extend(change.fault());
    }
    if is_wider && !is_later(&old_name, &new_name) {
        faults.push(format!("it says more than {old_name}: raise its minor version"));
    }
    faults
}

/// Whether the second is the same major version and a later minor one.
fn is_later(old: &str, new: &str) -> bool {
    let minor = |it: &str| {
        let (name, minor) = it.rsplit_once('.')?;
        Some((name.to_owned(), minor.parse::<u32>().ok()?))
    };
    minor(old).zip(minor(new)).is_some_and(|(old, new)| old.0 == new.0 && new.1 > old.1)
}

#[test]
fn a_break_of_the_real_contract_is_found() {
    let was = schema::events();
    let kind = "threeway.payables.invoice.received.v1";
    let spoiled = |spoil: &dyn Fn(&mut Value)| {
        let mut now = was.clone();
        spoil(&mut now["components"]["schemas"]["InvoiceReceived"]);
        faults_of(&was, &now, kind).join("; ")
    };
    assert_eq!(faults_of(&was, &was, kind), [""; 0]);
    let removed = spoiled(&|it| drop(it["properties"].as_object_mut().unwrap().remove("format")));
    assert!(removed.contains("format: removed"), "{removed}");
    let retyped = spoiled(&|it| it["properties"]["run"] = json!({ "type": "integer" }));
    assert!(retyped.contains("raise its minor version"), "{retyped}");
    let retyped = spoiled(&|it| it["properties"]["format"] = json!({ "type": "integer" }));
    assert!(retyped.contains("format: type"), "{retyped}");
    let mut now = was.clone();
    now["components"]["messages"].as_object_mut().unwrap().remove(kind);
    assert_eq!(faults_of(&was, &now, kind), ["it is not made any more"]);
}

#[test]
fn a_minor_version_is_later_within_its_major_one() {
    assert!(is_later("urn:a:1.0", "urn:a:1.1"));
    assert!(is_later("urn:a:1.9", "urn:a:1.10"));
    for (old, new) in [("urn:a:1.1", "urn:a:1.1"), ("urn:a:1.1", "urn:a:2.2"), ("urn:a:1.1", "x")] {
        assert!(!is_later(old, new), "{old} {new}");
    }
}
