//! The keys that possible duplicates share.

use crate::document::sha256_hex;
use canonical::{Invoice, InvoiceKind, Money, PurchaseOrderNumber, exact_text};
use std::collections::BTreeSet;

/// More serial numbers of one invoice are not looked for.
const SERIALS_MAX: usize = 2_000;

/// Who counts as the same sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A supplier group.
    Group(String),
    /// The fingerprint of an account that is paid to.
    Account(String),
    /// A tax id.
    Tax(String),
}

/// A key that two invoices share when one may be the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    kind: DuplicateKind,
    party: Option<Party>,
    text: String,
}

/// What two invoices have in common under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateKind {
    /// The normalised number of a party.
    Number,
    /// Currency and gross of a party.
    Amount,
    /// The first order and the net of all lines.
    Lines,
    /// A serial number of a party.
    Serial,
    /// An order that was self-billed.
    SelfBilled,
}

impl DuplicateKey {
    /// What is shared.
    #[must_use]
    pub const fn kind(&self) -> DuplicateKind {
        self.kind
    }

    /// The name of a [`crate::Guard`] for all who share the key: of two that are decided on at the
    /// same moment, one must see the other.
    #[must_use]
    pub fn guard(&self) -> String {
        format!("duplicate:{:016x}", self.name())
    }

    pub(super) const fn party(&self) -> Option<&Party> {
        self.party.as_ref()
    }

    /// Whether the lines must be seen to say more.
    pub(super) const fn is_of_lines(&self) -> bool {
        !matches!(self.kind, DuplicateKind::Number | DuplicateKind::Amount)
    }

    /// How many are looked at on each side of the date.
    pub(super) const fn found_max(&self) -> i64 {
        if self.is_of_lines() { 20 } else { 100 }
    }

    /// The key as it is kept.
    pub(super) fn name(&self) -> i64 {
        let (party, name) = match &self.party {
            None => ("", ""),
            Some(Party::Group(it)) => ("group", it.as_str()),
            Some(Party::Account(it)) => ("account", it.as_str()),
            Some(Party::Tax(it)) => ("tax", it.as_str()),
        };
        let text = format!("{:?}\n{party}\n{name}\n{}", self.kind, self.text);
        let digest = sha256_hex(text.as_bytes());
        // ok: the digits of a digest are hexadecimal
        let bits = digest.get(..16).and_then(|it| u64::from_str_radix(it, 16).ok());
        bits.unwrap_or_default().cast_signed()
    }
}

/// The keys of an invoice whose sender is known as `parties`: by these it is found, and by these
/// and by [`self_billed_keys`] it finds others.
#[must_use]
pub fn duplicate_keys(invoice: &Invoice, parties: &[Party]) -> Vec<DuplicateKey> {
    let mut keys = Vec::new();
    let mut add = |kind, party: Option<&Party>, text: String| {
        keys.push(DuplicateKey { kind, party: party.cloned(), text });
    };
    let serials: BTreeSet<String> = invoice
        .lines
        .iter()
        .flat_map(|it| &it.serial_numbers)
        .map(|it| plain(it))
        .take(SERIALS_MAX)
        .collect();
    let number = invoice.supplier_invoice_number.normalised();
    let gross = Money::written(&invoice.gross_amount, invoice.currency).ok();
    for party in parties {
        add(DuplicateKind::Number, Some(party), number.clone());
        if let Some(gross) = gross {
            add(DuplicateKind::Amount, Some(party), gross.to_string());
        }
        for serial in &serials {
            add(DuplicateKind::Serial, Some(party), serial.clone());
        }
    }
    let orders = orders(invoice);
    if let Some(first) = orders.first() {
        let net = invoice.lines.iter().map(|it| it.net_amount.exact()).sum();
        let text = format!("{first}\n{}\n{}", invoice.currency, exact_text(&net));
        add(DuplicateKind::Lines, None, text);
    }
    if invoice.kind == InvoiceKind::SelfBilled {
        keys.extend(self_billed_keys(invoice));
    }
    keys
}

/// The keys under which the self-billed invoices of an invoice's orders are found.
#[must_use]
pub fn self_billed_keys(invoice: &Invoice) -> Vec<DuplicateKey> {
    let kind = DuplicateKind::SelfBilled;
    let key = |it: &PurchaseOrderNumber| DuplicateKey { kind, party: None, text: it.to_string() };
    orders(invoice).into_iter().map(key).collect()
}

fn orders(invoice: &Invoice) -> BTreeSet<&PurchaseOrderNumber> {
    invoice.lines.iter().filter_map(|it| it.purchase_order_number.as_ref()).collect()
}

fn plain(serial: &str) -> String {
    serial.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}
