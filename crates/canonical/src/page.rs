//! One way to page: a limit, an opaque cursor, and the cursor of what comes next.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a list goes on. Opaque to clients: keep it, send it back, do not read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries, in the order of their key.
    pub items: Vec<T>,
    /// The cursor of the next page; `null` on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<Cursor>,
}

impl<T> Page<T> {
    /// The page with every entry replaced.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

/// What a caller asks of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many entries, 1 to 200.
    pub limit: u32,
    /// Where to go on; `None` from the start.
    pub cursor: Option<Cursor>,
}

impl PageRequest {
    /// The most entries that one page holds.
    pub const LIMIT_MAX: u32 = 200;
    /// The entries of a page where the caller does not say.
    pub const LIMIT_DEFAULT: u32 = 50;
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: Self::LIMIT_DEFAULT, cursor: None }
    }
}
