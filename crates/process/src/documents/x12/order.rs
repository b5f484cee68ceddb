//! The 850, a purchase order.

use super::charge::{self, Extra};
use super::item::{self, Item};
use super::party::Parties;
use super::segment::Segment;
use super::{Set, date};
use crate::documents::fault::Faults;
use crate::documents::{CHARGES_MAX, LINES_MAX, ParsedOrder, StatedTotals, number};
use canonical::{
    Currency, Exact, FreightTerms, MatchBasis, OrderKind, OrderStatus, PlannedCharge,
    PurchaseOrder, PurchaseOrderLine, PurchaseOrderNumber, exact_text,
};
use jiff::civil::Date;

/// The roles of the supplier's side: selling party, vendor, supplier, ship-from.
const SUPPLIER: [&str; 4] = ["SE", "VN", "SU", "SF"];

pub(super) fn read(
    set: &Set<'_>,
    segments: &[Segment<'_>],
    faults: &mut Faults,
) -> Option<ParsedOrder> {
    let mut reading = Reading::new(faults);
    for segment in segments {
        reading.take(segment);
        if reading.lines.len() > LINES_MAX {
            let detail = format!("an order has at most {LINES_MAX} lines");
            reading.faults.add(segment.place(), detail);
            return None;
        }
    }
    reading.finish(set, segments.last()?)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Party,
    Line,
    /// A loop inside of a line (a party, a schedule, a note) that does not speak of the line.
    LineDetail,
    Summary,
}

#[derive(Debug)]
struct Line<'t> {
    segment: Segment<'t>,
    item: Option<Item>,
    description: String,
    requested: Option<Date>,
}

#[derive(Debug)]
struct Reading<'f, 't> {
    faults: &'f mut Faults,
    place: Place,
    has_beginning: bool,
    number: Option<PurchaseOrderNumber>,
    date: Option<Date>,
    status: OrderStatus,
    currency: Currency,
    freight_terms: Option<FreightTerms>,
    requested: Option<Date>,
    parties: Parties<'t>,
    lines: Vec<Line<'t>>,
    charges: Vec<PlannedCharge>,
    /// Charges and tax less allowances of the document, for its stated total.
    extras: Exact,
    total: Option<Segment<'t>>,
    counts: Option<Segment<'t>>,
}

impl<'f, 't> Reading<'f, 't> {
    fn new(faults: &'f mut Faults) -> Self {
        Self {
            faults,
            place: Place::Header,
            has_beginning: false,
            number: None,
            date: None,
            status: OrderStatus::Dispatched,
            currency: Currency::USD,
            freight_terms: None,
            requested: None,
            parties: Parties::default(),
            lines: Vec::new(),
            charges: Vec::new(),
            extras: Exact::default(),
            total: None,
            counts: None,
        }
    }

    fn take(&mut self, segment: &Segment<'t>) {
        match (segment.id(), self.place) {
            ("BEG", _) => self.beginning(segment),
            ("CUR", _) => self.currency(segment),
            ("FOB", Place::Header) => self.freight_terms = freight_terms(segment.element(1)),
            ("DTM", Place::Header | Place::Line) => self.requested(segment),
            ("N1", Place::Header | Place::Party) => {
                self.parties.open(segment, self.faults);
                self.place = Place::Party;
            }
            ("REF", Place::Party) => self.parties.reference(segment),
            ("PO1", _) => {
                self.place = Place::Line;
                let item = item::read(segment, self.faults);
                let (description, requested) = (String::new(), None);
                self.lines.push(Line { segment: *segment, item, description, requested });
            }
            ("PID", Place::Line) => self.describe(segment.element(5)),
            ("N1" | "N9" | "SCH" | "SLN", Place::Line) => self.place = Place::LineDetail,
            ("SAC" | "ITA", Place::Header | Place::Party) => self.extra(segment),
            ("CTT", _) => {
                self.place = Place::Summary;
                self.counts = Some(*segment);
            }
            ("AMT", Place::Header | Place::Party | Place::Summary)
                if segment.element(1) == "TT" =>
            {
                self.total = Some(*segment);
            }
            _ => {}
        }
    }

