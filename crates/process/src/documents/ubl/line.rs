//! One line of an invoice or a credit note.

use super::spot::Spot;
use super::{Inherited, Reading};
use crate::documents::fault::Faults;
use crate::documents::number;
use canonical::{Decimal, Exact, Gtin, InvoiceLine, Quantity, Uom};
use std::borrow::Cow;
use std::collections::HashSet;

/// The numbers of the lines: their own where every line has one, else their positions. A number
/// that comes twice is a fault.
pub(super) fn numbers(lines: &[Spot<'_>], faults: &mut Faults) -> Vec<u32> {
    let own: Option<Vec<u32>> = lines.iter().map(|it| it.text(&["ID"])?.parse().ok()).collect();
    let Some(own) = own else {
        return (1..).take(lines.len()).collect();
    };
    let mut seen = HashSet::with_capacity(own.len());
    for (line, number) in lines.iter().zip(&own) {
        if !seen.insert(*number) {
            faults.add(line.pointer(&["ID"]), format!("line {number} comes twice"));
        }
    }
    own
}

impl Reading<'_, '_> {
    pub(super) fn line(
        &mut self,
        spot: &Spot<'_>,
        line_number: u32,
        inherited: &Inherited,
    ) -> Option<InvoiceLine> {
        let quantity = self.quantity(spot);
        let net = self.needed_amount(spot, &["LineExtensionAmount"]);
        let price = self.price(spot);
        let price_base = quantity.as_ref().and_then(|it| self.price_base(spot, &it.uom));
        let extras = self.allowances(spot);
        let own_order = ["OrderLineReference", "OrderReference", "ID"];
        let order = spot.parse(&own_order, self.faults).or_else(|| inherited.order.clone());
        let item_at = ["Item", "BuyersItemIdentification", "ID"];
        let item_id = spot.parse(&item_at, self.faults);
        let receipt = spot
            .parse(&["ReceiptLineReference", "DocumentReference", "ID"], self.faults)
            .or_else(|| {
                spot.parse(&["DespatchLineReference", "DocumentReference", "ID"], self.faults)
            })
            .or_else(|| inherited.receipt.clone());
        let (charges, allowances) = extras?;
        let charges: Exact = charges.iter().map(|it| it.amount.exact()).sum();
        let own = |path: &[&str]| spot.text(path).map(Cow::into_owned);
        let name = own(&["Item", "Name"]);
        Some(InvoiceLine {
            lot_numbers: Vec::new(),
            serial_numbers: Vec::new(),
            tax_code: tax_code(spot),
            cost_center_id: None,
            pricing_quantity: None,
            line_number,
            purchase_order_number: order,
            // a line of the order is known by a number, or not at all
            purchase_order_line: spot
                .text(&["OrderLineReference", "LineID"])
                .and_then(|it| it.parse().ok()),
            receipt_number: receipt,
            item_id,
            gtin: gtin(spot),
            supplier_item_number: own(&["Item", "SellersItemIdentification", "ID"]),
            manufacturer_part_number: own(&["Item", "ManufacturersItemIdentification", "ID"]),
            description: name.or_else(|| own(&["Item", "Description"])).unwrap_or_default(),
            quantity: quantity?,
            unit_price: price?,
            price_base: price_base?,
            discount_amount: self.sum(&(allowances - charges), spot)?,
            net_amount: net?,
        })
    }

    /// The quantity; a line of a credit note may do without one.
    fn quantity(&mut self, spot: &Spot<'_>) -> Option<Quantity> {
        let path = [if self.is_credit { "CreditedQuantity" } else { "InvoicedQuantity" }];
        let Some(text) = spot.text(&path) else {
            if self.is_credit {
                let uom = self.table.unit("C62").ok()?;
                return Some(Quantity { value: Decimal::ZERO, uom });
            }
            self.faults.add(spot.pointer(&path), "the quantity is missing");
            return None;
        };
        let value = self.faults.keep(number::decimal(&text), || spot.pointer(&path));
        let Some(code) = spot.attribute(&path) else {
            self.faults.add(spot.pointer(&path), "the quantity has no unitCode");
            return None;
        };
        let uom = self.faults.keep(self.table.unit(code), || spot.pointer(&path));
        Some(Quantity { value: value?, uom: uom? })
    }

    fn price(&mut self, spot: &Spot<'_>) -> Option<Decimal> {
        let path = ["Price", "PriceAmount"];
        let pointer = || spot.pointer(&path);
        let text = self.faults.need(spot.text(&path), pointer, "the price")?;
        if let Some(currency) = spot.attribute(&path).filter(|it| *it != self.currency.code()) {
            let detail = format!("the price is in {currency}, the document in {}", self.currency);
            self.faults.add(pointer(), detail);
            return None;
        }
        self.faults.keep(number::decimal(&text), pointer)
    }

    /// How many units the price is for, in the line's own unit: there is no factor between two.
    fn price_base(&mut self, spot: &Spot<'_>, uom: &Uom) -> Option<Decimal> {
        let path = ["Price", "BaseQuantity"];
        let pointer = || spot.pointer(&path);
        let Some(text) = spot.text(&path) else {
            return Some(Decimal::ONE);
        };
        let base = self.faults.keep(number::decimal(&text), pointer)?;
        if let Some(code) = spot.attribute(&path) {
            let unit = self.faults.keep(self.table.unit(code), pointer)?;
            if unit != *uom {
                let detail = format!("the price is per {unit}, the quantity is in {uom}");
                self.faults.add(pointer(), detail);
                return None;
            }
        }
        if base.is_zero() || base.is_negative() {
            self.faults.add(pointer(), "a price is for more than zero units");
            return None;
        }
        Some(base)
    }
}

/// The category (UNCL 5305) and the percent of the line's tax, as in `S 25`.
fn tax_code(spot: &Spot<'_>) -> Option<String> {
    let category = spot.text(&["Item", "ClassifiedTaxCategory", "ID"])?;
    let percent = spot.text(&["Item", "ClassifiedTaxCategory", "Percent"]);
    let percent = percent.and_then(|it| number::decimal(&it).ok()).map(|it| {
        // 25.00 and 25 are the same tax
        canonical::exact_text(&it.exact())
    });
    Some(percent.map_or_else(|| category.to_string(), |percent| format!("{category} {percent}")))
}

/// The GTIN (ISO 6523: 0160). A wrong check digit makes it no GTIN, and leaves the other numbers to
/// find the item by.
fn gtin(spot: &Spot<'_>) -> Option<Gtin> {
    let path = ["Item", "StandardItemIdentification", "ID"];
    let is_gtin = spot.attribute(&path).is_none_or(|it| matches!(it, "0160" | "GTIN"));
    spot.text(&path).filter(|_| is_gtin).and_then(|it| it.parse().ok())
}
