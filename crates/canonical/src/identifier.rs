//! Identifiers as types, so that a supplier cannot be handed where an item is meant.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

const LENGTH_MAX: usize = 80;

fn plain_text(text: &str) -> Result<(), &'static str> {
    let is_plain = text.bytes().all(|it| it.is_ascii_graphic());
    match text {
        it if is_plain && (1..=LENGTH_MAX).contains(&it.len()) => Ok(()),
        "" => Err("an identifier is not empty"),
        it if it.chars().count() > LENGTH_MAX => Err("an identifier has at most 80 characters"),
        it if it.chars().any(char::is_control) => Err("an identifier has no control characters"),
        it if it.trim() != it => Err("an identifier has no blanks at its ends"),
        _ => Ok(()),
    }
}

fn text_schema(description: &str, example: &str) -> RefOr<Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .min_length(Some(1))
        .max_length(Some(LENGTH_MAX))
        .description(Some(description))
        .examples([example])
        .into()
}

/// What fits beside its length in three words.
const SHORT_MAX: usize = 22;

/// A text that lies where it is used if it is short, as nearly all identifiers are: comparing two
/// follows no pointer, and a copy counts no references.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Text {
    /// Its length and its bytes, zeros behind them; every text that fits is kept like this.
    Short(u8, [u8; SHORT_MAX]),
    Long(Arc<str>),
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            // ok: the bytes of a text, up to its length
            Self::Short(..) => std::str::from_utf8(self.bytes()).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT_MAX];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(text.as_bytes());
                Self::Short(length, bytes)
            }
            _ => Self::Long(text.into()),
        }
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        // UTF-8 keeps the order of the characters
        self.bytes().cmp(other.bytes())
    }
}

macro_rules! identifier {
    ($name:ident, $example:literal, $check:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Text);

        impl $name {
            /// The text as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The bytes of the text.
            #[must_use]
            #[inline]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.bytes()
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(text).map(|()| Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text_schema($doc.trim(), $example)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

identifier!(CostCenterId, "CC-ICU", plain_text, "A cost centre's code.");
identifier!(FacilityId, "LAKESIDE", plain_text, "A facility's code.");
identifier!(
    InvoiceId,
    "inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA",
    plain_text,
    "An invoice's id in this gateway."
);
identifier!(ItemId, "GLV-M", plain_text, "An item's number in the item master.");
identifier!(
    JournalKey,
    "acr_01K5S1V6Z6C4M7Y2Q8N3T0B9XA-1",
    plain_text,
    "The key of a journal intent: it is posted once under it."
);
identifier!(PayableId, "417", plain_text, "A payable's id in the system that keeps payables.");
identifier!(PurchaseOrderNumber, "PO-9", plain_text, "A purchase order's number.");
identifier!(
    RequisitionId,
    "req_01K5S1V6Z6C4M7Y2Q8N3T0B9XA",
    plain_text,
    "A requisition's id in the gateway that it was made in."
);
identifier!(ReceiptNumber, "R-1", plain_text, "A goods receipt's or return's number.");
identifier!(SupplierId, "SUP-1", plain_text, "A supplier's number in the supplier master.");
identifier!(
    SupplierInvoiceNumber,
    "INV-77",
    plain_text,
    "The number the supplier gave the invoice, as received."
);
identifier!(Uom, "BX", unit_code, "A unit of measure's code, at most 12 characters.");
identifier!(
    Gtin,
    "00614141007349",
    gtin_digits,
    "A GS1 trade item number (8, 12, 13 or 14 digits, check digit right): one packaging level."
);

fn unit_code(text: &str) -> Result<(), &'static str> {
    if text.chars().count() > 12 {
        return Err("a unit of measure has at most 12 characters");
    }
    plain_text(text)
}

fn gtin_digits(text: &str) -> Result<(), &'static str> {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|it| it.is_ascii_digit()) {
        return Err("a GTIN has 8, 12, 13 or 14 digits");
    }
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 3 })
        .sum();
    if sum.is_multiple_of(10) { Ok(()) } else { Err("the check digit of the GTIN is wrong") }
}

