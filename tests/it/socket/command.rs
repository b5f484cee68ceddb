//! The commands that end by themselves: what they print, and their exit codes.

use super::home;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tests::binary::{self, Running, Said};
use tests::database::Kept;
use tests::{demo, top};

const BAD_CONFIGURATION: i32 = 64;
const USAGE: i32 = 2;

/// A configuration with this text over `[sandbox] enabled = true`; gives its folder.
fn configured(home: &Path, text: &str) -> String {
    let folder = home.join("config");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("threeway.toml"), text).unwrap();
    folder.to_str().unwrap().to_owned()
}

/// A faulty configuration: what is written, which key is named, and a word of the cure.
const FAULTY: &[(&str, &str, &str)] = &[
    ("[inbound]\ntimeout = 5", "inbound.timeout", "remove the key"),
    ("[inbound]\ntimeout_ms = \"soon\"", "inbound.timeout_ms", "write a value"),
    ("[inbound]\ntimeout_ms = 0", "inbound.timeout_ms", "default.toml"),
    ("[inbound.limits.costs]\nsubmit_invoices = 1", "inbound.limits", "default.toml"),
    ("[inbound.cors]\norigins = [\"nowhere\"]", "inbound.cors.origins", "default.toml"),
    ("[system]\nsuppliers = \"erp\"", "system.suppliers", "default.toml"),
    ("listen = \"here\"", "listen", "write a value"),
    ("admin_listen = \"127.0.0.1:8080\"", "admin_listen", "its own port"),
    ("store = \"mysql:threeway\"", "store", "default.toml"),
    ("[log]\nfilter = \"=loud\"", "log.filter", "info,stack=debug"),
    ("[inbound", "(the file)", "correct the TOML"),
];

#[test]
fn every_fault_of_a_configuration_names_file_key_and_cure() {
    let home = home();
    for (text, key, cure) in FAULTY {
        let whole = if text.starts_with("[inbound") && !text.contains(']') {
            (*text).to_owned()
        } else {
            format!("{text}\n[sandbox]\nenabled = true\n")
        };
        let folder = configured(home.path(), &whole);
        let file = Path::new(&folder).join("threeway.toml").display().to_string();
        for command in ["serve", "check"] {
            let mut arguments = vec![command, "--config", &folder];
            if command == "serve" {
                arguments.extend(["--admin-listen", binary::FREE]);
            }
            let said = binary::run(home.path(), &arguments);
            assert_eq!(said.code, BAD_CONFIGURATION, "{command} {text}: {said:?}");
            for word in [file.as_str(), key, cure] {
                assert!(said.err.contains(word), "{command} {text}: no {word}: {}", said.err);
            }
        }
        let faults = faults(home.path(), &folder, BAD_CONFIGURATION);
        assert_eq!(faults.as_array().map(Vec::len), Some(1), "{text}: {faults}");
        assert_eq!((&faults[0]["file"], &faults[0]["key"]), (&file.into(), &(*key).into()));
    }
}

fn faults(home: &Path, folder: &str, code: i32) -> Value {
    let said = binary::run(home, &["check", "--config", folder, "--output", "json"]);
    assert_eq!((said.code, said.err.as_str()), (code, ""), "{said:?}");
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_check_tells_every_fault_at_once_and_none_where_there_is_none() {
    let home = home();
    let folder = configured(home.path(), "[sandbox]\nenabled = true\n");
    assert_eq!(faults(home.path(), &folder, 0), Value::Array(Vec::new()));
    let said = binary::run(home.path(), &["check", "--config", &folder]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("threeway.toml"), "{said:?}");

    let text = "[inbound]\ntimeout = 5\nbody_bytes_max = \"x\"\n[system]\nnothing = 1\n";
    let folder = configured(home.path(), text);
    let faults = faults(home.path(), &folder, BAD_CONFIGURATION);
    let mut keys: Vec<_> =
        faults.as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["inbound.body_bytes_max", "inbound.timeout", "system.nothing"]);
}

