//! What an error of PostgreSQL's means: to the caller, and to the connection.

use canonical::Error as Told;
use std::fmt;
use std::io;
use tokio_postgres::error::{Severity, SqlState};

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection was made.
    Connect(tokio_postgres::Error),
    /// The server or the road to it.
    Postgres(tokio_postgres::Error),
    /// No answer in time; what became of it is not known.
    Late,
    /// More rows than any question of ours has.
    TooMany,
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) | Self::Postgres(error) => {
                write!(f, "{error}")?;
                let mut source = std::error::Error::source(error);
                while let Some(cause) = source {
                    write!(f, ": {cause}")?;
                    source = cause.source();
                }
                Ok(())
            }
            Self::Late => write!(f, "no answer in time"),
            Self::TooMany => write!(f, "too many rows"),
        }
    }
}

impl Failure {
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Connect(error) | Self::Postgres(error) => error.code(),
            Self::Late | Self::TooMany => None,
        }
    }

    /// Whether the connection is of no more use.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(error) => match error.as_db_error() {
                Some(told) => {
                    matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic) | None)
                }
                None => error.is_closed() || is_io(error),
            },
            Self::Connect(_) | Self::Late => true,
            Self::TooMany => false,
        }
    }

    /// Whether the same may succeed when it is tried again at once.
    pub(super) fn is_passing(&self) -> bool {
        let again = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        self.is_lost() || self.state().is_some_and(|it| again.contains(&it))
    }

    fn is_about_resources(&self) -> bool {
        // connection, resources, operator's intervention, system, rollback, lock, read-only
        const CLASSES: [&str; 5] = ["08", "53", "57", "58", "40"];
        self.state().is_some_and(|it| {
            let class = it.code().get(..2).unwrap_or_default();
            CLASSES.contains(&class)
                || [&SqlState::LOCK_NOT_AVAILABLE, &SqlState::READ_ONLY_SQL_TRANSACTION]
                    .contains(&it)
        })
    }

    fn told(&self) -> Told {
        let state = self.state().map(SqlState::code);
        match state {
            Some("3D000") => Told::unavailable("the store's database does not exist"),
            Some("28000" | "28P01") => Told::unavailable("the store's server refuses the login"),
            Some("42501") => {
                Told::unavailable("the store's user may not do this in its database; grant it")
            }
            _ if self.is_lost() || self.is_about_resources() => {
                Told::unavailable("the store cannot be used now")
            }
            _ => Told::internal("the store refused a statement"),
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<io::Error>() {
            return true;
        }
        source = cause.source();
    }
    false
}

impl From<Failure> for Told {
    fn from(failure: Failure) -> Self {
        failure.told().because(failure.to_string())
    }
}
