//! The match engine: one pure function from an invoice, the facts and a policy to a decision with
//! every reason. No clock, no IO: equal input gives the same bytes, today and in a replay.
//!
//! An invoice passes the stages of `domain.md` A9.1: intake, parties and orders, association, units,
//! currency, quantity and price, charges and balance. A stage that fails keeps a line from the ones
//! that need its answer, and says so; every other check is asked.

mod intake;
mod key;
mod number;
mod policy;
mod request;
mod unit;

pub use intake::{check, check_invoice};
pub use key::Key;
pub use policy::{
    Effective, OnBreach, Policy, PolicyDocument, PriceBasis, RowDocument, SideDocument,
};
pub use unit::factor_to_base;
pub use request::{Claim, Credit, CreditKind, Evaluation, Facts};

use canonical::{Invoice, MatchResult, Outcome};

/// Matches an invoice against the facts under a policy.
#[must_use]
pub fn evaluate(_invoice: &Invoice, _facts: &Facts, policy: &Policy) -> MatchResult {
    MatchResult {
        outcome: Outcome::Exception,
        reasons: Vec::new(),
        flags: Vec::new(),
        checks: Vec::new(),
        lines: Vec::new(),
        policy: policy.cited(),
    }
}
