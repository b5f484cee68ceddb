//! The 810, an invoice.

mod line;

use super::charge::{self, Extra};
use super::party::Parties;
use super::segment::Segment;
use super::{Context, Reader, date, item, walk};
use crate::documents::fault::{ElementCode, Faults};
use crate::documents::number::Sum;
use crate::documents::{CHARGES_MAX, LINES_MAX, ParsedInvoice, StatedTotals};
use canonical::{
    Charge, Currency, Decimal, Invoice, InvoiceKind, InvoiceLine, PurchaseOrderNumber,
    SupplierInvoiceNumber,
};
use jiff::civil::Date;
use line::Line;

/// The roles of the supplier's side: selling party, vendor, supplier, issuer, remit-to.
const SUPPLIER: [&str; 6] = ["SE", "VN", "SU", "II", "RI", "RE"];

pub(super) fn read<'t>(
    context: &Context<'_, 't>,
    segments: impl Iterator<Item = Segment<'t>>,
    faults: &mut Faults,
) -> Option<ParsedInvoice> {
    walk(Reading::new(context, faults), segments)
}

/// Which loop the segment in hand belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Party,
    Line,
    /// A loop inside of a line (a party, a subline) whose segments do not speak of the line.
    LineDetail,
    Summary,
}

#[derive(Debug)]
struct Reading<'f, 't> {
    context: &'f Context<'f, 't>,
    faults: &'f mut Faults,
    place: Place,
    number: Option<SupplierInvoiceNumber>,
    date: Option<Date>,
    kind: InvoiceKind,
    order: Option<PurchaseOrderNumber>,
    cited: Option<SupplierInvoiceNumber>,
    currency: Currency,
    parties: Parties<'t>,
    lines: Vec<Line<'t>>,
    charges: Vec<Charge>,
    discount: Sum,
    tax: Sum,
    line_tax: Sum,
    has_tax: bool,
    has_beginning: bool,
    has_total: bool,
    totals: StatedTotals,
    counts: Option<Segment<'t>>,
}

impl<'f, 't> Reading<'f, 't> {
    fn new(context: &'f Context<'f, 't>, faults: &'f mut Faults) -> Self {
        Self {
            context,
            faults,
            place: Place::Header,
            number: None,
            date: None,
            kind: InvoiceKind::Standard,
            order: None,
            cited: None,
            currency: Currency::USD,
            parties: Parties::default(),
            lines: Vec::new(),
            charges: Vec::new(),
            discount: Sum::default(),
            tax: Sum::default(),
            line_tax: Sum::default(),
            has_tax: false,
            has_beginning: false,
            has_total: false,
            totals: StatedTotals::default(),
            counts: None,
        }
    }
}

impl<'t> Reader<'t> for Reading<'_, 't> {
    type Read = ParsedInvoice;

    fn take(&mut self, segment: &Segment<'t>) {
        match (segment.id(), self.place) {
            ("BIG", _) => self.beginning(segment),
            ("CUR", _) => self.currency(segment),
            ("N1", Place::Header | Place::Party) => {
                self.parties.open(segment, self.context.table, self.faults);
                self.place = Place::Party;
            }
            ("N1" | "SLN", Place::Line | Place::LineDetail) => self.place = Place::LineDetail,
            ("REF", Place::Party) => self.parties.reference(segment),
            ("REF", Place::Header) if segment.element(1) == "PO" => {
                let stated = self.faults.keep(segment.element(2).parse(), || segment.at(2));
                self.order = self.order.take().or(stated);
            }
            // OI: the invoice that a memo is about
            ("REF", Place::Header) if segment.element(1) == "OI" => {
                self.cited = self.faults.keep(segment.element(2).parse(), || segment.at(2));
            }
            ("IT1", _) => self.line(segment),
            ("REF" | "PID" | "PAM", Place::Line) => {
                if let Some(line) = self.lines.last_mut() {
                    line.take(segment, self.currency, self.context.table, self.faults);
                }
            }
            ("SAC" | "ITA", place) => self.extra(segment, place),
            ("TXI", place) => self.tax(segment, place),
            ("TDS", _) => {
                self.place = Place::Summary;
                self.has_total = true;
                self.totals.gross =
                    charge::cents(segment, 1, self.currency, self.context.table, self.faults);
            }
            ("AMT", Place::Summary) => self.total(segment),
            ("CTT", _) => self.counts = Some(*segment),
            _ => {}
        }
    }

    fn excess(&self) -> Option<String> {
        let is_full = self.lines.len() > LINES_MAX;
        is_full.then(|| format!("an invoice has at most {LINES_MAX} lines"))
    }

    fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    fn finish(mut self, trailer: &Segment<'t>) -> Option<Self::Read> {
        let stated: Vec<_> = self.lines.iter().map(|it| (it.segment, it.number())).collect();
        let numbers = item::line_numbers(&stated, self.faults);
        let quantities: Vec<&str> = self.lines.iter().map(|it| it.segment.element(2)).collect();
        item::check_totals(self.counts, &quantities, self.context.table, self.faults);
        let mut lines = Vec::with_capacity(self.lines.len());
        for (line, number) in std::mem::take(&mut self.lines).into_iter().zip(numbers) {
            lines.extend(line.finish(number, self.order.as_ref(), self.currency, self.faults));
        }
        let (supplier_id, supplier) = self.parties.supplier(&SUPPLIER, true, self.context);
        let (facility_id, buyer_facility) = self.parties.facilities();
        let missing = |what| move || trailer.place().missing(what);
        self.faults.need(self.has_beginning.then_some(()), missing("BIG"), "BIG, number and date,");
        self.faults.need(self.has_total.then_some(()), missing("TDS"), "TDS, the total amount,");
        let supplier_id = self.faults.need(supplier_id, missing("N1"), "N1, the supplier's name,");
        let tax = if self.has_tax { &self.tax } else { &self.line_tax };
        let tax_amount = sum(tax, self.currency, trailer, self.faults)?;
        let discount_amount = sum(&self.discount, self.currency, trailer, self.faults)?;
        let invoice = Invoice {
            cited_invoice_number: self.cited,
            remit_to: None,
            exchange_rate: None,
            supplier_invoice_number: self.number?,
            supplier_id: supplier_id?,
            kind: kind(self.kind, &lines),
            invoice_date: self.date?,
            currency: self.currency,
            facility_id,
            lines,
            charges: self.charges,
            discount_amount,
            tax_amount,
            gross_amount: self.totals.gross?,
        };
        let (stated, control) = (self.totals, self.context.control.clone());
        Some(ParsedInvoice { invoice, supplier, buyer_facility, stated, control })
    }
}

impl<'t> Reading<'_, 't> {
    fn beginning(&mut self, segment: &Segment<'t>) {
        self.has_beginning = true;
        self.date =
            self.faults.keep(date(segment.element(1)), || segment.at(1).code(ElementCode::Date));
        self.number = self.faults.keep(segment.element(2).parse(), || segment.at(2));
        if !segment.element(4).is_empty() {
            self.order = self.faults.keep(segment.element(4).parse(), || segment.at(4));
        }
        self.kind = match segment.element(7) {
            "CR" | "CN" => InvoiceKind::QuantityCredit,
            "DR" => InvoiceKind::Debit,
            "PP" => InvoiceKind::Prepayment,
            _ => InvoiceKind::Standard,
        };
    }

    fn currency(&mut self, segment: &Segment<'t>) {
        let Some(stated) = self.faults.keep(segment.element(2).parse(), || segment.at(2)) else {
            return;
        };
        match self.place {
            Place::Header | Place::Party => self.currency = stated,
            _ if stated != self.currency => {
                let detail = format!("the document is in {}: a line cannot be", self.currency);
                self.faults.add(segment.at(2), detail);
            }
            _ => {}
        }
    }

    fn line(&mut self, segment: &Segment<'t>) {
        self.place = Place::Line;
        self.lines.push(Line::new(*segment, item::read(segment, self.context.table, self.faults)));
    }

    fn extra(&mut self, segment: &Segment<'t>, place: Place) {
        if place == Place::LineDetail {
            return;
        }
        let Some(extra) = charge::read(segment, self.currency, self.context.table, self.faults)
        else {
            return;
        };
        if place == Place::Line {
            if let Some(line) = self.lines.last_mut() {
                match extra {
                    Extra::Allowance(amount) => line.discount.add(amount),
                    Extra::Charge(_kind, amount) => line.discount.subtract(amount),
                    Extra::Tax(amount) => self.line_tax.add(amount),
                }
            }
            return;
        }
        match extra {
            Extra::Allowance(amount) => self.discount.add(amount),
            Extra::Charge(_, _) if self.charges.len() == CHARGES_MAX => {
                let detail = format!("a document has at most {CHARGES_MAX} charges");
                self.faults.add(segment.place(), detail);
            }
            Extra::Charge(kind, amount) => self.charges.push(Charge { kind, amount }),
            Extra::Tax(amount) => {
                self.has_tax = true;
                self.tax.add(amount);
            }
        }
    }

    /// Tax of the summary is of the whole document; only without it is tax of the lines added up.
    fn tax(&mut self, segment: &Segment<'t>, place: Place) {
        // D: deleted, I: included in the price, O: for information
        if matches!(segment.element(7), "D" | "I" | "O") || place == Place::LineDetail {
            return;
        }
        let Some(amount) =
            charge::written(segment, 2, self.currency, self.context.table, self.faults)
        else {
            return;
        };
        if place == Place::Line {
            self.line_tax.add(amount);
        } else {
            self.has_tax = true;
            self.tax.add(amount);
        }
    }

    fn total(&mut self, segment: &Segment<'t>) {
        let slot = match segment.element(1) {
            "1" => &mut self.totals.line_total,
            "T" => &mut self.totals.tax,
            "N" => &mut self.totals.net,
            _ => return,
        };
        *slot = charge::written(segment, 2, self.currency, self.context.table, self.faults);
    }
}

/// A credit whose lines bill no quantity is a credit for price.
fn kind(stated: InvoiceKind, lines: &[InvoiceLine]) -> InvoiceKind {
    let without_quantity = lines.iter().all(|it| it.quantity.value.is_zero());
    match stated {
        InvoiceKind::QuantityCredit if without_quantity => InvoiceKind::PriceCredit,
        stated => stated,
    }
}

fn sum(
    value: &Sum,
    currency: Currency,
    trailer: &Segment<'_>,
    faults: &mut Faults,
) -> Option<Decimal> {
    let total = value.total(currency).ok_or("the sum before this has over 15 digits");
    faults.keep(total, || trailer.place())
}
