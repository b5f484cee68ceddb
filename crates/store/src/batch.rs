//! Writes and reads as data: statements with numbered arguments, and what must hold for a write.

use jiff::Timestamp;
use std::borrow::Cow;
use std::fmt;

/// A value handed to the database or read from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Val {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Val {
    /// Anything that has a text of its own: identifiers, decimals, dates, codes.
    pub(crate) fn text(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }

    pub(crate) fn text_or_null(value: Option<impl fmt::Display>) -> Self {
        value.map_or(Self::Null, Self::text)
    }

    pub(crate) fn time_or_null(value: Option<Timestamp>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

impl Val {
    /// Whether it is a text with the character that PostgreSQL cannot keep in one.
    pub(crate) fn has_nul(&self) -> bool {
        matches!(self, Self::Text(text) if text.contains('\0'))
    }
}

impl From<&str> for Val {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Val {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Val {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Val {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<Vec<u8>> for Val {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl From<Timestamp> for Val {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_microsecond())
    }
}

/// The most keys that one statement asks for; longer lists are asked in parts.
pub(crate) const KEYS_MAX: usize = 256;

/// A read: SQL with `$n` for the n-th argument.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) args: Vec<Val>,
}

impl Query {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>, args: impl Into<Vec<Val>>) -> Self {
        Self { sql: sql.into(), args: args.into() }
    }

    /// A query that ends in a list of values: `… IN ($1, $2)`.
    pub(crate) fn listing(sql: &str, values: &[Val]) -> Self {
        let mut query = Self::new("", []);
        let list = query.list(values, Self::arg);
        query.sql = format!("{sql}({list})").into();
        query
    }

    /// Adds the values and gives their list. It is filled up to a power of two with the last one,
    /// so that few statements differ and the prepared ones are found again.
    pub(crate) fn list<T: Clone>(
        &mut self,
        values: &[T],
        mut show: impl FnMut(&mut Self, T) -> String,
    ) -> String {
        let fill = values.last().into_iter().cycle();
        let length = values.len().next_power_of_two();
        let shown: Vec<String> =
            values.iter().chain(fill).take(length).map(|it| show(self, it.clone())).collect();
        shown.join(", ")
    }

    /// Adds an argument and gives its placeholder.
    pub(crate) fn arg(&mut self, value: Val) -> String {
        self.args.push(value);
        format!("${}", self.args.len())
    }
}

/// One statement of a batch.
#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) query: Query,
    pub(crate) kind: Kind,
}

/// What is asked of a statement.
#[derive(Debug)]
pub(crate) enum Kind {
    /// That it is done.
    Plain,
    /// That it changes exactly one row, or the batch is stale.
    Expect {
        /// What was not as expected, for the caller: `invoice inv_…`.
        guard: String,
    },
    /// That it hands out rows, and to nobody else. Where writers of several processes meet, it
    /// must not wait for a row that another has.
    Lease {
        /// The same in the words of PostgreSQL, passing over rows that are locked.
        postgres: &'static str,
    },
}

/// Statements that are written together or not at all. Nouns add theirs, as in
/// `batch.insert_invoice(…)`.
#[derive(Debug, Default)]
pub struct Batch {
    statements: Vec<Stmt>,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Adds everything of `other`, after what is here.
    pub fn append(&mut self, mut other: Self) {
        self.statements.append(&mut other.statements);
    }

    pub(crate) fn statements(&self) -> &[Stmt] {
        &self.statements
    }

    /// Whether it hands out rows and does nothing else.
    pub(crate) fn is_lease(&self) -> bool {
        self.statements.iter().all(|it| matches!(it.kind, Kind::Lease { .. }))
    }

    pub(crate) fn run(&mut self, sql: &'static str, args: impl Into<Vec<Val>>) {
        self.push(Kind::Plain, sql, args);
    }

    /// Adds a statement that must change exactly one row.
    pub(crate) fn expect_one(
        &mut self,
        guard: impl Into<String>,
        sql: &'static str,
        args: impl Into<Vec<Val>>,
    ) {
        self.push(Kind::Expect { guard: guard.into() }, sql, args);
    }

    /// Adds a statement that answers with the rows it hands out.
    pub(crate) fn lease(
        &mut self,
        sqlite: &'static str,
        postgres: &'static str,
        args: impl Into<Vec<Val>>,
    ) {
        self.push(Kind::Lease { postgres }, sqlite, args);
    }

    fn push(&mut self, kind: Kind, sql: &'static str, args: impl Into<Vec<Val>>) {
        self.statements.push(Stmt { query: Query::new(sql, args), kind });
    }
}

/// What became of a batch that could be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a stale batch wrote nothing"]
pub enum Committed {
    /// Written, and on the disk.
    Done,
    /// Nothing was written, because something is not as the batch expected: read again, decide
    /// again. `guard` names it, as in `guard order_line:PO-9:10`, `invoice inv_…`, `event …`,
    /// `idempotency_key …`, `work …`.
    Stale {
        /// What was not as expected.
        guard: String,
    },
}

impl Committed {
    /// Whether the batch was written.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}
