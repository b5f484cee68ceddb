use super::client::wire::{Flag, Number, Numeric};
use super::client::{Access, after, cursor, fault};
use super::*;
use canonical::{
    Kind, OrderStatus, PageRequest, PayableState, PaymentState, PurchaseOrderNumber, SupplierStatus,
};
use serde_json::{Value, json};

fn options(more: &Value) -> Options {
    let mut options = json!({
        "base_url": "https://tryton.example.org",
        "database": "erp",
        "login": "gateway",
        "password": "hush-hush-1",
    });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(options).unwrap()
}

fn tryton() -> Arc<Tryton> {
    let clock: Clock = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
    Tryton::open("erp", &options(&json!({})), &clock).unwrap()
}

/// Read as an answer is: from text, so that numbers keep their digits.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_quantity_keeps_the_places_of_its_unit_and_no_noise() {
    for (text, places, expected) in [
        ("40.0", 0, "40"),
        ("7.5", 2, "7.5"),
        ("0.30000000000000004", 2, "0.3"),
        ("1e-05", 6, "0.00001"),
        ("2.5e3", 0, "2500"),
        ("-15.0", 0, "-15"),
        ("123456789012.125", 6, "123456789012.125"),
    ] {
        let number: Number = read(text);
        assert_eq!(number.quantity(places).unwrap().to_string(), expected, "{text}");
    }
    assert_eq!(read::<Number>("1e30").quantity(0).unwrap_err().kind(), Kind::Upstream);
    assert!(serde_json::from_str::<Number>("1e400").is_err());
    assert!(serde_json::from_str::<Number>("\"7\"").is_err());
}

#[test]
fn a_price_with_many_places_is_the_price_of_many_units() {
    for (text, price, base) in [
        ("12.50", "12.50", "1"),
        ("1E+2", "100", "1"),
        ("0E-8", "0", "1"),
        ("0.00012345", "0.012345", "100"),
        ("7.90000000", "7.9", "1"),
    ] {
        let numeric = Numeric::new(text).price().unwrap();
        assert_eq!((numeric.0.to_string(), numeric.1.to_string()), (price.into(), base.into()));
    }
}

#[test]
fn a_boolean_may_be_a_number() {
    assert_eq!(
        read::<Vec<Flag>>("[true, 1, 0, null]"),
        [Flag(true), Flag(true), Flag(false), Flag(false)]
    );
}

#[test]
fn an_error_in_an_answer_says_what_to_do() {
    let check = |access, error: Value, kind: Option<Kind>, part: &str| {
        let found = fault("erp", access, error.as_array().unwrap());
        assert_eq!(found.as_ref().map(Error::kind), kind, "{error}");
        let message = found.as_ref().map(Error::message).unwrap_or_default();
        assert!(message.contains(part), "{message}");
    };
    let user = json!(["UserError", ["No period for 2019.", "Open one.", null]]);
    check(Access::Write, user.clone(), Some(Kind::Conflict), "No period for 2019.");
    check(Access::Read, user, Some(Kind::Upstream), "cannot carry out");
    let warning = json!(["UserWarning", ["4d43.invoice_similar", "It was billed.", ""]]);
    check(Access::Write, warning, Some(Kind::Conflict), "(invoice_similar): It was billed.");
    let changed = json!(["ConcurrencyException", "changed"]);
    check(Access::Write, changed, Some(Kind::Conflict), "read it again");
    check(Access::Read, json!(["'nosuch'", ""]), Some(Kind::Upstream), "");
    check(Access::Read, json!(["LoginException", ["password", ""]]), None, "");
}

#[test]
fn a_cursor_belongs_to_its_list() {
    let ours = PageRequest { limit: 1, cursor: Some(cursor("items", &[7])) };
    assert_eq!(after("items", &ours).unwrap(), [7]);
    assert_eq!(after::<1>("items", &PageRequest::default()).unwrap(), [0]);
    assert_eq!(after::<1>("suppliers", &ours).unwrap_err().kind(), Kind::Invalid);
    assert_eq!(after::<4>("items", &ours).unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn options_are_checked_whole_and_keep_their_secret() {
    let wrong =
        options(&json!({ "base_url": "erp", "database": "a/b", "uoms": {"u":"EA","x":"EA"} }));
    let error = wrong.check().unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["/base_url", "/database", "/uoms"]);
    let right = options(&json!({}));
    assert!(right.check().is_ok());
    assert!(!format!("{right:?}").contains("hush"));
    assert!(!serde_json::to_string(&right).unwrap().contains("hush"));
}

#[test]
fn a_party_is_a_supplier() {
    let party: supplier::Party = read(
        r#"{"id":2,"code":"SUP-1","name":"MedSurg","active":0,"replaced_by.":null,
        "identifiers.":[{"id":1,"type":"us_ein","code":"12-3456789"},
            {"id":2,"type":null,"code":"DUNS:079256641"}],
        "supplier_payment_term.":{"id":1,"lines.":[{"id":1,"relativedeltas.":[{"id":1,"day":null,
            "month":null,"weekday":null,"months":0,"weeks":1,"days":30}]}]}}"#,
    );
    let supplier = party.supplier().unwrap();
    assert_eq!(supplier.status, SupplierStatus::Inactive);
    assert_eq!(supplier.payment_term_days, Some(37));
    let names: Vec<_> =
        supplier.external_ids.iter().map(|it| (it.system.as_str(), it.key.as_str())).collect();
    assert_eq!(names, [("tryton", "2"), ("tax", "12-3456789"), ("duns", "079256641")]);
}

