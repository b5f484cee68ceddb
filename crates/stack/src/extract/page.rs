//! `limit` and `cursor` of a list.

use canonical::{Cursor, Error, PageRequest, Result};
use serde::Deserialize;
use utoipa::IntoParams;

const CURSOR_CHARS_MAX: usize = 1024;

/// The query of a list that has no filters. A list with filters has the same two fields and calls
/// [`page`].
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most so many entries on a page, 1 to 200; 50 where it is left out.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub cursor: Option<String>,
}

impl PageQuery {
    /// What the caller asks of the list.
    ///
    /// # Errors
    /// `invalid` naming `?limit` or `?cursor`.
    pub fn page(self) -> Result<PageRequest> {
        page(self.limit, self.cursor)
    }
}

/// Checks `limit` and `cursor` as they came in a query.
///
/// # Errors
/// `invalid` naming `?limit` or `?cursor`.
pub fn page(limit: Option<u32>, cursor: Option<String>) -> Result<PageRequest> {
    let limit = limit.unwrap_or(PageRequest::LIMIT_DEFAULT);
    if !(1..=PageRequest::LIMIT_MAX).contains(&limit) {
        let detail = format!("a limit is 1 to {}", PageRequest::LIMIT_MAX);
        return Err(Error::invalid_field("?limit", detail));
    }
    if cursor.as_ref().is_some_and(|it| it.is_empty() || it.len() > CURSOR_CHARS_MAX) {
        return Err(Error::invalid_field("?cursor", "a cursor is a next_cursor of this list"));
    }
    Ok(PageRequest { limit, cursor: cursor.map(Cursor) })
}
