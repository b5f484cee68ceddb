//! What the check for duplicates costs as history grows: the look through the index and the
//! judgement of what it finds, with ten thousand and with ten million invoices known.
//!
//! `cargo bench -p tests --bench duplicates --profile dist`, by hand: it writes about 1 GB into the
//! temporary folder and takes it away again. The filling has three keys for each invoice, as real
//! ones have; whole invoices stand only where a look finds them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed, and prints what it measured"
)]

use canonical::{Invoice, KnownInvoice};
use process::matching::{self, Facts, Policy};
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Batch, DuplicateSearch, InvoiceHead, Party, Store};

const PROBES: usize = 2_000;
const KEYS_PER_INVOICE: u64 = 3;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let medians: Vec<Duration> = [10_000, 10_000_000]
        .into_iter()
        .map(|known| {
            let median = runtime.block_on(measure(known));
            println!("{known:>10} invoices known: {median:?} for a look and its judgement");
            median
        })
        .collect();
    let ratio = medians[1].as_secs_f64() / medians[0].as_secs_f64();
    println!("ratio: {ratio:.2} (at most 1.5)");
}

/// The median over many invoices, each of which finds an earlier one.
async fn measure(known: u64) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let url = format!("sqlite:{}", path.display());
    let store = Store::open(&url).await.unwrap();
    keep(&store).await;
    store.close().await;
    drop(store);
    let begun = Instant::now();
    fill(&path, known);
    println!("{known:>10} invoices written in {:?}", begun.elapsed());
    let store = Store::open(&url).await.unwrap();
    let policy = Policy::default_shipped().unwrap();
    let mut took = Vec::with_capacity(PROBES);
    for number in (0..PROBES).cycle().take(2 * PROBES) {
        let probe = invoice(number, "2026-03-05");
        let begun = Instant::now();
        let searches: Vec<DuplicateSearch> = store::duplicate_keys(&probe, &[party()])
            .into_iter()
            .map(|key| DuplicateSearch { key, days: Some(60) })
            .collect();
        let found = store.alike(&searches, probe.invoice_date).await.unwrap();
        let known_invoices = found.into_iter().map(|it| known_as(it.head)).collect();
        let facts = Facts { known_invoices, ..Facts::default() };
        let result = matching::evaluate(&probe, &facts, &policy);
        took.push(begun.elapsed());
        assert!(result.reasons.iter().any(|it| it.code == canonical::Code::Dup01), "{result:?}");
    }
    // the first round warms what a running gateway has warm
    let mut took = took.split_off(PROBES);
    took.sort();
    store.close().await;
    took[PROBES / 2]
}

fn party() -> Party {
    Party::Group("SUP-1".to_owned())
}

fn invoice(number: usize, date: &str) -> Invoice {
    serde_json::from_value(serde_json::json!({
        "supplier_invoice_number": format!("A{number}X{}", number * 7919),
        "supplier_id": "SUP-1", "invoice_date": date, "currency": "USD",
        "lines": [{
            "line_number": 1, "purchase_order_number": format!("PO-{number}"),
            "purchase_order_line": 10, "quantity": { "value": "1", "uom": "EA" },
            "unit_price": format!("{}.25", number + 1), "net_amount": format!("{}.25", number + 1),
        }],
        "gross_amount": format!("{}.25", number + 1),
    }))
    .unwrap()
}

/// The invoices that will be found, as the gateway keeps them.
async fn keep(store: &Store) {
    for number in 0..PROBES {
        let invoice = invoice(number, "2026-03-03");
        let head = head(number, &invoice);
        let mut batch = Batch::new();
        batch.insert_invoice(&head, &invoice).unwrap();
        batch.insert_duplicate_keys(&head, &store::duplicate_keys(&invoice, &[party()]));
        assert!(store.commit(batch).await.unwrap().is_done());
    }
}

fn head(number: usize, invoice: &Invoice) -> InvoiceHead {
    let time = jiff::Timestamp::UNIX_EPOCH;
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
        document_id: format!("doc_{number}"),
        payload_sha256: number.to_string(),
        channel: "bench".to_owned(),
        submitted_by: "bench".to_owned(),
        correlation_id: number.to_string(),
        run_no: 1,
        codes: Vec::new(),
        erp: None,
        waiting_since: None,
        created_at: time,
        updated_at: time,
    }
}

fn known_as(head: InvoiceHead) -> KnownInvoice {
    KnownInvoice {
        id: head.id.to_string(),
        supplier_id: head.supplier_id,
        supplier_group: None,
        supplier_invoice_number: head.supplier_invoice_number,
        kind: head.kind,
        state: head.state,
        currency: head.currency,
        gross_amount: head.gross_amount,
        invoice_date: head.invoice_date,
        remit_to: None,
        tax_id: None,
        lines: Vec::new(),
    }
}

/// Writes the keys of so many other invoices, in the order of the table. Names are digests, so any
/// that are spread evenly will do.
fn fill(path: &Path, known: u64) {
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;").unwrap();
    let keys = known * KEYS_PER_INVOICE;
    let step = u64::MAX / keys;
    let transaction = connection.transaction().unwrap();
    let sql = "INSERT INTO duplicate_key (name, day, seq) VALUES (?1, ?2, ?3)";
    let mut insert = transaction.prepare(sql).unwrap();
    for place in 0..keys {
        let name = i64::MIN.wrapping_add_unsigned(place * step);
        let day = 20_000 + i64::try_from(place % 700).unwrap();
        let seq = i64::try_from(1_000_000 + place % known).unwrap();
        insert.execute((name, day, seq)).unwrap();
    }
    drop(insert);
    transaction.commit().expect("the keys are written");
}
