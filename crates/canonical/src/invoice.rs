//! A supplier's invoice as received: evidence, never rewritten.

use crate::purchase_order::decimal_one;
use crate::{
    CostCenterId, Currency, Decimal, FacilityId, Gtin, ItemId, PurchaseOrderNumber, Quantity,
    ReceiptNumber, SupplierId, SupplierInvoiceNumber,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A supplier's invoice (X12 810, UBL Invoice). Amounts are in `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// The number the supplier gave it.
    pub supplier_invoice_number: SupplierInvoiceNumber,
    /// Who sent it.
    pub supplier_id: SupplierId,
    /// What kind of invoice it is.
    #[serde(default)]
    pub kind: InvoiceKind,
    /// The date printed on it.
    pub invoice_date: Date,
    /// The currency of every amount on it.
    pub currency: Currency,
    /// The facility it is for, where the document or the sender says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// The invoice that a credit or debit memo cites, by the number the supplier gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cited_invoice_number: Option<SupplierInvoiceNumber>,
    /// The fingerprint of the account it asks to be paid to: SHA-256 of the account number, in
    /// hexadecimal digits. The account number itself is never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remit_to: Option<String>,
    /// The rate from `currency` to the functional currency at which it is booked, where that is
    /// settled; without it, the published rate of the invoice date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
    /// The lines.
    pub lines: Vec<InvoiceLine>,
    /// Freight, handling and other charges of the document.
    #[serde(default)]
    pub charges: Vec<Charge>,
    /// Discount on the document, as a positive amount.
    #[serde(default)]
    pub discount_amount: Decimal,
    /// Tax of the document.
    #[serde(default)]
    pub tax_amount: Decimal,
    /// What the document asks for in all, tax included, before prepayments.
    pub gross_amount: Decimal,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceLine {
    /// The line's number; one of a kind within the invoice.
    pub line_number: u32,
    /// The order billed, as stated.
    #[serde(default)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line billed, as stated.
    #[serde(default)]
    pub purchase_order_line: Option<u32>,
    /// The receipt billed, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<ReceiptNumber>,
    /// Our item number, as stated.
    #[serde(default)]
    pub item_id: Option<ItemId>,
    /// The GTIN of the packaging level billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
    /// The supplier's catalogue number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item_number: Option<String>,
    /// The manufacturer's part number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer_part_number: Option<String>,
    /// What is billed, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The lots billed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lot_numbers: Vec<String>,
    /// The serial numbers billed, one for each piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
    /// The tax code, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// The cost centre charged by an invoice without an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center_id: Option<CostCenterId>,
    /// The same goods in the unit they are priced in, where that varies from piece to piece
    /// (catch weight; SAP: order price unit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing_quantity: Option<Quantity>,
    /// How much is billed.
    pub quantity: Quantity,
    /// The price of `price_base` units of the line's own unit.
    pub unit_price: Decimal,
    /// How many units the price is for.
    #[serde(default = "decimal_one")]
    pub price_base: Decimal,
    /// Allowances of the line less its charges, as a positive amount.
    #[serde(default)]
    pub discount_amount: Decimal,
    /// What the line asks for after its discount, before tax.
    pub net_amount: Decimal,
}

/// A charge of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: ChargeKind,
    /// How much.
    pub amount: Decimal,
}

/// What a charge is for (`domain.md` A13).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// Carriage.
    Freight,
    /// Handling.
    Handling,
    /// Fuel surcharge.
    Fuel,
    /// Hazardous material.
    Hazmat,
    /// Small order surcharge.
    SmallOrder,
    /// Restocking fee.
    Restocking,
    /// Deposit.
    Deposit,
    /// Anything else.
    Other,
}

impl ChargeKind {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Freight => "freight",
            Self::Handling => "handling",
            Self::Fuel => "fuel",
            Self::Hazmat => "hazmat",
            Self::SmallOrder => "small_order",
            Self::Restocking => "restocking",
            Self::Deposit => "deposit",
            Self::Other => "other",
        }
    }
}

/// What kind of invoice a document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// An invoice for goods or services of an order.
    #[default]
    Standard,
    /// A credit for quantity.
    QuantityCredit,
    /// A credit for price.
    PriceCredit,
    /// A debit memo.
    Debit,
    /// A prepayment.
    Prepayment,
    /// An invoice without an order.
    NonPo,
    /// An invoice that we made (ERS).
    SelfBilled,
    /// Freight alone.
    FreightOnly,
}

impl InvoiceKind {
    /// Whether it takes back what another invoice asked for: its amounts are written above zero and
    /// count below it.
    #[must_use]
    pub const fn is_credit(self) -> bool {
        matches!(self, Self::QuantityCredit | Self::PriceCredit)
    }

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::QuantityCredit => "quantity_credit",
            Self::PriceCredit => "price_credit",
            Self::Debit => "debit",
            Self::Prepayment => "prepayment",
            Self::NonPo => "non_po",
            Self::SelfBilled => "self_billed",
            Self::FreightOnly => "freight_only",
        }
    }
}

/// Where an invoice stands (`domain.md` A4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    /// Taken in.
    Received,
    /// Put aside by a person.
    Parked,
    /// Cannot be booked until data or a person decides.
    Exception,
    /// Owed, and payment waits.
    Blocked,
    /// Owed, and matched.
    Matched,
    /// Released for payment.
    ApprovedForPayment,
    /// In a payment run.
    InPaymentRun,
    /// Paid in part.
    PartiallyPaid,
    /// Paid.
    Paid,
    /// In dispute with the supplier.
    Disputed,
    /// Sent back to the supplier.
    Rejected,
    /// Reversed after booking.
    Cancelled,
}

impl InvoiceState {
    /// Whether the invoice's claims on order lines count (`domain.md` A7.1).
    #[must_use]
    pub const fn is_booked(self) -> bool {
        matches!(
            self,
            Self::Blocked
                | Self::Matched
                | Self::ApprovedForPayment
                | Self::InPaymentRun
                | Self::PartiallyPaid
                | Self::Paid
                | Self::Disputed
        )
    }

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Parked => "parked",
            Self::Exception => "exception",
            Self::Blocked => "blocked",
            Self::Matched => "matched",
            Self::ApprovedForPayment => "approved_for_payment",
            Self::InPaymentRun => "in_payment_run",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Disputed => "disputed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}
