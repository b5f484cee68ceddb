//! The stream: invoices of the demo under numbers of their own, so that all outcomes are in it.

use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use tests::{Dice, demo};

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
        // the demo's orders are soon billed in full; these match for longer
        let matching = [
            ("SUP-1009", ("PO-1026", 10), "1 EA", ("1850.00", "1850.00")),
            ("SUP-1001", ("PO-1001", 10), "1 BX", ("12.50", "12.50")),
            ("SUP-1001", ("PO-1011", 10), "2 EA", ("0.13", "0.26")),
            ("SUP-1007", ("PO-1031", 10), "1 BX", ("5.76", "5.76")),
            ("SUP-1004", ("PO-1027", 10), "8 KG", ("1.05", "8.40")),
        ];
        for (supplier, order, quantity, money) in matching {
            let bill = demo::bill("-", supplier, order, quantity, money);
            templates.extend(std::iter::repeat_n(bill, 4));
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
        let number = format!("CRASH{:06}", self.numbers.len());
        body["invoice"]["supplier_invoice_number"] = json!(number);
        let key = format!("key-{number}-{:016x}", self.dice.roll());
        self.numbers.insert(number.clone());
        Request { number, key, body: body.to_string(), was_accepted: false }
    }
}
