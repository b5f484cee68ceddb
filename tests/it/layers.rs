//! Who may import whom. Cargo enforces the manifests; this test keeps the manifests to the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each of our crates, and which others of ours it may name.
const OURS: &[(&str, &[&str])] = &[
    ("canonical", &[]),
    ("stack", &["canonical"]),
    ("store", &["canonical"]),
    ("system", &["canonical", "stack"]),
    ("process", &["canonical", "stack", "store", "system"]),
    ("consumption", &["canonical", "stack", "process"]),
    ("gateway", &["canonical", "stack", "store", "system", "process", "consumption"]),
];

/// Crates from outside that only some of ours may name. The package `tests` may name any.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("anyhow", &["gateway"]),
    ("async-nats", &["gateway"]),
    ("axum", &["stack", "system", "process", "consumption", "gateway"]),
    ("axum-server", &["gateway"]),
    ("clap", &["gateway"]),
    ("governor", &["stack"]),
    ("http", &["stack", "system", "process", "consumption", "gateway"]),
    ("hyper", &["stack", "gateway"]),
    ("indicatif", &["gateway"]),
    ("jsonwebtoken", &["stack", "gateway"]),
    ("mimalloc", &["gateway"]),
    ("moka", &["stack", "system"]),
    ("quick-xml", &["process"]),
    ("reqwest", &["stack", "system", "gateway"]),
    ("rusqlite", &["store"]),
    ("rustls", &["store"]),
    ("tokio", &["stack", "store", "system", "process", "consumption", "gateway"]),
    ("tokio-postgres", &["store"]),
    ("toml", &["system", "process", "gateway"]),
    // the system layer asks its own routes in its tests
    ("tower", &["stack", "system", "gateway"]),
    ("tower-http", &["stack", "gateway"]),
    ("tracing", &["stack", "store", "system", "process", "consumption", "gateway"]),
    ("tracing-subscriber", &["gateway"]),
    ("utoipa-axum", &["stack", "system", "process", "consumption", "gateway"]),
    ("utoipa-swagger-ui", &["gateway"]),
];

#[test]
fn every_crate_has_a_row_in_the_table() {
    let rows: BTreeSet<&str> = OURS.iter().map(|(name, _)| *name).collect();
    let manifests = manifests();
    let found: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    assert_eq!(rows, found, "add the crate to OURS in tests/it/layers.rs, or remove its row");
}

#[test]
fn no_crate_imports_upwards_or_past_a_layer() {
    let mut faults = Vec::new();
    for (name, dependencies) in manifests() {
        for dependency in dependencies {
            if let Some(fault) = fault(&name, &dependency) {
                faults.push(fault);
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_table_refuses_what_it_must() {
    for (name, dependency) in [
        ("canonical", "stack"),
        ("canonical", "axum"),
        ("canonical", "tokio"),
        ("store", "system"),
        ("system", "process"),
        ("process", "reqwest"),
        ("process", "rusqlite"),
        ("consumption", "system"),
        ("consumption", "store"),
        ("consumption", "reqwest"),
    ] {
        assert!(fault(name, dependency).is_some(), "{name} may name {dependency}");
    }
    assert_eq!(fault("consumption", "process"), None);
}

#[test]
fn no_crate_passes_on_another_of_ours() {
    let folders = OURS.iter().map(|(name, _)| crates().join(name).join("src"));
    let faults: Vec<String> =
        folders.flat_map(|it| sources(&it)).flat_map(|it| passed_on(&it)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The lines of a file that pass on another crate of ours.
fn passed_on(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().enumerate().filter(|(_, line)| passes_on(line));
    let fault = |(index, line): (usize, &str)| {
        let (file, line) = (file.display(), line.trim());
        format!("{file}:{}: `{line}` tunnels a layer: let the user import it", index + 1)
    };
    lines.map(fault).collect()
}

/// Why `name` may not depend on `dependency`; `None` where it may.
fn fault(name: &str, dependency: &str) -> Option<String> {
    let (_, allowed) = OURS.iter().find(|(it, _)| *it == name)?;
    let is_ours = OURS.iter().any(|(it, _)| *it == dependency);
    if is_ours && !allowed.contains(&dependency) {
        return Some(format!(
            "crates/{name}/Cargo.toml: {name} may name {allowed:?} of ours, not `{dependency}`: \
             move what both need down, or call it from above"
        ));
    }
    let (_, users) = OUTSIDE.iter().find(|(it, _)| *it == dependency)?;
    (!users.contains(&name)).then(|| {
        format!(
            "crates/{name}/Cargo.toml: `{dependency}` is for {users:?}: \
             do there what it is needed for"
        )
    })
}

fn passes_on(line: &str) -> bool {
    let Some(path) = line.trim_start().strip_prefix("pub use ") else {
        return false;
    };
    let root = path.trim_start_matches(':').split([':', ';', ' ']).next().unwrap_or_default();
    OURS.iter().any(|(name, _)| *name == root)
}

/// Every crate under `crates/` with the dependencies its manifest names, in any table.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let mut manifests = BTreeMap::new();
    for entry in fs::read_dir(crates()).unwrap() {
        let path = entry.unwrap().path().join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let manifest: toml::Table = text.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        manifests.insert(name, dependencies(&manifest));
    }
    manifests
}

/// The names in every table called `…dependencies`, those for one target or for tests included.
fn dependencies(table: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            found.extend(inner.iter().map(|(name, value)| package(name, value)));
        } else {
            found.extend(dependencies(inner));
        }
    }
    found
}

/// The real name of a dependency, where the manifest gives it another.
fn package(name: &str, value: &toml::Value) -> String {
    value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates")
}
