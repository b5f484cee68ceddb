//! Who gets what (`domain.md` C5): rules that a person wrote down, the first that fits decides.
//! Pure, and read with examples of what must come out.

mod document;
mod fault;

pub use document::{
    EscalationDocument, FixtureDocument, RoutingDocument, RoutingRule, RoutingWhen,
};

use crate::policy_file;
use canonical::{
    ClockClass, Code, CostCenterId, Currency, Decimal, FacilityId, FieldError, Owner, Result,
    SupplierId,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What ships with the gateway, as its file says it.
const SHIPPED: &str = include_str!("../../../config/policies/routing.toml");

/// The queue of a reason's owner.
const OWNER: &str = "owner";

/// Routing rules that were found whole: whatever is asked, one of them answers.
#[derive(Clone, Debug)]
pub struct Routing {
    document: RoutingDocument,
}

/// What a hold is about, as far as rules ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// The reason.
    pub code: Code,
    /// The invoice's facility.
    #[serde(default)]
    pub facility: Option<FacilityId>,
    /// The invoice's supplier.
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    /// The class of the item.
    #[serde(default)]
    pub class: Option<String>,
    /// Whether the item is critical.
    #[serde(default)]
    pub critical: bool,
    /// The cost centre.
    #[serde(default)]
    pub cost_center: Option<CostCenterId>,
    /// How the invoice came: `x12`, `ubl`, `json`.
    #[serde(default)]
    pub channel: Option<String>,
    /// What the invoice asks for.
    #[serde(default)]
    pub gross: Option<Decimal>,
    /// In this currency.
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// Where a hold goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// The rule that decided.
    pub(crate) rule: String,
    pub(crate) queue: String,
    pub(crate) clock: ClockClass,
}

impl Routing {
    /// Validates a document whole, its examples included.
    ///
    /// # Errors
    /// Every fault of it, each with its place and what would be right.
    pub fn new(document: RoutingDocument) -> Result<Self, Vec<FieldError>> {
        let mut faults = fault::of(&document);
        let mut routing = Self { document };
        routing.document.rules.sort_by_key(RoutingRule::rank);
        if faults.is_empty() {
            faults = routing.failing_fixtures();
        }
        if faults.is_empty() { Ok(routing) } else { Err(faults) }
    }

    /// Reads and validates a file.
    ///
    /// # Errors
    /// `invalid` with every fault of it.
    pub fn parse_toml(text: &str) -> Result<Self> {
        policy_file::read("routing", text, Self::new)
    }

    /// The rules that ship as the default: R0.
    ///
    /// # Errors
    /// `invalid` where the file in the binary has a fault, which a test excludes.
    pub fn default_shipped() -> Result<Self> {
        Self::parse_toml(SHIPPED)
    }

    /// `id@version`, as cases cite it.
    #[must_use]
    pub fn cited(&self) -> String {
        format!("{}@{}", self.document.id, self.document.version)
    }

    /// Where it goes on that day; without a day, rules that hold on some days only do not count.
    pub(crate) fn route(&self, matter: &Matter, on: Option<Date>) -> Route {
        let found = self.document.rules.iter().find(|it| it.fits(matter, on));
        let queue = found.map_or(OWNER, |it| it.queue.as_str());
        let owner = || owner_queue(matter.code.owner());
        Route {
            rule: found.map(|it| it.id.clone()).unwrap_or_default(),
            queue: if queue == OWNER { owner() } else { queue.to_owned() },
            clock: found.and_then(|it| it.clock).unwrap_or_else(|| matter.code.clock()),
        }
    }

    /// Whether there is such a queue.
    pub(crate) fn has_queue(&self, queue: &str) -> bool {
        let named = self.document.rules.iter().map(|it| it.queue.as_str());
        let levels = self.document.escalations.iter();
        let levels = levels.flat_map(|it| [it.level_2.as_str(), it.level_3.as_str()]);
        let owners = Code::ALL.iter().map(|it| owner_queue(it.owner()));
        queue != OWNER
            && (named.chain(levels).any(|it| it == queue)
                || owners.into_iter().any(|it| it == queue))
    }

    /// Who looks at a case of this queue that takes too long: at level 2 and at level 3.
    pub(crate) fn levels(&self, queue: &str) -> Option<(&str, &str)> {
        let all = &self.document.escalations;
        let own = all.iter().find(|it| it.queue.as_deref() == Some(queue));
        let row = own.or_else(|| all.iter().find(|it| it.queue.is_none()))?;
        Some((&row.level_2, &row.level_3))
    }

    /// The examples that do not come out as they say.
    fn failing_fixtures(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for (place, fixture) in self.document.fixtures.iter().enumerate() {
            let got = self.route(&fixture.when, fixture.on);
            let mut add = |key: &str, expected: &str, got: &str, rule: &str| {
                faults.push(FieldError {
                    pointer: format!("/fixtures/{place}/{key}"),
                    detail: format!(
                        "{}: it says {expected:?}, and the rule {rule:?} gives {got:?}; correct \
                         the rule, or the example",
                        fixture.name
                    ),
                });
            };
            if got.queue != fixture.queue {
                add("queue", &fixture.queue, &got.queue, &got.rule);
            }
            if let Some(clock) = fixture.clock.filter(|it| *it != got.clock) {
                add("clock", &format!("{clock:?}"), &format!("{:?}", got.clock), &got.rule);
            }
        }
        faults
    }
}

/// The queue of an owner: its word on the wire.
pub(crate) fn owner_queue(owner: Owner) -> String {
    match serde_json::to_value(owner) {
        Ok(serde_json::Value::String(word)) => word,
        // ok: an owner is a word
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
