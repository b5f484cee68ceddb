//! A payable: the supplier invoice as the finance system keeps it, and what was paid of it.

use crate::{
    Currency, Decimal, ExternalId, InvoiceId, ItemId, Money, PayableId, PurchaseOrderNumber,
    Quantity, SupplierId, SupplierInvoiceNumber,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A supplier invoice in the finance system (SAP: logistics invoice; Oracle: payables invoice).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payable {
    /// Its id in the finance system.
    pub id: PayableId,
    /// Its document number, once it is posted.
    #[schema(required = true)]
    pub document_number: Option<String>,
    /// The supplier's own number for the invoice.
    pub reference: SupplierInvoiceNumber,
    /// The invoice of ours that it was made from: the key that makes a second post find the first.
    /// `null` where it was not made by this gateway.
    #[schema(required = true)]
    pub invoice_id: Option<InvoiceId>,
    /// Who is paid.
    pub supplier_id: SupplierId,
    /// The date printed on the invoice.
    #[schema(required = true)]
    pub invoice_date: Option<Date>,
    /// The accounting date, where the finance system says; else the invoice's date stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posting_date: Option<Date>,
    /// Where it stands.
    pub state: PayableState,
    /// What is owed in all, tax included.
    pub total: Money,
    /// The lines.
    pub lines: Vec<PayableLine>,
    /// What was paid of it.
    pub payment: Payment,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// One line of a payable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayableLine {
    /// The order billed.
    #[schema(required = true)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line billed.
    #[schema(required = true)]
    pub purchase_order_line: Option<u32>,
    /// The item billed.
    #[schema(required = true)]
    pub item_id: Option<ItemId>,
    /// How much.
    pub quantity: Quantity,
    /// At which price per unit.
    pub unit_price: Decimal,
    /// For how much, before tax.
    pub net: Money,
}

/// What to book: everything that a finance system needs to make a payable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayable {
    /// The invoice it is made from, and the idempotency key: creating twice finds the first.
    pub invoice_id: InvoiceId,
    /// The supplier's own number for the invoice.
    pub reference: SupplierInvoiceNumber,
    /// Who is paid.
    pub supplier_id: SupplierId,
    /// The date printed on the invoice.
    pub invoice_date: Date,
    /// The currency of every amount.
    pub currency: Currency,
    /// The lines; charges and the document's discount are lines without an order.
    pub lines: Vec<NewPayableLine>,
    /// Tax in all.
    #[serde(default)]
    pub tax_amount: Decimal,
    /// What is owed in all, tax included; a back end whose own sum differs refuses to post.
    pub gross_amount: Decimal,
}

/// One line to book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayableLine {
    /// The order billed; `null` for a charge.
    #[serde(default)]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line billed.
    #[serde(default)]
    pub purchase_order_line: Option<u32>,
    /// The item billed.
    #[serde(default)]
    pub item_id: Option<ItemId>,
    /// What it is, in words.
    #[serde(default)]
    pub description: String,
    /// How much.
    pub quantity: Quantity,
    /// At which price per `price_base` units.
    pub unit_price: Decimal,
    /// How many units the price is for.
    #[serde(default = "crate::purchase_order::decimal_one")]
    pub price_base: Decimal,
    /// For how much, before tax.
    pub net_amount: Decimal,
}

/// Where a payable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayableState {
    /// Entered, not yet in the ledger.
    Draft,
    /// In the ledger.
    Posted,
    /// Settled.
    Paid,
    /// Reversed.
    Cancelled,
}

/// What was paid of a payable (`domain.md` A4.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// How far payment has come.
    pub state: PaymentState,
    /// What was paid.
    pub paid: Money,
    /// What is still owed.
    pub outstanding: Money,
}

/// How far payment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Nothing was paid.
    Unpaid,
    /// Something was paid.
    PartiallyPaid,
    /// All was paid.
    Paid,
}
