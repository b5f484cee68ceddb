//! What of tax rules, contracts, rates, recalls, stock and periods makes no sense, or says two
//! things about one.

use super::Faults;
use crate::matching::number::Number;
use crate::matching::request::Facts;
use canonical::{Contract, ContractPrice, TaxRule};
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// More of one kind than any real question needs.
const FACTS_MAX: usize = 100_000;

impl Faults {
    pub(super) fn rules_and_prices(&mut self, facts: &Facts) {
        let lengths = [
            ("tax_rules", facts.tax_rules.len()),
            ("contracts", facts.contracts.len()),
            ("rates", facts.rates.len()),
            ("recalls", facts.recalls.len()),
            ("balances", facts.balances.len()),
            ("periods", facts.periods.len()),
            ("held_modes", facts.held_modes.len()),
        ];
        let many = lengths.into_iter().find(|it| it.1 > FACTS_MAX);
        if let Some((name, length)) = many {
            return self.add("", name, format!("at most {FACTS_MAX}, here are {length}"));
        }
        self.tax_rules("/tax_rules", &facts.tax_rules);
        self.contracts(&facts.contracts);
        for (place, it) in facts.rates.iter().enumerate() {
            let at = format!("/rates/{place}");
            self.above_zero(&at, "rate", &it.rate);
            self.unless(it.base != it.quote, &at, "quote", || {
                format!("one {} is one {}; a rate is between two currencies", it.base, it.quote)
            });
        }
        for (place, it) in facts.receipts.iter().enumerate() {
            if let Some(rate) = &it.exchange_rate {
                self.above_zero(&format!("/receipts/{place}"), "exchange_rate", rate);
            }
        }
        for (place, it) in facts.recalls.iter().enumerate() {
            let at = format!("/recalls/{place}");
            self.said(&at, "number", &it.number);
            let fine = it.closed_on.is_none_or(|closed| it.opened_on <= closed);
            self.unless(fine, &at, "closed_on", || "it is closed before it is opened".to_owned());
        }
        let mut stocks = HashSet::new();
        for (place, it) in facts.balances.iter().enumerate() {
            let at = format!("/balances/{place}");
            self.places(&at, "value", &it.value, it.currency);
            self.unless(stocks.insert((&it.item_id, &it.facility_id)), &at, "item_id", || {
                format!("the stock of {} is here twice", it.item_id)
            });
        }
        for (place, it) in facts.periods.iter().enumerate() {
            self.unless(it.from <= it.to, &format!("/periods/{place}"), "to", || {
                format!("{} is before {}", it.to, it.from)
            });
        }
    }

    pub(super) fn tax_rules(&mut self, base: &str, rules: &[TaxRule]) {
        let mut alike: HashMap<_, Vec<&TaxRule>> = HashMap::new();
        for (place, it) in rules.iter().enumerate() {
            let at = format!("{base}/{place}");
            self.said(&at, "jurisdiction", &it.jurisdiction);
            self.not_negative(&at, "rate_percent", &it.rate_percent);
            self.not_negative(&at, "recoverable_percent", &it.recoverable_percent);
            let hundred = Number::whole(100);
            self.unless(
                Number::from(it.recoverable_percent) <= hundred,
                &at,
                "recoverable_percent",
                || format!("{} is more than all of it", it.recoverable_percent),
            );
            self.ordered(&at, it.valid_from, it.valid_to);
            let class = it.class.as_deref().unwrap_or_default();
            self.unless(class.bytes().all(|it| it.is_ascii_digit()), &at, "class", || {
                format!("{class} is no UNSPSC class; write its first digits")
            });
            let same = alike.entry((&it.facility_id, class, &it.tax_code)).or_default();
            let period = |it: &TaxRule| (it.valid_from, it.valid_to);
            self.unless(
                !same.iter().any(|known| overlap(period(known), period(it))),
                &at,
                "valid_from",
                || {
                    "another rule for the same facility, class and tax code holds at the same time"
                        .to_owned()
                },
            );
            same.push(it);
        }
    }

    fn contracts(&mut self, contracts: &[Contract]) {
        let mut copies = HashSet::new();
        for (place, it) in contracts.iter().enumerate() {
            let at = format!("/contracts/{place}");
            self.said(&at, "number", &it.number);
            self.unless(copies.insert((&it.number, it.owner as u8)), &at, "number", || {
                format!("{} is here twice; a copy has an owner of its own", it.number)
            });
            self.ordered(&at, Some(it.valid_from), it.valid_to);
            for (place, row) in it.eligibility.iter().enumerate() {
                let at = format!("{at}/eligibility/{place}");
                self.said(&at, "tier", &row.tier);
                self.ordered(&at, Some(row.valid_from), row.valid_to);
            }
            self.prices(&at, &it.prices);
        }
    }

    fn prices(&mut self, at: &str, prices: &[ContractPrice]) {
        let mut alike: HashMap<_, Vec<&ContractPrice>> = HashMap::new();
        for (place, it) in prices.iter().enumerate() {
            let at = format!("{at}/prices/{place}");
            self.not_negative(&at, "unit_price", &it.unit_price);
            self.above_zero(&at, "price_base", &it.price_base);
            self.not_negative(&at, "minimum_quantity", &it.minimum_quantity);
            self.ordered(&at, Some(it.valid_from), it.valid_to);
            let minimum = it.minimum_quantity.exact();
            let same = alike.entry((&it.item_id, &it.tier, &it.uom, minimum)).or_default();
            let period = |it: &ContractPrice| (Some(it.valid_from), it.valid_to);
            self.unless(
                !same.iter().any(|known| overlap(period(known), period(it))),
                &at,
                "valid_from",
                || {
                    format!(
                        "another price of {} for the same tier and quantity holds at the same time",
                        it.item_id
                    )
                },
            );
            same.push(it);
        }
    }

    fn said(&mut self, at: &str, field: &str, text: &str) {
        self.unless(!text.trim().is_empty(), at, field, || "it is empty".to_owned());
    }

    pub(super) fn ordered(&mut self, at: &str, from: Option<Date>, to: Option<Date>) {
        let fine = from.zip(to).is_none_or(|(from, to)| from <= to);
        self.unless(fine, at, "valid_to", || "it ends before it begins".to_owned());
    }
}

/// Whether two times have a day in common; an open end is for ever.
fn overlap(one: (Option<Date>, Option<Date>), other: (Option<Date>, Option<Date>)) -> bool {
    let before = |end: Option<Date>, start: Option<Date>| {
        end.zip(start).is_some_and(|(end, start)| end < start)
    };
    !before(one.1, other.0) && !before(other.1, one.0)
}
