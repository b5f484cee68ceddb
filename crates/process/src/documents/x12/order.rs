//! The 850, a purchase order.

use super::charge::{self, Extra};
use super::item::{self, Item};
use super::party::Parties;
use super::segment::Segment;
use super::{Context, Reader, date, walk};
use crate::documents::fault::{ElementCode, Faults};
use crate::documents::mapping::{DateUse, OrderTotal};
use crate::documents::number::Sum;
use crate::documents::{CHARGES_MAX, LINES_MAX, ParsedOrder, StatedTotals, number};
use canonical::{
    Currency, Decimal, FreightTerms, MatchBasis, OrderKind, OrderStatus, PlannedCharge,
    PurchaseOrder, PurchaseOrderLine, PurchaseOrderNumber, exact_text,
};
use jiff::civil::Date;

/// The roles of the supplier's side: selling party, vendor, supplier, ship-from.
const SUPPLIER: [&str; 4] = ["SE", "VN", "SU", "SF"];

pub(super) fn read<'t>(
    context: &Context<'_, 't>,
    segments: impl Iterator<Item = Segment<'t>>,
    faults: &mut Faults,
) -> Option<ParsedOrder> {
    walk(Reading::new(context, faults), segments)
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
    dates: Dates,
}

/// The dates of the order or of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Dates {
    requested: Option<Date>,
    promised: Option<Date>,
}

#[derive(Debug)]
struct Reading<'f, 't> {
    context: &'f Context<'f, 't>,
    faults: &'f mut Faults,
    place: Place,
    has_beginning: bool,
    number: Option<PurchaseOrderNumber>,
    date: Option<Date>,
    status: OrderStatus,
    currency: Currency,
    freight_terms: Option<FreightTerms>,
    kind: OrderKind,
    contract: Option<String>,
    version: u32,
    dates: Dates,
    parties: Parties<'t>,
    lines: Vec<Line<'t>>,
    charges: Vec<PlannedCharge>,
    /// Charges and tax less allowances of the document, for its stated total.
    extras: Sum,
    total: Option<Segment<'t>>,
    counts: Option<Segment<'t>>,
}

impl<'f, 't> Reading<'f, 't> {
    fn new(context: &'f Context<'f, 't>, faults: &'f mut Faults) -> Self {
        Self {
            context,
            faults,
            place: Place::Header,
            has_beginning: false,
            number: None,
            date: None,
            status: OrderStatus::Dispatched,
            currency: Currency::USD,
            freight_terms: None,
            kind: OrderKind::Standard,
            contract: None,
            version: 1,
            dates: Dates::default(),
            parties: Parties::default(),
            lines: Vec::new(),
            charges: Vec::new(),
            extras: Sum::default(),
            total: None,
            counts: None,
        }
    }
}

impl<'t> Reader<'t> for Reading<'_, 't> {
    type Read = ParsedOrder;