#[track_caller]
fn packaging(factor: &str, rate: &str) -> (String, String) {
    let product = format!(
        r#"{{"id":3,"code":"SYR","name":"Syringe",
        "identifiers.":[{{"type":"ean","code":"4006381333931"}}],
        "default_uom.":{{"id":1,"symbol":"u","digits":0,"factor":1.0,"rate":1.0}},
        "purchase_uom.":{{"id":9,"symbol":"bx","digits":0,"factor":{factor},"rate":{rate}}},
        "template.":{{"product_suppliers.":[
            {{"code":"S-9","product":null,"party.":{{"id":2,"code":"SUP-1"}}}},
            {{"code":"S-8","product":4,"party.":{{"id":2,"code":"SUP-1"}}}}]}}}}"#
    );
    let item = tryton().item(read(&product)).unwrap();
    assert!(item.indivisible && item.gtin.is_some());
    let catalogue = item.external_ids.iter().filter(|it| it.system == "supplier");
    assert_eq!(catalogue.map(|it| it.key.as_str()).collect::<Vec<_>>(), ["S-9"]);
    let row = &item.packaging[0];
    (row.numerator.to_string(), row.denominator.to_string())
}

#[test]
fn a_conversion_is_the_exact_one_of_the_two_that_tryton_keeps() {
    assert_eq!(packaging("10.0", "0.1"), ("10".into(), "1".into()));
    assert_eq!(packaging("0.333333333333", "3.0"), ("1".into(), "3".into()));
    assert_eq!(packaging("12.0", "0.083333333333"), ("12".into(), "1".into()));
    assert_eq!(packaging("0.45359237", "2.204622621849"), ("45359237".into(), "100000000".into()));
}

const ORDER: &str = r#"{"id":11,"number":"PO-11","state":"processing","create_date":null,
    "party.":{"id":2,"code":"SUP-1"},"currency.":{"id":1,"code":"USD"},
    "purchase_date":{"__class__":"date","year":2026,"month":4,"day":20},
    "warehouse.":{"id":5,"code":"LAKESIDE"},"lines.":[
    {"id":14,"type":"line","quantity":100.0,"unit.":{"id":1,"symbol":"u","digits":0},
     "unit_price":{"__class__":"Decimal","decimal":"12.50"},"description":null,"delivery_date":null,
     "product.":{"id":1,"code":"GLV-M","type":"goods","template.":{"product_suppliers.":[
        {"code":"S-1","product":null,"party.":{"id":2,"code":"SUP-1"}}]}},
     "product_supplier.":null,"analytic_accounts.":[{"id":9,"account.":{"id":2,"code":"CC-ICU"}}]},
    {"id":15,"type":"comment","quantity":null,"unit.":null,"unit_price":null,"description":"Soon",
     "delivery_date":null,"product.":null,"product_supplier.":null,"analytic_accounts.":[]},
    {"id":16,"type":"line","quantity":7.5,"unit.":{"id":9,"symbol":"h","digits":2},
     "unit_price":{"__class__":"Decimal","decimal":"38.00"},"description":"Cleaning",
     "delivery_date":null,"product.":{"id":7,"code":"CLN","type":"service",
        "template.":{"product_suppliers.":[]}},"product_supplier.":null,
     "analytic_accounts.":[]}]}"#;

#[test]
fn a_purchase_is_an_order_whose_lines_are_numbered_by_record() {
    let order = tryton().purchase_order(&read(ORDER)).unwrap();
    assert_eq!((order.number.as_str(), order.status), ("PO-11", OrderStatus::Dispatched));
    let [goods, service] = order.lines.as_slice() else { panic!("{order:?}") };
    assert_eq!((goods.line_number, service.line_number), (14, 16));
    assert_eq!(goods.quantity.uom.as_str(), "EA");
    assert_eq!(goods.supplier_item_number.as_deref(), Some("S-1"));
    assert_eq!(goods.cost_center_id.as_ref().map(canonical::CostCenterId::as_str), Some("CC-ICU"));
    assert_eq!(goods.match_mode, Some(canonical::MatchMode::ThreeWay));
    assert_eq!(service.match_mode, Some(canonical::MatchMode::TwoWay));
    assert_eq!(service.quantity.value.to_string(), "7.5");
}

