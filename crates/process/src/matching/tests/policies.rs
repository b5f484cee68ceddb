//! Which row of a policy decides, in which unit and at which rate, seen from the answer.

use super::super::{Effective, Evaluation, Policy, PolicyDocument, PriceBasis, RowDocument, Scope};
use canonical::{CheckResult, Limit, MatchResult, Outcome};
use serde_json::{Value, json};

fn shipped() -> PolicyDocument {
    super::world::shipped().document().clone()
}

/// The shipped row of a key with another upper limit, for less than everybody.
fn row(key: &str, scope: Value, abs: &str, pct: &str) -> RowDocument {
    let mut row = shipped().rows.into_iter().find(|it| it.key == key).unwrap();
    row.scope = serde_json::from_value(scope).unwrap();
    row.upper.abs = abs.to_owned();
    row.upper.pct = pct.to_owned();
    row.effective = Effective::default();
    row
}

/// One line of 100 EA ordered at 10.00 and billed at `price`, all received on 1 May.
fn request(price: &str, net: &str) -> Value {
    json!({
        "invoice": { "supplier_invoice_number": "INV-77", "supplier_id": "SUP-1",
            "invoice_date": "2026-05-04", "currency": "USD", "gross_amount": net,
            "lines": [{ "line_number": 1, "purchase_order_number": "PO-9",
                "purchase_order_line": 10, "item_id": "GLV-M", "unit_price": price,
                "quantity": { "value": "100", "uom": "EA" }, "net_amount": net }] },
        "purchase_orders": [{ "number": "PO-9", "supplier_id": "SUP-1", "currency": "USD",
            "status": "dispatched", "order_date": "2026-04-20", "facility_id": "LAKESIDE",
            "contract_number": "C-1", "lines": [{ "line_number": 10, "item_id": "GLV-M",
                "quantity": { "value": "100", "uom": "EA" }, "unit_price": "10.00",
                "match_mode": "three_way" }] }],
        "receipts": [{ "number": "R-1", "purchase_order_number": "PO-9",
            "purchase_order_line": 10, "quantity": { "value": "100", "uom": "EA" },
            "effective_at": "2026-05-01T10:00:00Z" }],
        "items": [{ "id": "GLV-M", "base_uom": "EA", "class": "42132203" }],
        "facilities": [{ "id": "LAKESIDE", "name": "Lakeside", "kind": "acute",
            "legal_entity": "LH", "time_zone": "America/Chicago" }]
    })
}

#[track_caller]
fn answer(request: Value, document: PolicyDocument) -> MatchResult {
    let policy = Policy::new(document).unwrap();
    serde_json::from_value::<Evaluation>(request).unwrap().answer(&policy).unwrap()
}

fn limit(result: &MatchResult, key: &str) -> Limit {
    let line = result.lines[0].checks.iter();
    let check = line.chain(&result.checks).find(|it| it.key() == key).unwrap();
    check.limit().unwrap()
}

#[test]
fn the_most_specific_row_decides_and_is_named() {
    let scopes = [
        json!({ "legal_entity": "LH" }),
        json!({ "facility": "LAKESIDE" }),
        json!({ "category": "42" }),
        json!({ "category": "4213" }),
        json!({ "supplier": "SUP-1" }),
        json!({ "contract": "C-1" }),
        json!({ "item": "GLV-M" }),
        json!({ "facility": "LAKESIDE", "legal_entity": "LH" }),
        json!({ "item": "GLV-M", "supplier": "SUP-1" }),
    ];
    let mut document = shipped();
    let base = limit(&answer(request("10.20", "1020.00"), document.clone()), "PRICE_UNIT");
    assert_eq!(base.row, None, "the row for everybody is not named");
    for (place, scope) in scopes.into_iter().enumerate() {
        let other = json!({ "item": "another", "supplier": "SUP-1", "facility": "LAKESIDE" });
        let pct = format!("{}", 10 + place);
        if place == 0 {
            document.rows.push(row("PRICE_UNIT", other, "0.00", "0"));
        }
        document.rows.insert(place * 2, row("PRICE_UNIT", scope.clone(), "90.00", &pct));
        let result = answer(request("10.80", "1080.00"), document.clone());
        assert_eq!(result.outcome, Outcome::MatchedWithinTolerance, "{scope}");
        let limit = limit(&result, "PRICE_UNIT");
        let scope: Scope = serde_json::from_value(scope).unwrap();
        assert_eq!(limit.row.as_deref(), Some(format!("PRICE_UNIT{scope}").as_str()));
        assert_eq!(limit.percent.unwrap().to_string(), pct);
    }
}

