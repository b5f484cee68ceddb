//! How many connections read.

use serde::Deserialize;

/// How many connections read, by lane. Beside them SQLite has one connection that writes, and
/// PostgreSQL one that writes per lane, one that leases work and one that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// For live traffic; at least one.
    pub critical: usize,
    /// For bulk work; at least one.
    pub bulk: usize,
}

impl Default for Readers {
    fn default() -> Self {
        Self { critical: 4, bulk: 1 }
    }
}
