//! The contract of the events as it is committed, and whether an event is as it says.

use canonical::Event;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The contract of the events.
///
/// # Panics
/// Where it is no JSON.
#[must_use]
pub fn events() -> Value {
    let text = gateway::contract(gateway::cli::Layer::Events).expect("a contract");
    serde_json::from_str(&text).expect("JSON")
}

/// The types that the contract has.
///
/// # Panics
/// Where it has no messages.
#[must_use]
pub fn kinds(contract: &Value) -> Vec<String> {
    let messages = contract["components"]["messages"].as_object().expect("messages");
    messages.keys().cloned().collect()
}

/// That an event is as the contract says, and says nothing that is not in it.
///
/// # Panics
/// Where it is not.
pub fn check(event: &Event) {
    static VALIDATORS: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    let all = VALIDATORS.get_or_init(|| {
        let contract = events();
        kinds(&contract).into_iter().map(|it| (it.clone(), validator(&contract, &it))).collect()
    });
    let kind = &event.kind;
    let validator = all.get(kind).unwrap_or_else(|| panic!("no contract has events of {kind}"));
    let event = serde_json::to_value(event).expect("JSON");
    let faults: Vec<String> =
        validator.iter_errors(&event).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(faults.is_empty(), "{kind}: {faults:#?}\n{event:#}");
}

/// Of the events of a type, whole: neither they nor their data have fields that it does not know.
fn validator(contract: &Value, kind: &str) -> Validator {
    let payload = format!("#/components/messages/{kind}/payload");
    let mut data =
        contract["components"]["messages"][kind]["payload"]["allOf"][1]["properties"]["data"]
            .clone();
    data["unevaluatedProperties"] = false.into();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": contract["components"],
        "allOf": [{ "$ref": payload }, { "properties": { "data": data } }],
        "unevaluatedProperties": false,
    });
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{kind}: {error}"))
}
