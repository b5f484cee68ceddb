//! Paging over a sorted map. A cursor is the key of the last entry seen, so that a list goes on in
//! the right place whatever came or went since.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use canonical::{Cursor, Error, Page, PageRequest, Result};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A key that can be written into a cursor and read back.
pub(super) trait Key: Ord + Clone {
    /// The key as text.
    fn text(&self) -> String;
    /// The key of a text; `None` where it is not one.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! plain_keys {
    ($($key:ty),*) => { $(
        impl Key for $key {
            fn text(&self) -> String {
                self.as_str().to_owned()
            }

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )* };
}

plain_keys!(
    canonical::CostCenterId,
    canonical::FacilityId,
    canonical::ItemId,
    canonical::JournalKey,
    canonical::PayableId,
    canonical::PurchaseOrderNumber,
    canonical::SupplierId,
    String
);

/// One page of the entries that `keep` lets through. `noun` is in the cursor, so that the cursor of
/// another list is refused.
pub(super) fn page<K: Key, T: Clone>(
    noun: &str,
    entries: &BTreeMap<K, T>,
    request: &PageRequest,
    keep: impl Fn(&T) -> bool,
) -> Result<Page<T>> {
    let limit = request.limit.clamp(1, PageRequest::LIMIT_MAX) as usize;
    let start: Bound<K> = match &request.cursor {
        None => Bound::Unbounded,
        Some(cursor) => Bound::Excluded(read(noun, cursor)?),
    };
    let mut rest = entries.range((start, Bound::Unbounded)).filter(|(_, entry)| keep(entry));
    let taken: Vec<_> = rest.by_ref().take(limit).collect();
    let next_cursor = match (rest.next(), taken.last()) {
        (Some(_), Some((key, _))) => Some(write(noun, *key)),
        _ => None,
    };
    Ok(Page { items: taken.into_iter().map(|(_, entry)| entry.clone()).collect(), next_cursor })
}

fn write(noun: &str, key: &impl Key) -> Cursor {
    Cursor(URL_SAFE_NO_PAD.encode(format!("{noun}\n{}", key.text())))
}

fn read<K: Key>(noun: &str, cursor: &Cursor) -> Result<K> {
    URL_SAFE_NO_PAD
        .decode(&cursor.0)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| K::parse(text.strip_prefix(noun)?.strip_prefix('\n')?))
        .ok_or_else(|| {
            Error::invalid_field("?cursor", "not a cursor of this list; start without one")
        })
}
