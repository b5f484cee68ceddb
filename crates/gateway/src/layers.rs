//! Configuration in layers: the built-in one, a file over it, the environment over both. Every
//! fault is reported with the place it was written at and how to cure it, not the first one alone.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use toml::{Table, Value};

const FAULTS_MAX: usize = 50;

/// One layer: where it comes from, and what it says.
#[derive(Clone, Debug)]
pub struct Layer {
    /// For people: a file's path, or `the environment`.
    pub origin: String,
    /// What it says.
    pub table: Table,
}

/// A fault of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where it was written.
    pub file: String,
    /// The key, with dots.
    pub key: String,
    /// What is wrong.
    pub fault: String,
    /// How to cure it.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}\n    {}", self.file, self.key, self.fault, self.fix)
    }
}

/// Where each key was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// Of every key in the layers; the last layer that has it counts.
    #[must_use]
    pub fn of(layers: &[Layer]) -> Self {
        let mut places = Self::default();
        for layer in layers {
            places.add(&layer.origin, "", &layer.table);
        }
        places
    }

    /// Notes that a key was written elsewhere: a flag, say.
    pub fn put(&mut self, key: &str, origin: &str) {
        self.0.insert(key.to_owned(), origin.to_owned());
    }

    /// Where a key was written, or the section around it.
    #[must_use]
    pub fn find(&self, key: &str) -> String {
        let around = |key: &str| key.rsplit_once('.').map(|(around, _last)| around.to_owned());
        let mut keys = std::iter::successors(Some(key.to_owned()), |it| around(it));
        let found = keys.find_map(|it| self.0.get(&it));
        found.cloned().unwrap_or_else(|| "the configuration".to_owned())
    }

    fn add(&mut self, origin: &str, around: &str, table: &Table) {
        for (key, value) in table {
            let key = join(around, key);
            self.put(&key, origin);
            if let Value::Table(inner) = value {
                self.add(origin, &key, inner);
            }
        }
    }
}

/// Reads a layer from TOML.
///
/// # Errors
/// A fault that names the line.
pub fn parse(origin: &str, text: &str) -> Result<Layer, Fault> {
    let table = text.parse::<Table>().map_err(|error| Fault {
        file: origin.to_owned(),
        key: "(the file)".to_owned(),
        fault: error.to_string().trim_end().to_owned(),
        fix: "correct the TOML".to_owned(),
    })?;
    Ok(Layer { origin: origin.to_owned(), table })
}

