//! What is known of invoices before this one: for duplicates and for prepayments.

use crate::{
    Currency, Decimal, InvoiceKind, InvoiceState, ItemId, PurchaseOrderNumber, Quantity,
    ReceiptNumber, SupplierId, SupplierInvoiceNumber,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An invoice that this gateway or the finance system knows already (`domain.md` A16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownInvoice {
    /// Its id.
    #[schema(example = "inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub id: String,
    /// Who sent it.
    pub supplier_id: SupplierId,
    /// The cluster of supplier numbers that its sender belonged to; without it, the suppliers
    /// among the facts say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_group: Option<SupplierId>,
    /// The number the supplier gave it.
    pub supplier_invoice_number: SupplierInvoiceNumber,
    /// Its kind: credits are compared with credits only.
    #[serde(default)]
    pub kind: InvoiceKind,
    /// Where it stands; a rejected invoice frees its number.
    pub state: InvoiceState,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What it asked for in all.
    pub gross_amount: Decimal,
    /// The date printed on it.
    pub invoice_date: Date,
    /// The fingerprint of the account it asked to be paid to, or of one that its supplier is paid
    /// to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remit_to: Option<String>,
    /// The tax id of its supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// What it billed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<KnownLine>,
}

/// What a known invoice billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownLine {
    /// The order.
    #[serde(default)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line.
    #[serde(default)]
    pub purchase_order_line: Option<u32>,
    /// The receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<ReceiptNumber>,
    /// The item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<ItemId>,
    /// How much.
    pub quantity: Quantity,
    /// What for, before tax.
    pub net_amount: Decimal,
    /// The serial numbers billed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_numbers: Vec<String>,
}

/// Money paid ahead on an order (`domain.md` A13): it reduces what is payable, not what is matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prepayment {
    /// The prepayment invoice.
    #[schema(example = "INV-500")]
    pub invoice: String,
    /// The order it was paid on.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The currency of its amounts.
    pub currency: Currency,
    /// When it was paid or, where that is not known, invoiced; the oldest is used first, and one
    /// without a date last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_on: Option<Date>,
    /// How much was paid ahead.
    pub amount: Decimal,
    /// How much of it final invoices used already.
    #[serde(default)]
    pub applied: Decimal,
}
