//! The stream: invoices of the demo under numbers of their own, so that all outcomes are in it.

use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::{fs, iter};
use tests::{Dice, demo};

/// None of them is taken for another, or for a digit.
const LETTERS: &[u8; 16] = b"ACDEFHJKMPRTUVWX";

/// Supplier, order line, quantity, price and amount.
type Bill = (&'static str, (&'static str, u32), &'static str, &'static str, &'static str);

/// Bills of orders that [`data`] makes so large that they are never billed in full: most match, and
/// the price of the last three is above the limit.
const LASTING: [Bill; 9] = [
    ("SUP-1009", ("PO-1026", 10), "1 EA", "1850.00", "1850.00"),
    ("SUP-1001", ("PO-1001", 10), "1 BX", "12.50", "12.50"),
    ("SUP-1001", ("PO-1011", 10), "2 EA", "0.13", "0.26"),
    ("SUP-1007", ("PO-1031", 10), "1 BX", "5.76", "5.76"),
    ("SUP-1004", ("PO-1027", 10), "8 KG", "1.05", "8.40"),
    ("SUP-1002", ("PO-1024", 20), "1 EA", "7.10", "7.10"),
    ("SUP-1007", ("PO-1031", 10), "1 BX", "9.00", "9.00"),
    ("SUP-1003", ("PO-1013", 20), "1 CS", "60.00", "60.00"),
    ("SUP-1002", ("PO-1024", 20), "1 EA", "9.10", "9.10"),
];

/// Writes the demo's data to a folder of its own, with a hundred thousand times the goods of the
/// lasting orders: the demo's are soon billed in full, and a bill of the same lines is a duplicate
/// as soon as nothing is left to receive (D5).
pub(crate) fn data(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for file in fs::read_dir(tests::top().join("config/demo")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|it| it != "json") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut content = demo::file(name);
        match name {
            "purchase_orders.json" => enlarge(&mut content, "number"),
            "receipts.json" => enlarge(&mut content, "purchase_order_number"),
            _other => {}
        }
        fs::write(folder.join(name), content.to_string()).unwrap();
    }
}

fn enlarge(documents: &mut Value, order: &str) {
    for document in documents.as_array_mut().unwrap() {
        if LASTING.iter().any(|it| document[order] == it.1.0) {
            enlarge_quantities(document);
        }
    }
}

fn enlarge_quantities(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(enlarge_quantities),
        Value::Object(fields) => {
            if let Some(Value::String(number)) = fields.get_mut("value") {
                number.push_str("00000");
            }
            fields.values_mut().for_each(enlarge_quantities);
        }
        _other => {}
    }
}

/// One request: sent until it is answered, always the same.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The number the supplier gave the invoice: no other request has it.
    pub(crate) number: String,
    /// The idempotency key.
    pub(crate) key: String,
    /// The body.
    pub(crate) body: String,
    /// A client saw the head of a `202`, and was cut off before its end.
    pub(crate) was_accepted: bool,
}

/// Where clients take their next request from: what was cut off comes first.
#[derive(Debug)]
pub(crate) struct Stream {
    templates: Vec<Value>,
    dice: Dice,
    cut_off: VecDeque<Request>,
    /// Every number that was ever taken from here.
    pub(crate) numbers: BTreeSet<String>,
}

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        let mut templates: Vec<Value> = demo::invoices().into_iter().map(|it| it.request).collect();
        for (supplier, order, quantity, price, net) in LASTING {
            let bill = demo::bill("-", supplier, order, quantity, (price, net));
            templates.extend(iter::repeat_n(bill, 4));
        }
        Self {
            templates,
            dice: Dice::new(seed),
            cut_off: VecDeque::new(),
            numbers: BTreeSet::new(),
        }
    }

    pub(crate) fn next(&mut self) -> Request {
        self.take_cut_off().unwrap_or_else(|| self.fresh())
    }

    pub(crate) fn take_cut_off(&mut self) -> Option<Request> {
        self.cut_off.pop_front()
    }

    pub(crate) fn put_back(&mut self, request: Request) {
        self.cut_off.push_back(request);
    }

    fn fresh(&mut self) -> Request {
        let which = self.dice.below(u64::try_from(self.templates.len()).unwrap());
        let mut body = self.templates[usize::try_from(which).unwrap()].clone();
        let number = self.number();
        body["invoice"]["supplier_invoice_number"] = json!(number);
        let key = format!("key-{number}-{:016x}", self.dice.roll());
        Request { number, key, body: body.to_string(), was_accepted: false }
    }

    /// A number far from all before: bills of one amount under numbers that are one slip apart, or
    /// that a scanner confuses, would be suspected to be duplicates (D4).
    fn number(&mut self) -> String {
        loop {
            let letters = iter::repeat_with(|| LETTERS[(self.dice.roll() % 16) as usize]);
            let number: String = letters.take(12).map(char::from).collect();
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }
}
