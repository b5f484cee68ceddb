use super::data::File;
use super::*;
use canonical::{Gtin, OrderStatus, PageRequest};
use std::collections::BTreeSet;

fn clock() -> Clock {
    Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap())
}

fn demo() -> Memory {
    Memory::open(&Options::default(), &clock()).unwrap()
}

fn file(noun: &'static str, text: &str) -> File {
    File { noun, toml: false, text: text.to_owned().into() }
}

#[track_caller]
fn faults(files: &[File], expected: &[(&str, &str)]) {
    let error = Memory::of(files, &Options::default(), &clock()).unwrap_err();
    let found: Vec<_> =
        error.fields().iter().map(|it| (it.pointer.as_str(), it.detail.as_str())).collect();
    for (pointer, detail) in expected {
        assert!(
            found.iter().any(|it| it.0 == *pointer && it.1.contains(detail)),
            "{pointer} {detail}: {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn the_demo_health_system_is_whole() {
    let memory = demo();
    let data = memory.data();
    assert!(data.facilities.len() >= 4 && data.suppliers.len() >= 12);
    assert!(data.items.len() >= 60 && data.purchase_orders.len() >= 40);
    assert!(data.cost_centers.len() >= 10);
    let lines = || data.purchase_orders.values().flat_map(|it| &it.lines);
    let modes: BTreeSet<_> = lines().map(|it| format!("{:?}", it.match_mode)).collect();
    assert_eq!(modes.len(), 4);
    let completed = |it: &&canonical::PurchaseOrder| it.status == OrderStatus::Completed;
    assert!(data.purchase_orders.values().any(|it| completed(&it)));
    assert!(data.receipts.values().any(|it| it.reversal_of.is_some()));
    assert!(!data.returns_of.is_empty());
}

#[test]
fn the_demo_has_gtins_of_several_lengths() {
    let memory = demo();
    let data = memory.data();
    let lengths: BTreeSet<_> = data
        .items
        .values()
        .flat_map(|it| it.gtin.iter().chain(it.packaging.iter().filter_map(|it| it.gtin.as_ref())))
        .map(|gtin: &Gtin| gtin.as_str().len())
        .collect();
    assert_eq!(lengths, BTreeSet::from([8, 12, 13, 14]));
}

#[test]
fn every_fault_is_listed() {
    let suppliers = r#"[
        {"id": "S1", "name": "One", "status": "active", "group": "S9"},
        {"id": "S1", "name": "Twice", "status": "active"},
        {"id": "S2", "name": "Two", "status": "sleeping"}
    ]"#;
    let items = r#"[
        {"id": "I1", "base_uom": "EA", "gtin": "00614141007348"},
        {"id": "I2", "base_uom": "EA",
         "packaging": [{"uom": "BX", "numerator": "0", "denominator": "1"}]}
    ]"#;
    let orders = r#"[{"number": "P1", "supplier_id": "S1", "currency": "USD",
        "status": "dispatched", "order_date": "2026-05-04", "lines": [
            {"line_number": 1, "item_id": "I2", "quantity": {"value": "1", "uom": "PAL"},
             "unit_price": "1"}]}]"#;
    let receipts = r#"[{"number": "R1", "purchase_order_number": "P1", "purchase_order_line": 2,
        "quantity": {"value": "1", "uom": "EA"}, "effective_at": "2026-05-05T00:00:00Z"}]"#;
    let files = [
        file("suppliers", suppliers),
        file("items", items),
        file("purchase_orders", orders),
        file("receipts", receipts),
        file("payables", "{}"),
    ];
    faults(
        &files,
        &[
            ("/data/suppliers/2", "status: unknown variant"),
            ("/data/suppliers", "twice"),
            ("/data/items/0", "gtin: the check digit"),
            ("/data/items/I2", "not above zero"),
            ("/data/purchase_orders/P1/lines/1", "PAL does not convert"),
            ("/data/receipts/R1", "line 2 of the order P1 is not there"),
            ("/data/payables", "not a JSON array"),
        ],
    );
}

#[test]
fn cost_centers_do_not_run_in_a_circle() {
    let text = r#"[{"id": "A", "name": "A", "status": "open", "parent_id": "B"},
                   {"id": "B", "name": "B", "status": "open", "parent_id": "A"}]"#;
    let expected =
        [("/data/cost_centers/A", "below itself"), ("/data/cost_centers/B", "below itself")];
    faults(&[file("cost_centers", text)], &expected);
}

