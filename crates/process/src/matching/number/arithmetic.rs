//! Sums, products and comparisons: of small numbers at once, so that they are made where they are
//! asked for; the rest is out of the way.

use super::{Number, product};
use canonical::Exact;
use std::cmp::Ordering;
use std::ops::{Add, Mul, Sub};

impl Number {
    fn long_product(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Small(a, b), Self::Small(c, d)) => {
                Self::fit(i128::from(*a) * i128::from(*c), i128::from(*b) * i128::from(*d))
            }
            _ => Self::by_exact(self, other, |a, b| a * b),
        }
    }

    #[cold]
    fn exact_cmp(&self, other: &Self) -> Ordering {
        self.exact().cmp(&other.exact())
    }

    #[cold]
    fn by_exact(one: &Self, other: &Self, make: fn(Exact, Exact) -> Exact) -> Self {
        Self::from_exact(make(one.exact(), other.exact()))
    }
}

/// `a/b + c/d`, at once where it is the sum of two counts.
#[inline]
fn sum((a, b): (i64, u32), (c, d): (i64, u32)) -> Number {
    match (b == d).then(|| a.checked_add(c)).flatten() {
        Some(upper) => Number::Small(upper, b),
        None => sum_of_two((a, b), (c, d)),
    }
}

fn sum_of_two((a, b): (i64, u32), (c, d): (i64, u32)) -> Number {
    match (a, c) {
        (_, 0) => return Number::Small(a, b),
        (0, _) => return Number::Small(c, d),
        _ => {}
    }
    // decimals of other places: the finer one is a multiple of the other
    if d.checked_rem(b) == Some(0) {
        let times = d.checked_div(b).unwrap_or(1);
        return Number::fit(product(a, times) + i128::from(c), d.into());
    }
    if b.checked_rem(d) == Some(0) {
        let times = b.checked_div(d).unwrap_or(1);
        return Number::fit(i128::from(a) + product(c, times), b.into());
    }
    Number::fit(product(a, d) + product(c, b), i128::from(b) * i128::from(d))
}

impl Add for &Number {
    type Output = Number;

    #[inline]
    fn add(self, other: Self) -> Number {
        match (self, other) {
            (Number::Small(a, b), Number::Small(c, d)) => sum((*a, *b), (*c, *d)),
            _ => Number::by_exact(self, other, |a, b| a + b),
        }
    }
}

impl Sub for &Number {
    type Output = Number;

    #[inline]
    fn sub(self, other: Self) -> Number {
        match (self, other) {
            (Number::Small(a, b), Number::Small(c, d)) if *c != i64::MIN => sum((*a, *b), (-c, *d)),
            _ => Number::by_exact(self, other, |a, b| a - b),
        }
    }
}

impl Mul for &Number {
    type Output = Number;

    #[inline]
    fn mul(self, other: Self) -> Number {
        if let (Number::Small(a, b), Number::Small(c, d)) = (self, other)
            && let (Some(upper), Some(lower)) = (a.checked_mul(*c), b.checked_mul(*d))
        {
            return Number::Small(upper, lower);
        }
        self.long_product(other)
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(a, b), Self::Small(c, d)) if b == d => a.cmp(c),
            (Self::Small(a, b), Self::Small(c, d)) => product(*a, *d).cmp(&product(*c, *b)),
            _ => self.exact_cmp(other),
        }
    }
}
