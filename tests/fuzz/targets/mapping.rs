//! The loaders of partner mappings: what starts with `#ubl` is one of UBL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use process::documents::{UblMapping, X12Mapping};

fuzz::bounded!();

fuzz_target!(|text: &str| {
    if text.starts_with("#ubl") {
        let _outcome = UblMapping::parse_toml(text);
    } else {
        let _outcome = X12Mapping::parse_toml(text);
    }
});
