use super::*;
use crate::backends::{self, Options};
use canonical::Clock;

fn memory() -> Arc<dyn Backend> {
    let clock: Clock = Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
    let options = Options::Memory(backends::memory::Options::default());
    backends::open("memory", &options, &clock).unwrap()
}

fn demo() -> Expected {
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
        received: Some(("PO-1001".parse().unwrap(), "GR-70001".parse().unwrap())),
        returned: "PO-1032".parse().ok(),
        payable: serde_json::from_value(serde_json::json!({
            "invoice_id": "inv_conformance", "reference": "CONF-1", "supplier_id": "SUP-1001",
            "invoice_date": "2026-11-01", "currency": "USD", "tax_amount": "1.00",
            "gross_amount": "501.00",
            "lines": [{"purchase_order_number": "PO-1001", "purchase_order_line": 10,
                "item_id": "GLV-NIT-M", "quantity": {"value": "40", "uom": "BX"},
                "unit_price": "12.50", "net_amount": "500.00"}]
        }))
        .ok(),
    }
}

#[tokio::test]
async fn the_back_end_in_memory_conforms() {
    assert_eq!(run(&memory(), &demo()).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_description_is_found_out() {
    let expected = Expected {
        item: "NO-SUCH-ITEM".parse().ok(),
        facility: None,
        returned: "PO-1001".parse().ok(),
        ..demo()
    };
    let faults = run(&memory(), &expected).await;
    assert!(faults.iter().any(|it| it.starts_with("items: get failed")), "{faults:#?}");
    assert!(faults.iter().any(|it| it.starts_with("facilities: kept, but")), "{faults:#?}");
    assert!(faults.iter().any(|it| it.starts_with("returns: those of")), "{faults:#?}");
}
