//! Reads a policy document whole: every fault of it, each with its place and what would be right.

use super::document::{Effective, PolicyDocument, RowDocument, SamplingDocument, SideDocument};
use super::scope::{DIMENSIONS, Scope, Table};
use super::{Mode, Row, Sampling, Side};
use crate::matching::key::Key;
use crate::matching::number::Number;
use canonical::{AmountUnit, Combine, Currency, Decimal, FieldError, Limit, Money};
use std::collections::BTreeMap;

/// How a person writes that there is no limit.
const UNCHECKED: &str = "unchecked";

pub(super) struct Reader<'a> {
    document: &'a PolicyDocument,
    currency: Currency,
    faults: Vec<FieldError>,
}

/// The rules of one scope, each with its place in the document and when it holds.
type Rules<T> = Vec<(usize, Effective, T)>;

/// What a list of rules is about, for sentences, and where it stands.
#[derive(Clone, Copy)]
struct About<'a> {
    list: &'static str,
    what: &'a str,
    /// Whether a rule without a scope must hold on every day.
    whole: bool,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(document: &'a PolicyDocument) -> Self {
        Self { document, currency: document.currency, faults: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<FieldError> {
        self.faults
    }

    fn fault(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// The texts that decisions cite.
    pub(super) fn head(&mut self) {
        let document = self.document;
        let texts = [
            ("/id", &document.id),
            ("/approved_by", &document.approved_by),
            ("/reason", &document.reason),
        ];
        for (pointer, text) in texts {
            if text.trim().is_empty() {
                self.fault(pointer, "say it: a decision cites it for ever");
            }
        }
    }

    /// The rows of every key, in the order of [`Key::ALL`].
    pub(super) fn rows(&mut self) -> Vec<Table<Row>> {
        let mut by_key: BTreeMap<Key, BTreeMap<&Scope, Rules<Row>>> = BTreeMap::new();
        for (place, written) in self.document.rows.iter().enumerate() {
            self.scope(&format!("/rows/{place}/scope"), &written.scope);
            if let Some(key) = Key::named(&written.key) {
                let row = self.row(place, key, written);
                let of_scope = by_key.entry(key).or_default().entry(&written.scope).or_default();
                of_scope.push((place, written.effective, row));
            } else {
                let known: Vec<&str> = Key::ALL.iter().map(|it| it.as_str()).collect();
                let detail = format!("{} is no key; keys are {}", written.key, known.join(", "));
                self.fault(format!("/rows/{place}/key"), detail);
            }
        }
        let mut tables = Vec::with_capacity(Key::ALL.len());
        for key in Key::ALL {
            let of_key = by_key.remove(key).unwrap_or_default();
            if !of_key.keys().any(|it| it.is_everything()) {
                self.missing(*key, of_key.is_empty());
            }
            tables
                .push(self.table(About { list: "rows", what: key.as_str(), whole: true }, of_key));
        }
        tables
    }

    fn missing(&mut self, key: Key, is_empty: bool) {
        let has = if is_empty { "no row" } else { "only rows with a scope" };
        let fix = format!("write one for everybody, with \"{UNCHECKED}\" for no limit");
        self.fault("/rows", format!("{key} has {has}; {fix}"));
    }

    pub(super) fn modes(&mut self) -> Table<Mode> {
        let mut rules: BTreeMap<&Scope, Rules<Mode>> = BTreeMap::new();
        for (place, written) in self.document.match_modes.iter().enumerate() {
            self.scope(&format!("/match_modes/{place}/scope"), &written.scope);
            let kind = written.scope.kind();
            let source = if kind.is_empty() { "policy".to_owned() } else { kind };
            let mode = Mode { mode: written.mode, source };
            let of_scope = rules.entry(&written.scope).or_default();
            of_scope.push((place, written.effective, mode));
        }
        self.table(About { list: "match_modes", what: "the match mode", whole: false }, rules)
    }

    pub(super) fn sampling(&mut self) -> Option<Sampling> {
        let SamplingDocument { percent, minimum_amount, seed } = self.document.sampling.as_ref()?;
        let percent = self.figure("/sampling/percent".to_owned(), percent, "");
        if percent.is_some_and(|it| Number::from(it) > Number::whole(100)) {
            self.fault("/sampling/percent", "at most 100");
        }
        let pointer = "/sampling/minimum_amount";
        let minimum = self.figure(pointer.to_owned(), minimum_amount, "");
        let minimum = minimum.map(|it| Money::written(&it, self.currency));
        if let Some(Err(detail)) = &minimum {
            self.fault(pointer, detail.clone());
        }
        let drawn = percent.map(Number::from).filter(|it| !it.is_zero());
        if drawn.is_some() && seed.trim().is_empty() {
            self.fault("/sampling/seed", "say it: by it the draw can be repeated");
        }
        let minimum = minimum.and_then(Result::ok)?;
        Some(Sampling { percent: drawn?, minimum, seed: seed.clone() })
    }

    fn scope(&mut self, pointer: &str, scope: &Scope) {
        for (name, value) in DIMENSIONS.into_iter().zip(scope.values()) {
            let Some(value) = value else { continue };
            if value.is_empty() || value.trim() != value {
                let detail = "say which one, without blanks around it, or leave it out";
                self.fault(format!("{pointer}/{name}"), detail);
            }
        }
        let is_class = |it: &str| {
            matches!(it.len(), 2 | 4 | 6 | 8) && it.bytes().all(|digit| digit.is_ascii_digit())
        };
        if scope.category.as_deref().is_some_and(|it| !is_class(it)) {
            let detail = "the first 2, 4, 6 or 8 digits of a UNSPSC code";
            self.fault(format!("{pointer}/category"), detail);
        }
    }

    fn row(&mut self, place: usize, key: Key, written: &RowDocument) -> Row {
        let name = (!written.scope.is_everything()).then(|| format!("{key}{}", written.scope));
        let mut side = |name_of_side: &str, of: &SideDocument| {
            let pointer = format!("/rows/{place}/{name_of_side}");
            self.side(&pointer, key, of, (written.combine, name.as_ref()))
        };
        Row {
            upper: side("upper", &written.upper),
            lower: side("lower", &written.lower),
            combine: written.combine,
            on_breach: written.on_breach,
            auto_clear: written.auto_clear,
        }
    }

    fn side(
        &mut self,
        pointer: &str,
        key: Key,
        written: &SideDocument,
        (combine, row): (Combine, Option<&String>),
    ) -> Side {
        let abs = self.bound(format!("{pointer}/abs"), &written.abs);
        let pct = self.bound(format!("{pointer}/pct"), &written.pct);
        let unit = key.unit();
        let amount = abs.and_then(|it| match unit {
            AmountUnit::Days if Number::from(it).is_whole() => Some(it.into()),
            AmountUnit::Days => {
                self.fault(format!("{pointer}/abs"), "days are a whole number");
                None
            }
            AmountUnit::ValueDays => Some(it.into()),
            AmountUnit::Money => match Money::written(&it, self.currency) {
                Ok(money) => Some(money.into()),
                Err(detail) => {
                    self.fault(format!("{pointer}/abs"), detail);
                    None
                }
            },
        });
        let percent = pct.map(Into::into);
        let shown = Limit { amount, percent, combine, unit, row: row.map(|it| it.as_str().into()) };
        Side::new(abs.map(Number::from), pct.map(Number::from), shown, self.currency)
    }

    fn bound(&mut self, pointer: String, text: &str) -> Option<Decimal> {
        if text == UNCHECKED { None } else { self.figure(pointer, text, UNCHECKED) }
    }

    fn figure(&mut self, pointer: String, text: &str, or: &str) -> Option<Decimal> {
        match text.parse::<Decimal>() {
            Ok(bound) if bound.is_negative() => {
                self.fault(pointer, "a limit is not negative; the other side has its own limits");
            }
            Ok(bound) => return Some(bound),
            Err(detail) if or.is_empty() => self.fault(pointer, detail),
            Err(detail) => self.fault(pointer, format!("{detail}, or \"{or}\"")),
        }
        None
    }

    fn table<T>(&mut self, about: About<'_>, rules: BTreeMap<&Scope, Rules<T>>) -> Table<T> {
        let mut read = Vec::with_capacity(rules.len());
        for (scope, mut of_scope) in rules {
            of_scope.sort_by_key(|(place, effective, _rule)| (effective.from, *place));
            self.periods(about, scope, &of_scope);
            let dated = of_scope.into_iter().map(|(_place, effective, rule)| (effective, rule));
            read.push((scope.clone(), dated.collect()));
        }
        Table::new(read)
    }

    /// The rules of one scope follow each other without a gap and without an overlap. Outside of
    /// them a less specific rule holds, which is why those for everything have no end.
    fn periods<T>(&mut self, about: About<'_>, scope: &Scope, rules: &Rules<T>) {
        let About { list, what, whole } = about;
        let whole = whole && scope.is_everything();
        for (number, (place, Effective { from, to }, _rule)) in rules.iter().enumerate() {
            let pointer = format!("/{list}/{place}/effective/to");
            if from.zip(*to).is_some_and(|(from, to)| to < from) {
                self.fault(pointer, "a row does not end before it begins");
                continue;
            }
            let Some((next, after, _rule)) = rules.get(number.saturating_add(1)) else {
                let ends = to.filter(|_| whole);
                let detail = || format!("{what} has no row after this date; the last has no end");
                ends.into_iter().for_each(|_date| self.fault(pointer.as_str(), detail()));
                continue;
            };
            let wanted = after.from.and_then(|it| it.yesterday().ok());
            if to.is_none() || *to > wanted {
                let detail = format!(
                    "{what}{scope} has two rows that hold at the same time, /{list}/{place} and \
                     /{list}/{next}; end one before the other begins"
                );
                self.fault(format!("/{list}/{place}"), detail);
            } else if *to < wanted {
                let detail = format!(
                    "{what}{scope} has no row between this and the next, /{list}/{next}; let it \
                     end the day before"
                );
                self.fault(pointer, detail);
            }
        }
    }
}
