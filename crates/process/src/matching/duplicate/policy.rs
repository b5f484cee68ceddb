//! The rules for duplicates: what a person wrote down, validated whole before it decides anything.

use crate::policy_file;
use canonical::{FieldError, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules that ship with the gateway, as their file says them.
const SHIPPED: &str = include_str!("../../../../../config/policies/duplicates.toml");
const SCORE_MAX: u8 = 100;
/// Longer than any limitation period; a typing error is not searched for.
const DAYS_MAX: u32 = 3_660;
/// With more slips than this, any two numbers are alike.
const DISTANCE_MAX: u8 = 3;

/// Rules for duplicates as a person writes them, in TOML or JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DuplicatePolicy)]
pub struct DuplicateDocument {
    /// The policy's name; decisions cite it as `id@version`.
    #[schema(example = "D0")]
    pub id: String,
    /// Its version.
    #[schema(example = 1)]
    pub version: u32,
    /// Who approved it.
    pub approved_by: String,
    /// Why it is as it is.
    pub reason: String,
    /// From this score on, an invoice is an exception.
    pub exception_at: u8,
    /// From this score on, it is flagged.
    pub flag_at: u8,
    /// One row for every rule.
    pub rules: Vec<DuplicateRule>,
}

/// One rule of a policy for duplicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateRule {
    /// Which rule.
    pub rule: RuleName,
    /// What it scores: 100 is certain, less is a suspicion, 0 turns it off.
    pub score: u8,
    /// How far apart the dates may be (D2, D4, D5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// How many slips may lie between the numbers (D4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<u8>,
    /// Whether characters that scanning confuses count as the same (D4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optical: Option<bool>,
}

/// The rules of `domain.md` A16; D8 is how the others hold between two supplier numbers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
pub enum RuleName {
    /// Same number, currency and gross.
    D1,
    /// Same number, another gross.
    D2,
    /// Same number, long ago.
    D3,
    /// Same gross, nearly the same number.
    D4,
    /// Same order lines.
    D5,
    /// Same serial number.
    D6,
    /// Self-billed.
    D7,
}

impl RuleName {
    const ALL: [Self; 7] = [Self::D1, Self::D2, Self::D3, Self::D4, Self::D5, Self::D6, Self::D7];

    const fn takes_days(self) -> bool {
        matches!(self, Self::D2 | Self::D4 | Self::D5)
    }
}

/// Rules for duplicates that were found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicatePolicy {
    document: DuplicateDocument,
    cited: String,
    /// By the place of the rule in [`RuleName::ALL`].
    scores: [u8; 7],
    pub(super) reuse_days: u32,
    pub(super) near_days: u32,
    pub(super) lines_days: u32,
    pub(super) distance: u8,
    pub(super) optical: bool,
}

impl DuplicatePolicy {
    /// Validates a document whole.
    ///
    /// # Errors
    /// Every fault of it, each with the place in the document and what would be right.
    pub fn new(document: DuplicateDocument) -> Result<Self, Vec<FieldError>> {
        let mut faults = Faults(Vec::new());
        faults.head(&document);
        let mut scores = [0; 7];
        for (name, score) in RuleName::ALL.into_iter().zip(&mut scores) {
            *score = faults.rule(&document, name);
        }
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let of = |name| document.rules.iter().find(|it| it.rule == name);
        let days = |name| of(name).and_then(|it| it.days).unwrap_or_default();
        let near = of(RuleName::D4);
        Ok(Self {
            scores,
            reuse_days: days(RuleName::D2),
            near_days: days(RuleName::D4),
            lines_days: days(RuleName::D5),
            distance: near.and_then(|it| it.distance).unwrap_or_default(),
            optical: near.and_then(|it| it.optical).unwrap_or_default(),
            cited: format!("{}@{}", document.id, document.version),
            document,
        })
    }

    /// Reads and validates a policy file.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        policy_file::read("policy", text, Self::new)
    }

    /// The policy that ships as the default: D0.
    ///
    /// # Errors
    /// `invalid` where the file that was built in is faulty, which a test rules out.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// The policy as it was written.
    #[must_use]
    pub const fn document(&self) -> &DuplicateDocument {
        &self.document
    }

    /// How a decision cites it: `D0@1`.
    #[must_use]
    pub fn cited(&self) -> String {
        self.cited.clone()
    }

    /// How far apart, in days, invoices of one amount may be dated to be compared.
    #[must_use]
    pub const fn near_days(&self) -> u32 {
        self.near_days
    }

    /// How far apart, in days, invoices of the same order lines may be dated to be compared.
    #[must_use]
    pub const fn lines_days(&self) -> u32 {
        self.lines_days
    }

    pub(super) fn score(&self, name: RuleName) -> u32 {
        let place = RuleName::ALL.iter().position(|it| *it == name);
        place.and_then(|it| self.scores.get(it)).copied().unwrap_or_default().into()
    }
}

struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    fn head(&mut self, document: &DuplicateDocument) {
        let texts = [
            ("/id", &document.id),
            ("/approved_by", &document.approved_by),
            ("/reason", &document.reason),
        ];
        for (pointer, text) in texts {
            if text.trim().is_empty() {
                self.add(pointer, "say it: a decision cites it for ever");
            }
        }
        let (exception, flag) = (document.exception_at, document.flag_at);
        if !(1..=SCORE_MAX).contains(&exception) {
            self.add("/exception_at", format!("{exception} is not between 1 and {SCORE_MAX}"));
        }
        if flag == 0 || flag > exception {
            let detail = format!("{flag} is not between 1 and exception_at, {exception}");
            self.add("/flag_at", detail);
        }
    }

    fn rule(&mut self, document: &DuplicateDocument, name: RuleName) -> u8 {
        let mut rows = document.rules.iter().enumerate().filter(|(_place, it)| it.rule == name);
        let Some((place, row)) = rows.next() else {
            let detail = format!("{name:?} has no row; write one, with score = 0 to turn it off");
            self.add("/rules", detail);
            return 0;
        };
        let again: Vec<usize> = rows.map(|(place, _row)| place).collect();
        for place in again {
            self.add(format!("/rules/{place}/rule"), format!("{name:?} has two rows"));
        }
        let at = format!("/rules/{place}");
        if row.score > SCORE_MAX {
            self.add(format!("{at}/score"), format!("{} is more than {SCORE_MAX}", row.score));
        }
        let is_near = name == RuleName::D4;
        self.takes(&format!("{at}/days"), name, name.takes_days(), row.days.is_some());
        self.takes(&format!("{at}/distance"), name, is_near, row.distance.is_some());
        self.takes(&format!("{at}/optical"), name, is_near, row.optical.is_some());
        if let Some(days) = row.days.filter(|it| *it > DAYS_MAX) {
            self.add(format!("{at}/days"), format!("{days} is more than {DAYS_MAX} days"));
        }
        if let Some(distance) = row.distance.filter(|it| *it > DISTANCE_MAX) {
            let detail = format!("{distance} is more than {DISTANCE_MAX}: any numbers are alike");
            self.add(format!("{at}/distance"), detail);
        }
        row.score
    }

    fn takes(&mut self, pointer: &str, name: RuleName, takes: bool, has: bool) {
        match (takes, has) {
            (true, false) => self.add(pointer, format!("{name:?} needs it")),
            (false, true) => self.add(pointer, format!("{name:?} does not use it; leave it out")),
            (true, true) | (false, false) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_ship_are_whole() {
        let policy = DuplicatePolicy::default_shipped().unwrap();
        assert_eq!(policy.cited(), "D0@1");
        assert_eq!((policy.reuse_days, policy.near_days, policy.lines_days), (300, 7, 60));
        assert_eq!(policy.score(RuleName::D3), 30);
    }

    #[track_caller]
    fn faulty(from: &str, to: &str, pointer: &str) {
        assert!(SHIPPED.contains(from), "{from}");
        let error = DuplicatePolicy::parse_toml(&SHIPPED.replacen(from, to, 1)).unwrap_err();
        let pointers: Vec<_> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
        assert!(pointers.contains(&pointer), "{error:?}");
    }

    #[test]
    fn faults_are_named_with_their_place() {
        faulty("id = \"D0\"", "id = \" \"", "/id");
        faulty("exception_at = 60", "exception_at = 0", "/exception_at");
        faulty("flag_at = 30", "flag_at = 61", "/flag_at");
        faulty("days = 60", "days = 36500", "/rules/4/days");
        faulty("days = 300\n", "", "/rules/1/days");
        faulty("rule = \"D1\"\nscore = 100", "rule = \"D1\"\nscore = 101", "/rules/0/score");
        faulty("rule = \"D1\"\nscore = 100", "rule = \"D1\"\nscore = 1\ndays = 3", "/rules/0/days");
        faulty("distance = 1", "distance = 4", "/rules/3/distance");
        faulty("rule = \"D7\"", "rule = \"D6\"", "/rules/6/rule");
        faulty("rule = \"D7\"", "rule = \"D6\"", "/rules");
    }

    #[test]
    fn an_unknown_rule_or_field_is_refused() {
        for (from, to) in [("\"D7\"", "\"D9\""), ("score = 30", "score = 30\ncolour = 1")] {
            let error = DuplicatePolicy::parse_toml(&SHIPPED.replacen(from, to, 1)).unwrap_err();
            assert!(error.message().contains("not readable"), "{error}");
        }
    }
}
