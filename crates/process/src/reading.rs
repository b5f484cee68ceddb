//! Reading documents without submitting them, and writing an order for its supplier.

use crate::Process;
use crate::documents::{self, Document, Format, Parsed, PartyNames, StatedTotals};
use bytes::Bytes;
use canonical::{
    Acknowledgement, Decimal, Error, ExternalId, FieldError, Invoice, Kind, Principal,
    PurchaseOrder, PurchaseOrderNumber, Result, ShipNotice, exact_text,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

/// A file larger than this is read beside the threads that serve requests.
const READ_ASIDE_BYTES: usize = 64 * 1024;

/// What a file holds, as it was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentReading {
    /// The mapping it was read under.
    #[schema(example = "x12@1")]
    pub mapping: String,
    /// The documents, in the order of the file.
    pub documents: Vec<ReadDocument>,
    /// What is to be answered to each interchange of X12: a 997, or a TA1 where its envelope is
    /// damaged.
    pub acknowledgements: Vec<String>,
}

/// One document: what was read, or why it was not.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ReadDocument {
    /// The transaction set (`810`), or the format.
    pub kind: String,
    /// Whether it was read.
    pub is_read: bool,
    /// The control number of its interchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interchange: Option<String>,
    /// The control number of its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its own control number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<PurchaseOrder>,
    /// The supplier's answer to an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// The ship notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_notice: Option<ShipNotice>,
    /// How it names the supplier, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supplier_ids: Vec<ExternalId>,
    /// The supplier's name in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier_name: Option<String>,
    /// How it names the facility, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facility_ids: Vec<ExternalId>,
    /// Its own totals beside ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<ReadTotals>,
    /// Why it was not read, each fault with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FieldError>,
    /// What is wrong and did not keep it from being read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FieldError>,
}

/// The totals of a document, in its currency.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ReadTotals {
    /// What it states of itself.
    pub stated: Totals,
    /// What its lines, charges, allowances and tax add up to.
    pub computed: Totals,
    /// The stated gross less the computed; `null` where none is stated.
    #[schema(example = "0")]
    pub difference: Option<String>,
}

/// Totals; `null` where there is none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Totals {
    /// Of all lines, before charges, discount and tax.
    pub lines: Option<String>,
    /// Of the charges.
    pub charges: Option<String>,
    /// Of the allowances, as a positive amount.
    pub allowances: Option<String>,
    /// Of tax.
    pub tax: Option<String>,
    /// In all.
    pub gross: Option<String>,
    /// Left to pay after prepayments.
    pub payable: Option<String>,
}

impl Process {
    /// Reads each document of a file by itself; submits and stores nothing.
    ///
    /// # Errors
    /// `invalid` where the file as a whole is not what it should be.
    pub async fn read_documents(&self, format: Format, bytes: Bytes) -> Result<DocumentReading> {
        let is_small = bytes.len() <= READ_ASIDE_BYTES;
        let process = self.clone();
        let read = move || {
            let now = process.local_now();
            let mappings = process.mappings();
            let reading = documents::read_each(format, &bytes, mappings, now)?;
            Ok(DocumentReading {
                mapping: mappings.cited(format),
                documents: reading.documents.into_iter().map(ReadDocument::from).collect(),
                acknowledgements: reading.acknowledgements.into_iter().map(text).collect(),
            })
        };
        if is_small {
            return read();
        }
        let reading = tokio::task::spawn_blocking(read);
        reading.await.map_err(|error| Error::internal("reading failed").because(error))?
    }

    /// An order as an 850 for its supplier.
    ///
    /// # Errors
    /// `not_found`, also where the order is another supplier's; `conflict` where it is not approved
    /// or where X12 or the partner's mapping has no word for what it says.
    pub async fn order_document(
        &self,
        principal: &Principal,
        number: &PurchaseOrderNumber,
    ) -> Result<Vec<u8>> {
        let order = self.system().purchase_orders().get(number).await?;
        if !principal.may_see(&order.supplier_id) {
            return Err(Error::not_found("purchase order", number));
        }
        documents::write_order(&order, self.mappings(), self.local_now()).map_err(|error| {
            // what cannot be said is our mapping's fault, not the caller's
            match error.kind() {
                Kind::Invalid => Error::conflict(error.message()).because(error),
                _ => error,
            }
        })
    }

