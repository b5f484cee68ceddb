//! Pages: lists go on from a key, never from an offset, so that a page costs the same however long
//! the history is.

use crate::row::Row;
use canonical::{Cursor, Error, Page, PageRequest, Result};

fn limit(page: &PageRequest) -> u32 {
    page.limit.clamp(1, PageRequest::LIMIT_MAX)
}

/// One row more than the page holds tells whether there is a next page.
pub(crate) fn one_more(page: &PageRequest) -> u32 {
    limit(page) + 1
}

/// The page of the rows: each is an item, and after it the columns that a list goes on from.
pub(crate) fn cut<T>(
    rows: Vec<Row>,
    page: &PageRequest,
    item: impl Fn(&mut Row) -> Result<T>,
    key: impl Fn(&mut Row) -> Result<String>,
) -> Result<Page<T>> {
    let length = usize::try_from(limit(page)).unwrap_or(usize::MAX);
    let more = rows.len() > length;
    let mut items = Vec::with_capacity(length);
    let mut next_cursor = None;
    for mut row in rows.into_iter().take(length) {
        items.push(item(&mut row)?);
        next_cursor = Some(Cursor(key(&mut row)?));
    }
    Ok(Page { items, next_cursor: next_cursor.filter(|_| more) })
}

/// The numbers of a cursor of this list.
pub(crate) fn keys<const N: usize>(cursor: &Cursor, list: char) -> Result<[i64; N]> {
    let numbers = cursor.0.strip_prefix(list).map(|it| it.split('.').map(str::parse).collect());
    match numbers {
        Some(Ok::<Vec<i64>, _>(numbers)) => numbers.try_into().map_err(|_numbers| not_ours()),
        Some(Err::<_, std::num::ParseIntError>(_)) | None => Err(not_ours()),
    }
}

fn not_ours() -> Error {
    Error::invalid_field(
        "?cursor",
        "the cursor is not one of this list; send next_cursor as it was given",
    )
}
