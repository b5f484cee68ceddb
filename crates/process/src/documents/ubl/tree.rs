//! XML into a small tree of the elements that an invoice is read from; everything else is skipped.
//!
//! What XML can be abused for is refused before it costs anything: document type declarations and
//! with them every entity, deep nesting, floods of elements, huge texts, other character sets.

use crate::documents::{LINES_MAX, TEXT_BYTES_MAX};
use canonical::{Error, Result};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use std::borrow::Cow;

const DEPTH_MAX: usize = 32;
const ELEMENTS_MAX: usize = 2_000_000;
/// Of the elements that are kept: 10,000 lines have fewer.
const NODES_MAX: usize = 500_000;

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";
const DOCUMENTS: [&str; 2] = ["Invoice-2", "CreditNote-2"];
const COMPONENTS: [&str; 2] = ["CommonAggregateComponents-2", "CommonBasicComponents-2"];

/// The names of the elements that are kept.
const KEPT: [&str; 64] = [
    "AccountingCustomerParty",
    "AccountingSupplierParty",
    "AllowanceCharge",
    "AllowanceChargeReason",
    "AllowanceChargeReasonCode",
    "AllowanceTotalAmount",
    "Amount",
    "BaseQuantity",
    "BillingReference",
    "BuyersItemIdentification",
    "ChargeIndicator",
    "ChargeTotalAmount",
    "ClassifiedTaxCategory",
    "CompanyID",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteTypeCode",
    "CreditedQuantity",
    "CustomerAssignedAccountID",
    "Delivery",
    "DeliveryLocation",
    "DeliveryParty",
    "Description",
    "DespatchLineReference",
    "DocumentCurrencyCode",
    "DocumentReference",
    "EndpointID",
    "ID",
    "Invoice",
    "InvoiceDocumentReference",
    "InvoiceLine",
    "InvoiceTypeCode",
    "InvoicedQuantity",
    "IssueDate",
    "Item",
    "LegalMonetaryTotal",
    "LineExtensionAmount",
    "LineID",
    "ManufacturersItemIdentification",
    "Name",
    "OrderLineReference",
    "OrderReference",
    "Party",
    "PartyIdentification",
    "PartyLegalEntity",
    "PartyName",
    "PartyTaxScheme",
    "PayableAmount",
    "PayableRoundingAmount",
    "PayeeFinancialAccount",
    "PaymentMeans",
    "Percent",
    "PrepaidAmount",
    "Price",
    "PriceAmount",
    "ReceiptDocumentReference",
    "ReceiptLineReference",
    "RegistrationName",
    "SellersItemIdentification",
    "StandardItemIdentification",
    "TaxAmount",
    "TaxExclusiveAmount",
    "TaxInclusiveAmount",
    "TaxTotal",
];

/// One element: which of its name among its siblings it is, from 1, its text, its children, and the
/// one attribute that matters of it: the unit, the currency or the scheme.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) name: &'static str,
    pub(super) index: u32,
    pub(super) attribute: Option<Cow<'t, str>>,
    pub(super) text: Cow<'t, str>,
    pub(super) children: Vec<Self>,
}

impl<'t> Node<'t> {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|it| it.name == name)
    }
}

/// Reads a whole document.
pub(super) fn read(bytes: &[u8]) -> Result<Node<'_>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let place = format!("byte {}", error.valid_up_to());
        Error::invalid_field(place, "an XML document is read in UTF-8 only").because(error)
    })?;
    let mut reader = NsReader::from_str(text);
    let mut builder = Builder::default();
    loop {
        let (space, event) = match reader.read_resolved_event() {
            Ok((space, event)) => (Space::of(&space), event),
            Err(error) => return Err(builder.malformed(reader.error_position()).because(error)),
        };
        if matches!(event, Event::Eof) {
            return builder.finish();
        }
        builder.take(space, event, reader.buffer_position())?;
    }
}

/// Which vocabulary an element is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Document,
    Component,
    Other,
    Unknown,
}

impl Space {
    fn of(resolved: &ResolveResult<'_>) -> Self {
        let name = match resolved {
            ResolveResult::Bound(Namespace(name)) => name.strip_prefix(UBL),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(_prefix) => return Self::Unknown,
        };
        match name {
            Some(name) if DOCUMENTS.contains(&name) => Self::Document,
            Some(name) if COMPONENTS.contains(&name) => Self::Component,
            _ => Self::Other,
        }
    }
}

/// An element that is still open, with how often each name came among its children.
#[derive(Debug)]
struct Open<'t> {
    node: Node<'t>,
    counts: Vec<(&'static str, u32)>,
}

#[derive(Debug, Default)]
struct Builder<'t> {
    open: Vec<Open<'t>>,
    /// How deep inside of an element that is not kept.
    skipped: usize,
    elements: usize,
    nodes: usize,
    root: Option<Node<'t>>,
}

