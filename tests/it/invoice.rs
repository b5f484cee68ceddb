//! Invoices as a supplier's system and accounts payable see them: submitted in any format, decided
//! with every reason, and read back.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;
use store::EventKey;
use tests::{Answer, Caller, INVOICES, TestGateway, demo, top};

/// Every demo invoice, submitted in its order, a minute apart.
async fn submit_all(gateway: &TestGateway) -> Vec<(demo::DemoInvoice, Answer)> {
    let mut answers = Vec::new();
    for invoice in demo::invoices() {
        gateway.clock().advance(Duration::from_secs(60));
        let answer = gateway.admin().submit(&invoice.request).await;
        answers.push((invoice, answer));
    }
    answers
}

fn sorted<T: Ord>(list: impl IntoIterator<Item = T>) -> Vec<T> {
    list.into_iter().collect::<BTreeSet<T>>().into_iter().collect()
}

fn items(answer: &Answer) -> &Vec<Value> {
    answer.expect(200)["items"].as_array().unwrap()
}

#[tokio::test]
async fn every_demo_invoice_comes_out_as_it_says() {
    let gateway = TestGateway::start().await;
    let mut faults = Vec::new();
    for (invoice, answer) in submit_all(&gateway).await {
        let fine = answer.status == 202
            && answer.json["outcome"] == invoice.expect.outcome
            && sorted(answer.reasons())
                == sorted(invoice.expect.reasons.iter().map(String::as_str));
        if !fine {
            faults.push(format!("{}: {:?}: {}", invoice.name, invoice.expect, answer.words()));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn a_submission_is_answered_with_the_decision_and_where_to_go_on() {
    let gateway = TestGateway::start().await;
    let answer = gateway.ap().submit(&demo::invoice("more billed than received")).await;
    let body = answer.expect(202);
    let fields = sorted(body.as_object().unwrap().keys().map(String::as_str));
    for field in [
        "id",
        "state",
        "outcome",
        "reasons",
        "flags",
        "match_run",
        "policy",
        "correlation_id",
        "links",
    ] {
        assert!(fields.contains(&field), "{field} is not in {fields:?}");
    }
    let id = body["id"].as_str().unwrap();
    assert!(id.starts_with("inv_"), "{id}");
    assert_eq!(body["state"], "blocked");
    assert_eq!(body["outcome"], "blocked");
    assert_eq!(body["match_run"], 1);
    assert_eq!(body["policy"], json!({ "tolerances": "T0@1", "duplicates": "D0@1" }));
    assert_eq!(body["correlation_id"], "PO-1006");
    let reason = &body["reasons"][0];
    assert_eq!(reason["code"], "QTY-02");
    assert_eq!(reason["key"], "QTY_OVER_RECEIVED");
    assert_eq!(reason["invoice_line"], 1);
    // 40 boxes of 46.00 on 60 received
    assert_eq!(reason["variance"]["amount"], "1840.00");
    assert_eq!(reason["variance"]["percent"], "66.6667");
    assert_eq!(reason["limit"]["combine"], "strictest");
    assert_eq!(reason["clears_on"], json!(["receipt.posted", "credit.received", "po.changed"]));
    for link in body["links"].as_object().unwrap().values() {
        let link = link.as_str().unwrap();
        assert_eq!(gateway.ap().get(link).await.status, 200, "{link}");
    }
    assert_eq!(answer.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn what_was_decided_is_what_is_read_back() {
    let gateway = TestGateway::start().await;
    for (invoice, answer) in submit_all(&gateway).await {
        let submitted = answer.expect(202);
        let id = submitted["id"].as_str().unwrap();
        let read = gateway.admin().get(&format!("{INVOICES}/{id}")).await;
        let record = read.expect(200);
        for (field, value) in submitted.as_object().unwrap() {
            assert_eq!(&record[field], value, "{}: {field}", invoice.name);
        }
        let runs = record["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1, "{}", invoice.name);
        assert_eq!(runs[0]["number"], 1);
        assert_eq!(runs[0]["outcome"], submitted["outcome"]);
        assert_eq!(runs[0]["policy"]["tolerances"], "T0@1");
        let holds = record["holds"].as_array().unwrap();
        let held = sorted(holds.iter().map(|it| it["code"].as_str().unwrap()));
        // UOM-04 only explains another reason: it holds nothing by itself
        let reasons = sorted(answer.reasons().into_iter().filter(|it| *it != "UOM-04"));
        assert_eq!(held, reasons, "{}", invoice.name);
        assert!(holds.iter().all(|it| it["state"] == "open"), "{}", invoice.name);
        let is_booked = matches!(submitted["state"].as_str(), Some("matched"));
        assert_eq!(record["erp_document"].is_null(), !is_booked, "{}", invoice.name);
        let sent = &invoice.request["invoice"];
        for field in ["supplier_invoice_number", "gross_amount", "currency", "invoice_date"] {
            assert_eq!(record["invoice"][field], sent[field], "{}: {field}", invoice.name);
        }
        assert!(!read.header("etag").is_empty(), "{}", invoice.name);
    }
}

#[tokio::test]
async fn x12_and_ubl_documents_are_taken_as_they_come() {
    let gateway = TestGateway::start().await;
    for (file, media_type, number, outcome, order) in [
        ("invoice.810", "application/edi-x12", "NW-261016-23", "matched", "PO-1023"),
        ("invoice.ubl.xml", "application/xml", "CV-88301", "matched_within_tolerance", "PO-1024"),
    ] {
        let bytes = fs::read(top().join("config/demo/documents").join(file)).unwrap();
        let answer = gateway.ap().post_as(media_type, INVOICES, bytes.clone()).await;
        assert_eq!(answer.expect(202)["outcome"], outcome, "{}", answer.words());
        assert_eq!(answer.json["correlation_id"], order);
        let id = answer.json["id"].as_str().unwrap();
        let record = gateway.ap().get(&format!("{INVOICES}/{id}")).await;
        assert_eq!(record.expect(200)["invoice"]["supplier_invoice_number"], number);
        let again = gateway.ap().post_as(media_type, INVOICES, bytes).await;
        assert_eq!(again.expect(202), &answer.json, "{file}");
        assert_eq!(again.header("idempotency-replayed"), "true", "{file}");
    }
    assert_eq!(items(&gateway.ap().get(INVOICES).await).len(), 2);
}

#[tokio::test]
async fn the_same_invoice_as_x12_and_as_json_is_a_duplicate() {
    let gateway = TestGateway::start().await;
    let bytes = fs::read(top().join("config/demo/documents/invoice.810")).unwrap();
    let first = gateway.ap().post_as("application/edi-x12", INVOICES, bytes).await;
    let id = first.expect(202)["id"].as_str().unwrap();
    let record = gateway.ap().get(&format!("{INVOICES}/{id}")).await;
    let body = json!({ "invoice": record.expect(200)["invoice"] });
    let second = gateway.ap().submit(&body).await;
    assert_eq!(second.expect(202)["outcome"], "exception");
    assert!(second.reasons().contains(&"DUP-01"), "{}", second.words());
    assert_ne!(second.json["id"], first.json["id"]);
}

#[tokio::test]
async fn a_facility_can_be_said_beside_the_document() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("no order number").to_string();
    let path = format!("{INVOICES}?facility=FERN-STREET");
    let answer = gateway.ap().post_as("application/json", &path, body).await;
    let id = answer.expect(202)["id"].as_str().unwrap();
    let record = gateway.ap().get(&format!("{INVOICES}/{id}")).await;
    assert_eq!(record.expect(200)["invoice"]["facility_id"], "FERN-STREET");
    let path = format!("{INVOICES}?hospital=FERN-STREET");
    let answer = gateway.ap().post_as("application/json", &path, "{}").await;
    assert_eq!(answer.refused(400, "invalid").pointers(), ["?hospital"]);
}

#[tokio::test]
async fn a_list_is_narrowed_by_every_filter() {
    let gateway = TestGateway::start().await;
    let mut all = Vec::new();
    for (_, answer) in submit_all(&gateway).await {
        let id = answer.expect(202)["id"].as_str().unwrap();
        all.push(gateway.admin().get(&format!("{INVOICES}/{id}")).await.expect(200).clone());
    }
    let has_code = |it: &Value, code: &str| {
        it["reasons"].as_array().unwrap().iter().any(|it| it["code"] == code)
    };
    type Filter<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let of = |field: &'static str, value: &'static str| -> Filter<'_> {
        Box::new(move |it: &Value| it["invoice"][field] == value)
    };
    let in_state = |state: &'static str| -> Filter<'_> { Box::new(move |it| it["state"] == state) };
    for (query, expected) in [
        ("", Box::new(|_: &Value| true) as Filter<'_>),
        ("state=matched", in_state("matched")),
        ("state=blocked", in_state("blocked")),
        ("state=exception", in_state("exception")),
        ("state=paid", in_state("paid")),
        ("supplier=SUP-1001", of("supplier_id", "SUP-1001")),
        ("supplier=NOBODY", of("supplier_id", "NOBODY")),
        ("facility=ELM-PARK", of("facility_id", "ELM-PARK")),
        ("reason=QTY-02", Box::new(|it| has_code(it, "QTY-02"))),
        (
            "state=blocked&supplier=SUP-1008&facility=CEDAR-RIDGE&reason=QTY-02",
            Box::new(|it| {
                it["state"] == "blocked"
                    && it["invoice"]["supplier_id"] == "SUP-1008"
                    && it["invoice"]["facility_id"] == "CEDAR-RIDGE"
                    && has_code(it, "QTY-02")
            }),
        ),
    ] {
        let path = format!("{INVOICES}?limit=200&{query}");
        let answer = gateway.admin().get(path.trim_end_matches('&')).await;
        let got: Vec<&Value> = items(&answer).iter().map(|it| &it["id"]).collect();
        let newest_first = all.iter().rev().filter(|it| expected(it)).map(|it| &it["id"]);
        assert_eq!(got, newest_first.collect::<Vec<_>>(), "{query}");
        assert!(answer.json["next_cursor"].is_null(), "{query}");
    }
}

#[tokio::test]
async fn a_summary_says_what_the_invoice_says() {
    let gateway = TestGateway::start().await;
    let answer = gateway.ap().submit(&demo::invoice("more billed than received")).await;
    let list = gateway.ap().get(INVOICES).await;
    let expected = json!({
        "id": answer.expect(202)["id"], "state": "blocked", "outcome": "blocked",
        "supplier_invoice_number": "QW-7741", "supplier_id": "SUP-1008",
        "facility_id": "CEDAR-RIDGE", "gross": { "amount": "4600.00", "currency": "USD" },
        "reasons": ["QTY-02"], "correlation_id": "PO-1006",
        "received_at": gateway.clock().now().to_string(),
    });
    assert_eq!(items(&list), &[expected]);
}

/// All ids of a list, page by page.
async fn pages(caller: &Caller, path: &str, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = caller.get(&format!("{path}?limit={limit}{cursor}")).await;
        let page = items(&answer);
        assert!(page.len() <= limit);
        ids.extend(page.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        match answer.json["next_cursor"].as_str() {
            Some(next) => {
                assert_eq!(page.len(), limit, "only the last page is short");
                cursor = format!("&cursor={next}");
            }
            None => return ids,
        }
    }
}

#[tokio::test]
async fn pages_hold_everything_once_also_while_invoices_come_in() {
    let gateway = TestGateway::start().await;
    let count = submit_all(&gateway).await.len();
    let admin = gateway.admin();
    let whole = pages(&admin, INVOICES, 200).await;
    assert_eq!(whole.len(), count);
    for limit in [1, 7, count] {
        assert_eq!(pages(&admin, INVOICES, limit).await, whole, "{limit} a page");
    }
    let first = admin.get(&format!("{INVOICES}?limit=5")).await;
    let cursor = first.expect(200)["next_cursor"].as_str().unwrap();
    let new = demo::bill("NEW-1", "SUP-1001", ("PO-1018", 10), "1 BX", ("59.50", "59.50"));
    assert_eq!(admin.submit(&new).await.status, 202);
    let second = admin.get(&format!("{INVOICES}?limit=5&cursor={cursor}")).await;
    let ids: Vec<&str> = items(&second).iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, whole[5..10], "what came in meanwhile moves nothing");
}

#[tokio::test]
async fn every_invoice_leaves_its_events_without_a_gap() {
    let gateway = TestGateway::start().await;
    let answers = submit_all(&gateway).await;
    gateway.work().await;
    for (invoice, answer) in answers {
        let id = answer.expect(202)["id"].as_str().unwrap();
        let mut events = gateway.events(&EventKey::Invoice(id.parse().unwrap())).await;
        // cases are told of for themselves
        let cases = events.extract_if(.., |it| it.kind.contains(".case.")).count();
        let kinds: Vec<&str> = events.iter().map(|it| short(&it.kind)).collect();
        let holds = answer.reasons().iter().filter(|it| **it != "UOM-04").count();
        let mut expected = vec!["payables.invoice.received", "matching.match.evaluated"];
        expected.extend(vec!["matching.hold.opened"; holds]);
        assert_eq!(cases == 0, holds == 0, "{}", invoice.name);
        if answer.json["state"] == "matched" {
            expected.push("accounting.invoice.booked");
        }
        assert_eq!(kinds, expected, "{}", invoice.name);
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        for event in &events {
            let count = counted.entry(&event.source).or_default();
            *count += 1;
            assert_eq!(event.sequence, format!("{count:020}"), "{}", invoice.name);
            assert_eq!(event.specversion, "1.0");
            assert_eq!(event.subject, id);
            assert_eq!(event.partitionkey, id);
            assert_eq!(event.correlationid, answer.json["correlation_id"]);
            assert_eq!(event.bizinvoice.as_deref(), Some(id));
        }
        let ids: BTreeSet<&str> = events.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids.len(), events.len(), "{}", invoice.name);
        let evaluated = &events[1];
        assert_eq!(evaluated.causationid.as_deref(), Some(events[0].id.as_str()));
        assert_eq!(evaluated.data["outcome"], answer.json["outcome"]);
    }
}

/// `matching.hold.opened` of `threeway.matching.hold.opened.v1`.
fn short(kind: &str) -> &str {
    kind.strip_prefix("threeway.").and_then(|it| it.strip_suffix(".v1")).unwrap_or(kind)
}
