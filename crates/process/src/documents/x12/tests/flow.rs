//! Acknowledgements and ship notices, and what is written: 997, TA1, 850.

use super::*;
use crate::documents::{self, Reading, read_each, write_order};
use canonical::{
    AcknowledgementStatus, Currency, Decimal, LineStatus, MatchBasis, OrderKind, OrderStatus,
    PlannedCharge, PurchaseOrder, PurchaseOrderLine, Quantity,
};
use jiff::civil::{Date, date as day};
use proptest::prelude::*;

const ANSWER: &str = include_str!("../../fixtures/acknowledgement.855");
const NOTICE: &str = include_str!("../../fixtures/notice.856");

fn shipped() -> &'static Mappings {
    Mappings::shipped().unwrap()
}

fn reading(text: &str) -> Reading {
    let now = day(2026, 5, 4).at(9, 15, 0, 0);
    read_each(Format::X12, text.as_bytes(), shipped(), now).unwrap()
}

/// The segments of the only acknowledgement, without its header.
#[track_caller]
fn answered(text: &str) -> Vec<String> {
    let all = reading(text).acknowledgements;
    assert_eq!(all.len(), 1);
    let text = String::from_utf8(all[0].clone()).unwrap();
    let mark = text.chars().nth(105).unwrap();
    text.split(mark).skip(1).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

#[test]
fn an_acknowledgement_says_what_becomes_of_each_line() {
    let parsed = read(ANSWER.as_bytes()).unwrap().remove(0);
    let Parsed::Acknowledgement(parsed) = parsed else { panic!("{parsed:?}") };
    let it = parsed.acknowledgement;
    assert_eq!(it.purchase_order_number.as_str(), "PO-9");
    assert_eq!(it.supplier_id.as_str(), "SUP-1");
    assert_eq!(it.status, AcknowledgementStatus::AcceptedWithChanges);
    assert_eq!(it.acknowledged_on, day(2026, 4, 21));
    assert_eq!(it.supplier_order_number.as_deref(), Some("SO-77"));
    let first = &it.lines[0];
    assert_eq!((first.line_number, first.unit_price.unwrap().to_string()), (10, "12.75".into()));
    assert_eq!(first.answers[0].status, LineStatus::PriceChanged);
    assert_eq!(first.answers[1].status, LineStatus::Backordered);
    assert_eq!(first.answers[1].quantity.as_ref().unwrap().value.to_string(), "40");
    assert_eq!(first.answers[1].date, Some(day(2026, 6, 1)));
    let second = &it.lines[1];
    assert_eq!((second.unit_price, second.price_base.to_string()), (None, "100".into()));
    assert_eq!(second.answers[0].substitute.as_deref(), Some("MS-7703"));
    assert_eq!(it.lines[2].answers[0].status, LineStatus::Rejected);
    refused(&ANSWER.replace("BAK*00*AC", "BAK*00*XX"), &["segment 4 (BAK) element 02"]);
    refused(&ANSWER.replace("ACK*R4", "ACK*ZZ"), &["segment 15 (ACK) element 01"]);
    refused(&ANSWER.replace("ACK*IB*40*EA", "ACK*IB*40*QQ"), &["segment 11 (ACK) element 03"]);
    refused(&ANSWER.replace("CTT*3*106", "CTT*3*105"), &["segment 16 (CTT) element 02"]);
}

#[test]
fn a_ship_notice_says_what_is_in_which_box() {
    let parsed = read(NOTICE.as_bytes()).unwrap().remove(0);
    let Parsed::ShipNotice(parsed) = parsed else { panic!("{parsed:?}") };
    let it = parsed.notice;
    assert_eq!((it.number.as_str(), it.supplier_id.as_str()), ("SHIP-88", "SUP-1"));
    assert_eq!(it.packing_slip.as_deref(), Some("PS-41"));
    assert_eq!(it.bill_of_lading.as_deref(), Some("BOL-5"));
    assert_eq!(it.tracking_number.as_deref(), Some("1Z999"));
    assert_eq!(it.shipped_date, Some(day(2026, 5, 5)));
    assert_eq!(it.expected_date, Some(day(2026, 5, 7)));
    let first = &it.lines[0];
    assert_eq!(first.sscc.len(), 2);
    assert!(first.sscc.iter().all(|it| it.len() == 18));
    assert_eq!(first.purchase_order_number.as_ref().unwrap().as_str(), "PO-9");
    assert_eq!(first.purchase_order_line, Some(10));
    assert_eq!(first.gtin.as_ref().unwrap().as_str(), "00614141007349");
    assert_eq!(
        (first.lot_numbers[0].as_str(), first.expiry_date),
        ("L-2209", Some(day(2028, 1, 31)))
    );
    assert_eq!(it.lines[1].serial_numbers, ["SN-1", "SN-2"]);
    refused(&NOTICE.replace("HL*6*4*I", "HL*6*9*I"), &["segment 23 (HL) element 02"]);
    refused(
        &NOTICE.replace("SN1**2*EA~", "MEA*PD~"),
        &["segment 28 (CTT) element 02", "segment 24 (LIN)"],
    );
    refused(&NOTICE.replace("CTT*6*62", "CTT*5*62"), &["segment 28 (CTT) element 01"]);
}

#[test]
fn a_997_accepts_what_was_read() {
    assert_eq!(
        answered(ANSWER),
        [
            "TA1*000000501*260421*0915*A*000",
            "GS*FA*LAKESIDEHLTH*081234567*20260504*0915*1*X*004010",
            "ST*997*0001",
            "AK1*PR*501",
            "AK2*855*0001",
            "AK5*A",
            "AK9*A*1*1*1",
            "SE*6*0001",
            "GE*1*1",
            "IEA*1*000000501",
        ]
    );
    let header = String::from_utf8(reading(ANSWER).acknowledgements.remove(0)).unwrap();
    let expected = "ISA*00*          *00*          *ZZ*LAKESIDEHLTH   *01*081234567      *260504*\
                    0915*U*00401*000000501*0*P*>~";
    assert!(header.starts_with(expected), "{header}");
    // acknowledgements are not acknowledged
    let again =
        read_each(Format::X12, header.as_bytes(), shipped(), day(2026, 5, 4).at(9, 15, 0, 0));
    assert!(again.unwrap().acknowledgements.is_empty());
}

#[test]
fn a_997_says_which_element_of_which_segment_is_wrong() {
    let wrong = INVOICE.replace("*4*CA*1150", "*4*QQ*11x50");
    assert_eq!(
        answered(&wrong)[1..],
        [
            "ST*997*0001",
            "AK1*IN*417",
            "AK2*810*0001",
            "AK3*IT1*16**8",
            "AK4*3**7*QQ",
            "AK4*4**6*11x50",
            "AK5*R*5",
            "AK9*R*1*1*0",
            "SE*9*0001",
            "GE*1*1",
            "IEA*1*000000417",
        ]
    );
}

#[test]
fn an_invoice_with_a_wrong_gtin_is_accepted_with_errors() {
    let answer = answered(INVOICE);
    assert!(answer.contains(&"AK5*E*5".to_owned()), "{answer:?}");
    assert!(answer.contains(&"AK9*E*1*1*1".to_owned()), "{answer:?}");
}

#[test]
fn one_faulty_set_does_not_lose_the_others() {
    let (head, rest) = INVOICE.split_once("ST*").unwrap();
    let (set, tail) = rest.split_once("GE*").unwrap();
    let second = format!("ST*{set}").replace("0001", "0002").replace("INV-20417", "INV-2");
    let wrong = second.replace("TDS*131100", "TDS*13.11");
    let third = second.replace("*0002", "*0003").replace("SE*29", "SE*28");
    let text = format!("{head}ST*{set}{wrong}{third}GE*{tail}").replace("GE*1*", "GE*3*");
    let all = reading(&text);
    let read: Vec<bool> = all.documents.iter().map(|it| it.outcome.is_ok()).collect();
    assert_eq!(read, [true, false, false]);
    let pointer =
        |at: usize| all.documents[at].outcome.as_ref().unwrap_err().fields()[0].pointer.clone();
    assert_eq!(pointer(1), "segment 53 (TDS) element 01");
    assert_eq!(pointer(2), "segment 89 (SE) element 01");
    let answer = answered(&text);
    assert!(answer.contains(&"AK5*R*4".to_owned()), "{answer:?}");
    assert!(answer.contains(&"AK9*P*3*3*1".to_owned()), "{answer:?}");
    // what the group says of itself counts for all
    let wrong = text.replace("GE*3*", "GE*2*");
    assert!(reading(&wrong).documents.iter().all(|it| it.outcome.is_err()));
    assert!(answered(&wrong).contains(&"AK9*R*2*3*0*5".to_owned()));
    let wrong = text.replace("IEA*1*", "IEA*2*");
    assert!(reading(&wrong).documents.iter().all(|it| it.outcome.is_err()));
    assert_eq!(answered(&wrong), ["TA1*000000417*260504*0915*R*021", "IEA*0*000000417"]);
}

#[test]
fn numbers_that_come_twice_are_refused() {
    let twice = format!("{INVOICE}{INVOICE}");
    let all = reading(&twice);
    assert!(all.documents[0].outcome.is_ok() && all.documents[1].outcome.is_err());
    refused(&twice, &["segment 34 (ISA) element 13"]);
    let (head, rest) = INVOICE.split_once("ST*").unwrap();
    let (set, tail) = rest.split_once("GE*").unwrap();
    let text = format!("{head}ST*{set}ST*{set}GE*{tail}").replace("GE*1*", "GE*2*");
    refused(&text, &["segment 32 (ST) element 02"]);
    assert!(answered(&text).contains(&"AK5*R*23".to_owned()));
}

fn line(number: u32) -> PurchaseOrderLine {
    PurchaseOrderLine {
        earlier_prices: Vec::new(),
        pricing_quantity: None,
        tax_code: None,
        class: None,
        line_number: number,
        item_id: None,
        description: String::new(),
        quantity: Quantity { value: Decimal::ONE, uom: "EA".parse().unwrap() },
        unit_price: Decimal::ONE,
        price_base: Decimal::ONE,
        price_is_estimated: false,
        match_mode: None,
        match_basis: MatchBasis::default(),
        receipt_based_invoice: false,
        closed: false,
        requested_date: None,
        promised_date: None,
        supplier_item_number: None,
        cost_center_id: None,
        external_ids: Vec::new(),
    }
}

fn empty_order(lines: Vec<PurchaseOrderLine>) -> PurchaseOrder {
    PurchaseOrder {
        kind: OrderKind::Standard,
        legal_entity: None,
        contract_number: None,
        limit_amount: None,
        released_amount: None,
        valid_from: None,
        valid_to: None,
        number: "PO-1".parse().unwrap(),
        version: 1,
        supplier_id: "SUP-1".parse().unwrap(),
        currency: Currency::USD,
        status: OrderStatus::Dispatched,
        order_date: day(2026, 5, 4),
        facility_id: None,
        freight_terms: None,
        planned_charges: Vec::new(),
        lines,
        requisition_id: None,
        external_ids: Vec::new(),
    }
}

fn sent(order: &PurchaseOrder) -> Result<Vec<u8>> {
    write_order(order, shipped(), day(2026, 5, 4).at(9, 15, 0, 0))
}

#[test]
fn an_order_that_is_not_approved_is_not_sent() {
    for status in [OrderStatus::Draft, OrderStatus::PendingApproval] {
        let draft = PurchaseOrder { status, ..empty_order(vec![line(1)]) };
        assert_eq!(sent(&draft).unwrap_err().kind(), canonical::Kind::Conflict);
    }
}

#[test]
fn what_x12_has_no_word_for_is_refused_with_its_place() {
    let mut odd = line(1);
    odd.quantity.uom = "FURLONG".parse().unwrap();
    odd.price_base = "7".parse().unwrap();
    let error = sent(&empty_order(vec![line(2), odd])).unwrap_err();
    let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["/lines/1/quantity/uom", "/lines/1/price_base"]);
}

