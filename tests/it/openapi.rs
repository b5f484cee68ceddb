//! The contract: the committed documents are what the handlers say, and what they say is whole.

use gateway::cli::Layer;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use tests::contract::{Operation, all_operations, documents, operations};
use tests::{TestGateway, top};

const LAYERS: [(Layer, &str); 4] = [
    (Layer::System, "system-v1.json"),
    (Layer::Process, "process-v1.json"),
    (Layer::Consumption, "consumption-v1.json"),
    (Layer::Events, "events-v1.json"),
];

#[test]
fn the_committed_documents_are_what_the_handlers_say() {
    for (layer, name) in LAYERS {
        let path = top().join("openapi").join(name);
        let text = gateway::contract(layer).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let first = committed.lines().zip(text.lines()).position(|(old, new)| old != new);
        assert!(
            committed == text,
            "openapi/{name} differs from the code, first at line {}; write it again with \
             UPDATE=1 cargo test -p tests --test it openapi, and read the difference",
            first.unwrap_or_default() + 1
        );
    }
}

#[tokio::test]
async fn the_served_documents_are_the_committed_ones_and_need_no_token() {
    let gateway = TestGateway::start().await;
    for (_, name) in LAYERS {
        let answer = gateway.nobody().get(&format!("/openapi/{name}")).await;
        let committed = fs::read_to_string(top().join("openapi").join(name)).unwrap();
        let committed: Value = serde_json::from_str(&committed).unwrap();
        assert_eq!(answer.expect(200), &committed, "{name}");
    }
    let docs = gateway.nobody().get("/docs/").await;
    assert_eq!(docs.status, 200, "{}", docs.words());
    assert!(docs.header("content-type").starts_with("text/html"), "{}", docs.words());
}

#[test]
fn a_document_says_what_it_is() {
    for (layer, document) in documents() {
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{layer}");
        for field in ["/info/title", "/info/version", "/info/description", "/info/license/name"] {
            let text = document.pointer(field).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty(), "{layer}: {field}");
        }
        let scheme = &document["components"]["securitySchemes"]["token"];
        assert_eq!(scheme["type"], "http", "{layer}");
        assert_eq!(scheme["scheme"], "bearer", "{layer}");
        for operation in operations(&document) {
            let prefix = format!("/{layer}/v1/");
            assert!(operation.path.starts_with(&prefix), "{} is not in {prefix}", operation.path);
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let mut lost = BTreeSet::new();
    for (layer, document) in documents() {
        let mut references = Vec::new();
        collect(&document, "$ref", &mut references);
        for reference in references {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            if document.pointer(pointer).is_none() {
                lost.insert(format!("{layer}: {pointer} is not there"));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn every_operation_is_described_whole() {
    let mut faults = Vec::new();
    for (_, document) in documents() {
        let tags: BTreeSet<&str> = document["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["name"].as_str())
            .collect();
        for operation in operations(&document) {
            faults.extend(faults_of(&operation, &tags));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn faults_of(operation: &Operation, tags: &BTreeSet<&str>) -> Vec<String> {
    let value = &operation.value;
    let mut faults = Vec::new();
    let mut unless = |fine: bool, what: &str| {
        if !fine {
            faults.push(format!("{} {}: {what}", operation.method, operation.path));
        }
    };
    unless(!operation.id.is_empty(), "no operation id");
    unless(is_text(&value["summary"]), "no summary");
    unless(is_text(&value["description"]), "no description");
    unless(!operation.scope.is_empty(), "no scope");
    let tag = value.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default();
    unless(tags.contains(tag), "its tag is not described");
    let responses = value["responses"].as_object().unwrap();
    for status in ["4XX", "5XX"] {
        unless(responses.contains_key(status), &format!("no {status}"));
    }
    unless(responses.keys().any(|it| it.starts_with('2')), "no answer that is fine");
    for (status, response) in responses {
        unless(is_text(&response["description"]), &format!("{status} has no description"));
        let problem = &response["content"]["application/problem+json"];
        unless(
            status.starts_with('2') || problem.is_object(),
            &format!("{status} is not a problem"),
        );
    }
    let mut named = BTreeSet::new();
    for parameter in value["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        unless(is_text(&parameter["description"]), &format!("{name} has no description"));
        if parameter["in"] == "path" {
            named.insert(format!("{{{name}}}"));
            unless(parameter["required"] == true, &format!("{name} must be required"));
        }
    }
    let template = operation.path.split('/').filter(|it| it.starts_with('{'));
    unless(
        named == template.map(str::to_owned).collect(),
        "its path and its parameters do not agree",
    );
    faults
}

#[test]
fn operation_ids_are_one_of_a_kind() {
    let mut ids = BTreeSet::new();
    for operation in all_operations() {
        assert!(ids.insert(operation.id.clone()), "{} is there twice", operation.id);
    }
}

#[test]
fn every_list_pages() {
    for operation in all_operations().iter().filter(|it| it.id.starts_with("list_")) {
        let parameters = operation.value["parameters"].as_array().unwrap();
        for name in ["limit", "cursor"] {
            let found = parameters.iter().any(|it| it["name"] == name && it["in"] == "query");
            assert!(found, "{} takes no {name}", operation.id);
        }
    }
}

/// Every scope that an operation may be done with: some can be done with either of two.
fn scopes(operation: &Operation) -> Vec<String> {
    let ways = operation.value["security"].as_array().into_iter().flatten();
    let scopes = ways.filter_map(|it| it["token"].as_array()).flatten();
    scopes.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

#[test]
fn every_scope_is_granted_by_some_role_and_every_grant_is_asked_for() {
    let asked: BTreeSet<String> = all_operations().iter().flat_map(scopes).collect();
    let granted: BTreeSet<String> = canonical::Role::ALL
        .into_iter()
        .flat_map(stack::sandbox::scopes)
        .map(str::to_owned)
        .collect();
    assert_eq!(asked, granted);
}

#[test]
fn no_number_in_a_contract_is_a_float() {
    for (layer, document) in documents() {
        let mut types = Vec::new();
        collect(&document, "type", &mut types);
        assert!(!types.iter().any(|it| *it == "number"), "{layer} has a float");
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|it| !it.trim().is_empty())
}

/// Every value that stands under this key, anywhere.
fn collect<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get(key));
            map.values().for_each(|it| collect(it, key, found));
        }
        Value::Array(list) => list.iter().for_each(|it| collect(it, key, found)),
        _leaf => {}
    }
}
