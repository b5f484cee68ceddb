//! What a simulation says: the wire form of its report and of its lines.

use canonical::{
    Code, FacilityId, InvoiceId, Money, Outcome, PolicyCited, SupplierId, SupplierInvoiceNumber,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a policy would have decided over a window, against what was decided. Money is what the
/// invoices ask for in all, per currency; an invoice counts with its latest run in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimulationReport {
    /// The policy that was replayed.
    pub policy: PolicyCited,
    /// The first instant of the window; `null` for the first run.
    #[schema(required = true)]
    pub from: Option<Timestamp>,
    /// The window ends before this instant.
    pub to: Timestamp,
    /// How many runs were replayed.
    pub runs: u64,
    /// Of how many invoices.
    pub invoices: u64,
    /// How many invoices would have another outcome or other reasons.
    pub changed: u64,
    /// How many invoices would move from one outcome to another.
    pub outcomes: Vec<OutcomeChange>,
    /// What was held, and would pass.
    pub let_through: Impact,
    /// What passed, and would be held.
    pub held: Impact,
    /// The suppliers concerned, those with the most changed invoices first; at most 500.
    pub suppliers: Vec<PartyImpact>,
    /// The facilities concerned, in the same way; `null` stands for invoices that name none.
    pub facilities: Vec<PartyImpact>,
    /// The reasons that invoices would gain or lose.
    pub reasons: Vec<ReasonImpact>,
    /// Whether runs that this very policy version decided come out the same, byte for byte.
    pub reproduction: Reproduction,
    /// Runs whose record this version cannot read; they are in no other figure but `runs`.
    pub unreadable: Unreadable,
    /// The invoices that would change, in the order of their runs: the first 1,000 of `changed`.
    /// Not in a stream, where each has a line of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<ChangedInvoice>>,
}

/// Invoices that would move from one outcome to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeChange {
    /// As decided.
    pub before: Outcome,
    /// Under the replayed policy.
    pub after: Outcome,
    /// How many.
    pub invoices: u64,
}

/// Invoices, and what they ask for in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Impact {
    /// How many.
    pub invoices: u64,
    /// How much, exactly, in each currency.
    pub amounts: Vec<Money>,
}

/// What would change for a supplier or a facility.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyImpact {
    /// Which.
    #[schema(required = true)]
    pub id: Option<String>,
    /// How many invoices would have another outcome or other reasons.
    pub changed: u64,
    /// What was held, and would pass.
    pub let_through: Impact,
    /// What passed, and would be held.
    pub held: Impact,
}

/// What would change for a reason. An invoice counts once under each of its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReasonImpact {
    /// The reason.
    pub code: Code,
    /// How many invoices would have it and have not.
    pub gained: u64,
    /// How many invoices have it and would not.
    pub lost: u64,
    /// What would pass of the invoices that would lose it.
    pub let_through: Impact,
    /// What would be held of the invoices that would gain it.
    pub held: Impact,
}

/// Whether a replay of the version that decided gives the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reproduction {
    /// How many runs the replayed version had decided.
    pub runs: u64,
    /// How many of them came out the same, byte for byte.
    pub reproduced: u64,
    /// How many did not.
    pub differing: u64,
    /// The first 100 of those.
    pub first: Vec<RunNamed>,
}

/// Runs that could not be replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unreadable {
    /// How many.
    pub runs: u64,
    /// The first 100 of them.
    pub first: Vec<RunNamed>,
}

/// One run of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunNamed {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The number of the run.
    pub match_run: u32,
}

/// An invoice that would have another outcome or other reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangedInvoice {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The number of the run.
    pub match_run: u32,
    /// The number the supplier gave it.
    pub supplier_invoice_number: SupplierInvoiceNumber,
    /// Who sent it.
    pub supplier_id: SupplierId,
    /// The facility it is for.
    #[schema(required = true)]
    pub facility_id: Option<FacilityId>,
    /// The date printed on it.
    pub invoice_date: Date,
    /// What it asks for in all.
    pub gross: Money,
    /// As decided.
    pub before: Decided,
    /// Under the replayed policy.
    pub after: Decided,
    /// The reasons it would have and has not.
    pub gained: Vec<ReasonChange>,
    /// The reasons it has and would not.
    pub lost: Vec<ReasonChange>,
}

/// A decision, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decided {
    /// What it says.
    pub outcome: Outcome,
    /// The policy versions that made it.
    pub policy: PolicyCited,
}

/// A reason that is gained or lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct ReasonChange {
    /// The invoice line; `null` for the document.
    #[schema(required = true)]
    pub invoice_line: Option<u32>,
    /// The reason.
    pub code: Code,
    /// The tolerance key, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// One line of a streamed simulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SimulationLine {
    /// How far it has come.
    Progress {
        /// How many runs were replayed.
        runs: u64,
        /// How many there are.
        total: u64,
    },
    /// An invoice that would change.
    Changed(Box<ChangedInvoice>),
    /// The end of it: the whole.
    Report(Box<SimulationReport>),
    /// It ended early.
    Failed {
        /// The stable word for what the caller can do.
        code: String,
        /// The same for people.
        detail: String,
    },
}

impl SimulationLine {
    /// The invoice that would change, where the line is about one.
    #[must_use]
    pub fn into_changed(self) -> Option<ChangedInvoice> {
        match self {
            Self::Changed(it) => Some(*it),
            Self::Progress { .. } | Self::Report(_) | Self::Failed { .. } => None,
        }
    }
}
