//! An order as an 850 for its supplier: what the supplier has to know, and nothing of how we match
//! and book it. What is written here is read back as the same order.

use super::segment::Delimiters;
use super::write::{Header, Writer};
use crate::documents::mapping::{Name, Table, X12Mapping};
use canonical::{
    Decimal, Error, FacilityId, FieldError, FreightTerms, ItemId, OrderKind, OrderStatus,
    PlannedCharge, PurchaseOrder, PurchaseOrderLine, Result,
};
use jiff::civil::{Date, DateTime};

/// A description is cut into texts of so many characters, between words.
const DESCRIPTION_CHARS_MAX: usize = 80;
/// Delimiters, the usual ones first; the last are in no text.
const ELEMENTS: [char; 4] = ['*', '|', '^', '\u{1d}'];
const TERMINATORS: [char; 4] = ['~', '\'', '\u{1c}', '\u{1e}'];
const COMPONENTS: [char; 3] = ['>', ':', '\u{1f}'];

/// The order as bytes.
///
/// # Errors
/// `conflict` where the order is not for the supplier yet; `invalid` with a pointer for what X12 or
/// the partner's mapping has no word for.
pub(in crate::documents) fn write_order(
    order: &PurchaseOrder,
    mapping: &X12Mapping,
    now: DateTime,
) -> Result<Vec<u8>> {
    let purpose = purpose(order)?;
    let (partner, table) = mapping.of_supplier(&order.supplier_id);
    let mut writing =
        Writing { order, table, writer: Writer::new(delimiters(order)?), faults: Vec::new() };
    let own = mapping.own();
    let control = control(order);
    let group = |it: &Name| it.group.clone().unwrap_or(it.id.clone());
    writing.writer.interchange(&Header {
        sender: (&own.qualifier, &own.id),
        receiver: (&partner.qualifier, &partner.id),
        at: now,
        repetition: "U",
        version: "00401",
        control: &control,
        usage: "P",
    });
    let (from, to) = (group(own), group(&partner));
    writing.writer.group(["PO", &from, &to, &control, "004010"], now);
    writing.body(purpose);
    writing.writer.segment("GE", &["1", &control]);
    writing.writer.end_interchange(1, &control);
    if writing.faults.is_empty() {
        Ok(writing.writer.finish(false))
    } else {
        Err(Error::invalid_fields(writing.faults))
    }
}

/// BEG01.
fn purpose(order: &PurchaseOrder) -> Result<&'static str> {
    match order.status {
        OrderStatus::Approved | OrderStatus::Dispatched => Ok("00"),
        OrderStatus::Cancelled => Ok("01"),
        // a copy of what was sent
        OrderStatus::Completed | OrderStatus::FinallyClosed => Ok("07"),
        OrderStatus::Draft | OrderStatus::PendingApproval => Err(Error::conflict(
            "the order is not approved, so that it is not for the supplier yet",
        )),
    }
}

/// The same order in the same version is the same interchange, however often it is sent.
fn control(order: &PurchaseOrder) -> String {
    let text = format!("{}@{}", order.number, order.version);
    // FNV-1a
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:09}", hash % 999_999_999 + 1)
}

/// Marks that stand in no text of the order.
fn delimiters(order: &PurchaseOrder) -> Result<Delimiters> {
    let mut texts = vec![order.number.as_str(), order.supplier_id.as_str()];
    texts.extend(order.contract_number.as_deref());
    texts.extend(order.facility_id.as_ref().map(FacilityId::as_str));
    for line in &order.lines {
        texts.push(&line.description);
        texts.extend(line.item_id.as_ref().map(ItemId::as_str));
        texts.extend(line.supplier_item_number.as_deref());
    }
    let free = |marks: &[char]| {
        marks.iter().copied().find(|mark| !texts.iter().any(|text| text.contains(*mark)))
    };
    let found = free(&ELEMENTS).zip(free(&TERMINATORS)).zip(free(&COMPONENTS));
    let ((element, terminator), component) =
        found.ok_or_else(|| Error::invalid("the texts of the order leave no delimiter"))?;
    Ok(Delimiters { element, component, terminator })
}

struct Writing<'a> {
    order: &'a PurchaseOrder,
    table: &'a Table,
    writer: Writer,
    faults: Vec<FieldError>,
}

