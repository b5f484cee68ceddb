//! Intake of what the flows rest on: limits of blanket orders, usage and prepayments.

use super::super::request::Facts;
use super::Faults;
use canonical::{Prepayment, PurchaseOrder, UsageEvent};
use std::collections::HashSet;

impl Faults {
    pub(super) fn flows(&mut self, facts: &Facts) {
        for (place, order) in facts.purchase_orders.iter().enumerate() {
            self.limits(&format!("/purchase_orders/{place}"), order);
        }
        let mut numbers = HashSet::new();
        for (place, usage) in facts.usages.iter().enumerate() {
            let at = format!("/usages/{place}");
            self.unless(numbers.insert(&usage.number), &at, "number", || {
                format!("{} is here twice", usage.number)
            });
            self.usage(&at, usage);
        }
        let mut known = HashSet::new();
        for (place, it) in facts.prepayments.iter().enumerate() {
            let at = format!("/prepayments/{place}");
            let key = (&it.invoice, &it.purchase_order_number, it.currency);
            self.unless(known.insert(key), &at, "invoice", || {
                format!("{} is here twice for {}", it.invoice, it.purchase_order_number)
            });
            self.prepayment(&at, it);
        }
    }

    fn limits(&mut self, at: &str, order: &PurchaseOrder) {
        let amounts =
            [("limit_amount", order.limit_amount), ("released_amount", order.released_amount)];
        for (field, amount) in amounts {
            if let Some(amount) = amount {
                self.amount(at, field, &amount, order.currency);
            }
        }
        let turned = order.valid_from.zip(order.valid_to).is_some_and(|(from, to)| to < from);
        self.unless(!turned, at, "valid_to", || {
            "an order does not end before it begins".to_owned()
        });
    }

    fn usage(&mut self, at: &str, usage: &UsageEvent) {
        self.unless(!usage.number.trim().is_empty(), at, "number", || {
            "a usage has a number".to_owned()
        });
        for (place, serial) in usage.serial_numbers.iter().enumerate() {
            self.unless(!serial.trim().is_empty(), at, &format!("serial_numbers/{place}"), || {
                "an empty serial number names nothing".to_owned()
            });
        }
    }

    fn prepayment(&mut self, at: &str, it: &Prepayment) {
        self.amount(at, "amount", &it.amount, it.currency);
        self.amount(at, "applied", &it.applied, it.currency);
        self.unless(it.applied.exact() <= it.amount.exact(), at, "applied", || {
            format!("{} of {} is used up; at most all of it", it.applied, it.amount)
        });
    }
}
