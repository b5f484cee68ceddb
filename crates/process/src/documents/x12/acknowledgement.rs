//! The 855, a purchase order acknowledgement.

use super::item::{self, Item};
use super::party::Parties;
use super::segment::Segment;
use super::{Context, Reader, date, walk};
use crate::documents::fault::{ElementCode, Faults};
use crate::documents::mapping::{DateUse, ItemNumber};
use crate::documents::number;
use crate::documents::{LINES_MAX, ParsedAcknowledgement};
use canonical::{
    Acknowledgement, AcknowledgementLine, AcknowledgementStatus, Currency, LineAnswer, LineStatus,
    PurchaseOrderNumber, Quantity,
};
use jiff::civil::Date;

/// The roles of the supplier's side: selling party, vendor, supplier, issuer, ship-from.
const SUPPLIER: [&str; 5] = ["SE", "VN", "SU", "II", "SF"];
/// The most answers of one line.
const ANSWERS_MAX: usize = 104;

pub(super) fn read<'t>(
    context: &Context<'_, 't>,
    segments: impl Iterator<Item = Segment<'t>>,
    faults: &mut Faults,
) -> Option<ParsedAcknowledgement> {
    walk(Reading::new(context, faults), segments)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Party,
    Line,
    /// A loop inside of a line that does not speak of the line.
    LineDetail,
}

#[derive(Debug)]
struct Line<'t> {
    segment: Segment<'t>,
    item: Option<Item>,
    description: String,
    answers: Vec<LineAnswer>,
    promised: Option<Date>,
}

#[derive(Debug)]
struct Beginning {
    status: Option<AcknowledgementStatus>,
    order: Option<PurchaseOrderNumber>,
    date: Option<Date>,
    supplier_order: Option<String>,
}

#[derive(Debug)]
struct Reading<'f, 't> {
    context: &'f Context<'f, 't>,
    faults: &'f mut Faults,
    place: Place,
    beginning: Option<Beginning>,
    currency: Currency,
    promised: Option<Date>,
    parties: Parties<'t>,
    lines: Vec<Line<'t>>,
    counts: Option<Segment<'t>>,
}

impl<'f, 't> Reading<'f, 't> {
    fn new(context: &'f Context<'f, 't>, faults: &'f mut Faults) -> Self {
        Self {
            context,
            faults,
            place: Place::Header,
            beginning: None,
            currency: Currency::USD,
            promised: None,
            parties: Parties::default(),
            lines: Vec::new(),
            counts: None,
        }
    }
}

impl<'t> Reader<'t> for Reading<'_, 't> {
    type Read = ParsedAcknowledgement;

    fn take(&mut self, segment: &Segment<'t>) {
        match (segment.id(), self.place) {
            ("BAK", _) => self.beginning(segment),
            ("CUR", Place::Header | Place::Party) => {
                let stated = self.faults.keep(segment.element(2).parse(), || segment.at(2));
                self.currency = stated.unwrap_or(self.currency);
            }
            ("DTM", Place::Header | Place::Line) => self.dated(segment),
            ("N1", Place::Header | Place::Party) => {
                self.parties.open(segment, self.context.table, self.faults);
                self.place = Place::Party;
            }
            ("REF", Place::Party) => self.parties.reference(segment),
            ("PO1", _) => {
                self.place = Place::Line;
                let item = item::read_loose(segment, self.context.table, self.faults);
                self.lines.push(Line {
                    segment: *segment,
                    item,
                    description: String::new(),
                    answers: Vec::new(),
                    promised: None,
                });
            }
            ("PID", Place::Line) => {
                if let Some(line) = self.lines.last_mut() {
                    item::describe(&mut line.description, segment.element(5));
                }
            }
            ("ACK", Place::Line) => self.answer(segment),
            ("N1" | "N9" | "SCH" | "SLN", Place::Line) => self.place = Place::LineDetail,
            ("CTT", _) => self.counts = Some(*segment),
            _ => {}
        }
    }

    fn excess(&self) -> Option<String> {
        let is_full = self.lines.len() > LINES_MAX;
        is_full.then(|| format!("an acknowledgement has at most {LINES_MAX} lines"))
    }

    fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    fn finish(self, trailer: &Segment<'t>) -> Option<Self::Read> {
        let stated: Vec<_> =
            self.lines.iter().map(|it| (it.segment, it.segment.element(1).parse().ok())).collect();
        let numbers = item::line_numbers(&stated, self.faults);
        let quantities: Vec<&str> = self.lines.iter().map(|it| it.segment.element(2)).collect();
        item::check_totals(self.counts, &quantities, self.context.table, self.faults);
        let (supplier_id, supplier) = self.parties.supplier(&SUPPLIER, true, self.context);
        let (_own, buyer_facility) = self.parties.facilities();
        let missing = |what| move || trailer.place().missing(what);
        let what = "BAK, number and date,";
        let beginning = self.faults.need(self.beginning, missing("BAK"), what);
        let supplier_id = self.faults.need(supplier_id, missing("N1"), "N1, the supplier's name,");
        let lines = self.lines.into_iter().zip(numbers);
        let lines = lines.filter_map(|(line, number)| finish_line(line, number)).collect();
        let beginning = beginning?;
        let acknowledgement = Acknowledgement {
            purchase_order_number: beginning.order?,
            supplier_id: supplier_id?,
            status: beginning.status?,
            acknowledged_on: beginning.date?,
            currency: self.currency,
            supplier_order_number: beginning.supplier_order,
            promised_date: self.promised,
            lines,
            external_ids: Vec::new(),
        };
        let control = self.context.control.clone();
        Some(ParsedAcknowledgement { acknowledgement, supplier, buyer_facility, control })
    }
}

