//! A number as an answer shows it: text on the wire, kept without an allocation where it is a plain
//! decimal, since most answers are made of nothing else.

use crate::number::{digits, read_exact};
use crate::{Decimal, Exact, Money};
use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// More places than this are kept as text; ten to this power fits in 64 bits.
const PLACES_MAX: u8 = 18;
/// A sign, 19 digits, a point, and a zero in front of it, with room to spare.
const LENGTH_MAX: usize = 24;

/// A number as it was written: `40`, `-12.50`, `7/12`. Equal texts are equal, `1.0` and `1` are
/// not: what was shown is evidence.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Numeral(Kept);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kept {
    /// So many of the last place. Every text that this can write is kept like this, and no other.
    Count(i64, u8),
    Text(Box<Text>),
}

/// Behind a pointer, so that the other kind stays small.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Text(Box<str>);

impl Numeral {
    /// `count` of the last of `places` places: 1250 at two places is `12.50`.
    #[must_use]
    #[inline]
    pub fn new(count: i128, places: u32) -> Self {
        match (i64::try_from(count), u8::try_from(places)) {
            (Ok(count), Ok(places)) if places <= PLACES_MAX => Self(Kept::Count(count, places)),
            _ => Self::long(count, places),
        }
    }

    #[cold]
    fn long(count: i128, places: u32) -> Self {
        Self::text(digits(&BigInt::from(count), places).into())
    }

    /// The same of a count in 64 bits.
    #[must_use]
    #[inline]
    pub fn short(count: i64, places: u8) -> Self {
        if places <= PLACES_MAX {
            Self(Kept::Count(count, places))
        } else {
            Self::new(count.into(), places.into())
        }
    }

    /// The exact value; `None` where the text is no number.
    #[must_use]
    pub fn exact(&self) -> Option<Exact> {
        match &self.0 {
            Kept::Count(count, places) => {
                let unit = BigInt::from(10u8).pow(u32::from(*places));
                Some(Exact::new(BigInt::from(*count), unit))
            }
            Kept::Text(text) => read_exact(&text.0),
        }
    }

    /// The value as a decimal of the wire.
    ///
    /// # Errors
    /// A sentence where it is a fraction or beyond the limits of the wire.
    pub fn decimal(&self) -> Result<Decimal, &'static str> {
        self.with_text(str::parse)
    }

    /// The count and its places, where it is kept as such.
    #[inline]
    pub(crate) fn counted(&self) -> Option<(i64, u8)> {
        match self.0 {
            Kept::Count(count, places) => Some((count, places)),
            Kept::Text(_) => None,
        }
    }

    fn text(text: Box<str>) -> Self {
        Self(Kept::Text(Box::new(Text(text))))
    }

    fn with_text<T>(&self, then: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Kept::Text(text) => then(&text.0),
            Kept::Count(count, places) => {
                let mut room = [0; LENGTH_MAX];
                then(write(*count, *places, &mut room))
            }
        }
    }
}

/// Writes from the last digit to the first.
fn write(count: i64, places: u8, room: &mut [u8; LENGTH_MAX]) -> &str {
    let (mut left, mut at) = (count.unsigned_abs(), LENGTH_MAX);
    let mut put = |byte: u8| {
        at = at.saturating_sub(1);
        if let Some(it) = room.get_mut(at) {
            *it = byte;
        }
    };
    let mut digit = || {
        // ok: a remainder of ten is one digit
        let digit = b'0' + (left % 10) as u8;
        left /= 10;
        (digit, left > 0)
    };
    for _place in 0..places {
        put(digit().0);
    }
    if places > 0 {
        put(b'.');
    }
    loop {
        let (byte, is_more) = digit();
        put(byte);
        if !is_more {
            break;
        }
    }
    if count < 0 {
        put(b'-');
    }
    // ok: digits, a point and a sign
    room.get(at..).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default()
}

impl From<&str> for Numeral {
    fn from(text: &str) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let count = match fraction {
            "" => whole.parse().ok(),
            _ => format!("{whole}{fraction}").parse().ok(),
        };
        let counted = count.zip(u8::try_from(fraction.len()).ok());
        counted
            .filter(|(_count, places)| *places <= PLACES_MAX)
            .map(|(count, places)| Self(Kept::Count(count, places)))
            // `007`, `+1` and `-0.00` are kept as they are
            .filter(|it| it.with_text(|shown| shown == text))
            .unwrap_or_else(|| Self::text(text.into()))
    }
}

impl From<Money> for Numeral {
    #[inline]
    fn from(money: Money) -> Self {
        Self::new(money.minor(), money.currency().exponent())
    }
}

impl From<Decimal> for Numeral {
    fn from(decimal: Decimal) -> Self {
        Self::from(decimal.to_string().as_str())
    }
}

impl FromStr for Numeral {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

impl PartialEq<str> for Numeral {
    fn eq(&self, text: &str) -> bool {
        self.with_text(|it| it == text)
    }
}

impl PartialEq<&str> for Numeral {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

impl fmt::Display for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|it| f.write_str(it))
    }
}

impl fmt::Debug for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|it| fmt::Debug::fmt(it, f))
    }
}

impl Serialize for Numeral {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|it| serializer.serialize_str(it))
    }
}

impl<'de> Deserialize<'de> for Numeral {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(Cow::<'de, str>::deserialize(deserializer)?.as_ref()))
    }
}

#[cfg(test)]
mod tests;
