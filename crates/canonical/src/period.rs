//! Fiscal periods.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// A fiscal period of a legal entity, as accounts payable sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiscalPeriod {
    /// The legal entity; `null` for all.
    #[serde(default)]
    pub legal_entity: Option<String>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// Whether accounts payable may post in it.
    pub state: PeriodState,
    /// Since when inventory may not post in it any more (UTC): a receipt recorded later counts in
    /// the first period that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory_closed_at: Option<Timestamp>,
    /// Whether journals may be posted in it; left out where that is as for accounts payable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<PeriodState>,
}

impl FiscalPeriod {
    /// Whether a journal may be posted in it.
    #[must_use]
    pub fn takes_journals(&self) -> bool {
        let state = self.ledger.unwrap_or(self.state);
        matches!(state, PeriodState::Open | PeriodState::SoftClosed)
    }
}

/// A calendar month as a period of the books: `2026-03`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period(Date);

impl Period {
    /// The one that a day is in.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> Date {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.0.last_of_month()
    }

    /// The one after it; itself at the end of time.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.last_day().tomorrow().unwrap_or(self.0))
    }
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a period is written as in \"2026-03\"";
        if text.len() != 7 {
            return Err(WRONG);
        }
        format!("{text}-01").parse().map(Self).map_err(|_error| WRONG)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Period {
    fn schema() -> RefOr<Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9]{4}-[0-9]{2}$"))
            .description(Some("A calendar month as a period of the books."))
            .examples(["2026-03"])
            .into()
    }
}

impl ToSchema for Period {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Period")
    }
}

/// Whether a period may be posted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodState {
    /// Not yet.
    Future,
    /// Yes.
    Open,
    /// By few.
    SoftClosed,
    /// No.
    Closed,
    /// Never again.
    PermanentlyClosed,
}
