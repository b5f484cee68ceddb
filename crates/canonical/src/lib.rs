//! The nouns every layer speaks: identifiers, money, quantities, documents, events and the one
//! error.
//!
//! This crate never does IO, never reads a clock and never knows HTTP. What a second layer needs to
//! name lives here; everything else lives beside its only user.

mod acknowledgement;
mod balance;
mod change;
mod check;
mod clock_class;
mod contract;
mod cost_center;
mod error;
mod event;
mod facility;
mod identifier;
mod invoice;
mod item;
mod journal;
mod known;
mod matching;
mod money;
mod number;
mod numeral;
mod page;
mod payable;
mod period;
mod principal;
mod purchase_order;
mod quantity;
mod rate;
mod reason;
mod recall;
mod receipt;
mod requisition;
mod sentence;
mod ship_notice;
mod supplier;
mod tax;
mod usage;

pub use acknowledgement::{
    Acknowledgement, AcknowledgementLine, AcknowledgementStatus, LineAnswer, LineStatus,
};
pub use balance::InventoryBalance;
pub use change::{Change, ChangeKind, Changes, NewPayment};
pub use check::{Check, CheckResult, Counts, LimitCounts};
pub use clock_class::ClockClass;
pub use contract::{Contract, ContractOwner, ContractPrice, DateBasis, PriceEligibility};
pub use cost_center::{CostCenter, CostCenterStatus};
pub use error::{Error, Fault, FieldError, Kind, Result};
pub use event::{Event, Lane};
pub use facility::{Facility, FacilityKind};
pub use identifier::{
    CostCenterId, ExternalId, FacilityId, Gtin, InvoiceId, ItemId, JournalKey, PayableId,
    PurchaseOrderNumber, ReceiptNumber, RequisitionId, SupplierId, SupplierInvoiceNumber, Uom,
};
pub use invoice::{Charge, ChargeKind, Invoice, InvoiceKind, InvoiceLine, InvoiceState};
pub use item::{Item, Packaging};
pub use journal::{
    AccountRole, Journal, JournalIntent, JournalLine, JournalRefusal, JournalState, NewJournal,
    Side,
};
pub use known::{KnownInvoice, KnownLine, Prepayment};
pub use matching::{
    Allocation, AmountUnit, Flag, LineResult, MatchResult, ModeResolved, Outcome, PolicyCited,
    Position, Variance,
};
pub use matching::{Combine, ExchangeSplit, Limit, PrepaymentApplied, Settlement, TaxDue};
pub use money::{Currency, Money};
pub use number::{Decimal, Exact, allocate, exact_text, read_exact, round_half_away, show};
pub use numeral::Numeral;
pub use page::{Cursor, Page, PageRequest};
pub use payable::{
    NewPayable, NewPayableLine, Payable, PayableLine, PayableState, Payment, PaymentState,
};
pub use period::{FiscalPeriod, Period, PeriodState};
pub use principal::{Principal, Role};
pub use purchase_order::{
    EarlierPrice, FreightTerms, MatchBasis, MatchMode, NewPurchaseOrder, OrderKind, OrderStatus,
    PlannedCharge, PurchaseOrder, PurchaseOrderLine,
};
pub use quantity::Quantity;
pub use rate::{CurrencyRate, RateKind};
pub use reason::{Code, Events, Owner, Reason};
pub use recall::Recall;
pub use receipt::{Receipt, Return};
pub use requisition::{NewRequisition, RequisitionLine, RequisitionState};
pub use sentence::Sentence;
pub use ship_notice::{ShipNotice, ShipNoticeLine};
pub use supplier::{Supplier, SupplierStatus};
pub use tax::{TaxRounding, TaxRule};
pub use usage::{Disposition, UsageEvent};

use std::sync::Arc;

/// Where a layer gets the time from: an input, so that a test and a replay can set it (UTC).
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