    /// The time of envelopes (UTC).
    fn local_now(&self) -> DateTime {
        TimeZone::UTC.to_datetime(self.now())
    }
}

/// The acknowledgement as text; that of a partner who writes ISO 8859-1 has a byte per character.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

impl From<Document> for ReadDocument {
    fn from(document: Document) -> Self {
        let control = document.control;
        let read = Self {
            kind: document.kind,
            interchange: control.interchange,
            group: control.group,
            transaction: control.transaction,
            notes: document.notes,
            ..Self::default()
        };
        match document.outcome {
            Ok(parsed) => Self { is_read: true, ..read }.with(parsed),
            Err(error) if error.fields().is_empty() => {
                let whole = FieldError { pointer: "/".into(), detail: error.message().into() };
                Self { faults: vec![whole], ..read }
            }
            Err(error) => Self { faults: error.fields().to_vec(), ..read },
        }
    }
}

impl ReadDocument {
    fn with(self, parsed: Parsed) -> Self {
        match parsed {
            Parsed::Invoice(it) => {
                let totals = Some(invoice_totals(&it));
                let read = self.parties(it.supplier, it.buyer_facility);
                Self { totals, invoice: Some(it.invoice), ..read }
            }
            Parsed::Order(it) => {
                let stated = Totals::from(&it.stated);
                let totals = Some(ReadTotals { stated, ..ReadTotals::default() });
                let read = self.parties(it.supplier, it.buyer_facility);
                Self { totals, purchase_order: Some(it.order), ..read }
            }
            Parsed::Acknowledgement(it) => {
                let read = self.parties(it.supplier, it.buyer_facility);
                Self { acknowledgement: Some(it.acknowledgement), ..read }
            }
            Parsed::ShipNotice(it) => {
                let read = self.parties(it.supplier, it.buyer_facility);
                Self { ship_notice: Some(it.notice), ..read }
            }
        }
    }

    fn parties(self, supplier: PartyNames, facility_ids: Vec<ExternalId>) -> Self {
        Self { supplier_ids: supplier.ids, supplier_name: supplier.name, facility_ids, ..self }
    }
}

fn invoice_totals(parsed: &documents::ParsedInvoice) -> ReadTotals {
    let invoice = &parsed.invoice;
    let sum = |of: &mut dyn Iterator<Item = Decimal>| of.map(|it| it.exact()).sum();
    let lines: canonical::Exact = sum(&mut invoice.lines.iter().map(|it| it.net_amount));
    let charges: canonical::Exact = sum(&mut invoice.charges.iter().map(|it| it.amount));
    let difference = parsed.difference();
    let gross = invoice.gross_amount.exact() - &difference;
    let computed = Totals {
        lines: Some(exact_text(&lines)),
        charges: Some(exact_text(&charges)),
        allowances: Some(invoice.discount_amount.to_string()),
        tax: Some(invoice.tax_amount.to_string()),
        gross: Some(exact_text(&gross)),
        payable: None,
    };
    let difference = Some(exact_text(&difference));
    ReadTotals { stated: Totals::from(&parsed.stated), computed, difference }
}

impl From<&StatedTotals> for Totals {
    fn from(stated: &StatedTotals) -> Self {
        let text = |it: Option<Decimal>| it.map(|it| it.to_string());
        Self {
            lines: text(stated.line_total),
            charges: text(stated.charges),
            allowances: text(stated.allowances),
            tax: text(stated.tax),
            gross: text(stated.gross),
            payable: text(stated.payable),
        }
    }
}