    fn beginning(&mut self, segment: &Segment<'t>) {
        self.has_beginning = true;
        self.number = self.faults.keep(segment.element(3).parse(), || segment.at(3));
        self.date = self.faults.keep(date(segment.element(5)), || segment.at(5));
        // 01: cancellation, 03: deletion
        if matches!(segment.element(1), "01" | "03") {
            self.status = OrderStatus::Cancelled;
        }
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

    /// 002 and 106: delivery is requested or required by then; 010: shipment.
    fn requested(&mut self, segment: &Segment<'t>) {
        let code = segment.element(1);
        if !matches!(code, "002" | "106" | "010") {
            return;
        }
        let date = self.faults.keep(date(segment.element(2)), || segment.at(2));
        let slot = match self.lines.last_mut() {
            Some(line) => &mut line.requested,
            None => &mut self.requested,
        };
        if code != "010" || slot.is_none() {
            *slot = date;
        }
    }

    fn describe(&mut self, words: &str) {
        if let Some(line) = self.lines.last_mut().filter(|it| it.description.is_empty()) {
            line.description = words.chars().filter(|it| !it.is_control()).collect();
        }
    }

    fn extra(&mut self, segment: &Segment<'t>) {
        match charge::read(segment, self.currency, self.faults) {
            Some(Extra::Allowance(amount)) => self.extras -= amount.exact(),
            Some(Extra::Charge(_, _)) if self.charges.len() == CHARGES_MAX => {
                let detail = format!("a document has at most {CHARGES_MAX} charges");
                self.faults.add(segment.place(), detail);
            }
            Some(Extra::Charge(kind, amount)) => {
                self.extras += amount.exact();
                self.charges.push(PlannedCharge { kind, amount });
            }
            Some(Extra::Tax(amount)) => self.extras += amount.exact(),
            None => {}
        }
    }

    fn finish(mut self, set: &Set<'t>, trailer: &Segment<'t>) -> Option<ParsedOrder> {
        let numbers: Vec<_> =
            self.lines.iter().map(|it| (it.segment, it.segment.element(1).parse().ok())).collect();
        item::check_totals(self.counts, &numbers, self.faults);
        let numbers = item::line_numbers(&numbers, self.faults);
        let lines = std::mem::take(&mut self.lines).into_iter().zip(numbers);
        let requested = self.requested;
        let lines: Vec<PurchaseOrderLine> =
            lines.filter_map(|(line, number)| finish_line(line, number, requested)).collect();
        let stated = self.stated(&lines);
        let (supplier_id, supplier) = self.parties.supplier(&SUPPLIER, set.receiver);
        let (facility_id, buyer_facility) = self.parties.facilities();
        let missing = || trailer.place();
        self.faults.need(self.has_beginning.then_some(()), missing, "BEG, number and date,");
        let supplier_id = self.faults.need(supplier_id, missing, "N1, the supplier's name,");
        let order = PurchaseOrder {
            kind: OrderKind::Standard,
            legal_entity: None,
            contract_number: None,
            limit_amount: None,
            released_amount: None,
            valid_from: None,
            valid_to: None,
            number: self.number?,
            version: 1,
            supplier_id: supplier_id?,
            currency: self.currency,
            status: self.status,
            order_date: self.date?,
            facility_id,
            freight_terms: self.freight_terms,
            planned_charges: self.charges,
            lines,
            external_ids: Vec::new(),
        };
        let control = set.control.clone();
        Some(ParsedOrder { order, supplier, buyer_facility, stated, control })
    }

    /// The stated total has no place in an order, so that one which contradicts the lines is a
    /// fault: nothing later could notice it.
    fn stated(&mut self, lines: &[PurchaseOrderLine]) -> StatedTotals {
        let Some(segment) = self.total else {
            return StatedTotals::default();
        };
        let gross = charge::written(&segment, 2, self.currency, self.faults);
        let line_sum: Exact = lines
            .iter()
            .filter_map(|it| {
                number::extended(it.quantity.value, it.unit_price, it.price_base, self.currency)
            })
            .map(|it| it.exact())
            .sum();
        if let Some(gross) = gross.map(|it| it.exact())
            && gross != line_sum
            && gross != &line_sum + &self.extras
            && self.faults.is_empty()
        {
            let sum = exact_text(&line_sum);
            let detail = format!("the stated total is not {sum}, which the lines add up to");
            self.faults.add(segment.at(2), detail);
        }
        StatedTotals { gross, ..StatedTotals::default() }
    }
}

fn finish_line(
    line: Line<'_>,
    line_number: u32,
    requested: Option<Date>,
) -> Option<PurchaseOrderLine> {
    let item = line.item?;
    Some(PurchaseOrderLine {
        earlier_prices: Vec::new(),
        pricing_quantity: None,
        tax_code: None,
        class: None,
        line_number,
        item_id: item.item_id,
        description: line.description,
        quantity: item.quantity,
        unit_price: item.unit_price,
        price_base: item.price_base,
        price_is_estimated: item.price_is_estimated,
        match_mode: None,
        match_basis: MatchBasis::default(),
        receipt_based_invoice: false,
        closed: false,
        requested_date: line.requested.or(requested),
        promised_date: None,
        supplier_item_number: item.supplier_item_number,
        cost_center_id: None,
        external_ids: Vec::new(),
    })
}

/// Who pays the freight, by FOB01 (element 146).
fn freight_terms(code: &str) -> Option<FreightTerms> {
    match code {
        "PP" => Some(FreightTerms::PrepaidNoCharge),
        "PC" => Some(FreightTerms::PrepaidAndAdd),
        "CC" => Some(FreightTerms::Collect),
        _ => None,
    }
}
