//! What the supplier corrects on an invoice, and what of it is disputed.

use canonical::{ChargeKind, Currency, Decimal, PurchaseOrderNumber, Quantity, SupplierId, Uom};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a disputed amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The tax.
    Tax,
    /// Freight.
    Freight,
    /// Any other charge.
    Charges,
}

/// What the supplier corrects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum Correction {
    /// The unit of the quantity and of the price; the figures stay.
    Uom(Uom),
    /// The quantity, in the line's unit.
    Quantity(Decimal),
    /// The price of `price_base` units.
    UnitPrice(Decimal),
    /// The net amount of the line.
    NetAmount(Decimal),
    /// The order and the line that are billed.
    OrderLine(OrderLine),
    /// The total.
    GrossAmount(Decimal),
    /// The tax.
    TaxAmount(Decimal),
    /// All charges of one kind together.
    Charge(CorrectedCharge),
    /// The currency.
    Currency(Currency),
    /// The date.
    InvoiceDate(Date),
    /// The supplier.
    SupplierId(SupplierId),
    /// The account to pay to, of those that are known; `null` for none.
    RemitTo(Option<String>),
    /// The invoice that is credited or corrected.
    CitedInvoiceNumber(canonical::SupplierInvoiceNumber),
    /// The quantity of a credit that cites a line of this invoice.
    CreditQuantity(Quantity),
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Its line.
    pub purchase_order_line: u32,
}

/// A charge as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorrectedCharge {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: ChargeKind,
    /// How much.
    pub amount: Decimal,
}
