//! The JSON body `{"invoice":{…}}`; faults come as JSON pointers (RFC 6901).

use super::{Control, Parsed, ParsedInvoice, PartyNames, StatedTotals};
use canonical::{Error, Invoice, Result};
use serde::Deserialize;
use serde_path_to_error::Segment;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    invoice: Invoice,
}

pub(super) fn read(bytes: &[u8]) -> Result<Parsed> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let body: Body = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| refusal(&pointer(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| refusal("", &error))?;
    let invoice = body.invoice;
    let stated = StatedTotals {
        tax: Some(invoice.tax_amount),
        gross: Some(invoice.gross_amount),
        ..StatedTotals::default()
    };
    Ok(Parsed::Invoice(Box::new(ParsedInvoice {
        invoice,
        supplier: PartyNames::default(),
        buyer_facility: Vec::new(),
        stated,
        control: Control::default(),
    })))
}

fn refusal(pointer: &str, error: &serde_json::Error) -> Error {
    match pointer {
        "" => Error::invalid(format!("the body is not the JSON that was expected: {error}")),
        _ => Error::invalid_field(pointer, error.to_string()),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                key.replace('~', "~0").replace('/', "~1")
            }
            Segment::Unknown => break,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}

#[cfg(test)]
mod tests;
