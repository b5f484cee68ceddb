//! The documents of a flow, by kind.

use process::Flow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The documents of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refs {
    /// Orders.
    pub purchase_orders: BTreeSet<String>,
    /// Goods receipts.
    pub receipts: BTreeSet<String>,
    /// Returns.
    pub returns: BTreeSet<String>,
    /// Invoices, by their ids here.
    pub invoices: BTreeSet<String>,
    /// Invoices, by the numbers their suppliers gave them.
    pub supplier_invoice_numbers: BTreeSet<String>,
    /// Payables, by their ids in the finance system.
    pub payables: BTreeSet<String>,
    /// Suppliers.
    pub suppliers: BTreeSet<String>,
    /// Facilities.
    pub facilities: BTreeSet<String>,
}

impl Refs {
    pub(super) fn of(flow: &Flow) -> Self {
        let (receipts, returns) = &flow.movements.value;
        let (orders, invoices) = (&flow.orders.value, &flow.invoices.value);
        Self {
            purchase_orders: orders.iter().map(|it| it.number.to_string()).collect(),
            receipts: receipts.iter().map(|it| it.number.to_string()).collect(),
            returns: returns.iter().map(|it| it.number.to_string()).collect(),
            invoices: invoices.iter().map(|it| it.id.to_string()).collect(),
            supplier_invoice_numbers: invoices
                .iter()
                .map(|it| it.invoice.supplier_invoice_number.to_string())
                .collect(),
            payables: flow.payables.value.iter().map(|it| it.id.to_string()).collect(),
            suppliers: orders
                .iter()
                .map(|it| &it.supplier_id)
                .chain(invoices.iter().map(|it| &it.invoice.supplier_id))
                .map(ToString::to_string)
                .collect(),
            facilities: orders
                .iter()
                .filter_map(|it| it.facility_id.as_ref())
                .chain(invoices.iter().filter_map(|it| it.invoice.facility_id.as_ref()))
                .map(ToString::to_string)
                .collect(),
        }
    }
}
