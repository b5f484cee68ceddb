//! The rules of the tree that no lint knows: one pass over the files git knows, every fault
//! collected and printed with its cure.

use canonical::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// One text file of the tree; `path` is relative to the top.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

/// Looks at one file and names its faults.
type Rule = fn(&File<'_>, &mut Vec<String>);

const RULES: &[Rule] = &[
    lines_and_columns,
    opens_with_what_it_is,
    manifest_leaves_versions_to_the_root,
    default_configuration_is_commented,
    nothing_is_left_for_later,
    readme_is_short,
    no_secret_is_kept,
    no_path_of_one_machine,
    no_plain_http_host,
];

const LINES_MAX: usize = 400;
const LINES_MAX_TESTS: usize = 600;
const LINES_MAX_README: usize = 150;
const COLUMNS_MAX: usize = 100;
const BYTES_MAX: usize = 500_000;

/// Tables with one row per entry, which read better wide than broken.
const WIDE: &[&str] =
    &["Cargo.toml", "crates/canonical/src/reason.rs", "config/demo/", "tests/fixtures/"];

/// Hosts that appear as names of something, or are never called.
const NAMES: &[&str] = &["www.w3.org", "xml.cxml.org", "docs.oasis-open.org"];

/// The files every adapter has beside one per noun it keeps.
const ADAPTER: &[&str] = &["client", "options", "tests"];
const NOUNS: &[&str] = &[
    "balance",
    "change",
    "contract",
    "cost_center",
    "facility",
    "item",
    "journal",
    "payable",
    "period",
    "purchase_order",
    "rate",
    "recall",
    "receipt",
    "supplier",
    "usage",
];

#[test]
fn the_tree_is_tidy() {
    let paths = paths();
    let mut faults = tree_faults(&paths);
    for path in &paths {
        let Ok(bytes) = fs::read(top().join(path)) else { continue };
        if bytes.len() > BYTES_MAX {
            let size = bytes.len() / 1000;
            faults.push(format!("{path}: {size} kB; keep what is larger than 500 kB elsewhere"));
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            RULES.iter().for_each(|rule| rule(&File { path, text }, &mut faults));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_error_code_has_its_line_in_the_architecture_page() {
    let page = fs::read_to_string(top().join("crates/README.md")).unwrap();
    let missing: Vec<&str> = Kind::ALL
        .map(Kind::code)
        .into_iter()
        .filter(|code| !page.lines().any(|line| line.starts_with(&format!("| `{code}` "))))
        .collect();
    assert!(missing.is_empty(), "add a row to \"Errors\" in crates/README.md for {missing:?}");
}

#[test]
fn every_rule_catches_its_fault() {
    let jwt = ["eyJ", "hbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"].concat();
    let long = format!("//! It.\n{}", "x\n".repeat(LINES_MAX));
    let wide = format!("//! It.\n{}", "x".repeat(COLUMNS_MAX + 1));
    let later = ["//! It.\n// TO", "DO: the rest"].concat();
    let home = ["see /ho", "me/me/notes"].concat();
    let host = ["htt", "p://erp.acme.com/x"].concat();
    for (path, text, cure) in [
        ("crates/a/src/lib.rs", long.as_str(), "split"),
        ("crates/a/src/lib.rs", &wide, "columns"),
        ("crates/a/src/lib.rs", "use std::fmt;\n", "`//!`"),
        ("crates/a/src/lib.rs", &later, "issue"),
        ("crates/a/Cargo.toml", "[package]\nversion = \"1\"\n", "version.workspace"),
        ("crates/a/Cargo.toml", "[dependencies]\nserde = \"1\"\n", "workspace = true"),
        ("config/default.toml", "# head\n\nlisten = \"x\"\n", "listen"),
        ("deploy/README.md", &"a\n".repeat(LINES_MAX_README + 1), "150"),
        ("tests/fixtures/tryton/a.json", &jwt, "secret"),
        ("deploy/README.md", &home, "machine"),
        ("config/demo.toml", &host, "https"),
    ] {
        let mut faults = Vec::new();
        RULES.iter().for_each(|rule| rule(&File { path, text }, &mut faults));
        assert!(faults.iter().any(|it| it.contains(cure)), "{path}, {cure}: {faults:?}");
    }
}

fn lines_and_columns(file: &File<'_>, faults: &mut Vec<String>) {
    let path = file.path;
    let is_ours = [".rs", ".toml", ".md", ".py", "/run", "/setup", "/serve"];
    if !is_ours.iter().any(|it| path.ends_with(it)) || WIDE.iter().any(|it| path.starts_with(it)) {
        return;
    }
    let is_test = path.starts_with("tests/") || path.contains("/tests/") || path.contains("tests.");
    let lines_max = if is_test { LINES_MAX_TESTS } else { LINES_MAX };
    let count = file.text.lines().count();
    if path.ends_with(".rs") && count > lines_max {
        faults.push(format!("{path}: {count} lines, at most {lines_max}; split it by noun"));
    }
    for (index, line) in file.text.lines().enumerate() {
        let is_exempt = line.contains("://") || (path.ends_with(".md") && line.starts_with('|'));
        if line.chars().count() > COLUMNS_MAX && !is_exempt {
            faults.push(format!("{path}:{}: over {COLUMNS_MAX} columns; break it", index + 1));
        }
    }
}

fn opens_with_what_it_is(file: &File<'_>, faults: &mut Vec<String>) {
    let path = file.path;
    let is_pure_test = path.ends_with("tests.rs") || path.contains("/tests/");
    if path.ends_with(".rs") && !is_pure_test && !file.text.starts_with("//! ") {
        faults.push(format!("{path}: open it with `//!` and what it is"));
    }
}

fn manifest_leaves_versions_to_the_root(file: &File<'_>, faults: &mut Vec<String>) {
    let path = file.path;
    if path == "Cargo.toml" || !path.ends_with("/Cargo.toml") {
        return;
    }
    let manifest: toml::Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return faults.push(format!("{path}: {error}")),
    };
    let inherits = |table: &str, key: &str| {
        let value = manifest.get(table).and_then(|it| it.get(key));
        value.is_some_and(|it| it.get("workspace").is_some() || it.as_bool() == Some(true))
    };
    for key in ["version", "edition", "rust-version", "license"] {
        if !inherits("package", key) {
            faults.push(format!("{path}: write {key}.workspace = true"));
        }
    }
    if !inherits("lints", "workspace") {
        faults.push(format!("{path}: write [lints] workspace = true"));
    }
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let names = manifest.get(table).and_then(toml::Value::as_table);
        for name in names.into_iter().flat_map(toml::Table::keys) {
            if !inherits(table, name) {
                faults.push(format!(
                    "{path}: {name} takes its version from the root: workspace = true"
                ));
            }
        }
    }
}

fn default_configuration_is_commented(file: &File<'_>, faults: &mut Vec<String>) {
    if file.path != "config/default.toml" {
        return;
    }
    let mut is_commented = false;
    for line in file.text.lines().map(str::trim) {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        let is_key = |it: &str| it.chars().all(|c| c.is_alphanumeric() || "_-.\"".contains(c));
        match key.filter(|it| !line.starts_with(['#', '[', '{', '"']) && is_key(it)) {
            Some(key) if !is_commented && !line.contains(" # ") => {
                faults.push(format!("{}: say above {key} what it sets", file.path));
            }
            _ => {}
        }
        // a comment holds for the keys right below it, up to a blank line
        is_commented = line.starts_with('#') || (is_commented && !line.is_empty());
    }
}

fn nothing_is_left_for_later(file: &File<'_>, faults: &mut Vec<String>) {
    let words = [["FIX", "ME"].concat(), ["TO", "DO"].concat(), ["XX", "X:"].concat()];
    for (index, line) in file.text.lines().enumerate() {
        if words.iter().any(|word| line.contains(word.as_str())) && !is_given(file.path) {
            let path = file.path;
            faults.push(format!("{path}:{}: do it now, or make it an issue", index + 1));
        }
    }
}

fn readme_is_short(file: &File<'_>, faults: &mut Vec<String>) {
    let count = file.text.lines().count();
    if file.path.ends_with("README.md") && count > LINES_MAX_README {
        faults.push(format!("{}: {count} lines; 150 is what people read", file.path));
    }
}

fn no_secret_is_kept(file: &File<'_>, faults: &mut Vec<String>) {
    let mut signs = vec![
        ["-----BEGIN ", "PRIVATE KEY"].concat(),
        ["-----BEGIN RSA ", "PRIVATE KEY"].concat(),
        ["-----BEGIN EC ", "PRIVATE KEY"].concat(),
        ["eyJ", "hbGciOi"].concat(),
    ];
    if file.path.starts_with("tests/fixtures/") {
        signs.push(["\"pass", "word\": \""].concat());
    }
    if signs.iter().any(|it| file.text.contains(it.as_str())) {
        faults.push(format!("{}: looks like a secret; make it when the test runs", file.path));
    }
}

fn no_path_of_one_machine(file: &File<'_>, faults: &mut Vec<String>) {
    let folders = ["home", "root", "Users", "work"].map(|it| format!("/{it}/"));
    for (index, line) in file.text.lines().enumerate() {
        let is_start = |at: usize| {
            let before = line.get(..at).and_then(|it| it.chars().next_back());
            before.is_none_or(|it| !it.is_alphanumeric() && !"._-~}/".contains(it))
        };
        if folders.iter().any(|it| line.match_indices(it.as_str()).any(|(at, _)| is_start(at))) {
            faults.push(format!(
                "{}:{}: a path of one machine; make it relative to the checkout",
                file.path,
                index + 1
            ));
        }
    }
}

fn no_plain_http_host(file: &File<'_>, faults: &mut Vec<String>) {
    if is_given(file.path) {
        return;
    }
    for rest in file.text.split(["htt", "p://"].concat().as_str()).skip(1) {
        let is_end = |it: char| !it.is_alphanumeric() && !".-[]:{}$_".contains(it);
        let host = rest.split(is_end).next().unwrap_or_default();
        let host = host.strip_prefix("[::1]").unwrap_or(host);
        let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
        let is_local = ["", "localhost", "127.0.0.1", "0.0.0.0"].contains(&host);
        let is_example =
            ["example", "example.org", "example.com", "example.net", "test", "invalid"]
                .iter()
                .any(|it| host == *it || host.ends_with(&format!(".{it}")));
        let is_filled_in = host.starts_with(['{', '$']);
        if !(is_local || is_example || is_filled_in || NAMES.contains(&host)) {
            faults.push(format!("{}: {host}: use https, or an example domain", file.path));
        }
    }
}

/// Texts of others that are kept as they came.
fn is_given(path: &str) -> bool {
    path == "LICENSE" || path == "Cargo.lock" || path.starts_with("tests/fixtures/")
}

/// Faults of the tree as a whole: folders without a README, adapters of another shape.
fn tree_faults(paths: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let folders: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.split_once('/').map(|(folder, _)| folder))
        .filter(|folder| !folder.starts_with('.'))
        .collect();
    for folder in folders {
        if !paths.contains(&format!("{folder}/README.md")) {
            faults.push(format!("{folder}: write README.md: what is in it, and what goes where"));
        }
    }
    let mut adapters: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in paths {
        let inner = path.strip_prefix("crates/system/src/backends/");
        if let Some((name, file)) = inner.and_then(|it| it.split_once('/')) {
            let stem = file.split(['/', '.']).next().unwrap_or_default();
            adapters.entry(name).or_default().insert(stem);
        }
    }
    // the back end in memory is not called over a wire, and has no client
    adapters.remove("memory");
    for (name, files) in adapters {
        for file in ADAPTER.iter().filter(|it| !files.contains(*it)) {
            faults.push(format!("backends/{name}: every adapter has {file}.rs"));
        }
        for file in files.iter().filter(|it| !NOUNS.contains(it) && !ADAPTER.contains(it)) {
            faults.push(format!(
                "backends/{name}/{file}.rs: an adapter is one file per noun and {ADAPTER:?}"
            ));
        }
    }
    faults
}

/// What git tracks, and what it would take if it were added now.
fn paths() -> Vec<String> {
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"])
        .arg("--exclude-standard")
        .current_dir(top())
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).unwrap();
    paths.split('\0').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