impl<'t> Reading<'_, 't> {
    fn beginning(&mut self, segment: &Segment<'t>) {
        let status = status(segment.element(2));
        let status = self.faults.keep(status, || segment.at(2).code(ElementCode::Code));
        let order = self.faults.keep(segment.element(3).parse(), || segment.at(3));
        // the answer's own date stands last, and only some have one beside the order's
        let at = if segment.element(9).is_empty() { 4 } else { 9 };
        let date = date(segment.element(at));
        let date = self.faults.keep(date, || segment.at(at).code(ElementCode::Date));
        let supplier_order = Some(segment.element(8)).filter(|it| !it.is_empty());
        let supplier_order = supplier_order.map(str::to_owned);
        self.beginning = Some(Beginning { status, order, date, supplier_order });
    }

    fn dated(&mut self, segment: &Segment<'t>) {
        let used = self.context.table.date(segment.element(1));
        if !matches!(used, DateUse::Promised | DateUse::Shipped | DateUse::ShipRequested) {
            return;
        }
        let date = date(segment.element(2));
        let date = self.faults.keep(date, || segment.at(2).code(ElementCode::Date));
        let slot = self.lines.last_mut().map_or(&mut self.promised, |it| &mut it.promised);
        if used == DateUse::Promised || slot.is_none() {
            *slot = date;
        }
    }

    fn answer(&mut self, segment: &Segment<'t>) {
        let status = line_status(segment.element(1));
        let status = self.faults.keep(status, || segment.at(1).code(ElementCode::Code));
        let quantity = self.quantity(segment);
        let date = match segment.element(5) {
            "" => None,
            text => self.faults.keep(date(text), || segment.at(5).code(ElementCode::Date)),
        };
        let (Some(line), Some(status)) = (self.lines.last_mut(), status) else { return };
        if line.answers.len() == ANSWERS_MAX {
            let detail = format!("a line has at most {ANSWERS_MAX} answers");
            return self.faults.add(segment.place(), detail);
        }
        let substitute = (status == LineStatus::Substituted)
            .then(|| {
                segment.pairs(7).find(|(qualifier, value, _at)| {
                    let kind = self.context.table.item(qualifier);
                    kind == Ok(ItemNumber::Supplier) && !value.is_empty()
                })
            })
            .flatten()
            .map(|(_qualifier, value, _at)| value.to_owned());
        line.answers.push(LineAnswer { status, quantity, date, substitute });
    }

    fn quantity(&mut self, segment: &Segment<'t>) -> Option<Quantity> {
        let text = segment.element(2);
        if text.is_empty() {
            return None;
        }
        let table = self.context.table;
        let value = number::decimal_marked(text, table.decimal_mark());
        let value = self.faults.keep(value, || segment.at(2));
        let unit = table.unit(segment.element(3));
        let uom = self.faults.keep(unit, || segment.at(3).code(ElementCode::Code));
        Some(Quantity { value: value?, uom: uom? })
    }
}

fn finish_line(line: Line<'_>, line_number: u32) -> Option<AcknowledgementLine> {
    let item = line.item?;
    let mut answers = line.answers;
    for answer in &mut answers {
        answer.date = answer.date.or(line.promised);
    }
    if answers.is_empty() && line.promised.is_some() {
        let (status, date) = (LineStatus::Accepted, line.promised);
        answers.push(LineAnswer { status, quantity: None, date, substitute: None });
    }
    let numbers = item.numbers;
    Some(AcknowledgementLine {
        line_number: numbers.order_line.unwrap_or(line_number),
        item_id: numbers.item_id,
        gtin: numbers.gtin,
        supplier_item_number: numbers.supplier_item_number,
        manufacturer_part_number: numbers.manufacturer_part_number,
        description: line.description,
        quantity: item.quantity,
        unit_price: item.has_price.then_some(item.unit_price),
        price_base: item.price_base,
        answers,
    })
}

/// What the whole order is answered with (element 587).
fn status(code: &str) -> Result<AcknowledgementStatus, &'static str> {
    match code {
        "AK" | "AH" | "NA" => Ok(AcknowledgementStatus::Received),
        "AD" | "AT" => Ok(AcknowledgementStatus::Accepted),
        "AC" | "AE" | "AP" => Ok(AcknowledgementStatus::AcceptedWithChanges),
        "RD" | "RF" | "RJ" | "RO" => Ok(AcknowledgementStatus::Rejected),
        _ => Err("an acknowledgement says AC, AD, AE, AH, AK, AP, AT, NA, RD, RF, RJ or RO"),
    }
}

/// What a line is answered with (element 668).
fn line_status(code: &str) -> Result<LineStatus, String> {
    Ok(match code {
        "AC" | "AR" | "IA" | "AA" | "SP" => LineStatus::Accepted,
        "IQ" => LineStatus::QuantityChanged,
        "IP" | "IE" => LineStatus::PriceChanged,
        "DR" | "AD" => LineStatus::DateChanged,
        "IC" => LineStatus::Changed,
        "IS" => LineStatus::Substituted,
        "IB" | "BP" | "BI" => LineStatus::Backordered,
        "IH" | "IF" | "IW" | "AH" => LineStatus::Held,
        "IR" | "ID" | "R1" | "R2" | "R3" | "R4" | "R5" | "R6" | "R7" => LineStatus::Rejected,
        _ => return Err("the answer to the line is no code of element 668 that is read".to_owned()),
    })
}
