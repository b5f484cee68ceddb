//! A walk through a list in pages of one finds what one large page finds, once each, in order.

use super::Faults;
use canonical::{Cursor, Kind, Page, PageRequest, Result};

/// At most so many steps are walked, so that a large back end does not take for ever.
const STEPS_MAX: usize = 40;

/// Checks one list. `key` is what it is sorted by.
pub(super) async fn check<T, K: PartialEq + Ord + std::fmt::Debug>(
    noun: &str,
    faults: &mut Faults,
    list: impl AsyncFn(PageRequest) -> Result<Page<T>>,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let large = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
    let Some(large) = faults.take(format!("{noun}: a large page"), list(large).await) else {
        return Vec::new();
    };
    let expected: Vec<K> = large.items.iter().map(&key).collect();
    faults.check(!expected.is_empty(), format!("{noun}: the list is empty"));
    faults.check(expected.is_sorted(), format!("{noun}: not in the order of the key"));
    let walked = walk(noun, faults, &list).await;
    let walked: Vec<K> = walked.iter().map(&key).collect();
    let same = walked.iter().zip(&expected).all(|(one, other)| one == other);
    let enough = walked.len() == expected.len().min(STEPS_MAX);
    faults.check(
        same && enough,
        format!("{noun}: pages of one give {walked:?}, one page gives {expected:?}"),
    );
    let foreign = PageRequest { limit: 1, cursor: Some(Cursor("not-ours!".to_owned())) };
    match list(foreign).await {
        Err(error) if error.kind() == Kind::Invalid => {}
        Err(error) => {
            faults.add(format!("{noun}: a foreign cursor is {:?}, not invalid", error.kind()));
        }
        Ok(_) => faults.add(format!("{noun}: a foreign cursor is taken")),
    }
    large.items
}

async fn walk<T>(
    noun: &str,
    faults: &mut Faults,
    list: &impl AsyncFn(PageRequest) -> Result<Page<T>>,
) -> Vec<T> {
    let mut walked = Vec::new();
    let mut cursor = None;
    for step in 0..STEPS_MAX {
        let request = PageRequest { limit: 1, cursor: cursor.take() };
        let Some(page) = faults.take(format!("{noun}: page {step}"), list(request).await) else {
            break;
        };
        faults.check(page.items.len() <= 1, format!("{noun}: page {step} is over its limit"));
        walked.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    walked
}
