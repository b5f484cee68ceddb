//! Journal intents: what the ledger is asked to post, by the role of each account. Which account a
//! role is, the back end's adapter is told; this gateway has no account numbers of its own.

use crate::{
    CostCenterId, Currency, Error, FacilityId, FieldError, JournalKey, Money, Period,
    PurchaseOrderNumber, Result,
};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A journal to post, not yet checked (`domain.md` A3, A15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJournal {
    /// The key under which it is posted, once.
    pub key: JournalKey,
    /// The legal entity whose books it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_entity: Option<String>,
    /// The facility it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<FacilityId>,
    /// The period it belongs to.
    pub period: Period,
    /// The day it is posted on, which decides the ledger's own period.
    pub posting_date: Date,
    /// What it is, in words.
    #[schema(max_length = 200)]
    pub description: String,
    /// What it came from: the id of an event or of a run.
    #[schema(max_length = 200)]
    pub source: String,
    /// The journal that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<JournalKey>,
    /// The lines, in one currency; debits and credits add up to the same.
    pub lines: Vec<JournalLine>,
}

/// One side of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalLine {
    /// What the account is for.
    pub role: AccountRole,
    /// Which side it is on.
    pub side: Side,
    /// How much; above zero.
    pub amount: Money,
    /// The order it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The order's line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order_line: Option<u32>,
    /// The cost centre charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center_id: Option<CostCenterId>,
}

/// What an account is for (`domain.md` A15.1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Stock on hand.
    Inventory,
    /// What was used or ordered for use.
    Expense,
    /// Goods received, invoice not received: the clearing account.
    Grni,
    /// What is owed at the cut-off and not billed.
    AccruedLiability,
    /// What was billed at the cut-off and has not arrived.
    GoodsInTransit,
    /// What was billed above or below the order's price.
    PriceVariance,
    /// What a rate moved between receipt and invoice.
    FxVariance,
    /// Freight and other charges.
    Charges,
    /// Accounts payable.
    Ap,
    /// What a supplier is to credit.
    CreditExpected,
}

impl AccountRole {
    /// Every role.
    pub const ALL: [Self; 10] = [
        Self::Inventory,
        Self::Expense,
        Self::Grni,
        Self::AccruedLiability,
        Self::GoodsInTransit,
        Self::PriceVariance,
        Self::FxVariance,
        Self::Charges,
        Self::Ap,
        Self::CreditExpected,
    ];
}

/// A side of the ledger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left.
    Debit,
    /// Right.
    Credit,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

/// A journal whose sides add up: there is no other way to make one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct JournalIntent(NewJournal);

impl JournalIntent {
    /// The most lines of one journal.
    pub const LINES_MAX: usize = 10_000;

    /// Checks a journal.
    ///
    /// # Errors
    /// `invalid`, with every field that is at fault.
    pub fn new(journal: NewJournal) -> Result<Self> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, detail: String| {
            faults.push(FieldError { pointer, detail });
        };
        let lines = &journal.lines;
        if !(2..=Self::LINES_MAX).contains(&lines.len()) {
            fault("/lines".to_owned(), format!("a journal has 2 to {} lines", Self::LINES_MAX));
        }
        let currency = lines.first().map_or(Currency::USD, |it| it.amount.currency());
        for (place, line) in lines.iter().enumerate() {
            if line.amount.currency() != currency {
                let detail = format!("a journal is in one currency; its first line is {currency}");
                fault(format!("/lines/{place}/amount/currency"), detail);
            }
            if line.amount.minor() <= 0 {
                let detail = "an amount is above zero; the side says which way";
                fault(format!("/lines/{place}/amount/amount"), detail.to_owned());
            }
        }
        let [debit, credit] = [Side::Debit, Side::Credit].map(|it| sum(lines, it));
        match debit.zip(credit) {
            Some((debit, credit)) if debit == credit => {}
            Some((debit, credit)) => {
                let [debit, credit] = [debit, credit].map(|it| Money::from_minor(it, currency));
                fault("/lines".to_owned(), format!("the debits are {debit}, the credits {credit}"));
            }
            None => fault("/lines".to_owned(), "the amounts are too large to add".to_owned()),
        }
        for (pointer, text) in
            [("/description", &journal.description), ("/source", &journal.source)]
        {
            if text.chars().count() > 200 {
                fault(pointer.to_owned(), "at most 200 characters".to_owned());
            }
        }
        if faults.is_empty() { Ok(Self(journal)) } else { Err(Error::invalid_fields(faults)) }
    }

    /// What it says.
    #[must_use]
    pub const fn journal(&self) -> &NewJournal {
        &self.0
    }

    /// The key under which it is posted.
    #[must_use]
    pub const fn key(&self) -> &JournalKey {
        &self.0.key
    }

    /// The journal that takes this one back, on another day.
    ///
    /// # Errors
    /// `invalid` where the key cannot be one.
    pub fn reversal(&self, key: JournalKey, period: Period, posting_date: Date) -> Result<Self> {
        let lines =
            self.0.lines.iter().map(|it| JournalLine { side: it.side.other(), ..it.clone() });
        Self::new(NewJournal {
            key,
            period,
            posting_date,
            description: format!("Reversal: {}", self.0.description).chars().take(200).collect(),
            reverses: Some(self.0.key.clone()),
            lines: lines.collect(),
            ..self.0.clone()
        })
    }
}

