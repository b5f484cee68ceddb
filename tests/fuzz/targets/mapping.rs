//! The loader of partner mappings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use process::documents::Mappings;

fuzz_target!(|text: &str| {
    let _outcome = Mappings::parse_toml(text);
});
