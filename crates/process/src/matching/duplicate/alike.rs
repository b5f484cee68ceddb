//! Invoice numbers as duplicates are compared: normalised, and as scanning may have read them.

use canonical::SupplierInvoiceNumber;

/// A number in the form that is compared.
pub(super) struct Numbers {
    pub(super) plain: String,
}

impl Numbers {
    pub(super) fn of(number: &SupplierInvoiceNumber) -> Self {
        Self { plain: number.normalised() }
    }

    /// Whether one contains the other, or they differ by at most so many slips.
    pub(super) fn nearly(&self, other: &Self, distance: u8, optical: bool) -> bool {
        let scanned = |it: &str| it.chars().map(as_scanned).collect::<String>();
        near(&self.plain, &other.plain, distance)
            || (optical && near(&scanned(&self.plain), &scanned(&other.plain), distance))
    }
}

fn near(one: &str, other: &str, distance: u8) -> bool {
    one.contains(other)
        || other.contains(one)
        || strsim::osa_distance(one, other) <= usize::from(distance)
}

/// What a scanner cannot tell apart becomes the same character.
const fn as_scanned(it: char) -> char {
    match it {
        'O' => '0',
        'I' | 'L' => '1',
        'S' => '5',
        'B' => '8',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, distance: u8, optical: bool, expected: bool) {
        let numbers = [one, other].map(|it| Numbers::of(&it.parse().unwrap()));
        let [one, other] = &numbers;
        assert_eq!(one.nearly(other, distance, optical), expected);
        assert_eq!(other.nearly(one, distance, optical), expected, "the other way round");
    }

    #[test]
    fn one_slip_is_nearly_the_same() {
        check("10482", "10842", 1, false, true);
        check("10482", "1048", 1, false, true);
        check("10482", "10483", 1, false, true);
        check("10482", "20483", 1, false, false);
        check("10482", "10824", 1, false, false);
        check("10482", "10842", 0, false, false);
    }

    #[test]
    fn a_number_within_a_number_is_nearly_the_same() {
        check("A-10482-2026", "10482", 0, false, true);
    }

    #[test]
    fn what_scanning_confuses_is_the_same() {
        check("SIOB7", "51087", 1, true, true);
        check("SIOB7", "51087", 1, false, false);
    }
}
