use super::*;
use canonical::exact_text;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const FIXTURES: [(Format, &[u8]); 6] = [
    (Format::X12, include_bytes!("fixtures/invoice.810")),
    (Format::X12, include_bytes!("fixtures/credit.810")),
    (Format::X12, include_bytes!("fixtures/order.850")),
    (Format::Ubl, include_bytes!("fixtures/invoice.ubl.xml")),
    (Format::Ubl, include_bytes!("fixtures/credit.ubl.xml")),
    (Format::Json, include_bytes!("fixtures/invoice.json")),
];

#[test]
fn the_format_is_known_by_content_type_or_content() {
    assert_eq!(Format::of("application/EDI-X12; charset=utf-8"), Some(Format::X12));
    assert_eq!(Format::of("text/xml"), Some(Format::Ubl));
    assert_eq!(Format::of("application/json"), Some(Format::Json));
    assert_eq!(Format::of("text/plain"), None);
    for (format, bytes) in FIXTURES {
        assert_eq!(Format::sniff(bytes), Some(format));
        assert_eq!(Format::of(format.content_type()), Some(format));
    }
    assert_eq!(Format::sniff(b"number;amount"), None);
}

#[test]
fn a_document_cut_anywhere_is_refused_with_a_reason() {
    for (format, bytes) in FIXTURES {
        let whole = bytes.trim_ascii_end().len();
        for end in 0..whole {
            match read(format, &bytes[..end]) {
                // the terminator of the last segment may be missing
                Ok(_) => assert!(format == Format::X12 && end == whole - 1, "{format:?} {end}"),
                Err(error) => assert!(!error.message().is_empty()),
            }
        }
        read(format, bytes).unwrap();
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::Json, Format::X12, Format::Ubl] {
            let _outcome = read(format, &bytes);
        }
        let _format = Format::sniff(&bytes);
    }

    #[test]
    fn broken_documents_never_panic(
        which in 0..FIXTURES.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (format, bytes) = FIXTURES[which];
        let mut bytes = bytes.to_vec();
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _outcome = read(format, &bytes);
    }

    #[test]
    fn segments_in_any_order_never_panic(
        order in proptest::collection::vec(0..33usize, 0..60),
    ) {
        let text = std::str::from_utf8(FIXTURES[0].1).unwrap();
        let segments: Vec<&str> = text.split("\r\n").collect();
        let header = segments[0];
        let body: String = order.iter().map(|it| segments[*it % segments.len()]).collect();
        let _outcome = read(Format::X12, format!("{header}{body}").as_bytes());
    }
}

/// The files of partners and of the European standard, where this checkout lies beside them: each
/// is read with the totals that it states, or refused with a place.
#[test]
#[expect(clippy::print_stdout, reason = "the table of what was read is the point of it")]
fn real_documents_are_read_with_their_own_totals_or_refused_with_a_place() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folders =
        ["x12/_810", "x12/_850", "x12/_855", "x12/_856", "x12/_832/_4010", "en16931-examples"];
    if !shared.is_dir() {
        println!("{} is not there: no real documents were read", shared.display());
        return;
    }
    for file in folders.iter().flat_map(|it| files(&shared.join(it))) {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.strip_prefix(&shared).unwrap().display().to_string();
        match Format::sniff(&bytes).map(|format| read(format, &bytes)) {
            None => panic!("{name}: no format that is known"),
            Some(Ok(documents)) => {
                assert!(!documents.is_empty(), "{name}");
                documents.iter().for_each(|it| println!("{name} | {}", checked(&name, it)));
            }
            Some(Err(error)) => {
                assert!(!error.fields().is_empty(), "{name}: {error:?}");
                println!("{name} | refused | {}", error.message());
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

#[track_caller]
fn checked(name: &str, parsed: &Parsed) -> String {
    match parsed {
        Parsed::Invoice(parsed) => {
            let (invoice, stated) = (&parsed.invoice, &parsed.stated);
            let lines: Exact = invoice.lines.iter().map(|it| it.net_amount.exact()).sum();
            let charges: Exact = invoice.charges.iter().map(|it| it.amount.exact()).sum();
            if let Some(total) = stated.line_total {
                assert_eq!(total.exact(), lines, "{name}: lines");
            }
            if let Some(total) = stated.charges {
                assert_eq!(total.exact(), charges, "{name}: charges");
            }
            if let Some(total) = stated.allowances {
                assert_eq!(total.exact(), invoice.discount_amount.exact(), "{name}: allowances");
            }
            assert_eq!(stated.gross, Some(invoice.gross_amount), "{name}: gross");
            assert_eq!(parsed.difference(), Exact::default(), "{name}: the sum");
            format!(
                "{:?} {} | {} lines {} + charges {} - allowances {} + tax {} = gross {} {}",
                invoice.kind,
                invoice.supplier_invoice_number,
                invoice.lines.len(),
                exact_text(&lines),
                exact_text(&charges),
                invoice.discount_amount,
                invoice.tax_amount,
                invoice.gross_amount,
                invoice.currency
            )
        }
        Parsed::Acknowledgement(parsed) => {
            let it = &parsed.acknowledgement;
            format!("{:?} {} | {} lines", it.status, it.purchase_order_number, it.lines.len())
        }
        Parsed::ShipNotice(parsed) => {
            let it = &parsed.notice;
            let quantities: Exact = it.lines.iter().map(|it| it.quantity.value.exact()).sum();
            format!("Shipment {} | {} lines {}", it.number, it.lines.len(), exact_text(&quantities))
        }
        Parsed::Order(parsed) => {
            let order = &parsed.order;
            let line = |it: &canonical::PurchaseOrderLine| {
                it.quantity.value.exact() * it.unit_price.exact() / it.price_base.exact()
            };
            let lines: Exact = order.lines.iter().map(line).sum();
            if let Some(total) = parsed.stated.gross {
                assert_eq!(total.exact(), lines, "{name}: lines");
            }
            let stated = parsed.stated.gross.map_or("none".to_owned(), |it| it.to_string());
            format!(
                "Order {} | {} lines {} = stated {stated} {}",
                order.number,
                order.lines.len(),
                exact_text(&lines),
                order.currency
            )
        }
    }
}
