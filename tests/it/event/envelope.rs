//! The envelope: CloudEvents 1.0, read by what the project's own conformance files say.

use super::{log, whole_life};
use canonical::Event;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use tests::shared;

/// What a reader in structured mode makes of a body: attributes, and data.
fn structured(content_type: &str, body: &str) -> Option<(BTreeMap<String, String>, Value)> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type != "application/cloudevents+json" {
        return None;
    }
    let mut fields: Map<String, Value> = serde_json::from_str(body).ok()?;
    let data = fields.remove("data").unwrap_or_default();
    let attributes = fields.into_iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name, text)
    });
    Some((attributes.collect(), data))
}

#[test]
fn the_reader_of_these_tests_reads_the_conformance_scenario() {
    let Some(folder) = shared::folder("events") else { return };
    let text = std::fs::read_to_string(folder.join("features/http-protocol-binding.feature"));
    let text = text.unwrap();
    let scenario = text.split("Scenario Outline: Structured content mode").nth(1).unwrap();
    let quoted: Vec<&str> = scenario.split("\"\"\"").collect();
    let body = quoted[1].split_once("\n\n").unwrap().1;
    let rows = scenario.lines().filter_map(|it| {
        let cells: Vec<&str> = it.trim().trim_matches('|').split('|').map(str::trim).collect();
        (it.trim().starts_with('|') && cells.len() == 2).then(|| (cells[0], cells[1]))
    });
    let expected: BTreeMap<String, String> = rows
        .filter(|(key, _)| *key != "key")
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(expected.len(), 6, "{expected:?}");
    let types = ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"];
    for content_type in types {
        assert!(scenario.contains(content_type));
        let (attributes, data) = structured(content_type, body).unwrap();
        assert_eq!(attributes, expected);
        assert_eq!(data, serde_json::from_str::<Value>(quoted[3]).unwrap());
    }
    assert_eq!(structured("application/json", body), None);
}

#[tokio::test]
async fn every_event_has_the_attributes_of_the_catalogue() {
    let gateway = whole_life().await;
    let events = log(&gateway).await;
    let mut ids = BTreeSet::new();
    let mut sequences: BTreeMap<(String, String), u64> = BTreeMap::new();
    for event in &events {
        let body = serde_json::to_string(event).unwrap();
        let (attributes, data) = structured("application/cloudevents+json", &body).unwrap();
        for name in attributes.keys() {
            let is_name = name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
            assert!(is_name && name.len() <= 20, "{name} is no name of an attribute");
        }
        assert!(data.is_object(), "{body}");
        for name in ["id", "source", "type", "subject", "partitionkey", "correlationid"] {
            assert!(!attributes[name].is_empty(), "{name}: {body}");
        }
        assert_eq!(attributes["specversion"], "1.0");
        assert_eq!(attributes["datacontenttype"], "application/json");
        assert_eq!(attributes["dataschema"], named_schema(event), "{body}");
        assert!(attributes["source"].starts_with("//threeway/"), "{body}");
        assert!(event.time <= event.recordedtime, "{body}");
        assert!(["critical", "bulk"].contains(&attributes["lane"].as_str()));
        assert!(ids.insert((event.source.clone(), event.id.clone())), "twice: {body}");
        let last = sequences.entry((event.source.clone(), event.partitionkey.clone())).or_default();
        *last += 1;
        assert_eq!(event.sequence.parse::<u64>().unwrap(), *last, "{body}");
    }
    let known: BTreeSet<&str> = events.iter().map(|it| it.id.as_str()).collect();
    for cause in events.iter().filter_map(|it| it.causationid.as_deref()) {
        assert!(known.contains(cause), "{cause} caused something and is not there");
    }
}

/// As the type says: `threeway.CONTEXT.WHAT.v1` has `urn:threeway:event:CONTEXT.WHAT:1.MINOR`.
fn named_schema(event: &Event) -> String {
    let what = event.kind.strip_prefix("threeway.").unwrap();
    let (what, major) = what.rsplit_once(".v").unwrap();
    let minor = event.dataschema.as_deref().unwrap().rsplit_once('.').unwrap().1;
    format!("urn:threeway:event:{what}:{major}.{minor}")
}
