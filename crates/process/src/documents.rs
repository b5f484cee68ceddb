//! Supplier documents as they arrive (JSON, X12 810 and 850, UBL 2.1) read into canonical ones.
//!
//! Pure: bytes in, documents or the list of faults out, each fault with its place. A document whose
//! numbers do not add up is still read, so that the match can say so; what is refused is what a
//! canonical document cannot hold.

mod charge;
mod fault;
mod json;
mod number;
mod ubl;
mod unit;
mod x12;

use canonical::{Decimal, Exact, ExternalId, Invoice, PurchaseOrder, Result};

/// The most lines that one document may have.
pub const LINES_MAX: usize = 10_000;

/// The most charges that one document may have.
const CHARGES_MAX: usize = 1_000;

/// The longest text of a field that is read, in bytes.
const TEXT_BYTES_MAX: usize = 10_000;

/// The formats that documents arrive in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The JSON body of `POST /process/v1/invoices`.
    Json,
    /// ASC X12: 810 invoices and 850 orders.
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

/// Reads every document in `bytes`; one X12 file may hold several, in one or more interchanges.
///
/// What the match cannot compute with, whatever the format, is the caller's to check with
/// [`crate::matching::check_invoice`].
///
/// # Errors
/// `invalid`, with a pointer for each fault (at most 50): a JSON pointer, `segment 12 (SE) element
/// 01`, or `/Invoice/InvoiceLine[2]/Price/PriceAmount`.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<Parsed>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    match format {
        Format::Json => json::read(bytes).map(|it| vec![it]),
        Format::X12 => x12::read(bytes),
        Format::Ubl => ubl::read(bytes).map(|it| vec![it]),
    }
}

#[cfg(test)]
mod tests;