impl Writing<'_> {
    fn body(&mut self, purpose: &str) {
        let order = self.order;
        self.writer.set("850", "0001");
        let date = ccyymmdd(order.order_date);
        let kind = match order.kind {
            OrderKind::Blanket => "BK",
            OrderKind::ConsignmentFill => "CN",
            // how we match and book it is not the supplier's affair
            _ => "SA",
        };
        self.writer.segment("BEG", &[purpose, kind, order.number.as_str(), "", &date]);
        self.writer.segment("CUR", &["BY", order.currency.code()]);
        if let Some(contract) = &order.contract_number {
            self.plain("/contract_number".to_owned(), contract);
            self.writer.segment("REF", &["CT", contract]);
        }
        if order.version != 1 {
            self.writer.segment("REF", &["V0", &order.version.to_string()]);
        }
        if let Some(terms) = order.freight_terms {
            self.writer.segment("FOB", &[freight(terms)]);
        }
        for (place, charge) in order.planned_charges.iter().enumerate() {
            self.charge(place, charge);
        }
        if let Some(facility) = &order.facility_id {
            self.writer.segment("N1", &["ST", "", "92", facility.as_str()]);
        }
        self.writer.segment("N1", &["VN", "", "92", order.supplier_id.as_str()]);
        for (place, line) in order.lines.iter().enumerate() {
            self.line(place, line);
        }
        self.writer.segment("CTT", &[&order.lines.len().to_string()]);
        self.writer.end_set("0001");
    }

    fn charge(&mut self, place: usize, charge: &PlannedCharge) {
        let Some(code) = self.table.charge_code(charge.kind) else {
            let detail = "the partner's mapping has no code for this charge (INT-02)";
            return self.fault(format!("/planned_charges/{place}/type"), detail);
        };
        if charge.percent.is_some() {
            let detail = "a charge in percent has no amount that an 850 could state";
            return self.fault(format!("/planned_charges/{place}/percent"), detail);
        }
        let amount = self.number(charge.amount);
        match cents(charge.amount) {
            _ if self.table.has_written_totals() => {
                self.writer.segment("SAC", &["C", code, "", "", &amount]);
            }
            Some(cents) => self.writer.segment("SAC", &["C", code, "", "", &cents]),
            // more places than two: a rate for one
            None => {
                self.writer.segment("SAC", &["C", code, "", "", "", "", "", &amount, "", "1"]);
            }
        }
    }

    fn line(&mut self, place: usize, line: &PurchaseOrderLine) {
        let at = |field: &str| format!("/lines/{place}/{field}");
        let table = self.table;
        let unit = table.unit_code(&line.quantity.uom);
        if unit.is_none() {
            let detail = "the partner's mapping has no code for this unit (INT-02)";
            self.fault(at("quantity/uom"), detail);
        }
        let basis = table.base_code(line.price_base, &line.quantity.uom);
        if basis.is_none() {
            let detail = "X12 has prices for 1, 10, 12, 100, 1000, 10000 or 100000 of a unit";
            self.fault(at("price_base"), detail);
        }
        let number = line.line_number.to_string();
        let (quantity, price) = (self.number(line.quantity.value), self.number(line.unit_price));
        let (unit, basis) = (unit.unwrap_or_default(), basis.unwrap_or_default());
        let mut elements = vec![number.as_str(), &quantity, unit, &price, basis];
        if let Some(item) = &line.item_id {
            elements.extend(["BP", item.as_str()]);
        }
        if let Some(own) = &line.supplier_item_number {
            self.plain(at("supplier_item_number"), own);
            elements.extend(["VP", own]);
        }
        self.writer.segment("PO1", &elements);
        // the quantity's basis has no word for both
        if line.price_is_estimated {
            self.writer.segment("CTP", &["", "EST", &price]);
        }
        self.plain(at("description"), &line.description);
        for text in pieces(&line.description) {
            self.writer.segment("PID", &["F", "", "", "", text]);
        }
        for (code, date) in [("002", line.requested_date), ("069", line.promised_date)] {
            if let Some(date) = date {
                self.writer.segment("DTM", &[code, &ccyymmdd(date)]);
            }
        }
    }

    fn number(&self, value: Decimal) -> String {
        value.to_string().replace('.', &self.table.decimal_mark().to_string())
    }

    fn plain(&mut self, pointer: String, text: &str) {
        if text.chars().any(char::is_control) {
            self.fault(pointer, "a text for X12 has no control characters");
        }
    }

    fn fault(&mut self, pointer: String, detail: &str) {
        self.faults.push(FieldError { pointer, detail: detail.to_owned() });
    }
}

/// An amount as whole cents, where it is one.
fn cents(amount: Decimal) -> Option<String> {
    let (mantissa, places) = amount.parts();
    let cents = match 2u32.checked_sub(places) {
        Some(missing) => mantissa.checked_mul(10i128.checked_pow(missing)?)?,
        None => {
            let unit = 10i128.checked_pow(places - 2)?;
            (mantissa % unit == 0).then_some(mantissa / unit)?
        }
    };
    Some(cents.to_string())
}

fn ccyymmdd(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

const fn freight(terms: FreightTerms) -> &'static str {
    match terms {
        FreightTerms::PrepaidNoCharge => "PP",
        FreightTerms::PrepaidAndAdd => "PC",
        FreightTerms::Collect => "CC",
    }
}

/// The text in pieces, cut at single blanks, so that it is the same with blanks between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(cut) = place_of_cut(rest) {
        let (piece, after) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = after.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn place_of_cut(text: &str) -> Option<usize> {
    let limit = text.char_indices().nth(DESCRIPTION_CHARS_MAX)?.0;
    let is_single = |at: &usize| {
        let before = text.get(..*at).is_some_and(|it| !it.ends_with(char::is_whitespace));
        let after = text.get(at + 1..).is_some_and(|it| !it.starts_with(char::is_whitespace));
        *at > 0 && before && after
    };
    let blanks: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).filter(is_single).collect();
    blanks.iter().rev().find(|at| **at <= limit).or_else(|| blanks.first()).copied()
}
