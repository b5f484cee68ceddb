//! The 856, an advance ship notice: a tree of shipment, orders, packages and items (HL).

use super::item::{self, Numbers, TRACES_MAX};
use super::party::Parties;
use super::segment::Segment;
use super::{Context, Reader, date, walk};
use crate::documents::fault::{ElementCode, Faults};
use crate::documents::mapping::DateUse;
use crate::documents::number;
use crate::documents::{LINES_MAX, ParsedShipNotice};
use canonical::{PurchaseOrderNumber, Quantity, ShipNotice, ShipNoticeLine};
use jiff::civil::Date;
use std::collections::HashSet;

/// The roles of the supplier's side: supplier, vendor, selling party, ship-from, shipper.
const SUPPLIER: [&str; 5] = ["SU", "VN", "SE", "SF", "SH"];
/// The most levels of one notice.
const LEVELS_MAX: usize = 40_000;
/// How deep levels are nested at most.
const DEPTH_MAX: usize = 12;

pub(super) fn read<'t>(
    context: &Context<'_, 't>,
    segments: impl Iterator<Item = Segment<'t>>,
    faults: &mut Faults,
) -> Option<ParsedShipNotice> {
    walk(Reading::new(context, faults), segments)
}

/// One level of the tree that is open.
#[derive(Debug)]
struct Level<'t> {
    id: &'t str,
    kind: &'t str,
    order: Option<PurchaseOrderNumber>,
    sscc: Option<String>,
}

#[derive(Debug)]
struct Line<'t> {
    segment: Segment<'t>,
    numbers: Numbers,
    order: Option<PurchaseOrderNumber>,
    sscc: Vec<String>,
    description: String,
    quantity: Option<Quantity>,
    stated: &'t str,
    expires: Option<Date>,
}

#[derive(Debug, Default)]
struct Dates {
    shipped: Option<Date>,
    expected: Option<Date>,
}

#[derive(Debug)]
struct Reading<'f, 't> {
    context: &'f Context<'f, 't>,
    faults: &'f mut Faults,
    has_beginning: bool,
    number: &'t str,
    cancelled: bool,
    date: Option<Date>,
    dates: Dates,
    packing_slip: &'t str,
    bill_of_lading: &'t str,
    tracking: &'t str,
    parties: Parties<'t>,
    levels: usize,
    ids: HashSet<&'t str>,
    open: Vec<Level<'t>>,
    lines: Vec<Line<'t>>,
    counts: Option<Segment<'t>>,
}

impl<'f, 't> Reading<'f, 't> {
    fn new(context: &'f Context<'f, 't>, faults: &'f mut Faults) -> Self {
        Self {
            context,
            faults,
            has_beginning: false,
            number: "",
            cancelled: false,
            date: None,
            dates: Dates::default(),
            packing_slip: "",
            bill_of_lading: "",
            tracking: "",
            parties: Parties::default(),
            levels: 0,
            ids: HashSet::new(),
            open: Vec::new(),
            lines: Vec::new(),
            counts: None,
        }
    }
}

impl<'t> Reader<'t> for Reading<'_, 't> {
    type Read = ParsedShipNotice;

    fn take(&mut self, segment: &Segment<'t>) {
        match segment.id() {
            "BSN" => self.beginning(segment),
            "HL" => self.level(segment),
            "DTM" => self.dated(segment),
            "REF" => self.reference(segment),
            "N1" => self.parties.open(segment, self.context.table, self.faults),
            "PRF" => self.order(segment),
            "MAN" => self.label(segment),
            "LIN" => self.item(segment),
            "SN1" => self.quantity(segment),
            "PID" => {
                if let Some(line) = self.line() {
                    item::describe(&mut line.description, segment.element(5));
                }
            }
            "CTT" => self.counts = Some(*segment),
            _ => {}
        }
    }

    fn excess(&self) -> Option<String> {
        let is_full = self.lines.len() > LINES_MAX || self.levels > LEVELS_MAX;
        is_full.then(|| format!("a ship notice has at most {LINES_MAX} lines, {LEVELS_MAX} levels"))
    }

    fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    fn finish(mut self, trailer: &Segment<'t>) -> Option<Self::Read> {
        self.check_counts();
        let (supplier_id, supplier) = self.parties.supplier(&SUPPLIER, true, self.context);
        let (_own, buyer_facility) = self.parties.facilities();
        let missing = |what| move || trailer.place().missing(what);
        let beginning = self.has_beginning.then_some(());
        self.faults.need(beginning, missing("BSN"), "BSN, number and date,");
        let supplier_id = self.faults.need(supplier_id, missing("N1"), "N1, the supplier's name,");
        // some name the shipment by its packing slip alone
        let named = [self.number, self.packing_slip, self.bill_of_lading];
        let number = named.into_iter().find(|it| !it.is_empty());
        let number = self.faults.need(number, missing("BSN"), "BSN, the number of the shipment,");
        let mut lines = Vec::with_capacity(self.lines.len());
        for (line_number, line) in (1..).zip(self.lines) {
            lines.extend(finish_line(line, line_number, self.faults));
        }
        let text = |it: &str| Some(it.to_owned()).filter(|it| !it.is_empty());
        let notice = ShipNotice {
            number: number?.to_owned(),
            supplier_id: supplier_id?,
            cancelled: self.cancelled,
            notice_date: self.date?,
            shipped_date: self.dates.shipped,
            expected_date: self.dates.expected,
            packing_slip: text(self.packing_slip),
            bill_of_lading: text(self.bill_of_lading),
            tracking_number: text(self.tracking),
            lines,
            external_ids: Vec::new(),
        };
        let control = self.context.control.clone();
        Some(ParsedShipNotice { notice, supplier, buyer_facility, control })
    }
}

impl<'t> Reading<'_, 't> {
    fn beginning(&mut self, segment: &Segment<'t>) {
        self.has_beginning = true;
        self.number = segment.element(2);
        // 01: cancellation, 03: deletion
        self.cancelled = matches!(segment.element(1), "01" | "03");
        let date = date(segment.element(3));
        self.date = self.faults.keep(date, || segment.at(3).code(ElementCode::Date));
    }

    /// A level belongs to its parent, or, where none is named, to the last one that is wider.
    fn level(&mut self, segment: &Segment<'t>) {
        self.levels += 1;
        let (id, parent, kind) = (segment.element(1), segment.element(2), segment.element(3));
        if id.is_empty() || !self.ids.insert(id) {
            let detail = format!("the level \"{id}\" has no number, or stands here twice");
            self.faults.add(segment.at(1), detail);
        }
        let keep = if parent.is_empty() {
            self.open.iter().position(|it| width(it.kind) >= width(kind))
        } else {
            self.open.iter().position(|it| it.id == parent).map(|it| it + 1)
        };
        match keep {
            Some(keep) => self.open.truncate(keep),
            None if parent.is_empty() => {}
            None => {
                let detail = format!("there is no level \"{parent}\" around this one");
                self.faults.add(segment.at(2), detail);
            }
        }
        if self.open.len() == DEPTH_MAX {
            let detail = format!("levels are nested at most {DEPTH_MAX} deep");
            return self.faults.add(segment.place(), detail);
        }
        self.open.push(Level { id, kind, order: None, sscc: None });
    }

    fn dated(&mut self, segment: &Segment<'t>) {
        let used = self.context.table.date(segment.element(1));
        let is_item = self.is_item();
        if !matches!(used, DateUse::Shipped | DateUse::Promised | DateUse::Expires) {
            return;
        }
        let date = date(segment.element(2));
        let date = self.faults.keep(date, || segment.at(2).code(ElementCode::Date));
        match used {
            DateUse::Shipped if !is_item => self.dates.shipped = date,
            DateUse::Promised if !is_item => self.dates.expected = date,
            DateUse::Expires => {
                if let Some(line) = self.line() {
                    line.expires = date;
                }
            }
            _ => {}
        }
    }

    fn reference(&mut self, segment: &Segment<'t>) {
        let value = segment.element(2);
        let first = |slot: &mut &'t str| {
            if slot.is_empty() {
                *slot = value;
            }
        };
        match segment.element(1) {
            "PK" => first(&mut self.packing_slip),
            "BM" => first(&mut self.bill_of_lading),
            "CN" | "2I" => first(&mut self.tracking),
            "LT" | "BT" => self.trace(segment, |it| &mut it.lots),
            "SE" => self.trace(segment, |it| &mut it.serials),
            _ => {}
        }
        if self.open.is_empty() {
            self.parties.reference(segment);
        }
    }

    fn trace(&mut self, segment: &Segment<'t>, of: fn(&mut Numbers) -> &mut Vec<String>) {
        let value = segment.element(2);
        let Some(line) = self.line().filter(|_| !value.is_empty()) else { return };
        let numbers = of(&mut line.numbers);
        if numbers.len() == TRACES_MAX {
            let detail = format!("a line has at most {TRACES_MAX} lots or serial numbers");
            return self.faults.add(segment.place(), detail);
        }
        numbers.push(value.to_owned());
    }

    fn order(&mut self, segment: &Segment<'t>) {
        let order = self.faults.keep(segment.element(1).parse(), || segment.at(1));
        match self.line() {
            Some(line) => line.order = order,
            None => {
                if let Some(level) = self.open.last_mut() {
                    level.order = order;
                }
            }
        }
    }

    /// GM: a serial shipping container code, with or without its application identifier.
    fn label(&mut self, segment: &Segment<'t>) {
        if segment.element(1) != "GM" {
            return;
        }
        let text = segment.element(2);
        let code = if text.len() == 20 { text.strip_prefix("00").unwrap_or(text) } else { text };
        if !is_sscc(code) {
            let detail = "an SSCC has 18 digits, the last a check digit";
            return self.faults.note(segment.at(2), detail);
        }
        if let Some(level) = self.open.last_mut() {
            level.sscc = Some(code.to_owned());
        }
    }

    fn item(&mut self, segment: &Segment<'t>) {
        if !self.is_item() {
            return self
                .faults
                .add(segment.place(), "an item belongs to a level of items (HL*…*I)");
        }
        let mut numbers = Numbers::default();
        for (qualifier, value, at) in segment.pairs(2).filter(|(_, value, _)| !value.is_empty()) {
            let table = self.context.table;
            numbers.take((qualifier, value), || segment.at(at), table, self.faults);
        }
        self.lines.push(Line {
            segment: *segment,
            numbers,
            order: self.open.iter().rev().find_map(|it| it.order.clone()),
            sscc: self.open.iter().filter_map(|it| it.sscc.clone()).collect(),
            description: String::new(),
            quantity: None,
            stated: "",
            expires: None,
        });
    }

    fn quantity(&mut self, segment: &Segment<'t>) {
        let table = self.context.table;
        let value = number::decimal_marked(segment.element(2), table.decimal_mark());
        let value = self.faults.keep(value, || segment.at(2));
        let unit = table.unit(segment.element(3));
        let uom = self.faults.keep(unit, || segment.at(3).code(ElementCode::Code));
        match self.line() {
            Some(line) => {
                line.stated = segment.element(2);
                line.quantity = value
                    .zip(uom)
                    .map(|(value, uom)| Quantity { value, uom })
                    .or(line.quantity.take());
            }
            None => self.faults.add(segment.place(), "a quantity belongs to an item (LIN)"),
        }
    }

    fn is_item(&self) -> bool {
        self.open.last().is_some_and(|it| it.kind == "I")
    }

    /// The line that is open.
    fn line(&mut self) -> Option<&mut Line<'t>> {
        let is_item = self.is_item();
        self.lines.last_mut().filter(|_| is_item)
    }

    /// CTT counts the levels, some senders the items; and adds up what ships.
    fn check_counts(&mut self) {
        let Some(counts) = self.counts else { return };
        let stated = counts.element(1).parse();
        if stated != Ok(self.levels) && stated != Ok(self.lines.len()) {
            let detail = format!(
                "\"{}\" are stated, {} levels with {} items are there",
                counts.element(1),
                self.levels,
                self.lines.len()
            );
            self.faults.add(counts.at(1), detail);
        }
        let quantities: Vec<&str> = self.lines.iter().map(|it| it.stated).collect();
        item::hash_total(&counts, &quantities, self.context.table, self.faults);
    }
}

