//! Why an invoice waits, and what would let it go: each reason with what is known about it, and the
//! least sets of changes that clear it (`domain.md` H4). Pure, like the engine that verifies them:
//! applying any listed set clears the invoice, removing an element of it does not.

mod apply;
mod candidate;
mod correction;
mod cure;
mod effort;
mod search;
mod words;

pub use apply::{Waived, apply, short_pay};
pub use correction::{CorrectedCharge, Correction, OrderLine, Part};
pub use cure::Cure;
pub use effort::Effort;

use super::key::Key;
use super::policy::Policy;
use super::request::Facts;
use canonical::{
    Code, Events, Invoice, Limit, MatchResult, Money, Outcome, Owner, Reason, Variance,
};
use search::Search;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More sets than this are no help to anybody.
const SETS_MAX: usize = 8;

/// Why an invoice waits, and what would let it go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// What the match said.
    pub outcome: Outcome,
    /// All of it for people, in one or two sentences.
    #[schema(example = "Blocked: 40 EA billed in all on line 10 of order PO-9, 38 received. \
                        It clears with 2 more EA received on line 10 of order PO-9.")]
    pub summary: String,
    /// Every reason.
    pub reasons: Vec<ExplainedReason>,
    /// The least sets of changes that clear the invoice, the cheapest first. Applying one whole
    /// clears it; nothing in it can be left out.
    pub cures: Vec<CureSet>,
    /// Whether every way was looked at; if not, a person may find another.
    pub complete: bool,
}

/// A reason with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedReason {
    /// The stable code.
    pub code: Code,
    /// The tolerance key that was breached; `null` where no tolerance applies.
    #[schema(required = true)]
    pub key: Option<String>,
    /// The invoice line it is about; `null` for the document.
    #[schema(required = true)]
    pub invoice_line: Option<u32>,
    /// By how much.
    #[schema(required = true)]
    pub variance: Option<Variance>,
    /// Against which limit.
    #[schema(required = true)]
    pub limit: Option<Limit>,
    /// The row of the policy that sets the limit, as `policy@version/KEY`; `null` where no
    /// tolerance applies.
    #[schema(required = true, example = "T0@1/PRICE_UNIT")]
    pub policy_row: Option<String>,
    /// Who looks at it.
    pub owner: Owner,
    /// Whether the invoice is owed, and booked, while this alone is open.
    pub books_liability: bool,
    /// Whether a later fact lifts it without a person.
    pub auto_clear: bool,
    /// The events that make it worth looking again.
    #[schema(value_type = Vec<String>)]
    pub clears_on: Events,
    /// The same for people.
    pub sentence: String,
}

/// Changes that clear the invoice together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CureSet {
    /// What it costs; sets are ranked by it.
    pub cost: Cost,
    /// The changes, in the order in which they are applied.
    pub actions: Vec<Cure>,
    /// The same for people.
    #[schema(example = "2 more BX received on line 10 of order PO-9")]
    pub sentence: String,
}

/// What a set costs. Sets are ranked by the greatest effort in them, then by how many changes they
/// are, then by money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cost {
    /// The greatest effort of its changes.
    pub effort: Effort,
    /// How many changes it is.
    pub steps: u32,
    /// The money it moves: goods still to come at the order's price, credits, increases; in the
    /// invoice's currency.
    pub amount: Money,
}

/// Explains a result of the engine, or of the engine and what decided beside it. Pure: equal input
/// gives the same bytes.
#[must_use]
pub fn explain(
    invoice: &Invoice,
    facts: &Facts,
    policy: &Policy,
    result: &MatchResult,
) -> Explanation {
    let explained = |it: &Reason| explained(it, invoice, policy, result);
    let reasons: Vec<ExplainedReason> = result.reasons.iter().map(explained).collect();
    let waits = result.reasons.iter().any(|it| it.code.outcome().is_some());
    let (mut cures, mut complete) = (Vec::new(), true);
    if waits {
        let (sets, ended) = Search::new(invoice, facts, policy, result).sets();
        cures = sets.into_iter().map(|it| cure_set(it, invoice, facts)).collect();
        cures.sort_by(|a, b| rank(a).cmp(&rank(b)));
        cures.truncate(SETS_MAX);
        complete = ended && !cures.is_empty();
    }
    let summary = words::summary(result.outcome, &reasons, &cures);
    Explanation { outcome: result.outcome, summary, reasons, cures, complete }
}

impl Explanation {
    /// The same for the supplier: without what names other suppliers, and without what only we
    /// decide about the supplier itself.
    #[must_use]
    pub fn for_supplier(mut self) -> Self {
        self.cures.retain(|set| !set.actions.iter().any(Cure::is_ours_alone));
        self.complete &= !self.cures.is_empty() || self.outcome < Outcome::Blocked;
        self.summary = words::summary(self.outcome, &self.reasons, &self.cures);
        self
    }
}

fn explained(
    reason: &Reason,
    invoice: &Invoice,
    policy: &Policy,
    result: &MatchResult,
) -> ExplainedReason {
    let key = reason.key.as_deref().and_then(Key::named);
    let auto_clear = key
        .map_or_else(|| reason.code.auto_clear(), |it| policy.auto_clear(it, invoice.invoice_date));
    ExplainedReason {
        code: reason.code,
        key: reason.key.as_deref().map(str::to_owned),
        invoice_line: reason.invoice_line,
        variance: reason.variance.clone(),
        limit: reason.limit.clone(),
        policy_row: key.map(|it| format!("{}/{}", result.policy.tolerances, row(it, reason))),
        owner: reason.code.owner(),
        books_liability: reason.code.books_liability(),
        auto_clear,
        clears_on: reason.clears_on.clone(),
        sentence: reason.detail.to_string(),
    }
}

/// The row, with what it binds where it is not the one for everybody.
fn row(key: Key, reason: &Reason) -> &str {
    reason.limit.as_ref().and_then(|it| it.row.as_deref()).unwrap_or(key.as_str())
}

fn cure_set(actions: Vec<Cure>, invoice: &Invoice, facts: &Facts) -> CureSet {
    let worth = actions.iter().map(|it| words::worth(it, invoice, facts).minor());
    let minor = worth.fold(0i128, i128::saturating_add);
    let effort = actions.iter().map(|it| words::effort(it, facts)).max();
    let cost = Cost {
        effort: effort.unwrap_or(Effort::Decision),
        steps: u32::try_from(actions.len()).unwrap_or(u32::MAX),
        amount: Money::from_minor(minor, invoice.currency),
    };
    CureSet { cost, sentence: words::set(&actions, invoice), actions }
}

fn rank(set: &CureSet) -> (Effort, u32, i128, &str) {
    (set.cost.effort, set.cost.steps, set.cost.amount.minor(), &set.sentence)
}

#[cfg(test)]
mod tests;
