//! X12: every document of a file is read or refused, and what is answered can be read.
#![no_main]

use canonical::Result;
use jiff::civil::DateTime;
use libfuzzer_sys::fuzz_target;
use process::documents::{Format, Mappings, Parsed, each, read_each, write_order};
use std::borrow::Cow;

fuzz::bounded!();

fuzz_target!(|bytes: &[u8]| {
    let Ok(mappings) = Mappings::shipped() else { return };
    let now = jiff::civil::date(2026, 5, 4).at(9, 15, 0, 0);
    let bytes = &*enveloped(bytes);
    // reading an answer costs as much again as what it answers: one length in eight is enough
    let is_answered = bytes.len().is_multiple_of(8);
    let documents =
        if is_answered { answered(bytes, mappings, now) } else { plain(bytes, mappings) };
    for outcome in documents {
        if let Ok(Parsed::Order(order)) = outcome {
            // some texts cannot be sent
            if let Ok(sent) = write_order(&order.order, mappings, now) {
                assert!(!sent.is_empty());
            }
        }
    }
});

fn plain(bytes: &[u8], mappings: &Mappings) -> Vec<Result<Parsed>> {
    let mut documents = Vec::new();
    let _damage = each(Format::X12, bytes, mappings, &mut |it| documents.push(it.outcome));
    documents
}

fn answered(bytes: &[u8], mappings: &Mappings, now: DateTime) -> Vec<Result<Parsed>> {
    let Ok(reading) = read_each(Format::X12, bytes, mappings, now) else { return Vec::new() };
    for acknowledgement in &reading.acknowledgements {
        // a 997 asks for nothing, but its envelopes are whole
        let again = read_each(Format::X12, acknowledgement, mappings, now);
        if let Ok(again) = again {
            assert!(again.acknowledgements.is_empty() || bytes.contains(&b'1'));
        }
    }
    reading.documents.into_iter().map(|it| it.outcome).collect()
}

/// What starts with the kind of a transaction set is the inside of one: its envelopes are put
/// around it with the right counts, since nothing looks into what is damaged. All else is a file.
fn enveloped(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some((kind @ (b"810" | b"850" | b"855" | b"856"), body)) = bytes.split_first_chunk() else {
        return Cow::Borrowed(bytes);
    };
    let body = body.trim_ascii();
    let is_held = |it: &&[u8]| !it.trim_ascii().is_empty();
    let count = body.split(|it| *it == b'~').filter(is_held).count() + 2;
    let head =
        b"ISA*00*          *00*          *01*081234567      *ZZ*US             *260504*0915*\
                 U*00401*000000001*0*P*>~GS*IN*A*B*20260504*0915*1*X*004010~ST*";
    let tail = format!("~SE*{count}*1~GE*1*1~IEA*1*000000001~");
    Cow::Owned([head, &kind[..], b"*1~", body, tail.as_bytes()].concat())
}
