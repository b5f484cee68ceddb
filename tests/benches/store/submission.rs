//! One submission as the gateway writes it, and the same values as rows.

use canonical::{Event, Invoice};
use jiff::Timestamp;
use process::matching::{self, Facts, Policy};
use serde_json::json;
use std::sync::OnceLock;
use store::{
    Batch, Document, Guard, InvoiceHead, KeptAnswer, MatchRun, NewAnswer, NewMatchRun, NewWork,
    Party,
};

const TIME: Timestamp = Timestamp::UNIX_EPOCH;
const EVENTS: [&str; 2] = ["received", "matched"];

/// A value of a row.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// A row for a table.
pub(crate) type Row = (&'static str, Vec<(&'static str, Cell)>);

fn bytes() -> Vec<u8> {
    b"ISA*00*          *00*          ".repeat(32)
}

fn invoice(number: usize) -> Invoice {
    serde_json::from_value(json!({
        "supplier_invoice_number": format!("A{number}X"),
        "supplier_id": "SUP-1", "invoice_date": "2026-05-04", "currency": "USD",
        "lines": [{
            "line_number": 1, "purchase_order_number": format!("PO-{number}"),
            "purchase_order_line": 10, "quantity": { "value": "40", "uom": "EA" },
            "unit_price": "32.00", "net_amount": "1280.00",
        }],
        "gross_amount": "1280.00",
    }))
    .unwrap()
}

/// What the engine says of such an invoice, with the facts it was asked with.
fn run(invoice: &Invoice) -> &'static (canonical::MatchResult, String) {
    static RUN: OnceLock<(canonical::MatchResult, String)> = OnceLock::new();
    RUN.get_or_init(|| {
        let facts = Facts::default();
        let result = matching::evaluate(invoice, &facts, &Policy::default_shipped().unwrap());
        (result, serde_json::to_string(&facts).unwrap())
    })
}

fn head(number: usize, invoice: &Invoice) -> InvoiceHead {
    InvoiceHead {
        id: format!("inv_{number:026}").parse().unwrap(),
        version: 1,
        state: canonical::InvoiceState::Matched,
        outcome: canonical::Outcome::Matched,
        supplier_id: invoice.supplier_id.clone(),
        supplier_group: "SUP-1".to_owned(),
        supplier_invoice_number: invoice.supplier_invoice_number.clone(),
        normalised_number: invoice.supplier_invoice_number.normalised(),
        kind: invoice.kind,
        currency: invoice.currency,
        gross_amount: invoice.gross_amount,
        at_stake: canonical::Decimal::ZERO,
        invoice_date: invoice.invoice_date,
        facility_id: None,
        document_id: format!("doc_{number:026}"),
        payload_sha256: store::sha256_hex(number.to_string().as_bytes()),
        channel: "api".to_owned(),
        submitted_by: "https://issuer.example|ap".to_owned(),
        correlation_id: format!("cor_{number:026}"),
        run_no: 1,
        codes: Vec::new(),
        erp: None,
        waiting_since: None,
        created_at: TIME,
        updated_at: TIME,
    }
}

fn event(number: usize, kind: &str) -> Event {
    serde_json::from_value(json!({
        "specversion": "1.0", "id": format!("evt_{kind}_{number:026}"),
        "source": "//threeway/payables", "type": format!("threeway.payables.invoice.{kind}.v1"),
        "subject": format!("inv_{number:026}"), "time": TIME, "recordedtime": TIME,
        "partitionkey": format!("inv_{number:026}"), "sequence": "",
        "correlationid": format!("cor_{number:026}"), "bizpo": format!("PO-{number}"),
        "bizinvoice": format!("inv_{number:026}"), "bizsupplier": "SUP-1",
        "lane": "critical", "dataclassification": "internal",
        "datacontenttype": "application/json", "data": {"amount": "1280.00"},
    }))
    .unwrap()
}

/// The submission as the gateway would commit it.
pub(crate) fn batch(number: usize) -> Batch {
    let invoice = invoice(number);
    let head = head(number, &invoice);
    let (result, facts) = run(&invoice);
    let mut batch = Batch::new();
    batch.bump_guard(&Guard { key: format!("order_line:PO-{number}:10"), version: 0 });
    batch.insert_document(Document {
        id: head.document_id.clone(),
        sha256: head.payload_sha256.clone(),
        content_type: "application/edi-x12".to_owned(),
        channel: "api".to_owned(),
        received_at: TIME,
        bytes: bytes(),
    });
    batch.insert_invoice(&head, &invoice).unwrap();
    let run = MatchRun {
        invoice_id: head.id.clone(),
        run_no: 1,
        cause: "submitted".to_owned(),
        policy_version: "T0@1".to_owned(),
        evaluated_at: TIME,
        result: result.clone(),
    };
    batch.insert_match_run(NewMatchRun { run, facts_json: facts.clone() }).unwrap();
    let parties = [Party::Group("SUP-1".to_owned())];
    batch.insert_duplicate_keys(&head, &store::duplicate_keys(&invoice, &parties));
    for kind in EVENTS {
        batch.append_event(&event(number, kind), &[]).unwrap();
    }
    batch.enqueue_work(NewWork {
        id: format!("work_{number:026}"),
        lane: canonical::Lane::Critical,
        kind: "post_payable".to_owned(),
        key: head.id.to_string(),
        correlation_id: None,
        payload_json: "{}".to_owned(),
        run_at: TIME,
        created_at: TIME,
    });
    let body = serde_json::to_vec(&invoice).unwrap();
    batch.insert_answer(NewAnswer {
        principal: head.submitted_by.clone(),
        operation: "submit_invoice".to_owned(),
        key: format!("key-{number}"),
        answer: KeptAnswer { fingerprint: head.payload_sha256, status: 202, body },
        created_at: TIME,
        expires_at: TIME,
    });
    batch
}

