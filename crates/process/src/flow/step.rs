//! The steps of procure-to-pay as one table: how each is tried again, what undoes it and who may do
//! that, and what it waits for (`domain.md` D7).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A step of procure-to-pay, in the order in which they follow each other.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FlowStep {
    /// Somebody asks for something.
    Requisition,
    /// Somebody else agrees.
    Approval,
    /// The order is made.
    Order,
    /// The order goes to the supplier.
    Dispatch,
    /// The supplier answers.
    Acknowledgement,
    /// The goods come.
    Receipt,
    /// The supplier bills.
    Invoice,
    /// The bill is held against order and receipts.
    Matching,
    /// The bill is booked.
    Posting,
    /// The bill is paid.
    Payment,
}

/// What becomes of a step that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryClass {
    /// Nothing is tried: a person or somebody outside does it, and may do it again.
    Awaited,
    /// It is tried again after a wait that doubles, and put before a person in the end.
    Transient,
    /// The same, and a result that is not known is inquired before anything is sent again.
    Inquired,
}

/// Who may undo a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompensationMode {
    /// It is done when the flow is cancelled.
    Automatic,
    /// It is done when somebody who may approve cancels the flow.
    NeedsApproval,
    /// It cannot be done from here.
    Impossible,
}

/// What undoes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Compensation {
    /// What is done.
    #[schema(example = "cancel_order")]
    pub action: &'static str,
    /// Who may have it done.
    pub mode: CompensationMode,
}

impl FlowStep {
    /// Every step, in order.
    pub const ALL: [Self; 10] = [
        Self::Requisition,
        Self::Approval,
        Self::Order,
        Self::Dispatch,
        Self::Acknowledgement,
        Self::Receipt,
        Self::Invoice,
        Self::Matching,
        Self::Posting,
        Self::Payment,
    ];

    /// How it is tried again, what undoes it and who may do that, and what it waits for.
    #[must_use]
    pub const fn rule(self) -> (RetryClass, Compensation, &'static str) {
        use CompensationMode as Mode;
        use RetryClass as Retry;
        let (retry, action, mode, waits_for) = match self {
            Self::Requisition => {
                (Retry::Awaited, "close_requisition", Mode::Automatic, "requisition.submitted")
            }
            Self::Approval => {
                (Retry::Awaited, "close_requisition", Mode::Automatic, "requisition.approved")
            }
            Self::Order => {
                (Retry::Inquired, "cancel_order", Mode::Automatic, "requisition.ordered")
            }
            // the supplier may have begun
            Self::Dispatch => {
                (Retry::Awaited, "cancel_order", Mode::NeedsApproval, "po.dispatched")
            }
            Self::Acknowledgement => {
                (Retry::Awaited, "cancel_order", Mode::NeedsApproval, "po.acknowledged")
            }
            // goods go back at the dock, and bills are credited by who sent them
            Self::Receipt => (Retry::Awaited, "return_goods", Mode::Impossible, "receipt.posted"),
            Self::Invoice => {
                (Retry::Awaited, "request_credit", Mode::Impossible, "invoice.received")
            }
            Self::Matching => {
                (Retry::Transient, "request_credit", Mode::Impossible, "match.evaluated")
            }
            Self::Posting => {
                (Retry::Inquired, "reverse_payable", Mode::Impossible, "invoice.booked")
            }
            Self::Payment => {
                (Retry::Awaited, "recover_payment", Mode::Impossible, "payment.confirmed")
            }
        };
        (retry, Compensation { action, mode }, waits_for)
    }

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requisition => "requisition",
            Self::Approval => "approval",
            Self::Order => "order",
            Self::Dispatch => "dispatch",
            Self::Acknowledgement => "acknowledgement",
            Self::Receipt => "receipt",
            Self::Invoice => "invoice",
            Self::Matching => "matching",
            Self::Posting => "posting",
            Self::Payment => "payment",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_is_never_easier_to_undo() {
        let modes: Vec<CompensationMode> =
            FlowStep::ALL.iter().map(|it| it.rule().1.mode).collect();
        assert!(modes.is_sorted(), "{modes:?}");
    }
}
