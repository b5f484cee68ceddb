//! Why an invoice waits: the stable codes of `domain.md` C2, and what is known about each.

use crate::{Limit, Outcome, Sentence, Variance};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

/// Who looks at a reason: the queue it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Accounts payable.
    Ap,
    /// Whoever controls changes of payment data.
    ApControl,
    /// Audit.
    Audit,
    /// The buyer of the order.
    Buyer,
    /// Supply chain in the clinical areas.
    ClinicalSupply,
    /// Compliance.
    Compliance,
    /// Contracting.
    Contracting,
    /// General ledger.
    GeneralLedger,
    /// Integration engineers.
    Integration,
    /// Item stewardship.
    ItemStewardship,
    /// Quality.
    Quality,
    /// The receiving dock.
    Receiving,
    /// Whoever asked for the service.
    Requester,
    /// Supplier stewardship.
    Stewardship,
    /// Tax.
    Tax,
    /// Treasury.
    Treasury,
}

macro_rules! codes {
    // a literal would reach derives in a group that utoipa does not read a name from
    ($( $variant:ident $code:tt $outcome:ident $owner:ident $clears:expr, $doc:literal; )*) => {
        /// The stable code of a reason. Codes never change; sentences may.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        pub enum Code {
            $( #[doc = $doc] #[serde(rename = $code)] $variant, )*
        }

        impl Code {
            /// Every code that this gateway can give.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The code as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// The same where it lies, which one word says.
            #[must_use]
            pub const fn word(self) -> &'static &'static str {
                match self { $( Self::$variant => &$code, )* }
            }

            /// What an invoice becomes while this reason stands; `None` for a companion that only
            /// explains another reason.
            #[must_use]
            pub const fn outcome(self) -> Option<Outcome> {
                match self { $( Self::$variant => codes!(@outcome $outcome), )* }
            }

            /// Which queue it goes to.
            #[must_use]
            pub const fn owner(self) -> Owner {
                match self { $( Self::$variant => Owner::$owner, )* }
            }

            /// The events that make it worth looking again.
            #[must_use]
            pub const fn clears_on(self) -> &'static [&'static str] {
                match self { $( Self::$variant => $clears, )* }
            }
        }
    };
    (@outcome Companion) => { None };
    (@outcome $outcome:ident) => { Some(Outcome::$outcome) };
}

