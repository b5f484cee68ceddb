//! Ubl: a document is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use process::documents::{Format, read};

fuzz::bounded!();

fuzz_target!(|bytes: &[u8]| {
    let _outcome = read(Format::Ubl, bytes);
});