fn moved(id: u64, quantity: &str, from: &str, to: &str, shipment: &str) -> String {
    format!(
        r#"{{"id":{id},"state":"done","quantity":{quantity},"unit.":{{"symbol":"u","digits":0}},
        "product.":{{"id":1,"code":"GLV-M"}},
        "effective_date":{{"__class__":"date","year":2026,"month":5,"day":1}},
        "from_location.":{{"type":"{from}"}},"to_location.":{{"type":"{to}"}},
        "shipment.":{{"id":3,"number":"{shipment}","reference":"DN","warehouse.":null}}}}"#
    )
}

#[test]
fn a_return_belongs_to_the_line_that_the_goods_came_on() {
    let text = format!(
        r#"[{{"id":11,"number":"PO-11","origin":null,"lines.":[
            {{"id":14,"product":1,"quantity":100.0,"moves.":[{}]}}]}},
        {{"id":12,"number":"PO-12","origin":"purchase.purchase,11","lines.":[
            {{"id":15,"product":1,"quantity":-15.0,"moves.":[{}]}}]}}]"#,
        moved(29, "100.0", "supplier", "storage", "GR-1"),
        moved(31, "15.0", "storage", "supplier", "RTV-1"),
    );
    let purchases: Vec<receipt::Purchase> = read(&text);
    let order: PurchaseOrderNumber = "PO-11".parse().unwrap();
    let movements = tryton().movements(&purchases, std::slice::from_ref(&order)).unwrap();
    let [receipt] = movements.receipts.as_slice() else { panic!("{movements:?}") };
    let [back] = movements.returns.as_slice() else { panic!("{movements:?}") };
    assert_eq!(
        (receipt.purchase_order_line, receipt.quantity.value.to_string()),
        (14, "100".into())
    );
    assert_eq!(receipt.effective_at.to_string(), "2026-05-01T12:00:00Z");
    assert_eq!(receipt.packing_slip.as_deref(), Some("DN"));
    assert_eq!((back.number.as_str(), back.purchase_order_line), ("RTV-1", 14));
    assert_eq!(
        (&back.purchase_order_number, back.quantity.value.to_string()),
        (&order, "15".into())
    );
}

fn invoice(state: &str, to_pay: &str, origin: &str, note: &str) -> payable::Invoice {
    read(&format!(
        r#"{{"id":417,"number":"17","reference":"INV-77","description":"threeway:inv_1",
        "party.":{{"id":2,"code":"SUP-1"}},"state":"{state}","currency.":{{"id":1,"code":"USD"}},
        "invoice_date":{{"__class__":"date","year":2026,"month":5,"day":4}},
        "total_amount":{{"__class__":"Decimal","decimal":"1250.00"}},
        "amount_to_pay":{{"__class__":"Decimal","decimal":"{to_pay}"}},"lines.":[
        {{"id":1,"type":"line","quantity":100.0,"unit.":{{"symbol":"u","digits":0}},
        "unit_price":{{"__class__":"Decimal","decimal":"12.50"}},
        "amount":{{"__class__":"Decimal","decimal":"1250.00"}},
        "origin":{origin},"note":{note},"product.":{{"id":1,"code":"GLV-M"}}}}]}}"#
    ))
}

#[test]
fn a_payable_knows_the_order_it_bills_here_or_elsewhere() {
    let origins = [(14, "PO-11".parse().unwrap())].into();
    for (origin, note) in [("\"purchase.line,14\"", "null"), ("null", "\"threeway:14:PO-11\"")] {
        let payable = tryton().payable(&invoice("posted", "1250.00", origin, note), &origins);
        let payable = payable.unwrap();
        let line = &payable.lines[0];
        assert_eq!(line.purchase_order_number, "PO-11".parse().ok());
        assert_eq!(line.purchase_order_line, Some(14));
        assert_eq!(payable.invoice_id, "inv_1".parse().ok());
        assert_eq!((payable.id.as_str(), payable.total.minor()), ("417", 125_000));
    }
}

#[test]
fn payment_is_what_is_no_longer_to_be_paid() {
    for (state, to_pay, expected, paid, is) in [
        ("draft", "0", PayableState::Draft, 0, PaymentState::Unpaid),
        ("validated", "0", PayableState::Draft, 0, PaymentState::Unpaid),
        ("posted", "1250.00", PayableState::Posted, 0, PaymentState::Unpaid),
        ("posted", "250.00", PayableState::Posted, 100_000, PaymentState::PartiallyPaid),
        ("paid", "0", PayableState::Paid, 125_000, PaymentState::Paid),
        ("cancelled", "0", PayableState::Cancelled, 0, PaymentState::Unpaid),
    ] {
        let found = invoice(state, to_pay, "null", "null");
        let payable = tryton().payable(&found, &payable::Origins::new()).unwrap();
        assert_eq!(payable.state, expected, "{state}");
        assert_eq!((payable.payment.paid.minor(), payable.payment.state), (paid, is), "{state}");
    }
}
