//! The contract of the events: `AsyncAPI` 3, a message per type with the schema of what it carries.

use canonical::{Error, Event, Result};
use process::EventType;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema as _, ToSchema as _};

const DESCRIPTION: &str = "\
Everything that happened, as CloudEvents 1.0. The relay publishes it to NATS JetStream in \
structured mode (content type application/cloudevents+json), each event once and in the order of \
the log, under PREFIX.TYPE.KEY: the prefix of the configuration, the type, and the partition key \
with every byte that is no letter, digit, - or _ written as %XX. Nats-Msg-Id is the id of the \
event. The same events stand in the timeline of the consumption API. A consumer ignores fields \
that it does not know and takes a value of an enumeration that it does not know as another: fields \
that may be missing, and values, are added under the same type, with a higher minor version in \
dataschema. Anything else is a new type.";

/// The contract of the events.
///
/// # Errors
/// `internal` where a schema has no JSON form.
pub(super) fn document() -> Result<Value> {
    let types = process::event_types();
    let (mut channels, mut operations) = (Map::new(), Map::new());
    let (mut messages, mut schemas) = (Map::new(), schemas(&types)?);
    let mut envelope = Vec::new();
    Event::schemas(&mut envelope);
    for (name, schema) in envelope {
        schemas.insert(name, json_of(&schema)?);
    }
    schemas.insert("Event".to_owned(), json_of(&Event::schema())?);
    for it in &types {
        channels.insert(it.kind.clone(), channel(it));
        operations.insert(it.kind.clone(), operation(it));
        messages.insert(it.kind.clone(), message(it));
    }
    let license = "https://www.apache.org/licenses/LICENSE-2.0";
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Threeway events",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "url": license },
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    }))
}

/// What events carry, and what that refers to.
fn schemas(types: &[EventType]) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for it in types {
        all.insert(it.data_name.clone(), json_of(&it.data)?);
        for (name, schema) in &it.schemas {
            all.insert(name.clone(), json_of(schema)?);
        }
    }
    Ok(all)
}

fn channel(it: &EventType) -> Value {
    json!({
        "address": format!("{{prefix}}.{}.{{key}}", it.kind),
        "description": it.description,
        "messages": { "event": { "$ref": format!("#/components/messages/{}", it.kind) } },
        "parameters": {
            "prefix": { "description": "The prefix of the configuration.", "default": "events" },
            "key": { "description": "The partition key: events of one key are in order." },
        },
    })
}

fn operation(it: &EventType) -> Value {
    json!({
        "action": "send",
        "channel": { "$ref": format!("#/channels/{}", it.kind) },
        "summary": it.description,
        "messages": [{ "$ref": format!("#/channels/{}/messages/event", it.kind) }],
    })
}

fn message(it: &EventType) -> Value {
    json!({
        "name": it.kind,
        "title": it.kind,
        "summary": it.description,
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                { "$ref": "#/components/schemas/Event" },
                {
                    "type": "object",
                    "required": ["type", "source", "data"],
                    "properties": {
                        "type": { "const": it.kind },
                        "source": { "const": it.source },
                        "dataschema": { "const": it.dataschema },
                        "data": { "$ref": format!("#/components/schemas/{}", it.data_name) },
                    },
                },
            ],
        },
    })
}

fn json_of(schema: &impl Serialize) -> Result<Value> {
    serde_json::to_value(schema)
        .map_err(|error| Error::internal("a schema has no JSON form").because(error))
}