    fn take(&mut self, segment: &Segment<'t>) {
        match (segment.id(), self.place) {
            ("BEG", _) => self.beginning(segment),
            ("CUR", _) => self.currency(segment),
            ("FOB", Place::Header) => self.freight_terms = freight_terms(segment.element(1)),
            ("DTM", Place::Header | Place::Line) => self.dated(segment),
            // CT: contract
            ("REF", Place::Header) if segment.element(1) == "CT" => {
                self.contract = Some(segment.element(2).to_owned()).filter(|it| !it.is_empty());
            }
            // V0: version
            ("REF", Place::Header) if segment.element(1) == "V0" => {
                let version = self.faults.keep(segment.element(2).parse(), || segment.at(2));
                self.version = version.unwrap_or(self.version);
            }
            // EST: the price of the line is an estimate
            ("CTP", Place::Line) if segment.element(2) == "EST" => {
                if let Some(item) = self.lines.last_mut().and_then(|it| it.item.as_mut()) {
                    item.price_is_estimated = true;
                }
            }
            ("N1", Place::Header | Place::Party) => {
                self.parties.open(segment, self.context.table, self.faults);
                self.place = Place::Party;
            }
            ("REF", Place::Party) => self.parties.reference(segment),
            ("PO1", _) => {
                self.place = Place::Line;
                let item = item::read(segment, self.context.table, self.faults);
                let dates = Dates::default();
                let description = String::new();
                self.lines.push(Line { segment: *segment, item, description, dates });
            }
            ("PID", Place::Line) => {
                if let Some(line) = self.lines.last_mut() {
                    item::describe(&mut line.description, segment.element(5));
                }
            }
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

    fn excess(&self) -> Option<String> {
        let is_full = self.lines.len() > LINES_MAX;
        is_full.then(|| format!("an order has at most {LINES_MAX} lines"))
    }

    fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    fn finish(mut self, trailer: &Segment<'t>) -> Option<Self::Read> {
        let numbers: Vec<_> =
            self.lines.iter().map(|it| (it.segment, it.segment.element(1).parse().ok())).collect();
        let quantities: Vec<&str> = numbers.iter().map(|(it, _number)| it.element(2)).collect();
        item::check_totals(self.counts, &quantities, self.context.table, self.faults);
        let numbers = item::line_numbers(&numbers, self.faults);
        let lines = std::mem::take(&mut self.lines).into_iter().zip(numbers);
        let dates = self.dates;
        let lines: Vec<PurchaseOrderLine> =
            lines.filter_map(|(line, number)| finish_line(line, number, dates)).collect();
        let stated = self.stated(&lines);
        let (supplier_id, supplier) = self.parties.supplier(&SUPPLIER, false, self.context);
        let (facility_id, buyer_facility) = self.parties.facilities();
        let missing = |what| move || trailer.place().missing(what);
        self.faults.need(self.has_beginning.then_some(()), missing("BEG"), "BEG, number and date,");
        let supplier_id = self.faults.need(supplier_id, missing("N1"), "N1, the supplier's name,");
        let order = PurchaseOrder {
            kind: self.kind,
            legal_entity: None,
            contract_number: self.contract,
            limit_amount: None,
            released_amount: None,
            valid_from: None,
            valid_to: None,
            number: self.number?,
            version: self.version,
            supplier_id: supplier_id?,
            currency: self.currency,
            status: self.status,
            order_date: self.date?,
            facility_id,
            freight_terms: self.freight_terms,
            planned_charges: self.charges,
            lines,
            requisition_id: None,
            external_ids: Vec::new(),
        };
        let control = self.context.control.clone();
        Some(ParsedOrder { order, supplier, buyer_facility, stated, control })
    }
}

impl<'t> Reading<'_, 't> {
    fn beginning(&mut self, segment: &Segment<'t>) {
        self.has_beginning = true;
        self.number = self.faults.keep(segment.element(3).parse(), || segment.at(3));
        self.date =
            self.faults.keep(date(segment.element(5)), || segment.at(5).code(ElementCode::Date));
        self.kind = match segment.element(2) {
            "BK" => OrderKind::Blanket,
            "CN" => OrderKind::ConsignmentFill,
            _ => OrderKind::Standard,
        };
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

    fn dated(&mut self, segment: &Segment<'t>) {
        let used = self.context.table.date(segment.element(1));
        if !matches!(used, DateUse::Requested | DateUse::ShipRequested | DateUse::Promised) {
            return;
        }
        let date = date(segment.element(2));
        let date = self.faults.keep(date, || segment.at(2).code(ElementCode::Date));
        let dates = self.lines.last_mut().map_or(&mut self.dates, |line| &mut line.dates);
        match used {
            DateUse::Promised => dates.promised = date,
            DateUse::ShipRequested if dates.requested.is_some() => {}
            _ => dates.requested = date,
        }
    }

    fn extra(&mut self, segment: &Segment<'t>) {
        match charge::read(segment, self.currency, self.context.table, self.faults) {
            Some(Extra::Allowance(amount)) => self.extras.subtract(amount),
            Some(Extra::Charge(_, _)) if self.charges.len() == CHARGES_MAX => {
                let detail = format!("a document has at most {CHARGES_MAX} charges");
                self.faults.add(segment.place(), detail);
            }
            Some(Extra::Charge(kind, amount)) => {
                self.extras.add(amount);
                let (percent, billed_amount) = (None, None);
                self.charges.push(PlannedCharge { kind, amount, percent, billed_amount });
            }
            Some(Extra::Tax(amount)) => self.extras.add(amount),
            None => {}
        }
    }

    /// The stated total has no place in an order, so that one which contradicts the lines is a
    /// fault: nothing later could notice it.
    fn stated(&mut self, lines: &[PurchaseOrderLine]) -> StatedTotals {
        let Some(segment) = self.total else {
            return StatedTotals::default();
        };
        let table = self.context.table;
        let of_lines: Sum = lines.iter().filter_map(|it| extended(it, self.currency)).collect();
        let mut count = Sum::default();
        let (what, sum) = match table.order_total() {
            OrderTotal::Ignored => return StatedTotals::default(),
            OrderTotal::Amount => return self.stated_amount(&segment, of_lines),
            OrderTotal::Lines => {
                (0..lines.len()).for_each(|_| count.add(Decimal::ONE));
                ("the number of lines", count)
            }
            OrderTotal::Units => {
                lines.iter().for_each(|it| count.add(it.quantity.value));
                ("the number of units", count)
            }
        };
        let stated = number::decimal_marked(segment.element(2), table.decimal_mark());
        let stated = self.faults.keep(stated, || segment.at(2));
        if stated.is_some_and(|it| !sum.is(it)) {
            let sum = exact_text(&sum.exact());
            self.faults.add(segment.at(2), format!("the stated total is not {sum}, {what}"));
        }
        StatedTotals { line_total: of_lines.total(self.currency), ..StatedTotals::default() }
    }

    fn stated_amount(&mut self, segment: &Segment<'t>, of_lines: Sum) -> StatedTotals {
        let gross = charge::written(segment, 2, self.currency, self.context.table, self.faults);
        let mut with_extras = of_lines;
        with_extras.join(&self.extras);
        if let Some(gross) = gross
            && !of_lines.is(gross)
            && !with_extras.is(gross)
            && self.faults.is_empty()
        {
            let sum = exact_text(&of_lines.exact());
            let detail = format!("the stated total is not {sum}, which the lines add up to");
            self.faults.add(segment.at(2), detail);
        }
        StatedTotals { gross, ..StatedTotals::default() }
    }
}

fn extended(line: &PurchaseOrderLine, currency: Currency) -> Option<Decimal> {
    number::extended(line.quantity.value, line.unit_price, line.price_base, currency)
}

fn finish_line(line: Line<'_>, line_number: u32, dates: Dates) -> Option<PurchaseOrderLine> {
    let item = line.item?;
    Some(PurchaseOrderLine {
        earlier_prices: Vec::new(),
        pricing_quantity: None,
        tax_code: None,
        class: None,
        line_number,
        item_id: item.numbers.item_id,
        description: line.description,
        quantity: item.quantity,
        unit_price: item.unit_price,
        price_base: item.price_base,
        price_is_estimated: item.price_is_estimated,
        match_mode: None,
        match_basis: MatchBasis::default(),
        receipt_based_invoice: false,
        closed: false,
        requested_date: line.dates.requested.or(dates.requested),
        promised_date: line.dates.promised.or(dates.promised),
        supplier_item_number: item.numbers.supplier_item_number,
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