fn decimals(max: i64) -> impl Strategy<Value = Decimal> {
    (0..max, 0u32..7).prop_map(|(it, scale)| Decimal::new(it.into(), scale).unwrap())
}

fn identifiers() -> impl Strategy<Value = String> {
    "[A-Za-z0-9*~|^'>: äß.-]{1,20}".prop_map(|it| format!("X{}", it.trim()))
}

fn dates() -> impl Strategy<Value = Option<Date>> {
    proptest::option::of((2000i16..2100, 1i8..13, 1i8..29).prop_map(|(y, m, d)| day(y, m, d)))
}

fn lines() -> impl Strategy<Value = PurchaseOrderLine> {
    let units = proptest::sample::select(vec!["EA", "CS", "BX", "KG", "DAY", "L", "MON", "RL"]);
    let bases = proptest::sample::select(vec!["1", "10", "12", "100", "1000", "10000"]);
    let words = "[a-z~*' -]{0,30}( [A-Zé0-9]{1,40}){0,6}";
    let numbers = (decimals(1_000_000_000), decimals(1_000_000_000), units, bases);
    let texts = (
        proptest::option::of(identifiers()),
        proptest::option::of(identifiers()),
        words.prop_map(|it| it.trim().to_owned()),
    );
    (numbers, texts, dates(), dates(), any::<bool>()).prop_map(
        |((quantity, price, unit, base), (item, own, words), requested, promised, estimated)| {
            PurchaseOrderLine {
                item_id: item.map(|it| it.parse().unwrap()),
                supplier_item_number: own,
                description: words,
                quantity: Quantity { value: quantity, uom: unit.parse().unwrap() },
                unit_price: price,
                price_base: base.parse().unwrap(),
                price_is_estimated: estimated,
                requested_date: requested,
                promised_date: promised,
                ..line(1)
            }
        },
    )
}

