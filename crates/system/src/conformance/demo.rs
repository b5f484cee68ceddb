//! What the demo's data holds: for every back end that keeps a copy of it.

use super::Expected;
use canonical::ExternalId;

/// The description of the demo's data.
#[must_use]
pub fn demo() -> Expected {
    let payable = serde_json::json!({
        "invoice_id": "inv_conformance", "reference": "CONF-1", "supplier_id": "SUP-1001",
        "invoice_date": "2026-11-01", "currency": "USD", "tax_amount": "1.00",
        "gross_amount": "501.00",
        "lines": [{"purchase_order_number": "PO-1001", "purchase_order_line": 10,
            "item_id": "GLV-NIT-M", "quantity": {"value": "40", "uom": "BX"},
            "unit_price": "12.50", "net_amount": "500.00"}]
    });
    Expected {
        supplier: "SUP-1001".parse().ok(),
        supplier_name: Some(ExternalId {
            system: "duns".into(),
            entity: "supplier".into(),
            key: "990010017".into(),
        }),
        item: "GLV-NIT-M".parse().ok(),
        facility: "ALDERMOOR-DC".parse().ok(),
        cost_center: "CC-1010".parse().ok(),
        order: "PO-1001".parse().ok(),
        received: "PO-1001".parse().ok().zip("GR-70001".parse().ok()),
        returned: "PO-1032".parse().ok(),
        payable: serde_json::from_value(payable).ok(),
    }
}
