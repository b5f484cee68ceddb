//! A purchase order: what we asked for, from whom, at which price.

use crate::{
    ChargeKind, CostCenterId, Currency, Decimal, ExternalId, FacilityId, ItemId,
    PurchaseOrderNumber, Quantity, RequisitionId, SupplierId,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A purchase order in the version in force (X12 850).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseOrder {
    /// The order's number.
    pub number: PurchaseOrderNumber,
    /// Its version: a change order makes the next one.
    #[serde(default = "one")]
    pub version: u32,
    /// Whom it went to.
    pub supplier_id: SupplierId,
    /// The currency of its prices.
    pub currency: Currency,
    /// Where it stands in its life (`domain.md` A4.2).
    pub status: OrderStatus,
    /// The date on the order.
    pub order_date: Date,
    /// The facility it ships to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// Who pays the freight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight_terms: Option<FreightTerms>,
    /// What kind of order it is (`domain.md` A3).
    #[serde(default, skip_serializing_if = "OrderKind::is_standard")]
    pub kind: OrderKind,
    /// The legal entity that buys, where the order says; else the facility's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_entity: Option<String>,
    /// The contract it was made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_number: Option<String>,
    /// The most that may be billed on a blanket or standing order, in its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_amount: Option<Decimal>,
    /// What was billed on it before the claims that come with the question, in its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_amount: Option<Decimal>,
    /// The first day of a blanket or standing order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day of a blanket or standing order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Charges agreed beforehand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned_charges: Vec<PlannedCharge>,
    /// The lines.
    pub lines: Vec<PurchaseOrderLine>,
    /// The requisition it was made from: the key that makes a second order find the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requisition_id: Option<RequisitionId>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// What to order: everything that a procurement system needs to make an order of a requisition. The
/// system gives the order its number, and may number its lines anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPurchaseOrder {
    /// The requisition it is made from, and the idempotency key: ordering twice finds the first.
    pub requisition_id: RequisitionId,
    /// Whom it goes to.
    pub supplier_id: SupplierId,
    /// The currency of its prices.
    pub currency: Currency,
    /// The date on the order.
    pub order_date: Date,
    /// The facility it ships to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// The contract it is made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_number: Option<String>,
    /// The lines.
    pub lines: Vec<PurchaseOrderLine>,
}

/// One line of a purchase order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseOrderLine {
    /// The line's number; one of a kind within the order.
    pub line_number: u32,
    /// The item; `null` for free text.
    #[serde(default)]
    pub item_id: Option<ItemId>,
    /// What is ordered, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How much is ordered, less what was cancelled.
    pub quantity: Quantity,
    /// The price of `price_base` units of the line's own unit.
    pub unit_price: Decimal,
    /// How many units the price is for: 1, 10, 100, 1000.
    #[serde(default = "decimal_one")]
    pub price_base: Decimal,
    /// Whether the price is an estimate, matched under its own tolerance (`PRICE_ESTIMATED`).
    #[serde(default)]
    pub price_is_estimated: bool,
    /// What an invoice is held against; `null` to be resolved by the policy (`domain.md` A5).
    #[serde(default)]
    pub match_mode: Option<MatchMode>,
    /// Whether quantities or amounts are compared.
    #[serde(default)]
    pub match_basis: MatchBasis,
    /// Whether each invoice line must be covered by receipts before it may be billed (SAP: GR-based
    /// invoice verification); without it, the invoice may come first and waits.
    #[serde(default)]
    pub receipt_based_invoice: bool,
    /// Earlier prices of the line, for policies that hold an invoice against the price at the order
    /// or at the receipt; oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_prices: Vec<EarlierPrice>,
    /// The ordered goods in the unit they are priced in (catch weight).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing_quantity: Option<Quantity>,
    /// The tax code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// The class of a line without an item, as an 8-digit UNSPSC code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Whether nothing more is expected on this line: short-closed or completed (`PO-04`).
    #[serde(default)]
    pub closed: bool,
    /// When it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<Date>,
    /// When the supplier promised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_date: Option<Date>,
    /// The supplier's catalogue number for the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item_number: Option<String>,
    /// The cost centre charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center_id: Option<CostCenterId>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// A price that an order line had before a change order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierPrice {
    /// The price of `price_base` units of the line's own unit.
    pub unit_price: Decimal,
    /// How many units the price is for.
    #[serde(default = "decimal_one")]
    pub price_base: Decimal,
    /// The last day it held.
    pub valid_to: Date,
}

/// What kind of order it is (`domain.md` A3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// For goods or services, once.
    #[default]
    Standard,
    /// For an amount over a time, called off as needed.
    Blanket,
    /// For a recurring delivery over a time.
    Standing,
    /// Made after use; the usage plays the receipt.
    BillOnly,
    /// Fills consigned stock: nothing is payable until it is used.
    ConsignmentFill,
    /// For services.
    Service,
    /// For capital equipment.
    Capital,
    /// Evaluated receipt settlement: we make the invoice.
    Ers,
}

impl OrderKind {
    /// Whether it is the ordinary kind.
    #[must_use]
    pub const fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }
}

/// Where an order stands in its life (`domain.md` A4.2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Being written.
    Draft,
    /// Waiting for approval.
    PendingApproval,
    /// Approved, not yet with the supplier.
    Approved,
    /// With the supplier.
    Dispatched,
    /// Called off; nothing may be billed (`PO-03`).
    Cancelled,
    /// Delivered and billed in full; may be re-opened by a late fact.
    Completed,
    /// Closed for good (`PO-05`).
    FinallyClosed,
}

/// What an invoice is held against (`domain.md` A5), the weakest control first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MatchMode {
    /// Nothing.
    ZeroWay,
    /// The order.
    TwoWay,
    /// The order and the receipts.
    #[default]
    ThreeWay,
    /// The order, the receipts, and what was accepted of them.
    FourWay,
}

/// Whether a line is matched by quantity or, as for services, by amount (Oracle: matching basis).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchBasis {
    /// By quantity and price.
    #[default]
    Quantity,
    /// By the cumulative amount billed against the line's amount.
    Amount,
}

/// Who pays the freight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FreightTerms {
    /// The supplier, who may not bill it (`CHG-02`).
    PrepaidNoCharge,
    /// The supplier, who adds it to the invoice.
    PrepaidAndAdd,
    /// We do, to the carrier.
    Collect,
}

/// A charge agreed on the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedCharge {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: ChargeKind,
    /// How much, in the order's currency.
    #[serde(default)]
    pub amount: Decimal,
    /// How much more, in percent of what is billed of the order's goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
    /// What earlier invoices billed of `amount`, in the order's currency: a plan is used up once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed_amount: Option<Decimal>,
}

const fn one() -> u32 {
    1
}

pub(crate) const fn decimal_one() -> Decimal {
    Decimal::ONE
}
