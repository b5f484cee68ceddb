//! The tables of one partner, resolved.

use super::fault;
use super::written::{
    DateUse, HashTotal, ItemNumber, Nature, OrderTotal, Tables, Totals, UnknownCharges,
    UnknownUnits, WordDocument, Written,
};
use canonical::{ChargeKind, Decimal, FieldError, Uom};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Stands for every code without a line of its own.
const ANY: &str = "*";
/// The most codes of one table.
const CODES_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    count: Decimal,
    unit: Option<Uom>,
}

/// What one partner means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::documents) struct Table {
    decimal_mark: Option<char>,
    totals: Totals,
    order_total: OrderTotal,
    hash_total: HashTotal,
    unknown_units: UnknownUnits,
    unknown_charges: UnknownCharges,
    units: Written<Uom>,
    bases: Codes<Base>,
    items: Codes<ItemNumber>,
    party_ids: Written<String>,
    interchange_ids: Written<String>,
    charges: Written<Nature>,
    charge_words: Vec<(String, Nature)>,
    dates: Codes<DateUse>,
    /// The units once more, for looking them up.
    unit_codes: Codes<Uom>,
}

/// By code, for looking it up: each line of a document asks several times.
type Codes<T> = HashMap<String, T, FixedState>;

impl Table {
    /// The same with what is written over it.
    pub(super) fn over(&self, written: &Tables, at: &str, faults: &mut Vec<FieldError>) -> Self {
        let mut table = self.clone();
        let habits = &written.habits;
        match habits.decimal_mark.as_deref() {
            None => {}
            Some("." | ",") => {
                table.decimal_mark =
                    habits.decimal_mark.as_deref().and_then(|it| it.chars().next());
            }
            Some(_) => {
                faults.push(fault(&format!("{at}/habits/decimal_mark"), "it is \".\" or \",\""));
            }
        }
        table.totals = habits.totals.unwrap_or(self.totals);
        table.order_total = habits.order_total.unwrap_or(self.order_total);
        table.hash_total = habits.hash_total.unwrap_or(self.hash_total);
        table.unknown_units = habits.unknown_units.unwrap_or(self.unknown_units);
        table.unknown_charges = habits.unknown_charges.unwrap_or(self.unknown_charges);
        table.units(written, at, faults);
        table.bases(written, at, faults);
        table.items.extend(copied(&written.item_numbers));
        table.charges.extend(copied(&written.charges));
        table.dates.extend(copied(&written.dates));
        systems(&mut table.party_ids, &written.party_ids, &format!("{at}/party_ids"), faults);
        let place = format!("{at}/interchange_ids");
        systems(&mut table.interchange_ids, &written.interchange_ids, &place, faults);
        if !written.charge_words.is_empty() {
            table.words(&written.charge_words, at, faults);
        }
        let longest = [table.units.len(), table.items.len(), table.charges.len()];
        if longest.iter().any(|it| *it > CODES_MAX) {
            faults.push(fault(at, &format!("a table has at most {CODES_MAX} codes")));
        }
        table
    }

    fn units(&mut self, written: &Tables, at: &str, faults: &mut Vec<FieldError>) {
        for (code, ours) in &written.units {
            match ours.parse() {
                Ok(unit) => {
                    let unit: Uom = unit;
                    self.unit_codes.insert(code.clone(), unit.clone());
                    self.units.insert(code.clone(), unit);
                }
                Err(detail) => faults.push(fault(&format!("{at}/units/{code}"), detail)),
            }
        }
    }

    fn bases(&mut self, written: &Tables, at: &str, faults: &mut Vec<FieldError>) {
        for (code, base) in &written.price_bases {
            let pointer = format!("{at}/price_bases/{code}");
            let count = Decimal::new(base.count.into(), 0).filter(|it| !it.is_zero());
            let unit = base.unit.as_deref().map(str::parse).transpose();
            match (count, unit) {
                (Some(count), Ok(unit)) => {
                    self.bases.insert(code.clone(), Base { count, unit });
                }
                (None, _) => {
                    faults.push(fault(&format!("{pointer}/count"), "a price is of at least one"));
                }
                (_, Err(detail)) => faults.push(fault(&format!("{pointer}/unit"), detail)),
            }
        }
    }

    fn words(&mut self, words: &[WordDocument], at: &str, faults: &mut Vec<FieldError>) {
        self.charge_words.clear();
        for (place, it) in words.iter().enumerate() {
            if it.word.trim().is_empty() {
                faults.push(fault(&format!("{at}/charge_words/{place}/word"), "it has no word"));
            }
            self.charge_words.push((it.word.to_lowercase(), it.kind));
        }
    }

    /// The mark before decimals.
    pub(in crate::documents) fn decimal_mark(&self) -> char {
        self.decimal_mark.unwrap_or('.')
    }

    pub(in crate::documents) fn has_written_totals(&self) -> bool {
        self.totals == Totals::Written
    }

    pub(in crate::documents) fn order_total(&self) -> OrderTotal {
        self.order_total
    }

    pub(in crate::documents) fn hash_total(&self) -> HashTotal {
        self.hash_total
    }

