//! The most specific rule counts: against every rule tried one by one.

use super::*;
use proptest::prelude::*;

const DAYS: [&str; 3] = ["2026-01-01", "2026-02-01", "2026-03-01"];

fn name() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.4, prop_oneof![Just("A".to_owned()), Just("B".to_owned())])
}

fn category() -> impl Strategy<Value = Option<String>> {
    const CLASSES: [&str; 5] = ["42", "4214", "421415", "43", "42141500"];
    proptest::option::weighted(0.4, proptest::sample::select(CLASSES.as_slice()))
        .prop_map(|it| it.map(str::to_owned))
}

fn scope() -> impl Strategy<Value = Scope> {
    (name(), name(), name(), category(), name(), name()).prop_map(
        |(item, contract, supplier, category, facility, legal_entity)| Scope {
            item,
            contract,
            supplier,
            category,
            facility,
            legal_entity,
        },
    )
}

/// Each scope once, with one rule from one of the days to another, or open.
fn rules() -> impl Strategy<Value = Vec<(Scope, Effective)>> {
    let day = || proptest::option::of(proptest::sample::select(DAYS.as_slice()));
    proptest::collection::vec((scope(), day(), day()), 0..12).prop_map(|rules| {
        let mut seen = std::collections::HashSet::new();
        let read = |it: Option<&str>| it.map(|it| it.parse().unwrap());
        rules
            .into_iter()
            .filter(|it| seen.insert(it.0.clone()))
            .map(|(scope, from, to)| (scope, Effective { from: read(from), to: read(to) }))
            .collect()
    })
}

/// As the definition says it: most dimensions, then the strongest, then the longest class.
fn rank(scope: &Scope) -> (usize, [bool; 6], usize) {
    let values = scope.values();
    let bound = values.map(|it| it.is_some());
    let digits = scope.category.as_ref().map_or(0, String::len);
    (bound.iter().filter(|it| **it).count(), bound, digits)
}

fn fits(scope: &Scope, context: &LineContext<'_>) -> bool {
    let of =
        |it: &Option<String>, known: Option<&str>| it.as_deref().is_none_or(|it| known == Some(it));
    of(&scope.item, context.item)
        && of(&scope.contract, context.contract)
        && of(&scope.supplier, context.supplier)
        && scope
            .category
            .as_deref()
            .is_none_or(|it| context.class.is_some_and(|class| class.starts_with(it)))
        && of(&scope.facility, context.facility)
        && of(&scope.legal_entity, context.legal_entity)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn the_rule_found_is_the_most_specific_that_fits(
        rules in rules(), about in scope(), day in proptest::sample::select(DAYS.as_slice()),
    ) {
        let context = LineContext {
            item: about.item.as_deref(),
            contract: about.contract.as_deref(),
            supplier: about.supplier.as_deref(),
            class: about.category.as_deref(),
            facility: about.facility.as_deref(),
            legal_entity: about.legal_entity.as_deref(),
        };
        let date: Date = day.parse().unwrap();
        let holds = |it: &Effective| {
            it.from.is_none_or(|from| from <= date) && it.to.is_none_or(|to| date <= to)
        };
        let expected = rules
            .iter()
            .filter(|(scope, effective)| fits(scope, &context) && holds(effective))
            .max_by_key(|(scope, _)| rank(scope))
            .map(|(scope, _)| scope.clone());
        let table = rules
            .iter()
            .map(|(scope, effective)| (scope.clone(), vec![(*effective, scope.clone())]));
        let table = Table::new(table.collect());
        prop_assert_eq!(table.find(&context, date).cloned(), expected);
    }
}

#[test]
fn a_scope_is_named_by_what_it_binds() {
    let scope = Scope {
        supplier: Some("SUP-1".to_owned()),
        item: Some("GLV-M".to_owned()),
        ..Scope::default()
    };
    assert_eq!(scope.to_string(), "[item=GLV-M,supplier=SUP-1]");
    assert_eq!(scope.kind(), "item+supplier");
    assert_eq!(Scope::default().to_string(), "");
}
