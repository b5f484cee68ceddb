//! What a change of a schema does to those who read by it: a consumer of the old one that reads
//! what is written now, and one of the new one that reads what was written before.

use serde_json::Value;
use std::collections::BTreeSet;

/// What differs between two schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A field that may be missing, or a value of an enumeration, is new: nobody is broken.
    Added(String),
    /// Somebody is broken: where, and by what.
    Broken(String),
}

impl Change {
    pub(super) fn fault(self) -> Option<String> {
        match self {
            Self::Added(_) => None,
            Self::Broken(it) => Some(it),
        }
    }
}

/// What only tells people something.
const WORDS: [&str; 7] =
    ["description", "title", "example", "examples", "default", "deprecated", "$comment"];

/// Compares two schemas, each within its document, that `$ref` leads through.
pub(super) fn compare(old: (&Value, &Value), new: (&Value, &Value)) -> Vec<Change> {
    let mut it = Comparison { old: old.0, new: new.0, seen: BTreeSet::new(), found: Vec::new() };
    it.schemas("", old.1, new.1);
    it.found
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// Pairs of references that were followed: a schema may refer to itself.
    seen: BTreeSet<(String, String)>,
    found: Vec<Change>,
}

impl<'a> Comparison<'a> {
    fn broken(&mut self, place: &str, what: impl AsRef<str>) {
        self.found.push(Change::Broken(format!("{place}: {}", what.as_ref())));
    }

    fn added(&mut self, place: &str) {
        self.found.push(Change::Added(place.to_owned()));
    }

    fn schemas(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let names = (reference(old), reference(new));
        if let (Some(old), Some(new)) = (&names.0, &names.1)
            && !self.seen.insert((old.clone(), new.clone()))
        {
            return;
        }
        let (old, new) = (follow(self.old, old), follow(self.new, new));
        let keys = |it: &Value| -> BTreeSet<String> {
            it.as_object().into_iter().flat_map(|it| it.keys().cloned()).collect()
        };
        for key in keys(old).union(&keys(new)) {
            match key.as_str() {
                it if WORDS.contains(&it) => {}
                "properties" => self.properties(place, old, new),
                "required" => self.required(place, &old[key], &new[key]),
                "enum" => self.values(place, &old[key], &new[key]),
                "type" => self.types(place, &old[key], &new[key]),
                "items" | "additionalProperties" => {
                    let place = format!("{place}/{key}");
                    self.both(&place, old.get(key), new.get(key));
                }
                "allOf" | "oneOf" | "anyOf" => self.several(place, &old[key], &new[key]),
                _ if old.get(key) == new.get(key) => {}
                _ => self.broken(place, format!("{key} was {} and is {}", old[key], new[key])),
            }
        }
    }

    fn both(&mut self, place: &str, old: Option<&'a Value>, new: Option<&'a Value>) {
        match (old, new) {
            (Some(old), Some(new)) => self.schemas(place, old, new),
            _one => self.broken(place, "a rule came or went"),
        }
    }

    fn properties(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let empty = serde_json::Map::new();
        let of = |it: &'a Value| it["properties"].as_object();
        let names = |it| of(it).into_iter().flat_map(|it| it.keys()).collect::<BTreeSet<_>>();
        for name in names(old).union(&names(new)) {
            let place = format!("{place}/{name}");
            let get = |it| of(it).unwrap_or(&empty).get(name.as_str()).is_some();
            match (get(old), get(new)) {
                (true, true) => {
                    let of = |it: &'a Value| &it["properties"][name.as_str()];
                    self.schemas(&place, of(old), of(new));
                }
                (true, false) => self.broken(&place, "removed, or renamed"),
                // that it must not be required is another rule
                _new => self.added(&place),
            }
        }
    }

    fn required(&mut self, place: &str, old: &Value, new: &Value) {
        let (old, new) = (words(old), words(new));
        for name in old.difference(&new) {
            self.broken(&format!("{place}/{name}"), "it was always there, and may be missing now");
        }
        for name in new.difference(&old) {
            self.broken(&format!("{place}/{name}"), "newly required: what was written lacks it");
        }
    }

