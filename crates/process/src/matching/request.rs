//! What the engine is asked with: the facts about orders, receipts and claims.

use super::policy::{Policy, PolicyDocument};
use canonical::{
    Decimal, Error, Exact, FieldError, Invoice, Item, MatchResult, PurchaseOrder,
    PurchaseOrderNumber, Quantity, Receipt, ReceiptNumber, Result, Return, Supplier,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question to the engine that stores nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchEvaluation)]
pub struct Evaluation {
    /// A tolerance policy to decide by; `null` for the active one.
    #[serde(default)]
    pub policy: Option<PolicyDocument>,
    /// The invoice.
    pub invoice: Invoice,
    /// The orders it may be for, in the version in force.
    #[serde(default)]
    pub purchase_orders: Vec<PurchaseOrder>,
    /// What was received on those orders.
    #[serde(default)]
    pub receipts: Vec<Receipt>,
    /// What went back.
    #[serde(default)]
    pub returns: Vec<Return>,
    /// What booked invoices that come before this one claim.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Credits that cite this invoice.
    #[serde(default)]
    pub credits: Vec<Credit>,
    /// The items of the lines, with their packaging.
    #[serde(default)]
    pub items: Vec<Item>,
    /// The suppliers of the orders and of the invoice, for their groups: one business under several
    /// numbers. A supplier that is not here is its own group.
    #[serde(default)]
    pub suppliers: Vec<Supplier>,
}

/// Everything that an invoice is held against. Facts about other orders do no harm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The orders the invoice may be for, in the version in force.
    #[serde(default)]
    pub purchase_orders: Vec<PurchaseOrder>,
    /// What was received on those orders.
    #[serde(default)]
    pub receipts: Vec<Receipt>,
    /// What went back.
    #[serde(default)]
    pub returns: Vec<Return>,
    /// What booked invoices that come before this one claim.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Credits that cite this invoice.
    #[serde(default)]
    pub credits: Vec<Credit>,
    /// The items of the lines, with their packaging.
    #[serde(default)]
    pub items: Vec<Item>,
    /// The suppliers of the orders and of the invoice, for their groups: one business under several
    /// numbers. A supplier that is not here is its own group.
    #[serde(default)]
    pub suppliers: Vec<Supplier>,
}

/// What a booked invoice asks for of one order line (`domain.md` A7.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The invoice that claims.
    #[schema(example = "INV-70")]
    pub invoice: String,
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The order's line.
    pub purchase_order_line: u32,
    /// The receipt it cites, where it cites one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<ReceiptNumber>,
    /// How much it claims; below zero for a credit.
    pub quantity: Quantity,
    /// For how much money, in the order's currency; only lines matched by amount need it. Without
    /// it, the quantity at the order's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// The quantity where no decimal says it exactly, in the same unit; wins over `quantity`.
    #[serde(skip)]
    pub exact: Option<Exact>,
}

/// A credit that cites a line of this invoice (`domain.md` A11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// The invoice line it cites.
    pub invoice_line: u32,
    /// What it takes back.
    pub kind: CreditKind,
    /// How much money, as a positive amount in the invoice's currency; a price credit has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// How much of what was billed; a quantity credit without it takes back `amount` at the price
    /// billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
}

/// What a credit takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreditKind {
    /// A part of the price; what is claimed stays.
    Price,
    /// A part of the quantity; the claim falls.
    Quantity,
}

impl Evaluation {
    /// The policy in the request, the invoice, and the facts.
    #[must_use]
    pub fn into_parts(self) -> (Option<PolicyDocument>, Invoice, Facts) {
        let facts = Facts {
            purchase_orders: self.purchase_orders,
            receipts: self.receipts,
            returns: self.returns,
            claims: self.claims,
            credits: self.credits,
            items: self.items,
            suppliers: self.suppliers,
        };
        (self.policy, self.invoice, facts)
    }

    /// Checks the request whole and evaluates it, under its own policy or the active one.
    ///
    /// # Errors
    /// `invalid` with every field of the policy, the invoice or the facts that is at fault.
    pub fn answer(self, active: &Policy) -> Result<MatchResult> {
        let (document, invoice, facts) = self.into_parts();
        let mut faults = super::check(&invoice, &facts);
        let own = match document.map(Policy::new).transpose() {
            Ok(own) => own,
            Err(of_policy) => {
                faults.extend(of_policy.into_iter().map(|it| FieldError {
                    pointer: format!("/policy{}", it.pointer),
                    detail: it.detail,
                }));
                None
            }
        };
        if faults.is_empty() {
            Ok(super::evaluate(&invoice, &facts, own.as_ref().unwrap_or(active)))
        } else {
            Err(Error::invalid_fields(faults))
        }
    }
}
