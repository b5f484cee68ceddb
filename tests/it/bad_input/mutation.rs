//! Valid documents that chance damages: whatever comes out, it is never a fault of ours.

use super::{EVALUATIONS, send, x12, xml};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::{INVOICES, TestGateway, demo};
use tokio::runtime::Runtime;

const CASES: u32 = 600;

/// Puts a hostile value at a place in the document: the `place`-th node, counted through.
fn strike(body: &mut Value, place: usize, hostile: &Value) {
    let count = nodes(body);
    let mut left = place % count;
    replace(body, &mut left, hostile);
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(nodes).sum(),
        Value::Object(map) => map.values().map(nodes).sum::<usize>(),
        _leaf => 0,
    }
}

fn replace(value: &mut Value, left: &mut usize, hostile: &Value) -> bool {
    if *left == 0 {
        *value = hostile.clone();
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|it| replace(it, left, hostile)),
        Value::Object(map) => map.values_mut().any(|it| replace(it, left, hostile)),
        _leaf => false,
    }
}

fn hostile() -> impl Strategy<Value = Value> {
    let known = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("0"),
        json!("-0"),
        json!("-0.01"),
        json!("0.000001"),
        json!("999999999999999.999999"),
        json!("-999999999999999"),
        json!("1e400"),
        json!("NaN"),
        json!("USD"),
        json!("JPY"),
        json!("KWD"),
        json!("EA"),
        json!("BX"),
        json!("PO-1001"),
        json!("SUP-1012"),
        json!("GLV-NIT-M"),
        json!("0001-01-01"),
        json!("9999-12-31"),
        json!("price_credit"),
        json!("quantity_credit"),
        json!("freight_only"),
        json!("non_po"),
        json!([]),
        json!({}),
        json!([[[[[[]]]]]]),
        json!({ "value": "1", "uom": "EA" }),
        json!({ "amount": "1.00", "currency": "USD" }),
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => "-?[0-9]{1,16}(\\.[0-9]{1,7})?".prop_map(Value::from),
    ]
}

/// A blow to the bytes of a document.
#[derive(Clone, Debug)]
enum Blow {
    Flip(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Again(usize, usize),
    Insert(usize, Vec<u8>),
}

fn blow() -> impl Strategy<Value = Blow> {
    let place = any::<usize>();
    prop_oneof![
        4 => (place, 1..=255_u8).prop_map(|(at, bits)| Blow::Flip(at, bits)),
        1 => place.prop_map(Blow::Cut),
        2 => (place, 1..200_usize).prop_map(|(at, many)| Blow::Drop(at, many)),
        2 => (place, 1..200_usize).prop_map(|(at, many)| Blow::Again(at, many)),
        2 => (place, vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Blow::Insert(at, bytes)),
    ]
}

fn hit(bytes: &mut Vec<u8>, blow: &Blow) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match blow {
        Blow::Flip(at, bits) => bytes[at % length] ^= bits,
        Blow::Cut(at) => bytes.truncate(at % length),
        Blow::Drop(at, many) => {
            let at = at % length;
            bytes.drain(at..(at + many).min(length));
        }
        Blow::Again(at, many) => {
            let at = at % length;
            let part = bytes[at..(at + many).min(length)].to_vec();
            bytes.splice(at..at, part);
        }
        Blow::Insert(at, more) => {
            let at = at % length;
            bytes.splice(at..at, more.iter().copied());
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, source_file: Some(file!()), ..ProptestConfig::default() }
}

#[test]
fn values_put_anywhere_in_an_invoice_are_no_fault_of_ours() {
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(TestGateway::start());
    let invoices: Vec<Value> = demo::invoices().into_iter().map(|it| it.request).collect();
    let strikes = vec((any::<usize>(), hostile()), 1..4);
    proptest!(config(), |(which in any::<usize>(), strikes in strikes)| {
        let mut body = invoices[which % invoices.len()].clone();
        for (place, hostile) in &strikes {
            strike(&mut body, *place, hostile);
        }
        let body = body.to_string();
        runtime.block_on(async {
            send(&gateway, "application/json", INVOICES, body.clone()).await;
            send(&gateway, "application/json", EVALUATIONS, body).await;
        });
    });
    assert!(runtime.block_on(gateway.event_position()) > 0, "some of them were taken in");
    runtime.block_on(gateway.work());
}

#[test]
fn values_put_anywhere_in_a_question_are_no_fault_of_ours() {
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(TestGateway::start());
    let path = tests::top().join("tests/fixtures/matching/units.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    let strikes = vec((any::<usize>(), hostile()), 1..4);
    proptest!(config(), |(which in any::<usize>(), strikes in strikes)| {
        let mut body = cases[which % cases.len()]["request"].clone();
        for (place, hostile) in &strikes {
            strike(&mut body, *place, hostile);
        }
        runtime.block_on(send(&gateway, "application/json", EVALUATIONS, body.to_string()));
    });
}

#[test]
fn blows_to_the_bytes_of_a_document_are_no_fault_of_ours() {
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(TestGateway::start());
    let documents = [
        ("application/json", demo::invoice("matched").to_string()),
        ("application/edi-x12", x12::document()),
        ("application/xml", xml::document()),
    ];
    proptest!(config(), |(which in 0..3_usize, blows in vec(blow(), 1..5))| {
        let (media_type, document) = &documents[which];
        let mut bytes = document.clone().into_bytes();
        for blow in &blows {
            hit(&mut bytes, blow);
        }
        runtime.block_on(send(&gateway, media_type, INVOICES, bytes));
    });
}