fn orders() -> impl Strategy<Value = PurchaseOrder> {
    let kinds = vec![
        ChargeKind::Freight,
        ChargeKind::Handling,
        ChargeKind::Fuel,
        ChargeKind::Hazmat,
        ChargeKind::SmallOrder,
        ChargeKind::Restocking,
        ChargeKind::Deposit,
        ChargeKind::Other,
    ];
    let charge = (proptest::sample::select(kinds), 0i128..1_000_000_000);
    let terms = vec![
        None,
        Some(FreightTerms::PrepaidNoCharge),
        Some(FreightTerms::PrepaidAndAdd),
        Some(FreightTerms::Collect),
    ];
    let head = (identifiers(), identifiers(), proptest::option::of(identifiers()), 1u32..99);
    let codes = proptest::sample::select(vec![
        Currency::USD,
        "JPY".parse().unwrap(),
        "KWD".parse().unwrap(),
    ]);
    let kind = proptest::sample::select(vec![
        OrderKind::Standard,
        OrderKind::Blanket,
        OrderKind::ConsignmentFill,
    ]);
    let rest = (
        proptest::sample::select(terms),
        proptest::collection::vec(charge, 0..4),
        proptest::option::of(identifiers()),
        any::<bool>(),
    );
    (head, codes, kind, rest, proptest::collection::vec(lines(), 1..6)).prop_map(
        |((number, supplier, facility, version), currency, kind, rest, mut lines)| {
            let (freight_terms, charges, contract_number, is_cancelled) = rest;
            let amount = |minor| Decimal::new(minor, currency.exponent()).unwrap();
            let charges = charges.into_iter();
            for (place, line) in (1..).zip(&mut lines) {
                line.line_number = place * 10;
            }
            PurchaseOrder {
                kind,
                contract_number,
                number: number.parse().unwrap(),
                version,
                supplier_id: supplier.parse().unwrap(),
                currency,
                status: if is_cancelled { OrderStatus::Cancelled } else { OrderStatus::Dispatched },
                facility_id: facility.map(|it| it.parse().unwrap()),
                freight_terms,
                planned_charges: charges
                    .map(|(kind, minor)| PlannedCharge {
                        kind,
                        amount: amount(minor),
                        percent: None,
                        billed_amount: None,
                    })
                    .collect(),
                ..empty_order(lines)
            }
        },
    )
}

proptest! {
    #[test]
    fn an_order_that_is_sent_is_read_as_the_same(order in orders()) {
        let bytes = sent(&order).unwrap();
        let parsed = read(&bytes).unwrap().remove(0);
        let Parsed::Order(parsed) = parsed else { panic!("{parsed:?}") };
        prop_assert_eq!(parsed.order, order);
    }

    #[test]
    fn an_invoice_is_the_same_through_json(quantity in 1u32..10_000, cents in 1u32..100_000) {
        let net = u64::from(quantity) * u64::from(cents);
        let line = format!("IT1*1*{quantity}*EA*{}.{:02}**BP*A*LT*L1", cents / 100, cents % 100);
        let parsed = invoice(&wrapped(&[&line, &format!("TDS*{net}")]));
        prop_assert_eq!(parsed.difference(), canonical::Exact::default());
        let body = serde_json::json!({ "invoice": parsed.invoice }).to_string();
        let again = documents::read(Format::Json, body.as_bytes()).unwrap().remove(0);
        let Parsed::Invoice(again) = again else { panic!("{again:?}") };
        prop_assert_eq!(again.invoice, parsed.invoice);
    }
}
