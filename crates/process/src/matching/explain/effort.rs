//! How much a cure takes, and how large it is.

use super::correction::Correction;
use super::cure::Cure;
use canonical::{Decimal, Money};
use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much it takes, from least to most; cures are ranked by it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// What is on its way: goods still open on the order, an inspection, a date.
    Wait,
    /// The supplier gives credit, or is paid less.
    Credit,
    /// The order is changed.
    OrderChange,
    /// The supplier sends a corrected invoice.
    CorrectedInvoice,
    /// Master data, contracts, rates or periods are changed.
    MasterData,
    /// A person decides against the check.
    Decision,
}

impl Cure {
    /// How much it takes.
    #[must_use]
    pub const fn effort(&self) -> Effort {
        match self {
            Self::Receive { .. }
            | Self::Accept { .. }
            | Self::CorrectReceipt { .. }
            | Self::RecordUsage { .. }
            | Self::AttestUsage { .. }
            | Self::Wait { .. } => Effort::Wait,
            Self::PriceCredit { .. } | Self::QuantityCredit { .. } | Self::ShortPay { .. } => {
                Effort::Credit
            }
            Self::ChangeOrderPrice { .. }
            | Self::ChangeOrderQuantity { .. }
            | Self::ChangeOrderAmount { .. }
            | Self::ChangeOrderLimit { .. }
            | Self::ChangeOrderValidity { .. }
            | Self::ChangePromisedDate { .. }
            | Self::PlanCharge { .. }
            | Self::ChangeFreightTerms { .. }
            | Self::ApproveOrder { .. }
            | Self::ReopenOrder { .. }
            | Self::ProvideOrder { .. }
            | Self::AddOrderLine { .. }
            | Self::PrepareSelfBilling { .. } => Effort::OrderChange,
            Self::Correct { .. } => Effort::CorrectedInvoice,
            Self::Packaging { .. }
            | Self::ActivateSupplier { .. }
            | Self::LinkSupplier { .. }
            | Self::VerifyRemitTo { .. }
            | Self::ClearSanction { .. }
            | Self::PublishRate { .. }
            | Self::ContractPrice { .. }
            | Self::ContractCurrency { .. }
            | Self::CloseRecall { .. }
            | Self::OpenPeriod { .. }
            | Self::AgreeSelfBilling { .. }
            | Self::RejectEarlier { .. } => Effort::MasterData,
            Self::MarkNotDuplicate { .. } | Self::Release { .. } => Effort::Decision,
        }
    }

    /// Whether it names what is no business of the supplier.
    pub(super) const fn is_ours_alone(&self) -> bool {
        matches!(
            self,
            Self::LinkSupplier { .. }
                | Self::ClearSanction { .. }
                | Self::RejectEarlier { .. }
                | Self::Correct { to: Correction::SupplierId(_) | Correction::RemitTo(_), .. }
        )
    }

    /// How large it is, in its smallest step, where it may be smaller or larger.
    pub(super) fn size(&self) -> Option<i128> {
        match self {
            Self::Receive { quantity, .. }
            | Self::Accept { quantity, .. }
            | Self::RecordUsage { quantity, .. }
            | Self::QuantityCredit { quantity, .. }
            | Self::ChangeOrderQuantity { increase: quantity, .. } => {
                Some(quantity.value.parts().0)
            }
            Self::PriceCredit { amount, .. }
            | Self::ShortPay { chargeback: amount, .. }
            | Self::ChangeOrderAmount { increase: amount, .. }
            | Self::ChangeOrderLimit { increase: amount, .. }
            | Self::PlanCharge { increase: amount, .. } => Some(amount.minor()),
            Self::Wait { days, .. } => Some(i128::from(*days)),
            _ => None,
        }
    }

    /// The same in another size.
    pub(super) fn sized(&self, size: i128) -> Option<Self> {
        let mut same = self.clone();
        match &mut same {
            Self::Receive { quantity, .. }
            | Self::Accept { quantity, .. }
            | Self::RecordUsage { quantity, .. }
            | Self::QuantityCredit { quantity, .. }
            | Self::ChangeOrderQuantity { increase: quantity, .. } => {
                quantity.value = Decimal::new(size, quantity.value.parts().1)?;
            }
            Self::PriceCredit { amount, .. }
            | Self::ChangeOrderAmount { increase: amount, .. }
            | Self::ChangeOrderLimit { increase: amount, .. }
            | Self::PlanCharge { increase: amount, .. } => {
                *amount = Money::from_minor(size, amount.currency());
            }
            Self::ShortPay { pay, chargeback, .. } => {
                let whole = pay.minor().checked_add(chargeback.minor())?;
                *pay = Money::from_minor(whole.checked_sub(size)?, pay.currency());
                *chargeback = Money::from_minor(size, pay.currency());
            }
            Self::Wait { until, days } => {
                let size = u32::try_from(size).ok()?;
                let moved = i64::from(size) - i64::from(*days);
                *until = until.checked_add(moved.days()).ok()?;
                *days = size;
            }
            _ => return None,
        }
        Some(same)
    }

    /// Whether it is the same change, whatever its size.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self == other || self.size().is_some() && other.sized(1) == self.sized(1)
    }
}
