//! What the engine is asked with: the facts about orders, receipts and claims.

use super::explain::Explanation;
use super::policy::{Policy, PolicyDocument};
use canonical::{
    Contract, CurrencyRate, Decimal, Error, Exact, Facility, FieldError, FiscalPeriod,
    InventoryBalance, Invoice, Item, KnownInvoice, MatchResult, Prepayment, PurchaseOrder,
    PurchaseOrderNumber, Quantity, Recall, Receipt, ReceiptNumber, Result, Return, Supplier,
    TaxRule, UsageEvent,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;

macro_rules! facts {
    ($( $name:ident $item:ident $doc:literal; )*) => {
        /// A question to the engine that stores nothing.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        #[schema(as = MatchEvaluation)]
        pub struct Evaluation {
            /// A tolerance policy to decide by; `null` for the active one.
            #[serde(default)]
            pub policy: Option<PolicyDocument>,
            /// Whether to say of each reason what would clear it (`domain.md` H4).
            #[serde(default)]
            pub explain: bool,
            /// The invoice.
            pub invoice: Invoice,
            /// The posting date, in the facility's time zone; the invoice date where it is not
            /// given, and then nothing is asked about the invoice's age.
            #[serde(default)]
            pub as_of: Option<Date>,
            /// Whether the supplier master was asked for the invoice's supplier and does not know
            /// it (`SUP-01`).
            #[serde(default)]
            pub supplier_unknown: bool,
            /// Whether earlier invoices were looked for: with none in `known_invoices`, this is no
            /// duplicate of any, and the answer cites the rules that say so.
            #[serde(default)]
            pub duplicates_asked: bool,
            /// The policy of the tax rules, as `id@version`; `null` where they are of none.
            #[serde(default)]
            pub tax_policy: Option<String>,
            $( #[doc = $doc] #[serde(default)] pub $name: Vec<$item>, )*
        }

        /// Everything that an invoice is held against. Facts about other orders do no harm.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Facts {
            /// The posting date, in the facility's time zone.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub as_of: Option<Date>,
            /// Whether the supplier master was asked for the invoice's supplier and does not know
            /// it (`SUP-01`).
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            pub supplier_unknown: bool,
            /// Whether earlier invoices were looked for: with none in `known_invoices`, this is no
            /// duplicate of any, and the answer cites the rules that say so.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            pub duplicates_asked: bool,
            /// The policy of the tax rules, as `id@version`; `null` where they are of none.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tax_policy: Option<String>,
            $(
                #[doc = $doc]
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                pub $name: Vec<$item>,
            )*
        }

        impl Evaluation {
            /// The policy in the request, the invoice, and the facts.
            #[must_use]
            pub fn into_parts(self) -> (Option<PolicyDocument>, Invoice, Facts) {
                let facts = Facts {
                    as_of: self.as_of,
                    supplier_unknown: self.supplier_unknown,
                    duplicates_asked: self.duplicates_asked,
                    tax_policy: self.tax_policy,
                    $( $name: self.$name, )*
                };
                (self.policy, self.invoice, facts)
            }
        }
    };
}

facts! {
    purchase_orders PurchaseOrder "The orders the invoice may be for, in the version in force.";
    receipts Receipt "What was received on those orders.";
    returns Return "What went back.";
    usages UsageEvent "What was used of goods that are billed when they are used.";
    claims Claim "What booked invoices that come before this one claim.";
    credits Credit "Credits that cite this invoice.";
    items Item "The items of the lines, with their packaging.";
    suppliers Supplier "The suppliers; one that is not here is its own group.";
    facilities Facility "The facilities of the orders and of the invoice.";
    contracts Contract "The contracts of the supplier.";
    tax_rules TaxRule "The tax that is due; where no rule applies, none is.";
    rates CurrencyRate "Exchange rates to the functional currency.";
    recalls Recall "Open recalls of the items.";
    balances InventoryBalance "Stock of the items that are valued at a moving average.";
    periods FiscalPeriod "The fiscal periods around the posting date; with none, all are open.";
    prepayments Prepayment "What was paid ahead on the orders.";
    known_invoices KnownInvoice "Earlier invoices that may be this one sent again.";
    associations Association "What a person stated of lines, whatever the document says.";
}

/// The order line that an invoice line bills, as a person stated it: it counts before what the
/// document says, which stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedAssociation)]
pub struct Association {
    /// The invoice's line.
    pub invoice_line: u32,
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The order's line.
    pub purchase_order_line: u32,
}

/// The invoice as people stated its lines.
#[must_use]
pub fn as_stated<'a>(invoice: &'a Invoice, associations: &[Association]) -> Cow<'a, Invoice> {
    let mut stated = Cow::Borrowed(invoice);
    for it in associations {
        let lines = &mut stated.to_mut().lines;
        for line in lines.iter_mut().filter(|line| line.line_number == it.invoice_line) {
            line.purchase_order_number = Some(it.purchase_order_number.clone());
            line.purchase_order_line = Some(it.purchase_order_line);
        }
    }
    stated
}