#[test]
fn a_reason_names_the_row_too_and_the_document_has_its_own() {
    let mut document = shipped();
    document.rows.push(row("PRICE_UNIT", json!({ "supplier": "SUP-1" }), "1.00", "3"));
    document.rows.push(row("DOC_BALANCE", json!({ "legal_entity": "LH" }), "0.00", "unchecked"));
    document.rows.push(row("DOC_BALANCE", json!({ "item": "GLV-M" }), "9.00", "unchecked"));
    let mut request = request("10.20", "1020.00");
    request["invoice"]["gross_amount"] = json!("1020.50");
    let result = answer(request, document);
    let rows: Vec<_> =
        result.reasons.iter().map(|it| it.limit.clone().unwrap().row.unwrap()).collect();
    assert_eq!(
        rows.iter().map(|it| &**it).collect::<Vec<_>>(),
        ["DOC_BALANCE[legal_entity=LH]", "PRICE_UNIT[supplier=SUP-1]"]
    );
}

#[test]
fn a_row_that_ended_leaves_the_next_specific_one() {
    let mut document = shipped();
    let mut own = row("PRICE_UNIT", json!({ "item": "GLV-M" }), "90.00", "9");
    own.effective.to = Some("2026-05-03".parse().unwrap());
    document.rows.push(own);
    document.rows.push(row("PRICE_UNIT", json!({ "facility": "LAKESIDE" }), "80.00", "8"));
    let result = answer(request("10.80", "1080.00"), document.clone());
    assert_eq!(limit(&result, "PRICE_UNIT").row.as_deref(), Some("PRICE_UNIT[facility=LAKESIDE]"));
    let mut earlier = request("10.80", "1080.00");
    earlier["invoice"]["invoice_date"] = json!("2026-05-03");
    let result = answer(earlier, document);
    assert_eq!(limit(&result, "PRICE_UNIT").row.as_deref(), Some("PRICE_UNIT[item=GLV-M]"));
}

#[test]
fn limits_of_money_are_held_at_the_rate_of_the_invoice() {
    // 46.00 EUR over: 49.68 USD at 1.08, 50.60 at 1.10
    let in_euro = |rate: Option<&str>, rates: Value| {
        let mut request = request("46.46", "4646.00");
        request["invoice"]["currency"] = json!("EUR");
        request["invoice"]["exchange_rate"] = json!(rate);
        request["purchase_orders"][0]["currency"] = json!("EUR");
        request["purchase_orders"][0]["lines"][0]["unit_price"] = json!("46.00");
        request["rates"] = rates;
        answer(request, shipped())
    };
    let published = json!([{ "base": "EUR", "quote": "USD", "rate": "1.10", "as_of": "2026-05-01" },
        { "base": "USD", "quote": "EUR", "rate": "0.5", "as_of": "2026-05-05" }]);
    let price = |result: &MatchResult| {
        result.lines[0].checks.iter().find(|it| it.key() == "PRICE_UNIT").unwrap().result()
    };
    assert_eq!(price(&in_euro(Some("1.08"), json!([]))), CheckResult::PassWithin);
    assert_eq!(price(&in_euro(Some("1.08"), published.clone())), CheckResult::PassWithin);
    let over = in_euro(None, published);
    assert_eq!(price(&over), CheckResult::Breach);
    let detail = over.reasons[0].detail.to_string();
    assert!(detail.ends_with("tolerated: 50.00 USD and 3 %, at 1.1 USD for 1 EUR"), "{detail}");
    assert_eq!(price(&in_euro(None, json!([]))), CheckResult::NotEvaluated);
}