#[test]
fn a_folder_may_hold_toml() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[suppliers]]\nid = \"S1\"\nname = \"One\"\nstatus = \"active\"\n";
    std::fs::write(folder.path().join("suppliers.toml"), text).unwrap();
    let data = folder.path().to_str().unwrap().to_owned();
    let options = Options { data, ..Options::default() };
    let memory = Memory::open(&options, &clock()).unwrap();
    assert_eq!(memory.data().suppliers.len(), 1);
    std::fs::write(folder.path().join("suppliers.json"), "[]").unwrap();
    let error = Memory::open(&options, &clock()).unwrap_err();
    assert!(error.message().contains("keep one"), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_a_fault() {
    let options = Options { data: "/no/such/folder".into(), ..Options::default() };
    let error = Memory::open(&options, &clock()).unwrap_err();
    assert!(error.message().contains("/no/such/folder"), "{error}");
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let memory = demo();
    let one = PageRequest { limit: 1, cursor: None };
    let cursor = Items::list(&memory, &one).await.unwrap().next_cursor;
    let error = Suppliers::list(&memory, &PageRequest { limit: 1, cursor }).await.unwrap_err();
    assert_eq!(error.kind(), canonical::Kind::Invalid);
    assert_eq!(error.fields()[0].pointer, "?cursor");
}

#[test]
fn the_demo_has_an_invoice_for_every_main_reason() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        name: String,
        note: String,
        expect: Expect,
        request: Request,
    }
    #[derive(Deserialize)]
    struct Expect {
        outcome: canonical::Outcome,
        reasons: BTreeSet<canonical::Code>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        invoice: canonical::Invoice,
    }
    let text =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/demo/invoices.json"));
    let entries: Vec<Entry> = serde_json::from_str(text).unwrap();
    let names: BTreeSet<_> = entries.iter().map(|it| &it.name).collect();
    assert_eq!(names.len(), entries.len());
    for it in &entries {
        assert!(!it.note.is_empty() && !it.request.invoice.lines.is_empty(), "{}", it.name);
        let worst = it.expect.reasons.iter().filter_map(|it| it.outcome()).max();
        assert!(worst.is_none_or(|worst| worst == it.expect.outcome), "{}", it.name);
    }
    let codes: BTreeSet<_> =
        entries.iter().flat_map(|it| &it.expect.reasons).map(|it| it.as_str()).collect();
    for code in [
        "PRC-01", "PRC-02", "QTY-01", "QTY-02", "QTY-03", "QTY-04", "AMT-01", "UOM-01", "UOM-02",
        "UOM-04", "TOT-01", "TOT-02", "CUR-01", "SUP-01", "SUP-02", "PO-01", "PO-02", "PO-03",
        "PO-04", "PO-05", "ASC-01", "DUP-01", "CHG-02", "AMT-03",
    ] {
        assert!(codes.contains(code), "{code}");
    }
}

#[tokio::test]
async fn around_a_day_are_its_periods_and_the_nearest_of_each_entity() {
    let period = |entity: &str, from: &str, to: &str| {
        format!(r#"{{"legal_entity":{entity},"from":"{from}","to":"{to}","state":"open"}}"#)
    };
    let text = [
        period("null", "2026-01-01", "2026-01-31"),
        period("null", "2026-02-01", "2026-02-28"),
        period("null", "2026-03-01", "2026-03-31"),
        period("null", "2026-04-01", "2026-04-30"),
        period("\"CLINICS\"", "2025-01-01", "2025-06-30"),
        period("\"CLINICS\"", "2025-07-01", "2025-12-31"),
    ];
    let text = format!("[{}]", text.join(","));
    let memory = Memory::of(&[file("periods", &text)], &Options::default(), &clock()).unwrap();
    let around = async |day: &str| -> Vec<String> {
        let found = memory.around(day.parse().unwrap()).await.unwrap();
        found.iter().map(|it| it.from.to_string()).collect()
    };
    assert_eq!(
        around("2026-02-28").await,
        ["2026-01-01", "2026-02-01", "2026-03-01", "2025-07-01"]
    );
    assert_eq!(around("2026-05-01").await, ["2026-04-01", "2025-07-01"]);
    assert_eq!(around("2024-12-31").await, ["2026-01-01", "2025-01-01"]);
    let twisted = format!("[{}]", period("null", "2026-02-01", "2026-01-31"));
    faults(&[file("periods", &twisted)], &[("/data/periods/ 2026-02-01", "first day")]);
}
