//! A supplier: who sells to us and is paid.

use crate::{Currency, ExternalId, SupplierId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A supplier of the supplier master (SAP: vendor; Oracle: supplier).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Supplier {
    /// The supplier's number.
    pub id: SupplierId,
    /// The legal name.
    #[schema(example = "MedSurg Supply Co")]
    pub name: String,
    /// Whether it may be bought from and paid.
    pub status: SupplierStatus,
    /// The cluster of supplier numbers that are one business: duplicates and orders are compared
    /// within it. A supplier without one is its own group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<SupplierId>,
    /// The currency it usually bills in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The fingerprints of the accounts it may be paid to; with none, any account is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remit_to: Vec<String>,
    /// Whether it is on a sanctions or exclusion list (`SUP-04`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sanctioned: bool,
    /// Whether it agreed to evaluated receipt settlement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_billing: bool,
    /// Days until payment is due, from the invoice date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_term_days: Option<u16>,
    /// What other systems call it: DUNS, GLN, tax id, trading partner id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

impl Supplier {
    /// The group that duplicates and orders are compared within.
    #[must_use]
    pub fn group(&self) -> &SupplierId {
        self.group.as_ref().unwrap_or(&self.id)
    }
}

/// Whether a supplier may be bought from and paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupplierStatus {
    /// It may.
    Active,
    /// It may not: invoices become exceptions (`SUP-01`).
    Inactive,
}
