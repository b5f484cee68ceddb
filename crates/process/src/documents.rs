//! Supplier documents as they arrive (JSON, X12 810, 850, 855 and 856, UBL 2.1) read into canonical
//! ones; acknowledgements (997) and orders (850) written.
//!
//! Pure: bytes in, documents or the list of faults out, each fault with its place. A document whose
//! numbers do not add up is still read, so that the match can say so; what is refused is what a
//! canonical document cannot hold.

mod fault;
mod json;
mod mapping;
mod number;
mod ubl;
mod x12;

use canonical::{
    Acknowledgement, Decimal, Error, Exact, ExternalId, FieldError, Invoice, PurchaseOrder, Result,
    ShipNotice,
};
use jiff::civil::DateTime;
pub use mapping::{Mappings, UblMapping, X12Mapping};

/// The most lines that one document may have.
pub const LINES_MAX: usize = 10_000;

/// The most charges that one document may have.
const CHARGES_MAX: usize = 1_000;

/// The faults of one file that are told.
const FAULTS_MAX: usize = 50;

/// The longest text of a field that is read, in bytes.
const TEXT_BYTES_MAX: usize = 10_000;

/// The formats that documents arrive in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The JSON body of `POST /process/v1/invoices`.
    Json,
    /// ASC X12: 810 invoices, 850 orders, 855 acknowledgements, 856 ship notices.
    X12,
    /// UBL 2.1 `Invoice` and `CreditNote`.
    Ubl,
}

impl Format {
    /// The format that a content type names; parameters and case do not matter.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/edi-x12" => Some(Self::X12),
            "application/xml" | "text/xml" => Some(Self::Ubl),
            _ => None,
        }
    }

    /// The word for the format in channels and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::X12 => "x12",
            Self::Ubl => "ubl",
        }
    }

    /// The content type that names the format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::X12 => "application/edi-x12",
            Self::Ubl => "application/xml",
        }
    }

    /// The format that the first bytes look like: for files that come without a content type.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_start();
        match bytes {
            [b'{', ..] => Some(Self::Json),
            [b'<', ..] => Some(Self::Ubl),
            [b'I', b'S', b'A', ..] => Some(Self::X12),
            _ => None,
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One document that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// An invoice or a credit note.
    Invoice(Box<ParsedInvoice>),
    /// A purchase order.
    Order(Box<ParsedOrder>),
    /// A supplier's answer to an order.
    Acknowledgement(Box<ParsedAcknowledgement>),
    /// A supplier's ship notice.
    ShipNotice(Box<ParsedShipNotice>),
}

impl Parsed {
    /// What kind of document it is, in words.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Invoice(_) => "invoice",
            Self::Order(_) => "order",
            Self::Acknowledgement(_) => "acknowledgement",
            Self::ShipNotice(_) => "ship notice",
        }
    }
}

/// One document of a file, read or refused by itself.
#[derive(Debug)]
pub struct Document {
    /// The transaction set (`810`), or the format where it has no such code.
    pub kind: String,
    /// The numbers of its envelope.
    pub control: Control,
    /// The document, or `invalid` with a pointer for each of its faults.
    pub outcome: Result<Parsed>,
    /// What is wrong and did not keep it from being read.
    pub notes: Vec<FieldError>,
}

/// What a file holds, document by document.
#[derive(Debug, Default)]
pub struct Reading {
    /// The documents, in the order of the file.
    pub documents: Vec<Document>,
    /// A 997 for each interchange of X12, or a TA1 where its envelope is damaged.
    pub acknowledgements: Vec<Vec<u8>>,
}

/// An invoice with what its document says beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedInvoice {
    /// The invoice. Where `supplier.ids` is not empty, `supplier_id` is only the best identifier
    /// that the document states and must be looked up in the supplier master.
    pub invoice: Invoice,
    /// The supplier, as the document names it.
    pub supplier: PartyNames,
    /// The facility billed or shipped to, as the document names it; the ship-to party comes first.
    pub buyer_facility: Vec<ExternalId>,
    /// The totals that the document states, in the invoice's currency.
    pub stated: StatedTotals,
    /// The numbers of its envelope.
    pub control: Control,
}

impl ParsedInvoice {
    /// An invoice whose document names nobody but by the numbers in it.
    #[must_use]
    pub fn of(invoice: Invoice) -> Self {
        Self {
            invoice,
            supplier: PartyNames::default(),
            buyer_facility: Vec::new(),
            stated: StatedTotals::default(),
            control: Control::default(),
        }
    }

    /// The gross amount less what lines, charges, discount and tax add up to, in the invoice's
    /// currency: zero in a document that adds up.
    #[must_use]
    pub fn difference(&self) -> Exact {
        let invoice = &self.invoice;
        let lines: Exact = invoice.lines.iter().map(|it| it.net_amount.exact()).sum();
        let charges: Exact = invoice.charges.iter().map(|it| it.amount.exact()).sum();
        let parts = lines + charges - invoice.discount_amount.exact() + invoice.tax_amount.exact();
        invoice.gross_amount.exact() - parts
    }
}

/// A purchase order with what its document says beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedOrder {
    /// The order; `supplier_id` must be looked up, as in [`ParsedInvoice`].
    pub order: PurchaseOrder,
    /// The supplier, as the document names it.
    pub supplier: PartyNames,
    /// The facility shipped to, as the document names it; the ship-to party comes first.
    pub buyer_facility: Vec<ExternalId>,
    /// The totals that the document states, in the order's currency.
    pub stated: StatedTotals,
    /// The numbers of its envelope.
    pub control: Control,
}

