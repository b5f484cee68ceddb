//! One IT1 loop of an 810.

use crate::documents::fault::Faults;
use crate::documents::x12::charge;
use crate::documents::x12::item::Item;
use crate::documents::x12::segment::Segment;
use crate::documents::{TEXT_BYTES_MAX, number};
use canonical::{Currency, Decimal, Exact, InvoiceLine, PurchaseOrderNumber};

#[derive(Debug)]
pub(super) struct Line<'t> {
    pub(super) segment: Segment<'t>,
    /// `None` where the IT1 had a fault.
    item: Option<Item>,
    description: String,
    /// Allowances less charges.
    pub(super) discount: Exact,
    net: Option<Decimal>,
}

impl<'t> Line<'t> {
    pub(super) fn new(segment: Segment<'t>, item: Option<Item>) -> Self {
        Self { segment, item, description: String::new(), discount: Exact::default(), net: None }
    }

    /// The line's own number, where it is one.
    pub(super) fn number(&self) -> Option<u32> {
        self.segment.element(1).parse().ok()
    }

    /// Takes a REF, PID or PAM of the line.
    pub(super) fn take(&mut self, segment: &Segment<'t>, currency: Currency, faults: &mut Faults) {
        match (segment.id(), segment.element(1)) {
            ("PID", _) => self.describe(segment.element(5)),
            // 1: the line's total
            ("PAM", _) if segment.element(4) == "1" => {
                self.net = charge::written(segment, 5, currency, faults);
            }
            ("REF", "PO") => {
                if let Some(item) = &mut self.item {
                    item.order = faults.keep(segment.element(2).parse(), || segment.at(2));
                }
            }
            ("REF", "LI" | "PL") => {
                if let Some(item) = &mut self.item {
                    item.order_line = item.order_line.or_else(|| segment.element(2).parse().ok());
                }
            }
            _ => {}
        }
    }

    fn describe(&mut self, words: &str) {
        if words.is_empty() || self.description.len() + words.len() > TEXT_BYTES_MAX {
            return;
        }
        if !self.description.is_empty() {
            self.description.push(' ');
        }
        self.description.extend(words.chars().filter(|it| !it.is_control()));
    }

    pub(super) fn finish(
        self,
        line_number: u32,
        order: Option<&PurchaseOrderNumber>,
        currency: Currency,
        faults: &mut Faults,
    ) -> Option<InvoiceLine> {
        let item = self.item?;
        let price = (item.unit_price, item.price_base);
        let discount = number::total(&self.discount, currency);
        let discount = discount.ok_or("the allowances of the line have over 15 digits");
        let discount_amount = faults.keep(discount, || self.segment.place())?;
        let net = self.net.or_else(|| {
            let extended = number::extended(item.quantity.value, price.0, price.1, currency)?;
            number::total(&(extended.exact() - &self.discount), currency)
        });
        let net = net.ok_or("quantity times price has over 15 digits");
        let net_amount = faults.keep(net, || self.segment.at(4))?;
        Some(InvoiceLine {
            lot_numbers: Vec::new(),
            serial_numbers: Vec::new(),
            tax_code: None,
            cost_center_id: None,
            pricing_quantity: None,
            line_number,
            purchase_order_number: item.order.or_else(|| order.cloned()),
            purchase_order_line: item.order_line,
            receipt_number: None,
            item_id: item.item_id,
            gtin: item.gtin,
            supplier_item_number: item.supplier_item_number,
            manufacturer_part_number: item.manufacturer_part_number,
            description: self.description,
            quantity: item.quantity,
            unit_price: item.unit_price,
            price_base: item.price_base,
            discount_amount,
            net_amount,
        })
    }
}