#[test]
fn a_configuration_in_the_environment_is_checked_too() {
    let home = home();
    let folder = configured(home.path(), "[sandbox]\nenabled = true\n");
    let output = binary::command(home.path())
        .args(["check", "--config", &folder])
        .env("THREEWAY__INBOUND__TIMEOUT_MS", "soon")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(BAD_CONFIGURATION));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("the environment: inbound.timeout_ms"), "{err}");
}

#[test]
fn a_folder_without_a_configuration_is_a_fault() {
    let home = home();
    let nowhere = home.path().join("nowhere").display().to_string();
    for command in ["serve", "check"] {
        let said = binary::run(home.path(), &[command, "--config", &nowhere]);
        assert_eq!(said.code, BAD_CONFIGURATION, "{said:?}");
        assert!(said.err.contains(&nowhere) && said.err.contains("threeway.toml"), "{said:?}");
    }
}

#[test]
fn a_command_that_is_none_says_how_it_is_used() {
    let home = home();
    for arguments in [
        &[][..],
        &["nonsense"],
        &["serve", "--listen", "here"],
        &["demo", "--port", "1"],
        &["openapi", "data"],
        &["token"],
        &["token", "--role", "boss"],
        &["token", "--role", "supplier"],
        &["token", "--role", "ap", "--ttl", "0"],
        &["import"],
    ] {
        let said = binary::run(home.path(), arguments);
        assert_eq!(said.code, USAGE, "{arguments:?}: {said:?}");
        assert!(said.out.is_empty() && !said.err.is_empty(), "{arguments:?}: {said:?}");
    }
    for arguments in [["--help"], ["--version"]] {
        let said = binary::run(home.path(), &arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_supplier_token_is_for_a_supplier() {
    let home = home();
    let said = binary::run(home.path(), &["token", "--role", "supplier"]);
    assert!(said.err.contains("supplier"), "{said:?}");
    let said = binary::run(home.path(), &["token", "--role", "supplier", "--supplier", "SUP-1"]);
    assert_eq!((said.code, said.out.matches('.').count()), (0, 2), "{said:?}");
}

#[test]
fn the_printed_contracts_are_the_committed_ones() {
    let home = home();
    for layer in ["system", "process", "consumption"] {
        let said = binary::run(home.path(), &["openapi", layer]);
        let kept = fs::read_to_string(top().join(format!("openapi/{layer}-v1.json"))).unwrap();
        assert!(said.code == 0 && said.out == kept, "openapi/{layer}-v1.json is not the code's");
    }
}

#[test]
fn the_routes_are_listed_with_their_scopes() {
    let home = home();
    let said = binary::run(home.path(), &["routes", "--output", "json"]);
    let routes: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    assert!(routes.len() >= 20, "{}", said.out);
    for route in &routes {
        assert!(route["scope"].as_str().is_some_and(|it| it.contains('.')), "{route}");
    }
    let text = binary::run(home.path(), &["routes"]).out;
    assert_eq!(text.lines().count(), routes.len());
}

#[test]
fn an_address_that_is_taken_is_said() {
    let home = home();
    let gateway = Running::demo(home.path(), &[], &[]);
    let taken = gateway.base.rsplit('/').next().unwrap();
    let arguments = ["demo", "--listen", taken, "--admin-listen", binary::FREE];
    let said = binary::run(home.path(), &arguments);
    assert!(said.code == 1 && said.err.contains(taken), "{said:?}");
}

#[test]
fn documents_of_every_format_are_imported_a_row_each() {
    let home = home();
    let json = home.path().join("invoice.json");
    fs::write(&json, demo::invoice("price above").to_string()).unwrap();
    let other = home.path().join("notes.txt");
    fs::write(&other, "Dear supplier,").unwrap();
    let fixture = |name: &str| top().join("tests/fixtures/import").join(name);
    let files = [fixture("invoice.810"), fixture("invoice.ubl.xml"), json, other];
    let files = files.map(|it| it.display().to_string());
    let store = Kept::at(home.path(), "import.sqlite");
    let import = |output: &str, files: &[String]| -> Said {
        let mut arguments = vec!["import", "--store", &store.url, "--output", output];
        arguments.extend(files.iter().map(String::as_str));
        binary::run(home.path(), &arguments)
    };

    let said = import("text", &files);
    assert_eq!(said.code, 1, "one of them is no document: {said:?}");
    let rows: Vec<&str> = said.out.lines().collect();
    for (row, (file, outcome)) in
        rows.iter().zip(files.iter().zip(["matched", "matched", "blocked", "refused"]))
    {
        assert!(row.starts_with(outcome) && row.contains(file.as_str()), "{outcome}: {row}");
        assert_eq!(row.contains(" inv_"), outcome != "refused", "{row}");
    }
    assert_eq!(rows.len(), 4, "{}", said.out);
    assert!(rows[2].contains("PRC-01"), "{}", rows[2]);

    let said = import("json", &files[..3]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    for (line, text) in said.out.lines().zip(&rows) {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["replayed"], true, "{line}");
        assert!(text.contains(row["id"].as_str().unwrap()), "another invoice: {line} {text}");
    }
}

#[test]
fn a_dry_run_says_what_would_become_of_each_document_and_keeps_nothing() {
    let home = home();
    let fixture = |name: &str| top().join("tests/fixtures/import").join(name);
    let write = |name: &str, invoice: &Value| {
        let file = home.path().join(name);
        fs::write(&file, invoice.to_string()).unwrap();
        file
    };
    let matched = demo::invoice("matched");
    let mut again = matched.clone();
    again["invoice"]["lines"][0]["description"] = "Gloves".into();
    let mut more = matched.clone();
    more["invoice"]["supplier_invoice_number"] = "NW-SECOND".into();
    more["invoice"]["invoice_date"] = "2026-10-30".into();
    let notes = home.path().join("notes.txt");
    fs::write(&notes, "Dear supplier,").unwrap();
    let files = [
        fixture("invoice.810"),
        write("first.json", &matched),
        write("again.json", &again),
        write("more.json", &more),
        fixture("invoice.810"),
        notes,
    ];
    let store = Kept::at(home.path(), "import.sqlite");
    let import = |dry: bool| -> Said {
        let mut arguments = vec!["import", "--store", &store.url, "--output", "json"];
        arguments.extend(dry.then_some("--dry-run"));
        let files = files.iter().map(|it| it.to_str().unwrap());
        binary::run(home.path(), &arguments.into_iter().chain(files).collect::<Vec<_>>())
    };
    let rows = |said: &Said| -> Vec<Value> {
        said.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    };
    let dry = import(true);
    let foreseen = rows(&dry);
    assert_eq!((dry.code, foreseen.len()), (1, 6), "{dry:?}");
    assert!(foreseen.iter().all(|it| it["id"].is_null()), "nothing was kept: {}", dry.out);
    assert_eq!(foreseen[3]["number"], "NW-SECOND", "{}", dry.out);
    assert_eq!(foreseen[4]["replayed"], true, "the same file again: {}", dry.out);
    let twice = import(true);
    assert_eq!(twice.out, dry.out, "a look changes nothing");

    let done = rows(&import(false));
    for (foreseen, done) in foreseen.iter().zip(&done) {
        for field in ["file", "outcome", "reasons", "replayed"] {
            assert_eq!(foreseen[field], done[field], "{field}: {foreseen} {done}");
        }
    }
    let outcomes: Vec<&str> = done.iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes[..3], ["matched", "blocked", "exception"], "the 810 took the goods");
    let known = rows(&import(true));
    assert!(known[..5].iter().all(|it| it["id"].is_string() && it["replayed"] == true));
}