    /// Our unit.
    pub(in crate::documents) fn unit(&self, code: &str) -> Result<Uom, String> {
        let found = self.unit_codes.get(code).cloned().or_else(|| {
            let upper = code.to_ascii_uppercase();
            self.unit_codes.get(&upper).cloned()
        });
        match found {
            Some(unit) => Ok(unit),
            None if code.is_empty() => Err("a quantity has a unit".to_owned()),
            None => match self.units.get(ANY) {
                Some(unit) => Ok(unit.clone()),
                None if self.unknown_units == UnknownUnits::Kept => {
                    code.to_ascii_uppercase().parse().map_err(str::to_owned)
                }
                None => Err(unmapped("unit of measure", code, "units")),
            },
        }
    }

    /// Their code for our unit: its own name where that is one.
    pub(in crate::documents) fn unit_code(&self, unit: &Uom) -> Option<&str> {
        let own = self.units.get_key_value(unit.as_str()).filter(|(_code, ours)| *ours == unit);
        let other = || self.units.iter().find(|(code, ours)| *ours == unit && *code != ANY);
        own.or_else(other).map(|(code, _ours)| code.as_str())
    }

    /// Of how many of the line's unit the price is.
    pub(in crate::documents) fn price_base(
        &self,
        code: &str,
        uom: &Uom,
    ) -> Result<Decimal, String> {
        match self.bases.get(code).or_else(|| self.bases.get(ANY)) {
            Some(base) if base.unit.as_ref() == Some(uom) => Ok(Decimal::ONE),
            Some(base) => Ok(base.count),
            None => Err(unmapped("basis of the price", code, "price_bases")),
        }
    }

    /// The code for a price of so many of the line's unit.
    pub(in crate::documents) fn base_code(&self, base: Decimal, uom: &Uom) -> Option<&str> {
        let wanted = ["PE", "PN", "HP", "TP", "PD", "TT", "HT"];
        let is_same =
            |code: &&&str| self.price_base(code, uom).is_ok_and(|it| it.exact() == base.exact());
        wanted.iter().find(is_same).copied()
    }

    /// What a product number names.
    pub(in crate::documents) fn item(&self, code: &str) -> Result<ItemNumber, String> {
        let found = self.items.get(code).or_else(|| self.items.get(ANY)).copied();
        found.ok_or_else(|| unmapped("kind of product number", code, "item_numbers"))
    }

    /// What a charge is for, by its code, or its words where it has none.
    pub(in crate::documents) fn charge(&self, code: &str, words: &str) -> Result<Nature, String> {
        if !code.is_empty() {
            match self.charges.get(code).or_else(|| self.charges.get(ANY)) {
                Some(found) => return Ok(*found),
                None if self.unknown_charges == UnknownCharges::Words => {}
                None => return Err(unmapped("allowance or charge", code, "charges")),
            }
        }
        let words = words.to_lowercase();
        let found = self.charge_words.iter().find(|(word, _kind)| words.contains(word));
        Ok(found.map_or(Nature::Other, |(_word, kind)| *kind))
    }

    /// The code for a kind of charge.
    pub(in crate::documents) fn charge_code(&self, kind: ChargeKind) -> Option<&str> {
        const USUAL: [&str; 3] = ["D240", "D500", "ZZZZ"];
        let is_it = |code: &str| self.charges.get(code).is_some_and(|it| it.kind() == Some(kind));
        USUAL.iter().copied().find(|code| is_it(code)).or_else(|| {
            let mut codes = self.charges.iter();
            codes.find(|(code, _)| *code != ANY && is_it(code)).map(|(code, _)| code.as_str())
        })
    }

    /// What a date is for; nothing where it says nothing that we keep.
    pub(in crate::documents) fn date(&self, code: &str) -> DateUse {
        self.dates.get(code).copied().unwrap_or(DateUse::Ignored)
    }

    /// The crosswalk system of a party's number.
    pub(in crate::documents) fn party_system(&self, qualifier: &str) -> String {
        self.party_ids.get(qualifier).cloned().unwrap_or_else(|| ["x12:", qualifier].concat())
    }

    /// The crosswalk system of a sender's number.
    pub(in crate::documents) fn interchange_system(&self, qualifier: &str) -> String {
        let named = self.interchange_ids.get(qualifier).cloned();
        named.unwrap_or_else(|| ["x12:", qualifier].concat())
    }
}

fn copied<T: Copy>(written: &Written<T>) -> impl Iterator<Item = (String, T)> {
    written.iter().map(|(code, ours)| (code.clone(), *ours))
}

fn systems(
    into: &mut Written<String>,
    written: &Written<String>,
    at: &str,
    faults: &mut Vec<FieldError>,
) {
    for (code, system) in written {
        if system.trim().is_empty() || system.chars().any(char::is_control) {
            faults.push(fault(&format!("{at}/{code}"), "a system of the crosswalk has a name"));
        }
        into.insert(code.clone(), system.clone());
    }
}

fn unmapped(what: &str, code: &str, table: &str) -> String {
    let code: String = code.chars().take(20).filter(|it| !it.is_control()).collect();
    format!("the {what} \"{code}\" is in no mapping (INT-02): add it to [{table}] of the mapping")
}