#[test]
fn the_price_that_counts_is_the_one_the_policy_says() {
    let priced = |basis: PriceBasis, receipts: Value| {
        let mut request = request("9.00", "900.00");
        request["purchase_orders"][0]["lines"][0]["earlier_prices"] = json!([
            { "unit_price": "8.00", "valid_to": "2026-04-22" },
            { "unit_price": "90.00", "price_base": "10", "valid_to": "2026-05-02" }]);
        request["receipts"] = receipts;
        let mut document = shipped();
        document.price_basis = basis;
        let result = answer(request, document);
        let line = &result.lines[0];
        let price = line.checks.iter().find(|it| it.key() == "PRICE_UNIT").unwrap();
        price.variance().unwrap().amount.as_ref().unwrap().to_string()
    };
    let receipt = |number: &str, quantity: &str, at: &str, of: Option<&str>| {
        json!({ "number": number, "purchase_order_number": "PO-9", "purchase_order_line": 10,
            "quantity": { "value": quantity, "uom": "EA" }, "effective_at": at,
            "reversal_of": of })
    };
    let first = receipt("R-1", "100", "2026-05-01T10:00:00Z", None);
    assert_eq!(priced(PriceBasis::Current, json!([first])), "-100.00");
    assert_eq!(priced(PriceBasis::AtOrder, json!([first])), "100.00");
    assert_eq!(priced(PriceBasis::AtReceipt, json!([first])), "0.00");
    assert_eq!(priced(PriceBasis::AtReceipt, json!([])), "-100.00");
    let late = receipt("R-2", "1", "2026-05-03T10:00:00Z", None);
    let back = receipt("R-3", "-1", "2026-05-04T10:00:00Z", Some("R-2"));
    assert_eq!(priced(PriceBasis::AtReceipt, json!([first, late])), "-100.00");
    assert_eq!(priced(PriceBasis::AtReceipt, json!([first, late, back])), "0.00");
}

proptest::proptest! {
    #![proptest_config(super::world::many())]

    #[test]
    fn widening_any_limit_is_never_worse(
        place in 0usize..40, lower in proptest::bool::ANY, abs in proptest::bool::ANY,
        by in 1u32..200, price in 500u32..1_600, off in -300i64..300,
    ) {
        let mut document = shipped();
        let scopes = [json!({ "item": "GLV-M" }), json!({ "facility": "LAKESIDE" })];
        for scope in scopes {
            document.rows.push(row("PRICE_UNIT", scope.clone(), "60.00", "4"));
            document.rows.push(row("DOC_BALANCE", scope.clone(), "2.00", "unchecked"));
            document.rows.push(row("AMOUNT_PO_ITEM", scope, "1100.00", "unchecked"));
        }
        let mut wider = document.clone();
        let count = wider.rows.len();
        let row = &mut wider.rows[place % count];
        let side = if lower { &mut row.lower } else { &mut row.upper };
        let limit = if abs { &mut side.abs } else { &mut side.pct };
        let figure = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        if let Some(whole) = limit.split('.').next().and_then(|it| it.parse::<u32>().ok()) {
            *limit = (whole + by).to_string();
        }
        let net = figure(i64::from(price) * 100);
        let mut request = request(&figure(price.into()), &net);
        request["invoice"]["gross_amount"] = json!(figure(i64::from(price) * 100 + off));
        let before = answer(request.clone(), document);
        proptest::prop_assert!(answer(request, wider).outcome <= before.outcome);
    }
}
