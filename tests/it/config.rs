//! Configuration: every file that ships loads, and a fault is told with its file, key and cure.

use canonical::Clock;
use gateway::config::{self, Source};
use process::documents::{self, Format, UblMapping, X12Mapping};
use process::matching::{DuplicatePolicy, Policy, TaxPolicy};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::{TestClock, TestGateway, demo, top};

fn clock() -> Clock {
    TestClock::default().handle()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[tokio::test]
async fn every_file_that_ships_loads() {
    for path in files(&top().join("config")) {
        let name = path.strip_prefix(top().join("config")).unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        match name.split_once('/') {
            None if name == "default.toml" || name == "demo.toml" => {
                text.parse::<toml::Table>().unwrap();
            }
            _ if name.ends_with("README.md") => {}
            Some(("policies", which)) => {
                let read = match which {
                    "tolerances.toml" => Policy::parse_toml(&text).map(drop),
                    "duplicates.toml" => DuplicatePolicy::parse_toml(&text).map(drop),
                    "taxes.toml" => TaxPolicy::parse_toml(&text).map(drop),
                    "routing.toml" => process::Routing::parse_toml(&text).map(drop),
                    "calendar.toml" => process::Calendars::parse_toml(&text).map(drop),
                    _ => panic!("config/{name}: nobody loads it; say here who does"),
                };
                read.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            }
            Some(("mappings", which)) => {
                let read = match which {
                    "x12.toml" => X12Mapping::parse_toml(&text).map(drop),
                    "ubl.toml" => UblMapping::parse_toml(&text).map(drop),
                    _ => panic!("config/{name}: nobody loads it; say here who does"),
                };
                read.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            }
            Some(("demo", rest)) if rest.starts_with("documents/") => {
                let format = Format::sniff(&bytes).unwrap_or_else(|| panic!("{name}: no format"));
                documents::read(format, &bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            }
            Some(("demo", "invoices.json")) => assert!(demo::invoices().len() >= 20),
            Some(("demo", rest)) if rest.ends_with(".json") => {
                assert!(demo::file(rest).is_array(), "{name}");
            }
            _ => panic!("config/{name}: nobody loads it; say here who does"),
        }
    }
    let folder = top().join("config/demo").display().to_string();
    let gateway = TestGateway::with(&[("THREEWAY__BACKENDS__DEMO__DATA", &folder)]).await;
    let orders = gateway.admin().get("/system/v1/purchase-orders?limit=200").await;
    assert!(orders.expect(200)["items"].as_array().unwrap().len() >= 40);
}

#[test]
fn the_default_configuration_is_fine_and_notes_that_it_takes_nobodys_tokens() {
    let checked = config::read(Source::Folder(None), std::iter::empty()).unwrap();
    assert!(checked.notes[0].contains("inbound.auth.issuers"), "{:?}", checked.notes);
    gateway::check_parts(&checked, &clock()).unwrap();
    let demo = config::read(Source::Demo, std::iter::empty()).unwrap();
    assert!(demo.notes[0].contains("not for production"), "{:?}", demo.notes);
}

/// The faults of a folder with these files, under these variables.
fn faults(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let variables = environment.iter().map(|(key, it)| ((*key).to_owned(), (*it).to_owned()));
    let read = config::read(Source::Folder(Some(folder.path())), variables);
    let Err(faults) = read else { return Vec::new() };
    let here = format!("{}/", folder.path().display());
    for fault in &faults {
        for text in [&fault.file, &fault.key, &fault.fault, &fault.fix] {
            assert!(!text.trim().is_empty(), "{fault:?}");
        }
    }
    faults.into_iter().map(|it| format!("{} {}", it.file.replace(&here, ""), it.key)).collect()
}

const FINE: &str = "[sandbox]\nenabled = true\n";

#[track_caller]
fn check(text: &str, environment: &[(&str, &str)], expected: &[&str]) {
    let got = faults(&[("threeway.toml", &format!("{FINE}{text}"))], environment);
    assert_eq!(got, expected, "{text}");
}

#[test]
fn a_fault_names_its_file_its_key_and_its_cure() {
    check("", &[], &[]);
    check("[inbound]\ntimeout = 1\n", &[], &["threeway.toml inbound.timeout"]);
    check("[inbound]\ntimeout_ms = \"soon\"\n", &[], &["threeway.toml inbound.timeout_ms"]);
    check("[inbound]\ntimeout_ms = -1\n", &[], &["threeway.toml inbound.timeout_ms"]);
    check("[colour]\nred = 1\n", &[], &["threeway.toml colour"]);
    check("[log]\nformat = \"xml\"\n", &[], &["threeway.toml log.format"]);
    check("[log]\nfilter = \"=x=\"\n", &[], &["threeway.toml log.filter"]);
    let zone = "[process]\ntime_zone = \"Mars/Olympus\"\n";
    check(zone, &[], &["threeway.toml process.time_zone"]);
    check("[process.posting]\nattempts_max = 0\n", &[], &["threeway.toml process.posting"]);
    check("", &[("THREEWAY__LISTEN", "nowhere")], &["the environment listen"]);
    check("", &[("THREEWAY__INBOUND__COLOUR", "red")], &["the environment inbound.colour"]);
    check("[policies]\ntolerances = \"missing.toml\"\n", &[], &["missing.toml (the file)"]);
    check("[policies]\nduplicates = \"gone.toml\"\n", &[], &["gone.toml (the file)"]);
    check("[policies]\ntaxes = \"lost.toml\"\n", &[], &["lost.toml (the file)"]);
    let several = "[inbound]\ntimeout = 1\nconcurrency = \"many\"\n[outbound]\nx = 1\n";
    let mut got = faults(&[("threeway.toml", &format!("{FINE}{several}"))], &[]);
    got.sort();
    let expected = [
        "threeway.toml inbound.concurrency",
        "threeway.toml inbound.timeout",
        "threeway.toml outbound",
    ];
    assert_eq!(got, expected, "all of them at once");
    assert_eq!(faults(&[], &[]), ["threeway.toml (the file)"]);
    assert_eq!(faults(&[("threeway.toml", "[inbound\n")], &[]), ["threeway.toml (the file)"]);
}

#[test]
fn a_faulty_policy_is_told_row_by_row() {
    let shipped = fs::read_to_string(top().join("config/policies/tolerances.toml")).unwrap();
    let named = format!("{FINE}[policies]\ntolerances = \"own.toml\"\n");
    for (from, to, keys) in [
        ("pct = \"3\"", "pct = \"-3\"", vec!["own.toml /rows/0/upper/pct"]),
        (
            "key = \"DOC_BALANCE\"",
            "key = \"BALANCE\"",
            vec!["own.toml /rows/22/key", "own.toml /rows"],
        ),
        (
            "key = \"PRICE_UNIT\"\nupper",
            "key = \"PRICE_UNIT\"\nscope = { category = \"4\" }\nupper",
            vec!["own.toml /rows/0/scope/category", "own.toml /rows"],
        ),
        ("key = \"TAX_UNDER\"", "key = \"TAX_OVER\"", vec!["own.toml /rows/12", "own.toml /rows"]),
        ("abs = \"5\"", "abs = \"5.5\"", vec!["own.toml /rows/16/upper/abs"]),
        (
            "percent = \"0\"",
            "percent = \"101\"",
            vec!["own.toml /sampling/percent", "own.toml /sampling/seed"],
        ),
        ("version = 1", "version = \"one\"", vec!["own.toml (the file)"]),
        ("reason = \"Starting", "raison = \"Starting", vec!["own.toml (the file)"]),
    ] {
        let own = shipped.replacen(from, to, 1);
        assert_ne!(own, shipped, "{from}");
        let got = faults(&[("threeway.toml", &named), ("own.toml", &own)], &[]);
        assert_eq!(got, keys, "{to}");
    }
    assert!(faults(&[("threeway.toml", &named), ("own.toml", &shipped)], &[]).is_empty());
}

#[test]
fn faulty_tax_rules_are_told_rule_by_rule() {
    let named = format!("{FINE}[policies]\ntaxes = \"own.toml\"\n");
    for (rule, keys) in [
        ("rate_percent = \"8.25\"", vec![]),
        ("rate_percent = \"-8.25\"", vec!["own.toml /rules/0/rate_percent"]),
        (
            "rate_percent = \"8\"\nrecoverable_percent = \"101\"",
            vec!["own.toml /rules/0/recoverable_percent"],
        ),
        ("rate = \"8.25\"", vec!["own.toml (the file)"]),
    ] {
        let own = tax_rules(rule);
        assert_eq!(faults(&[("threeway.toml", &named), ("own.toml", &own)], &[]), keys, "{rule}");
    }
}

/// A file of one tax rule for everything.
fn tax_rules(rule: &str) -> String {
    format!(
        "id = \"X1\"\nversion = 1\napproved_by = \"tax\"\nreason = \"ours\"\n\
         [[rules]]\njurisdiction = \"US-IL\"\n{rule}\n"
    )
}

#[tokio::test]
async fn tax_on_a_submitted_invoice_is_due_where_a_rule_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    fs::write(&path, tax_rules("rate_percent = \"8.25\"")).unwrap();
    let path = path.display().to_string();
    // 8.25 % of 750.00
    let mut taxed = demo::invoice("matched");
    taxed["invoice"]["tax_amount"] = "61.88".into();
    taxed["invoice"]["gross_amount"] = "811.88".into();
    for (variables, outcome, reasons, cited) in [
        (&[("THREEWAY__POLICIES__TAXES", path.as_str())][..], "matched", vec![], json!("X1@1")),
        (&[], "blocked", vec!["TAX-01"], json!(null)),
    ] {
        let gateway = TestGateway::with(variables).await;
        let answer = gateway.ap().submit(&taxed).await;
        assert_eq!(answer.expect(202)["outcome"], outcome, "{}", answer.words());
        assert_eq!(answer.reasons(), reasons, "{}", answer.words());
        assert_eq!(answer.json["policy"]["taxes"], cited, "{}", answer.words());
        gateway.clock().advance(Duration::from_secs(60));
        // what was decided is decided again from what was stored, whatever rules hold now
        let simulated = gateway.admin().post("/process/v1/policy-simulations", &json!({})).await;
        assert_eq!(simulated.expect(200)["reproduction"]["reproduced"], 1, "{}", simulated.json);
    }
}

#[test]
fn what_only_shows_when_it_is_opened_is_found_by_the_check() {
    for (text, words) in [
        ("[system]\npayables = \"ledger\"\n", "ledger"),
        ("[backends.demo]\ndata = \"/no/such/folder\"\n", "/no/such/folder"),
        ("[inbound.limits.costs]\nno_such_operation = 2\n", "no_such_operation"),
        ("[inbound.limits.roles.king.all]\nrequests = 1\nwindow_seconds = 1\nburst = 1\n", "king"),
        (
            "[[inbound.deprecated]]\nwhat = \"gone\"\nlink = \"x\"\n\
             deprecated_at = \"2026-01-01T00:00:00Z\"\n",
            "gone",
        ),
        ("[inbound]\nconcurrency = 0\n", "concurrency"),
        ("[inbound.cors]\norigins = [\"portal\"]\n", "origins"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("threeway.toml"), format!("{FINE}{text}")).unwrap();
        let source = Source::Folder(Some(folder.path()));
        let checked = config::read(source, std::iter::empty()).unwrap();
        let error = gateway::check_parts(&checked, &clock()).unwrap_err();
        let said = format!("{error:?}");
        assert!(said.contains(words), "{text}: {said}");
    }
}
