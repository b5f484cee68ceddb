//! The loader of tolerance policies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use process::matching::Policy;

fuzz::bounded!();

fuzz_target!(|text: &str| {
    let _outcome = Policy::parse_toml(text);
});