codes! {
    Int03 "INT-03" Exception Integration &["payable.posted"], "The finance system refused the post.";
    Int04 "INT-04" Exception Integration &["payable.posted"], "Whether the post went through is not known.";
    Dup01 "DUP-01" Exception Ap &["invoice.cancelled", "invoice.rejected"], "The same number, currency and gross was billed before.";
    Dup02 "DUP-02" Exception Ap &["invoice.cancelled", "invoice.rejected"], "The same number was billed before with another gross.";
    Dup03 "DUP-03" Exception Ap &["invoice.cancelled", "invoice.rejected"], "The same amount was billed within days under nearly the same number.";
    Dup04 "DUP-04" Exception Ap &["invoice.cancelled", "invoice.rejected", "receipt.posted"], "The same lines were billed before, and nothing is left to receive.";
    Dup05 "DUP-05" Exception Ap &["invoice.cancelled", "invoice.rejected"], "A serial number was billed before.";
    Dup06 "DUP-06" Exception Ap &["invoice.cancelled"], "The receipt was self-billed.";
    Inv01 "INV-01" Exception Ap &["invoice.corrected"], "Data that the kind of invoice needs is missing.";
    Inv03 "INV-03" Exception Ap &["invoice.corrected"], "The invoice is dated in the future.";
    Inv04 "INV-04" Exception Ap &["invoice.corrected"], "The invoice is older than a year.";
    Sup01 "SUP-01" Exception Stewardship &["supplier.changed"], "The supplier is unknown or inactive.";
    Sup02 "SUP-02" Exception Ap &["invoice.corrected"], "The invoice's supplier is not the order's.";
    Sup03 "SUP-03" Blocked ApControl &["supplier.changed"], "The account to pay to is not one of the supplier's.";
    Sup04 "SUP-04" Blocked Compliance &["supplier.changed"], "The supplier is on a sanctions or exclusion list.";
    Po01 "PO-01" Exception Ap &["invoice.corrected"], "No order number where one is needed.";
    Po02 "PO-02" Exception Ap &["po.approved", "po.dispatched"], "The order is unknown.";
    Po03 "PO-03" Exception Buyer &["po.approved", "po.dispatched"], "The order is cancelled or not approved.";
    Po04 "PO-04" Blocked Buyer &["po.changed", "po.reopened"], "The order or its line is completed.";
    Po05 "PO-05" Exception Buyer &[], "The order is closed for good.";
    Asc01 "ASC-01" Exception Ap &["po.changed", "invoice.corrected"], "No line of the order is the one billed.";
    Asc02 "ASC-02" Exception Ap &["po.changed", "invoice.corrected"], "Several lines of the order may be the one billed.";
    Qty01 "QTY-01" Blocked Receiving &["receipt.posted"], "Nothing was received.";
    Qty02 "QTY-02" Blocked Receiving &["receipt.posted", "credit.received", "po.changed"], "More is billed than was received.";
    Qty03 "QTY-03" Blocked Buyer &["po.changed", "credit.received"], "More is billed than was ordered.";
    Qty04 "QTY-04" Blocked Quality &["inspection.completed", "receipt.posted", "credit.received"], "More is billed than was accepted.";
    Qty05 "QTY-05" Blocked ClinicalSupply &["usage.recorded", "credit.received"], "More is billed than was used.";
    Prc01 "PRC-01" Blocked Buyer &["po.changed", "credit.received"], "The price is above the order's.";
    Prc02 "PRC-02" Blocked Buyer &["po.changed"], "The price is far below the order's.";
    Prc03 "PRC-03" Blocked Buyer &["po.changed", "credit.received"], "The price is above the order's estimate.";
    Amt01 "AMT-01" Blocked Requester &["po.changed", "credit.received"], "The amount billed is above the order line's.";
    Amt02 "AMT-02" Blocked Ap &[], "An invoice line without an order is above its limit.";
    Amt03 "AMT-03" Blocked Ap &[], "The line is large enough to be looked at, even if it is perfect.";
    Uom01 "UOM-01" Exception ItemStewardship &["uom.conversion.changed"], "There is no conversion between the units.";
    Uom02 "UOM-02" Exception ItemStewardship &["uom.conversion.changed"], "Two conversions of one unit disagree.";
    Uom03 "UOM-03" Exception Receiving &["receipt.corrected", "uom.conversion.changed"], "A fraction of a unit that cannot be split.";
    Uom04 "UOM-04" Companion ItemStewardship &["uom.conversion.changed"], "The variance looks like a packaging unit mistaken for another.";
    Chg01 "CHG-01" Blocked Buyer &["po.changed", "credit.received"], "A charge is above what was planned or is tolerated.";
    Chg02 "CHG-02" Blocked Buyer &["po.changed", "credit.received"], "Freight is billed although the terms exclude it.";
    Tax01 "TAX-01" Blocked Tax &["credit.received", "invoice.corrected"], "More tax is billed than is due.";
    Tax02 "TAX-02" Blocked Tax &["invoice.corrected"], "Less tax is billed than is due.";
    Tot01 "TOT-01" Exception Ap &["invoice.corrected"], "The document does not add up.";
    Tot02 "TOT-02" Exception Ap &["invoice.corrected"], "A line does not add up.";
    Crd01 "CRD-01" Exception Ap &["invoice.corrected"], "More is credited than was billed.";
    Cur01 "CUR-01" Exception Ap &["po.changed", "invoice.corrected"], "The currency is not the order's.";
    Cur02 "CUR-02" Exception Treasury &["rate.published"], "There is no rate to convert a limit with.";
    Dat01 "DAT-01" Blocked Ap &["timer.elapsed", "po.changed"], "The invoice comes long before the goods are due.";
    Lim01 "LIM-01" Blocked Buyer &["po.changed", "credit.received"], "More is billed than the blanket order allows.";
    Lim02 "LIM-02" Blocked Buyer &["po.changed"], "The blanket order is not valid on the date.";
    Con01 "CON-01" Blocked Contracting &["contract.price.changed", "credit.received"], "The price is above the contract's.";
    Con02 "CON-02" Exception Contracting &["contract.price.changed"], "There is no contract for a bill-only item.";
    Con03 "CON-03" Companion Contracting &["contract.price.changed"], "A contract price holds from before it was told.";
    Con04 "CON-04" Companion Contracting &["contract.price.changed"], "Copies of the contract disagree.";
    Crd02 "CRD-02" Companion Ap &["credit.received"], "Goods went back and no credit came.";
    Rcl01 "RCL-01" Blocked ClinicalSupply &["recall.closed", "credit.received"], "A lot or serial number is recalled.";
    Lot01 "LOT-01" Companion Receiving &["receipt.corrected"], "A lot, serial number or expiry date is missing.";
    Lot02 "LOT-02" Companion Receiving &["inspection.completed"], "Goods were received too close to their expiry.";
    Per01 "PER-01" Exception GeneralLedger &["period.opened"], "The period is closed for the posting date.";
    Ctl01 "CTL-01" Blocked Audit &[], "Drawn for audit.";
    Ers01 "ERS-01" Exception Buyer &["po.changed", "supplier.changed"], "What self-billing needs is missing.";
}