fn json_text(value: &impl serde::Serialize) -> Cell {
    Cell::Text(serde_json::to_string(value).unwrap())
}

/// The same values, as rows.
pub(crate) fn rows(number: usize) -> Vec<Row> {
    let invoice = invoice(number);
    let head = head(number, &invoice);
    let (result, facts) = run(&invoice);
    let id = || Cell::Text(head.id.to_string());
    let sha = || Cell::Text(head.payload_sha256.clone());
    let mut rows: Vec<Row> = vec![
        (
            "guard",
            vec![("name", format!("order_line:PO-{number}:10").into()), ("version", 1.into())],
        ),
        (
            "document",
            vec![
                ("id", head.document_id.clone().into()),
                ("sha256", sha()),
                ("content_type", "application/edi-x12".into()),
                ("channel", "api".into()),
                ("received_at", 0.into()),
                ("bytes", Cell::Blob(bytes())),
            ],
        ),
        invoice_row(&head, json_text(&invoice)),
        (
            "match_run",
            vec![
                ("invoice_id", id()),
                ("run_no", 1.into()),
                ("cause", "submitted".into()),
                ("policy_version", "T0@1".into()),
                ("evaluated_at", 0.into()),
                ("result", json_text(result)),
                ("facts", facts.clone().into()),
            ],
        ),
    ];
    let seq = i64::try_from(number).unwrap() + 1;
    let name = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed());
    for key in 0..3 {
        let name = name.wrapping_add(key);
        rows.push((
            "duplicate_key",
            vec![("name", name.into()), ("day", 20_577.into()), ("seq", seq.into())],
        ));
    }
    for (place, kind) in EVENTS.into_iter().enumerate() {
        rows.extend(event_rows(number, place, &event(number, kind)));
    }
    rows.extend([work_row(number, &head), answer_row(number, &head, &invoice)]);
    rows
}

fn invoice_row(head: &InvoiceHead, body: Cell) -> Row {
    let text = |value: &dyn ToString| Cell::Text(value.to_string());
    (
        "invoice",
        vec![
            ("id", text(&head.id)),
            ("version", 1.into()),
            ("state", "matched".into()),
            ("outcome", "matched".into()),
            ("supplier_id", text(&head.supplier_id)),
            ("supplier_group", text(&head.supplier_group)),
            ("supplier_invoice_number", text(&head.supplier_invoice_number)),
            ("normalised_number", text(&head.normalised_number)),
            ("kind", "standard".into()),
            ("currency", text(&head.currency)),
            ("gross_amount", text(&head.gross_amount)),
            ("at_stake", text(&head.at_stake)),
            ("invoice_date", text(&head.invoice_date)),
            ("facility_id", Cell::Null),
            ("document_id", text(&head.document_id)),
            ("payload_sha256", text(&head.payload_sha256)),
            ("channel", text(&head.channel)),
            ("submitted_by", text(&head.submitted_by)),
            ("correlation_id", text(&head.correlation_id)),
            ("run_no", 1.into()),
            ("codes", "[]".into()),
            ("created_at", 0.into()),
            ("updated_at", 0.into()),
            ("body", body),
        ],
    )
}

fn work_row(number: usize, head: &InvoiceHead) -> Row {
    (
        "work",
        vec![
            ("id", format!("work_{number:026}").into()),
            ("lane", "critical".into()),
            ("kind", "post_payable".into()),
            ("name", head.id.to_string().into()),
            ("payload", "{}".into()),
            ("state", "ready".into()),
            ("due_at", 0.into()),
            ("attempts", 0.into()),
            ("created_at", 0.into()),
        ],
    )
}

fn answer_row(number: usize, head: &InvoiceHead, invoice: &Invoice) -> Row {
    (
        "idempotency",
        vec![
            ("principal", head.submitted_by.clone().into()),
            ("operation", "submit_invoice".into()),
            ("name", format!("key-{number}").into()),
            ("fingerprint", head.payload_sha256.clone().into()),
            ("status", 202.into()),
            ("body", Cell::Blob(serde_json::to_vec(invoice).unwrap())),
            ("created_at", 0.into()),
            ("expires_at", 0.into()),
        ],
    )
}

fn event_rows(number: usize, place: usize, event: &Event) -> Vec<Row> {
    let position = i64::try_from(number * EVENTS.len() + place).unwrap() + 1;
    let mut rows: Vec<Row> = vec![(
        "event",
        vec![
            ("position", position.into()),
            ("id", event.id.clone().into()),
            ("source", event.source.clone().into()),
            ("partitionkey", event.partitionkey.clone().into()),
            ("sequence", i64::try_from(place + 1).unwrap().into()),
            ("body", serde_json::to_string(event).unwrap().into()),
        ],
    )];
    let names = [
        ("purchase_order", event.bizpo.clone()),
        ("invoice", event.bizinvoice.clone()),
        ("supplier", event.bizsupplier.clone()),
        ("correlation", Some(event.correlationid.clone())),
    ];
    for (kind, name) in names {
        let name = name.unwrap().into();
        rows.push((
            "event_ref",
            vec![("kind", kind.into()), ("name", name), ("position", position.into())],
        ));
    }
    rows
}

/// The statement that writes a row.
pub(crate) fn sql((table, columns): &Row) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let places: Vec<String> = (1..=columns.len()).map(|it| format!("${it}")).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "))
}