impl<'de> Deserialize<'de> for JournalIntent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let journal = NewJournal::deserialize(deserializer)?;
        Self::new(journal).map_err(|error| {
            let fields = error.fields().iter().map(|it| it.detail.as_str());
            serde::de::Error::custom(fields.collect::<Vec<_>>().join("; "))
        })
    }
}

fn sum(lines: &[JournalLine], side: Side) -> Option<i128> {
    let of_side = lines.iter().filter(|it| it.side == side);
    of_side.map(|it| it.amount.minor()).try_fold(0i128, i128::checked_add)
}

/// What became of a journal intent in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Journal {
    /// The intent.
    pub intent: JournalIntent,
    /// How far it has come.
    pub state: JournalState,
    /// Its document number in the ledger, once it is posted.
    #[schema(required = true)]
    pub document_number: Option<String>,
    /// Why it was refused.
    #[schema(required = true)]
    pub refusal: Option<JournalRefusal>,
    /// The account that each role came to, where the ledger says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountRole, String>,
}

/// How far a journal has come (`domain.md` A18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JournalState {
    /// Taken, and not posted yet.
    Accepted,
    /// In the ledger.
    Posted,
    /// Refused: nothing is in the ledger.
    Rejected,
    /// The ledger did not say; it is asked before anything is sent again.
    Unknown,
}

/// Why a ledger refused a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalRefusal {
    /// The stable code (`domain.md` C2): `PER-01` where the period is closed, `MAP-01` where a role
    /// has no account.
    #[schema(example = "PER-01")]
    pub code: String,
    /// The reason for people.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(role: AccountRole, side: Side, minor: i128) -> JournalLine {
        JournalLine {
            role,
            side,
            amount: Money::from_minor(minor, Currency::USD),
            purchase_order_number: None,
            purchase_order_line: None,
            cost_center_id: None,
        }
    }

    fn journal(lines: Vec<JournalLine>) -> NewJournal {
        NewJournal {
            key: "J-1".parse().unwrap(),
            legal_entity: None,
            facility_id: None,
            period: "2026-03".parse().unwrap(),
            posting_date: "2026-03-31".parse().unwrap(),
            description: "Accrual".to_owned(),
            source: "acr_1".to_owned(),
            reverses: None,
            lines,
        }
    }

    #[track_caller]
    fn refused(lines: Vec<JournalLine>, pointer: &str) {
        let error = JournalIntent::new(journal(lines)).unwrap_err();
        assert!(error.fields().iter().any(|it| it.pointer == pointer), "{:?}", error.fields());
    }

    #[test]
    fn a_journal_whose_sides_differ_cannot_be_made() {
        let [inventory, ap] = [AccountRole::Inventory, AccountRole::Ap];
        refused(vec![line(inventory, Side::Debit, 100), line(ap, Side::Credit, 99)], "/lines");
        refused(vec![line(inventory, Side::Debit, 100)], "/lines");
        let none = vec![line(inventory, Side::Debit, 0), line(ap, Side::Credit, 0)];
        refused(none, "/lines/0/amount/amount");
        let mut mixed = vec![line(inventory, Side::Debit, 1), line(ap, Side::Credit, 1)];
        mixed[1].amount = Money::from_minor(1, "EUR".parse().unwrap());
        refused(mixed, "/lines/1/amount/currency");
    }

    #[test]
    fn a_stored_journal_that_does_not_balance_cannot_be_read() {
        let lines = vec![line(AccountRole::Inventory, Side::Debit, 100)];
        let text = serde_json::to_string(&journal(lines)).unwrap();
        assert!(serde_json::from_str::<JournalIntent>(&text).is_err());
    }

    #[test]
    fn a_reversal_has_the_sides_the_other_way_round() {
        let lines = vec![
            line(AccountRole::Expense, Side::Debit, 2_500),
            line(AccountRole::AccruedLiability, Side::Credit, 2_500),
        ];
        let intent = JournalIntent::new(journal(lines)).unwrap();
        let (key, period) = ("J-1R".parse().unwrap(), "2026-04".parse().unwrap());
        let back = intent.reversal(key, period, "2026-04-01".parse().unwrap()).unwrap();
        assert_eq!(back.journal().reverses.as_ref(), Some(intent.key()));
        assert_eq!(back.journal().lines[0].side, Side::Credit);
        assert_eq!(back.journal().posting_date.to_string(), "2026-04-01");
    }
}