impl Code {
    /// Whether the invoice is owed, and may be booked, while this alone is open (`domain.md` C2,
    /// column L).
    #[must_use]
    pub const fn books_liability(self) -> bool {
        !matches!(self.outcome(), Some(Outcome::Exception | Outcome::Rejected))
    }

    /// Whether a later fact may lift it without a person, where no row of a policy says so
    /// (`domain.md` C2, column A).
    #[must_use]
    pub const fn auto_clear(self) -> bool {
        matches!(
            self,
            Self::Int03
                | Self::Int04
                | Self::Sup01
                | Self::Po02
                | Self::Po03
                | Self::Po04
                | Self::Asc01
                | Self::Asc02
                | Self::Qty01
                | Self::Qty02
                | Self::Qty03
                | Self::Qty04
                | Self::Qty05
                | Self::Prc01
                | Self::Prc02
                | Self::Prc03
                | Self::Amt01
                | Self::Uom01
                | Self::Uom02
                | Self::Uom04
                | Self::Cur02
                | Self::Dat01
                | Self::Lim01
                | Self::Lim02
                | Self::Con01
                | Self::Con02
                | Self::Crd02
                | Self::Lot01
                | Self::Per01
                | Self::Ers01
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One reason why an invoice is not simply matched: what, by how much, against which limit, and what
/// would clear it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// The stable code.
    pub code: Code,
    /// The tolerance key that was breached; `null` where no tolerance applies.
    #[schema(required = true, value_type = Option<String>)]
    pub key: Option<Cow<'static, str>>,
    /// The invoice line it is about; `null` for the document.
    #[schema(required = true)]
    pub invoice_line: Option<u32>,
    /// By how much.
    #[schema(required = true)]
    pub variance: Option<Variance>,
    /// Against which limit.
    #[schema(required = true)]
    pub limit: Option<Limit>,
    /// The events that make it worth looking again.
    #[schema(value_type = Vec<String>)]
    pub clears_on: Events,
    /// The same for people, in one sentence.
    #[schema(value_type = String)]
    pub detail: Sentence,
}

/// Names of events: those that a code gives, or those that were read.
#[derive(Clone)]
pub struct Events(Kept);

#[derive(Clone)]
enum Kept {
    Given(&'static [&'static str]),
    Read(Box<[String]>),
}

impl Events {
    /// The names, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (given, read): (&[&str], &[String]) = match &self.0 {
            Kept::Given(names) => (names, &[]),
            Kept::Read(names) => (&[], names),
        };
        given.iter().copied().chain(read.iter().map(String::as_str))
    }
}

impl From<Code> for Events {
    fn from(code: Code) -> Self {
        Self(Kept::Given(code.clears_on()))
    }
}

impl FromIterator<String> for Events {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Self {
        Self(Kept::Read(names.into_iter().collect()))
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Events {}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kept::Given(names) => names.serialize(serializer),
            Kept::Read(names) => names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Kept::Read(Box::deserialize(deserializer)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::PartialSchema as _;

    #[test]
    fn the_contract_names_a_code_as_it_is_written() {
        let schema = serde_json::to_value(Code::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::to_value(Code::ALL).unwrap());
    }

    #[test]
    fn events_that_were_read_are_the_ones_that_were_given() {
        let given = Events::from(Code::Qty02);
        let json = serde_json::to_string(&given).unwrap();
        assert_eq!(json, r#"["receipt.posted","credit.received","po.changed"]"#);
        assert_eq!(serde_json::from_str::<Events>(&json).unwrap(), given);
        assert_ne!(given, Events::from(Code::Qty03));
    }
}