fn finish_line(line: Line<'_>, line_number: u32, faults: &mut Faults) -> Option<ShipNoticeLine> {
    let missing = || line.segment.place().missing("SN1");
    let quantity = faults.need(line.quantity, missing, "SN1, how much ships,");
    let numbers = line.numbers;
    Some(ShipNoticeLine {
        line_number,
        purchase_order_number: numbers.order.or(line.order),
        purchase_order_line: numbers.order_line,
        sscc: line.sscc,
        item_id: numbers.item_id,
        gtin: numbers.gtin,
        supplier_item_number: numbers.supplier_item_number,
        manufacturer_part_number: numbers.manufacturer_part_number,
        description: line.description,
        quantity: quantity?,
        lot_numbers: numbers.lots,
        serial_numbers: numbers.serials,
        expiry_date: line.expires,
    })
}

/// How wide a level is: a shipment holds orders and tares, these hold packs, these hold items.
fn width(kind: &str) -> u8 {
    match kind {
        "S" => 0,
        "O" => 1,
        "T" => 2,
        "P" => 3,
        _ => 4,
    }
}

fn is_sscc(code: &str) -> bool {
    let weighted = code.bytes().rev().zip([1u32, 3].into_iter().cycle());
    let sum: u32 =
        weighted.map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    code.len() == 18 && code.bytes().all(|it| it.is_ascii_digit()) && sum.is_multiple_of(10)
}
