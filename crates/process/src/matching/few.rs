//! Collections for an engine that is asked about one line as often as about ten thousand: a few
//! things lie side by side without an allocation, many are hashed quickly. Nothing here is iterated
//! where its order would show.

use std::hash::Hash;
use std::ops::Deref;

/// The hash is seeded, so that documents cannot be made to collide.
pub(in crate::matching) type HashMap<K, V> =
    std::collections::HashMap<K, V, foldhash::fast::RandomState>;
/// The same for sets.
pub(in crate::matching) type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;

/// A list of mostly one, which lies here and not elsewhere.
#[derive(Clone, Debug)]
pub(super) enum Few<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Few<T> {
    pub(super) const fn new() -> Self {
        Self::Many(Vec::new())
    }

    /// With room for so many, where they are more than one.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self::Many(if count > 1 { Vec::with_capacity(count) } else { Vec::new() })
    }

    #[inline]
    pub(super) fn push(&mut self, it: T) {
        match self {
            Self::Many(all) if all.capacity() == 0 => *self = Self::One(it),
            Self::Many(all) => all.push(it),
            Self::One(_) => {
                if let Self::One(first) = std::mem::replace(self, Self::Many(Vec::new())) {
                    *self = Self::Many(vec![first, it]);
                }
            }
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        match self {
            Self::One(it) => std::slice::from_mut(it),
            Self::Many(all) => all,
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(it) => std::slice::from_ref(it),
            Self::Many(all) => all,
        }
    }
}

impl<'f, T> IntoIterator for &'f Few<T> {
    type Item = &'f T;
    type IntoIter = std::slice::Iter<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let all = all.into_iter();
        let mut few = Self::with_capacity(all.size_hint().0);
        all.for_each(|it| few.push(it));
        few
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(all: Vec<T>) -> Self {
        Self::Many(all)
    }
}

/// So many are looked through one by one: hashing takes longer.
const FEW_MAX: usize = 6;

/// Finds the place of a name; of several equal names, the first counts.
pub(super) enum Directory<'a, K> {
    Few(Few<(&'a K, u32)>),
    Many(HashMap<&'a K, u32>),
}

impl<'a, K: Eq + Hash> Directory<'a, K> {
    /// For at most so many names.
    pub(super) fn with_capacity(count: usize) -> Self {
        if count <= FEW_MAX {
            Self::Few(Few::new())
        } else {
            Self::Many(HashMap::with_capacity_and_hasher(count, Default::default()))
        }
    }

    /// Notes a name, and says whether it is a new one.
    pub(super) fn insert(&mut self, name: &'a K, place: u32) -> bool {
        match self {
            Self::Few(all) => {
                let is_new = all.iter().all(|it| *it.0 != *name);
                if is_new {
                    all.push((name, place));
                }
                is_new
            }
            Self::Many(all) => {
                let mut is_new = false;
                all.entry(name).or_insert_with(|| {
                    is_new = true;
                    place
                });
                is_new
            }
        }
    }

    pub(super) fn get(&self, name: &K) -> Option<u32> {
        match self {
            Self::Few(all) => all.iter().find(|it| *it.0 == *name).map(|it| it.1),
            Self::Many(all) => all.get(name).copied(),
        }
    }
}

/// Finds the place of a number among numbers that mostly follow each other in even steps, as the
/// lines of an order do: 1, 2, 3 or 10, 20, 30.
pub(super) enum Numbers {
    Even {
        first: u32,
        step: u32,
        count: u32,
        place: u32,
    },
    /// By number, ascending, each once.
    Listed(Vec<(u32, u32)>),
}

impl Numbers {
    /// Of numbers whose places begin at `place` and follow each other; of several equal ones, the
    /// first counts.
    pub(super) fn new(numbers: &(impl Iterator<Item = u32> + Clone), place: u32) -> Self {
        let mut each = numbers.clone();
        let (first, second) = (each.next().unwrap_or_default(), each.next());
        let step = second.and_then(|it| it.checked_sub(first)).unwrap_or(1).max(1);
        let even = (0u32..).map_while(|it| step.checked_mul(it)?.checked_add(first));
        let count = numbers.clone().zip(even).take_while(|(it, even)| it == even).count();
        let listed = numbers.clone().zip(place..);
        if listed.clone().nth(count).is_none() {
            // ok: places are counted in 32 bits
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            return Self::Even { first, step, count, place };
        }
        let mut listed: Vec<(u32, u32)> = listed.collect();
        listed.sort_unstable();
        listed.dedup_by_key(|it| it.0);
        Self::Listed(listed)
    }

    pub(super) fn get(&self, number: u32) -> Option<u32> {
        match self {
            Self::Even { first, step, count, place } => {
                let off = number.checked_sub(*first)?;
                let steps = off.checked_div(*step)?;
                (off.checked_rem(*step) == Some(0) && steps < *count).then(|| place + steps)
            }
            Self::Listed(all) => {
                let found = all.binary_search_by_key(&number, |it| it.0).ok()?;
                all.get(found).map(|it| it.1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first_of(numbers: &[u32], number: u32) -> Option<u32> {
        numbers.iter().position(|it| *it == number).map(|it| u32::try_from(it).unwrap() + 7)
    }

    #[track_caller]
    fn check(numbers: &[u32]) {
        let places = Numbers::new(&numbers.iter().copied(), 7);
        for number in numbers.iter().flat_map(|it| [it.saturating_sub(1), *it, it + 1, it * 2]) {
            assert_eq!(places.get(number), first_of(numbers, number), "{number} of {numbers:?}");
        }
    }

    #[test]
    fn numbers_are_found_whether_they_step_evenly_or_not() {
        let cases: &[&[u32]] = &[
            &[],
            &[5],
            &[0],
            &[1, 2, 3],
            &[10, 20, 30],
            &[10, 20, 31],
            &[3, 2, 1],
            &[1, 1, 1],
            &[4, 4, 8],
            &[0, 10, 20, 20],
        ];
        cases.iter().for_each(|it| check(it));
    }

    proptest! {
        #[test]
        fn a_few_are_a_list(all: Vec<u8>) {
            let few: Few<u8> = all.iter().copied().collect();
            prop_assert_eq!(&*few, all.as_slice());
        }

        #[test]
        fn a_place_is_that_of_the_first_of_its_number(
            numbers in prop::collection::vec(0u32..40, 0..20),
        ) {
            check(&numbers);
        }

        #[test]
        fn few_and_many_names_are_found_alike(names in prop::collection::vec(0u8..20, 0..30)) {
            let mut few = Directory::Few(Few::new());
            let mut many = Directory::Many(HashMap::default());
            for (place, name) in (0..).zip(&names) {
                prop_assert_eq!(few.insert(name, place), many.insert(name, place));
            }
            for name in 0..20 {
                prop_assert_eq!(few.get(&name), many.get(&name));
            }
        }
    }
}