/// An acknowledgement of an order with what its document says beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedAcknowledgement {
    /// The acknowledgement; `supplier_id` must be looked up, as in [`ParsedInvoice`].
    pub acknowledgement: Acknowledgement,
    /// The supplier, as the document names it.
    pub supplier: PartyNames,
    /// The facility shipped to, as the document names it; the ship-to party comes first.
    pub buyer_facility: Vec<ExternalId>,
    /// The numbers of its envelope.
    pub control: Control,
}

/// A ship notice with what its document says beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedShipNotice {
    /// The notice; `supplier_id` must be looked up, as in [`ParsedInvoice`].
    pub notice: ShipNotice,
    /// The supplier, as the document names it.
    pub supplier: PartyNames,
    /// The facility shipped to, as the document names it; the ship-to party comes first.
    pub buyer_facility: Vec<ExternalId>,
    /// The numbers of its envelope.
    pub control: Control,
}

/// How a document names a party: all of its identifiers, best first, and its name.
///
/// `x12:92` (X12) and `ubl:account` (UBL) are the numbers that the buyer gave it, so our own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartyNames {
    /// For look-up in the master: `x12:92`, `duns`, `gln`, `tax`, `hin`, `x12:ZZ`, `iso6523:0184`.
    pub ids: Vec<ExternalId>,
    /// The name in words.
    pub name: Option<String>,
}

/// The totals that a document states of itself, in its currency; `None` where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedTotals {
    /// Of all lines, before charges, discount and tax.
    pub line_total: Option<Decimal>,
    /// Of the document's allowances, as a positive amount.
    pub allowances: Option<Decimal>,
    /// Of the document's charges.
    pub charges: Option<Decimal>,
    /// Before tax.
    pub net: Option<Decimal>,
    /// Of tax.
    pub tax: Option<Decimal>,
    /// In all, tax included, before prepayments.
    pub gross: Option<Decimal>,
    /// Paid beforehand.
    pub prepaid: Option<Decimal>,
    /// Added to round the payable amount.
    pub rounding: Option<Decimal>,
    /// Left to pay.
    pub payable: Option<Decimal>,
}

/// The numbers of a document's envelope (X12); empty where the format has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// The interchange control number (ISA13).
    pub interchange: Option<String>,
    /// The group control number (GS06).
    pub group: Option<String>,
    /// The transaction set control number (ST02).
    pub transaction: Option<String>,
}

/// Reads every document in `bytes` under the shipped mappings; one X12 file may hold several, in
/// one or more interchanges. All of them are read, or none.
///
/// What the match cannot compute with, whatever the format, is the caller's to check with
/// [`crate::matching::check_invoice`].
///
/// # Errors
/// `invalid`, with a pointer for each fault (at most 50): a JSON pointer, `segment 12 (SE) element
/// 01`, or `/Invoice/InvoiceLine[2]/Price/PriceAmount`.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<Parsed>> {
    read_all(format, bytes, Mappings::shipped()?)
}

/// As [`read`], under these mappings.
///
/// # Errors
/// As [`read`].
pub fn read_all(format: Format, bytes: &[u8], mappings: &Mappings) -> Result<Vec<Parsed>> {
    let (mut parsed, mut faults) = (Vec::new(), Vec::new());
    let mut failed = None;
    each(format, bytes, mappings, &mut |document| match document.outcome {
        Ok(it) => parsed.push(it),
        Err(error) => {
            let new = error.fields().iter().filter(|it| !faults.contains(*it));
            let new: Vec<FieldError> = new.take(FAULTS_MAX - faults.len()).cloned().collect();
            faults.extend(new);
            failed.get_or_insert(error);
        }
    })?;
    match failed {
        None => Ok(parsed),
        Some(error) if faults.is_empty() => Err(error),
        Some(_) => Err(Error::invalid_fields(faults)),
    }
}

/// Reads each document in `bytes` by itself: a fault of one does not lose the others. At a time no
/// more than one is in memory, beside `bytes`.
///
/// # Errors
/// `invalid` where the file as a whole is not what it should be.
pub fn each(
    format: Format,
    bytes: &[u8],
    mappings: &Mappings,
    take: &mut dyn FnMut(Document),
) -> Result<()> {
    parts(format, bytes, mappings, None, take).map(|_acknowledgements| ())
}

/// Reads each document in `bytes` by itself, and says what is to be answered at that time.
///
/// # Errors
/// As [`each`].
pub fn read_each(
    format: Format,
    bytes: &[u8],
    mappings: &Mappings,
    now: DateTime,
) -> Result<Reading> {
    let mut documents = Vec::new();
    let mut take = |it| documents.push(it);
    let acknowledgements = parts(format, bytes, mappings, Some(now), &mut take)?;
    Ok(Reading { documents, acknowledgements })
}

fn parts(
    format: Format,
    bytes: &[u8],
    mappings: &Mappings,
    now: Option<DateTime>,
    take: &mut dyn FnMut(Document),
) -> Result<Vec<Vec<u8>>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let outcome = match format {
        Format::Json => json::read(bytes),
        Format::X12 => return x12::each(bytes, &mappings.x12, now, take),
        Format::Ubl => ubl::read(bytes, &mappings.ubl),
    };
    let (kind, control) = (format.name().to_owned(), Control::default());
    take(Document { kind, control, outcome, notes: Vec::new() });
    Ok(Vec::new())
}

/// Writes an order as an 850 for its supplier, under the names that the mappings give both; the
/// time is that of its envelope.
///
/// # Errors
/// `conflict` where the order is not approved; `invalid` with a pointer for what X12 or the
/// partner's mapping has no word for.
pub fn write_order(order: &PurchaseOrder, mappings: &Mappings, now: DateTime) -> Result<Vec<u8>> {
    x12::write_order(order, &mappings.x12, now)
}

#[cfg(test)]
mod tests;
