//! The tolerance keys that are built (`domain.md` A8.1): a policy has a row for each of them.

use canonical::AmountUnit;
use std::fmt;

macro_rules! keys {
    ($( $variant:ident $name:literal $doc:literal; )*) => {
        /// What a tolerance is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Key {
            $( #[doc = $doc] $variant, )*
        }

        impl Key {
            /// Every key, in the order in which a line is asked.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The same as [`Key::as_str`] where it lies, which one word says.
            #[must_use]
            pub const fn word(self) -> &'static &'static str {
                match self { $( Self::$variant => &$name, )* }
            }

            /// The key as it is written in a policy and in an answer.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }
    };
}

keys! {
    QtyOverOrdered "QTY_OVER_ORDERED" "Billed over ordered.";
    QtyNoReceipt "QTY_NO_RECEIPT" "Billed and nothing received.";
    QtyOverReceived "QTY_OVER_RECEIVED" "Billed over received.";
    QtyOverAccepted "QTY_OVER_ACCEPTED" "Billed over what passed inspection.";
    QtyOverUsed "QTY_OVER_USED" "Billed over what was used of consigned or bill-only goods.";
    PriceUnit "PRICE_UNIT" "The price billed against a firm price.";
    PriceEstimated "PRICE_ESTIMATED" "The price billed against an estimate.";
    AmountLine "AMOUNT_LINE" "The amount billed over the order line's amount.";
    AmountNoPo "AMOUNT_NO_PO" "The amount of a line without an order.";
    AmountPoItem "AMOUNT_PO_ITEM" "A line so large that a person looks at it, even if perfect.";
    ChargePlanned "CHARGE_PLANNED" "A charge against what the order planned.";
    ChargeUnplanned "CHARGE_UNPLANNED" "A charge that nobody planned.";
    TaxOver "TAX_OVER" "Tax billed above what is due.";
    TaxUnder "TAX_UNDER" "Tax billed below what is due.";
    DateEarly "DATE_EARLY" "An invoice before the goods are due, in amount times days.";
    BlanketValue "BLANKET_VALUE" "Billed over the limit of a blanket order.";
    BlanketDate "BLANKET_DATE" "Days outside the validity of a blanket order.";
    FxRate "FX_RATE" "The invoice's exchange rate against the one the goods were accrued at.";
    MapImpact "MAP_IMPACT" "How far a posting moves the moving average price.";
    OpuRatio "OPU_RATIO" "The ratio of pricing unit to order unit, against the receipt's.";
    ContractPrice "CONTRACT_PRICE" "The price billed against the contract's.";
    ShelfLife "SHELF_LIFE" "Days of life left at receipt, below the least that is accepted.";
    DocBalance "DOC_BALANCE" "The document's total against its parts.";
}

impl Key {
    /// The key of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.as_str() == name)
    }

    /// What its absolute limits count.
    pub(super) const fn unit(self) -> AmountUnit {
        match self {
            Self::BlanketDate | Self::ShelfLife => AmountUnit::Days,
            Self::DateEarly => AmountUnit::ValueDays,
            _money => AmountUnit::Money,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