impl SupplierInvoiceNumber {
    /// The number as duplicates are compared (`domain.md` A16): NFKC, upper case, letters and
    /// digits only, without a leading `INV`, `INVOICE` or `NO`, without leading zeros in any run of
    /// digits.
    #[must_use]
    pub fn normalised(&self) -> String {
        let text = self.as_str();
        let plain: String = if text.is_ascii() {
            // its own NFKC already, as nearly every number is
            let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
            letters.map(|it| char::from(it.to_ascii_uppercase())).collect()
        } else {
            let upper = text.nfkc().flat_map(char::to_uppercase);
            upper.filter(|it| it.is_alphanumeric()).collect()
        };
        let bare = ["INVOICE", "INV", "NO"]
            .iter()
            .find_map(|it| plain.strip_prefix(it))
            .filter(|it| !it.is_empty())
            .unwrap_or(&plain);
        without_leading_zeros(bare)
    }
}

fn without_leading_zeros(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_digits = false;
    let mut zeros = false;
    for it in text.chars() {
        if !it.is_ascii_digit() {
            if zeros {
                out.push('0');
            }
            (in_digits, zeros) = (false, false);
            out.push(it);
        } else if it == '0' && !in_digits {
            zeros = true;
        } else {
            (in_digits, zeros) = (true, false);
            out.push(it);
        }
    }
    if zeros {
        out.push('0');
    }
    out
}

/// What another system calls a thing of ours: one row of a crosswalk (`domain.md` A1.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalId {
    /// Whose name it is: `tryton`, `duns`, `gln`, `x12:ZZ`, `tax`.
    #[schema(example = "gln")]
    pub system: String,
    /// What kind of thing it names there: `supplier`, `party`.
    #[schema(example = "supplier")]
    pub entity: String,
    /// The name itself.
    #[schema(example = "0614141000005")]
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn normalises(number: &str, expected: &str) {
        assert_eq!(number.parse::<SupplierInvoiceNumber>().unwrap().normalised(), expected);
    }

    #[test]
    fn invoice_numbers_compare_without_their_dress() {
        normalises("INV-000123", "123");
        normalises("inv 123", "123");
        normalises("Invoice No. 7", "NO7");
        normalises("0045", "45");
        normalises("A-007-B00", "A7B0");
        normalises("INV", "INV");
        normalises("0", "0");
    }

    #[test]
    fn a_gtin_has_a_right_check_digit() {
        assert!("00614141007349".parse::<Gtin>().is_ok());
        assert!("00614141007348".parse::<Gtin>().is_err());
        assert!("96385074".parse::<Gtin>().is_ok());
        assert!("12345".parse::<Gtin>().is_err());
    }

    #[test]
    fn a_short_text_and_a_long_one_are_texts() {
        let texts = ["A", "PO-1", "PO-10", "PO-2", "É", &"x".repeat(22), &"x".repeat(23)];
        for one in texts {
            let id: ItemId = one.parse().unwrap();
            assert_eq!(id.as_str(), one);
            assert_eq!(id.to_string(), one);
            assert_eq!(format!("{id:?}"), format!("ItemId({one})"));
            for other in texts {
                let other_id: ItemId = other.parse().unwrap();
                assert_eq!(id.cmp(&other_id), one.cmp(other), "{one} {other}");
                assert_eq!(id == other_id, one == other, "{one} {other}");
            }
        }
        assert_eq!(size_of::<Option<ItemId>>(), 24);
    }

    #[test]
    fn an_identifier_is_plain_text() {
        assert!("PO 9".parse::<PurchaseOrderNumber>().is_ok());
        for text in ["", " PO", "PO\n9", &"x".repeat(81)] {
            assert!(text.parse::<PurchaseOrderNumber>().is_err(), "{text:?}");
        }
    }
}
