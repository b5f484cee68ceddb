//! The JSON body `{"invoice":{…}}`; faults come as JSON pointers (RFC 6901).

use super::{Parsed, ParsedInvoice, StatedTotals};
use canonical::{Invoice, Result};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    invoice: Invoice,
}

pub(super) fn read(bytes: &[u8]) -> Result<Parsed> {
    let Body { invoice } = stack::extract::from_slice(bytes)?;
    let stated = StatedTotals {
        tax: Some(invoice.tax_amount),
        gross: Some(invoice.gross_amount),
        ..StatedTotals::default()
    };
    Ok(Parsed::Invoice(Box::new(ParsedInvoice { stated, ..ParsedInvoice::of(invoice) })))
}

#[cfg(test)]
mod tests;
