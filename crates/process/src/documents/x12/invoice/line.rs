//! One IT1 loop of an 810.

use crate::documents::fault::Faults;
use crate::documents::mapping::Table;
use crate::documents::number::{self, Sum};
use crate::documents::x12::charge;
use crate::documents::x12::item::{self, Item};
use crate::documents::x12::segment::Segment;
use canonical::{Currency, Decimal, InvoiceLine, PurchaseOrderNumber};

#[derive(Debug)]
pub(super) struct Line<'t> {
    pub(super) segment: Segment<'t>,
    /// `None` where the IT1 had a fault.
    item: Option<Item>,
    description: String,
    /// Allowances less charges.
    pub(super) discount: Sum,
    net: Option<Decimal>,
}

impl<'t> Line<'t> {
    pub(super) fn new(segment: Segment<'t>, item: Option<Item>) -> Self {
        Self { segment, item, description: String::new(), discount: Sum::default(), net: None }
    }

    /// The line's own number, where it is one.
    pub(super) fn number(&self) -> Option<u32> {
        self.segment.element(1).parse().ok()
    }

    /// Takes a REF, PID or PAM of the line.
    pub(super) fn take(
        &mut self,
        segment: &Segment<'t>,
        currency: Currency,
        table: &Table,
        faults: &mut Faults,
    ) {
        match (segment.id(), segment.element(1)) {
            ("PID", _) => item::describe(&mut self.description, segment.element(5)),
            // 1: the line's total
            ("PAM", _) if segment.element(4) == "1" => {
                self.net = charge::written(segment, 5, currency, table, faults);
            }
            ("REF", "PO") => {
                if let Some(item) = &mut self.item {
                    item.numbers.order = faults.keep(segment.element(2).parse(), || segment.at(2));
                }
            }
            ("REF", kind @ ("LT" | "BT" | "SE")) => self.trace(kind, segment, faults),
            ("REF", "LI" | "PL") => {
                if let Some(item) = &mut self.item {
                    let own = item.numbers.order_line;
                    item.numbers.order_line = own.or_else(|| segment.element(2).parse().ok());
                }
            }
            _ => {}
        }
    }

    /// LT, BT: a lot or batch; SE: a serial number.
    fn trace(&mut self, kind: &str, segment: &Segment<'t>, faults: &mut Faults) {
        let Some(item) = &mut self.item else { return };
        let numbers = &mut item.numbers;
        let kept = if kind == "SE" { &mut numbers.serials } else { &mut numbers.lots };
        if kept.len() == item::TRACES_MAX {
            let detail = format!("a line has at most {} lots or serial numbers", item::TRACES_MAX);
            faults.add(segment.place(), detail);
        } else if !segment.element(2).is_empty() {
            kept.push(segment.element(2).to_owned());
        }
    }

    pub(super) fn finish(
        self,
        line_number: u32,
        order: Option<&PurchaseOrderNumber>,
        currency: Currency,
        faults: &mut Faults,
    ) -> Option<InvoiceLine> {
        let item = self.item?;
        let numbers = item.numbers;
        let price = (item.unit_price, item.price_base);
        let discount = self.discount.total(currency);
        let discount = discount.ok_or("the allowances of the line have over 15 digits");
        let discount_amount = faults.keep(discount, || self.segment.place())?;
        let net = self.net.or_else(|| {
            let extended = number::extended(item.quantity.value, price.0, price.1, currency)?;
            if self.discount.is_zero() {
                return Some(extended);
            }
            let mut net = Sum::default();
            net.add(extended);
            net.subtract(discount_amount);
            net.total(currency)
        });
        let net = net.ok_or("quantity times price has over 15 digits");
        let net_amount = faults.keep(net, || self.segment.at(4))?;
        Some(InvoiceLine {
            lot_numbers: numbers.lots,
            serial_numbers: numbers.serials,
            tax_code: None,
            cost_center_id: None,
            pricing_quantity: None,
            line_number,
            purchase_order_number: numbers.order.or_else(|| order.cloned()),
            purchase_order_line: numbers.order_line,
            receipt_number: None,
            item_id: numbers.item_id,
            gtin: numbers.gtin,
            supplier_item_number: numbers.supplier_item_number,
            manufacturer_part_number: numbers.manufacturer_part_number,
            description: self.description,
            quantity: item.quantity,
            unit_price: item.unit_price,
            price_base: item.price_base,
            discount_amount,
            net_amount,
        })
    }
}