/// Reads the layer that environment variables make: `THREEWAY__SECTION__KEY=value`. A value that is
/// TOML counts as such, anything else is a text.
#[must_use]
pub fn environment(variables: impl Iterator<Item = (String, String)>) -> Layer {
    let mut table = Table::new();
    for (name, text) in variables {
        let Some(path) = name.strip_prefix("THREEWAY__") else { continue };
        let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        let value = format!("it = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut it| it.remove("it"))
            .unwrap_or(Value::String(text));
        put(&mut table, &keys, value);
    }
    Layer { origin: "the environment".to_owned(), table }
}

/// Puts the content of files where a text says `${file:PATH}`: secrets stay out of the
/// configuration. Blanks at the end of a file do not count.
///
/// # Errors
/// A fault for each file that cannot be read.
pub fn fill_in(layer: &mut Layer) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let origin = layer.origin.clone();
    for (key, value) in &mut layer.table {
        fill_in_value(&origin, key, value, &mut faults);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn fill_in_value(origin: &str, key: &str, value: &mut Value, faults: &mut Vec<Fault>) {
    match value {
        Value::Table(inner) => {
            for (name, value) in inner {
                fill_in_value(origin, &format!("{key}.{name}"), value, faults);
            }
        }
        Value::Array(entries) => {
            for (index, value) in entries.iter_mut().enumerate() {
                fill_in_value(origin, &format!("{key}[{index}]"), value, faults);
            }
        }
        Value::String(text) => {
            let path = text.strip_prefix("${file:").and_then(|it| it.strip_suffix('}'));
            match path.map(std::fs::read_to_string) {
                None => {}
                Some(Ok(content)) => content.trim_end().clone_into(text),
                Some(Err(error)) => faults.push(Fault {
                    file: origin.to_owned(),
                    key: key.to_owned(),
                    fault: format!("{text}: {error}"),
                    fix: "name a file that this process may read".to_owned(),
                }),
            }
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

/// Lays the layers over each other, the later over the earlier, and reads the whole. Collects every
/// fault: a value that cannot be read is put aside and the rest is read on.
///
/// # Errors
/// The faults, in the order they were met.
pub fn read<T: DeserializeOwned>(layers: &[Layer]) -> Result<T, Vec<Fault>> {
    let mut whole = Table::new();
    for layer in layers {
        merge(&mut whole, &layer.table);
    }
    let mut faults = Vec::new();
    while faults.len() < FAULTS_MAX {
        match serde_path_to_error::deserialize(Value::Table(whole.clone())) {
            Ok(config) if faults.is_empty() => return Ok(config),
            Ok(_rest) => break,
            Err(error) => {
                let path = error.path().to_string();
                let text = error.into_inner().to_string();
                let fault = fault(layers, &path, text.trim());
                let keys: Vec<String> = fault.key.split('.').map(str::to_owned).collect();
                let known = faults.contains(&fault);
                let removed = take(&mut whole, &keys);
                faults.push(fault);
                restore(layers, &mut whole, &keys);
                if known || !removed {
                    faults.dedup();
                    break;
                }
            }
        }
    }
    Err(faults)
}

fn fault(layers: &[Layer], path: &str, text: &str) -> Fault {
    let unknown = text.strip_prefix("unknown field `").and_then(|it| it.split_once('`'));
    let key = match unknown {
        Some((field, _rest)) if !path.ends_with(field) => join(path, field),
        _known => path.to_owned(),
    };
    let keys: Vec<String> = key.split('.').map(str::to_owned).collect();
    let origin = layers.iter().rev().find(|it| has(&it.table, &keys));
    let missing = text.starts_with("missing field");
    let fix = match (unknown, missing) {
        (Some(_), _) => "remove the key, or write the one that is meant".to_owned(),
        (None, true) => "add the key; config/default.toml says what it means".to_owned(),
        (None, false) => "write a value of the kind it asks for".to_owned(),
    };
    Fault {
        file: origin.map_or_else(|| "the configuration".to_owned(), |it| it.origin.clone()),
        key,
        fault: text.lines().next().unwrap_or(text).to_owned(),
        fix,
    }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() || path == "." { field.to_owned() } else { format!("{path}.{field}") }
}

fn merge(into: &mut Table, from: &Table) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            _scalar_or_new => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn put(table: &mut Table, keys: &[String], value: Value) {
    match keys {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn has(table: &Table, keys: &[String]) -> bool {
    find(table, keys).is_some()
}

fn find<'t>(table: &'t Table, keys: &[String]) -> Option<&'t Value> {
    match keys {
        [] => None,
        [last] => table.get(plain(last)),
        [first, rest @ ..] => match table.get(plain(first)) {
            Some(Value::Table(inner)) => find(inner, rest),
            Some(other @ Value::Array(_)) => Some(other),
            _leaf => None,
        },
    }
}

/// A path says `issuers[0]` for an entry of a list; the list is the key that can be put aside.
fn plain(key: &str) -> &str {
    key.split_once('[').map_or(key, |(name, _index)| name)
}

fn take(table: &mut Table, keys: &[String]) -> bool {
    match keys {
        [] => false,
        [last] => table.remove(plain(last)).is_some(),
        [first, rest @ ..] => match table.get_mut(plain(first)) {
            Some(Value::Table(inner)) => take(inner, rest),
            Some(_list_or_leaf) => table.remove(plain(first)).is_some(),
            None => false,
        },
    }
}

/// Puts the built-in value back where a faulty one was taken away.
fn restore(layers: &[Layer], whole: &mut Table, keys: &[String]) {
    let built_in = layers.first().and_then(|it| find(&it.table, keys));
    if let Some(value) = built_in {
        let plain: Vec<String> = keys.iter().map(|it| plain(it).to_owned()).collect();
        put(whole, &plain, value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        inbound: Inbound,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inbound {
        timeout_ms: u32,
        name: String,
    }

    const DEFAULT: &str = "[inbound]\ntimeout_ms = 1\nname = \"a\"\n";

    fn layers(file: &str, env: &[(&str, &str)]) -> [Layer; 3] {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        [
            parse("default.toml", DEFAULT).unwrap(),
            parse("threeway.toml", file).unwrap(),
            environment(env),
        ]
    }

    #[test]
    fn later_layers_win() {
        let env = [("THREEWAY__INBOUND__NAME", "from env"), ("OTHER", "x")];
        let whole: Whole = read(&layers("[inbound]\ntimeout_ms = 2\n", &env)).unwrap();
        assert_eq!((whole.inbound.timeout_ms, whole.inbound.name.as_str()), (2, "from env"));
    }

    #[test]
    fn every_fault_is_named_with_its_file_and_key() {
        let file = "[inbound]\ntimeout = 2\ntimeout_ms = \"soon\"\n[outbound]\nx = 1\n";
        let faults = read::<Whole>(&layers(file, &[("THREEWAY__INBOUND__NAME", "7")])).unwrap_err();
        let mut keys: Vec<_> = faults.iter().map(|it| format!("{} {}", it.file, it.key)).collect();
        keys.sort();
        let expected = [
            "the environment inbound.name",
            "threeway.toml inbound.timeout",
            "threeway.toml inbound.timeout_ms",
            "threeway.toml outbound",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn a_secret_comes_from_its_file() {
        let file = std::env::temp_dir().join(format!("threeway-secret-{}", std::process::id()));
        std::fs::write(&file, "hunter2\n").unwrap();
        let text = format!("[inbound]\nname = \"${{file:{}}}\"\n", file.display());
        let mut layer = parse("threeway.toml", &text).unwrap();
        fill_in(&mut layer).unwrap();
        assert_eq!(layer.table["inbound"]["name"].as_str(), Some("hunter2"));
        std::fs::remove_file(&file).unwrap();
        let mut layer = parse("threeway.toml", &text).unwrap();
        assert_eq!(fill_in(&mut layer).unwrap_err()[0].key, "inbound.name");
    }

    #[test]
    fn broken_toml_names_the_line() {
        let fault = parse("threeway.toml", "[inbound\n").unwrap_err();
        assert!(fault.fault.contains("line 1"), "{fault}");
    }
}
