//! The tax rules of what is submitted: what a person wrote down, validated whole before it decides
//! anything.

use crate::matching::intake::check_tax_rules;
use crate::policy_file;
use canonical::{FieldError, Result, TaxRule};
use serde::{Deserialize, Serialize};

/// The rules that ship with the gateway, as their file says them.
const SHIPPED: &str = include_str!("../../../../../config/policies/taxes.toml");
/// Every decision keeps the rules it was made by, so they stay few.
const RULES_MAX: usize = 1_000;

/// Tax rules as a person writes them, in TOML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxDocument {
    /// The policy's name.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Who approved it.
    pub approved_by: String,
    /// Why it is as it is.
    pub reason: String,
    /// The rules; with none, no tax is due.
    #[serde(default)]
    pub rules: Vec<TaxRule>,
}

/// Tax rules that were found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxPolicy {
    document: TaxDocument,
}

impl TaxPolicy {
    /// Validates a document whole.
    ///
    /// # Errors
    /// Every fault of it, each with the place in the document and what would be right.
    pub fn new(document: TaxDocument) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut add = |pointer: &str, detail: String| {
            faults.push(FieldError { pointer: pointer.to_owned(), detail });
        };
        let texts = [
            ("/id", &document.id),
            ("/approved_by", &document.approved_by),
            ("/reason", &document.reason),
        ];
        for (pointer, _text) in texts.into_iter().filter(|it| it.1.trim().is_empty()) {
            add(pointer, "say it: an auditor asks for it".to_owned());
        }
        let count = document.rules.len();
        if count > RULES_MAX {
            add("/rules", format!("at most {RULES_MAX} rules, here are {count}"));
        } else {
            faults.append(&mut check_tax_rules("/rules", &document.rules));
        }
        if faults.is_empty() { Ok(Self { document }) } else { Err(faults) }
    }

    /// Reads and validates a policy file.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        policy_file::read("policy", text, Self::new)
    }

    /// The policy that ships as the default: X0, without a rule.
    ///
    /// # Errors
    /// `invalid` where the file that was built in is faulty, which a test rules out.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// The policy as it was written.
    #[must_use]
    pub const fn document(&self) -> &TaxDocument {
        &self.document
    }

    /// How a decision cites it: `X0@1`.
    #[must_use]
    pub fn cited(&self) -> String {
        format!("{}@{}", self.document.id, self.document.version)
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[TaxRule] {
        &self.document.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id = \"X\"\nversion = 1\napproved_by = \"tax\"\nreason = \"ours\"\n";
    const RULE: &str = "[[rules]]\njurisdiction = \"US-IL\"\nrate_percent = \"8.25\"\n";

    #[test]
    fn the_rules_that_ship_are_whole_and_none() {
        assert!(TaxPolicy::default_shipped().unwrap().rules().is_empty());
    }

    #[test]
    fn the_example_in_the_file_that_ships_is_a_rule_with_every_key() {
        let example = SHIPPED.lines().filter_map(|it| it.strip_prefix("#   "));
        let example = example.collect::<Vec<_>>().join("\n");
        let policy = TaxPolicy::parse_toml(&format!("{HEAD}{example}")).unwrap();
        let [rule] = policy.rules() else { panic!("{policy:?}") };
        let written = serde_json::to_value(rule).unwrap();
        let fields = written.as_object().unwrap();
        assert!(fields.len() == 11 && fields.values().all(|it| !it.is_null()), "{written}");
    }

    #[track_caller]
    fn faulty(rules: &str, pointers: &[&str]) {
        let error = TaxPolicy::parse_toml(&format!("{HEAD}{rules}")).unwrap_err();
        let found: Vec<_> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{error:?}");
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let rule = |more: &str| format!("{RULE}{more}\n");
        faulty(&RULE.replace("8.25", "-1"), &["/rules/0/rate_percent"]);
        faulty(&RULE.replace("US-IL", " "), &["/rules/0/jurisdiction"]);
        faulty(&rule("recoverable_percent = \"-1\""), &["/rules/0/recoverable_percent"]);
        faulty(&rule("recoverable_percent = \"100.1\""), &["/rules/0/recoverable_percent"]);
        faulty(&rule("class = \"42A\""), &["/rules/0/class"]);
        let backwards = "valid_from = \"2026-02-01\"\nvalid_to = \"2026-01-31\"";
        faulty(&rule(backwards), &["/rules/0/valid_to"]);
        faulty(&format!("{RULE}{RULE}"), &["/rules/1/valid_from"]);
        faulty(&RULE.repeat(RULES_MAX + 1), &["/rules"]);
        let nameless = format!("{HEAD}{RULE}").replace("\"X\"", "\" \"").replace("ours", "");
        let error = TaxPolicy::parse_toml(&nameless).unwrap_err();
        let found: Vec<_> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(found, ["/id", "/reason"]);
    }

    #[test]
    fn rules_that_follow_each_other_are_fine() {
        let old = format!("{RULE}valid_to = \"2026-06-30\"\n");
        let new = RULE.replace("8.25", "8.50") + "valid_from = \"2026-07-01\"\n";
        let policy = TaxPolicy::parse_toml(&format!("{HEAD}{old}{new}")).unwrap();
        assert_eq!(policy.rules().len(), 2);
    }

    #[test]
    fn an_unknown_key_or_a_number_that_is_no_text_is_refused() {
        for rule in [format!("{RULE}colour = 1\n"), RULE.replace("\"8.25\"", "8.25")] {
            let error = TaxPolicy::parse_toml(&format!("{HEAD}{rule}")).unwrap_err();
            assert!(error.message().contains("not readable"), "{error}");
        }
    }
}