impl<'t> Builder<'t> {
    fn take(&mut self, space: Space, event: Event<'t>, position: u64) -> Result<()> {
        match event {
            Event::Start(tag) => self.start(space, &tag, position),
            Event::Empty(tag) => {
                self.start(space, &tag, position)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => self.text(text.into_inner(), position),
            Event::CData(text) => self.text(text.into_inner(), position),
            Event::GeneralRef(reference) => self.reference(&reference, position),
            Event::DocType(_) => {
                let detail = "a document type declaration is refused, and every entity with it";
                Err(Error::invalid_field(self.place(), detail))
            }
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name)) if !matches_utf8(&name) => {
                    let detail = format!("the document says it is in \"{name}\": send UTF-8");
                    Err(Error::invalid_field("byte 0", detail))
                }
                _ => Ok(()),
            },
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, space: Space, tag: &BytesStart<'t>, position: u64) -> Result<()> {
        self.elements += 1;
        if self.open.len() + self.skipped >= DEPTH_MAX {
            let detail = format!("elements are nested at most {DEPTH_MAX} deep");
            return Err(Error::invalid_field(self.place(), detail));
        }
        if self.elements > ELEMENTS_MAX || self.nodes > NODES_MAX {
            let detail =
                format!("a document has at most {ELEMENTS_MAX} elements, {NODES_MAX} read");
            return Err(Error::invalid_field(self.place(), detail));
        }
        let name = tag.local_name();
        let kept = KEPT.iter().find(|it| **it == name.as_ref());
        let attribute = self.attribute(tag, position)?;
        match kept {
            _ if space == Space::Unknown => Err(self.malformed(position)),
            Some(name) if self.open.is_empty() && space == Space::Document => {
                self.push(name, attribute)
            }
            _ if self.open.is_empty() => Err(other_root(tag)),
            Some(name) if self.skipped == 0 && space == Space::Component => {
                self.push(name, attribute)
            }
            _ => {
                self.skipped += 1;
                Ok(())
            }
        }
    }

    /// All attributes are read, so that a broken one is noticed.
    fn attribute(&self, tag: &BytesStart<'t>, position: u64) -> Result<Option<Cow<'t, str>>> {
        let mut found = None;
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.malformed(position).because(error))?;
            if attribute.value.len() > TEXT_BYTES_MAX {
                return Err(self.too_long());
            }
            if matches!(attribute.key.as_ref(), "unitCode" | "currencyID" | "schemeID") {
                let value = attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|error| self.malformed(position).because(error))?;
                found = Some(Cow::Owned(value.into_owned()));
            }
        }
        Ok(found)
    }

    fn push(&mut self, name: &'static str, attribute: Option<Cow<'t, str>>) -> Result<()> {
        let index = match self.open.last_mut() {
            None => 1,
            Some(parent) => match parent.counts.iter_mut().find(|(it, _count)| *it == name) {
                Some((_name, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    parent.counts.push((name, 1));
                    1
                }
            },
        };
        if self.root.is_some() {
            return Err(Error::invalid_field(
                format!("/{name}"),
                "a document has one root element",
            ));
        }
        let is_line = matches!(name, "InvoiceLine" | "CreditNoteLine");
        if is_line && usize::try_from(index).unwrap_or(usize::MAX) > LINES_MAX {
            let place = format!("{}/{name}[{index}]", self.place());
            return Err(Error::invalid_field(place, format!("at most {LINES_MAX} lines are read")));
        }
        self.nodes += 1;
        let (text, children) = (Cow::Borrowed(""), Vec::new());
        self.open.push(Open {
            node: Node { name, index, attribute, text, children },
            counts: Vec::new(),
        });
        Ok(())
    }

    fn end(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(closed) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.node.children.push(closed.node),
            None => self.root = Some(closed.node),
        }
    }

    fn text(&mut self, text: Cow<'t, str>, position: u64) -> Result<()> {
        let is_blank = text.trim().is_empty();
        if self.skipped > 0 {
            return Ok(());
        }
        let Some(open) = self.open.last_mut() else {
            return if is_blank { Ok(()) } else { Err(self.malformed(position)) };
        };
        let node = &mut open.node;
        if is_blank && node.text.is_empty() {
            return Ok(());
        }
        if node.text.len() + text.len() > TEXT_BYTES_MAX {
            return Err(self.too_long());
        }
        if node.text.is_empty() {
            node.text = text;
        } else {
            node.text.to_mut().push_str(&text);
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'t>, position: u64) -> Result<()> {
        let character = match reference.as_ref() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        let character = character.filter(|it| !it.is_control() || it.is_whitespace());
        let Some(character) = character else {
            let detail = "a reference to an entity or a character that is not defined";
            return Err(Error::invalid_field(self.place(), detail));
        };
        self.text(Cow::Owned(character.to_string()), position)
    }

    fn finish(self) -> Result<Node<'t>> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(Error::invalid_field(self.place(), "the document breaks off here")),
        }
    }

    fn place(&self) -> String {
        let mut place = String::new();
        for open in &self.open {
            place.push('/');
            place.push_str(open.node.name);
            if open.node.index > 1 {
                place.push_str(&format!("[{}]", open.node.index));
            }
        }
        if place.is_empty() { "/".to_owned() } else { place }
    }

    fn too_long(&self) -> Error {
        let detail = format!("a text or an attribute has at most {TEXT_BYTES_MAX} bytes");
        Error::invalid_field(self.place(), detail)
    }

    fn malformed(&self, position: u64) -> Error {
        let detail = format!("the XML is not well-formed here, at byte {position}");
        Error::invalid_field(self.place(), detail)
    }
}

fn matches_utf8(name: &str) -> bool {
    ["utf-8", "utf8", "us-ascii"].iter().any(|it| name.eq_ignore_ascii_case(it))
}

fn other_root(tag: &BytesStart<'_>) -> Error {
    let name = tag.local_name();
    let name: String = name.as_ref().chars().take(40).collect();
    let detail = "the document is neither an Invoice nor a CreditNote of UBL 2.1, by name and \
                  namespace";
    Error::invalid_field(format!("/{name}"), detail)
}
