//! A purchase order acknowledgement: what the supplier answers to an order, line by line.

use crate::purchase_order::decimal_one;
use crate::{
    Currency, Decimal, ExternalId, Gtin, ItemId, PurchaseOrderNumber, Quantity, SupplierId,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A supplier's answer to a purchase order (X12 855).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// The order that is answered.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Who answers.
    pub supplier_id: SupplierId,
    /// What is answered about the order as a whole.
    pub status: AcknowledgementStatus,
    /// The date of the answer.
    pub acknowledged_on: Date,
    /// The currency of its prices.
    pub currency: Currency,
    /// The number the supplier gave the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_order_number: Option<String>,
    /// When the whole order is promised for, where the document says so for no single line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_date: Option<Date>,
    /// The lines that it speaks of; none where the whole order is answered alike.
    #[serde(default)]
    pub lines: Vec<AcknowledgementLine>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// What is answered about an order as a whole (X12 element 587).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcknowledgementStatus {
    /// It arrived; nothing is promised yet.
    Received,
    /// It is accepted as it is.
    Accepted,
    /// It is accepted with what the lines change.
    AcceptedWithChanges,
    /// It is refused.
    Rejected,
}

/// What is answered about one line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgementLine {
    /// The order's line, or the place in the document where it names none.
    pub line_number: u32,
    /// Our item number, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<ItemId>,
    /// The GTIN, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
    /// The supplier's catalogue number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item_number: Option<String>,
    /// The manufacturer's part number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer_part_number: Option<String>,
    /// What it is, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How much the answer says was ordered.
    pub quantity: Quantity,
    /// The price that it will be billed at, for `price_base` units of the line's own unit; `null`
    /// where the document states none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// How many units the price is for.
    #[serde(default = "decimal_one")]
    pub price_base: Decimal,
    /// What becomes of the quantity, in parts; none where the document leaves it at the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<LineAnswer>,
}

/// What becomes of a quantity of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineAnswer {
    /// What is answered.
    pub status: LineStatus,
    /// For how much of the line; `null` for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// When it ships or arrives, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The supplier's number of the item that comes instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute: Option<String>,
}

/// What is answered about a quantity (X12 element 668).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// It comes as ordered.
    Accepted,
    /// It comes in another quantity.
    QuantityChanged,
    /// It comes at another price.
    PriceChanged,
    /// It comes on another date.
    DateChanged,
    /// It comes, with changes that the code does not tell apart.
    Changed,
    /// Another item comes instead.
    Substituted,
    /// It comes later, when there is some.
    Backordered,
    /// It waits: for an approval, a credit, a question.
    Held,
    /// It does not come.
    Rejected,
}
