//! X12: every document of a file is read or refused, and what is answered can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use process::documents::{Format, Mappings, Parsed, read_each, write_order};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mappings) = Mappings::shipped() else { return };
    let now = jiff::civil::date(2026, 5, 4).at(9, 15, 0, 0);
    let Ok(reading) = read_each(Format::X12, bytes, mappings, now) else { return };
    for acknowledgement in &reading.acknowledgements {
        // a 997 asks for nothing, but its envelopes are whole
        let again = read_each(Format::X12, acknowledgement, mappings, now);
        if let Ok(again) = again {
            assert!(again.acknowledgements.is_empty() || bytes.contains(&b'1'));
        }
    }
    for document in reading.documents {
        if let Ok(Parsed::Order(order)) = document.outcome {
            // some texts cannot be sent; what can is read again
            if let Ok(sent) = write_order(&order.order, mappings, now) {
                assert!(!sent.is_empty());
            }
        }
    }
});