    fn values(&mut self, place: &str, old: &Value, new: &Value) {
        let (old, new) = (words(old), words(new));
        if old.is_empty() || new.is_empty() {
            return self.broken(place, "an enumeration came or went");
        }
        for name in old.difference(&new) {
            self.broken(place, format!("the value {name} is gone, and was written"));
        }
        for name in new.difference(&old) {
            self.added(&format!("{place}={name}"));
        }
    }

    fn types(&mut self, place: &str, old: &Value, new: &Value) {
        if words(old) != words(new) {
            self.broken(place, format!("type was {old} and is {new}"));
        }
    }

    fn several(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let list = |it: &'a Value| it.as_array().map(Vec::as_slice).unwrap_or_default();
        let (old, new) = (list(old), list(new));
        if old.len() != new.len() {
            return self.broken(place, "it is composed of other parts");
        }
        for (old, new) in old.iter().zip(new) {
            self.schemas(place, old, new);
        }
    }
}

fn reference(schema: &Value) -> Option<String> {
    schema["$ref"].as_str().map(str::to_owned)
}

fn follow<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match reference(schema) {
        Some(it) => document.pointer(it.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}

/// A word, or a list of them.
fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(all) => all.iter().map(Value::to_string).collect(),
        Value::Null => BTreeSet::new(),
        one => [one.to_string()].into(),
    }
}

mod tests {
    use super::*;
    use serde_json::json;

    fn changes(old: &Value, new: &Value) -> Vec<Change> {
        compare((old, old), (new, new))
    }

    fn base() -> Value {
        json!({
            "type": "object", "required": ["a"],
            "properties": {
                "a": { "type": "string", "description": "what" },
                "b": { "type": ["string", "null"], "enum": ["x", "y", null] },
                "c": { "type": "array", "items": { "type": "integer", "format": "int32" } },
            },
        })
    }

    #[track_caller]
    fn breaks(pointer: &str, value: &Value) {
        let mut new = base();
        *new.pointer_mut(pointer).unwrap() = value.clone();
        let found = changes(&base(), &new);
        assert!(found.iter().any(|it| matches!(it, Change::Broken(_))), "{pointer}: {found:?}");
    }

    #[track_caller]
    fn is_fine(pointer: &str, value: &Value, expected: usize) {
        let mut new = base();
        *new.pointer_mut(pointer).unwrap() = value.clone();
        let found = changes(&base(), &new);
        assert!(found.iter().all(|it| matches!(it, Change::Added(_))), "{pointer}: {found:?}");
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn what_breaks_somebody_is_found() {
        breaks("/properties", &json!({ "a": { "type": "string" } }));
        breaks("/properties/a/type", &json!("integer"));
        breaks("/properties/b/type", &json!("string"));
        breaks("/properties/a", &json!({ "type": "string", "format": "date" }));
        breaks("/properties/c/items/format", &json!("int64"));
        breaks("/properties/c/items/type", &json!("string"));
        breaks("/properties/c", &json!({ "type": "array" }));
        breaks("/properties/b/enum", &json!(["x", null]));
        breaks("/properties/b", &json!({ "type": ["string", "null"] }));
        breaks("/required", &json!(["a", "b"]));
        breaks("/required", &json!([]));
    }

    #[test]
    fn what_breaks_nobody_is_let_through() {
        is_fine("/properties/a/description", &json!("other words"), 0);
        is_fine("/properties/b/enum", &json!(["x", "y", "z", null]), 1);
        let mut more = base()["properties"].clone();
        more["d"] = json!({ "type": "string" });
        is_fine("/properties", &more, 1);
    }

    #[test]
    fn references_are_followed_and_may_go_in_circles() {
        let document = |of: &str| {
            json!({
                "s": { "Node": { "type": "object", "properties": {
                    "next": { "$ref": "#/s/Node" }, "value": { "type": of } } } },
                "root": { "$ref": "#/s/Node" },
            })
        };
        let (old, new) = (document("string"), document("integer"));
        assert_eq!(compare((&old, &old["root"]), (&old, &old["root"])), []);
        let found = compare((&old, &old["root"]), (&new, &new["root"]));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
