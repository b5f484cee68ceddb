//! The life of a requisition as one table (`domain.md` A4.1): a state and what happens give the
//! next state, and what is not in the table cannot happen. A check between submitting and waiting
//! for approval is a state of its own here, with the rows that lead to it and from it.

use crate::event::{self, Type, payload::RequisitionMoved};
use canonical::{Error, RequisitionState as State, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happens to a requisition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequisitionTrigger {
    /// Somebody submits it.
    Submit,
    /// Somebody else approves it.
    Approve,
    /// Somebody refuses it.
    Reject,
    /// Somebody withdraws it.
    Close,
    /// The order was made.
    Order,
    /// The order was cancelled.
    CancelOrder,
}

use RequisitionTrigger as On;

const TABLE: &[(State, On, State)] = &[
    (State::Draft, On::Submit, State::AwaitingApproval),
    (State::Draft, On::Close, State::Closed),
    (State::AwaitingApproval, On::Approve, State::Approved),
    (State::AwaitingApproval, On::Reject, State::Rejected),
    (State::AwaitingApproval, On::Close, State::Closed),
    (State::Approved, On::Order, State::Ordered),
    (State::Approved, On::Close, State::Closed),
    (State::Ordered, On::CancelOrder, State::Closed),
];

impl RequisitionTrigger {
    /// Whether a person does it to the requisition itself.
    const fn is_action(self) -> bool {
        !matches!(self, Self::Order | Self::CancelOrder)
    }

    /// The event that tells of it.
    pub(super) const fn event(self) -> Type<RequisitionMoved<'static>> {
        match self {
            Self::Submit => event::REQUISITION_SUBMITTED,
            Self::Approve => event::REQUISITION_APPROVED,
            Self::Reject => event::REQUISITION_REJECTED,
            Self::Order => event::REQUISITION_ORDERED,
            Self::Close | Self::CancelOrder => event::REQUISITION_CLOSED,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Close => "close",
            Self::Order => "order",
            Self::CancelOrder => "cancel_order",
        }
    }
}

/// Where a requisition stands after it.
///
/// # Errors
/// `conflict` where that cannot happen now; it lists what can.
pub(super) fn next(state: State, trigger: On) -> Result<State> {
    let row = TABLE.iter().find(|(from, on, _)| *from == state && *on == trigger);
    row.map(|(_, _, to)| *to).ok_or_else(|| {
        let may: Vec<&str> = actions(state).map(On::word).collect();
        let may = if may.is_empty() { "nothing".to_owned() } else { may.join(", ") };
        let (word, trigger) = (state.name(), trigger.word());
        Error::conflict(format!("the requisition is {word}: not {trigger}, but {may} is possible"))
    })
}

/// What a person may do now.
pub(super) fn actions(state: State) -> impl Iterator<Item = On> {
    let own = TABLE.iter().filter(move |(from, on, _)| *from == state && on.is_action());
    own.map(|(_, on, _)| *on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use canonical::Kind;

    const ALL: [On; 6] =
        [On::Submit, On::Approve, On::Reject, On::Close, On::Order, On::CancelOrder];

    #[test]
    fn what_is_not_in_the_table_is_a_conflict() {
        let mut legal = 0;
        for state in State::ALL {
            for trigger in ALL {
                match next(state, trigger) {
                    Ok(_) => legal += 1,
                    Err(error) => assert_eq!(error.kind(), Kind::Conflict),
                }
            }
        }
        assert_eq!(legal, TABLE.len(), "one row per state and trigger");
    }

    #[test]
    fn a_refusal_lists_what_is_possible() {
        let error = next(State::Draft, On::Approve).unwrap_err();
        assert_eq!(
            error.message(),
            "the requisition is draft: not approve, but submit, close is possible"
        );
        let error = next(State::Rejected, On::Submit).unwrap_err();
        assert!(error.message().ends_with("but nothing is possible"), "{error}");
    }

    #[test]
    fn every_life_ends() {
        // ok: no row leads back, so that no life goes round
        assert!(TABLE.iter().all(|(from, _, to)| from < to));
        for state in [State::Rejected, State::Closed] {
            assert_eq!(TABLE.iter().filter(|(from, ..)| *from == state).count(), 0);
        }
    }
}