/// What a booked invoice asks for of one order line (`domain.md` A7.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The invoice that claims.
    #[schema(example = "INV-70")]
    pub invoice: String,
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The order's line.
    pub purchase_order_line: u32,
    /// The receipt it cites, where it cites one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<ReceiptNumber>,
    /// How much it claims; below zero for a credit.
    pub quantity: Quantity,
    /// For how much money, in the order's currency; only lines matched by amount need it. Without
    /// it, the quantity at the order's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// The invoice that it takes back from, for a credit that cites one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cites: Option<String>,
    /// The quantity where no decimal says it exactly, in the same unit, as in `7/12`; wins over
    /// `quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "fraction")]
    #[schema(value_type = Option<String>, example = "7/12")]
    pub exact: Option<Exact>,
}

/// An exact number as text.
mod fraction {
    use canonical::{Exact, exact_text, read_exact};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Longer than any sum of real claims.
    const LENGTH_MAX: usize = 400;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Exact>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&exact_text(value)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Exact>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read = |it: &String| {
            let right = "a decimal or a fraction, as in \"7/12\"";
            let value = read_exact(it).filter(|_| it.len() <= LENGTH_MAX);
            value.ok_or_else(|| D::Error::custom(right))
        };
        text.as_ref().map(read).transpose()
    }
}

/// A credit that cites a line of this invoice (`domain.md` A11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// The invoice line it cites.
    pub invoice_line: u32,
    /// What it takes back.
    pub kind: CreditKind,
    /// How much money, as a positive amount in the invoice's currency; a price credit has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// How much of what was billed; a quantity credit without it takes back `amount` at the price
    /// billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
}

/// What a credit takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreditKind {
    /// A part of the price; what is claimed stays.
    Price,
    /// A part of the quantity; the claim falls.
    Quantity,
}

/// The answer to a question: the result, and the explanation where it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = MatchAnswer)]
pub enum Evaluated {
    /// The result.
    Plain(Box<MatchResult>),
    /// The result with what would clear it.
    Explained(Box<ExplainedResult>),
}

/// A result with what would clear it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplainedResult {
    /// The result.
    #[serde(flatten)]
    pub result: MatchResult,
    /// Why it is as it is, and what would clear it.
    pub explanation: Explanation,
}

impl Evaluation {
    /// Checks the request whole and evaluates it, under its own policy or the active one.
    ///
    /// # Errors
    /// `invalid` with every field of the policy, the invoice or the facts that is at fault.
    pub fn answer(self, active: &Policy) -> Result<MatchResult> {
        self.evaluated(active, super::evaluate)
    }

    /// The same, explained where the question asks for it.
    ///
    /// # Errors
    /// As for [`Evaluation::answer`].
    pub fn explained(self, active: &Policy) -> Result<Evaluated> {
        let explain = self.explain;
        self.evaluated(active, |invoice, facts, policy| {
            let result = super::evaluate(invoice, facts, policy);
            if !explain {
                return Evaluated::Plain(Box::new(result));
            }
            let explanation = super::explain(invoice, facts, policy, &result);
            Evaluated::Explained(Box::new(ExplainedResult { result, explanation }))
        })
    }

    fn evaluated<T>(
        self,
        active: &Policy,
        evaluate: impl FnOnce(&Invoice, &Facts, &Policy) -> T,
    ) -> Result<T> {
        let (document, invoice, facts) = self.into_parts();
        let mut faults = super::check(&invoice, &facts);
        let own = match document.map(Policy::new).transpose() {
            Ok(own) => own.map(|it| it.with_duplicates(Arc::clone(active.duplicates()))),
            Err(of_policy) => {
                faults.extend(of_policy.into_iter().map(|it| FieldError {
                    pointer: format!("/policy{}", it.pointer),
                    detail: it.detail,
                }));
                None
            }
        };
        if faults.is_empty() {
            Ok(evaluate(&invoice, &facts, own.as_ref().unwrap_or(active)))
        } else {
            Err(Error::invalid_fields(faults))
        }
    }
}
